"""The content of a STANAG 4774 label (ADatP-4774 Ed A V1, schema nl-cl 1.3) of any policy: immutable values.

Rules enforced here, beyond the schema, which accepts each violation:
 1. Names and values are there, bounded, of printable characters; PolicyIdentifier and Classification are tokens.
 2. A category has values, none twice; no tag set stands twice under one kind.
 3. ReviewDateTime is present when there is no succession. A successor has neither an Id nor a ReviewDateTime.
 4. Order means nothing: categories and values are kept sorted, so equal labels have equal bytes.

A value of this module says what a label says; whether its policy allows that is `relto.labels.nato.validity`, and who
may read is `relto.labels.nato.access`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC
from typing import Final, Literal

from relto.base.errors import MalformedInput, TooLarge, UnknownValue
from relto.base.instants import Instant
from relto.labels.label import ORIGINATOR_ID_TYPES
from relto.labels.nato.bounded_xml import is_xml_id, token
from relto.labels.nato.spif import CategoryKind

NAMESPACE: Final = "urn:nato:stanag:4774:confidentialitymetadatalabel:1:0"
KINDS: Final[tuple[CategoryKind, ...]] = ("RESTRICTIVE", "PERMISSIVE", "INFORMATIVE")
LabelRole = Literal["originator", "alternative", "metadata"]
MAX_CATEGORIES = 64
MAX_VALUES = 512
MAX_SUCCESSIONS = 4
_MAX_TEXT = 512
_OID = re.compile(r"\A[0-2](\.[0-9]{1,64}){1,64}\Z")
# Controls, surrogates, unassigned characters, line and paragraph separators: nothing that a person could not see.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


@dataclass(frozen=True, slots=True)
class Category:
    """Values of one tag set and kind. `oid` None: the label gives the tag set's name only."""

    kind: CategoryKind
    tag_name: str
    values: tuple[str, ...]
    oid: str | None = None

    def __post_init__(self) -> None:
        """Raises MalformedInput, TooLarge or UnknownValue naming the element."""
        if self.kind not in KINDS:
            raise UnknownValue("stanag4774.kind", field="Category.Type", expected=", ".join(KINDS))
        check_text(self.tag_name, "Category.TagName")
        check_oid(self.oid, "Category.URI")
        if len(self.values) > MAX_VALUES:
            raise TooLarge("stanag4774", field="Category", expected=f"at most {MAX_VALUES} values")
        for value in self.values:
            check_text(value, "GenericValue")
        if not self.values or len(set(self.values)) != len(self.values):
            raise MalformedInput("stanag4774.category", field="Category", expected="values, none of them twice")
        object.__setattr__(self, "values", tuple(sorted(self.values)))


@dataclass(frozen=True, slots=True)
class ConfidentialityInformation:
    """Policy, level, privacy mark and categories: what decides and what is shown."""

    policy_name: str
    classification: str
    categories: tuple[Category, ...] = ()
    policy_oid: str | None = None
    privacy_mark: str | None = None

    def __post_init__(self) -> None:
        """Raises MalformedInput or TooLarge naming the element."""
        for text, field in ((self.policy_name, "PolicyIdentifier"), (self.classification, "Classification")):
            check_text(text, field)
            if token(text) != text:
                raise MalformedInput("stanag4774.token", field=field, expected="no outer and no double space")
        check_oid(self.policy_oid, "PolicyIdentifier.URI")
        if self.privacy_mark is not None:
            check_text(self.privacy_mark, "PrivacyMark")
        if len(self.categories) > MAX_CATEGORIES:
            raise TooLarge("stanag4774", field="Category", expected=f"at most {MAX_CATEGORIES} categories")
        for index, category in enumerate(self.categories):
            if any(_is_same_set(category, other) for other in self.categories[:index]):
                raise MalformedInput("stanag4774.duplicate", field="Category", expected="each category once")
        ordered = sorted(self.categories, key=lambda each: (each.oid or "", each.tag_name, each.kind))
        object.__setattr__(self, "categories", tuple(ordered))


@dataclass(frozen=True, slots=True)
class Originator:
    """Who made the label, which need not be who made the object."""

    identifier: str
    id_type: str = "uniformResourceIdentifier"

    def __post_init__(self) -> None:
        """Raises MalformedInput or UnknownValue."""
        if self.id_type not in ORIGINATOR_ID_TYPES:
            known = ", ".join(ORIGINATOR_ID_TYPES)
            raise UnknownValue("stanag4774.originator", field="OriginatorID.IDType", expected=known)
        check_text(self.identifier, "OriginatorID")


@dataclass(frozen=True, slots=True)
class SuccessorLabel:
    """The label that the originator proposes for later. It has no Id and no review date."""

    information: ConfidentialityInformation
    created: Instant
    originator: Originator | None = None
    succession: Succession | None = None
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Raises MalformedInput for an instant without a zone."""
        object.__setattr__(self, "created", _whole_second(self.created, "CreationDateTime"))


@dataclass(frozen=True, slots=True)
class Succession:
    """When the successor is meant to apply. Nothing is lowered by the clock alone (trap T11)."""

    at: Instant
    successor: SuccessorLabel
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Raises MalformedInput for an instant without a zone."""
        object.__setattr__(self, "at", _whole_second(self.at, "SuccessionDateTime"))


@dataclass(frozen=True, slots=True)
class PolicyLabel:
    """A label as the standard demands it. `extensions`: elements of others, kept as canonical XML and never read."""

    information: ConfidentialityInformation
    created: Instant
    role: LabelRole = "originator"
    review_by: Instant | None = None
    originator: Originator | None = None
    succession: Succession | None = None
    identifier: str | None = None
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Raises MalformedInput, TooLarge or UnknownValue naming the element."""
        if self.role not in {"originator", "alternative", "metadata"}:
            raise UnknownValue("stanag4774.root", field="label", expected="originator, alternative or metadata")
        object.__setattr__(self, "created", _whole_second(self.created, "CreationDateTime"))
        if self.review_by is not None:
            object.__setattr__(self, "review_by", _whole_second(self.review_by, "ReviewDateTime"))
        elif self.succession is None:
            raise MalformedInput("stanag4774.review", field="ReviewDateTime", expected="a review date or a succession")
        if self.identifier is not None and not is_xml_id(self.identifier):
            raise MalformedInput("stanag4774.id", field="Id", expected="an xs:ID, with no number sign")
        if len(list(successions(self))) > MAX_SUCCESSIONS:
            raise TooLarge("stanag4774", field="SuccessionHandling", expected=f"at most {MAX_SUCCESSIONS} successors")

    @property
    def successor_due_at(self) -> Instant | None:
        """From when the successor is meant to apply: the review date, or without one the date of succession."""
        if self.succession is None:
            return None
        return self.review_by or self.succession.at

    def as_alternative(self) -> PolicyLabel:
        """The same content in the role of an equivalent in another policy."""
        return replace(self, role="alternative")


def successions(label: PolicyLabel | SuccessorLabel) -> Iterator[Succession]:
    """The label's succession, its successor's, and so on."""
    succession = label.succession
    while succession is not None:
        yield succession
        succession = succession.successor.succession


def check_text(text: str, field: str) -> None:
    """Raise MalformedInput unless the text is 1 to 512 characters that a person can see."""
    if not 0 < len(text) <= _MAX_TEXT or any(unicodedata.category(one) in _UNSEEN for one in text):
        raise MalformedInput("stanag4774.text", field=field, expected=f"1 to {_MAX_TEXT} printable characters")
    if not text.strip():
        raise MalformedInput("stanag4774.text", field=field, expected="more than spaces")


def check_oid(oid: str | None, field: str) -> None:
    """Raise MalformedInput unless it is None or an object identifier."""
    if oid is not None and not _OID.match(oid):
        raise MalformedInput("stanag4774.uri", field=field, expected="urn:oid: and an object identifier")


def _is_same_set(one: Category, other: Category) -> bool:
    if one.kind != other.kind:
        return False
    if one.oid is not None and other.oid is not None:
        return one.oid == other.oid
    return one.tag_name == other.tag_name


def _whole_second(moment: Instant, field: str) -> Instant:
    if moment.tzinfo is None:
        raise MalformedInput("instant.zone", field=field, expected="an aware instant")
    return moment.astimezone(UTC).replace(microsecond=0)
