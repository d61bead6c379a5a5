"""What a procedure's form can offer somebody to choose from: never more than she may see, never chosen for her."""

from __future__ import annotations

from typing import Final

from relto.base.errors import ReltoError
from relto.procedures.actors import Actor
from relto.rules.bundle import Bundle
from relto.services import organisation, programmes
from relto.services.house import House
from relto.web.dossier_fields import Offers
from relto.web.frame import country

_MOST: Final = 300
Codes = tuple[tuple[str, str], ...]


def offers_to(house: House, actor: Actor, bundle: Bundle | None) -> Offers:
    """Nations and levels of the agreement in force, and the codes of what this actor may see at home.

    Of the partner's only the facilities that her programmes' lists name: their codes stand in the agreement itself.
    """
    codes = {
        "facility": _facilities(house, actor, bundle),
        "company": tuple((one.code, one.title) for one in organisation.companies(house, actor)[:_MOST]),
        "person": tuple((one.pseudonym, one.name) for one in organisation.people_of(house, actor)[:_MOST]),
        "programme": tuple((one.code, "") for one in programmes.programmes(house, actor)[:_MOST]),
    }
    if bundle is None:
        return Offers(house.nation, codes=codes)
    nations = tuple(sorted(bundle.parties, key=lambda nation: (nation != house.nation, nation)))
    levels: list[tuple[str, str]] = []
    for nation in nations:
        try:
            policy = bundle.policies.by_nation(nation)
        except ReltoError:
            continue
        levels += [(f"{nation}:{level.name}", f"{country(nation)}: {level.name}") for level in reversed(policy.levels)]
    return Offers(house.nation, nations, tuple(levels), codes)


def _facilities(house: House, actor: Actor, bundle: Bundle | None) -> Codes:
    own = [(one.code, one.level) for one in organisation.facilities(house, actor)[:_MOST]]
    known = {code for code, _words in own}
    visible = {one.code for one in programmes.programmes(house, actor)}
    listed = sorted(
        (code, str(nation))
        for one in (bundle.programmes.values() if bundle is not None else ())
        if one.code in visible
        for code, nation in one.facilities.items()
        if nation != house.nation and code not in known
    )
    return (*own, *((code, str(country(nation))) for code, nation in dict(listed).items()))
