"""Gates as an officer reads them: what fails first, then what needs her, then what holds; nothing is hidden.

One row a gate, with its rules as facts. "Needs you" is a gate behind which no rule is loaded: the machine knows nothing
there, so a person accepts it by name. A gate that rests on an unconfirmed rule holds, and says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import translation
from django.utils.translation import gettext, ngettext

from relto.adapters.words import sentence
from relto.base.errors import ReltoError
from relto.rules.bundle import Bundle
from relto.rules.views import RELEASE_FIRST, follows_release, rule_text
from relto.services.active_bundle import for_words
from relto.web.surroundings import house
from relto.web.words import said

_ORDER = ("fails", "undecided", "needs", "holds", "none")
_ICONS = {"fails": "fails", "undecided": "fails", "needs": "needs", "holds": "holds", "none": "gap"}
_STANDS = ("fails", "undecided")
_WEAKEST_FIRST = ("none", "unverified", "press", "inference", "secondary", "excerpt", "read")
_INSTANT = re.compile(r"\A(\d{4}-\d{2}-\d{2})T[\d:.]+Z\Z")
# About two lines beside the tag; the rest stands in the details of the gate.
_CITED = 105
_ACCEPT = "accept_release"
_CO_OWNER_AGREES = "co_owner_agrees"
_CO_OWNER = "co_owner"
_NAMED = 5


@dataclass(frozen=True, slots=True)
class Citation:
    """One provision under a gate. `gap`: no rule is loaded there."""

    id: str
    text: str
    gap: bool


@dataclass(frozen=True, slots=True)
class RuleLine:
    """One rule of a gate in words. `missing`: what is missing and who can supply it, when it does not hold."""

    rule: str
    state: str
    outcome: str
    text: str
    reviewed: bool
    facts: tuple[tuple[str, str], ...]
    missing: str
    citations: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class GateRow:
    """One gate, ready to be shown. `rules`: those that apply, or all when none does.

    `tag_kind`: read, unconfirmed or gap; `cited`: the provisions that fit beside the tag, `more`: how many do not;
    `gaps`: where no rule is loaded.
    """

    gate: str
    name: str
    state: str
    icon: str
    outcome: str
    rules: tuple[RuleLine, ...]
    facts: tuple[tuple[str, str], ...]
    missing: tuple[str, ...]
    who: str
    tag: str
    tag_kind: str
    cited: tuple[Citation, ...]
    more: int
    gaps: tuple[Citation, ...]
    reviewed: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """All gates of a question, and what they come to in one sentence. `kind`: fails, needs or holds.

    `rows` apply, those that stand in the way or need somebody first; `others` do not apply. `gaps`: (gate, name) of
    each that a person must accept by name; `uncertain`: how many rest on what is unconfirmed or not loaded.
    `version`: of the bundle that decided.
    """

    kind: str
    headline: str
    detail: str
    rest: str
    rows: tuple[GateRow, ...]
    others: tuple[GateRow, ...]
    gaps: tuple[tuple[str, str], ...]
    uncertain: int
    version: int | None = None

    @property
    def reviewed(self) -> bool:
        """True when a native reader checked the wording of every rule."""
        return all(row.reviewed for row in (*self.rows, *self.others))

    @property
    def reasons(self) -> list[GateRow]:
        """The first gates that stand in the way or need somebody."""
        return [row for row in self.rows if row.state != "holds"][:_NAMED]

    @property
    def more_reasons(self) -> list[GateRow]:
        """Those that come after the first."""
        return [row for row in self.rows if row.state != "holds"][_NAMED:]


def verdict(
    gates: Iterable[Mapping[str, Any]],
    version: int | None,
    *,
    deciding: bool = False,
    settled: bool = False,
    sealed_with: bool = False,
) -> Verdict:
    """The gates of an officer's view under the bundle of this version; only who is `deciding` now is needed by any.

    `settled`: it was decided before, so the gates only say whether it opens today. `sealed_with`: it is about opening a
    joint item at the node that sealed it.
    """
    bundle = _bundle(version)
    grouped: dict[str, list[Mapping[str, Any]]] = {}
    for gate in causes_first(gates, sealed_with=sealed_with):
        grouped.setdefault(str(gate["gate"]), []).append(gate)
    all_rows = sorted(
        (_row(code, rules, bundle, deciding=deciding) for code, rules in grouped.items()),
        key=lambda row: _ORDER.index(row.state),
    )
    rows = [row for row in all_rows if row.state != "none"]
    stand = [row for row in rows if row.state in _STANDS]
    gaps = tuple((row.gate, row.name) for row in rows if row.tag_kind == "gap")
    needs = [row for row in rows if row.state == "needs"]
    holding = sum(row.state == "holds" for row in rows)
    return Verdict(
        kind="fails" if stand else "needs" if needs else "holds",
        headline=_headline(stand, needs, holding, len(rows)),
        detail=_detail(bundle, stand=bool(stand), deciding=deciding, settled=settled),
        rest=_rest(holding, bundle),
        rows=tuple(rows),
        others=tuple(row for row in all_rows if row.state == "none"),
        gaps=gaps,
        uncertain=sum(row.tag_kind != "read" for row in rows),
        version=version,
    )


def causes_first(gates: Iterable[Mapping[str, Any]], *, sealed_with: bool = False) -> list[Mapping[str, Any]]:
    """The gates as they are told: where nothing was released, a period that follows from it stands under the cause.

    `sealed_with`: the item is joint and was sealed here, so who accepts it is the other owner's authority.
    """
    found = list(gates)
    cause = next((gate for gate in found if gate["remedy"] == RELEASE_FIRST and _stands(gate)), None)
    told: list[Mapping[str, Any]] = []
    for gate in found:
        if cause is not None and follows_release(str(gate["remedy"])) and _stands(gate):
            told.append({**gate, "gate": cause["gate"], "facts": {}, "follows": True})
        elif sealed_with and gate["remedy"] == _ACCEPT:
            told.append({**gate, "remedy": _CO_OWNER_AGREES, "who": _CO_OWNER})
        else:
            told.append(gate)
    return told


def _stands(gate: Mapping[str, Any]) -> bool:
    return gate.get("outcome", "fails") in _STANDS


def _headline(stand: Sequence[GateRow], needs: Sequence[GateRow], holding: int, total: int) -> str:
    if not stand and not needs:
        return ngettext("%(total)d gate holds.", "All %(total)d gates hold.", total) % {"total": total}
    parts = []
    if stand:
        against = ngettext(
            "%(count)d of %(total)d gates does not hold: %(names)s.",
            "%(count)d of %(total)d gates do not hold: %(names)s.",
            len(stand),
        )
        parts.append(against % {"count": len(stand), "total": total, "names": _names(stand)})
    else:
        held = ngettext("%(count)d of %(total)d gates holds.", "%(count)d of %(total)d gates hold.", holding)
        parts.append(held % {"count": holding, "total": total})
    if len(needs) > _NAMED:
        parts.append(gettext("%(count)d need you; they stand first.") % {"count": len(needs)})
    elif needs:
        needed = ngettext("%(count)d needs you: %(names)s.", "%(count)d need you: %(names)s.", len(needs))
        parts.append(needed % {"count": len(needs), "names": _names(needs)})
    return " ".join(parts)


def _names(rows: Sequence[GateRow]) -> str:
    return ", ".join(row.name for row in rows)


def _detail(bundle: Bundle | None, *, stand: bool, deciding: bool, settled: bool) -> str:
    if stand and settled:
        return gettext("It was decided before; while a gate does not hold, it is not opened.")
    if stand:
        return gettext("While a gate does not hold this can be refused, or wait; it cannot go on.")
    found = _no_blocking_rule(bundle)
    if not deciding:
        return found
    yours = gettext("You decide; relto only shows what it checked.")
    return f"{found} {yours}"


def _rest(holding: int, bundle: Bundle | None) -> str:
    held = ngettext("The other %(count)d gate holds.", "The other %(count)d gates hold.", holding) % {"count": holding}
    return f"{held} {_no_blocking_rule(bundle)}" if holding else _no_blocking_rule(bundle)


def _no_blocking_rule(bundle: Bundle | None) -> str:
    if bundle is None:
        return gettext("No blocking rule was found.")
    return gettext("No blocking rule was found under rule set %(agreement)s, version %(version)s.") % {
        "agreement": bundle.agreement,
        "version": bundle.version,
    }


def _row(code: str, gates: Sequence[Mapping[str, Any]], bundle: Bundle | None, *, deciding: bool) -> GateRow:
    applied = [gate for gate in gates if gate["outcome"] != "does_not_apply"] or list(gates)
    lines = tuple(_rule(gate, bundle) for gate in applied)
    state = min((_state(gate, deciding=deciding) for gate in applied), key=_ORDER.index)
    weakest = min(applied, key=_weakness)
    kind, tag = _tag(weakest)
    citations = _citations(lines, gap_first=kind == "gap")
    cited = _first_of(citations)
    return GateRow(
        gate=code,
        name=said("gate", code),
        state=state,
        icon=_ICONS[state],
        outcome=said("outcome", state),
        rules=lines,
        facts=tuple(dict.fromkeys(fact for line in lines for fact in line.facts)),
        missing=tuple(dict.fromkeys(line.missing for line in lines if line.missing)),
        who=said("who", str(weakest["who"])),
        tag=tag,
        tag_kind=kind,
        cited=cited,
        more=len(citations) - len(cited),
        gaps=tuple(one for one in citations if one.gap),
        reviewed=all(line.reviewed for line in lines),
    )


def _state(gate: Mapping[str, Any], *, deciding: bool) -> str:
    outcome = str(gate["outcome"])
    if outcome == "does_not_apply":
        return "none"
    return "needs" if deciding and outcome == "holds" and gate["needs_acceptance"] else outcome


def _weakness(gate: Mapping[str, Any]) -> tuple[bool, int]:
    evidence = str(gate["evidence"])
    known = _WEAKEST_FIRST.index(evidence) if evidence in _WEAKEST_FIRST else 0
    return not (gate["unconfirmed"] or evidence == "none"), known


def _tag(gate: Mapping[str, Any]) -> tuple[str, str]:
    if gate["evidence"] == "none":
        return "gap", gettext("No rule loaded")
    if not gate["unconfirmed"]:
        return "read", gettext("Text read")
    why = said("evidence", str(gate["evidence"]))
    return "unconfirmed", gettext("Unconfirmed: %(why)s") % {"why": why}


def _rule(gate: Mapping[str, Any], bundle: Bundle | None) -> RuleLine:
    outcome = str(gate["outcome"])
    state = "none" if outcome == "does_not_apply" else outcome
    facts = {str(name): shown_fact(value) for name, value in gate["facts"].items()}
    text, reviewed = _text(bundle, str(gate["rule"]))
    # What is open does not matter where the rule holds, such as an end that nobody set.
    told = (
        (said("fact", name), value or gettext("not known"))
        for name, value in facts.items()
        if value is not None or state in _STANDS
    )
    return RuleLine(
        rule=str(gate["rule"]),
        state=state,
        outcome=said("outcome", state),
        text=text,
        reviewed=reviewed,
        facts=() if state == "none" else tuple(told),
        missing=missing(str(gate["remedy"]), facts, "officer") if state in _STANDS and not gate.get("follows") else "",
        citations=tuple(_citation(one) for one in gate["provisions"]),
    )


def missing(remedy: str, facts: Mapping[str, str | None], reader: str) -> str:
    """One sentence: what is missing and who can supply it. `reader`: asker or officer."""
    language = translation.get_language() or "en"
    unknown = sentence("fact.unknown", language)
    told = {name.replace(".", "_"): value or unknown for name, value in facts.items()}
    return sentence(f"refusal.{reader}.{remedy}", language, **told)


def _citations(lines: Sequence[RuleLine], *, gap_first: bool) -> list[Citation]:
    found = {one.id: one for line in lines for one in line.citations}
    return sorted(found.values(), key=lambda one: one.gap != gap_first)


def _first_of(citations: Sequence[Citation]) -> tuple[Citation, ...]:
    chosen: list[Citation] = []
    length = 0
    for one in citations:
        length += len(one.text) + len(one.id) + 4
        if chosen and length > _CITED:
            break
        chosen.append(one)
    return tuple(chosen)


def _citation(provision: Mapping[str, Any]) -> Citation:
    gap = bool(provision.get("is_gap"))
    text = provision.get("title") if gap else provision.get("citation") or provision.get("title")
    return Citation(str(provision["id"]), str(text or ""), gap)


def _bundle(version: int | None) -> Bundle | None:
    try:
        return for_words(house(), version)
    except ReltoError:
        return None


def _text(bundle: Bundle | None, rule: str) -> tuple[str, bool]:
    if bundle is None:
        return "", False
    language = translation.get_language() or "en"
    try:
        return rule_text(bundle, rule, language) or rule_text(bundle, rule, "en") or ("", False)
    except ReltoError:
        return "", False


def shown_fact(value: object) -> str | None:
    """A fact as it is read: the day of an instant, yes and no in words; None where nothing is known."""
    if value is None:
        return None
    text = str(value)
    if text in ("yes", "no"):
        return gettext("yes") if text == "yes" else gettext("no")
    found = _INSTANT.match(text)
    return found.group(1) if found else text
