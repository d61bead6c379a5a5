"""Reading labels that are not valid: for tests of interoperability and for `relto label convert --lenient` only.

Published examples and other products' files break ADatP-4774 and its schema in known ways (trap T13). This reader says
what such a file means to say and lists each departure by code. What it gives is not a `PolicyLabel`: no decision, no
binding and no export takes it. A person gives what is missing, and the strict rules are asked again (`as_label`).

The input is bounded as strictly as everywhere else; an unknown element inside ConfidentialityInformation is refused
here too, because it could be a control.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from lxml import etree

from relto.base.errors import MalformedInput, UnknownValue
from relto.base.instants import Instant
from relto.labels.nato.bounded_xml import date_time, leaf_text, local_name, malformed, namespace_of, parse, token
from relto.labels.nato.label_xml import LIMITS, ROOTS, WHAT
from relto.labels.nato.policy_label import (
    KINDS,
    NAMESPACE,
    Category,
    ConfidentialityInformation,
    LabelRole,
    Originator,
    PolicyLabel,
)
from relto.labels.nato.spif import CategoryKind

_ROOTS: dict[str, LabelRole] = {
    **{name.casefold(): role for name, role in ROOTS.items()},
    "confidentialitylabel": "originator",
    "alternateconfidentialitylabel": "alternative",
}
_VALUE_ELEMENTS = frozenset({"genericvalue", "categoryvalue", "integervalue", "bitstringvalue"})
_SUCCESSION = frozenset({"successionhandling"})


@dataclass(frozen=True, slots=True)
class LenientReading:
    """What a file means to say, and how it departs from the standard (codes, each once, sorted)."""

    information: ConfidentialityInformation
    role: LabelRole
    departures: tuple[str, ...]
    created: Instant | None = None
    review_by: Instant | None = None
    originator: Originator | None = None

    def as_label(
        self, *, created: Instant | None = None, review_by: Instant | None = None, originator: Originator | None = None
    ) -> PolicyLabel:
        """A label of the standard; what the file lacks, a person gives. Raises MalformedInput while a date is missing.

        A succession in the file is not carried over: who converts states the review date.
        """
        moment = self.created or created
        if moment is None:
            raise MalformedInput("stanag4774.element", field="CreationDateTime", expected="a creation date")
        return PolicyLabel(
            information=self.information,
            created=moment,
            role=self.role,
            review_by=self.review_by or review_by,
            originator=self.originator or originator,
        )


@dataclass(slots=True)
class _Notes:
    departures: set[str] = field(default_factory=set)

    def unless(self, *, holds: bool, code: str) -> None:
        if not holds:
            self.departures.add(code)


def read_label_leniently(data: bytes) -> LenientReading:
    """What the file means to say. Raises TooLarge, MalformedInput or UnknownValue when even that cannot be known."""
    root = parse(data, LIMITS, WHAT)
    notes = _Notes()
    role = _ROOTS.get(local_name(root).casefold())
    if role is None or namespace_of(root) not in {NAMESPACE, ""}:
        raise UnknownValue("stanag4774.root", field="label", expected=" or ".join(ROOTS))
    notes.unless(holds=local_name(root) in ROOTS, code="root.name")
    notes.unless(holds=namespace_of(root) == NAMESPACE, code="namespace")
    parts = _by_name(root, notes)
    information = parts.get("confidentialityinformation")
    if information is None:
        malformed(WHAT, "element", "ConfidentialityInformation", "the element ConfidentialityInformation")
    created = parts.get("creationdatetime", parts.get("creationdatatime"))
    notes.unless(holds=created is not None and local_name(created) == "CreationDateTime", code="created")
    review = _attribute(root, "ReviewDateTime", notes) or _attribute(information, "ReviewDateTime", notes)
    notes.unless(holds=information.get("ReviewDateTime") is None, code="review.place")
    notes.unless(holds=review is not None or bool(_SUCCESSION & set(parts)), code="review")
    notes.unless(holds=not (root.get("Id") or "").startswith("#"), code="id")
    notes.unless(holds=not _SUCCESSION & set(parts), code="succession.not_carried")
    return LenientReading(
        information=_information(information, notes),
        role=role,
        departures=tuple(sorted(notes.departures)),
        created=_moment(None if created is None else leaf_text(created, WHAT), "CreationDateTime", notes),
        review_by=_moment(review, "ReviewDateTime", notes),
        originator=_originator(parts.get("originatorid"), notes),
    )


def _information(element: etree._Element, notes: _Notes) -> ConfidentialityInformation:
    policy: etree._Element | None = None
    level: etree._Element | None = None
    privacy_mark: str | None = None
    categories: list[etree._Element] = []
    for child in _elements(element):
        name = local_name(child).casefold()
        if name == "policyidentifier" and policy is None:
            policy = child
        elif name == "classification" and level is None:
            level = child
        elif name == "privacymark" and privacy_mark is None:
            privacy_mark = leaf_text(child, WHAT) or None
        elif name == "category":
            categories.append(child)
        else:
            malformed(WHAT, "element", local_name(child), "no element that the label does not know")
    if policy is None or level is None:
        malformed(WHAT, "element", "ConfidentialityInformation", "a PolicyIdentifier and a Classification")
    notes.unless(holds=not level.attrib, code="classification.uri")
    return ConfidentialityInformation(
        policy_name=token(leaf_text(policy, WHAT)),
        classification=token(leaf_text(level, WHAT)),
        categories=tuple(_categories(categories, notes)),
        policy_oid=_oid(policy, notes),
        privacy_mark=privacy_mark,
    )


def _categories(elements: Iterable[etree._Element], notes: _Notes) -> Iterator[Category]:
    """Categories of one set and kind become one, and a value that stands twice counts once."""
    merged: dict[tuple[CategoryKind, str, str | None], dict[str, None]] = {}
    for element in elements:
        kind = (_attribute(element, "Type", notes) or "").strip()
        known = next((one for one in KINDS if one == kind.upper()), None)
        name = _attribute(element, "TagName", notes)
        if known is None or name is None:
            malformed(WHAT, "category", "Category", "a Type and a TagName")
        notes.unless(holds=kind == known, code="category.type")
        key = (known, name, _oid(element, notes))
        notes.unless(holds=key not in merged, code="category.repeated")
        values = merged.setdefault(key, {})
        for value in _elements(element):
            if local_name(value).casefold() not in _VALUE_ELEMENTS:
                malformed(WHAT, "element", local_name(value), "values only")
            notes.unless(holds=local_name(value) == "GenericValue", code="category.value_element")
            text = leaf_text(value, WHAT)
            notes.unless(holds=text not in values, code="category.value_repeated")
            values[text] = None
    for (kind_of, name, oid), values in merged.items():
        notes.unless(holds=bool(values), code="category.empty")
        if values:
            yield Category(kind_of, name, tuple(values), oid)


def _oid(element: etree._Element, notes: _Notes) -> str | None:
    """The identifier in URI, or in the misspelt URL, with or without its urn."""
    uri = _attribute(element, "URI", notes)
    if uri is None and element.get("URL") is not None:
        notes.departures.add("uri.name")
        uri = element.get("URL")
    if not uri:
        return None
    notes.unless(holds=uri.startswith("urn:oid:"), code="uri.form")
    return uri.removeprefix("urn:oid:")


def _attribute(element: etree._Element, name: str, notes: _Notes) -> str | None:
    """The attribute, whatever its letter case."""
    if element.get(name) is not None:
        return element.get(name)
    for key in map(str, element.attrib):
        if key.casefold() == name.casefold():
            notes.departures.add("attribute.case")
            return element.get(key)
    return None


def _originator(element: etree._Element | None, notes: _Notes) -> Originator | None:
    if element is None:
        return None
    id_type = _attribute(element, "IDType", notes)
    try:
        return Originator(leaf_text(element, WHAT).strip(), id_type or "uniformResourceIdentifier")
    except MalformedInput:
        notes.departures.add("originator")
        return None


def _moment(text: str | None, name: str, notes: _Notes) -> Instant | None:
    if text is None:
        return None
    try:
        return date_time(text, name, WHAT)
    except MalformedInput:
        notes.departures.add("date_time")
        return None


def _by_name(root: etree._Element, notes: _Notes) -> dict[str, etree._Element]:
    found: dict[str, etree._Element] = {}
    for child in _elements(root):
        name = local_name(child).casefold()
        notes.unless(holds=name not in found, code="element.repeated")
        found.setdefault(name, child)
    return found


def _elements(parent: etree._Element) -> Iterator[etree._Element]:
    return (child for child in parent if isinstance(child.tag, str))
