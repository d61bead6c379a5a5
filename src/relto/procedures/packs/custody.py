"""Custody from hand to hand: dispatcher, sender's representative, recipient's representative, recipient, receipt back.

Rules enforced here (domain.md 7 and 2.5, needs.md U-02):
 1. Every hop is a step of the table that starts where the last one ended and is signed by its own side and role, so
    that none can be left out: who hands over and who takes over are the two governments' representatives.
 2. What is taken over is counted and its seals are looked at; what differs is told with a report, never passed over.
 3. Until the signed inner receipt is back the transfer stands in suspense; after the sender's own limit it is followed
    up. Where the nation has no limit loaded, a follow-up may be made at any time and says that no rule is loaded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from relto.base.calendars import local_date
from relto.base.nations import Nation
from relto.procedures.actors import Role
from relto.procedures.findings import Finding
from relto.procedures.forms.form import load_form
from relto.procedures.founded import founded
from relto.procedures.known import Known
from relto.procedures.packs.crossing import Crossing, check_representatives
from relto.procedures.procedure import Clock, Dossier, Guard, Paper, Step
from relto.procedures.table import ANSWERING, ASKING, STAYS, Transition

DGR_ACCEPTED: Final = "dgr_accepted"
IN_TRANSIT: Final = "in_transit"
DGR_RECEIVED: Final = "dgr_received"
DELIVERED: Final = "delivered"
RECEIPT_RETURNED: Final = "receipt_returned"
LOST: Final = "lost"
WITHDRAWN: Final = "withdrawn"
HOPS: Final = (DGR_ACCEPTED, IN_TRANSIT, DGR_RECEIVED, DELIVERED, RECEIPT_RETURNED, LOST)
SUSPENSE: Final = frozenset({IN_TRANSIT, DGR_RECEIVED, DELIVERED})

GOVERNMENT: Final = frozenset({Role.GOVERNMENT_REPRESENTATIVE})
OFFICER: Final = frozenset({Role.SECURITY_OFFICER})
AUTHORITY: Final = frozenset({Role.RELEASE_OFFICER})

RECEIPT_LIMIT: Final = "receipt.follow_up"
COPIES_LIMIT: Final = "receipt.copies"

_RECEIPT_COPIES: Final = (
    3  # of the printed form: one is kept, two go into the package; how many a rule wants is a limit
)
SUSPENSE_CLOCK: Final = Clock("receipt", RECEIPT_LIMIT, SUSPENSE, side=ASKING, counts_from="dispatched")


def hops(ready: str, *still: str) -> tuple[Transition, ...]:
    """The chain from `ready` on; `still`: guards that hold whenever it leaves a hand of the sender's side.

    What no longer may go is handed back: then the transfer is withdrawn.
    """
    follow_up = {"roles": OFFICER | AUTHORITY, "guards": ("receipt_overdue",), "at_will": True, "side": ASKING}
    return (
        Transition("accept", frozenset({ready}), DGR_ACCEPTED, GOVERNMENT, ("packed", *still), side=ASKING),
        Transition(
            "dispatch", frozenset({DGR_ACCEPTED}), IN_TRANSIT, GOVERNMENT, ("dispatched_now", *still), side=ASKING
        ),
        Transition("hand_back", frozenset({DGR_ACCEPTED}), WITHDRAWN, GOVERNMENT, at_will=True, side=ASKING),
        Transition("receive", frozenset({IN_TRANSIT}), DGR_RECEIVED, GOVERNMENT, ("taken_over",), side=ANSWERING),
        Transition("deliver", frozenset({DGR_RECEIVED}), DELIVERED, OFFICER, ("received",), side=ANSWERING),
        Transition("return_receipt", frozenset({DELIVERED}), RECEIPT_RETURNED, OFFICER, ("receipt_back",), side=ASKING),
        Transition("follow_up", SUSPENSE, STAYS, **follow_up),  # type: ignore[arg-type]
        Transition(
            "report_lost",
            frozenset({DGR_ACCEPTED, IN_TRANSIT, DGR_RECEIVED}),
            LOST,
            GOVERNMENT | OFFICER,
            at_will=True,
        ),
    )


def hop_steps() -> dict[str, Step]:
    """What belongs to the steps of the chain."""
    return {
        "accept": Step(form=load_form("custody_accept"), sends=True),
        "dispatch": Step(form=load_form("custody_dispatch"), sends=True, amends=True),
        "hand_back": Step(form=load_form("transfer_reason"), sends=True),
        "receive": Step(form=load_form("custody_receive"), sends=True),
        "deliver": Step(form=load_form("custody_deliver"), sends=True),
        "return_receipt": Step(form=load_form("custody_receipt"), sends=True),
        "follow_up": Step(form=load_form("custody_follow_up"), sends=True),
        "report_lost": Step(form=load_form("custody_loss"), sends=True),
    }


def hop_guards(procedure: str) -> dict[str, Guard]:
    """The guards of the chain."""
    return {
        "packed": _guard(procedure, _packed),
        "dispatched_now": _guard(procedure, _dispatched_now),
        "taken_over": _guard(procedure, _taken_over),
        "received": _guard(procedure, _received),
        "receipt_back": _guard(procedure, _receipt_back),
        "receipt_overdue": _guard(procedure, receipt_overdue),
    }


_Condition = Callable[[Crossing, Dossier, Mapping[str, Any]], list[Finding]]


def _guard(procedure: str, condition: _Condition) -> Guard:
    def guard(dossier: Dossier, answers: Mapping[str, Any], known: Known) -> Sequence[Finding]:
        return condition(Crossing(dossier.answers, known, founded(procedure)), dossier, answers)

    return guard


def _packed(crossing: Crossing, _dossier: Dossier, answers: Mapping[str, Any]) -> list[Finding]:
    """Inventoried and sealed before the representative, with the receipts that the sender's rules want."""
    findings = list(check_representatives(crossing))
    seals = [row["number"].casefold() for row in answers.get("seals", ()) if "number" in row]
    if len(set(seals)) < len(seals):
        findings.append(crossing.find("seal_twice", "seals"))
    if answers.get("inventory_agrees") is False:
        findings.append(crossing.find("inventory_differs", "inventory_agrees"))
    if answers.get("packages") not in {None, crossing.answers.get("packages")}:
        findings.append(crossing.find("packages_differ", "packages", stated=crossing.answers.get("packages", 0)))
    copies = crossing.known.limits.limit(COPIES_LIMIT, crossing.sender)
    made = answers.get("receipts")
    if copies is not None and made is not None and made < copies.value:
        short = crossing.of_limit("receipts_short", "receipts", (copies.provision,), least=int(copies.value))
        findings.append(short)
    return findings


def _dispatched_now(crossing: Crossing, _dossier: Dossier, answers: Mapping[str, Any]) -> list[Finding]:
    """The instant of dispatch has come."""
    moment = Crossing(answers, crossing.known, crossing.founded).instant("dispatched")
    if moment is None or moment <= crossing.known.at:
        return []
    return [crossing.find("dispatch_ahead", "dispatched")]


def _taken_over(crossing: Crossing, dossier: Dossier, answers: Mapping[str, Any]) -> list[Finding]:
    """What the recipient's representative took over is what was dispatched, or a report says what differs."""
    findings = []
    stated = crossing.answers.get("packages")
    if answers.get("packages") not in {None, stated} and "report" not in answers:
        findings.append(crossing.find("packages_differ", "packages", stated=stated or 0))
    if answers.get("seals_intact") is False and "report" not in answers:
        findings.append(crossing.find("broken_without_report", "report"))
    sealed = _seals(dossier)
    looked_at = {row["number"].casefold() for row in answers.get("seals", ()) if "number" in row}
    if sealed and looked_at != sealed and answers.get("seals_intact") is not False:
        findings.append(crossing.find("seals_differ", "seals", expected=len(sealed)))
    return findings


def _seals(dossier: Dossier) -> set[str]:
    """The seal numbers that were put on; empty where this node was not told them."""
    for taken in reversed(dossier.steps):
        if "seals" in taken.answers and taken.side == ASKING:
            return {row["number"].casefold() for row in taken.answers["seals"] if "number" in row}
    return set()


def _received(crossing: Crossing, _dossier: Dossier, _answers: Mapping[str, Any]) -> list[Finding]:
    """The recipient can store it still, at the moment it is delivered."""
    known = crossing.known
    facility, level = (
        known.facilities.get(str(crossing.answers.get("recipient_facility"))),
        crossing.answers.get("level"),
    )
    if facility is None or (level and known.levels.covers(facility.safeguarding, level) is not True):
        held = facility.safeguarding if facility is not None and facility.safeguarding else "-"
        return [crossing.find("recipient_no_storage", "recipient_facility", level=level or "-", held=held)]
    return []


def _receipt_back(crossing: Crossing, _dossier: Dossier, answers: Mapping[str, Any]) -> list[Finding]:
    """The inner receipt is signed."""
    if answers.get("inner_receipt_signed") is False:
        return [crossing.find("receipt_not_signed", "inner_receipt_signed")]
    return []


def receipt_overdue(crossing: Crossing, _dossier: Dossier, _answers: Mapping[str, Any]) -> list[Finding]:
    """The sender's limit for the receipt is past: the first day after it is the first on which it is followed up."""
    sender = crossing.sender
    found = crossing.known.limits.limit(RECEIPT_LIMIT, sender)
    if found is None:
        return [crossing.founded.found("no_receipt_limit_loaded", nations={str(sender)}, nation=sender)]
    dispatched = crossing.instant("dispatched")
    if dispatched is None:
        return [crossing.find("not_dispatched")]
    since = local_date(crossing.known.at, Nation(sender)) - local_date(dispatched, Nation(sender))
    if since > timedelta(days=int(found.value)):
        return []
    return [crossing.of_limit("receipt_not_overdue", "", (found.provision,), day=since.days, limit=int(found.value))]


def papers(procedure: str, ready: str) -> tuple[Paper, ...]:
    """The receipt in its copies, the inventory of what was packed, and the labels of both wraps from `ready` on."""
    return (
        Paper(
            "receipt",
            frozenset(HOPS) - {LOST},
            ("parties", "inner_wrap", "package"),
            ("accept", "receive", "deliver", "return_receipt"),
            copies=_RECEIPT_COPIES,
            personal=False,
            shared_only=True,
            statement=f"paper.{procedure}.receipt.statement",
        ),
        Paper("inventory", frozenset(HOPS) - {LOST}, ("package",), ("accept",), personal=False, shared_only=True),
        *labels(frozenset({ready, DGR_ACCEPTED})),
    )


def labels(states: frozenset[str]) -> tuple[Paper, ...]:
    """The labels of the wraps: the inner one bears the level, the outer one nothing of it."""
    here = frozenset({ASKING})
    return (
        Paper("inner_label", states, ("inner_wrap",), sides=here, personal=False, shared_only=True),
        Paper("outer_label", states, ("outer_wrap",), sides=here, personal=False, shared_only=True),
    )
