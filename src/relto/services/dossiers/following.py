"""Follow the steps that the partner's node tells of (message kind "dossier-step"), each in the receiving step.

Rules enforced here:
 1. The first told step opens the dossier here, under the asking nation's number; it is the asking side's, and brings
    what it shares of the main form. Answers are read by the form with its shared fields only: anything else refuses
    the message whole. An unknown procedure, form version or step is a final refusal.
 2. A step is followed where the table has it for the teller's side; steps between, which the teller's people took and
    did not tell, must be possible by the same table. The main form changes only where the asker's people could have
    written it since, or by the step itself: what was approved stays what was approved.
 3. Each told step has its number, and says which of ours its teller had heard. Where it had not heard of a step of
    ours, what was taken at will wins over what was not, and of two the asking side's; the other is kept as overtaken,
    without effect. Of two ordinary steps that exclude each other the one that arrives first is refused; the other
    stands when it comes after that refusal, else both are refused and both nodes stand as before.
    A step that leaves the state (STAYS) stands in nobody's way: it neither wins nor is overtaken.
 4. A final refusal of an own step is shown to people. When nothing happened since, the dossier stands again in the
    state in which the step was taken; but what was taken at will (a withdrawal, a revocation) stands though refused.
 5. What the partner says of its step is bounded by ours: no role that the step lacks, no instant still to come. Its
    new form moves a dossier to another company of ours only while nobody here has taken a step.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from relto.base.canonical import Json
from relto.base.errors import Conflict, MalformedInput, NotAvailable, Refused, UnknownValue
from relto.base.instants import Instant, read_instant
from relto.base.nations import Nation
from relto.exchange.answers import LinkRefusal, Receipt
from relto.ledger.leaves import LeafEvent
from relto.ports.surroundings import StoredBlob
from relto.procedures.forms.form import Form
from relto.procedures.forms.reading import read_answers
from relto.procedures.forms.sharing import shared_answers, shared_form
from relto.procedures.packs.registry import procedure
from relto.procedures.procedure import BETWEEN, Procedure, Step
from relto.procedures.table import ANSWERING, ASKING, STAYS, Transition, follow
from relto.services import active_bundle
from relto.services.book import enter
from relto.services.dossiers.changing import (
    digest_of,
    drop_signatures,
    enter_state,
    keep_answers,
    keep_edition,
    pack_of,
    steps_of,
    stored,
)
from relto.services.dossiers.known import Rules
from relto.services.dossiers.plausible import company_kept, could_have_come, is_known, narrows, takes_form
from relto.services.dossiers.stopped import answers_refused
from relto.services.dossiers.telling import form_digest, is_told
from relto.services.house import House
from relto.store.models import Dossier, DossierStep

OVERTAKEN, REFUSED = "overtaken", "refused"
_LONGEST_CODE = 64
_CLOCK_SKEW = "link_clock_skew"
"""The limit of the agreement: by how much the two nodes' clocks may differ."""
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
"""Before any dossier; an instant near the end of what can be reckoned would break the pages that show it."""


@dataclass(frozen=True, slots=True)
class Told:
    """A step as the partner told it, read by the forms of its procedure."""

    sender: Nation
    pack: Procedure
    transition: Transition
    part: Step
    side: str
    body: Mapping[str, Any]
    answers: dict[str, Any]
    form: dict[str, Any] | None
    message: str
    at: Instant


def receive_dossier_step(  # noqa: PLR0917  the form of services.receiving.Handler
    house: House, sender: Nation, body: Mapping[str, Json], message_id: str, payload: StoredBlob | None, at: Instant
) -> None:
    """Take a partner's step (message kind "dossier-step"), inside the receiving step. Raises to refuse it."""
    if payload is not None:
        raise MalformedInput("dossier.payload", field="payload", expected="no payload")
    rules = Rules.of(active_bundle.active(house, at))
    if sender not in rules.bundle.parties:
        raise Conflict("no_agreement", field="from", expected="a party of the agreement in force")
    told = _read(house, rules, sender, body, message_id, at)
    row = _row(told) or _opened(house, rules, told)
    unseen = [
        one
        for one in steps_of(row)
        if one.side == row.side and one.count > told.body["heard"] and not one.overtaken and not one.refused
        if told.pack.table.transition(one.step).target != STAYS
    ]
    row.heard = max(row.heard, told.body["count"])
    if told.transition.target == STAYS:
        _follow(house, rules, row, told)
        return
    if _is_late(row, told, unseen):
        _keep_late(house, rules, row, told)
        return
    if unseen and narrows(told.transition):
        _overtake(house, row, unseen[0].position, at)
        row.state = told.body["before"]
    _follow(house, rules, row, told)


def dossier_step_settled(house: House, message_id: str, answer: Receipt | LinkRefusal, at: Instant) -> None:
    """The partner's node answered the message of an own step; one that it would not follow is shown, and undone."""
    if isinstance(answer, Receipt):
        return
    step = DossierStep.objects.filter(message=message_id).first()
    if step is None:
        return
    row = Dossier.objects.select_for_update().get(id=step.dossier_id)
    pack = pack_of(row)
    rules = Rules.of(active_bundle.active(house, at))
    step.refused = answer.code[:_LONGEST_CODE]
    step.save(update_fields=["refused"])
    row.attention = REFUSED
    if row.told_message == message_id:
        row.told_form = ""  # what was to be told with it is told with the next
    newest = DossierStep.objects.filter(dossier=row).order_by("-position").first()
    undone = not pack.table.transition(step.step).at_will
    if undone and newest is not None and newest.id == step.id and row.state == step.state:
        enter_state(row, pack, step.before, at)
    row.changed_at = at
    details: dict[str, Json] = {
        "number": row.number,
        "step": step.step,
        "state": row.state,
        "code": step.refused,
        "message": message_id,
    }
    row.entry = enter(
        house,
        LeafEvent.DOSSIER_REFUSED,
        actor=row.partner,
        subject=row.id,
        company=row.company,
        details=details,
        at=at,
    )
    stored(house, rules, row, pack)


def _read(  # noqa: PLR0917  the house and its rules, the message
    house: House, rules: Rules, sender: Nation, body: Mapping[str, Any], message_id: str, at: Instant
) -> Told:
    """The message by its procedure's table and forms. Raises MalformedInput, UnknownValue or Conflict."""
    pack = procedure(str(body["procedure"]))
    if pack.reach != BETWEEN:
        raise UnknownValue("procedure", field="procedure", expected="a procedure between two nodes")
    if body["form_version"] != pack.form.version:
        raise UnknownValue("form_version", field="form_version", expected=str(pack.form.version))
    asking = body["nation"]
    if asking not in {sender, house.nation}:
        raise MalformedInput("dossier.step", field="nation", expected="a dossier of one of the two nodes")
    transition = pack.table.transition(str(body["step"]))
    part = pack.step(transition.name)
    if not is_told(part) or body["before"] not in pack.table.states:
        raise MalformedInput("dossier.step", field="step", expected="a step that the partner is told of")
    side = ASKING if asking == sender else ANSWERING
    if transition.side not in {"", side}:
        raise Refused("side", field="side", found=side, expected=transition.side)
    if body["role"] and body["role"] not in transition.roles:
        raise MalformedInput("dossier.step", field="role", expected="a role that takes the step")
    if (
        not _EARLIEST
        <= read_instant(body["taken_at"], field="taken_at")
        <= at + rules.bundle.limits.duration(_CLOCK_SKEW)
    ):
        raise MalformedInput("dossier.step", field="taken_at", expected="an instant that has passed")
    form = body.get("form")
    if form is not None and side != ASKING:
        raise MalformedInput("dossier.form", field="form", expected="the main form from the asking side only")
    return Told(
        sender=sender,
        pack=pack,
        transition=transition,
        part=part,
        side=side,
        body=body,
        answers=_shared(part.form, body["answers"], whole=True),
        form=None if form is None else _shared(pack.form, form, whole=part.final_check),
        message=message_id,
        at=at,
    )


def _shared(form: Form | None, given: Mapping[str, Any], *, whole: bool) -> dict[str, Any]:
    """Answers of the partner, by the form with its shared fields only. Raises AnswersRefused."""
    if form is None:
        if given:
            raise MalformedInput("answers", field="answers", expected="no answers to a step without a form")
        return {}
    answers, findings = read_answers(shared_form(form), given, whole=whole)
    if findings:
        raise answers_refused(findings)
    return answers


def _row(told: Told) -> Dossier | None:
    """The dossier here, locked. Raises NotAvailable for one that is not shared with the sender in this way."""
    rows = Dossier.objects.select_for_update()
    row = rows.filter(nation=told.body["nation"], origin=told.body["origin"]).first()
    if row is None:
        return None
    own_side = ANSWERING if told.side == ASKING else ASKING
    if (row.partner, row.side, row.procedure) != (told.sender, own_side, told.pack.code):
        raise NotAvailable("dossier", field="origin")
    return row


def _opened(house: House, rules: Rules, told: Told) -> Dossier:
    """The dossier that the first told step opens. Raises NotAvailable, Conflict("dossier"), MalformedInput."""
    body = told.body
    if told.side != ASKING:
        raise NotAvailable("dossier", field="origin")
    if told.form is None:
        raise MalformedInput("dossier.form", field="form", expected="the shared answers of the main form")
    if told.form.get(told.pack.partner_field, house.nation) != house.nation:
        raise MalformedInput("dossier.form", field=told.pack.partner_field, expected="this nation")
    if Dossier.objects.filter(nation=body["nation"], number=body["number"]).exists():
        raise Conflict("dossier", field="number", found=body["number"], expected="a number that did not come before")
    row = Dossier(
        id=house.new_id("dos"),
        origin=body["origin"],
        nation=body["nation"],
        number=body["number"],
        procedure=told.pack.code,
        form_version=told.pack.form.version,
        side=ANSWERING,
        partner=told.sender,
        state=told.pack.table.start,
        bundle_version=rules.bundle.version,
        bundle_digest=rules.bundle.digest,
        opened_by=told.sender,
        opened_at=told.at,
    )
    keep_answers(row, told.pack, told.form, None)
    row.parent = str(body.get("parent", row.parent))
    enter_state(row, told.pack, row.state, told.at)
    row.save(force_insert=True)
    return row


def _is_late(row: Dossier, told: Told, unseen: list[DossierStep]) -> bool:
    """Whether a step of ours, of which its teller had not heard, wins over this one (rule 3)."""
    if not any(narrows(told.pack.table.transition(one.step)) for one in unseen):
        return False
    return not narrows(told.transition) or row.side == ASKING


def _keep_late(house: House, rules: Rules, row: Dossier, told: Told) -> None:
    """Keep the partner's step that came too late: no state, no answer and nothing outside changes by it."""
    step = _step_of(row, told, row.state)
    step.overtaken = True
    row.changed_at = told.at
    step.entry = row.entry = _enter(house, row, step, LeafEvent.DOSSIER_OVERTAKEN, told)
    step.save(force_insert=True)
    stored(house, rules, row, told.pack)


def _overtake(house: House, row: Dossier, position: int, at: Instant) -> None:
    """Own steps from this one on have no effect any more: the partner narrowed before it heard of them."""
    own = DossierStep.objects.filter(dossier=row, side=row.side, position__gte=position, overtaken=False, refused="")
    for step in own.order_by("position"):
        step.overtaken = True
        step.save(update_fields=["overtaken"])
        details: dict[str, Json] = {"number": row.number, "step": step.step, "overtaken": step.entry}
        enter(
            house,
            LeafEvent.DOSSIER_OVERTAKEN,
            actor=row.partner,
            subject=row.id,
            company=row.company,
            details=details,
            at=at,
        )
    row.attention = OVERTAKEN


def _follow(house: House, rules: Rules, row: Dossier, told: Told) -> None:
    """The state, answers and effects of the partner's step. Raises Conflict("state"), Refused("side")."""
    pack, part = told.pack, told.part
    before = str(told.body["before"])
    stays = told.transition.target == STAYS and is_known(row)
    if not stays and not could_have_come(pack, row.state, before, told.side):
        raise Conflict("state", field="dossier", found=row.state, expected=before, step=told.transition.name)
    state = follow(pack.table, before, told.transition.name, side=told.side)
    state = row.state if stays else state
    step = _step_of(row, told, state)
    known_there = row.told_form == form_digest(shared_answers(pack.form, row.answers))
    formed = told.form is not None and takes_form(row, pack, told.transition, told.body, told.answers, told.form)
    if formed and told.form is not None:
        keep_answers(row, pack, told.form, company_kept(row))
        row.parent = str(told.body.get("parent", row.parent))
    if part.amends:
        codes = {one.code for one in pack.form.fields if one.shared}
        amended = {code: value for code, value in told.answers.items() if code in codes}
        keep_answers(row, pack, {**row.answers, **amended}, row.company)
    if row.side == ASKING and known_there:  # what this node changed since it last told is still to be told
        row.told_form = form_digest(shared_answers(pack.form, row.answers))
    overtaken = row.attention == OVERTAKEN
    changed = state != row.state or formed or part.amends
    enter_state(row, pack, state, told.at)
    row.attention = OVERTAKEN if overtaken else ""
    if changed:
        drop_signatures(row)
    step.entry = row.entry = _enter(house, row, step, LeafEvent.DOSSIER_RECEIVED, told)
    step.save(force_insert=True)
    keep_edition(row, step.position, told.at)
    stored(house, rules, row, pack)


def _step_of(row: Dossier, told: Told, state: str) -> DossierStep:
    return DossierStep(
        dossier=row,
        position=DossierStep.objects.filter(dossier=row).count() + 1,
        step=told.transition.name,
        before=told.body["before"],
        state=state,
        at=read_instant(told.body["taken_at"], field="taken_at"),
        side=told.side,
        by=told.sender,
        role=told.body["role"],
        answers=told.answers,
        message=told.message,
        count=told.body["count"],
    )


def _enter(house: House, row: Dossier, step: DossierStep, event: LeafEvent, told: Told) -> str:
    details: dict[str, Json] = {
        "procedure": told.pack.code,
        "number": row.number,
        "step": step.step,
        "state": row.state,
        "answers_sha256": digest_of(told.answers),
    }
    return enter(
        house,
        event,
        actor=told.sender,
        subject=row.id,
        company=row.company,
        details=details,
        links={"message": told.message},
        at=told.at,
    )
