"""What the partner answers about a release: its node's technical answer, then its authority's custody receipt."""

from __future__ import annotations

from collections.abc import Mapping

from relto.base.canonical import Json
from relto.base.errors import Conflict, MalformedInput, NotAvailable, NotVerified
from relto.base.instants import Instant
from relto.base.nations import Nation
from relto.exchange.answers import LinkRefusal, Receipt
from relto.ledger.leaves import LeafEvent
from relto.ports.surroundings import StoredBlob
from relto.procedures.release import ACCEPTED, RELEASE, RETURNED, SENT, WITHDRAWN
from relto.procedures.table import advance
from relto.services.book import enter
from relto.services.custody import read_custody_receipt
from relto.services.house import House
from relto.store.models import ReleaseCase


def release_settled(house: House, message_id: str, answer: Receipt | LinkRefusal, at: Instant) -> None:
    """The partner's node answered a release message; inside the step that stores and enters its answer.

    What was withdrawn meanwhile stays so; that it was delivered is a fact all the same.
    """
    del house
    row = ReleaseCase.objects.select_for_update().filter(message=message_id).first()
    if row is None:
        return
    if not isinstance(answer, Receipt):
        if row.state == WITHDRAWN:
            return
        row.state = advance(RELEASE, row.state, "reject", actor=None, held={"final_refusal"})
        row.save(update_fields=["state"])
        return
    if row.state == SENT:
        row.state = advance(RELEASE, row.state, "deliver", actor=None, held={"technical_receipt"})
    row.delivered_at = at
    row.save(update_fields=["state", "delivered_at"])


def receive_acceptance(  # noqa: PLR0917  the form of services.receiving.Handler
    house: House, sender: Nation, body: Mapping[str, Json], message_id: str, payload: StoredBlob | None, at: Instant
) -> None:
    """Take the partner's custody receipt (message kind "acceptance"), inside the receiving step.

    One that crossed a withdrawal on its way is kept as a fact and changes no state.
    """
    if payload is not None:
        raise MalformedInput("acceptance.payload", field="payload", expected="no payload")
    receipt = read_custody_receipt(house, sender, body, at)
    row = locked_case(receipt.release)
    if row is None or row.nation != sender or row.manifest is None:
        raise NotAvailable("release", field="release")
    sent = (row.number, row.item.uuid, row.manifest.policy_uuid, row.mode)
    if sent != (receipt.number, receipt.item, receipt.policy, receipt.mode):
        raise NotVerified("custody.release", field="release", expected="the release as it was sent")
    step = "accept" if receipt.accepted else "return"
    if row.state != WITHDRAWN:
        row.state = advance(RELEASE, row.state, step, actor=None, held={"custody_receipt"})
    elif row.custody_at is not None:
        raise Conflict("state", field="release", found=row.state, expected="one custody receipt of a release")
    row.custody_at, row.control_number = at, receipt.control_number
    row.save(update_fields=["state", "custody_at", "control_number"])
    enter(
        house,
        LeafEvent.ACCEPTANCE_RECEIPTED,
        actor=sender,
        subject=row.id,
        company=row.company,
        details={"outcome": ACCEPTED if receipt.accepted else RETURNED, "control_number": receipt.control_number},
        links={"message": message_id, "receipt": receipt.digest},
        at=at,
    )


def locked_case(case_id: str) -> ReleaseCase | None:
    """The case, locked until the step ends."""
    rows = ReleaseCase.objects.select_for_update(of=("self",)).select_related("item", "manifest")
    return rows.filter(id=case_id).first()
