"""Metadata bound to data objects (ADatP-4778 Ed A V1, schema nl-mb 1.4): immutable values.

All metadata of one `MetadataBinding` is bound to all of its data objects. Data inside the binding makes it
encapsulating; references make it embedded (the binding stands in the object) or detached (it stands beside it).

Rules enforced here, beyond the schema:
 1. A label is a strict label: the schema would let an invalid one pass as metadata.
 2. One element in each Metadata and Data, with no text beside it.
 3. Identifiers are unique. A reference selects a part of XML by one XPath without prefixes, as ADatP-4778 section 4.3.7
    recommends, because prefixes would mean what the place of the binding says.
 4. A signature is optional in the standard, so a conformant binding is not yet a trustworthy one (trap T14): signatures
    are kept as they are and are judged by `relto.adapters.metadata_signatures`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from lxml import etree

from relto.base.errors import MalformedInput
from relto.labels.nato.bounded_xml import canonical, from_canonical, is_xml_id, malformed, namespace_of
from relto.labels.nato.policy_label import NAMESPACE as LABEL_NAMESPACE
from relto.labels.nato.policy_label import PolicyLabel, check_text

NAMESPACE: Final = "urn:nato:stanag:4778:bindinginformation:1:0"
WHAT = "stanag4778"
MAX_METADATA = 256
MAX_REFERENCES = 16_384
_MAX_URI = 2048
_URI = re.compile(r"\A[!#$%&'()*+,\-./0-9:;=?@A-Z\[\]_a-z~]*\Z")
_CONTENT_TYPE = re.compile(r"\A[\x21-\x7e][\x20-\x7e]{1,253}[\x21-\x7e]\Z")
_LITERAL = re.compile(r"'[^']*'|\"[^\"]*\"")
_PREFIX = re.compile(r"[\w.-]:(?!:)")
_Encoding = str | None


@dataclass(frozen=True, slots=True)
class InlineXml:
    """An element inside the binding, as exclusive canonical XML with its comments."""

    xml: str
    content_type: str | None = None
    encoding: _Encoding = None

    def __post_init__(self) -> None:
        """Raises MalformedInput unless the text is an element; it is kept in canonical form."""
        try:
            element = from_canonical(self.xml)
        except (etree.XMLSyntaxError, ValueError) as error:
            raise MalformedInput("stanag4778.inline", field="Data", expected="one element") from error
        if element.getroottree().docinfo.internalDTD is not None:
            malformed(WHAT, "doctype", "Data", "no DOCTYPE")
        object.__setattr__(self, "xml", canonical(element, with_comments=True))
        check_content_type(self.content_type)


@dataclass(frozen=True, slots=True)
class Reference:
    """Metadata or data elsewhere. `uri` "" is the document that holds the binding; `xpath` selects a part of XML."""

    uri: str
    content_type: str | None = None
    encoding: _Encoding = None
    xpath: str | None = None

    def __post_init__(self) -> None:
        """Raises MalformedInput for what is no URI, or an XPath with a prefix."""
        if len(self.uri) > _MAX_URI or not _URI.match(self.uri):
            malformed(WHAT, "uri", "DataReference.URI", "a URI of at most 2048 characters")
        check_content_type(self.content_type)
        if self.xpath is not None:
            check_text(self.xpath, "XPath")
            if self.xpath != self.xpath.strip() or _PREFIX.search(_LITERAL.sub("''", self.xpath)):
                malformed(WHAT, "xpath", "XPath", "an XPath that names elements by local-name() and namespace-uri()")


Metadata = PolicyLabel | InlineXml | Reference
DataObject = InlineXml | Reference


@dataclass(frozen=True, slots=True)
class MetadataBinding:
    """This metadata is bound to these data objects."""

    metadata: tuple[Metadata, ...]
    data: tuple[DataObject, ...]
    identifier: str | None = None

    def __post_init__(self) -> None:
        """Raises MalformedInput when one side is empty or too long."""
        if not 0 < len(self.metadata) <= MAX_METADATA or not 0 < len(self.data) <= MAX_REFERENCES:
            malformed(WHAT, "binding", "MetadataBinding", "metadata, and data that it is bound to")
        inline = [from_canonical(one.xml) for one in self.metadata if isinstance(one, InlineXml)]
        if any(namespace_of(one) == LABEL_NAMESPACE for one in inline):
            malformed(WHAT, "label", "Metadata", "a label as a label, not as any XML")
        _check_identifier(self.identifier)

    @property
    def labels(self) -> tuple[PolicyLabel, ...]:
        """The labels among the metadata, in their order."""
        return tuple(one for one in self.metadata if isinstance(one, PolicyLabel))

    @property
    def references(self) -> tuple[Reference, ...]:
        """The data objects that stand elsewhere."""
        return tuple(one for one in self.data if isinstance(one, Reference))


@dataclass(frozen=True, slots=True)
class BindingContainer:
    """A sequence of bindings."""

    bindings: tuple[MetadataBinding, ...]
    identifier: str | None = None
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Raises MalformedInput when there is no binding."""
        if not self.bindings:
            malformed(WHAT, "container", "MetadataBindingContainer", "at least one MetadataBinding")
        _check_identifier(self.identifier)


@dataclass(frozen=True, slots=True)
class BindingInformation:
    """The whole. `signatures` and `extensions`: canonical XML; `profile`: the binding profile it claims to follow."""

    containers: tuple[BindingContainer, ...]
    signatures: tuple[str, ...] = ()
    extensions: tuple[str, ...] = ()
    profile: str | None = None

    def __post_init__(self) -> None:
        """Raises MalformedInput when there is no container, or an identifier stands twice."""
        if not self.containers:
            malformed(WHAT, "container", "BindingInformation", "at least one MetadataBindingContainer")
        identifiers = list(_identifiers(self))
        if len(set(identifiers)) != len(identifiers):
            malformed(WHAT, "id", "Id", "each identifier once")
        if self.profile is not None:
            check_text(self.profile, "profile")

    @property
    def bindings(self) -> tuple[MetadataBinding, ...]:
        """The bindings of all containers."""
        return tuple(binding for container in self.containers for binding in container.bindings)

    @property
    def labels(self) -> tuple[PolicyLabel, ...]:
        """The labels of all bindings, in their order."""
        return tuple(label for binding in self.bindings for label in binding.labels)

    @property
    def mode(self) -> Literal["encapsulating", "referring"]:
        """Encapsulating when the data stands inside; referring (embedded or detached) when it stands elsewhere."""
        inside = any(isinstance(one, InlineXml) for binding in self.bindings for one in binding.data)
        return "encapsulating" if inside else "referring"


def bind(
    metadata: Sequence[Metadata],
    data: Sequence[DataObject],
    *,
    identifier: str | None = None,
    profile: str | None = None,
) -> BindingInformation:
    """One binding of this metadata to this data. Raises MalformedInput."""
    binding = MetadataBinding(tuple(metadata), tuple(data), identifier)
    return BindingInformation((BindingContainer((binding,)),), profile=profile)


def with_inherited(parent: Sequence[Metadata], own: Sequence[Metadata]) -> tuple[Metadata, ...]:
    """The metadata that holds for a child object: its own, and its parent's of other types (ADatP-4778 section 3.5).

    An originator's and an alternative label are two types. A reference has no type that could be known, so it stays.
    """
    types = {_type(one) for one in own} - {None}
    return (*own, *(one for one in parent if _type(one) not in types))


def check_content_type(content_type: str | None) -> None:
    """Raise MalformedInput unless it is None or 3 to 255 visible characters of ASCII."""
    if content_type is not None and not _CONTENT_TYPE.match(content_type):
        malformed(WHAT, "content_type", "contentType", "a media type such as image/png")


def _type(metadata: Metadata) -> str | None:
    if isinstance(metadata, PolicyLabel):
        return metadata.role
    return None if isinstance(metadata, Reference) else str(from_canonical(metadata.xml).tag)


def _identifiers(information: BindingInformation) -> Iterator[str]:
    for container in information.containers:
        yield from [container.identifier] if container.identifier is not None else []
        for binding in container.bindings:
            yield from [binding.identifier] if binding.identifier is not None else []
            yield from [label.identifier for label in binding.labels if label.identifier is not None]


def _check_identifier(identifier: str | None) -> None:
    if identifier is not None and not is_xml_id(identifier):
        malformed(WHAT, "id", "Id", "an xs:ID: no space, colon or number sign, and no digit in front")
