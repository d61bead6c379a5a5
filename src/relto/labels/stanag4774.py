"""The label as STANAG 4774 XML (ADatP-4774 Ed A V1): an originatorConfidentialityLabel, written and strictly read.

Rules enforced on reading, beyond the schema nl-cl 1.3, which accepts several violations of the standard:
 1. At most 64 KiB of UTF-8 without DOCTYPE, entities, comments or processing instructions; nothing is fetched.
 2. The root is originatorConfidentialityLabel, or ConfidentialityLabel, which old writers use and relto never writes.
 3. ReviewDateTime is present; each dateTime names its zone. A label with SuccessionHandling is refused: nothing is
    downgraded by the clock (trap T11).
 4. Policy, level, tag sets and values are known, of the stated type, once each, never empty; a URI is urn:oid of the
    policy or tag set; Classification carries none; only GenericValue is used.
 5. Anything unknown inside ConfidentialityInformation is refused, because it could be a control. Elements of other
    namespaces after the label's own are not read, as the standard allows.

The XML names no policy version; the label gets the version that the given policies have. An absent "Releasable To"
reads as unstated, which means not releasable until decided, and everyone is written as a value of its own.

Further controls are categories too: the policy's named ones, and one restrictive category for all the rest
(`relto.labels.controls_text`). A label that has some, or a privacy mark, is refused unless the caller says that it
knows them. Other particulars stand in an element of relto's own after the label's. A succession is not written.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from lxml import etree

from relto.base.canonical import canonical_bytes, read_object
from relto.base.errors import MalformedInput, UnknownValue
from relto.base.instants import instant_text
from relto.base.nations import Nation, read_nation
from relto.labels.audience import Audience, Everyone, Only
from relto.labels.controls import Category, Controls
from relto.labels.controls_form import particulars_as_dict, particulars_from_dict
from relto.labels.controls_text import control_values, controls_of_values
from relto.labels.label import MAX_NATIONS, Label, check_label
from relto.labels.nato.bounded_xml import (
    Children,
    Limits,
    date_time,
    is_xml_id,
    leaf_text,
    malformed,
    only_attributes,
    parse,
    token,
)
from relto.labels.particulars import NO_PARTICULARS, Particulars
from relto.labels.policy import ClassificationPolicy, PolicySet, TagRole

NAMESPACE = "urn:nato:stanag:4774:confidentialitymetadatalabel:1:0"
WHAT = "stanag4774"
MAX_BYTES = 64 * 1024
LIMITS = Limits(max_bytes=MAX_BYTES, max_depth=48, max_elements=2048)
EVERYONE = "EVERYONE"  # no nation has a code of eight letters, so a reader who does not know it releases to nobody

_OWN_NAMESPACE = "urn:relto:label:particulars:1"
_PARTICULARS = f"{{{_OWN_NAMESPACE}}}Particulars"
_ROOTS = ("originatorConfidentialityLabel", "ConfidentialityLabel")
_ROLES: tuple[TagRole, ...] = ("release", "owner", "caveats")


def write_label(label: Label, policies: PolicySet) -> bytes:
    """The label as XML, UTF-8 without declaration, the same bytes for equal labels.

    Raises UnknownValue or MalformedInput when its policy does not allow the label.
    """
    policy = policies.of(check_label(label, policies).policy)
    if label.particulars.succession is not None:
        raise UnknownValue("stanag4774.succession", field="label.succession", expected="a label without succession")
    root = etree.Element(_name("originatorConfidentialityLabel"), nsmap={"slab": NAMESPACE})
    root.set("ReviewDateTime", instant_text(label.review_by))
    information = etree.SubElement(root, _name("ConfidentialityInformation"))
    identifier = etree.SubElement(information, _name("PolicyIdentifier"), URI=f"urn:oid:{policy.oid}")
    identifier.text = policy.name
    etree.SubElement(information, _name("Classification")).text = label.level.name
    if label.particulars.privacy_mark is not None:
        etree.SubElement(information, _name("PrivacyMark")).text = label.particulars.privacy_mark
    for kind, name, oid, values in _written_categories(label, policy):
        category = etree.SubElement(information, _name("Category"), Type=kind, TagName=name, URI=f"urn:oid:{oid}")
        for value in values:
            etree.SubElement(category, _name("GenericValue")).text = value
    originator = etree.SubElement(root, _name("OriginatorID"), IDType=label.originator_id_type)
    originator.text = label.originator_id
    etree.SubElement(root, _name("CreationDateTime")).text = instant_text(label.created)
    particulars = particulars_as_dict(replace(label.particulars, privacy_mark=None))
    if particulars:
        element = etree.SubElement(root, _PARTICULARS, nsmap={"relto": _OWN_NAMESPACE})
        element.text = canonical_bytes(particulars).decode("utf-8")
    written: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=False)
    return written


def read_label(data: bytes, policies: PolicySet, *, controls_known: bool = False) -> Label:
    """Read and check a label. Raises TooLarge, MalformedInput or UnknownValue naming the element; nothing else.

    `controls_known`: the caller protects the label's controls too; without it a label that has some is refused.
    """
    root = _parse(data)
    if root.tag not in {_name(root_name) for root_name in _ROOTS}:
        raise UnknownValue("stanag4774.root", field="label", expected=" or ".join(_ROOTS))
    only_attributes(root, {"Id", "ReviewDateTime"}, WHAT, xml_allowed=True, foreign_allowed={NAMESPACE})
    if not is_xml_id(root.get("Id", "L")):
        malformed(WHAT, "id", "Id", "an xs:ID: no space, colon or number sign, and no digit in front")
    parts = Children(root, NAMESPACE, WHAT)
    stated_information = parts.required("ConfidentialityInformation")
    only_attributes(stated_information, (), WHAT)
    information = Children(stated_information, NAMESPACE, WHAT)
    originator = parts.required("OriginatorID")
    created = date_time(_text(parts.required("CreationDateTime")), "CreationDateTime", WHAT)
    if parts.optional("SuccessionHandling") is not None:
        raise UnknownValue("stanag4774.succession", field="SuccessionHandling", expected="a label without succession")
    particulars = _read_particulars(root)
    parts.foreign()
    parts.end()
    policy = _read_policy(information.required("PolicyIdentifier"), policies)
    level = policy.level(token(_text(information.required("Classification"))))
    privacy_mark = information.optional("PrivacyMark") if controls_known else None
    if privacy_mark is not None:
        particulars = replace(particulars, privacy_mark=_text(privacy_mark))
    values, controls = _read_categories(information, policy)
    if controls and not controls_known:
        raise UnknownValue("stanag4774.controls", field="Category", expected="a label without further controls")
    owner = tuple(read_nation(value, field="Owner") for value in values.get("owner", ()))
    if not owner:
        raise MalformedInput("stanag4774.owner", field="Owner", expected="a category that names the owners")
    release, stated = _read_release(values.get("release"), owner)
    only_attributes(originator, {"IDType"}, WHAT, foreign_allowed={NAMESPACE})
    label = Label(
        policy=policy.identity,
        owner=owner,
        level=level,
        release=release,
        caveats=frozenset(values.get("caveats", ())),
        created=created,
        originator_id=leaf_text(originator, WHAT),
        review_by=date_time(root.get("ReviewDateTime") or "", "ReviewDateTime", WHAT),
        release_stated=stated,
        originator_id_type=originator.get("IDType") or "",
        controls=controls,
        particulars=particulars,
    )
    return check_label(label, policies)


def _parse(data: bytes) -> etree._Element:
    root = parse(data, LIMITS, WHAT)
    outside = [*root.itersiblings(), *root.itersiblings(preceding=True)]
    if any(not isinstance(node.tag, str) for node in [*outside, *root.iter()]):
        malformed(WHAT, "xml", "label", "no comment, processing instruction or entity")
    return root


def _read_policy(element: etree._Element, policies: PolicySet) -> ClassificationPolicy:
    only_attributes(element, {"URI"}, WHAT)
    policy = policies.by_name(token(leaf_text(element, WHAT)))
    _check_uri(element, policy.oid, "PolicyIdentifier")
    return policy


def _read_categories(information: Children, policy: ClassificationPolicy) -> tuple[dict[TagRole, list[str]], Controls]:
    found: dict[tuple[str, str], list[str]] = {}
    known = _known_categories(policy)
    for category in information.all("Category"):
        only_attributes(category, {"Type", "TagName", "URI"}, WHAT)
        key = (category.get("Type") or "", category.get("TagName") or "")
        if key not in known:
            raise UnknownValue("stanag4774.category", field="Category", expected=", ".join(map(" ".join, known)))
        _check_uri(category, known[key], "Category")
        if key in found:
            malformed(WHAT, "duplicate", "Category", "each category once")
        found[key] = _read_values(category)
    information.end()
    roles = {tag_set.role: found.pop((tag_set.kind, tag_set.name), []) for tag_set in policy.tag_sets}
    own = policy.control_rules.tag_set
    rest = found.pop(("RESTRICTIVE", own[1]), []) if own is not None else []
    rules = {(str(rule.kind), rule.name): rule for rule in policy.control_rules.categories}
    named = [Category(rules[key].oid, rules[key].kind, frozenset(values)) for key, values in found.items()]
    return {role: values for role, values in roles.items() if values}, controls_of_values(rest, named)


def _known_categories(policy: ClassificationPolicy) -> dict[tuple[str, str], str]:
    """Type and name of every tag set of the policy, with its object identifier."""
    known = {(str(tag_set.kind), tag_set.name): tag_set.oid for tag_set in policy.tag_sets}
    known |= {(rule.kind, rule.name): rule.oid for rule in policy.control_rules.categories}
    own = policy.control_rules.tag_set
    return known if own is None else known | {("RESTRICTIVE", own[1]): own[0]}


def _written_categories(label: Label, policy: ClassificationPolicy) -> Iterator[tuple[str, str, str, list[str]]]:
    """Kind, name, object identifier and values of each category, in the order of the policy."""
    for role in _ROLES:
        tag_set = policy.tag_set(role)
        values = _values(label, role)
        if values:
            yield tag_set.kind, tag_set.name, tag_set.oid, values
    own, rest = policy.control_rules.tag_set, control_values(label.controls)
    if rest and own is not None:  # a policy with controls has a set for them: the label was checked against it
        yield "RESTRICTIVE", own[1], own[0], rest
    names = {(rule.oid, rule.kind): rule.name for rule in policy.control_rules.categories}
    for category in label.controls.categories:
        key = (category.tag_set_oid, category.kind)
        yield category.kind, names[key], category.tag_set_oid, sorted(category.values)


def _read_particulars(root: etree._Element) -> Particulars:
    """What relto's own element says; elements of other namespaces are not read."""
    found = root.findall(_PARTICULARS)
    if not found:
        return NO_PARTICULARS
    if len(found) > 1:
        malformed(WHAT, "duplicate", "Particulars", "at most one")
    return particulars_from_dict(read_object(_text(found[0]).encode("utf-8"), field="Particulars"), "Particulars")


def _read_values(category: etree._Element) -> list[str]:
    children = Children(category, NAMESPACE, WHAT)
    values = [_text(element) for element in children.all("GenericValue")]
    children.end()
    if not values or "" in values or len(set(values)) != len(values) or len(values) > MAX_NATIONS:
        malformed(WHAT, "category", "Category", f"1 to {MAX_NATIONS} different values")
    return values


def _read_release(values: list[str] | None, owner: tuple[Nation, ...]) -> tuple[Audience, bool]:
    if values is None:
        return Only(frozenset(owner)), False
    if values == [EVERYONE]:
        return Everyone(), True
    return Only(frozenset(read_nation(value, field="Releasable To") for value in values)), True


def _values(label: Label, role: TagRole) -> list[str]:
    if role == "owner":
        return [*label.owner]
    if role == "caveats":
        return sorted(label.caveats)
    if not label.release_stated:
        return []
    return sorted(label.release.nations) if isinstance(label.release, Only) else [EVERYONE]


def _check_uri(element: etree._Element, oid: str, field: str) -> None:
    if element.get("URI", f"urn:oid:{oid}") != f"urn:oid:{oid}":
        raise UnknownValue("stanag4774.uri", field=f"{field}.URI", expected=f"urn:oid:{oid}")


def _text(element: etree._Element) -> str:
    """The text of an element that has no attribute and no child."""
    only_attributes(element, (), WHAT)
    return leaf_text(element, WHAT)


def _name(local: str) -> str:
    return f"{{{NAMESPACE}}}{local}"
