"""Proposals of the working group: read them, table a version, answer, resolve, prove, weigh, fetch the next bundle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from relto.client.answers.alignment import Told
from relto.client.answers.proposals import ProposalInList, ProposalProof, ProposalWhole
from relto.client.answers.reading import read_answer
from relto.client.answers.rule_impact import RuleImpact
from relto.client.calls.agreement import OCTETS
from relto.client.session import Session, part, read_reply
from relto.client.steps import Call, Reply, Request, Send, Steps, get, listed, post

_PROPOSALS = "/alignment/proposals"


def proposals(*, topic: str = "", state: str = "") -> Call[list[ProposalInList]]:
    """The proposals, the oldest first; of one topic or state when named."""
    return listed(f"{_PROPOSALS}?{urlencode({'topic': topic, 'state': state})}", ProposalInList)


def proposal(entry: str, *, digest: str = "", against: str = "") -> Call[ProposalWhole]:
    """One proposal whole: the version of `digest` (the leading one), compared with that of `against`."""
    return get(f"{_PROPOSALS}/{part(entry)}?{urlencode({'digest': digest, 'against': against})}", ProposalWhole)


def propose(  # noqa: PLR0913  a proposal has this many independent parts
    title: str,
    topic: str,
    *,
    clauses: Sequence[Mapping[str, Any]] = (),
    change: Sequence[Mapping[str, Any]] = (),
    base: str = "",
    effective_from: str = "",
    expires: str = "",
    divergences: Sequence[str] = (),
    provisions: Sequence[str] = (),
    forms: Sequence[str] = (),
    limits: Sequence[str] = (),
    silence_days: int = 14,
    silence_count: str = "calendar_days",
    entry: str = "",
) -> Call[Told]:
    """Table a proposal, or with `entry` the next version of the own line; instants are RFC 3339 texts in UTC."""
    return post(
        _PROPOSALS,
        Told,
        title=title,
        topic=topic,
        clauses=[dict(one) for one in clauses],
        change=[dict(one) for one in change],
        base=base,
        effective_from=effective_from,
        expires=expires,
        divergences=list(divergences),
        provisions=list(provisions),
        forms=list(forms),
        limits=list(limits),
        silence_days=silence_days,
        silence_count=silence_count,
        entry=entry,
    )


def withdraw_proposal(entry: str) -> Call[Told]:
    """Withdraw the own line of a proposal."""
    return post(f"{_PROPOSALS}/{part(entry)}/withdrawal", Told)


def take_position(entry: str, digest: str, position: str, reason: str = "") -> Call[Told]:
    """Say of a version that the nation objects, with a reason, or that it does not (no_objection)."""
    return post(f"{_PROPOSALS}/{part(entry)}/positions", Told, digest=digest, position=position, reason=reason)


def resolve_comment(comment: str, resolution: str, reason: str = "", taken_in: str = "") -> Call[Told]:
    """Say what became of a comment on the own line: accepted, accepted_in_part, rejected or noted."""
    return post(
        f"/alignment/comments/{part(comment)}/resolution",
        Told,
        resolution=resolution,
        reason=reason,
        taken_in=taken_in,
    )


def prove_proposal(entry: str, digest: str = "") -> Call[ProposalProof]:
    """Have the node prove a version's draft, and tell the partner the result."""
    return post(f"{_PROPOSALS}/{part(entry)}/proofs", ProposalProof, digest=digest)


def weigh_proposal(entry: str, digest: str = "") -> Call[RuleImpact]:
    """What a version's draft would change on this node's holdings; nothing is told."""
    return get(f"{_PROPOSALS}/{part(entry)}/impact?{urlencode({'digest': digest})}", RuleImpact)


def proposal_draft(_session: Session, entry: str, digest: str = "") -> Steps[bytes]:
    """The unsigned next bundle of a version, byte for byte the same on both nodes."""
    asked = f"?{urlencode({'digest': digest})}" if digest else ""
    reply: Reply = yield Send(Request("GET", f"{_PROPOSALS}/{part(entry)}/draft{asked}"))
    if reply.is_error:
        read_reply(reply)
    return reply.content


def attach_rehearsal(entry: str, report: bytes) -> Call[Told]:
    """Tell what a rehearsal of the proposal's draft showed, from its after-action report."""
    request = Request("POST", f"{_PROPOSALS}/{part(entry)}/rehearsals", content=report, headers=OCTETS)
    return Call(request, lambda value: read_answer(Told, value))
