"""Freight: the transportation plan with its two approvals, and the single consignment that goes under it.

Promises (domain.md 2.5, 3.3 and 7; the plan's format follows public practice, the notice is `packs.consignment`):
 1. A plan is of use only when the sender's authority approved it and then the recipient's did: no step of custody
    starts from a plan that one authority approved.
 2. Both government representatives are named. Whoever is entered as the freight forwarder, a person or a firm, is not
    one; a forwarder works under contract, and is cleared and can store when it takes custody.
 3. Carriers are of either nation; another one needs both authorities' written exception and its urgency.
 4. By air an escort cleared to the level goes with it, or the exception is named. What is above each nation's limit for
    freight goes with a government courier.
 5. Repeated shipments do not use the plan itself: each has its own notice of classified consignment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final

from relto.procedures.findings import Finding
from relto.procedures.forms.form import load_form
from relto.procedures.founded import founded
from relto.procedures.known import Known
from relto.procedures.packs import custody, exact_items
from relto.procedures.packs.cleared_facilities import PROGRAMME_SECURITY
from relto.procedures.packs.crossing import (
    Crossing,
    check_facilities,
    check_filled_later,
    check_level,
    check_parties,
    check_representatives,
    check_route,
    check_times,
    third_countries,
)
from relto.procedures.procedure import BETWEEN, Dossier, Guard, Paper, Procedure, Step
from relto.procedures.table import ANSWERING, ASKING, Table, Transition

CODE: Final = "freight"
LEVEL_LIMIT: Final = "freight.highest_level"
SINGLE: Final = "single"
APPROVED: Final = "approved"
_OFFICER, _AUTHORITY = custody.OFFICER, custody.AUTHORITY
_UNDER_WAY = frozenset({APPROVED, *custody.HOPS}) - {custody.LOST}

TABLE: Final = Table(
    name=CODE,
    start="planned",
    states=(
        "planned", "submitted", "approved_by_sender", APPROVED, *custody.HOPS, "refused", "withdrawn", "closed",
    ),
    transitions=(
        Transition("submit", frozenset({"planned"}), "submitted", _OFFICER, side=ASKING),
        Transition(
            "approve_sender", frozenset({"submitted"}), "approved_by_sender", _AUTHORITY,
            ("still_holds", "items_covered"), side=ASKING,
        ),
        Transition("send_back", frozenset({"submitted"}), "planned", _AUTHORITY, at_will=True, side=ASKING),
        Transition("refuse", frozenset({"submitted"}), "refused", _AUTHORITY, side=ASKING),
        exact_items.override("submitted"),
        Transition(
            "approve_recipient", frozenset({"approved_by_sender"}), APPROVED, _AUTHORITY, ("representatives",),
            side=ANSWERING,
        ),
        Transition("refuse_recipient", frozenset({"approved_by_sender"}), "refused", _AUTHORITY, side=ANSWERING),
        Transition(
            "withdraw", frozenset({"planned", "submitted", "approved_by_sender", APPROVED}), "withdrawn",
            _OFFICER | _AUTHORITY, at_will=True, side=ASKING,
        ),
        Transition("revoke_recipient", frozenset({APPROVED}), "withdrawn", _AUTHORITY, at_will=True, side=ANSWERING),
        *custody.hops(APPROVED, "still_holds", "items_covered", "single"),
        Transition("close", frozenset({APPROVED}), "closed", _OFFICER, ("repeated",), at_will=True, side=ASKING),
    ),
)  # fmt: skip


def check(answers: Mapping[str, Any], known: Known) -> list[Finding]:
    """Everything that can be wrong with a plan before the sender's authority sees it."""
    crossing = Crossing(answers, known, founded(CODE))
    return [
        *check_parties(crossing),
        *check_facilities(crossing),
        *_check_level(crossing),
        *check_representatives(crossing),
        *_check_forwarder(crossing),
        *exact_items.check_lines(crossing),
        *check_times(crossing),
        *check_filled_later(crossing, "dispatched"),
        *check_route(crossing),
        *check_carriers(crossing),
        *check_escorts(crossing),
        *_check_period(crossing),
    ]


def _check_level(crossing: Crossing) -> Iterator[Finding]:
    """Above the limit for freight only a government courier carries it."""
    for finding in check_level(crossing, LEVEL_LIMIT):
        if finding.code == f"{CODE}.above_limit":
            if crossing.answers.get("transport") == "government_courier":
                continue
            yield crossing.find("government_courier_only", "transport", level=crossing.answers["level"])
        else:
            yield finding


def _check_forwarder(crossing: Crossing) -> Iterator[Finding]:
    """The forwarder is no government representative; it has a contract and, with custody, clearance and storage."""
    answers, known = crossing.answers, crossing.known
    if not answers.get("forwarder"):
        return
    contact, firm = answers.get("forwarder_contact"), _plain(answers.get("forwarder_name"))
    place = known.facilities.get(str(answers.get("forwarder_facility", "")))
    company = place.company if place is not None else ""
    for path in ("sender_representative", "recipient_representative"):
        pseudonym = answers.get(path)
        person = known.people.get(str(pseudonym))
        offices = _plain(answers.get(f"{path}_office"))
        of_the_firm = person is not None and (
            (company and person.company == company) or (place is not None and person.facility == place.code)
        )
        if (pseudonym and pseudonym == contact) or (firm and offices == firm) or of_the_firm:
            yield crossing.find("forwarder_is_representative", path)
    if answers.get("forwarder_contract") is False:
        yield crossing.find("forwarder_without_contract", "forwarder_contract")
    if not answers.get("forwarder_custody") or "forwarder_facility" not in answers:
        return
    level = answers.get("level")
    if place is None or (level and known.levels.covers(place.level, level) is not True):
        yield crossing.find("forwarder_not_cleared", "forwarder_facility", level=level or "-")
    elif level and known.levels.covers(place.safeguarding, level) is not True:
        yield crossing.find("forwarder_no_storage", "forwarder_facility", level=level)


def _plain(text: object) -> str:
    return " ".join(str(text or "").casefold().split())


def check_carriers(crossing: Crossing) -> Iterator[Finding]:
    """Of either nation, or excepted by both authorities for urgency; never an uncleared express service."""
    excepted = {"exception_sender", "exception_recipient", "exception_urgency"} <= set(crossing.answers)
    for number, stage in enumerate(crossing.answers.get("route", ())):
        carrier = stage.get("carrier_nation")
        if carrier and carrier not in crossing.nations and not excepted:
            yield crossing.find("carrier_of_third_nation", f"route/{number}/carrier_nation", nation=carrier)
        if stage.get("service") == "express":
            yield crossing.find("express_carrier", f"route/{number}/service", stage=number + 1)
        if third_countries(crossing, stage) and "emergency" not in crossing.answers:
            yield crossing.find("stop_in_third_country", f"route/{number}/to_country", stage=number + 1)


def check_escorts(crossing: Crossing) -> Iterator[Finding]:
    """By air with an escort cleared to the level, unless the exception is named."""
    answers, known, level = crossing.answers, crossing.known, crossing.answers.get("level")
    escorts: Sequence[Mapping[str, Any]] = answers.get("escorts", ())
    by_air = any(stage.get("mode") == "air" for stage in answers.get("route", ()))
    if by_air and not escorts and "escort_exception" not in answers:
        yield crossing.find("escort_missing", "escorts")
    for number, row in enumerate(escorts):
        person = known.people.get(row.get("person", ""))
        path = f"escorts/{number}/person"
        if "person" not in row:
            continue
        if person is None:
            yield crossing.find("escort_unknown", path)
        elif level and (person.suspended or known.levels.covers(person.level, level) is not True):
            yield crossing.find("escort_not_cleared", path, level=level)


def _check_period(crossing: Crossing) -> Iterator[Finding]:
    answers, known = crossing.answers, crossing.known
    begins, ends = answers.get("valid_from"), answers.get("valid_until")
    if begins and ends and ends < begins:
        yield crossing.find("period_reversed", "valid_until")
    elif crossing.is_senders and ends and date.fromisoformat(ends) < known.today(known.nation):
        yield crossing.find("period_past", "valid_until")
    departure = crossing.instant("departure")
    if departure is not None and begins and ends and not begins <= departure.date().isoformat() <= ends:
        yield crossing.find("departure_outside_period", "departure")


_Condition = Callable[[Crossing], list[Finding]]


def _guard(condition: _Condition) -> Guard:
    def guard(dossier: Dossier, answers: Mapping[str, Any], known: Known) -> Sequence[Finding]:
        # What the step fills in counts as filled in.
        return condition(Crossing({**dossier.answers, **answers}, known, founded(CODE)))

    return guard


def _still_holds(crossing: Crossing) -> list[Finding]:
    """What may have changed since the form was checked."""
    return [*check_parties(crossing), *check_facilities(crossing), *_check_level(crossing), *_check_forwarder(crossing)]


def _representatives(crossing: Crossing) -> list[Finding]:
    """The recipient's authority names its representative; neither of the two is the forwarder."""
    needed = ("recipient_representative",)
    return [*check_representatives(crossing, needed=needed), *_check_forwarder(crossing)]


def _single(crossing: Crossing) -> list[Finding]:
    repeated = crossing.answers.get("kind") != SINGLE
    return [crossing.find("repeated_needs_notice", "kind")] if repeated else []


def _repeated(crossing: Crossing) -> list[Finding]:
    single = crossing.answers.get("kind") == SINGLE
    return [crossing.find("single_ends_with_receipt", "kind")] if single else []


PROCEDURE: Final = Procedure(
    code=CODE,
    prefix="TPL",
    topic="freight",
    table=TABLE,
    form=load_form(CODE),
    begins=_OFFICER,
    steps={
        "submit": Step(final_check=True),
        "approve_sender": Step(sends=True),
        "send_back": Step(form=load_form("transfer_reason")),
        "refuse": Step(form=load_form("transfer_reason")),
        exact_items.OVERRIDE: exact_items.OVERRIDE_STEP,
        "approve_recipient": Step(form=load_form("freight_approval"), sends=True, amends=True),
        "refuse_recipient": Step(form=load_form("transfer_reason"), sends=True),
        "withdraw": Step(form=load_form("transfer_reason"), keeps_told=True),
        "revoke_recipient": Step(form=load_form("transfer_reason"), sends=True),
        "close": Step(keeps_told=True),
        **custody.hop_steps(),
    },
    check=check,
    guards={
        "still_holds": _guard(_still_holds),
        "items_covered": exact_items.items_covered(CODE),
        "overridable": exact_items.overridable(CODE),
        "representatives": _guard(_representatives),
        "single": _guard(_single),
        "repeated": _guard(_repeated),
        **custody.hop_guards(CODE),
    },
    clocks=(custody.SUSPENSE_CLOCK,),
    papers=(
        Paper("plan", _UNDER_WAY | {"submitted", "approved_by_sender", "closed"}, personal=False, shared_only=True),
        Paper(
            "escort_instructions",
            _UNDER_WAY,
            ("parties", "route", "escorts"),
            sides=frozenset({ASKING}),
            personal=False,
            statement="paper.freight.escort_instructions.statement",
        ),
        *custody.papers(CODE, APPROVED),
    ),
    reach=BETWEEN,
    partner_field="partner",
    subjects=("company", "items/item"),
    related=(PROGRAMME_SECURITY,),
)
