"""What a proposal's change does to the rules, difference by difference, as any two bundles are compared."""

from __future__ import annotations

from typing import Final

from relto.base.errors import ReltoError
from relto.procedures.actors import Actor
from relto.rules.comparing_bundles import MANIFEST, Change, compare_bundles
from relto.services.alignment.proposal_drafts import draft_file_of
from relto.services.alignment.proposal_values import ProposalDetail
from relto.services.house import House
from relto.store.queries.alignment import READERS
from relto.store.queries.proposals import bundle_file

_FOLLOWS: Final = frozenset({"bundle_version", "supersedes", "effective_from", "expires"})
"""Members of the manifest that differ in every next bundle, and are told elsewhere."""


def rule_changes(house: House, actor: Actor, detail: ProposalDetail) -> list[Change]:
    """The differences between the bundle that the shown version changes and its draft, in the order of the files.

    None of a joint text alone, of a base that this node does not hold, and where no draft follows. Raises
    Refused("role").
    """
    del house
    actor.require(*READERS)
    base = bundle_file(detail.proposal.base) if detail.proposal.is_executable else None
    if base is None:
        return []
    try:
        draft = draft_file_of(detail.shown.digest, detail.proposal)
    except ReltoError:
        return []
    found = compare_bundles(base, draft)
    return [one for one in found if not (one.part == MANIFEST and one.place and one.place[0] in _FOLLOWS)]
