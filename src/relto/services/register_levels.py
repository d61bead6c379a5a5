"""An item's level in the own nation's terms, and what its rules demand of a register there; gaps stay gaps."""

from __future__ import annotations

from relto.base import calendars
from relto.base.errors import MalformedInput, ReltoError
from relto.base.instants import Instant
from relto.base.nations import Nation
from relto.labels.label import label_from_dict
from relto.labels.levels import Level
from relto.procedures.actors import COMPANY_ROLES
from relto.procedures.register_rules import Demand, shipped_register_rules
from relto.rules.bundle import Bundle
from relto.services.house import House
from relto.store.models import Facility, Item, Person


def own_level(house: House, bundle: Bundle, item: Item, at: Instant) -> Level | None:
    """The item's level in the own policy: its own, or the one that the equivalence table names; None when none."""
    own = bundle.policies.by_nation(house.nation)
    try:
        label = label_from_dict(item.label, bundle.policies)
    except ReltoError:
        return None
    if label.policy == own.identity:
        return label.level
    row = bundle.equivalence.row_for(label.level, own.oid, at)
    return row.to_level if row is not None else None


def is_foreign(house: House, item: Item) -> bool:
    """True for information that another nation owns, alone or too: it is then foreign information here (ISA-25)."""
    return set(item.label.get("owner", ())) != {house.nation}


def demand_on(house: House, bundle: Bundle, item: Item, demand: str, at: Instant) -> Demand:
    """One demand of the own nation's rules on this item, as of the own nation's day."""
    level, nation = own_level(house, bundle, item, at), Nation(house.nation)
    return shipped_register_rules().demand(
        nation,
        demand,
        level=level.name if level is not None else "",
        foreign=is_foreign(house, item),
        on=calendars.local_date(at, nation),
    )


def demands_on(house: House, bundle: Bundle, item: Item, at: Instant) -> tuple[Demand, ...]:
    """All demands of the own nation's rules on this item, gaps included."""
    level, nation = own_level(house, bundle, item, at), Nation(house.nation)
    return shipped_register_rules().all_demands(
        nation,
        level=level.name if level is not None else "",
        foreign=is_foreign(house, item),
        on=calendars.local_date(at, nation),
    )


def check_facility(  # noqa: PLR0917  what the check depends on
    house: House, bundle: Bundle, item: Item, company: str, code: str, at: Instant
) -> str:
    """The code of a facility of the company that may store the item (ISA-13). Raises MalformedInput.

    Clearance and safeguarding are two facts; it is the second that counts here. An item whose level has no equivalent
    in the own policy may be stored nowhere until a person decides.
    """
    row = Facility.objects.filter(code=code, company_id=company).first()
    level = own_level(house, bundle, item, at)
    expected = "a facility of the company, not suspended, whose storage reaches the item's level"
    if row is None or row.suspended_at is not None or level is None or not row.valid_from <= at < row.valid_until:
        raise MalformedInput("register_storage", field="facility", expected=expected)
    stores = _level(house, bundle, row.safeguarding_level)
    if level.hierarchy > 0 and (stores is None or stores < level):
        raise MalformedInput("register_storage", field="facility", expected=expected)
    return code


def check_custodian(  # noqa: PLR0917  what the check depends on
    house: House, bundle: Bundle, item: Item, company: str, who: str, at: Instant
) -> str:
    """A role of the company, or the pseudonym of one of its people cleared for the item. Raises MalformedInput."""
    if who in {str(role) for role in COMPANY_ROLES}:
        return who
    row = Person.objects.filter(id=who, company_id=company, suspended_at=None).first()
    level = own_level(house, bundle, item, at)
    cleared = _level(house, bundle, row.clearance_level) if row is not None else None
    within = row is not None and row.valid_until is not None and at < row.valid_until
    if level is None or (level.hierarchy > 0 and (cleared is None or cleared < level or not within)) or row is None:
        roles = " or ".join(sorted(COMPANY_ROLES))
        expected = f"{roles}, or a person of the company who is cleared for the item's level today"
        raise MalformedInput("register_custodian", field="custodian", expected=expected)
    return who


def _level(house: House, bundle: Bundle, name: str) -> Level | None:
    if not name:
        return None
    try:
        return bundle.policies.by_nation(house.nation).level(name)
    except ReltoError:
        return None
