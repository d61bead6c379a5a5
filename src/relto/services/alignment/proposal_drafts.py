"""The drafts of proposals at this node: made from the bundle that each version names, kept in memory by its digest.

A version's digest covers its whole change and the digest of its base, so what was made once stays what it is. Nothing
is stored; a draft is no bundle before the authorities sign it and `services.bundles.submit_bundle` accepts it.
"""

from __future__ import annotations

from functools import lru_cache

from relto.alignment.next_bundle import draft_of, unsigned_digest
from relto.alignment.proposal_standing import Carried, DraftFact
from relto.alignment.proposals import Proposal
from relto.base.canonical import sha256_hex
from relto.base.errors import Conflict, ReltoError
from relto.base.instants import Instant
from relto.store.queries.proposals import HeldBundle, bundle_file, held_bundles

_KEPT = 32
_made: dict[str, bytes | ReltoError] = {}


def draft_file_of(digest: str, proposal: Proposal) -> bytes:
    """The unsigned next bundle of the version with this digest; its base need not be the newest.

    Raises Conflict("proposal.base_unknown") when this node never held its base, and as `next_bundle.draft_of`.
    """
    found = _made.get(digest)
    if found is None:
        base = _base(proposal)
        try:
            found = draft_of(base, proposal)
        except ReltoError as error:
            found = error
        while len(_made) >= _KEPT:
            _made.pop(next(iter(_made)), None)
        _made[digest] = found
    if isinstance(found, ReltoError):
        raise found.with_traceback(None)  # else each reader's frames would stay with the kept error
    return found


def require_draft(proposal: Proposal) -> None:
    """Raises as `draft_file_of` unless a draft follows from what is about to be tabled."""
    draft_of(_base(proposal), proposal)


def _base(proposal: Proposal) -> bytes:
    if not proposal.base:
        return b""
    found = bundle_file(proposal.base)
    if found is None:
        raise Conflict("proposal.base_unknown", field="base", expected="a bundle that this node accepted")
    return found


def draft_fact(digest: str, proposal: Proposal, newest: str) -> DraftFact | None:
    """What follows from a version here; None of a joint text alone. `newest`: the digest of the newest bundle."""
    if not proposal.is_executable:
        return None
    is_newest = proposal.base == newest
    try:
        return DraftFact(sha256_hex(draft_file_of(digest, proposal)), "", "", is_newest)
    except ReltoError as error:
        return DraftFact("", error.full_code, error.field or "", is_newest)


def newest_bundle() -> HeldBundle | None:
    """The bundle that a new one follows on: the newest that this node accepted, in force or not yet."""
    return next(reversed(held_bundles()), None)


def carried(proposal: Proposal, draft: str, held: list[HeldBundle], at: Instant) -> Carried | None:
    """The accepted bundle whose unsigned content is this draft; None while there is none.

    `held`: the bundles of this node, the oldest first; only the one that followed on the base can be it.
    """
    base = next((one for one in held if one.digest == proposal.base), None)
    found = None if base is None else next((one for one in held if one.version > base.version), None)
    if found is None or not draft or _unsigned_digest(found.digest) != draft:
        return None
    newer = [one for one in held if one.version > found.version and one.effective_from <= at]
    begun = found.effective_from <= at
    return Carried(found.version, found.digest, found.effective_from, begun and not newer, bool(newer))


@lru_cache(maxsize=64)
def _unsigned_digest(digest: str) -> str:
    file = bundle_file(digest)
    return "" if file is None else unsigned_digest(file)
