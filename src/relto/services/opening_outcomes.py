"""What an own opening leaves here once the partner's node answered: a share that came, a refusal, or "not now".

A share that came is entered with what names it on both nodes: the request's id and digest, the decision under which it
was asked, the item, and the request's end. The partner enters the same for the share that it let go; reconciliation
compares the two, and one without the other is a finding (design.md section 2).
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from relto.base.canonical import Json, sha256_hex
from relto.base.errors import MalformedInput, NotVerified, Unreachable
from relto.base.instants import instant_text
from relto.ledger.leaves import LeafEvent
from relto.ports.partners import LinkAnswer
from relto.services.book import enter
from relto.services.house import House
from relto.services.opening_message import ON_ITS_WAY, OpeningRequest, read_answer
from relto.signing.envelope import read_envelope
from relto.signing.keys import StatementPublicKey


def named_on_both(request: OpeningRequest) -> dict[str, Json]:
    """The details by which both nodes name one opening; id and digest stand in the entry itself."""
    return {"uuid": request.item, "asked_under": request.decision, "expires": instant_text(request.expires)}


def enter_share(house: House, request: OpeningRequest, envelope: bytes, *, partner: str, company: str | None) -> None:
    """Enter that the partner's share came, in a step of its own; `envelope`: the request as it was signed."""
    digest = sha256_hex(read_envelope(envelope, max_bytes=len(envelope)).payload)

    def step() -> None:
        enter(
            house,
            LeafEvent.OPENING_SHARE_RECEIVED,
            actor=partner,
            subject=request.id,
            company=company,
            details={"pseudonym": request.pseudonym, **named_on_both(request)},
            links={"request": digest},
            at=house.now(),
        )

    house.commit(step)


def enter_refusal(
    house: House, request: OpeningRequest, code: str, *, partner: str, company: str | None, item: str
) -> None:
    """Enter that the partner refused its share, in a step of its own."""

    def step() -> None:
        enter(
            house,
            LeafEvent.OPENING_PARTNER_REFUSED,
            actor=partner,
            subject=request.decision,
            company=company,
            details={"code": code, "item": item, "request": request.id},
            at=house.now(),
        )

    house.commit(step)


def not_now(told: LinkAnswer, *, request: bytes, trusted: Iterable[StatementPublicKey]) -> Unreachable:
    """Why the partner cannot answer now, as far as it says so over its signature; it decided nothing.

    Its key service, witness or clock is not fit, or what the question names has not reached it yet.
    """
    with suppress(NotVerified, MalformedInput):
        code = read_answer(told.envelope, request=request, trusted=trusted).code
        if code == Unreachable(ON_ITS_WAY).full_code:
            return Unreachable(ON_ITS_WAY, field="assurance", expected="an assurance that has arrived; ask again")
    return Unreachable("partner", field="partner", found=told.status, expected="a partner that answers")
