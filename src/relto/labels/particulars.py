"""What a label says about its own making: authority, succession, privacy mark, reason of compilation.

None of it decides who may read. Rules enforced here (labels.md sections 6, 7.5, 11; trap T11):
 1. The authority block names a person, and a label travels through ledgers, logs and errors: the label carries the
    kind of the block and the SHA-256 of its text, the document carries the block.
 2. A successor label is no second succession, and it applies only by the originator's word at a trusted time
    (`relto.labels.label_set.label_at`); nothing is downgraded by the clock alone.
 3. A join keeps a particular only when all its parts say the same: the derived document has an authority, a reason and
    a declassification of its own, which a person writes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from relto.base.canonical import sha256_hex
from relto.base.errors import MalformedInput
from relto.base.instants import Instant

if TYPE_CHECKING:
    from relto.labels.label import Label

AuthorityKind = Literal["original", "derivative"]
AUTHORITY_KINDS: Final[tuple[AuthorityKind, ...]] = ("original", "derivative")
MAX_PARTICULAR: Final = 512
_SHA256 = re.compile(r"\A[0-9a-f]{64}\Z")
_VERSION = re.compile(r"\A[0-9A-Za-z][0-9A-Za-z.-]{0,31}\Z")


@dataclass(frozen=True, slots=True)
class AuthorityReference:
    """Which classification authority block belongs to the label: its kind and the SHA-256 of its text in UTF-8."""

    kind: AuthorityKind
    sha256: str

    def __post_init__(self) -> None:
        """Raises MalformedInput for an unknown kind or a malformed digest."""
        if self.kind not in AUTHORITY_KINDS or not _SHA256.match(self.sha256):
            raise MalformedInput("label.authority", field="label.authority", expected="kind and SHA-256 of the block")


def authority_reference(kind: AuthorityKind, block: str) -> AuthorityReference:
    """The reference to a block's text as it stands on the document, line ends as newline."""
    text = block.replace("\r\n", "\n").strip()
    return AuthorityReference(kind, sha256_hex(text.encode("utf-8")))


@dataclass(frozen=True, slots=True)
class Succession:
    """From `at` on, the originator meant `successor` to stand."""

    at: Instant
    successor: Label


@dataclass(frozen=True, slots=True)
class Particulars:
    """`compilation_reason`: why the whole is above its portions; `expansion_version`: the table of groups used."""

    authority: AuthorityReference | None = None
    succession: Succession | None = None
    privacy_mark: str | None = None
    compilation_reason: str | None = None
    expansion_version: str | None = None

    def __post_init__(self) -> None:
        """Raises MalformedInput naming the particular that is not printable text of 1 to 512 signs."""
        for name in ("privacy_mark", "compilation_reason"):
            text = getattr(self, name)
            if text is not None and not (_plain(text) and len(text) <= MAX_PARTICULAR):
                raise MalformedInput(f"label.{name}", field=f"label.{name}", expected="1 to 512 printable characters")
        if self.expansion_version is not None and not _VERSION.match(self.expansion_version):
            raise MalformedInput("label.expansion_version", field="label.expansion_version", expected="a version")

    def __bool__(self) -> bool:
        """False when nothing is said."""
        return self is not NO_PARTICULARS and self != NO_PARTICULARS


NO_PARTICULARS: Final = Particulars()


def join_particulars(particulars: Sequence[Particulars]) -> Particulars:
    """Each particular that all of these share. At least one is given."""
    first, *others = particulars
    if all(other == first for other in others):
        return first
    names = ("authority", "succession", "privacy_mark", "compilation_reason", "expansion_version")
    shared = {n: getattr(first, n) for n in names if all(getattr(o, n) == getattr(first, n) for o in others)}
    return Particulars(**shared)


def _plain(text: str) -> bool:
    return bool(text) and text == text.strip() and text.isprintable()
