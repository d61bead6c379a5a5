"""The policy-value syntax of a published test suite, resolved through a SPIF: for tests only, no door reads it.

A label there names its policy by object identifier and its level and values by lacv, each value with the object
identifier and the type of its tag.
"""

from __future__ import annotations

from lxml import etree

from relto.labels.nato.policy_label import Category, ConfidentialityInformation
from relto.labels.nato.spif import CategoryKind, Spif, TagType

_NAMESPACE = "{http://surevine.com/xmlns/spiffy}"
_TYPES = {
    "restrictive": TagType("restrictive"),
    "permissive": TagType("permissive"),
    "enumeratedRestrictive": TagType("enumerated", "restrictive"),
    "enumeratedPermissive": TagType("enumerated", "permissive"),
    "informative": TagType("tagType7"),
}


def read_policy_values(data: bytes, spif: Spif) -> ConfidentialityInformation:
    """The label in the words of its policy. Raises ValueError for what the policy does not have."""
    root = etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))
    policy = root.find(f"{_NAMESPACE}policy")
    level = root.find(f"{_NAMESPACE}classification")
    if policy is None or level is None or policy.get("id") != spif.policy.oid:
        raise ValueError("another policy")
    names = [one.name for one in spif.classifications if one.lacv == int(level.get("lacv", ""))]
    values: dict[tuple[str, str, CategoryKind], list[str]] = {}
    for tag in root.iterfind(f"{_NAMESPACE}tag"):
        oid, tag_type = tag.get("id", ""), _TYPES[tag.get("type", "")]
        found = spif.value_by_lacv(oid, tag_type, tag.get("lacv", ""))
        tag_set = spif.tag_set_by_oid(oid)
        if found is None or tag_set is None or found[0].tag_type.kind is None:
            raise ValueError("an unknown value")
        values.setdefault((oid, tag_set.name, found[0].tag_type.kind), []).append(found[1].name)
    categories = [Category(kind, name, tuple(listed), oid) for (oid, name, kind), listed in values.items()]
    return ConfidentialityInformation(spif.policy.name, names[0], tuple(categories), spif.policy.oid)
