"""What is asked of a courier and her journey: checks of the request, and conditions of the steps with the certificate.

Rules enforced here, under the provisions that `data/findings/hand_carriage.json` names: who may be a courier, for how
long she is cleared and where else she travels; the route, direct and never by surface through a third country; the
notices and their time; notes, declaration, wrapping and receipts before she leaves; certificate and receipt back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from relto.base.instants import Instant, read_instant
from relto.procedures.findings import Finding
from relto.procedures.founded import founded
from relto.procedures.known import Known
from relto.procedures.packs import exact_items
from relto.procedures.packs.crossing import (
    SURFACE,
    Crossing,
    check_facilities,
    check_filled_later,
    check_level,
    check_parties,
    check_representatives,
    check_route,
    check_times,
    notice_too_short,
    third_countries,
)
from relto.procedures.procedure import Dossier, Guard

CODE: Final = "hand_carriage"
LEVEL_LIMIT: Final = "hand_carriage.highest_level"
AGENCY_NOTICE: Final = "hand_carriage.agency_notice"
RECEIVER_NOTICE: Final = "hand_carriage.receiver_notice"
WRAPS: Final = "hand_carriage.wraps"
ISSUED: Final = frozenset({"issued", "read_and_initialled", "sealed"})
ON_THE_WAY: Final = frozenset({"travelling", "overdue"})


def check(answers: Mapping[str, Any], known: Known) -> list[Finding]:
    """Everything that can be wrong with the form before it goes to the authority."""
    crossing = Crossing(answers, known, founded(CODE))
    findings = [
        *check_parties(crossing),
        *check_facilities(crossing),
        *check_level(crossing, LEVEL_LIMIT),
        *check_representatives(crossing),
        *_check_courier(crossing),
        *exact_items.check_lines(crossing),
        *check_times(crossing),
        *check_filled_later(crossing, "dispatched", "certificate"),
        *check_route(crossing),
        *_check_journey(crossing),
        *notice_too_short(crossing, AGENCY_NOTICE, "departure"),
    ]
    if answers.get("already_there"):
        findings.append(crossing.find("already_there", "already_there"))
    if answers.get("kept_in_person") is False:
        findings.append(crossing.find("not_kept_in_person", "kept_in_person"))
    return findings


def _check_courier(crossing: Crossing) -> Iterator[Finding]:
    """A full-time, cleared employee of either firm, for the whole journey and only on this one."""
    answers, known = crossing.answers, crossing.known
    if answers.get("employment") not in {None, "full_time"}:
        yield crossing.find("courier_not_full_time", "employment")
    pseudonym = answers.get("courier")
    if pseudonym is None:
        return
    courier = known.people.get(pseudonym)
    if courier is None:
        yield crossing.find("courier_unknown", "courier")
        return
    firms = {answers.get("sender_facility"), answers.get("recipient_facility")}
    if courier.facility not in firms and courier.company != answers.get("company"):
        yield crossing.find("courier_of_another_firm", "courier")
    expected = crossing.sender if answers.get("courier_of") == "sender" else crossing.recipient
    if "courier_of" in answers and expected and courier.nation != expected:
        yield crossing.find("courier_of_the_other_firm", "courier_of")
    level = answers.get("level")
    if level and known.levels.covers(courier.level, level) is not True:
        yield crossing.find("courier_not_cleared", "courier", level=level, held=courier.level or "-")
    if courier.suspended:
        yield crossing.find("courier_suspended", "courier")
    until = _journey_ends(crossing)
    if courier.valid is None or any(not courier.valid.holds_at(one) for one in until):
        yield crossing.find("courier_clearance_ends", "courier")
    name, registered = answers.get("courier_name"), known.roster.get(pseudonym)
    if name and registered and " ".join(name.casefold().split()) != " ".join(registered.casefold().split()):
        yield crossing.find("name_differs", "courier_name")
    yield from _check_other_journeys(crossing, pseudonym)


def _journey_ends(crossing: Crossing) -> list[Instant]:
    return [one for one in (crossing.instant("departure"), crossing.instant("return")) if one is not None]


def _check_other_journeys(crossing: Crossing, courier: str) -> Iterator[Finding]:
    """One certificate, one journey: she is not on the way with another one at that time."""
    departure, back = crossing.instant("departure"), crossing.instant("return")
    if departure is None or back is None:
        return
    for other in crossing.known.related.get(CODE, ()):
        begins, ends = other.data.get("departure"), other.data.get("return")
        if other.data.get("courier") != courier or other.state not in ISSUED | ON_THE_WAY or not (begins and ends):
            continue
        if read_instant(begins) < back and departure < read_instant(ends):
            yield crossing.find("courier_elsewhere", "courier", number=other.number)


def _check_journey(crossing: Crossing) -> Iterator[Finding]:
    """Direct, never over land or sea through a third country, never out of the courier's hands."""
    countries = set(crossing.nations)
    for number, stage in enumerate(crossing.answers.get("route", ())):
        path = f"route/{number}"
        countries |= third_countries(crossing, stage)
        if stage.get("mode") in SURFACE and third_countries(crossing, stage):
            yield crossing.find("surface_through_third_country", f"{path}/mode", stage=number + 1)
        if stage.get("overnight") == "elsewhere":
            yield crossing.find("deposited_on_the_way", f"{path}/overnight", stage=number + 1)
    contacts = {row.get("country") for row in crossing.answers.get("contacts", ())}
    if "contacts" in crossing.answers:
        for country in sorted(countries - contacts):
            yield crossing.find("contact_missing", "contacts", country=country)
    back, arrival = crossing.instant("return"), crossing.instant("arrival")
    if back is not None and arrival is not None and back <= arrival:
        yield crossing.find("return_before_arrival", "return")


_Condition = Callable[[Crossing, Mapping[str, Any]], list[Finding]]


def _guard(condition: _Condition) -> Guard:
    def guard(dossier: Dossier, answers: Mapping[str, Any], known: Known) -> Sequence[Finding]:
        return condition(Crossing(dossier.answers, known, founded(CODE)), answers)

    return guard


def _still_holds(crossing: Crossing, _answers: Mapping[str, Any]) -> list[Finding]:
    """What may have changed since the form was checked: clearances, assurances, storage, limits."""
    return [
        *check_parties(crossing),
        *check_facilities(crossing),
        *check_level(crossing, LEVEL_LIMIT),
        *_check_courier(crossing),
    ]


def _receiver_told(crossing: Crossing, _answers: Mapping[str, Any]) -> list[Finding]:
    """Issuing tells the receiver: who comes, and when. It is in time by the limit, and not after the journey began."""
    findings = list(notice_too_short(crossing, RECEIVER_NOTICE, "arrival"))
    departure = crossing.instant("departure")
    if departure is not None and departure <= crossing.known.at:
        findings.append(crossing.find("departure_past", "departure"))
    return findings


def _declared(crossing: Crossing, answers: Mapping[str, Any]) -> list[Finding]:
    findings = [
        crossing.find(what, field)
        for field, what in (
            ("notes_initialled", "notes_not_initialled"),
            ("declaration_signed", "declaration_not_signed"),
        )
        if answers.get(field) is False
    ]
    departure = crossing.instant("departure")
    if departure is not None and departure <= crossing.known.at:
        findings.append(crossing.find("departure_past", "departure"))
    return findings


def _wrapped(crossing: Crossing, answers: Mapping[str, Any]) -> list[Finding]:
    limit = crossing.known.limits.limit(WRAPS, crossing.sender)
    if limit is None:
        return [
            crossing.founded.found("no_wraps_loaded", "wraps", nations={str(crossing.sender)}, nation=crossing.sender)
        ]
    if answers.get("wraps", limit.value) < limit.value:
        return [crossing.of_limit("wraps_short", "wraps", (limit.provision,), least=int(limit.value))]
    return []


def _handed_to_courier(crossing: Crossing, answers: Mapping[str, Any]) -> list[Finding]:
    if answers.get("courier_receipt_signed") is False:
        return [crossing.find("courier_receipt_missing", "courier_receipt_signed")]
    moment = Crossing(answers, crossing.known, crossing.founded).instant("dispatched")
    ahead = moment is not None and moment > crossing.known.at
    return [crossing.find("dispatch_ahead", "dispatched")] if ahead else []


def _inspection_told(crossing: Crossing, answers: Mapping[str, Any]) -> list[Finding]:
    findings = []
    if answers.get("verification") is False and "why_no_verification" not in answers:
        findings.append(crossing.find("verification_missing", "verification"))
    told = set(answers.get("told", ()))
    if answers and not {"employer", "representative"} <= told:
        findings.append(crossing.find("inspection_not_told", "told"))
    return findings


def _arrival_past(crossing: Crossing, _answers: Mapping[str, Any]) -> list[Finding]:
    arrival = crossing.instant("arrival")
    early = arrival is None or crossing.known.at <= arrival
    return [crossing.find("not_yet_expected", "arrival")] if early else []


def _certificate_back(crossing: Crossing, answers: Mapping[str, Any]) -> list[Finding]:
    return [
        crossing.find(what, field)
        for field, what in (
            ("certificate_returned", "certificate_not_returned"),
            ("inner_receipt_signed", "receipt_not_signed"),
        )
        if answers.get(field) is False
    ]


GUARDS: Final[Mapping[str, Guard]] = {
    "still_holds": _guard(_still_holds),
    "receiver_told": _guard(_receiver_told),
    "declared": _guard(_declared),
    "wrapped": _guard(_wrapped),
    "handed_to_courier": _guard(_handed_to_courier),
    "inspection_told": _guard(_inspection_told),
    "arrival_past": _guard(_arrival_past),
    "certificate_back": _guard(_certificate_back),
}
"""The conditions of the steps with a certificate, beside those of custody and of the exact item."""
