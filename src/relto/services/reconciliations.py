"""Do the two registers agree? An officer asks, or the worker each period; both nodes sign what was found.

The asker's node leads the run and checks all that the partner shows. A partner who does not answer leaves nothing here;
one who breaks a rule, or differs in more than can be listed, leaves a stopped run with its code.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from relto.base.canonical import Json, canonical_bytes, read_object
from relto.base.errors import Conflict, NotAvailable, NotVerified, ReltoError, UnknownValue, Unreachable
from relto.base.ids import read_code
from relto.base.nations import Nation, read_nation
from relto.exchange.reconciliation_certificate import CERTIFICATE, LARGEST_CERTIFICATE, read_certificate
from relto.exchange.reconciliation_steps import (
    AGREE,
    Members,
    Terms,
    read_answer,
    read_declaring,
    write_question,
)
from relto.exchange.reconciling import Outcome, ask
from relto.ledger.reconciliation import KEY_BYTES
from relto.procedures.actors import Actor
from relto.rules.bundle import Bundle
from relto.rules.parties import Party
from relto.services.active_bundle import active
from relto.services.declarations import declare
from relto.services.house import House
from relto.services.leases import take_lease
from relto.services.reconciliation_runs import (
    ASKER,
    RUN,
    both_keys,
    check_checkpoint,
    declaring,
    keep,
    keep_stopped,
    party_of,
)
from relto.services.reconciliation_view import (
    ReconciliationDetail,
    ReconciliationView,
    reconciliation_detail,
    reconciliation_view,
)
from relto.signing.statements import sign_statement
from relto.store.models import Reconciliation
from relto.store.queries.reconciliations import MAY_READ, standing_decisions, visible_reconciliations

_LOG = logging.getLogger(__name__)
PERIOD = "reconciliation_period"
"""The limit of the agreement that says how often the worker reconciles by itself; without it, by hand only."""
_AFTER_FAILURE = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class ProgrammeStanding:
    """A programme shared with a partner, and the newest run about it; None before the first."""

    programme: str
    partner: str
    newest: ReconciliationView | None


def reconcile(house: House, actor: Actor, *, programme: str, partner: str = "") -> ReconciliationDetail:
    """Reconcile the registers of a programme with a partner now.

    `partner` may be left out when the programme is shared with one nation only. Raises Refused("role"),
    NotAvailable("programme"), UnknownValue("nation"), Conflict("reconciliation_running"), Unreachable; and NotVerified,
    MalformedInput or TooLarge when the partner broke a rule or differs in too much, which is kept as a stopped run.
    """
    actor.require(*MAY_READ)
    return _run(house, read_code(programme, field="programme"), partner, started_by=actor.person)


def reconciliations(house: House, actor: Actor, programme: str = "") -> list[ReconciliationView]:
    """The runs that ended, newest first. Raises Refused("role")."""
    del house
    actor.require(*MAY_READ)
    rows = visible_reconciliations(actor).order_by("-ended_at", "id")
    return [reconciliation_view(row) for row in (rows.filter(programme=programme) if programme else rows)[:200]]


def reconciliation(house: House, actor: Actor, run: str) -> ReconciliationDetail:
    """One run. Raises Refused("role"), NotAvailable("reconciliation")."""
    del house
    return reconciliation_detail(_seen(actor, run))


def certificate(house: House, actor: Actor, run: str) -> bytes:
    """The certificate as both signed it. Raises Refused("role"), NotAvailable("reconciliation")."""
    del house
    row = _seen(actor, run)
    if row.certificate is None:
        raise NotAvailable("reconciliation", field="reconciliation")
    return bytes(row.certificate)


def standing_of_programmes(house: House, actor: Actor) -> list[ProgrammeStanding]:
    """Each programme that is shared, with its newest run. Raises Refused("role")."""
    actor.require(*MAY_READ)
    found = []
    for code, nations in _shared(house):
        for partner in nations:
            row = visible_reconciliations(actor).filter(programme=code, partner=partner).order_by("-ended_at").first()
            found.append(ProgrammeStanding(code, partner, reconciliation_view(row) if row else None))
    return found


def open_alarms(house: House, actor: Actor) -> list[ReconciliationView]:
    """The newest run of each programme, where it found something or was stopped: for the desk."""
    try:
        found = [one.newest for one in standing_of_programmes(house, actor)]
    except Conflict:
        return []  # without an agreement no programme is shared
    return [one for one in found if one is not None and one.state != "agree"]


def reconcile_due(house: House, owner: str) -> int:
    """The worker's round: each shared programme whose newest run is older than the agreement's period."""
    try:
        period = active(house).limits.duration_if_named(PERIOD)
        shared = _shared(house)
    except Conflict:
        return 0
    if period is None or take_lease(house, "reconcile", owner) is None:
        return 0
    made = 0
    for programme, nations in shared:
        for partner in nations:
            newest = Reconciliation.objects.filter(programme=programme, partner=partner).order_by("-ended_at").first()
            wait = min(period, _AFTER_FAILURE) if newest is not None and newest.state == "stopped" else period
            if newest is not None and house.now() < newest.ended_at + wait:
                continue
            try:
                _run(house, programme, partner, started_by="")
            except ReltoError as error:
                _LOG.warning("reconciliation.failed with %s: %s", partner, error.full_code)
            else:
                made += 1
    return made


def _shared(house: House) -> list[tuple[str, list[Nation]]]:
    """The programmes of the agreement in which this nation has a part, and its partners there."""
    bundle = active(house)
    return [
        (code, sorted(found.nations - {house.nation}))
        for code, found in sorted(bundle.programmes.items())
        if house.nation in found.nations
    ]


def _partner(house: House, programme: str, partner: str) -> Nation:
    nations = dict(_shared(house)).get(programme)
    if nations is None:
        raise NotAvailable("programme", field="programme")
    if not partner and len(nations) == 1:
        return nations[0]
    if not partner or read_nation(partner) not in nations:
        raise UnknownValue("nation", field="partner", found=partner, expected="a nation that shares the programme")
    return read_nation(partner)


def _run(house: House, programme: str, partner: str, *, started_by: str) -> ReconciliationDetail:
    other = _partner(house, programme, partner)
    bundle, party = party_of(house, other)
    house.standing.require_partner(other)
    terms = Terms(house.new_id(RUN), house.nation, other, programme)
    started_at = house.now()
    try:
        outcome, envelope = _lead(house, bundle, party, terms)
        certificate = read_certificate(envelope, both_keys(house, party))
        if certificate.body != outcome.body:
            raise NotVerified("reconciliation.certificate", field="certificate", expected="what was signed here")
    except Unreachable:
        raise
    except ReltoError as error:
        code = error.full_code
        house.commit(lambda: keep_stopped(house, terms, ASKER, code, started_by=started_by, started_at=started_at))
        raise
    records = [*outcome.only_here]
    kept = house.commit(
        lambda: keep(
            house,
            terms,
            ASKER,
            certificate=certificate,
            envelope=envelope,
            own_records=records,
            started_by=started_by,
            started_at=started_at,
        )
    )
    return reconciliation_detail(kept)


def _lead(house: House, bundle: Bundle, party: Party, terms: Terms) -> tuple[Outcome, bytes]:
    """Ask step by step; the outcome, and the certificate as the partner gave it back."""
    conversation = _Conversation(house, party, terms)
    asking = ask(
        terms,
        declaring(house, bundle, terms.answerer),
        lambda bounds: declare(house, terms.answerer, terms.programme, bounds),
        standing_decisions,
        contribution=house.entropy.random_bytes(KEY_BYTES),
        salt=house.entropy.random_bytes(KEY_BYTES),
    )
    step, members = next(asking)
    while True:
        answer = conversation.ask(step, members)
        if "declaring" in answer:
            check_checkpoint(party, read_declaring(answer["declaring"]))
        try:
            step, members = asking.send(answer)
        except StopIteration as done:
            outcome, told = done.value
            break
    signed = sign_statement(CERTIFICATE, 1, outcome.body, [house.node_key])
    proposed: dict[str, Json] = {"answers": told, "certificate": read_object(signed, max_bytes=LARGEST_CERTIFICATE)}
    answer = conversation.ask(AGREE, proposed)
    return outcome, _envelope(answer)


def _envelope(answer: Members) -> bytes:
    given = answer.get("certificate")
    if not isinstance(given, Mapping):
        raise NotVerified("reconciliation.certificate", field="certificate", expected="the certificate, signed by both")
    return canonical_bytes(given)


class _Conversation:
    """The questions of one run over the link, each bound to the answer before."""

    def __init__(self, house: House, party: Party, terms: Terms) -> None:
        self._house, self._party, self._terms = house, party, terms
        self._link = house.partners.get(terms.answerer)
        self._previous = ""

    def ask(self, step: str, members: Members) -> Members:
        """The members of the verified answer. Raises Unreachable, NotVerified, Conflict with the partner's code."""
        if self._link is None:
            raise Unreachable("partner", field="partner", expected="a link to the partner")
        question = write_question(self._terms, step, self._previous, members, key=self._house.node_key)
        told = self._link.reconcile(question)
        answer, self._previous = read_answer(told.envelope, question=question, trusted=self._party.node_keys)
        if answer["code"]:
            code = str(answer["code"])
            if code.startswith("unreachable."):
                raise Unreachable("partner", field="partner", found=code, expected="a partner that answers")
            raise Conflict("reconciliation.partner", field="partner", found=code, expected="a partner that goes on")
        return answer


def _seen(actor: Actor, run: str) -> Reconciliation:
    actor.require(*MAY_READ)
    row = visible_reconciliations(actor).filter(id=run).first()
    if row is None:
        raise NotAvailable("reconciliation", field="reconciliation")
    return row
