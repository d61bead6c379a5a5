"""Proposals as the authority's people read them: versions, redline, comments, silence, proofs, and what is next.

Nobody of a company reads the negotiation. What is shown is what was said and what follows from it at this instant
(`relto.alignment.proposal_standing`); the impact on this node's own holdings is asked for separately
(`proposing.weigh`), and stays at home.
"""

from __future__ import annotations

from relto.alignment.bundle_changes import content_of, value_at
from relto.alignment.comment_matrix import version_of
from relto.alignment.proposal_standing import (
    AGREED,
    CLOSED,
    VersionFacts,
    VersionStanding,
    before_signing,
    standing_of,
)
from relto.alignment.proposals import Proposal
from relto.alignment.redline import redline
from relto.alignment.rehearsals import read_rehearsed
from relto.alignment.shared_record import PROPOSAL, REHEARSED, Said
from relto.base.canonical import Json
from relto.base.errors import NotAvailable
from relto.procedures.actors import Actor, Role
from relto.rules.manifest import read_proposed
from relto.services import active_bundle
from relto.services.alignment import reading
from relto.services.alignment.proposal_facts import ProposalFacts, facts_of, visible_proposals
from relto.services.alignment.proposal_values import (
    ChangeView,
    DraftView,
    ProposalDetail,
    ProposalRow,
    RehearsalView,
    VersionView,
)
from relto.services.alignment.reading import Note
from relto.services.house import House
from relto.store.queries.alignment import READERS, entry_of, notes
from relto.store.queries.proposals import bundle_file
from relto.store.queries.weighing import WEIGHERS

__all__ = [
    "ChangeView",
    "DraftView",
    "ProposalDetail",
    "ProposalRow",
    "RehearsalView",
    "VersionView",
    "proposal",
    "proposal_facts",
    "proposals",
    "row_of",
]


def proposals(house: House, actor: Actor, *, topic: str = "", state: str = "") -> list[ProposalRow]:
    """The proposals, the oldest first; of one topic or state when named. Raises Refused("role")."""
    actor.require(*READERS)
    rows = [row_of(facts) for facts in facts_of(house, actor, visible_proposals(actor, topic).values())]
    return [row for row in rows if state in {"", row.state}]


def proposal(house: House, actor: Actor, entry: str, *, digest: str = "", against: str = "") -> ProposalDetail:
    """One proposal whole. `digest`: the version to show, without it the leading one; `against`: what to compare.

    Without `against` it is compared with the version before it on its line, of a first one with the other nation's
    newest. Raises Refused("role"), NotAvailable("alignment") for what is no proposal or has no such version.
    """
    actor.require(*READERS)
    facts = proposal_facts(house, actor, entry)
    shown = facts.leading if not digest else _version(facts, digest)
    compared = _version(facts, against) if against else _before(facts, shown)
    known = facts.facts(shown)
    stands = standing_of(known, facts.agreed, facts.parties, facts.at)
    content = facts.proposals[shown.digest]
    old = facts.proposals[compared.digest].clauses if compared else ()
    divergences = tuple(reading.named(house, actor, content.divergences))
    bundle = active_bundle.active(house, facts.at)
    held = {one.entry for one in divergences}
    return ProposalDetail(
        row=row_of(facts, shown=stands if shown == facts.leading else None),
        shown=_version_view(facts, shown, stands.state),
        proposal=content,
        compared=_version_view(facts, compared) if compared else None,
        versions=tuple(
            _version_view(facts, one.version, stands.state if one.version == shown else "") for one in facts.versions
        ),
        redline=redline(old, content.clauses),
        changes=_changes(content),
        obstacles=stands.obstacles,
        turns=stands.turns,
        silence=known.silence,
        proofs=tuple(known.proofs[nation] for nation in sorted(known.proofs)),
        rehearsals=_rehearsals(facts, known.draft.digest if known.draft else ""),
        remarks=facts.remarks,
        draft=_draft(known),
        agreed=facts.agreed,
        carried=known.carried,
        divergences=divergences,
        provisions=tuple(bundle.provisions[one] for one in content.provisions if one in bundle.provisions),
        missing=tuple(one for one in content.divergences if one not in held)
        + tuple(one for one in content.provisions if one not in bundle.provisions),
        notes=tuple(Note(row.id, row.text, row.at) for row in notes(actor, entry)),
        may=_may(facts, known, stands, actor),
    )


def row_of(facts: ProposalFacts, *, shown: VersionStanding | None = None) -> ProposalRow:
    """The row of one proposal. `shown`: how the leading version stands, when the whole answer is known already."""
    leading, entry = facts.leading, facts.entry
    known = facts.facts(leading, deep=False)
    stands = shown or standing_of(known, facts.agreed, facts.parties, facts.at)
    return ProposalRow(
        entry=entry.entry,
        title=known.proposal.title,
        topic=known.proposal.topic,
        state=stands.state,
        line=leading.nation,
        number=leading.number,
        digest=leading.digest,
        opened_by=entry.opened_by,
        opened=entry.opened,
        changed=entry.changed,
        days=max(0, (facts.at - entry.opened).days),
        disputed=facts.agreed is None and len(facts.rivals) > 1,
        is_executable=known.proposal.is_executable,
        signed=tuple(known.signed),
        silence_until=known.silence.last_day,
        blocking=tuple(dict.fromkeys(one.code for one in stands.obstacles if one.blocks)),
        warnings=tuple(dict.fromkeys(one.code for one in stands.obstacles if not one.blocks)),
        turns=stands.turns,
        unresolved=sum(one.resolution is None for one in facts.remarks),
        bundle=known.carried.version if known.carried else None,
    )


def proposal_facts(house: House, actor: Actor, entry: str) -> ProposalFacts:
    """What is known of one proposal. Raises NotAvailable("alignment")."""
    found = entry_of(entry)
    if found is None or found.kind != PROPOSAL:
        raise NotAvailable("alignment", field="entry")
    return facts_of(house, actor, [found], about=entry)[0]


def _version(facts: ProposalFacts, digest: str) -> Said:
    found = version_of(facts.entry, digest)
    if found is None:
        raise NotAvailable("alignment", field="digest")
    return found


def _before(facts: ProposalFacts, shown: Said) -> Said | None:
    """What a reader compares first: the version before on the same line, of a first one the other nation's newest."""
    if shown.number > 1:
        return facts.entry.lines[shown.nation][shown.number - 2]
    others = [one for nation, one in facts.entry.newest.items() if nation != shown.nation]
    return max(others, key=lambda one: (one.at, one.nation), default=None)


def _version_view(facts: ProposalFacts, version: Said, state: str = "") -> VersionView:
    signed = next(one for one in facts.versions if one.version.digest == version.digest)
    return VersionView(
        line=version.nation,
        number=version.number,
        digest=version.digest,
        at=version.at,
        word=facts.proposals[version.digest].word,
        state=state or facts.standing(version, deep=False).state,
        signed=signed.signed,
        superseded=signed.superseded,
    )


def _changes(content: Proposal) -> tuple[ChangeView, ...]:
    """Each operation beside what stands there before any of them; nothing of a base that is not held."""
    file = bundle_file(content.base) if content.base else None
    members = read_proposed(file)[1] if file is not None else {}
    read: dict[str, Json] = {}
    for one in content.change:
        if one.member in members and one.member not in read:
            read[one.member] = content_of(one.member, members[one.member])
    return tuple(ChangeView(one, value_at(read.get(one.member), one.path)) for one in content.change)


def _rehearsals(facts: ProposalFacts, draft: str) -> tuple[RehearsalView, ...]:
    found = [
        RehearsalView(said.nation, said.at, read_rehearsed(said.body), bool(draft) and said.body["draft"] == draft)
        for one in facts.spoken[REHEARSED]
        for line in one.lines.values()
        for said in line
    ]
    return tuple(sorted(found, key=lambda one: (one.at, one.by, one.rehearsed.report)))


def _draft(known: VersionFacts) -> DraftView | None:
    if known.draft is None:
        return None
    final = known.agreed is not None
    return DraftView(known.draft.digest, known.draft.refused, known.draft.field, known.draft.base_is_newest, final)


def _may(facts: ProposalFacts, known: VersionFacts, stands: VersionStanding, actor: Actor) -> tuple[str, ...]:
    """What the reader may do about the version shown; that a door offers nothing that would be refused."""
    own = facts.house.nation
    open_version = stands.state not in CLOSED and stands.state != AGREED
    drafted = known.draft is not None and not known.draft.refused
    found = {
        "weigh": drafted and bool(actor.roles.intersection(WEIGHERS)),
        "draft": drafted,
    }
    if actor.holds(Role.CO_CHAIR):
        found |= {
            "propose": facts.agreed is None,
            "withdraw": facts.agreed is None and own in {one.nation for one in facts.rivals},
            "take_position": open_version,
            "resolve": any(one.line == own for one in facts.remarks),
            "prove": drafted and open_version,
            "rehearse": drafted and open_version,
            "sign": open_version
            and own not in known.signed
            and not before_signing(stands.obstacles, own, known.signed),
            "take_back": open_version and own in known.signed,
        }
    return tuple(sorted(name for name, may in found.items() if may))
