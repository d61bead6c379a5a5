"""A flipped byte anywhere: refused, or the document and its label are exactly what they were. Noise never crashes."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relto.base.errors import NotVerified, ReltoError
from relto.sealing.archive import open_archive
from relto.sealing.keys import load_private_key, load_public_key
from relto.sealing.manifest import parse_manifest
from relto.sealing.metadata import open_metadata
from relto.sealing.opening import open_container
from relto.sealing.policy import read_policy
from relto.sealing.registration import manifest_fingerprint
from relto.sealing.rewrap import parse_rewrap_answer, parse_rewrap_request
from relto.sealing.wrapping import SessionKey
from tests.support.fuzz.specimens import Specimen, specimens
from tests.support.fuzz.tamper import QUICK, delivered, tamper
from tests.unit.sealing.containers import LABEL, OVERHEAD_BYTES, SEGMENT, container

ONE = container(40)
THREE = container(3 * SEGMENT, hash_algorithm="HS256")
PAYLOAD_START = ONE.archive.payload_offset
PAYLOAD_END = PAYLOAD_START + ONE.archive.payload_size
SHARES = {0: ONE.key}


def opens_unchanged(data: bytes) -> bool:
    """True when it opens to the same document and label; False when it is refused; anything else fails the test."""
    try:
        opened = open_container(open_archive(io.BytesIO(data)), io.BytesIO(data), SHARES, require_label=True)
        plain = b"".join(opened.chunks())
    except ReltoError as refused:
        assert refused.field or refused.reason  # noqa: PT017  the part is named
        return False
    assert plain == ONE.plain
    assert opened.label_xml == LABEL
    return True


@pytest.mark.parametrize("specimen", specimens(), ids=lambda specimen: specimen.name)
def test_a_damaged_container_is_refused_with_its_part_named_or_says_what_it_said(specimen: Specimen) -> None:
    """All zip records, a part of the manifest's bytes and each segment; `make accept` flips every bit of them all."""
    assert delivered(specimen, specimen.data) == (specimen.plain, specimen.label, None)
    outcome = tamper(specimen, QUICK, stride=5)
    assert outcome.broken == []
    assert outcome.refused > outcome.unchanged > 0
    # Only what says nothing survives: dates, attributes, and manifest members such as the KAS address.
    assert {"container", "policyBinding", "assertions", "segments"} <= set(outcome.parts_named)


def test_every_byte_of_a_small_payload_is_refused() -> None:
    data = bytearray(ONE.data)
    for position in range(PAYLOAD_START, PAYLOAD_END):
        data[position] ^= 0x40
        assert not opens_unchanged(bytes(data))
        data[position] ^= 0x40


@pytest.mark.parametrize("segment", [0, 1, 2])
@pytest.mark.parametrize("place", ["iv", "text", "tag"])
def test_nothing_of_an_affected_segment_is_delivered(segment: int, place: str) -> None:
    row = SEGMENT + OVERHEAD_BYTES
    at = THREE.archive.payload_offset + segment * row + {"iv": 0, "text": 500, "tag": row - 1}[place]
    data = bytearray(THREE.data)
    data[at] ^= 1
    opened = open_container(THREE.archive, io.BytesIO(bytes(data)), {0: THREE.key})
    delivered = bytearray()

    def take_all() -> None:
        for chunk in opened.chunks():
            delivered.extend(chunk)

    with pytest.raises(NotVerified, match="segment") as refused:
        take_all()
    assert refused.value.details["segment"] == segment
    assert bytes(delivered) == THREE.plain[: segment * SEGMENT]
    with pytest.raises(NotVerified, match="segment"):
        list(opened.read_range(segment * SEGMENT + 3, segment * SEGMENT + 4))


def test_a_payload_cut_short_is_refused() -> None:
    opened = open_container(THREE.archive, io.BytesIO(THREE.data[: SEGMENT * 2]), {0: THREE.key})
    with pytest.raises(NotVerified, match="segment"):
        list(opened.read_range(2 * SEGMENT, 2 * SEGMENT + 1))


def only_our_errors(call: Any, *arguments: object) -> None:
    try:
        call(*arguments)
    except ReltoError:
        return


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


@given(st.binary(max_size=300), st.text(max_size=120))
@settings(max_examples=60, deadline=None)
def test_noise_is_refused_and_never_crashes(data: bytes, text: str) -> None:
    only_our_errors(open_archive, io.BytesIO(data))
    only_our_errors(parse_manifest, data)
    only_our_errors(read_policy, text)
    only_our_errors(load_public_key, text)
    only_our_errors(load_private_key, text)
    only_our_errors(open_metadata, text, bytes(32))
    only_our_errors(SessionKey.generate, text)


@given(st.data())
@settings(max_examples=80, deadline=None)
def test_mutated_containers_are_refused_or_unchanged(data: st.DataObject) -> None:
    mutated = bytearray(ONE.data)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(mutated) - 1))
        mutated[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    opens_unchanged(bytes(mutated))


@given(st.data())
@settings(max_examples=80, deadline=None)
def test_manifests_with_any_json_anywhere_are_refused_or_read(data: st.DataObject) -> None:
    document: Any = json.loads(ONE.archive.manifest)
    holder = document
    while True:
        names = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
        if not names:
            break
        name = data.draw(st.sampled_from(names))
        if isinstance(holder[name], dict | list) and data.draw(st.integers(0, 3)):
            holder = holder[name]
            continue
        holder[name] = data.draw(JSON)
        break
    written = json.dumps(document).encode()

    def read_all() -> None:
        manifest_fingerprint(parse_manifest(written))

    only_our_errors(read_all)


@given(st.dictionaries(st.sampled_from(["requests", "responses", "clientPublicKey", "keyAccess", "policy"]), JSON))
@settings(max_examples=60, deadline=None)
def test_protocol_messages_of_any_json_are_refused_or_read(document: dict[str, Any]) -> None:
    only_our_errors(parse_rewrap_request, document)
    only_our_errors(parse_rewrap_answer, document)
