"""Say something in the shared record: a version of the own line, signed by the node, told to every party, entered.

Rules enforced here:
 1. Only a co-chair speaks for the nation, and only on the own line; what the partner said is never changed.
 2. A version names the digest of the one before it; versions of one line are made one after the other.
 3. A partner's statement counts when its node signed it, follows its own line, and names an entry of the same kind.
    Another version under a number that is held is refused, and the contradiction is entered as evidence. Nobody
    becomes the one who opened an entry by an earlier date.
 4. What is about an entry names one that this node holds, of a kind that can be spoken about, and stays about it; no
    other nation speaks in its place. What else a kind demands stands in `relto.services.alignment.kind_rules`, and
    holds for the own word and the partner's alike.
 5. A line has a bounded number of versions: a partner that says one thing anew for ever makes no page slower for ever.
 6. What people read shows all that it says: no text holds a character without a shape, or one that turns the line.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from relto.alignment.readable_texts import require_readable
from relto.alignment.shared_record import ABOUT, MOST_VERSIONS, Entry, Said, next_version, one_subject
from relto.base.canonical import Json, canonical_bytes, read_object
from relto.base.errors import Conflict, MalformedInput, NotAvailable, TooLarge
from relto.base.ids import read_id
from relto.base.instants import Instant, instant_text, read_instant
from relto.base.nations import Nation, read_nation
from relto.exchange.schemas import check
from relto.ledger.leaves import LeafEvent
from relto.ports.surroundings import StoredBlob
from relto.procedures.actors import Actor, Role
from relto.services import active_bundle
from relto.services.alignment.kind_rules import require_kind_rule
from relto.services.alignment.places import place_again
from relto.services.book import enter
from relto.services.house import House
from relto.services.sending import queue_message
from relto.signing.statements import read_statement, sign_statement
from relto.store.models import AlignmentStatement
from relto.store.queries.alignment import entry_of, line

STATEMENT = "alignment-statement"
MESSAGE = "alignment"
_CLOCK_SKEW = "link_clock_skew"
"""The limit of the agreement: by how much the two nodes' clocks may differ."""


def say(house: House, actor: Actor, kind: str, body: Mapping[str, Any], *, entry: str = "") -> str:
    """Say `body` on the own line of an entry of this kind, a new one without `entry`; returns the entry's id.

    One atomic step: signed, entered, kept, queued for every party. Raises Refused("role"), NotAvailable("alignment")
    for an entry that is not held or of another kind, MalformedInput when the body is not in the form of its kind, and
    what the kind's own rule raises.
    """
    actor.require(Role.CO_CHAIR)
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
        check_statement(stated)
        envelope = sign_statement(STATEMENT, 1, stated, [house.node_key])
        digest = read_statement(envelope, kind=STATEMENT, versions=(1,), trusted=[house.node_key.public]).digest
        _require_rules(house, read_said(stated, digest), held)
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
        _keep(stated, digest, envelope, now, by=actor.person, ledger_entry=ledger_entry)
        bundle = active_bundle.active(house, now)
        place_again(bundle, kind, identity)
        for partner in sorted(set(bundle.parties) - {house.nation}):
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
    check_statement(stated)
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
    if not next_version(line(said.entry, sender, lock=True), said):
        return
    _require_rules(house, said, held)
    ledger_entry = enter(
        house,
        LeafEvent.ALIGNMENT_RECEIVED,
        actor=sender,
        subject=said.entry,
        details={"kind": said.kind, "number": said.number},
        links={"message": message_id, "statement": found.digest},
        at=at,
    )
    _keep(stated, found.digest, signed, at, by="", ledger_entry=ledger_entry)
    place_again(bundle, said.kind, said.entry)


def party(house: House, nation: str, *, own: bool = False, field: str = "nation") -> Nation:
    """A nation of the agreement in force, another than the own unless `own`. Raises MalformedInput naming the field."""
    found = read_nation(nation, field=field)
    if found not in active_bundle.active(house).parties or (found == house.nation and not own):
        raise MalformedInput("alignment.nation", field=field, expected="a party of the agreement in force")
    return found


def check_statement(stated: Mapping[str, Json]) -> None:
    """Raises MalformedInput unless the statement and its body are in the form of their schemas, and are readable.

    Raises TooLarge("alignment.versions") past the last version that a line may have.
    """
    check(STATEMENT, stated)
    body, number = stated["body"], stated["number"]
    if not isinstance(number, int) or number > MOST_VERSIONS:
        raise TooLarge("alignment.versions", field="number", expected=f"at most {MOST_VERSIONS}, then a new entry")
    if not isinstance(body, dict):
        raise MalformedInput("schema", field="body", expected="an object")
    check(f"alignment-{stated['kind']}", body)
    require_readable(body)


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


def _require_rules(house: House, said: Said, held: Entry | None) -> None:
    about = None
    if said.kind in ABOUT:
        if held is not None and not one_subject(held, said):
            raise Conflict("alignment.about", field="about", expected="one nation's words about one entry")
        about = entry_of(str(said.body["about"]))
        if about is None:
            raise NotAvailable("alignment", field="about")
        kinds = ABOUT[said.kind]
        if kinds and about.kind not in kinds:
            raise Conflict("alignment.kind", field="about", found=about.kind, expected=" or ".join(sorted(kinds)))
    require_kind_rule(house, said, about)


def _keep(
    stated: Mapping[str, Any], digest: str, envelope: bytes, taken_at: Instant, *, by: str, ledger_entry: str
) -> None:
    AlignmentStatement.objects.create(
        statement=digest,
        entry=stated["entry"],
        kind=stated["kind"],
        nation=stated["nation"],
        number=stated["number"],
        previous=stated["previous"],
        about=str(stated["body"].get("about", "")),
        topic=str(stated["body"].get("topic", "")),
        body=dict(stated["body"]),
        at=read_instant(stated["at"], field="at"),
        taken_at=taken_at,
        by=by,
        ledger_entry=ledger_entry,
        envelope=envelope,
    )
