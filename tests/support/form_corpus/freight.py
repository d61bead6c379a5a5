"""Transportation plans, and the approvals of both authorities."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any, Final

from relto.base.nations import Nation
from tests.support import crossing_forms as forms
from tests.support.crossing_forms import COURIER, OTHER, REPRESENTATIVE, answers, at_step, facility, row, sender_of
from tests.support.form_corpus import Fault, Filed
from tests.support.known import FACILITY, HELD, IND, NOW, USA, person, pseudonym
from tests.support.known import facility as facility_known

FORWARDER: Final = {USA: "USA-F050", IND: "IND-F050"}
FORWARDER_PERSON: Final = pseudonym(60)


def plan(random: Random, sender: Nation | None = None, kind: str | None = None) -> Filed:
    """A whole plan of either nation, with or without a forwarder."""
    sender = sender or random.choice((USA, IND))
    form = forms.parties(random, sender)
    known = forms.facts(sender)
    place = facility_known(sender, code=FORWARDER[sender], company=f"{sender}-C050")
    contact = person(60, sender, company=f"{sender}-C050", facility=FORWARDER[sender])
    known = replace(
        known,
        facilities={**known.facilities, FORWARDER[sender]: place},
        people={**known.people, FORWARDER_PERSON: contact},
    )
    form |= {
        "reference": "NDP-2026-1",
        "purpose": "Parts for the joint test stand",
        "kind": kind or random.choice(("single", "repeated")),
        "valid_from": str(NOW.date()),
        "valid_until": str(NOW.date() + timedelta(days=180)),
        "sender_representative_office": "Office of the sender's authority",
        "forwarder": False,
        "packaging": "Two crates, banded",
        "transport": "freight",
        "route": forms.stages(sender, carrier="The carrier", carrier_nation=sender, service="commercial"),
        "escorts": [{"person": COURIER[sender], "stages": "1, 2"}],
        "delay": "It stays at the airport's government store; the sender is told",
        "storage": "None planned",
    }
    if random.random() < 0.5:
        form |= {
            "forwarder": True,
            "forwarder_name": "A forwarding firm",
            "forwarder_contact": FORWARDER_PERSON,
            "forwarder_contract": True,
            "forwarder_custody": True,
            "forwarder_facility": FORWARDER[sender],
        }
    return Filed("freight", form, known)


CLEAN = plan


def _forwarded(spoil: forms.Spoil) -> forms.Spoil:
    """Of a plan with a forwarder that takes custody."""

    def spoiled(random: Random, filed: Filed) -> Filed:
        sender = sender_of(filed)
        return spoil(
            random,
            filed.with_answers(
                forwarder=True,
                forwarder_name="A forwarding firm",
                forwarder_contact=FORWARDER_PERSON,
                forwarder_contract=True,
                forwarder_custody=True,
                forwarder_facility=FORWARDER[sender],
            ),
        )

    return spoiled


def _forwarders_facility(**changes: Any) -> forms.Spoil:
    def spoil(_: Random, filed: Filed) -> Filed:
        code = FORWARDER[sender_of(filed)]
        held = dict(filed.known.facilities)
        held[code] = replace(held[code], **changes)
        return filed.with_known(facilities=held)

    return spoil


def _top_secret(_: Random, filed: Filed) -> Filed:
    level = f"{sender_of(filed)}:TOP SECRET"
    return filed.with_answers(level=level).with_row("items", 0, line_level=level)


def _approval(spoil: forms.Spoil) -> forms.Spoil:
    """On the recipient's node, whose authority names its representative."""

    def spoiled(random: Random, filed: Filed) -> Filed:
        sender = sender_of(filed)
        there = forms.facts(OTHER[sender], side="answering", partner=sender)
        named = {"recipient_representative": REPRESENTATIVE[OTHER[sender]], "recipient_representative_office": "Office"}
        return spoil(
            random, replace(filed, known=there, step="approve_recipient", step_answers=named, side="answering")
        )

    return spoiled


FAULTS: Final = (
    Fault(
        "forwarder_as_representative",
        "The forwarder's person is entered as government representative.",
        "freight.forwarder_is_representative",
        _forwarded(answers(sender_representative=FORWARDER_PERSON)),
    ),
    Fault(
        "forwarding_firm_as_office",
        "The forwarding firm is entered as the representative's office.",
        "freight.forwarder_is_representative",
        _forwarded(answers(sender_representative_office=" A  FORWARDING firm")),
    ),
    Fault(
        "forwarder_named_on_approval",
        "The recipient's authority names the forwarding firm as its representative's office.",
        "freight.forwarder_is_representative",
        _forwarded(
            _approval(lambda _, filed: filed.with_step_answers(recipient_representative_office="A forwarding firm"))
        ),
    ),
    Fault(
        "representative_without_role",
        "An official without the role is named as representative.",
        "freight.representative_role",
        forms.person_known("sender_representative", roles=frozenset({"registrar"})),
    ),
    Fault(
        "forwarder_without_contract",
        "The forwarder works without a contract.",
        "freight.forwarder_without_contract",
        _forwarded(answers(forwarder_contract=False)),
    ),
    Fault(
        "forwarder_without_storage",
        "The forwarder takes custody and cannot store it.",
        "freight.forwarder_no_storage",
        _forwarded(_forwarders_facility(safeguarding="")),
    ),
    Fault(
        "forwarder_not_cleared",
        "The forwarder takes custody and is not cleared.",
        "freight.forwarder_not_cleared",
        _forwarded(_forwarders_facility(level="")),
    ),
    Fault(
        "carrier_of_a_third_nation",
        "The carrier is a third nation's and no exception is named.",
        "freight.carrier_of_third_nation",
        row("route", 1, carrier_nation="QAT"),
    ),
    Fault(
        "one_authority_excepts",
        "Only the sender's authority excepted the third nation's carrier.",
        "freight.carrier_of_third_nation",
        lambda _, filed: filed.with_row("route", 1, carrier_nation="QAT").with_answers(
            exception_sender="Letter 7", exception_urgency="The test is next week"
        ),
    ),
    Fault(
        "express_service",
        "An uncleared express service carries it.",
        "freight.express_carrier",
        row("route", 0, service="express"),
    ),
    Fault("no_escort", "It flies without an escort or exception.", "freight.escort_missing", answers(escorts=None)),
    Fault(
        "escort_not_cleared",
        "The escort is not cleared to the level.",
        "freight.escort_not_cleared",
        lambda _, filed: filed.with_known(
            people={
                **filed.known.people,
                COURIER[sender_of(filed)]: person(1, sender_of(filed), "UNCLASSIFIED"),
            }
        ),
    ),
    Fault("top_secret_as_freight", "TOP SECRET goes as freight.", "freight.government_courier_only", _top_secret),
    Fault(
        "recipient_cannot_store",
        "The receiving facility is cleared but has no storage.",
        "freight.recipient_no_storage",
        facility("recipient", safeguarding=""),
    ),
    Fault(
        "recipient_clearance_ended",
        "The receiving facility's assurance has ended.",
        "freight.facility_clearance_ends",
        facility("recipient", valid=replace(HELD, end=NOW)),
    ),
    Fault(
        "plan_reversed",
        "The plan ends before it begins.",
        "freight.period_reversed",
        answers(valid_until=str(NOW.date() - timedelta(days=9))),
    ),
    Fault(
        "departure_outside_the_plan",
        "The departure lies outside the plan's time.",
        "freight.departure_outside_period",
        answers(valid_until=str(NOW.date() + timedelta(days=3))),
    ),
    Fault(
        "route_to_elsewhere",
        "The route does not end in the recipient's nation.",
        "freight.route_ends_elsewhere",
        row("route", 1, to_country="QAT", to_place="Doha"),
    ),
    Fault(
        "licence_of_another_nation",
        "The licence named in a line is for another nation.",
        "freight.authorisation_of_another_nation",
        lambda _, filed: filed.with_answers(
            items=[
                {
                    **filed.answers["items"][0],
                    "cover": "licence_line",
                    "item": "",
                    "authorisation": forms.LICENCE,
                    "licence_line": "Line 1",
                }
            ]
        ).with_known(
            authorisations={forms.LICENCE: replace(filed.known.authorisations[forms.LICENCE], nation=Nation("FRA"))}
        ),
    ),
    Fault(
        "class_instead_of_item",
        "The plan is to be approved for an item of which only the class is covered.",
        "freight.class_cover",
        at_step(forms.cover(exact=False), "approve_sender"),
    ),
    Fault(
        "own_facility_as_recipient",
        "The sender's own facility is entered as recipient.",
        "freight.recipient_facility_not_theirs",
        lambda _, filed: filed.with_answers(recipient_facility=FACILITY[sender_of(filed)]),
    ),
)
