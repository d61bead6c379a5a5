"""Transfers through government channels, electronic or by hand of the two representatives."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any, Final

from relto.base.nations import Nation
from tests.support import crossing_forms as forms
from tests.support.crossing_forms import COURIER, answers, at_step, cover, facility, sender_of
from tests.support.form_corpus import Fault, Filed
from tests.support.known import IND, NOW, USA, pseudonym

_ELECTRONIC: Final = {
    "way": "electronic",
    "plan_reference": "SCP-12",
    "plan_within": "programme_instruction",
    "plan_approved_sender": "2026-02-01",
    "plan_approved_recipient": "2026-03-01",
    "plan_valid_until": str(NOW.date() + timedelta(days=200)),
    "sender_system_authorised": True,
    "recipient_system_authorised": True,
    "encrypted": True,
}


def transfer(random: Random, sender: Nation | None = None, way: str | None = None) -> Filed:
    """A whole transfer of either nation."""
    sender = sender or random.choice((USA, IND))
    way = way or random.choice(("government_courier", "government_pouch", "electronic", "other"))
    form = forms.parties(random, sender)
    form |= {"contract": "Contract TRG-1, licence NDP-2026-1", "purpose": "Joint analysis", "way": way}
    if way == "electronic":
        form |= _ELECTRONIC
    if way == "other":
        form |= {"channel_sender": "Letter 3", "channel_recipient": "Letter 4"}
    return Filed("transfer", form, forms.facts(sender))


CLEAN = transfer


def _electronic(**changes: Any) -> forms.Spoil:
    return lambda random, _: transfer(random, way="electronic").with_answers(**changes)


def _programme(_: Random, filed: Filed) -> Filed:
    return filed.with_known(programmes={filed.answers["programme"]: frozenset({sender_of(filed)})})


FAULTS: Final = (
    Fault(
        "class_instead_of_item",
        "The release covers the class of the item and not the item.",
        "transfer.class_cover",
        at_step(cover(exact=False), "clear"),
    ),
    Fault(
        "nothing_covers_it",
        "No release and no authorisation covers the item.",
        "transfer.not_covered",
        at_step(cover(exact=False, by_class=False), "clear"),
    ),
    Fault(
        "item_of_nobody",
        "The item is on no register.",
        "transfer.item_unknown",
        lambda _, filed: filed.with_known(covers={}),
    ),
    Fault(
        "same_item_twice",
        "The same item stands in two lines.",
        "transfer.item_twice",
        lambda _, filed: filed.with_answers(items=[filed.answers["items"][0]] * 2),
    ),
    Fault(
        "line_above_whole",
        "A line is above the level of the whole.",
        "transfer.line_above_level",
        lambda _, filed: filed.with_answers(level=f"{sender_of(filed)}:UNCLASSIFIED"),
    ),
    Fault(
        "level_needlessly_high",
        "The whole is stated above every line.",
        "transfer.level_above_lines",
        lambda _, filed: filed.with_answers(level=f"{sender_of(filed)}:TOP SECRET"),
    ),
    Fault(
        "scope_not_certified",
        "No empowered official certified the scope of the licence.",
        "transfer.scope_not_certified",
        lambda _, filed: filed.with_answers(
            certified_by=None,
            certified_on=None,
            items=[
                {
                    **filed.answers["items"][0],
                    "cover": "licence_line",
                    "item": "",
                    "authorisation": forms.LICENCE,
                    "licence_line": "Line 1",
                }
            ],
        ),
    ),
    Fault(
        "licence_withdrawn",
        "The licence named in a line is withdrawn.",
        "transfer.authorisation_not_valid",
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
            authorisations={forms.LICENCE: replace(filed.known.authorisations[forms.LICENCE], withdrawn=True)}
        ),
    ),
    Fault(
        "one_authority_approved_the_plan",
        "Only one authority approved the communications plan.",
        "transfer.plan_not_approved",
        _electronic(plan_approved_recipient=None),
    ),
    Fault(
        "plan_ran_out",
        "The communications plan has run out by the departure.",
        "transfer.plan_expired",
        _electronic(plan_valid_until=str(NOW.date() + timedelta(days=1))),
    ),
    Fault(
        "system_not_authorised",
        "The receiving system is not authorised.",
        "transfer.system_not_authorised",
        _electronic(recipient_system_authorised=False),
    ),
    Fault("not_encrypted", "It is sent without encryption.", "transfer.not_encrypted", _electronic(encrypted=False)),
    Fault(
        "channel_of_one_government",
        "Only one government approved the channel.",
        "transfer.channel_not_approved",
        lambda random, _: transfer(random, way="other").with_answers(channel_recipient=None),
    ),
    Fault(
        "recipient_cannot_store",
        "The receiving facility is cleared and has no storage.",
        "transfer.recipient_no_storage",
        facility("recipient", safeguarding=""),
    ),
    Fault(
        "recipient_not_assured",
        "No assurance on the receiving facility is held.",
        "transfer.recipient_not_assured",
        lambda _, filed: filed.with_answers(recipient_facility="XXX-F001"),
    ),
    Fault(
        "recipient_suspended",
        "The recipient is suspended.",
        "transfer.facility_not_valid",
        facility("recipient", state="suspended"),
    ),
    Fault(
        "sender_clearance_too_low",
        "The sending facility is cleared below the level.",
        "transfer.facility_not_cleared",
        facility("sender", level="UNCLASSIFIED"),
    ),
    Fault(
        "courier_as_representative",
        "An employee of the sender is entered as representative.",
        "transfer.representative_of_company",
        lambda _, filed: filed.with_answers(sender_representative=COURIER[sender_of(filed)]),
    ),
    Fault(
        "one_representative_for_both",
        "The same person hands over and takes over.",
        "transfer.representative_same",
        lambda _, filed: filed.with_answers(recipient_representative=filed.answers["sender_representative"]),
    ),
    Fault(
        "unknown_representative",
        "Nobody knows the representative.",
        "transfer.representative_unknown",
        answers(sender_representative=pseudonym(700)),
    ),
    Fault(
        "partner_left_the_programme",
        "The partner takes no part in the programme.",
        "transfer.partner_not_in_programme",
        _programme,
    ),
    Fault(
        "left_yesterday",
        "The departure has passed.",
        "transfer.departure_past",
        answers(departure="2026-11-01T09:00:00Z"),
    ),
)
