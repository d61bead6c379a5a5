"""Say something in the shared record: a version of the own line, signed by the node, told to every party, entered.

Rules enforced here:
 1. Only a co-chair speaks for the nation, and only on the own line; what the partner said is never changed.
 2. A version names the digest of the one before it; versions of one line are made one after the other.
 3. What a statement says is checked against the rule book in force before it is signed; texts are bounded.
 4. A partner's statement counts when its node signed it, follows its own line, and names an entry of the same kind.
    Another version under a number that is held is refused, and the contradiction is entered as evidence. Nobody
    becomes the one who opened an entry by an earlier date.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from relto.alignment.divergences import OPEN, make_divergence
from relto.alignment.relations import make_relation
from relto.alignment.shared_record import COMMENT, DIVERGENCE, RELATION, Said, next_version
from relto.base.canonical import Json, canonical_bytes, read_object
from relto.base.errors import Conflict, MalformedInput, NotAvailable
from relto.base.ids import read_id
from relto.base.instants import Instant, instant_text, read_instant
from relto.base.nations import Nation, read_nation
from relto.exchange.schemas import check
from relto.ledger.leaves import LeafEvent
from relto.ports.surroundings import StoredBlob
from relto.procedures.actors import Actor, Role
from relto.services import active_bundle
from relto.services.book import enter
from relto.services.house import House
from relto.services.sending import queue_message
from relto.services.texts import LONGEST_REASON, read_text
from relto.signing.statements import read_statement, sign_statement
from relto.store.models import AlignmentNote, AlignmentStatement
from relto.store.queries.alignment import entry_of, line

STATEMENT = "alignment-statement"
MESSAGE = "alignment"
LONGEST_QUESTION = 500
LONGEST_OPTION = 500
LONGEST_COMMENT = 4000
_CLOCK_SKEW = "link_clock_skew"
"""The limit of the agreement: by how much the two nodes' clocks may differ."""


def relate(
    house: House,
    actor: Actor,
    *,
    provisions: Sequence[str],
    to: str,
    relation: str,
    reason: str,
    confidence: str,
    entry: str = "",
) -> str:
    """Say how the own provisions stand to those of `to`; returns the entry's id.

    `entry`: of an existing relation, to answer it or to say it anew. Raises Refused("role"), NotAvailable("alignment"),
    MalformedInput or UnknownValue by field.
    """
    actor.require(Role.CO_CHAIR)
    reason = read_text(reason, field="reason", longest=LONGEST_REASON)
    bundle = active_bundle.active(house)
    made = make_relation(
        bundle.provisions,
        of=house.nation,
        to=_party(house, to),
        named=provisions,
        relation=relation,
        reason=reason,
        confidence=confidence,
    )
    return _say(house, actor, RELATION, made.body(), entry=entry, topic=made.topic)


def raise_divergence(
    house: House,
    actor: Actor,
    *,
    question: str,
    provisions: Sequence[str],
    owner: str,
    options: Sequence[str] = (),
    state: str = OPEN,
    entry: str = "",
) -> str:
    """Raise a divergence, answer one (`entry`), or say how it stands; returns the entry's id. Raises as `relate`."""
    actor.require(Role.CO_CHAIR)
    question = read_text(question, field="question", longest=LONGEST_QUESTION)
    named = [read_text(one, field="options", longest=LONGEST_OPTION) for one in options]
    bundle = active_bundle.active(house)
    made = make_divergence(
        bundle.provisions,
        sorted(bundle.parties),
        question=question,
        named=provisions,
        owner=_party(house, owner, own=True),
        options=named,
        state=state,
    )
    return _say(house, actor, DIVERGENCE, made.body(), entry=entry, topic=made.topic)


def comment(house: House, actor: Actor, *, about: str, text: str, clause: str = "") -> str:
    """Comment an entry in the shared record: the partner reads it. Raises NotAvailable("alignment"), MalformedInput."""
    actor.require(Role.CO_CHAIR)
    text = read_text(text, field="text", longest=LONGEST_COMMENT)
    clause = read_text(clause, field="clause") if clause else ""
    found = entry_of(about)
    if found is None or found.kind == COMMENT:
        raise NotAvailable("alignment", field="about")
    return _say(house, actor, COMMENT, {"about": about, "clause": clause, "text": text}, entry="", about=about)


def note(house: House, actor: Actor, *, entry: str, text: str) -> str:
    """Keep a private note on an entry; it never leaves this node. Raises Refused("role"), NotAvailable("alignment")."""
    actor.require(Role.CO_CHAIR)
    text = read_text(text, field="text", longest=LONGEST_COMMENT)
    now = house.now()

    def step() -> str:
        if entry_of(entry) is None:
            raise NotAvailable("alignment", field="entry")
        row = AlignmentNote.objects.create(id=house.new_id("aln"), entry=entry, text=text, by=actor.person, at=now)
        enter(house, LeafEvent.ALIGNMENT_NOTED, actor=actor.person, subject=entry, details={"note": row.id}, at=now)
        return row.id

    return house.commit(step)


def _party(house: House, nation: str, *, own: bool = False) -> Nation:
    found = read_nation(nation, field="nation")
    if found not in active_bundle.active(house).parties or (found == house.nation and not own):
        raise MalformedInput("alignment.nation", field="nation", expected="a party of the agreement in force")
    return found


def _say(
    house: House, actor: Actor, kind: str, body: Mapping[str, Any], *, entry: str, topic: str = "", about: str = ""
) -> str:
    now = house.now()
    identity = entry or house.new_id("ale")

    def step() -> str:
        held = entry_of(identity)
        if entry and (held is None or held.kind != kind):
            raise NotAvailable("alignment", field="entry")
        own = line(identity, house.nation, lock=True)
        stated: dict[str, Json] = {
            "entry": identity,
            "kind": kind,
            "nation": str(house.nation),
            "number": len(own) + 1,
            "previous": own[-1].digest if own else "",
            "at": instant_text(now),
            "body": dict(body),
        }
        check(STATEMENT, stated)
        envelope = sign_statement(STATEMENT, 1, stated, [house.node_key])
        digest = read_statement(envelope, kind=STATEMENT, versions=(1,), trusted=[house.node_key.public]).digest
        details: dict[str, Json] = {"kind": kind, "number": len(own) + 1}
        ledger_entry = enter(
            house,
            LeafEvent.ALIGNMENT_SAID,
            actor=actor.person,
            subject=identity,
            details=details,
            links={"statement": digest},
            at=now,
        )
        _keep(stated, digest, envelope, now, topic=topic, about=about, by=actor.person, ledger_entry=ledger_entry)
        for partner in sorted(set(active_bundle.active(house, now).parties) - {house.nation}):
            queue_message(house, partner, MESSAGE, {"statement": read_object(envelope)}, at=now)
        return identity

    return house.commit(step)


def receive_alignment(  # noqa: PLR0917  the form of services.receiving.Handler
    house: House, sender: Nation, body: Mapping[str, Json], message_id: str, payload: StoredBlob | None, at: Instant
) -> None:
    """Take a partner's statement (message kind "alignment"), inside the receiving step."""
    if payload is not None:
        raise MalformedInput("alignment.payload", field="payload", expected="no payload")
    bundle = active_bundle.active(house, at)
    parties, skew = bundle.parties, bundle.limits.duration(_CLOCK_SKEW)
    envelope = body.get("statement")
    if sender not in parties or not isinstance(envelope, dict):
        raise Conflict("no_agreement", field="from", expected="a party of the agreement in force")
    signed = canonical_bytes(envelope)
    found = read_statement(signed, kind=STATEMENT, versions=(1,), trusted=parties[sender].node_keys)
    stated = {name: value for name, value in found.body.items() if name not in {"type", "version"}}
    check(STATEMENT, stated)
    if stated["nation"] != sender:
        raise MalformedInput("alignment.nation", field="nation", expected="the sender's own line")
    said = read_said(stated, found.digest)
    read_id(said.entry, "ale", field="entry")
    held = entry_of(said.entry)
    first = held.opened - skew if held is not None else said.at
    if not first <= said.at <= at + skew:
        raise MalformedInput("instant", field="at", expected="an instant between the entry's first word and now")
    if held is not None and held.kind != said.kind:
        raise Conflict("alignment.kind", field="entry", found=said.kind, expected=held.kind)
    if said.kind == COMMENT and entry_of(str(said.body["about"])) is None:
        raise NotAvailable("alignment", field="about")
    if not next_version(line(said.entry, sender, lock=True), said):
        return
    ledger_entry = enter(
        house,
        LeafEvent.ALIGNMENT_RECEIVED,
        actor=sender,
        subject=said.entry,
        details={"kind": said.kind, "number": said.number},
        links={"message": message_id, "statement": found.digest},
        at=at,
    )
    _keep(
        stated,
        found.digest,
        signed,
        at,
        topic=str(said.body.get("topic", "")),
        about=str(said.body.get("about", "")),
        by="",
        ledger_entry=ledger_entry,
    )


def read_said(stated: Mapping[str, Any], digest: str) -> Said:
    """A checked statement as a version of its line."""
    return Said(
        entry=stated["entry"],
        kind=stated["kind"],
        nation=Nation(stated["nation"]),
        number=stated["number"],
        previous=stated["previous"],
        digest=digest,
        at=read_instant(stated["at"], field="at"),
        body=stated["body"],
    )


def _keep(
    stated: Mapping[str, Any],
    digest: str,
    envelope: bytes,
    taken_at: Instant,
    *,
    topic: str,
    about: str,
    by: str,
    ledger_entry: str,
) -> None:
    AlignmentStatement.objects.create(
        statement=digest,
        entry=stated["entry"],
        kind=stated["kind"],
        nation=stated["nation"],
        number=stated["number"],
        previous=stated["previous"],
        about=about,
        topic=topic,
        body=dict(stated["body"]),
        at=read_instant(stated["at"], field="at"),
        taken_at=taken_at,
        by=by,
        ledger_entry=ledger_entry,
        envelope=envelope,
    )
