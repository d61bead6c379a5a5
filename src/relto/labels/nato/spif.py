"""A classification policy as its Security Policy Information File says it: the values of SPIF 2.1, immutable.

Names follow the schema of http://www.xmlspif.org/spif, version 2.1 (reproduced in ADatP-4774.1 Annex A). What a label
names is found as ADatP-4774.1 section 3.10.2 says: a level by its name, a category by the name or the object identifier
of its tag SET, a value by its name among the values of that set and kind. `lacv` is the encoded value; references
inside the file use it together with the tag type, because one lacv may stand under two types of one set (trap T15).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from relto.base.instants import Instant

NAMESPACE: Final = "http://www.xmlspif.org/spif"
CategoryKind = Literal["RESTRICTIVE", "PERMISSIVE", "INFORMATIVE"]
Operation = Literal["onlyOne", "oneOrMore", "all"]
Applied = Literal["encrypt", "decrypt", "both"]
QualifierCode = Literal["prefix", "suffix", "separator"]
TagTypeName = Literal["restrictive", "permissive", "enumerated", "tagType7", "notApplicable"]
EnumType = Literal["restrictive", "permissive"] | None
Tag7Encoding = Literal["bitSetAttributes", "securityAttributes"] | None
UserInput = Literal["string", "integer", "date"] | None

_INTEGER = re.compile(r"\A[+-]?[0-9]{1,64}\Z")
_CASE_FREE_POLICIES = frozenset({"nato", "public"})


def lacv_key(lacv: str) -> str:
    """What makes two lacv equal: the number when it is one (004 is 4), else the text."""
    text = lacv.strip(" \t\r\n")
    return str(int(text)) if _INTEGER.match(text) else lacv


@dataclass(frozen=True, slots=True)
class MarkingData:
    """A phrase (None: the name itself), what its codes say about it, and its language (None: any)."""

    phrase: str | None
    codes: tuple[str, ...]
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Qualifier:
    """A prefix, suffix or separator, and its language (None: any)."""

    code: QualifierCode
    text: str
    language: str | None = None


@dataclass(frozen=True, slots=True)
class MarkingQualifier:
    """Qualifiers for the place that `marking_code` names (None: any place)."""

    marking_code: str | None
    qualifiers: tuple[Qualifier, ...]


@dataclass(frozen=True, slots=True)
class Marking:
    """How one thing of the policy is shown."""

    data: tuple[MarkingData, ...] = ()
    qualifiers: tuple[MarkingQualifier, ...] = ()


@dataclass(frozen=True, slots=True)
class TagType:
    """The type of a category tag: `enum_type` for enumerated ones, `tag7_encoding` for informative ones."""

    name: TagTypeName
    enum_type: EnumType = None
    tag7_encoding: Tag7Encoding = None

    @property
    def kind(self) -> CategoryKind | None:
        """The kind a STANAG 4774 label writes; None for a type that no such label can carry."""
        name = self.enum_type if self.name == "enumerated" else self.name
        kinds: dict[str | None, CategoryKind] = {
            "restrictive": "RESTRICTIVE",
            "permissive": "PERMISSIVE",
            "tagType7": "INFORMATIVE",
        }
        return kinds.get(name)

    def is_same_type(self, other: TagType) -> bool:
        """True when a reference with this type can mean a tag of the other one; the encoding takes no part."""
        same_enum = self.enum_type is None or other.enum_type is None or self.enum_type == other.enum_type
        return self.name == other.name and same_enum


@dataclass(frozen=True, slots=True)
class CategoryReference:
    """One value of a tag set and type, or all of them (`lacv` None)."""

    tag_set: str
    tag_type: TagType
    lacv: str | None


@dataclass(frozen=True, slots=True)
class RequiredCategory:
    """Categories that must stand beside: exactly one, at least one, or each of the references."""

    operation: Operation
    references: tuple[CategoryReference, ...]


@dataclass(frozen=True, slots=True)
class EquivalentClassification:
    """A level of another policy that this one may be taken for, in the direction that `applied` says (trap T9)."""

    policy_name: str
    lacv: int
    applied: Applied
    required: tuple[RequiredCategory, ...] = ()


@dataclass(frozen=True, slots=True)
class EquivalentValue:
    """A value of another policy; `discard`: the file asks that the value may be lost in translation (trap T8)."""

    policy_name: str
    tag_set_oid: str
    tag_type: TagType
    lacv: str
    applied: Applied
    discard: bool = False


@dataclass(frozen=True, slots=True)
class EquivalentTagSet:
    """A tag set of another policy."""

    policy_name: str
    name: str | None = None
    oid: str | None = None
    required: tuple[RequiredCategory, ...] = ()


@dataclass(frozen=True, slots=True)
class Classification:
    """A level. A higher `hierarchy` needs more protection."""

    name: str
    lacv: int
    hierarchy: int
    color: str | None = None
    is_obsolete: bool = False
    equivalents: tuple[EquivalentClassification, ...] = ()
    marking: Marking = Marking()
    required: tuple[RequiredCategory, ...] = ()


@dataclass(frozen=True, slots=True)
class CategoryValue:
    """A value of a category tag, with what it needs and what it excludes."""

    name: str
    lacv: str
    required_class: str | None = None
    is_obsolete: bool = False
    not_before: Instant | None = None
    not_after: Instant | None = None
    user_input: UserInput = None
    date_format: str | None = None
    equivalents: tuple[EquivalentValue, ...] = ()
    marking: Marking = Marking()
    excluded_classes: tuple[str, ...] = ()
    required: tuple[RequiredCategory, ...] = ()
    excluded: tuple[CategoryReference, ...] = ()


@dataclass(frozen=True, slots=True)
class CategoryTag:
    """Values of one type. `min_selection`, `max_selection`: how many may be chosen; None: no bound."""

    tag_type: TagType
    values: tuple[CategoryValue, ...]
    name: str | None = None
    is_single_selection: bool = False
    min_selection: int | None = None
    max_selection: int | None = None
    qualifiers: tuple[MarkingQualifier, ...] = ()


@dataclass(frozen=True, slots=True)
class CategoryTagSet:
    """A tag set: what a label names by TagName and by its URI."""

    name: str
    oid: str
    tags: tuple[CategoryTag, ...]
    equivalents: tuple[EquivalentTagSet, ...] = ()


@dataclass(frozen=True, slots=True)
class PrivacyMark:
    """A privacy mark that a label may carry; it never decides."""

    name: str
    is_obsolete: bool = False
    marking: Marking = Marking()


@dataclass(frozen=True, slots=True)
class PrivacyMarks:
    """The privacy marks of the policy."""

    marks: tuple[PrivacyMark, ...]
    min_selection: int | None = None
    max_selection: int | None = None
    marking: Marking = Marking()


@dataclass(frozen=True, slots=True)
class EquivalentPolicy:
    """Another policy that this file has equivalences for."""

    name: str
    oid: str
    user_reference: str | None = None
    document_reference: str | None = None
    required: tuple[RequiredCategory, ...] = ()


@dataclass(frozen=True, slots=True)
class NamedPolicy:
    """A policy by name and object identifier, and how its name is shown."""

    name: str
    oid: str
    marking: Marking = Marking()


@dataclass(frozen=True, slots=True)
class Issue:
    """Who made this file, when and how it is identified. `creation_date` is the file's own text, never enforced."""

    creation_date: str
    originator_dn: str
    key_identifier: str
    privilege_id: str
    rbac_id: str
    schema_version: str = "2.1"
    version: int = 1
    user_reference: str | None = None
    document_reference: str | None = None
    not_before: Instant | None = None
    not_after: Instant | None = None


@dataclass(frozen=True, slots=True)
class Spif:
    """One policy. `extensions`: elements of others, kept as canonical XML and never read."""

    issue: Issue
    policy: NamedPolicy
    classifications: tuple[Classification, ...]
    tag_sets: tuple[CategoryTagSet, ...] = ()
    default_policy: NamedPolicy | None = None
    classifications_name: str | None = None
    classifications_marking: Marking = Marking()
    privacy_marks: PrivacyMarks | None = None
    equivalent_policies: tuple[EquivalentPolicy, ...] = ()
    marking: Marking = Marking()
    extensions: tuple[str, ...] = ()

    @property
    def compares_without_case(self) -> bool:
        """True for the NATO and PUBLIC policies (ADatP-4774 section 5.2); other policies mean what they write."""
        return self.policy.name.casefold() in _CASE_FREE_POLICIES

    def is_same(self, one: str, other: str) -> bool:
        """True when the policy takes two values of a label for the same."""
        return one == other or (self.compares_without_case and one.casefold() == other.casefold())

    def classification(self, name: str) -> Classification | None:
        """The level of this name; the exact spelling first."""
        exact = [level for level in self.classifications if level.name == name]
        same = exact or [level for level in self.classifications if self.is_same(level.name, name)]
        return same[0] if len(same) == 1 else None

    def tag_set(self, name: str) -> CategoryTagSet | None:
        """The tag set of this name; the exact spelling first."""
        exact = [tag_set for tag_set in self.tag_sets if tag_set.name == name]
        same = exact or [tag_set for tag_set in self.tag_sets if self.is_same(tag_set.name, name)]
        return same[0] if len(same) == 1 else None

    def tag_set_by_oid(self, oid: str) -> CategoryTagSet | None:
        """The tag set with this object identifier."""
        return next((tag_set for tag_set in self.tag_sets if tag_set.oid == oid), None)

    def value(self, tag_set: CategoryTagSet, kind: CategoryKind, name: str) -> tuple[CategoryTag, CategoryValue] | None:
        """The value of this name among those of the set and kind, with its tag; the exact spelling first."""
        of_kind = [(tag, value) for tag in tag_set.tags if tag.tag_type.kind == kind for value in tag.values]
        exact = [found for found in of_kind if found[1].name == name]
        same = exact or [found for found in of_kind if self.is_same(found[1].name, name)]
        return same[0] if len(same) == 1 else None

    def value_by_lacv(self, oid: str, tag_type: TagType, lacv: str) -> tuple[CategoryTag, CategoryValue] | None:
        """The value that the object identifier of its set, its type and its encoded value name."""
        tag_set = self.tag_set_by_oid(oid)
        found = [] if tag_set is None else list(referenced(tag_set, tag_type, lacv))
        return found[0] if len(found) == 1 else None


def referenced(
    tag_set: CategoryTagSet, tag_type: TagType, lacv: str | None
) -> Iterator[tuple[CategoryTag, CategoryValue]]:
    """The values of the set that a reference means: of that type, and of that lacv unless it is None (all)."""
    for tag in tag_set.tags:
        if tag_type.is_same_type(tag.tag_type):
            for value in tag.values:
                if lacv is None or lacv_key(value.lacv) == lacv_key(lacv):
                    yield tag, value
