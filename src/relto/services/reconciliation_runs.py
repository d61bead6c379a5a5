"""What both sides of a reconciliation do at this node: how it stands, the checkpoint of the other, keeping what came.

Rules kept here:
 1. A node declares as of its newest checkpoint that everybody cosigned, else the newest that its own witness did, else
    the newest it signed; the certificate carries the note with its lines, so a reader sees how far it came.
 2. The partner's checkpoint must be signed by its log's keys of the agreement, and must not contradict what this node
    cosigned of that log.
 3. What is on its way is never compared: messages not settled on both sides, openings that may still be answered.
 4. The outcome of a run and its one ledger entry are one step, on each node. A finding never changes a register.
"""

from __future__ import annotations

from datetime import timedelta
from typing import cast

from relto.base.canonical import Json
from relto.base.errors import Conflict, NotVerified
from relto.base.instants import Instant
from relto.base.nations import Nation
from relto.exchange.reconciled_records import ALARMS, Record
from relto.exchange.reconciliation_certificate import Certificate
from relto.exchange.reconciliation_steps import Declaring, Terms
from relto.ledger.leaves import LeafEvent
from relto.ledger.notes import read_vkey, verify_note
from relto.ledger.tree_head import read_checkpoint_text
from relto.rules.bundle import Bundle
from relto.rules.parties import Party
from relto.services.active_bundle import active
from relto.services.book import enter
from relto.services.checkpoints import cosigned_note
from relto.services.declarations import DECLARED_EVENTS
from relto.services.house import House
from relto.services.sending import IN, OUT
from relto.signing.keys import StatementPublicKey
from relto.store.models import CosignedLog, Reconciliation
from relto.store.queries.channels import channel_state, first_unsettled
from relto.store.queries.ledger import newest_agreed, newest_checkpoint, newest_witnessed
from relto.store.queries.reconciliations import beyond_checkpoint

RUN = "rcn"
STOPPED = "stopped"
ASKER, ANSWERER = "asker", "answerer"
_ANSWERED = timedelta(seconds=60)
"""After its end, a request for a share is surely answered or given up on both nodes."""
_EVENTS = {"agree": LeafEvent.RECONCILIATION_AGREED, "differ": LeafEvent.RECONCILIATION_DIFFERED}


def party_of(house: House, partner: Nation) -> tuple[Bundle, Party]:
    """The agreement in force and the partner in it. Raises Conflict("no_agreement")."""
    bundle = active(house)
    party = bundle.parties.get(partner)
    if party is None or partner == house.nation:
        raise Conflict("no_agreement", field="partner", expected="a party of the agreement in force")
    return bundle, party


def both_keys(house: House, party: Party) -> dict[str, tuple[StatementPublicKey, ...]]:
    """The node keys that a certificate with this partner needs, by nation."""
    return {party.nation: party.node_keys, house.nation: (house.node_key.public,)}


def declaring(house: House, bundle: Bundle, partner: Nation) -> Declaring:
    """How this node stands with the partner now."""
    now = house.now()
    checkpoint = newest_agreed() or newest_witnessed() or newest_checkpoint()
    size = checkpoint.size if checkpoint is not None else 0
    return Declaring(
        at=now,
        until=now - bundle.limits.duration("link_clock_skew") - _ANSWERED,
        next_sent=channel_state(partner, OUT)[0],
        settled=first_unsettled(partner),
        awaited=channel_state(partner, IN)[0],
        note=cosigned_note(checkpoint).decode() if checkpoint is not None else "",
        covered=not beyond_checkpoint(DECLARED_EVENTS, size),
    )


def check_checkpoint(party: Party, stands: Declaring) -> None:
    """See that the partner's checkpoint is its log's and fits what was cosigned here. Raises NotVerified."""
    if not stands.note:
        return
    note = verify_note(stands.note.encode(), [read_vkey(vkey) for vkey in party.log_vkeys])
    checkpoint = read_checkpoint_text(note.note.text)
    if checkpoint.origin != party.log_origin:
        raise NotVerified("checkpoint.origin", field="checkpoint", expected="a checkpoint of the partner's log")
    known = CosignedLog.objects.filter(origin=party.log_origin).first()
    if known is not None and known.size == checkpoint.size and bytes(known.root) != checkpoint.root:
        raise NotVerified("reconciliation.checkpoint", field="checkpoint", expected="the tree that was cosigned here")


def keep(
    house: House,
    terms: Terms,
    side: str,
    *,
    certificate: Certificate,
    envelope: bytes,
    own_records: list[Record],
    started_by: str,
    started_at: Instant,
) -> Reconciliation:
    """Keep a certificate that both signed, and enter it; inside a step. A run that is kept already stays as it is."""
    partner = terms.answerer if side == ASKER else terms.asker
    known = Reconciliation.objects.filter(id=terms.run).first()
    if known is not None and (known.side, known.partner, known.programme) == (side, partner, terms.programme):
        return known
    identity, at, found = _identity(house, terms), house.now(), certificate.findings
    alarms = sum(one["code"] in ALARMS for one in found)
    details: dict[str, Json] = {
        "programme": terms.programme,
        "partner": partner,
        "findings": len(found),
        "alarms": alarms,
    }
    entry = enter(
        house,
        _EVENTS[str(certificate.body["outcome"])],
        actor=started_by or terms.asker,
        subject=identity,
        details=details,
        links={"certificate": certificate.digest},
        at=at,
    )
    return Reconciliation.objects.create(
        id=identity,
        partner=partner,
        programme=terms.programme,
        side=side,
        state=str(certificate.body["outcome"]),
        started_by=started_by,
        started_at=started_at,
        ended_at=at,
        records=cast("int", certificate.declared(house.nation)["records"]),
        partner_records=cast("int", certificate.declared(partner)["records"]),
        findings=len(found),
        alarms=alarms,
        own_records=own_records,
        digest=certificate.digest,
        certificate=envelope,
        entry=entry,
    )


def keep_stopped(
    house: House, terms: Terms, side: str, code: str, *, started_by: str, started_at: Instant
) -> Reconciliation:
    """Keep that a run came to no certificate, and why; inside a step."""
    partner = terms.answerer if side == ASKER else terms.asker
    identity, at = _identity(house, terms), house.now()
    entry = enter(
        house,
        LeafEvent.RECONCILIATION_STOPPED,
        actor=started_by or terms.asker,
        subject=identity,
        details={"programme": terms.programme, "partner": partner, "code": code},
        at=at,
    )
    return Reconciliation.objects.create(
        id=identity,
        partner=partner,
        programme=terms.programme,
        side=side,
        state=STOPPED,
        code=code,
        started_by=started_by,
        started_at=started_at,
        ended_at=at,
        entry=entry,
    )


def _identity(house: House, terms: Terms) -> str:
    """The id under which a run is kept: the run's own, unless the partner used that for a run that it began itself.

    The asker names a run, so a partner that is asked can begin and end another one of that name before; what was found
    here is kept all the same.
    """
    return house.new_id(RUN) if Reconciliation.objects.filter(id=terms.run).exists() else terms.run
