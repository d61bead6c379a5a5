"""What this node knows of a proposal, gathered from the shared record: for the view, for signing, for the agenda.

One reading of the record serves any number of proposals. A version's draft is made only where the whole answer needs
it (`deep`); in a list its digest is the one that this nation's own proof stated.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from relto.alignment.comment_matrix import Remark, matrix
from relto.alignment.proofs_told import proofs_of
from relto.alignment.proposal_standing import DraftFact, VersionFacts, VersionStanding, standing_of
from relto.alignment.proposals import Proposal, read_proposal
from relto.alignment.shared_record import (
    COMMENT,
    POSITION,
    PROPOSAL,
    PROVEN,
    REHEARSED,
    RESOLUTION,
    SIGNATURE,
    Entry,
    Said,
)
from relto.alignment.signatures import Agreed, SignedVersion, agreed, signed_versions
from relto.alignment.silence import silence
from relto.base.instants import Instant
from relto.base.nations import Nation
from relto.procedures.actors import Actor
from relto.services import active_bundle
from relto.services.alignment.acknowledged import taken
from relto.services.alignment.proposal_drafts import carried, draft_fact
from relto.services.house import House
from relto.store.queries.alignment import visible_entries
from relto.store.queries.proposals import HeldBundle, held_bundles

_ABOUT_PROPOSALS = (SIGNATURE, POSITION, PROVEN, REHEARSED, COMMENT)


@dataclass(frozen=True)
class ProposalFacts:
    """A proposal whole, at one instant. `spoken`: kind -> the entries of that kind about it.

    `taken`: version -> when each nation's node took it, of the versions whose days matter still.
    """

    entry: Entry
    proposals: Mapping[str, Proposal]
    versions: tuple[SignedVersion, ...]
    agreed: Agreed | None
    spoken: Mapping[str, tuple[Entry, ...]]
    remarks: tuple[Remark, ...]
    parties: tuple[Nation, ...]
    held: tuple[HeldBundle, ...]
    taken: Mapping[str, Mapping[Nation, Instant]]
    house: House
    at: Instant

    @property
    def leading(self) -> Said:
        """The version to look at first: the agreed one, else the last one tabled that stands, else the last one."""
        every = {one.version.digest: one.version for one in self.versions}
        if self.agreed is not None:
            return every[self.agreed.digest]
        newest = sorted(self.entry.newest.values(), key=lambda one: (one.at, one.nation))
        standing = [one for one in newest if self.proposals[one.digest].word != "withdrawn"]
        return (standing or newest)[-1]

    @property
    def rivals(self) -> tuple[Said, ...]:
        """The newest version of each line that is not withdrawn: more than one when both nations have a draft."""
        return tuple(one for one in self.entry.newest.values() if self.proposals[one.digest].word != "withdrawn")

    def facts(self, version: Said, *, deep: bool = True) -> VersionFacts:
        """All that is known of one version."""
        proposal = self.proposals[version.digest]
        signed = next(one for one in self.versions if one.version.digest == version.digest)
        proofs = proofs_of(version, self.spoken[PROVEN])
        told = proofs.get(self.house.nation)
        newest = self.held[-1].digest if self.held else ""
        if deep or not proposal.is_executable:
            draft = draft_fact(version.digest, proposal, newest)
        else:
            draft = DraftFact(told.draft if told else "", "", "", proposal.base == newest)
        known = draft.digest if draft else ""
        return VersionFacts(
            version=version,
            proposal=proposal,
            newest_of_line=not signed.superseded,
            signed=signed.signed,
            agreed=self.agreed if self.agreed and self.agreed.digest == version.digest else None,
            silence=silence(
                self.entry,
                version,
                proposal,
                self.spoken[POSITION],
                parties=self.parties,
                taken=self._taken(version, deep=deep),
                signed=signed.signed,
                at=self.at,
            ),
            proofs=proofs,
            rehearsals=sum(one["draft"] == known for one in self.rehearsed()) if known else 0,
            remarks=self.remarks,
            draft=draft,
            carried=carried(proposal, known, list(self.held), self.at) if draft else None,
        )

    def standing(self, version: Said, *, deep: bool = True) -> VersionStanding:
        """How one version stands."""
        return standing_of(self.facts(version, deep=deep), self.agreed, self.parties, self.at)

    def rehearsed(self) -> list[Mapping[str, object]]:
        """The bodies of all rehearsals of this proposal, in no order."""
        return [said.body for one in self.spoken[REHEARSED] for line in one.lines.values() for said in line]

    def _taken(self, version: Said, *, deep: bool) -> Mapping[Nation, Instant]:
        """When each node took it; of an older version it is asked only for itself."""
        if deep and version.digest not in self.taken:
            return taken(self.house, (version,), self.parties)[version.digest]
        return self.taken.get(version.digest, {})


def facts_of(house: House, actor: Actor, found: Iterable[Entry], *, about: str = "") -> list[ProposalFacts]:
    """What is known of these proposals. `about`: the id of the one, when it is one."""
    now = house.now()
    spoken: dict[str, dict[str, list[Entry]]] = {}
    for one in visible_entries(actor, kinds=_ABOUT_PROPOSALS, about=about).values():
        subject = str(next(iter(one.newest.values())).body["about"])
        spoken.setdefault(subject, {}).setdefault(one.kind, []).append(one)
    resolutions = list(visible_entries(actor, kinds=(RESOLUTION,)).values())
    parties = tuple(sorted(active_bundle.active(house, now).parties))
    held = tuple(held_bundles())
    listed = [_gathered(one, spoken.get(one.entry, {}), resolutions, parties) for one in found]
    # The days of a version matter while nothing is agreed and no later one stands in its place.
    run = [one.version for _, versions, last, _, _ in listed if last is None for one in versions if not one.superseded]
    known = taken(house, run, parties)
    return [
        ProposalFacts(
            entry=entry,
            proposals={one.digest: read_proposal(one.body) for line in entry.lines.values() for one in line},
            versions=versions,
            agreed=last,
            spoken=by_kind,
            remarks=remarks,
            parties=parties,
            held=held,
            taken=known,
            house=house,
            at=now,
        )
        for entry, versions, last, by_kind, remarks in listed
    ]


_Gathered = tuple[Entry, tuple[SignedVersion, ...], Agreed | None, Mapping[str, tuple[Entry, ...]], tuple[Remark, ...]]


def _gathered(
    entry: Entry, spoken: Mapping[str, list[Entry]], resolutions: list[Entry], parties: tuple[Nation, ...]
) -> _Gathered:
    by_kind = {kind: tuple(spoken.get(kind, ())) for kind in _ABOUT_PROPOSALS}
    signatures = by_kind[SIGNATURE]
    every = agreed(entry, signatures, parties)
    remarks = matrix(entry, by_kind[COMMENT], resolutions)
    return entry, signed_versions(entry, signatures), every[-1] if every else None, by_kind, remarks


def visible_proposals(actor: Actor, topic: str = "") -> dict[str, Entry]:
    """The proposals that the actor may read, the oldest first; of one topic when named."""
    return visible_entries(actor, kinds=(PROPOSAL,), topic=topic)
