"""Proposals: a joint text and its change, in versions; positions, resolutions, each node's proof, the next bundle."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from ninja import Query, Router, Status
from pydantic import Field

from relto.alignment.bundle_changes import MOST_CHANGES
from relto.alignment.clauses import MOST_CLAUSES
from relto.alignment.proposals import CALENDAR_DAYS
from relto.alignment.rehearsals import LARGEST_REPORT
from relto.api.alignment import Told
from relto.api.answers import Answer
from relto.api.forms import Form, Id, Moment
from relto.api.proposal_answers import ProposalInList, ProposalWhole, row_answer, whole_answer
from relto.api.rule_impact import RuleImpact, impact_answer
from relto.api.rule_proofs import RuleProof, proof_answer
from relto.api.streams import BYTES_IN, bytes_out, file_answer, small_body
from relto.api.surroundings import caller, house, language_of
from relto.base.instants import read_instant
from relto.services.alignment import proposals_view, proposing
from relto.services.alignment.proposing import DEFAULT_SILENCE_DAYS

router = Router(tags=["alignment"])
_DRAFT_TYPE = "application/json"
Digest = Annotated[str, Field(max_length=64)]
Codes = Annotated[list[Annotated[str, Field(min_length=1, max_length=64)]], Field(max_length=64)]


class ClauseForm(Form):
    """A clause of the joint text. `text`: language (en, hi) -> its words."""

    code: Annotated[str, Field(min_length=1, max_length=16)]
    heading: Annotated[str, Field(max_length=200)] = ""
    text: Annotated[dict[Literal["en", "hi"], Annotated[str, Field(max_length=4000)]], Field(min_length=1)]


class ProposalForm(Form):
    """A proposal, or the next version of the own line of `entry`.

    `change`: operations (RFC 6902 add, remove, replace or test: member, op, path, value) on the members of the newest
    bundle that the node accepted; `base`: that bundle's digest, so that a change of an older one is refused.
    """

    title: Annotated[str, Field(min_length=1, max_length=200)]
    topic: Annotated[str, Field(min_length=1, max_length=32)]
    clauses: Annotated[list[ClauseForm], Field(max_length=MOST_CLAUSES)] = Field(default_factory=list)
    change: Annotated[list[dict[str, Any]], Field(max_length=MOST_CHANGES)] = Field(default_factory=list)
    base: Digest = ""
    effective_from: Moment | None = None
    expires: Moment | None = None
    divergences: Codes = Field(default_factory=list)
    provisions: Codes = Field(default_factory=list)
    forms: Codes = Field(default_factory=list)
    limits: Codes = Field(default_factory=list)
    silence_days: Annotated[int, Field(ge=1, le=365)] = DEFAULT_SILENCE_DAYS
    silence_count: Annotated[str, Field(max_length=16)] = CALENDAR_DAYS
    entry: Annotated[str, Field(max_length=32)] = ""


class PositionForm(Form):
    """What the nation says of a version: objects (with a reason) or no_objection."""

    digest: Annotated[str, Field(min_length=64, max_length=64)]
    position: Annotated[str, Field(min_length=1, max_length=16)]
    reason: Annotated[str, Field(max_length=2000)] = ""


class ResolutionForm(Form):
    """What became of a comment: accepted, accepted_in_part, rejected or noted. `taken_in`: digest of a version."""

    resolution: Annotated[str, Field(min_length=1, max_length=16)]
    reason: Annotated[str, Field(max_length=2000)] = ""
    taken_in: Digest = ""


class VersionForm(Form):
    """A version of a proposal by its digest; the leading one without it."""

    digest: Digest = ""


class SoughtProposals(Form):
    """Which proposals: each member narrows."""

    topic: Annotated[str, Field(max_length=32)] = ""
    state: Annotated[str, Field(max_length=16)] = ""


class SoughtVersion(Form):
    """Which version is shown, and with which it is compared; the leading one, and the one before it, without them."""

    digest: Digest = ""
    against: Digest = ""


class ProposalProof(Answer):
    """What this node's prover said; `proof` is null when it did not answer, and the result is unknown then."""

    entry: str
    result: str
    proof: RuleProof | None


@router.get("/alignment/proposals", response=list[ProposalInList])
def list_proposals(request: HttpRequest, asked: Query[SoughtProposals]) -> list[dict[str, Any]]:
    """Proposals, the oldest first (co-chair, release officer, registrar, inspector)."""
    found = proposals_view.proposals(house(), caller(request), topic=asked.topic, state=asked.state)
    return [row_answer(row) for row in found]


@router.post("/alignment/proposals", response={201: Told})
def propose(request: HttpRequest, body: ProposalForm) -> Status[dict[str, str]]:
    """Table a proposal, answer one with the own draft, or table the next version of the own line (co-chair)."""
    given = body.model_dump(exclude={"effective_from", "expires"})
    told = proposing.propose(
        house(),
        caller(request),
        **given,
        effective_from=read_instant(body.effective_from, field="effective_from") if body.effective_from else None,
        expires=read_instant(body.expires, field="expires") if body.expires else None,
    )
    return Status(201, {"entry": told})


@router.get("/alignment/proposals/{entry}", response=ProposalWhole)
def read_proposal(request: HttpRequest, entry: Id, asked: Query[SoughtVersion]) -> dict[str, Any]:
    """One proposal whole: versions, redline, comments, positions, proofs, rehearsals, what stands in the way."""
    found = proposals_view.proposal(house(), caller(request), entry, digest=asked.digest, against=asked.against)
    return whole_answer(found)


@router.post("/alignment/proposals/{entry}/withdrawal", response={201: Told})
def withdraw_proposal(request: HttpRequest, entry: Id) -> Status[dict[str, str]]:
    """Withdraw the own line of a proposal; the partner's stands (co-chair)."""
    return Status(201, {"entry": proposing.withdraw(house(), caller(request), entry)})


@router.post("/alignment/proposals/{entry}/positions", response={201: Told})
def take_position(request: HttpRequest, entry: Id, body: PositionForm) -> Status[dict[str, str]]:
    """Object to a version, with a reason, or say that the nation does not (co-chair)."""
    own, actor = house(), caller(request)
    proposing.take_position(own, actor, entry, digest=body.digest, position=body.position, reason=body.reason)
    return Status(201, {"entry": entry})


@router.post("/alignment/comments/{comment}/resolution", response={201: Told})
def resolve_comment(request: HttpRequest, comment: Id, body: ResolutionForm) -> Status[dict[str, str]]:
    """Say what became of a comment on the own line of a proposal (co-chair)."""
    told = proposing.resolve_comment(
        house(),
        caller(request),
        comment,
        resolution=body.resolution,
        reason=body.reason,
        taken_in=body.taken_in,
    )
    return Status(201, {"entry": told})


@router.post("/alignment/proposals/{entry}/proofs", response={201: ProposalProof})
def prove_proposal(request: HttpRequest, entry: Id, body: VersionForm) -> Status[dict[str, Any]]:
    """Prove a version's draft on this node and tell the partner the result (co-chair)."""
    view = proposing.prove(house(), caller(request), entry, digest=body.digest)
    proof = proof_answer(view) if view is not None else None
    return Status(201, {"entry": entry, "result": proof["result"] if proof else "unknown", "proof": proof})


@router.get("/alignment/proposals/{entry}/impact", response=RuleImpact)
def weigh_proposal(request: HttpRequest, entry: Id, asked: Query[VersionForm]) -> dict[str, Any]:
    """What a version's draft would change on this node's holdings (co-chair: counts; release officer, inspector)."""
    view = proposing.weigh(house(), caller(request), entry, digest=asked.digest)
    return impact_answer(view, language_of(request))


@router.get(
    "/alignment/proposals/{entry}/draft",
    openapi_extra=bytes_out(_DRAFT_TYPE, "The unsigned next bundle, byte for byte the same on both nodes."),
)
def read_proposal_draft(request: HttpRequest, entry: Id, asked: Query[VersionForm]) -> HttpResponseBase:
    """The unsigned next bundle that follows from a version: what both authorities sign once it is agreed."""
    data = proposing.draft_file(house(), caller(request), entry, digest=asked.digest)
    return file_answer(_once(data), _DRAFT_TYPE, "next-bundle.json", len(data))


@router.post("/alignment/proposals/{entry}/rehearsals", response={201: Told}, openapi_extra=BYTES_IN)
def attach_rehearsal(request: HttpRequest, entry: Id) -> Status[dict[str, str]]:
    """Tell what a rehearsal of this proposal's draft showed, from its after-action report (co-chair)."""
    actor = caller(request)
    proposing.attach_rehearsal(house(), actor, entry, small_body(request, LARGEST_REPORT))
    return Status(201, {"entry": entry})


def _once(data: bytes) -> Iterator[bytes]:
    yield data
