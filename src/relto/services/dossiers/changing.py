"""What every change of a dossier has in common: its answers, keys, state, due instants and digests, inside a step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from relto.base.canonical import canonical_bytes, sha256_hex
from relto.base.errors import NotAvailable, UnknownValue
from relto.base.instants import Instant
from relto.procedures.actors import Actor
from relto.procedures.packs.registry import procedure
from relto.procedures.procedure import BETWEEN, Procedure
from relto.services.dossiers.clocks import count_dues
from relto.services.dossiers.known import Rules
from relto.services.dossiers.subjects import keyed, place
from relto.services.dossiers.views import stand_of
from relto.services.house import House
from relto.store.models import Dossier, DossierEdition, DossierSignature, DossierStep
from relto.store.queries.dossiers import found, replace_keys, visible_dossiers


def locked(house: House, actor: Actor, dossier: str) -> Dossier:
    """The dossier in the actor's scope, locked until the step ends. Raises NotAvailable("dossier")."""
    row = found(visible_dossiers(actor), dossier, house.nation)
    if row is None:
        raise NotAvailable("dossier", field="dossier")
    return Dossier.objects.select_for_update().get(id=row.id)


def pack_of(row: Dossier) -> Procedure:
    """The procedure of a dossier. Raises UnknownValue when this node no longer has it."""
    return procedure(row.procedure)


def digest_of(answers: Mapping[str, Any]) -> str:
    """Lower-case hex SHA-256 of answers in canonical JSON."""
    return sha256_hex(canonical_bytes(dict(answers)))


def partner_in(house: House, rules: Rules, pack: Procedure, answers: Mapping[str, Any]) -> str:
    """The other nation that the form names, "" where it names none. Raises UnknownValue("partner") for no partner."""
    if pack.reach != BETWEEN or not answers.get(pack.partner_field):
        return ""
    named = str(answers[pack.partner_field])
    partners = sorted(set(rules.bundle.parties) - {house.nation})
    if named not in partners:
        raise UnknownValue("partner", field=pack.partner_field, found=named, expected=", ".join(partners))
    return named


def keep_answers(row: Dossier, pack: Procedure, answers: Mapping[str, Any], company: str | None) -> None:
    """Set the main form and what follows from it; the keys are written once the row is stored (`stored`)."""
    row.answers = dict(answers)
    place(row, pack, answers, company)


def enter_state(row: Dossier, pack: Procedure, state: str, at: Instant) -> None:
    """The dossier is in `state` from now on; the same state again goes on counting."""
    if state != row.state or not row.stand:
        row.since = at
    row.state = state
    row.stand = stand_of(pack.code, row.side, state)
    row.is_open = state not in pack.table.final
    row.ended_at = None if row.is_open else (row.ended_at or at)
    row.changed_at = at


def stored(house: House, rules: Rules, row: Dossier, pack: Procedure) -> None:
    """Write the row, which was inserted before, with its keys and due instants: the last thing of a step."""
    count_dues(house, rules, row, pack)
    replace_keys(row, keyed(pack, row.answers))
    row.save(force_update=True)


def keep_edition(row: Dossier, position: int, at: Instant) -> None:
    """Keep the main form as it reads at a step, when it reads otherwise than at the steps before. Inside a step."""
    digest = digest_of(row.answers)
    newest = DossierEdition.objects.filter(dossier=row).order_by("-position").defer("answers").first()
    if newest is None or newest.digest != digest:
        DossierEdition.objects.create(dossier=row, position=position, at=at, digest=digest, answers=dict(row.answers))


def drop_signatures(row: Dossier, step: str = "") -> None:
    """What was signed no longer stands: under this step, or under every one when the state or the form changed."""
    rows = DossierSignature.objects.filter(dossier=row)
    (rows.filter(step=step) if step else rows).delete()


def steps_of(row: Dossier) -> list[DossierStep]:
    """Its steps in order."""
    return list(DossierStep.objects.filter(dossier=row).order_by("position"))


def children_of(row: Dossier) -> dict[str, str]:
    """Number -> state of the dossiers that name this one as their parent."""
    rows = Dossier.objects.filter(parent=row.number).exclude(id=row.id)
    return dict(rows.values_list("number", "state"))
