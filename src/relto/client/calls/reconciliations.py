"""Do the two registers agree?"""

from __future__ import annotations

from urllib.parse import urlencode

from relto.client.answers.reconciliations import Reconciliation, ReconciliationDetail
from relto.client.session import Session, part, read_reply
from relto.client.steps import Call, Reply, Request, Send, Steps, get, listed, post


def reconcile(programme: str, partner: str = "") -> Call[ReconciliationDetail]:
    """Compare the registers of a programme with the partner's now. Takes as long as both nodes need."""
    return post("/reconciliations", ReconciliationDetail, programme=programme, partner=partner)


def reconciliations(programme: str = "") -> Call[list[Reconciliation]]:
    """The comparisons that ended, newest first."""
    return listed(f"/reconciliations?{urlencode({'programme': programme})}", Reconciliation)


def reconciliation(run: str) -> Call[ReconciliationDetail]:
    """One comparison with its findings."""
    return get(f"/reconciliations/{part(run)}", ReconciliationDetail)


def reconciliation_certificate(_session: Session, run: str) -> Steps[bytes]:
    """The certificate as both nodes signed it: `relto.client.verification.verify_certificate` checks it offline."""
    reply: Reply = yield Send(Request("GET", f"/reconciliations/{part(run)}/certificate"))
    if reply.is_error:
        read_reply(reply)
    return reply.content
