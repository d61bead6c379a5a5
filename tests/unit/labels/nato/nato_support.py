"""The published schemas, a made-up policy, and strategies for its labels: shared by the tests of this room."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache

from hypothesis import strategies as st
from lxml import etree

from relto.labels.nato.policy_label import (
    Category,
    ConfidentialityInformation,
    Originator,
    PolicyLabel,
    Succession,
    SuccessorLabel,
)
from relto.labels.nato.spif import Spif
from relto.labels.nato.spif_reading import read_spif
from tests.support.vectors import vectors

NOW = datetime(2026, 12, 1, tzinfo=UTC)
CREATED = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
REVIEW = datetime(2036, 11, 22, tzinfo=UTC)
OID = "2.999.7"

EXERCISE = f"""<spif:SPIF xmlns:spif="http://www.xmlspif.org/spif" schemaVersion="2.1" creationDate="20261122140000Z"
 originatorDN="CN=Exercise" keyIdentifier="00" privilegeId="2.999" rbacId="2.999">
 <spif:securityPolicyId name="EXERCISE" id="{OID}"/>
 <spif:securityClassifications>
  <spif:securityClassification name="OPEN" lacv="1" hierarchy="1"/>
  <spif:securityClassification name="CLOSED" lacv="2" hierarchy="2">
   <spif:markingData phrase="SHUT"><spif:code>pageTopBottom</spif:code></spif:markingData>
   <spif:markingData phrase="C"><spif:code>portionMarking</spif:code></spif:markingData>
   <spif:markingData xml:lang="fr" phrase="FERME"><spif:code>pageTopBottom</spif:code></spif:markingData>
   <spif:requiredCategory operation="oneOrMore">
    <spif:categoryGroup tagSetRef="Release" tagType="permissive" all="true"/>
   </spif:requiredCategory>
  </spif:securityClassification>
  <spif:securityClassification name="SEALED" lacv="3" hierarchy="3" obsolete="true"/>
 </spif:securityClassifications>
 <spif:securityCategoryTagSets>
  <spif:securityCategoryTagSet name="Handling" id="{OID}.1">
   <spif:securityCategoryTag name="Handling" tagType="restrictive" maxSelection="2">
    <spif:tagCategory name="ALPHA" lacv="1"><spif:excludedClass>OPEN</spif:excludedClass></spif:tagCategory>
    <spif:tagCategory name="BRAVO" lacv="2">
     <spif:excludedCategory tagSetRef="Release" tagType="permissive" lacv="3"/>
    </spif:tagCategory>
    <spif:tagCategory name="CHARLIE" lacv="3" requiredClass="SEALED"/>
    <spif:tagCategory name="DELTA" lacv="4" obsolete="true"/>
    <spif:tagCategory name="ECHO" lacv="5" notBefore="2027-01-01T00:00:00Z" notAfter="2028-01-01T00:00:00Z"/>
   </spif:securityCategoryTag>
  </spif:securityCategoryTagSet>
  <spif:securityCategoryTagSet name="Release" id="{OID}.2">
   <spif:securityCategoryTag name="Release" tagType="permissive">
    <spif:tagCategory name="IND" lacv="1"/>
    <spif:tagCategory name="USA" lacv="2"/>
    <spif:tagCategory name="GBR" lacv="3"/>
    <spif:tagCategory name="FRA" lacv="4">
     <spif:requiredCategory operation="onlyOne">
      <spif:categoryGroup tagSetRef="Release" tagType="permissive" lacv="01"/>
      <spif:categoryGroup tagSetRef="Release" tagType="permissive" lacv="02"/>
     </spif:requiredCategory>
    </spif:tagCategory>
    <spif:markingQualifier markingCode="pageTopBottom">
     <spif:qualifier markingQualifier="REL TO " qualifierCode="prefix"/>
     <spif:qualifier markingQualifier=", " qualifierCode="separator"/>
    </spif:markingQualifier>
   </spif:securityCategoryTag>
  </spif:securityCategoryTagSet>
  <spif:securityCategoryTagSet name="Notes" id="{OID}.3">
   <spif:securityCategoryTag name="Notes" tagType="tagType7" singleSelection="true">
    <spif:tagCategory name="STAFF" lacv="1"/>
    <spif:tagCategory name="MEDICAL" lacv="2"/>
   </spif:securityCategoryTag>
  </spif:securityCategoryTagSet>
  <spif:securityCategoryTagSet name="Community" id="{OID}.4">
   <spif:securityCategoryTag name="Release" tagType="enumerated" enumType="permissive">
    <spif:tagCategory name="IND" lacv="356"/>
    <spif:tagCategory name="USA" lacv="840"/>
   </spif:securityCategoryTag>
  </spif:securityCategoryTagSet>
 </spif:securityCategoryTagSets>
</spif:SPIF>"""


@cache
def schema(name: str) -> etree.XMLSchema:
    parser = etree.XMLParser(no_network=True, load_dtd=False, resolve_entities=False)
    return etree.XMLSchema(etree.parse(str(vectors("labels/xsd") / name), parser))


def is_valid(data: bytes, name: str) -> bool:
    return schema(name).validate(etree.fromstring(data))


@cache
def exercise() -> Spif:
    return read_spif(EXERCISE.encode())


@cache
def nato() -> Spif:
    return read_spif((vectors("labels/spiffing") / "nato-4774-policy.xml").read_bytes())


def category(kind: str, name: str, *values: str, oid: str | None = None) -> Category:
    return Category(kind, name, values, oid)  # type: ignore[arg-type]


def info(level: str = "CLOSED", *categories: Category) -> ConfidentialityInformation:
    return ConfidentialityInformation("EXERCISE", level, categories, OID)


def release(*values: str) -> Category:
    return category("PERMISSIVE", "Release", *values, oid=f"{OID}.2")


def handling(*values: str) -> Category:
    return category("RESTRICTIVE", "Handling", *values, oid=f"{OID}.1")


def label(information: ConfidentialityInformation) -> PolicyLabel:
    return PolicyLabel(information, CREATED, review_by=REVIEW, originator=Originator("urn:example:node:usa"))


_WORDS = st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=12)
_PHRASES = st.lists(_WORDS, min_size=1, max_size=3).map(" ".join)
_TIMES = st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
_OIDS = st.lists(st.integers(0, 9999), min_size=1, max_size=5).map(lambda parts: ".".join(["2", *map(str, parts)]))


@st.composite
def informations(draw: st.DrawFn) -> ConfidentialityInformation:
    names = draw(st.lists(_PHRASES, max_size=4, unique=True))
    oids = draw(st.lists(_OIDS, min_size=4, max_size=4, unique=True))
    categories = []
    for name, oid in zip(names, oids, strict=False):
        kind = draw(st.sampled_from(["RESTRICTIVE", "PERMISSIVE", "INFORMATIVE"]))
        values = draw(st.lists(_PHRASES, min_size=1, max_size=5, unique=True))
        categories.append(category(kind, name, *values, oid=oid if draw(st.booleans()) else None))
    return ConfidentialityInformation(
        policy_name=draw(_PHRASES),
        classification=draw(_PHRASES),
        categories=tuple(categories),
        policy_oid=draw(st.none() | _OIDS),
        privacy_mark=draw(st.none() | _PHRASES),
    )


@st.composite
def policy_labels(draw: st.DrawFn) -> PolicyLabel:
    originators = st.none() | st.builds(Originator, _PHRASES, st.sampled_from(["rfc822Name", "jID", "dNSName"]))
    extensions = draw(st.sampled_from([(), ('<n:note xmlns:n="urn:example:notes">kept <n:b></n:b></n:note>',)]))
    succession = None
    if draw(st.booleans()):
        successor = SuccessorLabel(draw(informations()), draw(_TIMES), draw(originators))
        succession = Succession(draw(_TIMES), successor, extensions)
    return PolicyLabel(
        information=draw(informations()),
        created=draw(_TIMES),
        role=draw(st.sampled_from(["originator", "alternative", "metadata"])),
        review_by=draw(_TIMES) if succession is None else draw(st.none() | _TIMES),
        originator=draw(originators),
        succession=succession,
        identifier=draw(st.none() | st.just("L1")),
        extensions=extensions,
    )
