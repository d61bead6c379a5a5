"""The shared record of the working group: each nation speaks in its own line, nothing private is sent."""

from __future__ import annotations

import base64
from datetime import datetime, timedelta
from typing import Any

import pytest

from relto.base.canonical import Json, canonical_bytes, read_object
from relto.base.errors import NotAvailable, Refused
from relto.base.instants import instant_text
from relto.exchange.schemas import check
from relto.procedures.actors import Role
from relto.services.alignment import reading, record, saying
from relto.signing.envelope import read_envelope
from relto.signing.statements import read_statement, sign_statement
from relto.store.models import AlignmentStatement, LedgerEntry, OutboxMessage
from tests.support.houses import FACILITY, START, Node, nationhood
from tests.support.peer_simulator import Peer
from tests.unit.services.stories import sent_body

pytestmark = pytest.mark.django_db
PAIR = ["LIM-12", "LIM-34"]


def raised(node: Node, **changes: Any) -> str:
    """A divergence on the yearly inventory, raised by the node's co-chair."""
    asked: dict[str, Any] = {"question": "Who counts, and when?", "provisions": PAIR, "owner": "IND", **changes}
    return saying.raise_divergence(node.house, node.actor("co_chair"), **asked)


def related(node: Node, **changes: Any) -> str:
    """A reading of the two inventory provisions."""
    asked: dict[str, Any] = {
        "provisions": PAIR,
        "to": "IND",
        "relation": "stricter",
        "reason": "monthly",
        "confidence": "low",
    }
    return saying.relate(node.house, node.actor("co_chair"), **(asked | changes))


def heard(
    node: Node,
    peer: Peer,
    entry: str,
    body: dict[str, Any],
    *,
    kind: str = "divergence",
    number: int = 1,
    previous: str = "",
    nation: str = "",
    at: datetime = START,
) -> tuple[str, str]:
    """(the code of the answer, the digest) of what the partner's node said."""
    said: dict[str, Json] = {
        "entry": entry,
        "kind": kind,
        "nation": nation or str(peer.nation),
        "number": number,
        "previous": previous,
        "at": instant_text(at),
        "body": body,
    }
    key = nationhood(peer.nation).node
    envelope = sign_statement(record.STATEMENT, 1, said, [key])
    digest = read_statement(envelope, kind=record.STATEMENT, versions=(1,), trusted=[key.public]).digest
    return peer.code_of(peer.send(node.house, "alignment", {"statement": read_object(envelope)})), digest


def words_of(question: str = "Who counts?", owner: str = "IND", state: str = "open") -> dict[str, Any]:
    """What the partner says of the divergence."""
    return {
        "question": question,
        "topic": "register",
        "provisions": PAIR,
        "owner": owner,
        "options": [],
        "state": state,
    }


def shown(node: Node, entry: str) -> reading.EntryDetail:
    return reading.entry(node.house, node.actor("co_chair"), entry)


def test_a_divergence_is_signed_told_and_entered(usa: Node, india: Peer) -> None:
    entry = raised(usa, options=["count together", "accept both"])
    body = sent_body(usa, india, "alignment")
    payload = read_object(read_envelope(_bytes(body["statement"]), max_bytes=10**6).payload)
    assert (payload["entry"], payload["nation"], payload["number"], payload["previous"]) == (entry, "USA", 1, "")
    row = AlignmentStatement.objects.get()
    assert LedgerEntry.objects.filter(entry=row.ledger_entry).exists()
    view = shown(usa, entry).view
    assert (view.state, view.owner, view.opened_by, view.topic, view.days) == ("open", "IND", "USA", "register", 0)


def _bytes(envelope: object) -> bytes:
    assert isinstance(envelope, dict)
    return canonical_bytes(envelope)


def test_both_nations_words_are_kept_side_by_side_and_settled_only_by_both(usa: Node, india: Peer) -> None:
    entry = raised(usa, state="settled")
    assert shown(usa, entry).view.state == "open"
    code, digest = heard(usa, india, entry, words_of(owner="USA"))
    assert code == ""
    found = shown(usa, entry)
    assert (found.view.state, found.view.owner) == ("in_review", "")
    assert [(one.nation, one.body["owner"]) for one in found.words] == [("IND", "USA"), ("USA", "IND")]
    assert heard(usa, india, entry, words_of(state="settled"), number=2, previous=digest)[0] == ""
    assert shown(usa, entry).view.state == "settled"
    assert len(shown(usa, entry).words) == 3


def test_what_a_partner_may_not_say_changes_nothing(usa: Node, india: Peer) -> None:
    entry = raised(usa)
    code, digest = heard(usa, india, entry, words_of())
    assert code == ""
    again, _ = heard(usa, india, entry, words_of())
    assert again == ""
    refused = [
        heard(usa, india, entry, words_of("Another?")),
        heard(usa, india, entry, words_of("Next?"), number=3, previous=digest),
        heard(usa, india, entry, words_of("Next?"), number=2, previous="0" * 64),
        heard(usa, india, entry, words_of("In your name?"), number=2, previous="", nation="USA"),
        heard(
            usa, india, entry, {"about": entry, "clause": "", "text": "no"}, kind="comment", number=2, previous=digest
        ),
        heard(usa, india, "ale_" + "b" * 24, {"about": "ale_" + "c" * 24, "clause": "", "text": "x"}, kind="comment"),
        heard(usa, india, entry, {**words_of(), "state": "decided"}, number=2, previous=digest),
    ]
    assert [code for code, _ in refused] == [
        "conflict.alignment.contradicted",
        "conflict.alignment.order",
        "conflict.alignment.order",
        "malformed.alignment.nation",
        "conflict.alignment.kind",
        "not_available.alignment",
        "malformed.schema",
    ]
    assert len(shown(usa, entry).words) == 2


def test_a_relation_is_agreed_when_both_read_it_the_same_way(usa: Node, india: Peer) -> None:
    entry = related(usa)
    assert shown(usa, entry).view.state == "one_sided"
    own = AlignmentStatement.objects.get(entry=entry)
    mirrored = {**own.body, "of": "IND", "to": "USA", "relation": "looser", "reason": "yearly is enough"}
    check(
        record.STATEMENT,
        {"entry": entry, "kind": "relation", "nation": "IND", "number": 1, "previous": "", "at": "x", "body": mirrored},
    )
    assert heard(usa, india, entry, mirrored, kind="relation")[0] == ""
    assert shown(usa, entry).view.state == "agreed"
    (one, other), topics = reading.covered(usa.house, usa.actor("inspector"))
    register = next(topic for topic in topics if topic.topic == "register")
    assert (str(one), str(other)) == ("USA", "IND")
    assert ("stricter", "USA") in {(cell.word, cell.nation) for cell in register.cells}


def test_private_notes_never_leave_the_node(usa: Node) -> None:
    entry = raised(usa)
    saying.note(usa.house, usa.actor("co_chair"), entry=entry, text="our fallback is the second option")
    saying.comment(usa.house, usa.actor("co_chair"), about=entry, text="see chapter 5", clause="1")
    found = shown(usa, entry)
    assert [note.text for note in found.notes] == ["our fallback is the second option"]
    assert [one.body["text"] for one in found.comments] == ["see chapter 5"]
    sent = [bytes(row.envelope) for row in OutboxMessage.objects.filter(kind="alignment")]
    assert len(sent) == 2
    payloads = [read_envelope(one, max_bytes=10**6).payload for one in sent]
    inner = [read_object(payload)["body"]["statement"]["payload"] for payload in payloads]  # type: ignore[index, call-overload]
    assert not any(b"fallback" in base64.b64decode(one) for one in inner)  # type: ignore[arg-type]
    assert reading.entry(usa.house, usa.actor("inspector"), entry).notes == ()


def test_only_a_co_chair_speaks_and_companies_do_not_read_the_negotiation(usa: Node) -> None:
    entry = raised(usa)
    usa.add(
        "someone", Role.SECURITY_OFFICER, company=usa.actor("engineer").company, facility=FACILITY[usa.house.nation]
    )
    for who in ("release_officer", "inspector", "engineer", "someone"):
        with pytest.raises(Refused):
            saying.raise_divergence(usa.house, usa.actor(who), question="Q", provisions=PAIR, owner="IND", entry=entry)
    for who in ("engineer", "someone"):
        with pytest.raises(Refused):
            reading.record(usa.house, usa.actor(who))
    with pytest.raises(NotAvailable):
        related(usa, entry=entry)
    with pytest.raises(NotAvailable):
        raised(usa, entry="ale_" + "z" * 24)


def test_the_consequence_counts_decisions_that_rested_on_its_rules(usa: Node) -> None:
    entry = raised(usa)
    consequence = shown(usa, entry).consequence
    assert consequence is not None
    assert (consequence.weighed, consequence.touched, consequence.refused) == (0, 0, 0)


def test_the_record_is_listed_by_kind_topic_and_state(usa: Node) -> None:
    first, second = raised(usa), related(usa)
    chair = usa.actor("co_chair")
    assert {view.entry for view in reading.record(usa.house, chair)} == {first, second}
    assert [view.entry for view in reading.record(usa.house, chair, kind="relation")] == [second]
    assert [view.entry for view in reading.record(usa.house, chair, topic="register", state="open")] == [first]
    assert reading.record(usa.house, chair, topic="visit") == []


def test_nobody_becomes_the_opener_of_an_entry_by_an_earlier_date(usa: Node, india: Peer) -> None:
    """A partner that dates its answer before the question does not put its own question in the place of ours."""
    entry = raised(usa)
    for at in (START - timedelta(days=3000), START + timedelta(days=3000)):
        assert heard(usa, india, entry, words_of("Another question?"), at=at)[0] == "malformed.instant"
    view = shown(usa, entry).view
    assert (view.opened_by, view.title) == ("USA", "Who counts, and when?")
