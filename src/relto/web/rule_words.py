"""Words for the rule book: topics, conditions, limits, how two sides relate, and how well a provision is known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from relto.base.nations import Nation
from relto.rules.book import BOTH_SIDES, NO_SIDE, BookRule
from relto.rules.facts import LevelCode
from relto.rules.limits import LevelWrapping, Limit
from relto.rules.provisions import BILATERAL, Provision
from relto.web.words import said

TOPICS: Final[Mapping[str, Any]] = {
    "access": _("Access"),
    "agreement": _("Agreement"),
    "classification": _("Classification"),
    "contract": _("Contracts"),
    "cui": _("Controlled unclassified information"),
    "destruction": _("Destruction"),
    "disclosure": _("Disclosure"),
    "electronic_transfer": _("Electronic transfer"),
    "equivalence": _("Equivalent levels"),
    "export": _("Export"),
    "facility_clearance": _("Facility clearance"),
    "foci": _("Foreign ownership, control or influence"),
    "freight": _("Freight"),
    "hand_carriage": _("Hand carriage"),
    "incident": _("Incidents"),
    "inspection": _("Inspection"),
    "marking": _("Markings"),
    "notification_of_law_change": _("Notice of a change in law"),
    "overlay": _("National overlay"),
    "personnel_clearance": _("Personnel clearance"),
    "programme": _("Programmes"),
    "receipt": _("Receipts"),
    "register": _("Registers"),
    "reproduction": _("Copies"),
    "retention": _("Retention"),
    "security_organisation": _("Security organisation"),
    "storage": _("Storage"),
    "subcontract": _("Subcontracts"),
    "third_party": _("Third parties"),
    "training": _("Training"),
    "transfer": _("Transfer"),
    "translation": _("Translation"),
    "visit": _("Visits"),
}
"""The topics of the rulebook; a bundle may bring another, which is then shown by its code."""

ACTIONS: Final[Mapping[str, Any]] = {
    "release": _("Release"),
    "accept": _("Acceptance"),
    "open": _("Opening"),
    "supply_share": _("The partner's opening"),
    "retransfer": _("Passing on"),
}

CONDITIONS: Final[Mapping[str, Any]] = {
    "crosses_border": _("it crosses the border"),
    "export_controlled": _("its content is under export control"),
    "has_equivalent": _("the agreement names an equivalent level"),
    "is_stored": _("it is kept at the facility"),
    "in_programme": _("it belongs to a programme"),
    "not_owner": _("the person's nation does not own it"),
    "owner_is_third": _("it belongs to a nation that neither gives nor receives it"),
    "has_caveats": _("it carries caveats"),
}

LIMITS: Final[Mapping[str, Any]] = {
    "assurance_status_max_age": _("How old the last confirmation of an assurance may be when a decision rests on it"),
    "opening_request_expiry": _("How long a partner's opening request may be answered"),
    "link_clock_skew": _("How far the clocks of two nodes may differ"),
    "witness_late_limit": _("After how long the own witness is late, which stops releases across the border"),
    "approved_channels": _("Which channels both governments approved"),
    "unregistered_container_max_level": _("Up to which level an unregistered container opens, and only at home"),
    "minimum_wrapping_registered": _("The weakest wrapping with which a container is registered at home, by level"),
    "minimum_wrapping_released": _("The weakest wrapping of each share that crosses the border, by level"),
}

UNITS: Final[Mapping[str, Any]] = {
    "second": _("seconds"),
    "minute": _("minutes"),
    "hour": _("hours"),
    "day": _("days"),
}

_BASES: Final[Mapping[str, Any]] = {
    "sibling": _("text of a sibling agreement"),
    "practice": _("practice elsewhere"),
}
_RELATIONS: Final[Mapping[str, Any]] = {
    BOTH_SIDES: _("Rules on both sides"),
    NO_SIDE: _("No rule on either side"),
}


def relation_words(relation: str) -> str:
    """How the two sides of a topic relate, as far as a machine can say."""
    return str(_RELATIONS[relation]) if relation in _RELATIONS else gettext("Only %(nation)s") % {"nation": relation}


def provision_kind(one: Provision, *, confirmed: bool) -> str:
    """read, unconfirmed or gap, of a provision that counts as `confirmed` or does not."""
    return "gap" if one.is_gap else "read" if confirmed else "unconfirmed"


def provision_tag(one: Provision, *, confirmed: bool) -> tuple[str, str]:
    """(read, unconfirmed or gap; the words of the tag) for a provision that counts as `confirmed` or does not."""
    if one.is_gap:
        return "gap", gettext("No rule loaded")
    if confirmed:
        return "read", gettext("Text read") if one.confirmed else gettext("Confirmed by signature")
    return "unconfirmed", gettext("Unconfirmed: %(why)s") % {"why": _why(one)}


def evidence_tag(evidence: str, *, confirmed: bool) -> tuple[str, str]:
    """The same for a limit, a row of the table, or a rule for one nation."""
    if evidence == "none":
        return "gap", gettext("No rule loaded")
    if confirmed:
        return "read", gettext("Text read")
    return "unconfirmed", gettext("Unconfirmed: %(why)s") % {"why": said("evidence", evidence)}


def rule_tag(rule: BookRule, nation: Nation) -> tuple[str, str]:
    """The same for a rule and one nation; where its own text is known, what is missing is said to be the joint one."""
    evidence, unconfirmed = rule.evidence[nation], rule.unconfirmed[nation]
    own = any(one.nation == nation and not one.is_gap for one in rule.provisions)
    if evidence == "none" and own and not any(one.nation == nation and one.is_gap for one in rule.provisions):
        return "gap", gettext("No joint rule loaded")
    if evidence == "read" and unconfirmed:
        return "unconfirmed", gettext("Unconfirmed: %(why)s") % {"why": gettext("a joint provision under it")}
    return evidence_tag(evidence, confirmed=not unconfirmed)


def limit_values(limit: Limit, nations: Mapping[str, str]) -> list[str]:
    """A limit's value with its unit: one line, or one for each level. `nations`: whose a level's policy is."""
    if isinstance(limit.value, int):
        return [f"{limit.value} {UNITS.get(limit.unit, limit.unit)}"]
    lines: dict[str, list[str]] = {}
    for one in limit.value:
        if isinstance(one, LevelWrapping):
            lines.setdefault(one.wrapping, []).append(_level(one.level, nations))
        elif isinstance(one, LevelCode):
            lines.setdefault(_level(one, nations), [])
        else:
            lines.setdefault(one, [])
    return [f"{value}: {', '.join(levels)}" if levels else value for value, levels in lines.items()]


def _level(code: LevelCode, nations: Mapping[str, str]) -> str:
    return f"{nations.get(code.policy, code.policy)} {code.name}"


def _why(one: Provision) -> str:
    if one.evidence != "read":
        return said("evidence", one.evidence)
    if one.nation == BILATERAL and one.basis not in _BASES:
        return gettext("no authority confirmed it")
    return str(_BASES.get(one.basis) or gettext("no authority confirmed it"))
