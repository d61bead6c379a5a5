"""What a co-chair says of the rule books: how provisions relate, where they pull apart, what she thinks of an entry.

What a statement says is checked against the rule book in force before it is signed; texts are bounded. How it is
signed, kept and told is `relto.services.alignment.record`'s. A private note is neither signed nor told.
"""

from __future__ import annotations

from collections.abc import Sequence

from relto.alignment.divergences import OPEN, make_divergence
from relto.alignment.relations import make_relation
from relto.alignment.shared_record import ABOUT, COMMENT, DIVERGENCE, RELATION
from relto.base.errors import NotAvailable
from relto.ledger.leaves import LeafEvent
from relto.procedures.actors import Actor, Role
from relto.services import active_bundle
from relto.services.alignment.record import party, say
from relto.services.book import enter
from relto.services.house import House
from relto.services.texts import LONGEST_REASON, read_text
from relto.store.models import AlignmentNote
from relto.store.queries.alignment import entry_of

LONGEST_QUESTION = 500
LONGEST_OPTION = 500
LONGEST_COMMENT = 4000


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
        to=party(house, to),
        named=provisions,
        relation=relation,
        reason=reason,
        confidence=confidence,
    )
    return say(house, actor, RELATION, made.body(), entry=entry)


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
        owner=party(house, owner, own=True),
        options=named,
        state=state,
    )
    return say(house, actor, DIVERGENCE, made.body(), entry=entry)


def comment(house: House, actor: Actor, *, about: str, text: str, clause: str = "", version: str = "") -> str:
    """Comment an entry in the shared record: the partner reads it. Raises NotAvailable("alignment"), MalformedInput.

    `version`: the digest of the version that it is about; Conflict("alignment.version") for none of this entry.
    """
    actor.require(Role.CO_CHAIR)
    text = read_text(text, field="text", longest=LONGEST_COMMENT)
    clause = read_text(clause, field="clause") if clause else ""
    found = entry_of(about)
    if found is None or found.kind in ABOUT:
        raise NotAvailable("alignment", field="about")
    named = {"version": version} if version else {}
    return say(house, actor, COMMENT, {"about": about, "clause": clause, "text": text, **named})


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
