"""Both co-chairs sign, or nothing is agreed: which version of an entry carries every party's signature.

A signature is a statement of its nation about one version of one line, named by the digest of what that line's nation
signed. Either nation may sign any version: its own, or the other's. Promises: a version is agreed when every party's
signature stands on that very digest, and never by one nation alone; a signature under an older version says nothing
about the newer one, and one that completes an older version's after the newer was said agrees nothing; a signature may
be taken back as long as not every party's stands, and what was agreed stays agreed. Both nodes that hold the same
statements find the same, in whatever order they came.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from relto.alignment.shared_record import Entry, Said
from relto.base.errors import Conflict
from relto.base.instants import Instant
from relto.base.nations import Nation

SIGNED: Final = "signed"
TAKEN_BACK: Final = "taken_back"
WORDS: Final = (SIGNED, TAKEN_BACK)


@dataclass(frozen=True, slots=True)
class Agreed:
    """A version under which every party's signature stands: whose line, its number and digest, and since when."""

    nation: Nation
    number: int
    digest: str
    at: Instant


@dataclass(frozen=True, slots=True)
class SignedVersion:
    """One version of an entry and how it is signed: the nations whose newest word on it is a signature, since when.

    `superseded`: its line has a newer version.
    """

    version: Said
    signed: Mapping[Nation, Instant]
    superseded: bool


def body_of(about: str, version: Said, word: str) -> dict[str, Any]:
    """The body of a signature statement."""
    return {
        "about": about,
        "line": str(version.nation),
        "number": version.number,
        "digest": version.digest,
        "word": word,
    }


def require_version(about: Entry, said: Said) -> Said:
    """The version that a signature names. Raises Conflict("alignment.version") for one that the entry does not have."""
    for line in about.lines.values():
        for version in line:
            if (str(version.nation), version.number, version.digest) == _named(said):
                return version
    raise Conflict("alignment.version", field="digest", expected="a version of this entry")


def signed_versions(entry: Entry, signatures: Iterable[Entry]) -> tuple[SignedVersion, ...]:
    """Every version of the entry, each line's oldest first, with who signed it.

    `signatures`: the signature entries about this entry; others are passed over.
    """
    words = _words(entry, signatures)
    return tuple(
        SignedVersion(version, _standing(words.get(version.digest, ())), superseded=version is not versions[-1])
        for versions in entry.lines.values()
        for version in versions
    )


def agreed(entry: Entry, signatures: Iterable[Entry], parties: Sequence[Nation]) -> tuple[Agreed, ...]:
    """The versions that every party signed, in the order in which they became agreed; the last one is what holds."""
    words = _words(entry, signatures)
    found = []
    for versions in entry.lines.values():
        for version, newer in zip(versions, (*versions[1:], None), strict=True):
            at = _complete(words.get(version.digest, ()), parties)
            if at is not None and (newer is None or at < newer.at):
                found.append(Agreed(version.nation, version.number, version.digest, at))
    return tuple(sorted(found, key=lambda one: (one.at, one.nation, one.number)))


def _words(entry: Entry, signatures: Iterable[Entry]) -> dict[str, list[Said]]:
    """Version's digest -> the words on it in the order of their instants."""
    found: dict[str, list[Said]] = {}
    for one in signatures:
        for line in one.lines.values():
            for said in line:
                if said.body.get("about") == entry.entry:
                    found.setdefault(str(said.body["digest"]), []).append(said)
    for words in found.values():
        words.sort(key=lambda said: (said.at, said.nation, said.entry, said.number))
    return found


def _standing(words: Iterable[Said]) -> dict[Nation, Instant]:
    standing: dict[Nation, Instant] = {}
    for said in words:
        if said.body["word"] == SIGNED:
            standing.setdefault(said.nation, said.at)
        else:
            standing.pop(said.nation, None)
    return dict(sorted(standing.items()))


def _complete(words: Sequence[Said], parties: Sequence[Nation]) -> Instant | None:
    """When the last of every party's signatures stood beside all the others; None when they never did."""
    standing: set[Nation] = set()
    for said in words:
        standing = standing | {said.nation} if said.body["word"] == SIGNED else standing - {said.nation}
        if set(parties) <= standing:
            return said.at
    return None


def _named(said: Said) -> tuple[str, int, str]:
    return str(said.body["line"]), int(said.body["number"]), str(said.body["digest"])
