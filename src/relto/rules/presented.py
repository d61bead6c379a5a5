"""Which of several authorisations, consents or listings is presented to the engine: the one that fits best.

Presenting decides nothing. The engine judges what is presented by the bundle's rules; a fact that does not suffice
fails there. The order is fixed (fits the case, covers the instant, lasts longest, reference), so the same facts
always give the same question.
"""

from __future__ import annotations

from typing import Literal

from relto.base.instants import Instant, Period, instant_text
from relto.base.nations import Nation
from relto.rules.facts import AuthorisationFacts, ConsentFacts, DecisionFacts, ListingFacts, PersonFacts

_OPEN_END = "9999-12-31T23:59:59Z"


def _until(valid: Period) -> str:
    return _OPEN_END if valid.end is None else instant_text(valid.end)


def presented_authorisation(
    facts: DecisionFacts, kind: Literal["disclosure", "export"], at: Instant
) -> AuthorisationFacts | None:
    """The authorisation of this kind that fits item or programme and nation best, or None when there is none."""
    item = facts.item

    def order(one: AuthorisationFacts) -> tuple[bool, bool, str, str]:
        by_programme = one.item is None and one.programme is not None and one.programme == item.programme
        fits = one.nation == facts.facility.nation and (one.item == item.item or by_programme)
        return fits, one.valid.holds_at(at), _until(one.valid), one.reference

    return max((one for one in facts.authorisations if one.kind == kind), key=order, default=None)


def presented_consent(facts: DecisionFacts, owner: Nation, at: Instant) -> ConsentFacts | None:
    """The consent of `owner` that fits item, nation and facility best, or None when it gave none."""

    def order(one: ConsentFacts) -> tuple[bool, bool, str, str]:
        goes_to = (one.nation, one.facility) == (facts.facility.nation, facts.facility.code)
        fits = one.item == facts.item.item and goes_to
        return fits, one.valid.holds_at(at), _until(one.valid), one.reference

    return max((one for one in facts.consents if one.by == owner), key=order, default=None)


def presented_listing(facts: DecisionFacts, person: PersonFacts, at: Instant) -> ListingFacts | None:
    """The entry of the need-to-know list for this person that fits best, or None when she is not listed."""

    def order(one: ListingFacts) -> tuple[bool, bool, bool, str, str]:
        return one.item == facts.item.item, bool(one.reason), one.valid.holds_at(at), _until(one.valid), one.reason

    return max((one for one in facts.listings if one.pseudonym == person.pseudonym), key=order, default=None)
