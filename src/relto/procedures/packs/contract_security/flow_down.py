"""The flow-down difference: what a subcontract asks for beyond its prime contract, each with the clause concerned.

Rules enforced here (needs.md U-10; 32 CFR 117.9(a)(5), 117.17(a), 117.19(b)(5)(vi)(F) and (H)):
 1. Added access, added work, a raised level, a place the prime contract does not name, dates outside its dates, a wider
    public release, and a clause that is not passed on are each a difference of their own.
 2. A foreign subcontractor is always told: it needs the security authorities' approval, recorded; with it, that no rule
    of both nations is loaded is still said.
 3. Levels are compared by the bundle's equivalences only; where none is known, the level counts as raised.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from relto.procedures.findings import Finding
from relto.procedures.founded import founded
from relto.procedures.known import LevelOrder
from relto.procedures.packs.contract_security.clauses import FLOW_DOWN, ClauseSets, shipped_clause_sets

Answers = Mapping[str, Any]
ASKS_NOTHING_MORE: Final = frozenset({"access_elsewhere", "services_only"})
"""Work that needs less than any other: it is never an addition."""


def flow_down_difference(
    prime: Answers,
    sub: Answers,
    foreign: bool,  # noqa: FBT001  the third thing that U-10 compares, beside the two contracts
    *,
    levels: LevelOrder,
    nations: Collection[str],
    sets: ClauseSets | None = None,
) -> tuple[Finding, ...]:
    """Every difference between two contracts' answers, at the subcontract's fields.

    `foreign`: the subcontractor is in another country than the prime contractor. `nations`: whose rule books count.
    """
    found = founded("contract_security").found
    differences: list[Finding] = []
    for field, what in (("access", "added_access"), ("performance", "added_work")):
        added = sorted(set(sub.get(field, ())) - set(prime.get(field, ())) - ASKS_NOTHING_MORE)
        differences += [found(what, field, nations=nations, item=item) for item in added]
    ours, theirs = prime.get("level_needed", ""), sub.get("level_needed", "")
    if theirs and not levels.covers(ours, theirs):
        differences.append(found("raised_level", "level_needed", nations=nations, sub=theirs, prime=ours or "-"))
    known_places = {row.get("facility") for row in prime.get("places", ())} | {prime.get("contractor")}
    differences += [
        found("added_place", f"places/{number}/facility", nations=nations, facility=row["facility"])
        for number, row in enumerate(sub.get("places", ()))
        if row.get("facility") and row["facility"] not in known_places
    ]
    differences += _dates(prime, sub)
    if prime.get("public_release") == "not_permitted" and sub.get("public_release") == "after_review":
        differences.append(found("wider_release", "public_release", nations=nations))
    differences += _clauses(prime, sub, nations, shipped_clause_sets() if sets is None else sets)
    if foreign:
        what = "foreign_subcontractor_approved" if sub.get("onward_approval") else "foreign_subcontractor"
        country = sub.get("contractor_country", "-")
        differences.append(found(what, "contractor_country", nations=nations, country=country))
    return tuple(differences)


def _dates(prime: Answers, sub: Answers) -> Iterator[Finding]:
    first, last = prime.get("starts_on", ""), prime.get("ends_on", "")
    early = bool(first) and sub.get("starts_on", first) < first
    late = bool(last) and sub.get("ends_on", last) > last
    if early or late:
        path = "ends_on" if late else "starts_on"
        yield founded("contract_security").found("outside_prime", path, starts=first, ends=last)


def _clauses(prime: Answers, sub: Answers, nations: Collection[str], sets: ClauseSets) -> Iterator[Finding]:
    """The prime contract's clauses that the subcontract lacks; each with its own provisions beside flow-down's."""
    known = sets.get(prime.get("clause_set", 0))
    for code in prime.get("clauses", ()):
        if code in sub.get("clauses", ()):
            continue
        finding = founded("contract_security").found("clause_not_flowed_down", "clauses", nations=nations, clause=code)
        clause = known.clause(code) if known is not None and known.nation in nations else None
        own = clause.provisions if clause is not None and code != FLOW_DOWN else ()
        yield replace(finding, rules=(*own, *finding.rules))
