"""A translation stands on the register as an item of its own, linked to what it translates (USR-15, GSO-29, promise 3).

Rules enforced:
 1. Both items are in the custody of the actor's company; the translation was sealed here and is not a translation yet.
 2. Its label protects at least as much as the label of what it translates: level, caveats, audience and owners. What
    another nation owns is compared by its equivalent in the own policy; where there is none, nothing is recorded.
 3. The translator is a person of the company who is cleared for the level.
"""

from __future__ import annotations

import re

from relto.base.errors import Conflict, MalformedInput, NotAvailable
from relto.base.instants import Instant
from relto.labels.joining import dominates
from relto.labels.label import Label, label_from_dict
from relto.labels.mapping import Mapped, map_label
from relto.ledger.leaves import LeafEvent
from relto.procedures.actors import Actor, Role
from relto.rules.bundle import Bundle
from relto.services import active_bundle
from relto.services.book import enter
from relto.services.copy_view import Holding, holding
from relto.services.house import House
from relto.services.register_levels import check_custodian
from relto.store.models import Item, Translation
from relto.store.queries.registers import kept_items

_LANGUAGE = re.compile(r"\A[a-z]{2,3}(-[A-Z][a-z]{3})?\Z", re.ASCII)
_EXPECTED = "a label that protects at least as much as the translated item's"


def record_translation(
    house: House, actor: Actor, source: str, *, derived: str, language: str, translator: str
) -> Holding:
    """Link the item `derived` to what it translates.

    Raises Refused("role"), NotAvailable("item"), Conflict("translation") for an item that is a translation already,
    Conflict("translation_label") for a label that protects less or cannot be compared, MalformedInput.
    """
    actor.require(Role.SECURITY_OFFICER)
    if not _LANGUAGE.match(language):
        raise MalformedInput("language", field="language", expected="a code such as hi or en")
    now = house.now()
    bundle = active_bundle.active(house, now)

    def step() -> Holding:
        original, made = _held(actor, source, "item"), _held(actor, derived, "derived")
        if made.held_as != "own" or made.id == original.id:
            raise MalformedInput("translation", field="derived", expected="another item, sealed by an own company")
        if Translation.objects.filter(derived=made).exists():
            raise Conflict("translation", field="derived", expected="an item that is not recorded as a translation")
        check_translation_label(bundle, house.nation, original, made, now)
        try:
            check_custodian(house, bundle, made, actor.company or "", translator, now)
        except MalformedInput as error:
            raise MalformedInput("register_translator", field="translator", expected=error.expected) from error
        entry = enter(
            house,
            LeafEvent.ITEM_TRANSLATED,
            actor=actor.person,
            subject=original.id,
            company=actor.company,
            details={"derived": made.id, "language": language, "translator": translator},
            at=now,
        )
        Translation.objects.create(
            derived=made,
            source=original,
            company=actor.company or "",
            language=language,
            translator=translator,
            at=now,
            by=actor.person,
            entry=entry,
        )
        return holding(house, bundle, actor, original, entry)

    return house.commit(step)


def check_translation_label(bundle: Bundle, nation: str, original: Item, made: Item, at: Instant) -> None:
    """Raise Conflict("translation_label") unless the translation's label dominates that of what it translates."""
    below = label_from_dict(original.label, bundle.policies)
    above = label_from_dict(made.label, bundle.policies)
    comparable = _in_policy_of(bundle, nation, below, above, at)
    if comparable is None or not dominates(above, comparable):
        raise Conflict("translation_label", field="derived", expected=_EXPECTED)


def _in_policy_of(bundle: Bundle, nation: str, below: Label, above: Label, at: Instant) -> Label | None:
    if below.policy == above.policy:
        return below
    own = next((one for one in bundle.policies if one.nation == nation and one.identity == above.policy), None)
    if own is None:
        return None
    answer = map_label(below, bundle.equivalence, own, at)
    return answer.label if isinstance(answer, Mapped) else None


def _held(actor: Actor, item: str, field: str) -> Item:
    row = kept_items(actor).filter(id=item).first()
    if row is None:
        raise NotAvailable("item", field=field)
    return row
