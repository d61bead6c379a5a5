"""A label in another form: marking, relto's JSON, STANAG 4774 XML; and a policy as SPIF 2.1.

The request: `label` (as `given` reads it) and `to`: banner, label or xml. A marking says neither who made it nor when:
to become a label or XML it takes `originator_id`, `review_by` and perhaps `created` beside its text.
With `lenient` (true), XML that only tests and old writers produce is read, with every departure from the standard
named, and no decision takes it. A policy: `policy`, `to` spif, `nations`, `originator_dn`, `key_identifier`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from relto.base.canonical import Json
from relto.base.errors import MalformedInput, UnknownValue
from relto.base.instants import instant_text
from relto.base.nations import read_nation
from relto.labels.answering.given import MAX_XML_CHARACTERS, Given, Surroundings, making_of, read_given
from relto.labels.answering.showing import shown
from relto.labels.label import MAX_NATIONS, label_as_dict
from relto.labels.nato.label_xml import write_policy_label
from relto.labels.nato.lenient_labels import LenientReading, read_label_leniently
from relto.labels.nato.policy_export import spif_of_policy
from relto.labels.nato.policy_label import Originator, check_text
from relto.labels.nato.spif_writing import write_spif
from relto.labels.stanag4774 import read_label, write_label

FORMS: Final = ("banner", "label", "xml", "spif")
_SPIF_MEMBERS = frozenset({"policy", "to", "nations", "originator_dn", "key_identifier"})
_LENIENT = frozenset({"label", "to", "lenient", "originator_id", "created", "review_by"})


def answer_convert(request: Mapping[str, object], surroundings: Surroundings) -> dict[str, Json]:
    """The other form. Raises what `read_given` raises, and MalformedInput or UnknownValue for what it cannot say."""
    to = request.get("to")
    if to not in FORMS:
        raise UnknownValue("label_given.to", field="to", expected=", ".join(FORMS))
    if to == "spif":
        return _policy(request, surroundings)
    if request.get("lenient") is True:
        return _leniently(request, str(to), surroundings)
    if not set(request) <= {"label", "to", "lenient"}:
        raise MalformedInput("label_given", field="request", expected="label, to and lenient")
    return _strictly(read_given(request.get("label"), surroundings), str(to), surroundings)


def _strictly(given: Given, to: str, surroundings: Surroundings) -> dict[str, Json]:
    answered: dict[str, Json] = {"outcome": "converted", "to": to}
    if to == "banner":
        return {**answered, **shown(given.label, surroundings, is_whole=given.is_whole)}
    if not given.is_whole:
        raise MalformedInput("label_given.making", field="label", expected="originator_id and review_by")
    if to == "xml":
        return {**answered, "xml": write_label(given.label, surroundings.policies).decode("utf-8")}
    return {**answered, "label": label_as_dict(given.label)}


def _leniently(request: Mapping[str, object], to: str, surroundings: Surroundings) -> dict[str, Json]:
    label = request.get("label")
    text = label.get("xml") if isinstance(label, Mapping) else None
    if not set(request) <= _LENIENT or not isinstance(text, str) or len(text) > MAX_XML_CHARACTERS:
        raise MalformedInput("label_given", field="label.xml", expected="XML of at most 64 KiB")
    reading = read_label_leniently(text.encode("utf-8", "replace"))
    answered: dict[str, Json] = {
        "outcome": "read_leniently",
        "to": to,
        "departures": [*reading.departures],
        "information": _information(reading),
    }
    making = making_of(request, surroundings, field="request")
    originator = None if making is None else Originator(making.originator_id)
    is_incomplete = making is None and (reading.created is None or reading.review_by is None)
    if is_incomplete or (to == "label" and not _is_loaded(reading, surroundings)):
        return answered
    made = reading.as_label(
        created=None if making is None else making.created,
        review_by=None if making is None else making.review_by,
        originator=originator,
    )
    xml = write_policy_label(made)
    if to == "xml":
        return {**answered, "xml": xml.decode("utf-8")}
    strict = Given(read_label(xml, surroundings.policies, controls_known=True), is_whole=True)
    return {**answered, **_strictly(strict, to, surroundings), "outcome": "read_leniently"}


def _is_loaded(reading: LenientReading, surroundings: Surroundings) -> bool:
    """False for the label of a policy that is not loaded here, of which no label of relto can be made."""
    try:
        surroundings.policies.find(reading.information.policy_name)
    except UnknownValue:
        return False
    return True


def _information(reading: LenientReading) -> Json:
    found = reading.information
    return {
        "policy": found.policy_name,
        "policy_oid": found.policy_oid,
        "classification": found.classification,
        "privacy_mark": found.privacy_mark,
        "categories": [
            {"type": one.kind, "tag_name": one.tag_name, "oid": one.oid, "values": [*one.values]}
            for one in found.categories
        ],
        "created": None if reading.created is None else instant_text(reading.created),
        "review_by": None if reading.review_by is None else instant_text(reading.review_by),
    }


def _policy(request: Mapping[str, object], surroundings: Surroundings) -> dict[str, Json]:
    named, nations = request.get("policy"), request.get("nations", [policy.nation for policy in surroundings.policies])
    texts = [request.get("originator_dn", "CN=relto"), request.get("key_identifier", "unsigned")]
    originator, key = (text if isinstance(text, str) else "" for text in texts)
    if not set(request) <= _SPIF_MEMBERS or not isinstance(named, str) or not originator or not key:
        raise MalformedInput("label_given", field="policy", expected="a policy, and texts for the others")
    if not isinstance(nations, list) or not 0 < len(nations) <= MAX_NATIONS:
        raise MalformedInput("label_given", field="nations", expected="a list of nations")
    check_text(originator, "originator_dn")
    check_text(key, "key_identifier")
    policy = surroundings.policies.find(named)
    spif = spif_of_policy(
        policy,
        [read_nation(code, field="nations") for code in nations],
        surroundings.at,
        originator_dn=originator,
        key_identifier=key,
        table=surroundings.table,
    )
    return {
        "outcome": "converted",
        "to": "spif",
        "policy": policy.name,
        "xml": write_spif(spif, is_partial=True).decode("utf-8"),
    }
