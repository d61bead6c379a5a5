"""Third-party requests and their answers between two nodes, each one message, each one entry on either side.

Rules enforced here:
 1. A request is taken for an own item only, which its sender holds under a release that it accepted; an item that is
    unknown, somebody else's, or was withdrawn from it looks the same: not available.
 2. The answer is a signed statement of the originator's node, which names request, item, nation, recipient, the
    purpose by its digest, and the period. It counts only for the request that says exactly the same, was made here and
    was sent to that originator; a period wider than asked for is no consent.
 3. An answer is taken once: what no longer waits is not answered, and a withdrawn consent never comes back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from relto.base.canonical import Json, canonical_bytes, read_object, sha256_hex
from relto.base.countries import read_country
from relto.base.errors import Conflict, MalformedInput, NotAvailable, NotVerified, UnknownValue
from relto.base.ids import read_code, read_id
from relto.base.instants import Instant, instant_text, read_instant
from relto.base.nations import Nation
from relto.exchange.answers import LinkRefusal, Receipt
from relto.exchange.schemas import check
from relto.ledger.leaves import LeafEvent
from relto.ports.surroundings import StoredBlob
from relto.procedures import release
from relto.procedures.table import advance
from relto.procedures.third_party import FORWARDED, THIRD_PARTY
from relto.services import active_bundle
from relto.services.book import enter
from relto.services.house import House
from relto.services.texts import LONGEST_REASON, read_period, read_text
from relto.services.third_party_view import purpose_digest
from relto.signing.envelope import read_envelope
from relto.signing.statements import read_statement, sign_statement
from relto.store.models import Item, ThirdPartyRequest
from relto.store.queries.narrowing import narrow
from relto.store.queries.third_party import MADE, RECEIVED

STATEMENT = "third-party-consent"
REQUEST, ANSWER = "third-party-request", "third-party-answer"
CONSENT, REFUSE, WITHDRAWN = "consent", "refuse", "withdrawn"
_STEPS = {CONSENT: "receive_consent", REFUSE: "receive_refusal", WITHDRAWN: "receive_withdrawal"}


@dataclass(frozen=True, slots=True)
class Answer:
    """The originator's answer as it was signed. A refusal has no period. `digest` is that of the statement."""

    request: str
    named: Mapping[str, Json]
    outcome: str
    valid_from: Instant | None
    valid_until: Instant | None
    envelope: bytes
    digest: str


def request_body(row: ThirdPartyRequest) -> dict[str, Json]:
    """The body of the message "third-party-request"."""
    return {
        "request": row.request,
        "number": row.number,
        "item": row.item.uuid,
        "nation": row.nation,
        "recipient": row.recipient,
        "purpose": row.purpose,
        "valid_from": instant_text(row.valid_from),
        "valid_until": instant_text(row.valid_until),
        "asked_at": instant_text(row.asked_at),
    }


def sign_answer(house: House, row: ThirdPartyRequest, outcome: str, at: Instant) -> bytes:
    """The originator's signed statement on a request, with the period that `row` grants."""
    statement: dict[str, Json] = {
        **_named(row),
        "outcome": outcome,
        "valid_from": instant_text(row.granted_from) if row.granted_from is not None else None,
        "valid_until": instant_text(row.granted_until) if row.granted_until is not None else None,
        "role": "release_officer",
        "decided_at": instant_text(at),
    }
    check(STATEMENT, statement)
    return sign_statement(STATEMENT, 1, statement, [house.node_key])


def statement_digest(envelope: bytes) -> str:
    """The digest of what was signed: the same that the reader of the statement enters."""
    return sha256_hex(read_envelope(envelope, max_bytes=len(envelope)).payload)


def answer_body(envelope: bytes) -> dict[str, Json]:
    """The body of the message "third-party-answer"."""
    return {"statement": read_object(envelope)}


def receive_third_party_request(  # noqa: PLR0917  the form of services.receiving.Handler
    house: House, sender: Nation, body: Mapping[str, Json], message_id: str, payload: StoredBlob | None, at: Instant
) -> None:
    """Take a holder's request (message kind "third-party-request"), inside the receiving step."""
    if payload is not None:
        raise MalformedInput("third_party.payload", field="payload", expected="no payload")
    if sender not in active_bundle.active(house, at).parties:
        raise Conflict("no_agreement", field="from", expected="a party of the agreement in force")
    request = read_id(body.get("request"), "tpr", field="request")
    nation = read_country(body.get("nation"))
    if nation in {sender, house.nation}:
        raise UnknownValue("third_nation", field="nation", expected="a nation that neither holds nor owns the item")
    valid_from, valid_until = read_period(
        read_instant(body.get("valid_from"), field="valid_from"),
        read_instant(body.get("valid_until"), field="valid_until"),
    )
    item = Item.objects.filter(uuid=str(body.get("item")), held_as="own").first()
    held = item is not None and item.release_cases.filter(nation=sender, state=release.ACCEPTED).exists()
    if item is None or not held:
        raise NotAvailable("item", field="item")
    number = str(body.get("number"))
    known = ThirdPartyRequest.objects.filter(holder=sender, direction=RECEIVED)
    if known.filter(request=request).exists() or known.filter(number=number).exists():
        raise Conflict("third_party_request", field="request", expected="a request that did not come before")
    row = ThirdPartyRequest.objects.create(
        id=house.new_id("tpr"),
        request=request,
        direction=RECEIVED,
        number=number,
        holder=sender,
        originator=house.nation,
        item=item,
        nation=nation,
        recipient=read_code(body.get("recipient"), field="recipient"),
        purpose=read_text(body.get("purpose"), field="purpose", longest=LONGEST_REASON),
        valid_from=valid_from,
        valid_until=valid_until,
        state=FORWARDED,
        company=item.company_id or "",
        asked_at=read_instant(body.get("asked_at"), field="asked_at"),
        forwarded_at=at,
        message=message_id,
    )
    enter(
        house,
        LeafEvent.THIRD_PARTY_RECEIVED,
        actor=sender,
        subject=row.id,
        company=row.company,
        details={"request": request, "item": item.id, "nation": nation, "recipient": row.recipient},
        links={"message": message_id},
        at=at,
    )


def receive_third_party_answer(  # noqa: PLR0917  the form of services.receiving.Handler
    house: House, sender: Nation, body: Mapping[str, Json], message_id: str, payload: StoredBlob | None, at: Instant
) -> None:
    """Take the originator's answer (message kind "third-party-answer"), inside the receiving step."""
    if payload is not None:
        raise MalformedInput("third_party.payload", field="payload", expected="no payload")
    answer = _read_answer(house, sender, body, at)
    rows = ThirdPartyRequest.objects.select_for_update(of=("self",)).select_related("item")
    row = rows.filter(request=answer.request, direction=MADE, originator=sender).first()
    if row is None:
        raise NotAvailable("third_party_request", field="request")
    for name, value in _named(row).items():
        if answer.named.get(name) != value:
            raise NotVerified("third_party.request", field=name, expected="what was asked for")
    if answer.outcome == CONSENT:
        if answer.valid_from is None or answer.valid_until is None:
            raise MalformedInput("third_party.period", field="valid_until", expected="the period of the consent")
        if not row.valid_from <= answer.valid_from < answer.valid_until <= row.valid_until:
            raise NotVerified("third_party.period", field="valid_until", expected="no more than was asked for")
        row.granted_from, row.granted_until = answer.valid_from, answer.valid_until
    row.state = advance(THIRD_PARTY, row.state, _STEPS[answer.outcome], actor=None, held={"originator_signed"})
    row.consent, row.decided_at = answer.envelope, at
    row.save()
    if answer.outcome == WITHDRAWN:
        narrow()
    enter(
        house,
        LeafEvent.THIRD_PARTY_ANSWERED,
        actor=sender,
        subject=row.id,
        company=row.company,
        details={"outcome": answer.outcome, "number": row.number},
        links={"message": message_id, "statement": answer.digest},
        at=at,
    )


def request_settled(house: House, message_id: str, answer: Receipt | LinkRefusal, at: Instant) -> None:
    """The originator's node answered a request's message; one that it will not take is refused."""
    del house
    row = ThirdPartyRequest.objects.select_for_update().filter(message=message_id, direction=MADE).first()
    if row is None or isinstance(answer, Receipt):
        return
    row.state = advance(THIRD_PARTY, row.state, "reject", actor=None, held={"final_refusal"})
    row.decided_at = at
    row.save(update_fields=["state", "decided_at"])


def _named(row: ThirdPartyRequest) -> dict[str, Json]:
    """What an answer must say of its request, on both nodes the same."""
    return {
        "originator": row.originator,
        "holder": row.holder,
        "request": row.request,
        "number": row.number,
        "item": row.item.uuid,
        "nation": row.nation,
        "recipient": row.recipient,
        "purpose_sha256": purpose_digest(row.purpose),
    }


def _read_answer(house: House, sender: Nation, body: Mapping[str, Json], at: Instant) -> Answer:
    """The statement that the sender's node signed for this one. Raises MalformedInput, NotVerified, Conflict."""
    parties = active_bundle.active(house, at).parties
    if sender not in parties:
        raise Conflict("no_agreement", field="from", expected="a party of the agreement in force")
    envelope = body.get("statement")
    if not isinstance(envelope, dict):
        raise MalformedInput("third_party.statement", field="statement", expected="a signed statement")
    signed = canonical_bytes(envelope)
    found = read_statement(signed, kind=STATEMENT, versions=(1,), trusted=parties[sender].node_keys)
    stated = found.body
    check(STATEMENT, stated)
    if (stated["originator"], stated["holder"]) != (sender, house.nation):
        raise NotVerified("third_party.parties", field="originator", expected=f"{sender} to {house.nation}")
    return Answer(
        request=read_id(stated["request"], "tpr", field="request"),
        named=stated,
        outcome=str(stated["outcome"]),
        valid_from=_instant(stated, "valid_from"),
        valid_until=_instant(stated, "valid_until"),
        envelope=signed,
        digest=found.digest,
    )


def _instant(stated: Mapping[str, Json], field: str) -> Instant | None:
    return None if stated[field] is None else read_instant(stated[field], field=field)
