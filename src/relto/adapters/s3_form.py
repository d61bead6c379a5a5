"""How a blob lies in an S3 store: the ciphertext, then what tells every damage of it.

    object = ciphertext | SHA-256 of each 1 MiB block | magic (16) | size (8, big-endian) | SHA-256 of all | seal (32)
    seal   = SHA-256("relto blob" | 0 | name | 0 | size | SHA-256 of all | block digests)

Promises: one object, so that there is never one half without the other; a range is compared by the blocks it touches
before a byte of it is handed out; an object that was put under another blob's name is told by its seal. The seal finds
accidents and changes behind the node's back; who can change the object can make a new one: then the container's own
authentication at opening, and the digest in the node's records, say it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from hmac import compare_digest
from typing import Final

from relto.base.errors import NotVerified

BLOCK: Final = 1024 * 1024
_MAGIC: Final = b"relto blob v1\0\0\0"
_DIGEST: Final = 32
FOOTER: Final = len(_MAGIC) + 8 + 2 * _DIGEST


@dataclass(frozen=True, slots=True)
class BlobForm:
    """What the end of an object says: size in bytes and lower-case hex SHA-256 of the ciphertext, and its blocks'."""

    size: int
    sha256: str
    blocks: bytes

    def check(self, number: int, block: bytes) -> None:
        """Raise NotVerified("blob_digest") unless these are the bytes of block `number` (from 0)."""
        stated = self.blocks[number * _DIGEST : (number + 1) * _DIGEST]
        if not compare_digest(hashlib.sha256(block).digest(), stated):
            raise changed()


class FormWriter:
    """Counts the ciphertext as it passes."""

    def __init__(self) -> None:
        """Nothing passed yet."""
        self._whole = hashlib.sha256()
        self._block = hashlib.sha256()
        self._in_block = 0
        self._blocks = bytearray()
        self.size = 0

    def update(self, chunk: bytes | memoryview) -> None:
        """The next bytes."""
        rest = memoryview(chunk)
        self._whole.update(rest)
        self.size += len(rest)
        while rest:
            piece = rest[: BLOCK - self._in_block]
            self._block.update(piece)
            self._in_block += len(piece)
            rest = rest[len(piece) :]
            if self._in_block == BLOCK:
                self._end_block()

    def finish(self) -> BlobForm:
        """What passed."""
        if self._in_block:
            self._end_block()
        return BlobForm(self.size, self._whole.hexdigest(), bytes(self._blocks))

    def _end_block(self) -> None:
        self._blocks += self._block.digest()
        self._block, self._in_block = hashlib.sha256(), 0


def write_form(name: str, form: BlobForm) -> bytes:
    """What stands behind the ciphertext."""
    size, whole = form.size.to_bytes(8, "big"), bytes.fromhex(form.sha256)
    return form.blocks + _MAGIC + size + whole + _seal(name, size, whole, form.blocks)


def form_length(footer: bytes) -> int:
    """How many bytes stand behind the ciphertext, by the last `FOOTER` of the object. Raises NotVerified."""
    if len(footer) != FOOTER or not footer.startswith(_MAGIC):
        raise changed()
    size = int.from_bytes(footer[len(_MAGIC) : len(_MAGIC) + 8], "big")
    return -(-size // BLOCK) * _DIGEST + FOOTER


def read_form(name: str, behind: bytes, object_size: int) -> BlobForm:
    """What the end of the blob's object says. Raises NotVerified("blob_digest") unless it belongs to this object."""
    footer, blocks = behind[-FOOTER:], behind[:-FOOTER]
    if form_length(footer) != len(behind):
        raise changed()
    size = footer[len(_MAGIC) : len(_MAGIC) + 8]
    whole, seal = footer[-2 * _DIGEST : -_DIGEST], footer[-_DIGEST:]
    if not compare_digest(seal, _seal(name, size, whole, blocks)):
        raise changed()
    form = BlobForm(int.from_bytes(size, "big"), whole.hex(), blocks)
    if object_size != form.size + len(behind):
        raise changed()
    return form


def changed() -> NotVerified:
    """The object is not the one that was written."""
    return NotVerified("blob_digest", field="blob", expected="the bytes that were stored")


def _seal(name: str, size: bytes, whole: bytes, blocks: bytes) -> bytes:
    return hashlib.sha256(b"\0".join((b"relto blob", name.encode("ascii"), size + whole + blocks))).digest()
