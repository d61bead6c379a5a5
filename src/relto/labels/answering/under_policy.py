"""A policy file (SPIF) described, and a label of any policy looked at under its file: validity, marking, access.

Rules enforced here:
 1. The policy file and the label are read strictly, each within its own bounds (`spif_reading`, `label_xml`).
 2. Validity is asked first; a label that is not valid is refused to everybody (trap T16).
 3. A label that only the lenient reader understands is looked at and never decided on.
 4. What the policy does not know has no marking: none is made of words that nobody can look up.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from relto.base.canonical import Json
from relto.base.errors import MalformedInput, UnknownValue
from relto.base.instants import Instant, instant_text
from relto.labels.nato.access import decide
from relto.labels.nato.clearances import PolicyClearance
from relto.labels.nato.label_xml import read_policy_label
from relto.labels.nato.lenient_labels import read_label_leniently
from relto.labels.nato.nato_policy import is_nato, text_faults
from relto.labels.nato.policy_label import ConfidentialityInformation, PolicyLabel
from relto.labels.nato.policy_marking import marking
from relto.labels.nato.selection import Fault
from relto.labels.nato.spif import CategoryTagSet, Spif
from relto.labels.nato.validity import faults_of

_PLACES: Final = (("banner", "pageTop"), ("portion", "portionMarking"))
_LANGUAGE = re.compile(r"\A[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8}){0,4}\Z")


@dataclass(frozen=True, slots=True)
class Looked:
    """What a policy says of a label. `faults`: validity; `text_faults`: the standard's prose about NATO labels.

    `access` is None when no clearance was given, else the codes of all that stands against access: empty is a permit.
    """

    information: ConfidentialityInformation
    faults: tuple[Fault, ...]
    text_faults: tuple[Fault, ...]
    departures: tuple[str, ...]
    rendered: dict[str, str | None]
    access: tuple[str, ...] | None


def check_language(text: str | None) -> str | None:
    """The language of a marking, such as fr or fr-CA; None: the policy's own. Raises MalformedInput."""
    if text is not None and not _LANGUAGE.match(text):
        raise MalformedInput("label_given", field="marking_language", expected="a language tag such as fr or fr-CA")
    return text


def look_under_policy(
    label: bytes,
    spif: Spif,
    at: Instant,
    *,
    clearance: PolicyClearance | None = None,
    language: str | None = None,
    lenient: bool = False,
) -> Looked:
    """What the policy says of the label at an instant. Raises what the readers of labels raise."""
    read: PolicyLabel | None = None
    departures: tuple[str, ...] = ()
    if lenient:
        loose = read_label_leniently(label)
        information, departures = loose.information, loose.departures
    else:
        read = read_policy_label(label)
        information = read.information
    access = None
    if clearance is not None:
        access = ("label.not_strict",) if read is None else decide(read, clearance, spif, at).reasons
    return Looked(
        information=information,
        faults=faults_of(information, spif, at),
        text_faults=text_faults(information) if is_nato(information) else (),
        departures=departures,
        rendered={name: _rendered(information, spif, language, place) for name, place in _PLACES},
        access=access,
    )


def _rendered(information: ConfidentialityInformation, spif: Spif, language: str | None, place: str) -> str | None:
    try:
        return marking(information, spif, language, place)
    except UnknownValue:
        return None


def policy_shown(spif: Spif, at: Instant) -> dict[str, Json]:
    """The policy: its names, levels from the lowest up, categories, privacy marks, and when it holds."""
    issue = spif.issue
    begun = issue.not_before is None or at >= issue.not_before
    ended = issue.not_after is not None and at > issue.not_after
    return {
        "policy": spif.policy.name,
        "policy_oid": spif.policy.oid,
        "schema_version": issue.schema_version,
        "version": issue.version,
        "created": issue.creation_date,
        "issued_by": issue.originator_dn,
        "not_before": None if issue.not_before is None else instant_text(issue.not_before),
        "not_after": None if issue.not_after is None else instant_text(issue.not_after),
        "in_force": begun and not ended,
        "levels": [
            {"name": level.name, "hierarchy": level.hierarchy, "obsolete": level.is_obsolete}
            for level in sorted(spif.classifications, key=lambda level: level.hierarchy)
        ],
        "categories": [shown for tag_set in spif.tag_sets for shown in _categories(tag_set)],
        "privacy_marks": [] if spif.privacy_marks is None else [mark.name for mark in spif.privacy_marks.marks],
        "equivalent_policies": [other.name for other in spif.equivalent_policies],
    }


def _categories(tag_set: CategoryTagSet) -> list[Json]:
    """A tag set's categories by kind; `type` None: no STANAG 4774 label can carry them."""
    return [
        {
            "tag_name": tag_set.name,
            "oid": tag_set.oid,
            "type": tag.tag_type.kind,
            "values": [value.name for value in tag.values],
            "obsolete": [value.name for value in tag.values if value.is_obsolete],
        }
        for tag in tag_set.tags
    ]
