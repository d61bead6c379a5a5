"""A label as an answer shows it: its own members where it has them, its marking, and how both nations write it."""

from __future__ import annotations

from relto.base.canonical import Json
from relto.base.errors import ReltoError
from relto.base.instants import instant_text
from relto.base.nations import Nation
from relto.labels.answering.given import Surroundings
from relto.labels.batch import INDIA
from relto.labels.label import Label, label_as_dict
from relto.labels.mapping import EquivalenceRow, Mapped, map_label
from relto.labels.marking_of_label import marking_of_label
from relto.labels.markings import banner, portion
from relto.labels.us.label_object import marking_as_dict

_HINDI = "hi"


def shown(label: Label, surroundings: Surroundings, *, is_whole: bool) -> dict[str, Json]:
    """`policy`, `label` (null unless whole), `marking` (null where no marking says it all), `rendered` by nation."""
    return {
        "policy": surroundings.policies.of(label.policy).name,
        "label": label_as_dict(label) if is_whole else None,
        "marking": _marking(label, surroundings),
        "rendered": renderings(label, surroundings),
    }


def renderings(label: Label, surroundings: Surroundings) -> dict[str, Json]:
    """By nation: banner and portion, and `confirmed`, whether an authority stands behind the words and their meaning.

    The Indian form of another nation's label is that of its equivalent in the Indian policy; null where there is none.
    """
    policies = surroundings.policies
    home = policies.of(label.policy)
    written: dict[str, Json] = {"USA": _rendered(label, surroundings, "en", confirmed=_confirmed(label, surroundings))}
    indian: Label | None = label
    confirmed = _confirmed(label, surroundings)
    if home.nation != INDIA:
        found = map_label(label, surroundings.table, policies.by_nation(Nation(INDIA)), surroundings.at)
        indian = found.label if isinstance(found, Mapped) else None
        confirmed = isinstance(found, Mapped) and found.row.confirmed and _confirmed(found.label, surroundings)
    written[INDIA] = None if indian is None else _rendered(indian, surroundings, _HINDI, confirmed=confirmed)
    return written


def row_shown(row: EquivalenceRow, surroundings: Surroundings) -> dict[str, Json]:
    """A row of the table: what it says, where it stands, how well it is known, and from when to when it holds."""
    return {
        "from_policy": surroundings.policies.by_oid(row.from_level.policy_oid).name,
        "from_level": row.from_level.name,
        "to_policy": surroundings.policies.by_oid(row.to_policy_oid).name,
        "to_level": None if row.to_level is None else row.to_level.name,
        "handling": row.handling,
        "source": row.source,
        "citation": row.citation,
        "evidence": row.evidence,
        "confirmed": row.confirmed,
        "valid_from": instant_text(row.valid.start),
        "valid_to": None if row.valid.end is None else instant_text(row.valid.end),
        "table": surroundings.table_name,
    }


def _rendered(label: Label, surroundings: Surroundings, language: str, *, confirmed: bool) -> Json:
    try:
        return {
            "banner": banner(label, surroundings.policies, language),
            "portion": portion(label, surroundings.policies, language),
            "confirmed": confirmed,
        }
    except ReltoError:  # a control that no marking can say
        return None


def _confirmed(label: Label, surroundings: Surroundings) -> bool:
    return surroundings.policies.of(label.policy).entry(label.level.name).provenance.confirmed


def _marking(label: Label, surroundings: Surroundings) -> Json:
    try:
        return marking_as_dict(marking_of_label(label, surroundings.policies), "banner")
    except ReltoError:
        return None
