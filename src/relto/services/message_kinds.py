"""What each kind of message does: on arrival, and when the partner has answered it."""

from __future__ import annotations

from collections.abc import Mapping

from relto.services.alignment.record import receive_alignment
from relto.services.arrivals import receive_release
from relto.services.assurances import receive_assurance
from relto.services.dossiers.following import dossier_step_settled, receive_dossier_step
from relto.services.receiving import Handler
from relto.services.release_settling import receive_acceptance, release_settled
from relto.services.settling import Settled
from relto.services.third_party_messages import (
    receive_third_party_answer,
    receive_third_party_request,
    request_settled,
)
from relto.services.withdrawals import receive_disposition, receive_withdrawal

HANDLERS: Mapping[str, Handler] = {
    "assurance": receive_assurance,
    "release": receive_release,
    "acceptance": receive_acceptance,
    "withdrawal": receive_withdrawal,
    "disposition": receive_disposition,
    "third-party-request": receive_third_party_request,
    "third-party-answer": receive_third_party_answer,
    "dossier-step": receive_dossier_step,
    "alignment": receive_alignment,
}
SETTLED: Mapping[str, Settled] = {
    "release": release_settled,
    "third-party-request": request_settled,
    "dossier-step": dossier_step_settled,
}
