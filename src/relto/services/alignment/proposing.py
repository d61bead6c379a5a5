"""What a co-chair does about a proposal: table it, answer, resolve, prove, rehearse, draw up the next bundle.

Rules enforced here:
 1. A nation writes only its own line: a counter-draft is this nation's version of the same entry. What is agreed takes
    no further version.
 2. An executable change is made against the newest bundle that this node accepted, and is tabled only when the draft
    that follows from it holds together (`relto.alignment.next_bundle`).
 3. Each node proves for itself, and says what it found; the impact on its own holdings stays at home.
 4. Nothing here follows a bundle: the draft of an agreed version is signed by the authorities and submitted like any
    other (`services.bundles.submit_bundle`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from relto.alignment.comment_matrix import RESOLUTIONS, TAKING_IN, line_of, resolution_body, version_of
from relto.alignment.next_bundle import changes_of
from relto.alignment.proofs_told import PROVED, REFUTED, UNKNOWN, Case, proven_body
from relto.alignment.proposal_standing import AGREED, CLOSED
from relto.alignment.proposals import CALENDAR_DAYS, WITHDRAWN, Proposal, make_proposal
from relto.alignment.rehearsals import rehearsed_from
from relto.alignment.shared_record import (
    COMMENT,
    DIVERGENCE,
    POSITION,
    PROPOSAL,
    PROVEN,
    REHEARSED,
    RESOLUTION,
    Entry,
    Said,
)
from relto.alignment.silence import OBJECTS, POSITIONS, position_body
from relto.base.canonical import sha256_hex
from relto.base.errors import Conflict, MalformedInput, NotAvailable, UnknownValue, Unreachable
from relto.base.instants import Instant
from relto.procedures.actors import Actor, Role
from relto.procedures.packs.registry import procedures
from relto.rules.bundle import read_rules
from relto.rules.limits import known_limits
from relto.services import active_bundle, rule_impact, rule_proofs
from relto.services.alignment.proposal_drafts import draft_file_of, newest_bundle, require_draft
from relto.services.alignment.proposal_facts import ProposalFacts
from relto.services.alignment.proposals_view import proposal_facts
from relto.services.alignment.record import say
from relto.services.house import House
from relto.services.texts import LONGEST_REASON, read_text
from relto.store.queries.alignment import READERS, entry_of, visible_entries
from relto.store.queries.proposals import bundle_file
from relto.store.queries.weighing import WEIGHERS

DEFAULT_SILENCE_DAYS = 14


def propose(  # noqa: PLR0913  a proposal has this many independent parts
    house: House,
    actor: Actor,
    *,
    title: str,
    topic: str,
    clauses: Sequence[Mapping[str, Any]] = (),
    change: Sequence[Mapping[str, Any]] = (),
    draft: bytes = b"",
    effective_from: Instant | None = None,
    expires: Instant | None = None,
    divergences: Sequence[str] = (),
    provisions: Sequence[str] = (),
    forms: Sequence[str] = (),
    limits: Sequence[str] = (),
    silence_days: int = DEFAULT_SILENCE_DAYS,
    silence_count: str = CALENDAR_DAYS,
    base: str = "",
    entry: str = "",
) -> str:
    """Table a proposal, or the next version of the own line of `entry`; returns the entry's id.

    The change is given as operations (`change`: member, op, path, value), or as a `draft` made with the usual tools,
    from which operations and instants are read. `base`: the digest of the bundle that the author had before her; a
    change against another than the newest is refused. Neither instants nor a change: a joint text alone.

    Raises Refused("role"), NotAvailable("alignment"), Conflict("proposal.agreed"), Conflict("proposal.base"), what
    `make_proposal` and `next_bundle` raise, UnknownValue by field for a topic, provision, divergence, form or limit.
    """
    actor.require(Role.CO_CHAIR)
    operations = list(change)
    if draft:
        if operations:
            raise MalformedInput("proposal.draft", field="change", expected="operations or a draft, not both")
        operations, effective_from, expires = _of_draft(draft, effective_from, expires)
    executable = bool(operations) or effective_from is not None or expires is not None
    newest = newest_bundle() if executable else None
    if base and executable and (newest is None or newest.digest != base):
        raise Conflict("proposal.base", field="base", expected="the newest bundle that this node accepted")
    made = make_proposal(
        title=title,
        topic=topic,
        clauses=clauses,
        change=operations,
        base=newest.digest if newest else "",
        effective_from=effective_from,
        expires=expires,
        divergences=divergences,
        provisions=provisions,
        forms=forms,
        limits=limits,
        silence_days=silence_days,
        silence_count=silence_count,
    )
    _require_known(house, made)
    if entry:
        _require_open(proposal_facts(house, actor, entry))
    if made.is_executable:
        require_draft(made)
    return say(house, actor, PROPOSAL, made.body(), entry=entry)


def withdraw(house: House, actor: Actor, entry: str) -> str:
    """Withdraw the own line of a proposal; the other nation's stands. Returns the entry's id.

    Raises Refused("role"), NotAvailable("alignment"), Conflict("proposal.agreed"), Conflict("proposal.no_version").
    """
    actor.require(Role.CO_CHAIR)
    facts = proposal_facts(house, actor, entry)
    _require_open(facts)
    own = facts.entry.newest.get(house.nation)
    if own is None or facts.proposals[own.digest].word == WITHDRAWN:
        raise Conflict("proposal.no_version", field="entry", expected="a version of this nation that stands")
    said = replace(facts.proposals[own.digest], word=WITHDRAWN)
    return say(house, actor, PROPOSAL, said.body(), entry=entry)


def take_position(house: House, actor: Actor, entry: str, *, digest: str, position: str, reason: str = "") -> str:
    """Say of a version that this nation objects, with a reason, or does not; returns the position entry's id.

    Raises Refused("role"), NotAvailable("alignment"), UnknownValue("alignment.position"), MalformedInput,
    Conflict("alignment.superseded") for a version that is not on the table any more.
    """
    actor.require(Role.CO_CHAIR)
    if position not in POSITIONS:
        raise UnknownValue("alignment.position", field="position", expected=", ".join(POSITIONS))
    given = read_text(reason, field="reason", longest=LONGEST_REASON) if reason or position == OBJECTS else ""
    facts = proposal_facts(house, actor, entry)
    version = _open_version(facts, digest)
    body = position_body(entry, version, position, given)
    return say(house, actor, POSITION, body, entry=_own(house, facts.spoken[POSITION]))


def resolve_comment(
    house: House, actor: Actor, comment: str, *, resolution: str, reason: str = "", taken_in: str = ""
) -> str:
    """Say what became of a comment on this nation's line; returns the resolution entry's id.

    `taken_in`: the digest of the version that takes it in; the own newest one without it, when it was accepted. Raises
    Refused("role"), NotAvailable("alignment"), UnknownValue("alignment.resolution"), MalformedInput for a missing
    reason, Conflict("alignment.resolver") for a comment on another nation's line, Conflict("alignment.version").
    """
    actor.require(Role.CO_CHAIR)
    if resolution not in RESOLUTIONS:
        raise UnknownValue("alignment.resolution", field="resolution", expected=", ".join(RESOLUTIONS))
    takes = resolution in TAKING_IN
    given = read_text(reason, field="reason", longest=LONGEST_REASON) if reason or resolution != "accepted" else ""
    remark = entry_of(comment)
    if remark is None or remark.kind != COMMENT:
        raise NotAvailable("alignment", field="comment")
    body = next(iter(remark.newest.values())).body
    about = entry_of(str(body["about"]))
    if about is None:
        raise NotAvailable("alignment", field="comment")
    if line_of(about, body)[0] != house.nation:
        raise Conflict("alignment.resolver", field="comment", expected="a comment on this nation's own line")
    version = taken_in
    if takes and not taken_in and house.nation in about.newest:
        version = about.newest[house.nation].digest
    if version and (not takes or version_of(about, version) is None):
        raise Conflict("alignment.version", field="taken_in", expected="a version of this entry")
    before = visible_entries(actor, kinds=(RESOLUTION,), about=comment).values()
    said = resolution_body(comment, resolution, given, version)
    return say(house, actor, RESOLUTION, said, entry=_own(house, before))


def prove(house: House, actor: Actor, entry: str, *, digest: str = "") -> rule_proofs.ProofView | None:
    """Prove the draft of a version on this node, and tell the partner the result; the proof is for this node's readers.

    `digest`: the version, without it the leading one. None when the prover did not answer: the result is unknown.
    Raises Refused("role"), NotAvailable("alignment"), Conflict("alignment.superseded"), Conflict("proposal.base") for
    a change of rules that are not the newest any more, and what `next_bundle.draft_of` raises. MalformedInput of the
    prover ("consents.stale") is raised as it is, and nothing is said.
    """
    actor.require(Role.CO_CHAIR)
    facts, version = _chosen(house, actor, entry, digest)
    _open_version(facts, version.digest)
    proposal = facts.proposals[version.digest]
    file = draft_file_of(version.digest, proposal)
    _require_newest(proposal)
    try:
        view = rule_proofs.prove_draft(house, actor, file)
    except Unreachable:
        view = None
    body = proven_body(
        entry,
        version,
        draft=sha256_hex(file),
        result=_result(view),
        proof=view.digest if view else "",
        case=_first_case(view),
    )
    say(house, actor, PROVEN, body, entry=_own(house, facts.spoken[PROVEN]))
    return view


def weigh(house: House, actor: Actor, entry: str, *, digest: str = "") -> rule_impact.RuleImpact:
    """What the draft of a version would change on this node's holdings; nothing is recorded or told.

    Raises Refused("role"), NotAvailable("alignment"), and as `rule_impact.weigh_draft` and `next_bundle.draft_of`.
    """
    actor.require(*WEIGHERS)
    return rule_impact.weigh_draft(house, actor, draft_file(house, actor, entry, digest=digest))


def attach_rehearsal(house: House, actor: Actor, entry: str, report: bytes) -> str:
    """Tell what a rehearsal of this proposal's draft showed, from its after-action report; returns the entry's id.

    Raises Refused("role"), NotAvailable("alignment"), MalformedInput("rehearsal_report"),
    Conflict("proposal.rehearsed_other") for the report of another draft than those of the versions on the table.
    """
    actor.require(Role.CO_CHAIR)
    facts = proposal_facts(house, actor, entry)
    said = rehearsed_from(entry, report)
    drafts = {facts.facts(one).draft for one in (*facts.rivals, facts.leading)}
    if said.draft not in {one.digest for one in drafts if one is not None}:
        raise Conflict("proposal.rehearsed_other", field="report", expected="a rehearsal of this proposal's draft")
    return say(house, actor, REHEARSED, said.body())


def draft_file(house: House, actor: Actor, entry: str, *, digest: str = "") -> bytes:
    """The unsigned next bundle of a version (the leading one without `digest`), byte for byte the same on both nodes.

    Whether the version is agreed, so that the authorities may sign it, is told by the view; the bytes are the same.
    Raises Refused("role"), NotAvailable("alignment"), and as `next_bundle.draft_of`.
    """
    actor.require(*READERS)
    facts, version = _chosen(house, actor, entry, digest)
    return draft_file_of(version.digest, facts.proposals[version.digest])


def _of_draft(
    draft: bytes, effective_from: Instant | None, expires: Instant | None
) -> tuple[list[Mapping[str, Any]], Instant, Instant]:
    newest = newest_bundle()
    file = bundle_file(newest.digest) if newest else None
    if file is None:
        raise Conflict("no_agreement", field="draft", expected="an agreement bundle signed by both authorities")
    stated = read_rules(draft)
    changes = changes_of(file, draft)
    return [one.body() for one in changes], effective_from or stated.effective_from, expires or stated.expires


def _require_known(house: House, made: Proposal) -> None:
    """Whatever the proposal names is in the rule book in force, the record or the procedures of this node."""
    bundle = active_bundle.active(house)
    topics = {one.topic for one in bundle.provisions.values()}
    known = {
        "topic": ((made.topic,), topics),
        "provisions": (made.provisions, bundle.provisions.keys()),
        "forms": (made.forms, procedures()),
        "limits": (made.limits, known_limits()),
    }
    for field, (named, held) in known.items():
        if any(one not in held for one in named):
            raise UnknownValue("proposal.named", field=field, expected="codes that this node holds")
    for one in made.divergences:
        held_entry = entry_of(one)
        if held_entry is None or held_entry.kind != DIVERGENCE:
            raise NotAvailable("alignment", field="divergences")


def _require_open(facts: ProposalFacts) -> None:
    if facts.agreed is not None:
        raise Conflict("proposal.agreed", field="entry", expected="a proposal that is not agreed yet")


def _require_newest(proposal: Proposal) -> None:
    newest = newest_bundle()
    if newest is None or newest.digest != proposal.base:
        raise Conflict("proposal.base", field="base", expected="the newest bundle that this node accepted")


def _chosen(house: House, actor: Actor, entry: str, digest: str) -> tuple[ProposalFacts, Said]:
    facts = proposal_facts(house, actor, entry)
    version = version_of(facts.entry, digest) if digest else facts.leading
    if version is None:
        raise NotAvailable("alignment", field="digest")
    return facts, version


def _open_version(facts: ProposalFacts, digest: str) -> Said:
    """The version of this digest, which is on the table still."""
    version = version_of(facts.entry, digest)
    if version is None:
        raise NotAvailable("alignment", field="digest")
    state = facts.standing(version, deep=False).state
    if state in CLOSED or state == AGREED:
        raise Conflict("alignment.superseded", field="digest", found=state, expected="a version on the table")
    return version


def _own(house: House, spoken: Iterable[Entry]) -> str:
    """The entry of this nation among these, "" without one: its next word goes on the same line."""
    return next((one.entry for one in spoken if house.nation in one.lines), "")


def _result(view: rule_proofs.ProofView | None) -> str:
    if view is None or view.result not in {PROVED, REFUTED}:
        return UNKNOWN
    return view.result


def _first_case(view: rule_proofs.ProofView | None) -> Case | None:
    """The first counterexample as codes: nothing of a person, a facility or an item."""
    told = [(one, case) for one in view.obligations for case in one.cases] if view else []
    if not told:
        return None
    obligation, case = told[0]
    needed = tuple((piece.kind, piece.key) for piece in case.needed)
    return Case(case.action, obligation.originator, case.rules, needed)
