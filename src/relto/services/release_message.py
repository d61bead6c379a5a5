"""What crosses the border with a release: the body of the message "release", written and read in one place.

Rules: every text is bounded; the label, the registration and the manifest come as they were signed or sealed; readers
are pseudonyms with reasons. Reading checks the form only; whether it is true is checked against keys and records.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass

from relto.base.canonical import Json, canonical_bytes, read_object
from relto.base.errors import MalformedInput
from relto.base.ids import read_code, read_id
from relto.sealing.manifest import MAX_MANIFEST
from relto.services.item_view import LIVE, TRANSFERRED
from relto.services.texts import LONGEST_REASON, read_choice, read_file_name, read_text

MAX_READERS = 50
_NUMBER = re.compile(r"\AREL-\d{4}-\d{4,8}\Z")
_UUID = re.compile(r"\A[0-9A-Za-z][0-9A-Za-z._:-]{0,35}\Z")
_MEDIA_TYPE_LONGEST = 128
_LARGEST_CRC32 = 2**32 - 1


@dataclass(frozen=True, slots=True, repr=False)
class HomeSide:
    """What a joint item's release says of the sender's side: facility and readers there, and the manifest for them.

    The recipient's service holds a share of that manifest, and serves it when its authority accepted the item.
    """

    facility: str
    readers: tuple[tuple[str, str], ...]
    manifest: bytes
    registration: bytes

    def as_body(self) -> dict[str, Json]:
        """The member `home` of the message."""
        return {
            "facility": self.facility,
            "readers": _written(self.readers),
            "manifest": base64.b64encode(self.manifest).decode("ascii"),
            "registration": read_object(self.registration),
        }


@dataclass(frozen=True, slots=True, repr=False)
class ReleaseMessage:
    """One release as sent. `registration` is the signed statement's envelope; `label` as label_as_dict wrote it.

    `home` is there for a joint item only.
    """

    release: str
    number: str
    uuid: str
    title: str
    file_name: str
    media_type: str
    programme: str
    label: dict[str, Json]
    export_controlled: bool
    facility: str
    purpose: str
    mode: str
    channel: str
    readers: tuple[tuple[str, str], ...]
    manifest: bytes
    registration: bytes
    payload_crc32: int
    home: HomeSide | None = None

    def as_body(self) -> dict[str, Json]:
        """The message's body."""
        body: dict[str, Json] = {
            "release": self.release,
            "number": self.number,
            "item": {
                "uuid": self.uuid,
                "title": self.title,
                "file_name": self.file_name,
                "media_type": self.media_type,
                "programme": self.programme,
                "label": self.label,
                "export_controlled": self.export_controlled,
            },
            "facility": self.facility,
            "purpose": self.purpose,
            "mode": self.mode,
            "channel": self.channel,
            "readers": _written(self.readers),
            "manifest": base64.b64encode(self.manifest).decode("ascii"),
            "registration": read_object(self.registration),
            "payload_crc32": self.payload_crc32,
        }
        if self.home is not None:
            body["home"] = self.home.as_body()
        return body


def read_release_message(body: Mapping[str, Json]) -> ReleaseMessage:
    """Read the body of a "release". Raises MalformedInput, TooLarge or UnknownValue naming the member."""
    item, registration = _object(body, "item"), _object(body, "registration")
    number, crc32 = body.get("number"), body.get("payload_crc32")
    if not isinstance(number, str) or not _NUMBER.match(number):
        raise MalformedInput("release.number", field="number", expected="a number such as REL-2026-0001")
    if type(crc32) is not int or not 0 <= crc32 <= _LARGEST_CRC32:
        raise MalformedInput("release.crc32", field="payload_crc32", expected="an unsigned 32-bit number")
    uuid, export_controlled = item.get("uuid"), item.get("export_controlled")
    if not isinstance(uuid, str) or not _UUID.match(uuid):
        raise MalformedInput("release.uuid", field="item.uuid", expected="an identifier such as a UUID")
    if not isinstance(export_controlled, bool):
        raise MalformedInput("release.item", field="item.export_controlled", expected="true or false")
    return ReleaseMessage(
        release=read_id(body.get("release"), "rel", field="release"),
        number=number,
        uuid=uuid,
        title=read_text(item.get("title"), field="item.title"),
        file_name=read_file_name(item.get("file_name"), field="item.file_name"),
        media_type=read_text(item.get("media_type"), field="item.media_type", longest=_MEDIA_TYPE_LONGEST),
        programme=read_code(item.get("programme"), field="item.programme"),
        label=_object(item, "label"),
        export_controlled=export_controlled,
        facility=read_code(body.get("facility"), field="facility"),
        purpose=read_text(body.get("purpose"), field="purpose", longest=LONGEST_REASON),
        mode=read_choice(body.get("mode"), (LIVE, TRANSFERRED), field="mode"),
        channel=read_text(body.get("channel"), field="channel", longest=16),
        readers=_readers(body.get("readers")),
        manifest=_manifest(body.get("manifest")),
        registration=canonical_bytes(registration),
        payload_crc32=crc32,
        home=_home(_object(body, "home")) if "home" in body else None,
    )


def _home(value: Mapping[str, Json]) -> HomeSide:
    return HomeSide(
        facility=read_code(value.get("facility"), field="home.facility"),
        readers=_readers(value.get("readers"), field="home.readers"),
        manifest=_manifest(value.get("manifest"), field="home.manifest"),
        registration=canonical_bytes(_object(value, "registration")),
    )


def _written(readers: tuple[tuple[str, str], ...]) -> list[Json]:
    return [{"pseudonym": pseudonym, "reason": reason} for pseudonym, reason in readers]


def _readers(value: Json, *, field: str = "readers") -> tuple[tuple[str, str], ...]:
    if not isinstance(value, list) or not 0 < len(value) <= MAX_READERS:
        raise MalformedInput("release.readers", field=field, expected=f"1 to {MAX_READERS} readers")
    found = {}
    for entry in value:
        if not isinstance(entry, dict):
            raise MalformedInput("release.readers", field=field, expected="objects with pseudonym and reason")
        pseudonym = read_id(entry.get("pseudonym"), "prs", field=f"{field}.pseudonym")
        found[pseudonym] = read_text(entry.get("reason"), field=f"{field}.reason", longest=LONGEST_REASON)
    if len(found) != len(value):
        raise MalformedInput("release.readers", field=field, expected="each reader once")
    return tuple(found.items())


def _manifest(value: Json, *, field: str = "manifest") -> bytes:
    try:
        data = base64.b64decode(value, validate=True) if isinstance(value, str) else b""
    except binascii.Error:
        data = b""
    if not 0 < len(data) <= MAX_MANIFEST:
        raise MalformedInput("release.manifest", field=field, expected="the manifest in base64")
    return data


def _object(holder: Mapping[str, Json], name: str) -> dict[str, Json]:
    value = holder.get(name)
    if not isinstance(value, dict):
        raise MalformedInput("release.member", field=name, expected="an object")
    return value
