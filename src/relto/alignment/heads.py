"""Which version of an entry is the one to read and sign, when each nation writes on its own line.

A version of a meeting or of an action names the version that its author had before her (`on`), of either line. So the
order of versions follows what people read, and never depends on two nodes' clocks. Rules enforced here:
 1. A version is overtaken by one that was written on it, directly or over others, and by a newer one of its own line.
 2. A nation that signs another version after it wrote its own lets its own go: both instants are of its own clock.
 3. What is left are the heads. More than one means that both nations wrote at once: both are kept and shown, and the
    one to read first is the later one by the clocks; nothing is merged.
"""

from __future__ import annotations

from collections.abc import Iterable

from relto.alignment.shared_record import Entry, Said
from relto.alignment.signatures import signed_versions


def heads(entry: Entry, signatures: Iterable[Entry] = ()) -> tuple[Said, ...]:
    """The versions that nothing has overtaken, the one to read first; never empty. `signatures`: about this entry."""
    newest = list(entry.newest.values())
    behind = {digest for one in newest for digest in _ancestors(entry, one)}
    left = [one for one in newest if one.digest not in behind] or newest
    signed = {one.version.digest: one.signed for one in signed_versions(entry, signatures)}
    kept = [
        one
        for one in left
        if not any(
            (since := signed[other.digest].get(one.nation)) is not None and since > one.at
            for other in left
            if other is not one
        )
    ] or left
    return tuple(sorted(kept, key=lambda said: (said.at, said.nation), reverse=True))


def _ancestors(entry: Entry, version: Said) -> set[str]:
    """The digests of the versions that this one was written on."""
    by_digest = {said.digest: said for line in entry.lines.values() for said in line}
    found: set[str] = set()
    ahead = [version]
    while ahead:
        one = ahead.pop()
        for digest in (one.previous, str(one.body.get("on", ""))):
            before = by_digest.get(digest)
            if before is not None and digest not in found and digest != version.digest:
                found.add(digest)
                ahead.append(before)
    return found
