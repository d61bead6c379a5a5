"""Courier bundles: the exchange of two nodes by removable media or a one-way link, both ways in one form.

Rules kept here (exchange rules, ledger_and_exchange section 11 "Courier bundles"):
 1. The manifest is a signed note of the sending node. It names both nations, the bundle's number and the SHA-384 of the
    manifest before it, so that the bundles of one direction are a chain without gaps; then every file with size and
    SHA-384. What the manifest does not name is no part of the bundle.
 2. Names are made of small letters, digits and hyphens, and each is the one name of what it holds: no paths, no two
    that differ in case. Number of files, their sizes and their sum are bounded.
 3. Messages come in the order of their sequence numbers; their answers, checkpoints, proofs, witness requests and
    witness answers beside them. Messages and answers are sealed for the recipient's key service; payloads are
    ciphertext as they are on the link.
 4. `expires` is for who handles the medium. Nothing is refused for its age; order is the numbers' (exchange rule 5).
 5. A number that was taken comes again with the same digest, or it contradicts what its sender signed. A number that
    comes too early is held until what is missing came.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import cast

from relto.base.canonical import Json, canonical_bytes, read_object
from relto.base.errors import Conflict, MalformedInput, NotVerified, TooLarge
from relto.base.instants import Instant, instant_text, read_instant
from relto.base.nations import Nation, read_nation
from relto.exchange.messages import LARGEST_MESSAGE, LARGEST_PAYLOAD
from relto.exchange.node_note import note_text, sign_node_note, verify_node_note
from relto.exchange.schemas import check
from relto.ledger.notes import LARGEST_NOTE_BYTES
from relto.signing.keys import StatementKey, StatementPublicKey

CURRENT_VERSION = 1
HEADING = "relto courier bundle v1"
SCHEMA = "courier-manifest"
MANIFEST = "manifest"
MOST_FILES = 1024
MOST_PAYLOADS = 32
SEAL_BYTES = 16
LARGEST_SMALL = LARGEST_MESSAGE + SEAL_BYTES
LARGEST_SMALL_TOTAL = 32 * 1024 * 1024
LARGEST_TOTAL = 2 * LARGEST_PAYLOAD
_NAME = re.compile(
    r"\A(?:(message|answer|proof)-([1-9][0-9]{0,14})|(payload)-([0-9a-f]{64})"
    r"|(checkpoint|witness-request|witness-answer))\Z"
)


class Carried(StrEnum):
    """What a file of a bundle holds."""

    MESSAGE = "message"
    PAYLOAD = "payload"
    ANSWER = "answer"
    CHECKPOINT = "checkpoint"
    PROOF = "proof"
    WITNESS_REQUEST = "witness-request"
    WITNESS_ANSWER = "witness-answer"


SEALED = frozenset({Carried.MESSAGE, Carried.ANSWER})


@dataclass(frozen=True, slots=True)
class CarriedFile:
    """One file of a bundle: its name, size in bytes and lower-case hex SHA-384."""

    name: str
    size: int
    sha384: str

    @property
    def kind(self) -> Carried:
        """What it holds. Raises MalformedInput("courier.name")."""
        return _read_name(self.name)[0]

    @property
    def number(self) -> int:
        """The sequence number of the message that it is, answers or proves; 0 for other kinds."""
        return _read_name(self.name)[1]

    @property
    def sha256(self) -> str:
        """The SHA-256 under which a payload is known; "" for other kinds."""
        return self.name.removeprefix("payload-") if self.kind is Carried.PAYLOAD else ""


def _read_name(name: str) -> tuple[Carried, int]:
    found = _NAME.match(name)
    if found is None:
        raise MalformedInput("courier.name", field="files", expected="the name of something that a bundle carries")
    numbered, number, payload, _, single = found.groups()
    return Carried(numbered or payload or single), int(number or 0)


def file_name(kind: Carried, about: int | str = "") -> str:
    """The one name of a file: `about` is a sequence number, or a payload's SHA-256. Raises MalformedInput."""
    name = f"{kind}-{about}" if about else str(kind)
    if _read_name(name)[0] is not kind:
        raise MalformedInput("courier.name", field="files", found=str(kind), expected="the name of such a file")
    return name


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a courier bundle says of itself; when it was read with keys, its signature by `sender` holds.

    `awaited`, `settled`: how both channels of messages stand with the sender; `taken`, `taken_digest`: the last courier
    bundle of the recipient that the sender took; `cosigned`: the size of the recipient's log that it cosigned last;
    `key`: the key access object of the content key; `digest`: lower-case hex SHA-384 of the signed text.
    """

    sender: Nation
    recipient: Nation
    number: int
    previous: str
    created: Instant
    expires: Instant
    awaited: int
    settled: int
    taken: int
    taken_digest: str
    cosigned: int
    key: Mapping[str, Json]
    files: tuple[CarriedFile, ...]
    digest: str = ""

    def of_kind(self, kind: Carried) -> tuple[CarriedFile, ...]:
        """The files of one kind, in the order of their numbers."""
        return tuple(sorted((file for file in self.files if file.kind is kind), key=lambda file: file.number))

    @property
    def size(self) -> int:
        """The bytes of all files."""
        return sum(file.size for file in self.files)


def write_manifest(manifest: Manifest, key: StatementKey) -> tuple[bytes, str]:
    """(note, digest) of a new bundle. Raises MalformedInput, TooLarge when it breaks a rule of its form."""
    body: dict[str, Json] = {
        "version": CURRENT_VERSION,
        "from": manifest.sender,
        "to": manifest.recipient,
        "number": manifest.number,
        "previous": manifest.previous,
        "created": instant_text(manifest.created),
        "expires": instant_text(manifest.expires),
        "channel": {"awaited": manifest.awaited, "settled": manifest.settled},
        "courier": {"number": manifest.taken, "digest": manifest.taken_digest},
        "cosigned": manifest.cosigned,
        "key": dict(manifest.key),
        "files": [{"name": one.name, "size": one.size, "sha384": one.sha384} for one in manifest.files],
    }
    check(SCHEMA, body)
    check_files(manifest.files)
    text = canonical_bytes(body).decode("ascii") + "\n"
    return sign_node_note(HEADING, text, key), _digest(text)


def _digest(text: str) -> str:
    return hashlib.sha384(f"{HEADING}\n{text}".encode("ascii")).hexdigest()


def stated_manifest(note: bytes) -> Manifest:
    """What a manifest says, not verified: to choose the keys that must have signed it, or to lay out a folder.

    Raises MalformedInput, TooLarge.
    """
    return _read(note_text(note, HEADING))


def read_manifest(note: bytes, *, sender: Nation, recipient: Nation, trusted: Iterable[StatementPublicKey]) -> Manifest:
    """The manifest that `sender`'s node signed for `recipient`.

    Raises NotVerified for a signature that does not hold or another pair of nations, MalformedInput, TooLarge.
    """
    found = _read(verify_node_note(note, HEADING, trusted))
    if (found.sender, found.recipient) != (sender, recipient):
        raise NotVerified("courier.channel", field="from", found=found.sender, expected=f"{sender} to {recipient}")
    return found


def _read(text: str) -> Manifest:
    line = text.removesuffix("\n")
    body = read_object(line, field=MANIFEST, max_bytes=LARGEST_NOTE_BYTES)
    check(SCHEMA, body)
    if canonical_bytes(body).decode("ascii") != line:
        raise MalformedInput("courier.manifest", field=MANIFEST, expected="canonical JSON in one line")
    channel, courier = (cast("dict[str, Json]", body[name]) for name in ("channel", "courier"))
    rows = cast("list[dict[str, Json]]", body["files"])
    files = tuple(
        CarriedFile(cast("str", row["name"]), cast("int", row["size"]), cast("str", row["sha384"])) for row in rows
    )
    check_files(files)
    return Manifest(
        sender=read_nation(body["from"], field="from"),
        recipient=read_nation(body["to"], field="to"),
        number=cast("int", body["number"]),
        previous=cast("str", body["previous"]),
        created=read_instant(body["created"], field="created"),
        expires=read_instant(body["expires"], field="expires"),
        awaited=cast("int", channel["awaited"]),
        settled=cast("int", channel["settled"]),
        taken=cast("int", courier["number"]),
        taken_digest=cast("str", courier["digest"]),
        cosigned=cast("int", body["cosigned"]),
        key=cast("dict[str, Json]", body["key"]),
        files=files,
        digest=_digest(text),
    )


def check_files(files: Sequence[CarriedFile]) -> None:
    """Raises MalformedInput, TooLarge unless names, numbers, sizes and sums are within the bounds of a bundle."""
    names = {file.name for file in files}
    if len(names) != len(files):
        raise MalformedInput("courier.name", field="files", expected="each name once")
    kinds = [file.kind for file in files]
    small = [file for file, kind in zip(files, kinds, strict=True) if kind is not Carried.PAYLOAD]
    bounds = (
        (len(files), MOST_FILES),
        (len(files) - len(small), MOST_PAYLOADS),
        (max((file.size for file in small), default=0), LARGEST_SMALL),
        (sum(file.size for file in small), LARGEST_SMALL_TOTAL),
        (max((file.size for file in files), default=0), LARGEST_PAYLOAD),
        (sum(file.size for file in files), LARGEST_TOTAL),
    )
    for found, most in bounds:
        if found > most:
            raise TooLarge("courier", field="files", found=found, expected=f"at most {most}")


class Verdict(StrEnum):
    """What a bundle with this number is, given what came before."""

    NEXT = "next"
    REPEAT = "repeat"
    EARLY = "early"


def verdict_on(manifest: Manifest, *, known: str | None, expected: int, last_digest: str) -> Verdict:
    """What to do with a verified bundle: take it now, answer as before, or hold it.

    `known`: the digest held under its number; `expected`: the number to be taken next; `last_digest`: of the bundle
    before that. Raises Conflict("courier.other_digest" or "courier.other_previous") for what contradicts its sender.
    """
    if known is not None and known != manifest.digest:
        raise Conflict("courier.other_digest", field="number", found=manifest.number, expected="one bundle of a number")
    if manifest.number == expected and manifest.previous != last_digest:
        raise Conflict(
            "courier.other_previous", field="previous", found=manifest.number, expected="the bundle before it"
        )
    if known is not None:
        return Verdict.REPEAT
    if manifest.number < expected:  # every lower number is known, so this sender has two chains
        raise Conflict("courier.other_digest", field="number", found=manifest.number, expected="one bundle of a number")
    return Verdict.NEXT if manifest.number == expected else Verdict.EARLY
