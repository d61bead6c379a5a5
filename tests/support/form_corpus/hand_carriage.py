"""Hand carriage: requests, and the steps with a certificate."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any, Final

from relto.base.instants import Period, instant_text
from relto.base.nations import Nation
from tests.support import crossing_forms as forms
from tests.support.crossing_forms import COURIER, OTHER, answers, at_step, facility, person_known, row, sender_of
from tests.support.form_corpus import Fault, Filed
from tests.support.known import IND, NOW, USA, YEAR, dossier_known, pseudonym

_SEALED: Final = {
    "inventory_agrees": True,
    "packages": 1,
    "wraps": 2,
    "seals": [{"number": "A 117"}, {"number": "A 118"}],
    "receipts": 3,
}


def request(random: Random, sender: Nation | None = None) -> Filed:
    """A whole request of either nation, by an employee of either firm."""
    sender = sender or random.choice((USA, IND))
    form = forms.parties(random, sender)
    employer = random.choice(("sender", "recipient"))
    of = sender if employer == "sender" else OTHER[sender]
    filed = Filed("hand_carriage", form, forms.facts(sender))
    form |= {
        "reason": random.choice(("no_channel", "too_slow")),
        "justification": "The joint test would wait for a month",
        "already_there": False,
        "courier": COURIER[of],
        "courier_of": employer,
        "employment": "full_time",
        "courier_name": f"PERSON  {1 if of == USA else 11}",
        "courier_born": "1984-03-12",
        "courier_nationality": of,
        "travel_document": f"T{random.randint(10**6, 10**7)}",
        "exterior": "One brown box, 30 cm",
        "kept_in_person": True,
        "return": forms.later(filed, "arrival", days=3),
        "route": forms.stages(sender, overnight="none"),
        "contacts": [{"country": one, "office": "The security office", "telephone": "000"} for one in (USA, IND)],
    }
    return filed


CLEAN = request


def _elsewhere(_: Random, filed: Filed) -> Filed:
    other = dossier_known("HCR-2026-0044", "hand_carriage", "issued", data=dict(filed.answers))
    return filed.with_known(related={"hand_carriage": [other]})


def _american(spoil: forms.Spoil) -> forms.Spoil:
    """Of a request from the USA, where the sender's own limit is loaded."""
    return lambda random, _: spoil(random, request(random, USA))


def _soon(_: Random, filed: Filed) -> Filed:
    leaves = NOW + timedelta(days=3)
    return filed.with_answers(
        departure=instant_text(leaves),
        arrival=instant_text(leaves + timedelta(days=1)),
        **{"return": instant_text(leaves + timedelta(days=4))},
    )


def _third_country(mode: str) -> forms.Spoil:
    def spoil(_: Random, filed: Filed) -> Filed:
        first, last = filed.answers["route"]
        between = {**last, "to_place": "Doha", "to_country": "QAT"}
        onward = {**last, "from_place": "Doha", "from_country": "QAT", "mode": mode}
        contacts = [*filed.answers["contacts"], {"country": "QAT", "office": "The embassy", "telephone": "000"}]
        return filed.with_answers(route=[first, between, onward], contacts=contacts)

    return spoil


def _clearance_ends(random: Random, filed: Filed) -> Filed:
    return person_known("courier", valid=Period(NOW - YEAR, NOW + timedelta(days=20)))(random, filed)


def _top_secret(_: Random, filed: Filed) -> Filed:
    level = f"{sender_of(filed)}:TOP SECRET"
    return filed.with_answers(level=level).with_row("items", 0, line_level=level)


def _sealing(**changes: Any) -> forms.Spoil:
    def spoil(_: Random, filed: Filed) -> Filed:
        given = {**_SEALED, "packages": filed.answers["packages"]} | changes
        return replace(filed, step="seal", step_answers=given)

    return spoil


FAULTS: Final = (
    Fault("carried_top_secret", "TOP SECRET is to be carried by hand.", "hand_carriage.above_limit", _top_secret),
    Fault(
        "courier_part_time",
        "The courier works part time.",
        "hand_carriage.courier_not_full_time",
        answers(employment="part_time"),
    ),
    Fault(
        "courier_of_neither_firm",
        "The courier works for neither firm.",
        "hand_carriage.courier_of_another_firm",
        person_known("courier", facility="USA-F099", company="USA-C099"),
    ),
    Fault(
        "courier_cleared_too_low",
        "The courier is cleared below the level of the package.",
        "hand_carriage.courier_not_cleared",
        person_known("courier", level="UNCLASSIFIED"),
    ),
    Fault(
        "courier_clearance_ends",
        "The courier's clearance ends before the journey does.",
        "hand_carriage.courier_clearance_ends",
        _clearance_ends,
    ),
    Fault(
        "courier_suspended",
        "The courier's clearance is suspended.",
        "hand_carriage.courier_suspended",
        person_known("courier", suspended=True),
    ),
    Fault(
        "courier_unknown",
        "Nobody knows the courier.",
        "hand_carriage.courier_unknown",
        answers(courier=pseudonym(500)),
    ),
    Fault(
        "courier_twice_at_once",
        "The courier travels on another certificate at that time.",
        "hand_carriage.courier_elsewhere",
        _elsewhere,
    ),
    Fault(
        "name_not_on_roster",
        "The name is not the one on the register.",
        "hand_carriage.name_differs",
        lambda random, _: request(random, USA).with_answers(
            courier=COURIER[USA], courier_of="sender", courier_name="SOMEBODY ELSE", courier_nationality=USA
        ),
    ),
    Fault(
        "train_through_third_country",
        "A stage goes by train through a third country.",
        "hand_carriage.surface_through_third_country",
        _third_country("rail"),
    ),
    Fault(
        "route_with_a_hole",
        "The second stage begins where the first did not end.",
        "hand_carriage.route_broken",
        row("route", 1, from_place="Another airport"),
    ),
    Fault(
        "left_in_a_hotel",
        "The package stays a night outside a government or cleared facility.",
        "hand_carriage.deposited_on_the_way",
        row("route", 1, overnight="elsewhere"),
    ),
    Fault(
        "no_official_to_turn_to",
        "No official is named for one of the countries.",
        "hand_carriage.contact_missing",
        lambda _, filed: filed.with_answers(contacts=filed.answers["contacts"][:1]),
    ),
    Fault(
        "told_too_late",
        "The authority is told fewer working days ahead than its rule wants.",
        "hand_carriage.agency_notice_short",
        _american(_soon),
    ),
    Fault(
        "recipient_cannot_store",
        "The receiving facility is cleared but has no storage.",
        "hand_carriage.recipient_no_storage",
        facility("recipient", safeguarding=""),
    ),
    Fault(
        "representative_of_a_firm",
        "A company's person is entered as government representative.",
        "hand_carriage.representative_of_company",
        person_known("sender_representative", company="USA-C099"),
    ),
    Fault(
        "not_in_hand",
        "The package is too big for the courier to keep in person.",
        "hand_carriage.not_kept_in_person",
        answers(kept_in_person=False),
    ),
    Fault(
        "wrapped_once",
        "The package is wrapped once.",
        "hand_carriage.wraps_short",
        _american(_sealing(wraps=1)),
    ),
    Fault(
        "two_receipts",
        "Fewer copies of the receipt are made than the rule wants.",
        "hand_carriage.receipts_short",
        _american(_sealing(receipts=2)),
    ),
    Fault(
        "notes_not_read",
        "The courier is sent off without having initialled the notes.",
        "hand_carriage.notes_not_initialled",
        at_step(lambda _, filed: filed, "initial", notes_initialled=False, declaration_signed=True),
    ),
    Fault(
        "class_instead_of_item",
        "The certificate is to be issued for an item of which only the class is covered.",
        "hand_carriage.class_cover",
        at_step(forms.cover(exact=False), "issue"),
    ),
)
