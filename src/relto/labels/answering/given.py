"""What a caller gives as a label: a marking, the object that parse answered, a label of relto, or STANAG 4774 XML.

Rules enforced here:
 1. One of four forms, told by a member of its own: `text` (with `kind` and `policy`), `classification` (an object of
    `relto.labels.batch`), `level` (a label of relto, with all its members), `xml` (strict). Nothing is guessed.
 2. A marking says neither who made it nor when. What is needed to compare markings is put in and never told: an answer
    about markings has no label with dates that nobody gave.
 3. What a marking means only a person can say is `Unanswered`, with the code of `label_of_marking`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final, cast

from relto.base.canonical import Json
from relto.base.errors import MalformedInput, UnknownValue
from relto.base.instants import Instant, read_instant
from relto.base.nations import Nation
from relto.labels.audience import Only
from relto.labels.batch import INDIA, MAX_TEXT_BYTES
from relto.labels.controls import ConcealedForeignInformation, Controls, ForeignInformation, OpenForeignInformation
from relto.labels.controls import NoForeignInformation as NoForeign
from relto.labels.indian import IndianMarking, indian_from_dict, parse_indian
from relto.labels.joining import Undecided
from relto.labels.label import Label, check_label, label_from_dict
from relto.labels.mapping import EquivalenceTable
from relto.labels.marking_of_label import Making, label_of_marking
from relto.labels.originator_uri import check_uri
from relto.labels.policy import PolicySet
from relto.labels.stanag4774 import read_label
from relto.labels.us.checks import validate
from relto.labels.us.faults import MarkingFaults
from relto.labels.us.label_object import marking_from_dict
from relto.labels.us.profiles import DOD, profile_named
from relto.labels.us.reading import parse_banner, parse_portion
from relto.labels.us.tokens import Place
from relto.labels.us.values import Marking, as_marking

MAX_XML_CHARACTERS: Final = 64 * 1024
_FORMS: Final = ("text", "classification", "level", "xml")
_MAKING: Final = ("originator_id", "created", "review_by")
_TEXT_MEMBERS = frozenset({"text", "kind", "policy", "profile", *_MAKING})
_XML_MEMBERS = frozenset({"xml"})
_PLACES: Final[Mapping[str, Place]] = {"banner": "banner", "portion": "portion"}
_NOBODY: Final = "urn:relto:marking"


@dataclass(frozen=True)
class Surroundings:
    """Under which policies and which table of equivalents, and when. `table_name` says whose table it is."""

    policies: PolicySet
    table: EquivalenceTable
    table_name: str
    at: Instant


@dataclass(frozen=True, slots=True)
class Given:
    """A label that was given; `is_whole`: it says who made it and when, so it may be told with all its members."""

    label: Label
    is_whole: bool


class Unanswered(Exception):
    """The rules give no answer and a person has to. `question`: meaning, join or map; `reason`: the code."""

    def __init__(self, question: str, reason: str) -> None:
        self.question = question
        self.reason = reason
        super().__init__(f"{question}.{reason}")


def read_given(value: object, surroundings: Surroundings, *, field: str = "label") -> Given:
    """The label that is meant. Raises MarkingFaults, Unanswered, MalformedInput, TooLarge or UnknownValue."""
    members = value if isinstance(value, Mapping) else {}
    form = [name for name in _FORMS if name in members]
    if len(form) != 1:
        raise MalformedInput("label_given", field=field, expected="an object with one of " + ", ".join(_FORMS))
    if form[0] == "level":
        return Given(label_from_dict(value, surroundings.policies, field=field, controls_known=True), is_whole=True)
    if form[0] == "xml":
        text = _only(members, _XML_MEMBERS, field)["xml"]
        if not isinstance(text, str) or len(text) > MAX_XML_CHARACTERS:
            raise MalformedInput("label_given", field=f"{field}.xml", expected="at most 64 KiB of XML")
        data = text.encode("utf-8", "replace")
        return Given(read_label(data, surroundings.policies, controls_known=True), is_whole=True)
    making = making_of(members, surroundings, field=field)
    whole = making is not None
    return Given(_marked(members, surroundings, making or _made_by_nobody(surroundings), field), is_whole=whole)


def making_of(members: Mapping[str, object], surroundings: Surroundings, *, field: str) -> Making | None:
    """Who made it, when, and when it is to be looked at again, as far as it is given; None when it is not.

    Without `created` it is made now. Raises MalformedInput when only one of the other two is given, and when who made
    it is no absolute URI: the label would say that it is one.
    """
    if "originator_id" not in members and "review_by" not in members:
        return None
    originator, review = members.get("originator_id"), members.get("review_by")
    if not isinstance(originator, str) or review is None:
        raise MalformedInput("label_given", field=f"{field}.review_by", expected="originator_id and review_by, both")
    check_uri(originator, f"{field}.originator_id")
    created = members.get("created")
    when = surroundings.at if created is None else read_instant(created, field=f"{field}.created")
    return Making(originator, when, read_instant(review, field=f"{field}.review_by"))


def with_making(label: Label, making: Making) -> Label:
    """The label as made by somebody at some time."""
    return replace(label, originator_id=making.originator_id, created=making.created, review_by=making.review_by)


def _made_by_nobody(surroundings: Surroundings) -> Making:
    return Making(_NOBODY, surroundings.at, surroundings.at + timedelta(days=1))


def _marked(members: Mapping[str, object], surroundings: Surroundings, making: Making, field: str) -> Label:
    policy = members.get("policy", "USA")
    place = _PLACES.get(str(members.get("kind", "banner")))
    if place is None:
        raise UnknownValue("label_given.kind", field=f"{field}.kind", expected="banner or portion")
    if policy == INDIA:
        return _indian(members, surroundings, making, place, field)
    if policy != "USA":
        raise UnknownValue("label_given.policy", field=f"{field}.policy", expected="USA or IND")
    found = label_of_marking(_american(members, place, field), surroundings.policies, making)
    if isinstance(found, Undecided):
        raise Unanswered("meaning", found.reason)
    return found


def _american(members: Mapping[str, object], place: Place, field: str) -> Marking:
    if "text" in members:
        text = _text(members, field)
        profile = profile_named(members.get("profile", DOD.name))
        return (parse_banner if place == "banner" else parse_portion)(text, profile)
    parts = marking_from_dict(_without_making(members))
    faults = validate(parts, place, DOD)
    if faults:
        raise MarkingFaults(faults)
    return as_marking(parts)


def _indian(
    members: Mapping[str, object], surroundings: Surroundings, making: Making, place: Place, field: str
) -> Label:
    policy = surroundings.policies.by_nation(Nation(INDIA))
    if "text" in members:
        marking = parse_indian(_text(members, field), place, policy)
    else:
        marking, _ = indian_from_dict(_without_making(members), policy)
    owners = tuple(map(Nation, marking.owners))
    label = Label(
        policy=policy.identity,
        owner=owners,
        level=marking.entry.level,
        release=Only(frozenset(map(Nation, marking.rel_to or marking.owners))),
        caveats=frozenset(),
        created=making.created,
        originator_id=making.originator_id,
        review_by=making.review_by,
        release_stated=bool(marking.rel_to),
        controls=Controls(fgi=_foreign(marking)),
    )
    return check_label(label, surroundings.policies)


def _foreign(marking: IndianMarking) -> ForeignInformation:
    if marking.fgi is None:
        return NoForeign()
    return OpenForeignInformation(frozenset(map(Nation, marking.fgi))) if marking.fgi else ConcealedForeignInformation()


def _text(members: Mapping[str, object], field: str) -> str:
    text = _only(members, _TEXT_MEMBERS, field)["text"]
    if not isinstance(text, str) or len(text) > MAX_TEXT_BYTES:
        raise MalformedInput("label_given", field=f"{field}.text", expected="a line of text of at most 8 KiB")
    return text


def _without_making(members: Mapping[str, object]) -> dict[str, Json]:
    return cast("dict[str, Json]", {name: value for name, value in members.items() if name not in _MAKING})


def _only(members: Mapping[str, object], known: frozenset[str], field: str) -> Mapping[str, object]:
    if not set(members) <= known:
        raise MalformedInput("label_given", field=field, expected="no member but " + ", ".join(sorted(known)))
    return members
