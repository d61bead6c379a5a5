"""Retention duties: what must be kept until when, and what must be returned or destroyed by when.

Rules enforced here (domain.md 7; the numbers stand in each nation's rule book and are only asked for):
 1. Each reason for which something is held has its own clock of the own nation; without a rule that is said.
 2. A record is not discarded before its time: by a confirmed rule the step is stopped, by an unconfirmed one warned of.
 3. What the contract says about disposition comes first; longer than the rule needs the authority's permission.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from relto.base.calendars import local_date
from relto.procedures.actors import Role
from relto.procedures.dues import due_instants
from relto.procedures.findings import Finding
from relto.procedures.forms.form import When, load_form
from relto.procedures.founded import founded
from relto.procedures.known import Known
from relto.procedures.packs.listed_items import check_items, other_nations
from relto.procedures.procedure import REASON_GIVEN, Clock, Dossier, Paper, Procedure, Step
from relto.procedures.table import ASKING, Table, Transition

_FOUND: Final = founded("retention")
_OFFICERS: Final = frozenset({Role.SECURITY_OFFICER})
_AUTHORITY: Final = frozenset({Role.RELEASE_OFFICER})
_HELD: Final = frozenset({"running", "extended"})
_RECORDS: Final = frozenset({"destruction_record", "export_record"})
_STATED: Final = {"return": "returned", "destroy": "destroyed"}
_LIMITS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "contract": ("retention.contract", ("contract_completed",)),
    "bid": ("retention.bid", ("bid_not_submitted", "bid_not_accepted")),
    "no_contract": ("retention.no_contract", ("no_contract",)),
    "working_papers": ("register.working_papers", ("working_papers",)),
    "destruction_record": ("destruction.record_retention", ("destruction_record",)),
    "export_record": ("export.records", ("export_record",)),
}
"""Clock -> its limit and the reasons for which it runs."""


def check_duty(answers: Mapping[str, Any], known: Known) -> Sequence[Finding]:
    """The duty as a whole."""
    return [*_facts(answers, known), *_items(answers, known), *_rules(answers, known)]


def check_disposal(answers: Mapping[str, Any], known: Known) -> Sequence[Finding]:
    """What was done was done by today."""
    late = answers.get("done_on", "") > known.today(known.nation).isoformat()
    return [_FOUND.found("done_in_future", "done_on")] if late else []


def check_days(answers: Mapping[str, Any], known: Known) -> Sequence[Finding]:
    """A request or permission names days to come."""
    today = known.today(known.nation).isoformat()
    return [
        _FOUND.found("until_passed", code)
        for code in ("until", "kept_until")
        if code in answers and answers[code] <= today
    ]


def disposed_as_due(dossier: Dossier, answers: Mapping[str, Any], known: Known) -> Sequence[Finding]:
    """The disposal fits the reason, the contract, and the time for which a record is kept."""
    how, done = answers.get("how"), answers.get("done_on")
    form, findings = dossier.answers, []
    is_record = form.get("basis") in _RECORDS
    if how is not None and (how == "discarded") != is_record:
        findings.append(_FOUND.found("record_not_material", "how"))
    stated = _STATED.get(form.get("stated", ""))
    if how is not None and stated not in {None, how}:
        findings.append(_FOUND.found("other_than_stated", "how"))
    if done is not None and done < form.get("since", done):
        findings.append(_FOUND.found("done_before", "done_on"))
    return [*findings, *_too_early(dossier, str(done or ""), known)] if is_record else findings


def items_listed(dossier: Dossier, _: Mapping[str, Any], known: Known) -> Sequence[Finding]:
    """A request to keep longer lists what is kept."""
    return [] if dossier.answers.get("items") else _demanded("items_not_listed", "", known)


def _too_early(dossier: Dossier, done: str, known: Known) -> Iterator[Finding]:
    dues = due_instants(
        PROCEDURE,
        "running",
        dossier.opened,
        dossier.answers,
        known.limits,
        sides={ASKING: known.nation},
    )
    for due in dues:
        until = local_date(due.at, known.nation).isoformat() if due.at is not None else ""
        if done and done <= until:
            found = _FOUND.found("kept_too_short", "done_on", until=until)
            yield replace(found, rules=(due.provision,))


def _facts(answers: Mapping[str, Any], known: Known) -> Iterator[Finding]:
    code = answers.get("facility")
    if code is not None and (code not in known.facilities or known.facilities[code].nation != known.nation):
        yield _FOUND.found("facility_not_own", "facility")
    if answers.get("since", "") > known.today(known.nation).isoformat():
        yield _FOUND.found("since_in_future", "since")


def _items(answers: Mapping[str, Any], known: Known) -> Iterator[Finding]:
    rows = answers.get("items", ())
    yield from check_items(rows, known, _FOUND)
    if answers.get("foreign") is False:
        for nation in other_nations(rows, known):
            yield _FOUND.found("foreign_not_said", "foreign", nation=nation)


def _rules(answers: Mapping[str, Any], known: Known) -> Iterator[Finding]:
    stated = answers.get("stated")
    if stated == "not_stated":
        yield from _demanded("disposition_not_stated", "stated", known)
        yield from _demanded("foreign_kept", "stated", known) if answers.get("foreign") else ()
    limits = [limit for limit, bases in _LIMITS.values() if answers.get("basis") in bases]
    if any(known.limits.limit(limit, known.nation) is None for limit in limits):
        yield _FOUND.found("no_rule_loaded", "basis", nations={known.nation}, nation=known.nation)


def _demanded(what: str, path: str, known: Known) -> list[Finding]:
    """The finding, when a provision of the own nation or of both says so; otherwise none."""
    found = _FOUND.found(what, path, nations={known.nation})
    return [found] if found.rules else []


RETENTION: Final = Table(
    name="retention",
    start="running",
    states=("running", "asked", "extended", "disposed"),
    transitions=(
        Transition("dispose", _HELD, "disposed", _OFFICERS, ("disposed_as_due",)),
        Transition("ask_longer", _HELD, "asked", _OFFICERS, ("items_listed",), at_will=True),
        Transition("withdraw_request", frozenset({"asked"}), "running", _OFFICERS, at_will=True),
        Transition("grant", frozenset({"asked"}), "extended", _AUTHORITY),
        Transition("refuse", frozenset({"asked"}), "running", _AUTHORITY, (REASON_GIVEN,)),
    ),
)

PROCEDURE: Final = Procedure(
    code="retention",
    prefix="RET",
    topic="retention",
    table=RETENTION,
    form=load_form("retention"),
    begins=_OFFICERS,
    editable=frozenset({"running"}),
    check=check_duty,
    guards={"disposed_as_due": disposed_as_due, "items_listed": items_listed},
    steps={
        "dispose": Step(load_form("retention_disposal"), check_disposal, final_check=True),
        "ask_longer": Step(load_form("retention_request"), check_days, final_check=True),
        "grant": Step(load_form("retention_grant"), check_days, amends=True),
    },
    clocks=(
        *(
            Clock(code, limit, frozenset({"running", "asked"}), counts_from="since", when=When("basis", bases))
            for code, (limit, bases) in _LIMITS.items()
        ),
        Clock("extension", "", frozenset({"extended"}), counts_from="kept_until"),
    ),
    papers=(
        Paper("duty", frozenset({"running", "asked", "extended"}), personal=False),
        Paper("request", frozenset({"asked", "extended"}), steps=("ask_longer", "grant"), personal=False),
        Paper("disposal", frozenset({"disposed"}), steps=("grant", "dispose"), personal=False),
    ),
    subjects=("facility", "programme", "items/item"),
)
