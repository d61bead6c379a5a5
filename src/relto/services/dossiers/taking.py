"""Take a step of a dossier: by who may, under its guards, with what it asks for; signed by two where two must.

Rules enforced here:
 1. A step is one atomic step with one ledger entry: answers, state, due instants, effects outside the dossier and the
    message to the partner are there together or not at all.
 2. Guards are asked in that same step. One stops it when a finding stops: shape, contradiction, or a confirmed rule;
    what is unconfirmed or has no rule warns, and the step goes on.
 3. Of a step for two people the first one's signature is kept with the SHA-256 of what she signed; the state changes
    with the signature of another person over the same answers and the same main form. The first one's is void once she
    may not take the step any more: suspended, or without the role.
 4. The node's own steps are taken by nobody's hand: when the guards hold, in the same way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from relto.base.canonical import Json, canonical_bytes, sha256_hex
from relto.base.errors import Conflict, MalformedInput, NotAuthenticated, Refused
from relto.base.instants import Instant, instant_text
from relto.ledger.leaves import LeafEvent
from relto.procedures.actors import Actor
from relto.procedures.findings import Weighed
from relto.procedures.forms.reading import read_answers
from relto.procedures.procedure import REASON_GIVEN, SUPPLIED, Procedure, Step
from relto.procedures.table import Transition, advance
from relto.services import active_bundle
from relto.services.actors import actor_of_person
from relto.services.book import enter
from relto.services.dossiers.changing import (
    children_of,
    digest_of,
    drop_signatures,
    enter_state,
    keep_answers,
    keep_edition,
    locked,
    pack_of,
    partner_in,
    steps_of,
    stored,
)
from relto.services.dossiers.effect_scene import EffectScene
from relto.services.dossiers.effects import run_effects
from relto.services.dossiers.known import Asked, Rules, gather
from relto.services.dossiers.looking import detail_of
from relto.services.dossiers.stopped import step_stopped
from relto.services.dossiers.telling import tell
from relto.services.dossiers.views import DossierDetail
from relto.services.dossiers.weighing import (
    form_findings,
    guard_findings,
    readable_step,
    seen_dossier,
    supplied_holds,
    weighed,
)
from relto.services.house import House
from relto.services.texts import LONGEST_REASON, read_text
from relto.store.models import Dossier, DossierSignature, DossierStep

FINAL_CHECK, STEP_CHECK = "form", "guard"


@dataclass(frozen=True, slots=True)
class Taking:
    """One step that is about to be taken: of which dossier, by whom (None: the node), with what."""

    house: House
    rules: Rules
    actor: Actor | None
    row: Dossier
    pack: Procedure
    transition: Transition
    part: Step
    answers: Mapping[str, Any]
    reason: str
    at: Instant

    @property
    def by(self) -> str:
        """Who takes it, as it is written down."""
        return self.actor.person if self.actor is not None else str(self.house.nation)

    @property
    def role(self) -> str:
        """In which of her roles; the node has none."""
        held = self.actor.roles & self.transition.roles if self.actor is not None else frozenset()
        return min((str(one) for one in held), default="")

    @property
    def digest(self) -> str:
        """Of what is signed: the step, its answers, the main form and the state in which it is taken."""
        signed = {
            "step": self.transition.name,
            "state": self.row.state,
            "answers": dict(self.answers),
            "form": self.row.answers,
        }
        return sha256_hex(canonical_bytes(signed))


def take(
    house: House,
    actor: Actor,
    dossier: str,
    step: str,
    *,
    answers: Mapping[str, Any] | None = None,
    reason: str = "",
) -> DossierDetail:
    """Take a step. Of a step for two people the first call signs it, and the second person's takes it.

    `answers`: to the step's own form; None for the second of two: she signs what the first signed. Raises
    NotAvailable("dossier"), MalformedInput("procedure.step" or "answers"), Refused("role", "side" or "guard"),
    Refused("form") when the main form is not right, Conflict("state", "signed", "signed_otherwise" or "no_agreement").
    A refusal by findings is a `StepStopped`, which holds all of them.
    """
    now = house.now()
    rules = Rules.of(active_bundle.active(house, now))
    given = dict(answers or {})

    def work() -> DossierDetail:
        row = locked(house, actor, dossier)
        pack = pack_of(row)
        transition = pack.table.transition(step)
        part = pack.step(step)
        _require_possible(pack, row, transition, actor)
        _drop_void(house, row, transition)
        before = DossierSignature.objects.filter(dossier=row, step=step).order_by("at", "id").first()
        told = read_text(reason, field="reason", longest=LONGEST_REASON) if reason else ""
        told = told or (before.reason if before is not None else "")
        filled = before.answers if before is not None and answers is None else given
        taking = Taking(house, rules, actor, row, pack, transition, part, readable_step(part, filled), told, now)
        entry = carry_out(taking)
        return detail_of(house, rules, actor, row, entry)

    return house.commit(work)


def take_own(house: House, rules: Rules, row: Dossier, step: str, at: Instant) -> bool:
    """Take a step of the node's own on a locked dossier when its guards hold; False when they do not. Inside a step."""
    pack = pack_of(row)
    transition = pack.table.transition(step)
    taking = Taking(house, rules, None, row, pack, transition, pack.step(step), {}, "", at)
    if any(one.stops for found in _guards(taking).values() for one in found):
        return False
    carry_out(taking)
    return True


def carry_out(taking: Taking) -> str:
    """Check and take the step, or sign it; returns the ledger entry. Inside a step, on a locked row."""
    held = _require_held(taking)
    row, part = taking.row, taking.part
    signatures = list(DossierSignature.objects.filter(dossier=row, step=taking.transition.name).order_by("at", "id"))
    state = advance(taking.pack.table, row.state, taking.transition.name, actor=taking.actor, held=held, side=row.side)
    if part.persons > 1 and taking.actor is not None and len(signatures) + 1 < part.persons:
        return _sign(taking)
    return _record(taking, state, signatures)


def findings_of_step(  # noqa: PLR0917  the house and its rules, the asker, the dossier, the step
    house: House,
    rules: Rules,
    actor: Actor,
    row: Dossier,
    pack: Procedure,
    step: str,
    answers: Mapping[str, Any],
    at: Instant,
) -> tuple[Weighed, ...]:
    """What the checks and guards of a step say now; nothing is kept."""
    part = pack.step(step)
    read, unread = read_answers(part.form, answers, whole=True) if part.form is not None else ({}, [])
    taking = Taking(house, rules, actor, row, pack, pack.table.transition(step), part, read, "", at)
    every = [*weighed(rules, unread)]
    for found in _guards(taking).values():
        every.extend(one for one in found if one not in every)
    return tuple(sorted(every, key=lambda one: not one.stops))


def _require_possible(pack: Procedure, row: Dossier, transition: Transition, actor: Actor) -> None:
    """Role, side and state, before anything is asked of the answers; guards come later."""
    advance(pack.table, row.state, transition.name, actor=actor, held=transition.guards, side=row.side)


def _drop_void(house: House, row: Dossier, transition: Transition) -> None:
    """Whoever signed and may not take the step today has not signed."""
    for signature in DossierSignature.objects.filter(dossier=row, step=transition.name):
        try:
            stands = bool(actor_of_person(house, signature.by).roles & transition.roles)
        except NotAuthenticated:
            stands = False
        if not stands:
            signature.delete()


def _require_held(taking: Taking) -> frozenset[str]:
    """The guards, all of which hold. Raises what stops the step: the supplied guards, the form, the others."""
    row, transition, persons = taking.row, taking.transition, taking.part.persons
    if persons > 1 and taking.actor is not None:
        _require_same_signed(taking)
    signed_by = tuple(DossierSignature.objects.filter(dossier=row, step=transition.name).values_list("by", flat=True))
    for guard in transition.guards:
        first_of_two = guard != REASON_GIVEN and persons > 1 and len(signed_by) + 1 < persons
        if guard in SUPPLIED and not first_of_two:
            seen = seen_dossier(row, steps_of(row), signed_by, taking.by)
            if not supplied_holds(guard, seen, taking.reason, persons):
                field = "reason" if guard == REASON_GIVEN else "person"
                raise Refused("guard", field=field, found=transition.name, expected=guard)
    for guard, found in _guards(taking).items():
        if any(one.stops for one in found):
            reason = FINAL_CHECK if guard == FINAL_CHECK else STEP_CHECK
            raise step_stopped(reason, transition.name, guard, found)
    return frozenset(transition.guards)


def _guards(taking: Taking) -> dict[str, tuple[Weighed, ...]]:
    """What is found: under "form" by the final check, under "check" by the step's own, then by each guard."""
    rules, row, pack, part = taking.rules, taking.row, taking.pack, taking.part
    guards = [guard for guard in taking.transition.guards if guard not in SUPPLIED]
    if not guards and part.check is None and not part.final_check:
        return {}
    asked = Asked(pack, row.answers, part.form, taking.answers, row, row.company, row.side)
    known = gather(taking.house, rules, asked, taking.at)
    found: dict[str, tuple[Weighed, ...]] = {}
    if part.final_check:
        found[FINAL_CHECK] = form_findings(rules, pack, row.answers, known)
    if part.check is not None:
        found["check"] = weighed(rules, part.check(taking.answers, known))
    if guards:
        rows = DossierSignature.objects.filter(dossier=row, step=taking.transition.name)
        signed_by = tuple(rows.values_list("by", flat=True))
        seen = seen_dossier(row, steps_of(row), signed_by, taking.by if taking.actor else "", children_of(row))
        for guard in guards:
            found[guard] = guard_findings(rules, pack, guard, seen, taking.answers, known)
    return found


def _require_same_signed(taking: Taking) -> None:
    """Who signs is another person than who signed, and signs the same; the first may sign other answers instead."""
    rows = DossierSignature.objects.filter(dossier=taking.row, step=taking.transition.name)
    for row in rows:
        same = row.digest == taking.digest
        if row.by == taking.by and same:
            raise Conflict("signed", field="person", found=taking.transition.name, expected="another person")
        if row.by == taking.by:
            row.delete()
        elif not same:
            raise Conflict("signed_otherwise", field="answers", found=taking.transition.name, expected=row.digest)


def _sign(taking: Taking) -> str:
    """Keep the first person's signature; the state stays."""
    row = taking.row
    details: dict[str, Json] = {
        "procedure": taking.pack.code,
        "number": row.number,
        "step": taking.transition.name,
        "role": taking.role,
        "signed_sha256": taking.digest,
    }
    entry = enter(
        taking.house,
        LeafEvent.DOSSIER_SIGNED,
        actor=taking.by,
        subject=row.id,
        company=row.company,
        details=details,
        at=taking.at,
    )
    DossierSignature.objects.create(
        dossier=row,
        step=taking.transition.name,
        by=taking.by,
        role=taking.role,
        at=taking.at,
        digest=taking.digest,
        answers=dict(taking.answers),
        reason=taking.reason,
        entry=entry,
    )
    row.entry, row.changed_at = entry, taking.at
    row.save(update_fields=["entry", "changed_at"])
    return entry


def _record(taking: Taking, state: str, signatures: list[DossierSignature]) -> str:
    """The step is taken: state, answers, effects, message, entry, in this order inside the one step."""
    house, row, pack, at = taking.house, taking.row, taking.pack, taking.at
    step = DossierStep(
        dossier=row,
        position=DossierStep.objects.filter(dossier=row).count() + 1,
        step=taking.transition.name,
        before=row.state,
        state=state,
        at=at,
        side=row.side,
        by=taking.by,
        role=taking.role,
        signers=[
            {"by": one.by, "role": one.role, "at": instant_text(one.at), "entry": one.entry} for one in signatures
        ],
        answers=dict(taking.answers),
        reason=taking.reason,
    )
    if taking.part.amends:
        amended = {**row.answers, **_of_main_form(pack, taking.answers)}
        row.partner = row.partner or partner_in(house, taking.rules, pack, amended)
        keep_answers(row, pack, amended, row.company)
    changed = state != row.state or bool(taking.part.amends)
    enter_state(row, pack, state, at)
    row.attention = ""
    drop_signatures(row, "" if changed else step.step)
    scene = EffectScene(house, taking.actor, row, step.step, row.answers, taking.answers, at)
    run_effects(scene, taking.part.effects)
    tell(house, taking.rules, pack, row, step, taking.part, taking.transition)
    details: dict[str, Json] = {
        "procedure": pack.code,
        "number": row.number,
        "step": step.step,
        "state": state,
        "role": step.role,
        "answers_sha256": digest_of(taking.answers),
        "form_sha256": digest_of(row.answers),
        "signers": [one.entry for one in signatures],
        "message": step.message,
    }
    step.entry = row.entry = enter(
        house,
        LeafEvent.DOSSIER_STEP_TAKEN,
        actor=taking.by,
        subject=row.id,
        company=row.company,
        details=details,
        at=at,
    )
    step.save(force_insert=True)
    keep_edition(row, step.position, at)
    stored(house, taking.rules, row, pack)
    return step.entry


def _of_main_form(pack: Procedure, answers: Mapping[str, Any]) -> dict[str, Any]:
    """The step's answers that replace fields of the main form, which must be able to hold them."""
    codes = {one.code for one in pack.form.fields}
    amended = {code: value for code, value in answers.items() if code in codes}
    _, findings = read_answers(pack.form, amended, whole=False)
    wrong = next((one for one in findings if one.code not in {"form.missing", "form.empty"}), None)
    if wrong is not None:
        raise MalformedInput("answers", field=wrong.path, expected=wrong.code)
    return amended
