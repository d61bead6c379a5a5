"""Third parties: the holder asks, its authority forwards, the originator decides, the holder passes on."""

from __future__ import annotations

from collections.abc import Sequence

from relto.base.instants import Instant, instant_text
from relto.client.answers.third_party import MayRetransfer, ThirdPartyRequest, ThirdPartyRequestDetail
from relto.client.session import part
from relto.client.steps import Call, get, listed, post

_REQUESTS = "/third-party-requests"


def request_third_party(
    item: str, nation: str, recipient: str, *, purpose: str, valid_from: Instant, valid_until: Instant
) -> Call[ThirdPartyRequest]:
    """Ask that the originator consents to passing a received item on to `recipient`, a facility of a third nation."""
    return post(
        _REQUESTS,
        ThirdPartyRequest,
        item=item,
        nation=nation,
        recipient=recipient,
        purpose=purpose,
        valid_from=instant_text(valid_from),
        valid_until=instant_text(valid_until),
    )


def third_party_requests() -> Call[list[ThirdPartyRequest]]:
    """The requests I may see, made here and received from the partner."""
    return listed(_REQUESTS, ThirdPartyRequest)


def third_party_request(request: str) -> Call[ThirdPartyRequestDetail]:
    """One request with its history, and at the holder's node its gates as they stand now."""
    return get(f"{_REQUESTS}/{part(request)}", ThirdPartyRequestDetail)


def forward_third_party(request: str, outcome: str, reason: str) -> Call[ThirdPartyRequestDetail]:
    """Forward the request to the originator, or decline it."""
    return post(f"{_REQUESTS}/{part(request)}/forwarding", ThirdPartyRequestDetail, outcome=outcome, reason=reason)


def decide_third_party(
    request: str,
    outcome: str,
    reason: str,
    *,
    valid_from: Instant | None = None,
    valid_until: Instant | None = None,
) -> Call[ThirdPartyRequestDetail]:
    """Consent or refuse, at the originator's node; a period may narrow the one that was asked for, never widen it."""
    period = {"valid_from": valid_from, "valid_until": valid_until}
    stated = {name: instant_text(instant) for name, instant in period.items() if instant is not None}
    return post(
        f"{_REQUESTS}/{part(request)}/decision", ThirdPartyRequestDetail, outcome=outcome, reason=reason, **stated
    )


def withdraw_consent(request: str, reason: str) -> Call[ThirdPartyRequestDetail]:
    """Withdraw a consent, at the originator's node; what was passed on before is not recalled."""
    return post(f"{_REQUESTS}/{part(request)}/withdrawal", ThirdPartyRequestDetail, reason=reason)


def retransfer(request: str, reason: str, accepts: Sequence[str] = ()) -> Call[ThirdPartyRequestDetail]:
    """Pass the item on under the consent; every gate is evaluated anew, one that does not hold refuses."""
    return post(
        f"{_REQUESTS}/{part(request)}/retransfer", ThirdPartyRequestDetail, reason=reason, accepts=list(accepts)
    )


def may_retransfer(item: str, nation: str, recipient: str) -> Call[MayRetransfer]:
    """Whether a received item may go to this facility of a third nation now; decided and recorded, nothing is sent."""
    return post(f"/items/{part(item)}/may-retransfer", MayRetransfer, nation=nation, recipient=recipient)
