"""The attribute definitions that stock OpenTDF clients ask for, read from the label policy in force (OpenTDF, policy).

One value, one meaning: the names are those of `relto.labels.attributes`, and what has no place in a label is unknown.
Rules of combination are those that a decision applies: levels are a hierarchy of the own nation's policy, one of the
nations in the audience is enough, everything else is required whole. A caller finds her own programmes only.

Keys: the own nation as owner names this node's key, so a client seals for it and for nobody else. No value of
releasable-to ever names a key, or a client would make the readers' services alternatives of one share (design.md 2).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from relto.base.errors import Conflict, NotAvailable
from relto.labels.attributes import EVERYONE, NAMESPACE
from relto.procedures.actors import Actor
from relto.services import active_bundle
from relto.services.house import House
from relto.services.service_keys import ServiceKeyView, service_keys

BASE_ALGORITHMS = ("rsa:2048", "ec:secp256r1")
_VALUE = re.compile(rf"{re.escape(NAMESPACE)}/attr/([a-z-]{{1,32}})/value/([a-z0-9][a-z0-9-]{{0,63}})")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_CONTROLS = "controls"


class Rule(StrEnum):
    """How the values of one attribute combine: the caller holds every one, one of them, or one at least as high."""

    ALL_OF = "ALL_OF"
    ANY_OF = "ANY_OF"
    HIERARCHY = "HIERARCHY"


@dataclass(frozen=True, slots=True)
class Attribute:
    """One definition with the values the caller may use; of a hierarchy the highest first."""

    name: str
    rule: Rule
    values: tuple[str, ...]

    @property
    def fqn(self) -> str:
        """The name of the definition."""
        return f"{NAMESPACE}/attr/{self.name}"

    def value_fqn(self, value: str) -> str:
        """The name of one of its values."""
        return f"{self.fqn}/value/{value}"


@dataclass(frozen=True, slots=True)
class AttributeValue:
    """One value under its definition; `key` is the key that a new share is wrapped for because of it, or None."""

    attribute: Attribute
    value: str
    key: ServiceKeyView | None

    @property
    def fqn(self) -> str:
        """The name of the value, in lower case."""
        return self.attribute.value_fqn(self.value)


def attribute_values(house: House, actor: Actor, fqns: tuple[str, ...]) -> dict[str, AttributeValue]:
    """The values of these names, by name in lower case. Raises NotAvailable("attribute") when one is unknown."""
    definitions = {one.name: one for one in _definitions(house, actor)}
    found: dict[str, AttributeValue] = {}
    for fqn in dict.fromkeys(name.lower() for name in fqns):
        match = _VALUE.fullmatch(fqn)
        attribute = definitions.get(match[1]) if match is not None else None
        if match is not None and match[1] == _CONTROLS and _DIGEST.fullmatch(match[2]):
            attribute = Attribute(_CONTROLS, Rule.ALL_OF, (match[2],))
        if match is None or attribute is None or match[2] not in attribute.values:
            raise NotAvailable("attribute", field="fqns", expected="attribute values that labels here have")
        found[fqn] = AttributeValue(attribute, match[2], _key_of(house, attribute.name, match[2]))
    return found


def base_key() -> ServiceKeyView | None:
    """The key that new files are sealed for when nothing says otherwise; None when no key is of a kind all know."""
    views = service_keys(purpose="wrapping")
    return next((view for algorithm in BASE_ALGORITHMS for view in views if view.algorithm == algorithm), None)


def _key_of(house: House, attribute: str, value: str) -> ServiceKeyView | None:
    return base_key() if attribute == "owner" and value == house.nation.lower() else None


def _definitions(house: House, actor: Actor) -> tuple[Attribute, ...]:
    own = active_bundle.own_policy(house)
    try:
        parties = sorted(nation.lower() for nation in active_bundle.active(house).parties)
    except Conflict:  # before there is an agreement, national work goes on
        parties = [house.nation.lower()]
    levels = tuple(_slug(f"{own.name} {level.name}") for level in reversed(own.levels))
    return (
        Attribute("classification", Rule.HIERARCHY, levels),
        Attribute("owner", Rule.ALL_OF, tuple(parties)),
        Attribute("releasable-to", Rule.ANY_OF, (*parties, EVERYONE)),
        Attribute("caveat", Rule.ALL_OF, tuple(_slug(caveat.name) for caveat in own.caveats)),
        Attribute("programme", Rule.ALL_OF, tuple(sorted(code.lower() for code in actor.programmes))),
    )


def _slug(words: str) -> str:
    return words.lower().replace(" ", "-")
