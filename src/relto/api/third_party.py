"""Passing a received item on to a third nation: asked at the holder, answered by the originator, judged by rules."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Router, Status
from pydantic import Field

from relto.api.answers import ENTRY, Answer, Gate, Happening, plain
from relto.api.forms import Code, Form, Id, Moment, Names, NationCode, Reason
from relto.api.gates import first_sentence, gate_answers
from relto.api.release_answers import WithdrawalForm, detail
from relto.api.surroundings import caller, house, language_of
from relto.base.instants import Instant, read_instant
from relto.services import third_party, third_party_asking, third_party_retransfer

router = Router(tags=["third parties"])


class ThirdPartyItem(Answer):
    """The item that is asked about; `title` is empty for those who may not see it."""

    id: str
    uuid: str
    banner: str
    title: str


class ThirdPartyRequest(Answer):
    """A request to pass an item on. `direction`: made here, or received from the holder's node.

    `request` and `number` are the holder's, the same on both nodes. `recipient`: the third party's facility. The
    period `valid_…` is as asked for, `granted_…` as consented to. `waits_on`: roles, or node for the partner's answer.
    """

    id: str
    request: str
    number: str
    direction: str
    holder: str
    originator: str
    item: ThirdPartyItem
    nation: str
    recipient: str
    purpose: str
    valid_from: str
    valid_until: str
    state: str
    company: str
    asked_by: str
    asked_at: str
    forwarded_at: str | None
    decided_at: str | None
    granted_from: str | None
    granted_until: str | None
    retransferred_at: str | None
    reason: str
    waits_on: list[str]
    entries: dict[str, str]
    entry: str = ENTRY


class ThirdPartyDetail(ThirdPartyRequest):
    """A request with, at the holder, the gates of passing the item on as they stand now, and its history.

    `purpose_sha256`: the digest by which the originator's signed answer names the purpose.
    """

    purpose_sha256: str
    forwarded_by: str
    decided_by: str
    permitted_now: bool
    gates: list[Gate]
    bundle_version: int
    history: list[Happening]


class ThirdPartyForm(Form):
    """Which item may go to which facility of which nation, what for, and from when until when at the latest."""

    item: Id
    nation: NationCode
    recipient: Code
    purpose: Reason
    valid_from: Moment
    valid_until: Moment


class ForwardingForm(Form):
    """The holder's authority on a request of its own company."""

    outcome: Literal["forward", "decline"]
    reason: Reason


class ConsentForm(Form):
    """The originator's answer. The period may be narrower than was asked for, never wider; left out: as asked."""

    outcome: Literal["consent", "refuse"]
    reason: Reason
    valid_from: Moment | None = None
    valid_until: Moment | None = None


class RetransferForm(Form):
    """Why it is passed on now. `accepts` names each gate that needs acceptance (training nodes only)."""

    reason: Reason
    accepts: Annotated[Names, Field(default_factory=list)]


class RecipientForm(Form):
    """A facility of another nation."""

    nation: NationCode
    recipient: Code


class MayRetransfer(Answer):
    """Whether the item may be passed on now, as it was decided and recorded. `gates` stand against it."""

    permitted: bool
    reference: str
    bundle_version: int
    sentence: str
    gates: list[Gate]
    entry: str = ENTRY


@router.get("/third-party-requests", response=list[ThirdPartyRequest])
def list_third_party_requests(request: HttpRequest) -> list[dict[str, Any]]:
    """The requests that I may see, made here and received, oldest first."""
    return [plain(view) for view in third_party.third_party_requests(house(), caller(request))]


@router.post("/third-party-requests", response={201: ThirdPartyRequest})
def request_third_party(request: HttpRequest, body: ThirdPartyForm) -> Status[dict[str, Any]]:
    """Ask that a received item may be passed on to a third nation's facility (security officer)."""
    asked = third_party_asking.request_third_party(
        house(),
        caller(request),
        item=body.item,
        nation=body.nation,
        recipient=body.recipient,
        purpose=body.purpose,
        valid_from=read_instant(body.valid_from, field="valid_from"),
        valid_until=read_instant(body.valid_until, field="valid_until"),
    )
    return Status(201, plain(asked))


@router.get("/third-party-requests/{third_party_request}", response=ThirdPartyDetail)
def read_third_party_request(request: HttpRequest, third_party_request: Id) -> dict[str, Any]:
    """One request with its gates as they stand now, and its history."""
    found = third_party.third_party_request(house(), caller(request), third_party_request)
    return detail(found, language_of(request))


@router.post("/third-party-requests/{third_party_request}/forwarding", response=ThirdPartyDetail)
def forward_third_party(request: HttpRequest, third_party_request: Id, body: ForwardingForm) -> dict[str, Any]:
    """Forward a request to the originator's authority, or decline it (release officer of the holder)."""
    done = third_party.forward_third_party(
        house(), caller(request), third_party_request, outcome=body.outcome, reason=body.reason
    )
    return detail(done, language_of(request))


@router.post("/third-party-requests/{third_party_request}/decision", response=ThirdPartyDetail)
def decide_third_party(request: HttpRequest, third_party_request: Id, body: ConsentForm) -> dict[str, Any]:
    """Consent for this item, recipient, purpose and period, or refuse (release officer of the originator)."""
    done = third_party.decide_third_party(
        house(),
        caller(request),
        third_party_request,
        outcome=body.outcome,
        reason=body.reason,
        valid_from=_instant(body.valid_from, "valid_from"),
        valid_until=_instant(body.valid_until, "valid_until"),
    )
    return detail(done, language_of(request))


@router.post("/third-party-requests/{third_party_request}/withdrawal", response=ThirdPartyDetail)
def withdraw_consent(request: HttpRequest, third_party_request: Id, body: WithdrawalForm) -> dict[str, Any]:
    """Withdraw a consent (release officer of the originator); the holder's node is told."""
    done = third_party.withdraw_consent(house(), caller(request), third_party_request, reason=body.reason)
    return detail(done, language_of(request))


@router.post("/third-party-requests/{third_party_request}/retransfer", response=ThirdPartyDetail)
def retransfer(request: HttpRequest, third_party_request: Id, body: RetransferForm) -> dict[str, Any]:
    """Record that the item is passed on under its consent (release officer of the holder); gates are evaluated anew."""
    done = third_party_retransfer.retransfer(
        house(), caller(request), third_party_request, reason=body.reason, accepts=frozenset(body.accepts)
    )
    return detail(done, language_of(request))


@router.post("/items/{item}/may-retransfer", response=MayRetransfer)
def may_retransfer(request: HttpRequest, item: Id, body: RecipientForm) -> dict[str, Any]:
    """May this item be passed on to that facility now? Decided and recorded; nothing is sent (officers)."""
    view = third_party_retransfer.may_retransfer(
        house(), caller(request), item=item, nation=body.nation, recipient=body.recipient
    )
    standing = gate_answers(view.gates, view.bundle_version, language_of(request), "asker")
    return {**plain(view), "gates": standing, "sentence": first_sentence(standing)}


def _instant(text: str | None, field: str) -> Instant | None:
    return None if text is None else read_instant(text, field=field)
