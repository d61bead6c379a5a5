"""What a jointly owned item demands beyond any other: two owners, two manifests, two facilities, both authorities.

Rules (design.md 2): it is split at sealing, no manifest of it exists that one nation's service could serve alone, and
each owner's people open it by their own node's yes and the other owner's.
"""

from __future__ import annotations

from collections.abc import Mapping

from relto.base.errors import MalformedInput, UnknownValue
from relto.base.nations import Nation
from relto.procedures.actors import Actor
from relto.services.item_view import LIVE, is_joint, owners_of
from relto.store.models import Facility, Item, Person


def check_asked(
    actor: Actor,
    row: Item,
    recipient: Nation,
    *,
    mode: str,
    home_facility: str,
    home_readers: Mapping[str, str],
) -> None:
    """A joint item names its readers on both sides, is live, and goes to its other owner; no other item does."""
    if not is_joint(row):
        if home_facility or home_readers:
            raise MalformedInput("home_readers", field="home_readers", expected="home readers of joint items only")
        return
    if recipient not in owners_of(row):
        raise UnknownValue("co_owner", field="nation", expected="the item's other owner")
    if mode != LIVE:
        raise MalformedInput("mode", field="mode", expected=f"{LIVE}: a joint item never opens without both owners")
    if not Facility.objects.filter(code=home_facility, company_id=actor.company).exists():
        raise UnknownValue("home_facility", field="home_facility", expected="a facility of the own company")
    known = Person.objects.filter(id__in=home_readers, facility_id=home_facility).count()
    if not home_readers or known != len(home_readers):
        raise UnknownValue("home_reader", field="home_readers", expected="people of the own facility, at least one")
