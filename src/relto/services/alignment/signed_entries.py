"""Entries that both co-chairs sign, read together with the signatures under them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from relto.alignment.heads import heads
from relto.alignment.shared_record import SIGNATURE, Entry, Said
from relto.base.errors import Conflict
from relto.base.instants import Instant
from relto.base.nations import Nation
from relto.procedures.actors import Actor
from relto.store.queries.alignment import visible_entries


@dataclass(frozen=True, slots=True)
class LineVersion:
    """One version of a nation's line."""

    number: int
    at: Instant
    digest: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Line:
    """A nation's line, the newest version first."""

    nation: Nation
    versions: tuple[LineVersion, ...]


def entries_with_signatures(actor: Actor, kinds: Iterable[str], *, about: str = "") -> list[tuple[Entry, list[Entry]]]:
    """The entries of these kinds that the actor may read, each with the signature entries about it."""
    found = visible_entries(actor, kinds=kinds, about=about)
    signed: dict[str, list[Entry]] = {}
    for signature in visible_entries(actor, kinds=(SIGNATURE,)).values() if found else ():
        for said in signature.newest.values():
            signed.setdefault(str(said.body["about"]), []).append(signature)
    return [(entry, signed.get(identity, [])) for identity, entry in found.items()]


def lines_of(entry: Entry) -> tuple[Line, ...]:
    """Each nation's line."""
    return tuple(
        Line(nation, tuple(LineVersion(one.number, one.at, one.digest, one.body) for one in reversed(line)))
        for nation, line in entry.lines.items()
    )


def require_current(entry: Entry, signatures: Iterable[Entry], digest: str) -> Said:
    """The version to read, which has this digest when one is named. Raises Conflict("alignment.superseded")."""
    current = heads(entry, signatures)[0]
    if digest and current.digest != digest:
        raise Conflict("alignment.superseded", field="digest", expected="the newest version of this entry")
    return current
