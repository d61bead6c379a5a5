"""The papers of a dossier: what a state gives, made from the dossier as it stands, with its data and proof inside.

Promises: a paper holds the sections and steps that its procedure names and nothing more, neither on the sheet nor in
the data inside it; personal fields stand only on papers that are said to be personal. The data inside is signed by the
node, and beside it travel the ledger entries of the dossier with their proofs. A paper is given in the states and on
the side that its procedure names; another one is not there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from relto.adapters.paper_words import Attachment, PaperValue, SignedStep
from relto.adapters.papers_pdf import paper_pdf
from relto.base.canonical import Json, canonical_bytes, sha256_hex
from relto.base.errors import NotAvailable
from relto.base.instants import Instant, read_instant
from relto.ports.log_files import LogFiles
from relto.procedures.actors import Actor
from relto.procedures.forms.form import Field, Form
from relto.procedures.packs.registry import procedure as pack_named
from relto.procedures.procedure import Paper, Procedure
from relto.procedures.table import STAYS
from relto.services import active_bundle
from relto.services.dossiers.exporting import entries_of, step_record
from relto.services.dossiers.looking import dossier as dossier_detail
from relto.services.dossiers.views import DossierDetail, TakenView
from relto.services.house import House
from relto.signing.statements import sign_statement

RECORD = "dossier-paper"
VERSION = 1
PDF = "application/pdf"


@dataclass(frozen=True, slots=True)
class PaperFile:
    """A paper as a file. `name`: for the disk of who takes it; `digest`: of the data inside, as the sheet says it."""

    name: str
    media_type: str
    content: bytes
    digest: str


def paper(
    house: House, actor: Actor, dossier: str, code: str, language: str = "en", *, files: LogFiles | None = None
) -> PaperFile:
    """One paper of a dossier. `language`: en, hi or both; `files`: of the node's log, for the proofs inside.

    Raises NotAvailable("dossier" or "paper"), MalformedInput("paper.language").
    """
    detail = dossier_detail(house, actor, dossier)
    pack = pack_named(detail.view.procedure)
    if code not in detail.papers:
        raise NotAvailable("paper", field="paper", expected=", ".join(detail.papers))
    chosen = next(one for one in pack.papers if one.code == code)
    value = _value(house, pack, chosen, detail, files)
    name = f"{detail.view.number}-{code.replace('_', '-')}-{language}.pdf"
    return PaperFile(name, PDF, paper_pdf(value, language), value.digest)


def _value(house: House, pack: Procedure, chosen: Paper, detail: DossierDetail, files: LogFiles | None) -> PaperValue:
    view = detail.view
    answers = _answers_on(pack.form, chosen, detail.answers, chosen.sections or pack.form.sections)
    taken = [(step, one) for step in chosen.steps for one in _taken(pack, detail, step)]
    told = [(one, _step_answers(pack, chosen, one)) for _, one in taken if one is not None]
    record: dict[str, Json] = {
        "number": view.number,
        "nation": view.nation,
        "procedure": view.procedure,
        "paper": chosen.code,
        "form": {"code": pack.form.code, "version": detail.form_version},
        "state": view.state,
        "bundle": {"version": detail.bundle_version, "digest": detail.bundle_digest},
        "answers": answers,
        "steps": [step_record(one, given, with_reason=chosen.personal) for one, given in told],
    }
    signed = sign_statement(RECORD, VERSION, record, [house.node_key])
    entries = entries_of(view.id, files)
    bundle = active_bundle.active(house, house.now())
    return PaperValue(
        procedure=pack,
        paper=chosen,
        number=view.number,
        nation=view.nation,
        state=view.state,
        answers=answers,
        dated=view.changed,
        digest=sha256_hex(canonical_bytes({"type": RECORD, "version": VERSION, **record})),
        steps=[
            _signed(house, pack, step, one, {} if one is None else _step_answers(pack, chosen, one), view.side)
            for step, one in taken
        ],
        findings=[one for one in detail.findings if _stands_on(one.finding.path, answers)],
        provisions=bundle.provisions,
        entries=[str(one["entry"]) for one in entries if isinstance(one, dict)],
        attachments=(
            Attachment(f"{view.number}.json", "application/json", signed.decode("utf-8"), "paper.attached.data"),
            Attachment(
                f"{view.number}-entries.json",
                "application/json",
                canonical_bytes(entries).decode("utf-8"),
                "paper.attached.proof",
            ),
        ),
        is_training=house.kind == "training",
    )


def _answers_on(form: Form, chosen: Paper, answers: Mapping[str, Any], sections: tuple[str, ...]) -> dict[str, Any]:
    """The answers that stand on a paper; of rows the fields that do."""
    return {
        one.code: _shown(one, chosen, answers[one.code])
        for one in form.fields
        if one.code in answers and one.section in sections and _may_stand(one, chosen)
    }


def _shown(one: Field, chosen: Paper, given: Any) -> Any:
    if one.kind != "rows":
        return given
    codes = {inner.code for inner in one.fields if _may_stand(inner, chosen)}
    return [{code: value for code, value in row.items() if code in codes} for row in given]


def _may_stand(one: Field, chosen: Paper) -> bool:
    return (chosen.personal or not one.personal) and (one.shared or not chosen.shared_only)


def _step_answers(pack: Procedure, chosen: Paper, one: TakenView) -> dict[str, Any]:
    form = pack.step(one.step).form
    return {} if form is None else _answers_on(form, chosen, one.answers, form.sections)


def _taken(pack: Procedure, detail: DossierDetail, step: str) -> Sequence[TakenView | None]:
    """When the step was taken with effect: the last time, or each time where it adds something (STAYS).

    None for a step that somebody still has to sign; one that may be taken at will and was not stands on no paper, nor
    does one that lies no longer ahead: another was taken instead.
    """
    every = [one for one in detail.steps if one.step == step and not one.overtaken and not one.refused]
    transition = pack.table.transition(step)
    if not every:
        return (None,) if not transition.at_will and transition.sources & _ahead(pack, detail.view.state) else ()
    return every if transition.target == STAYS else every[-1:]


def _ahead(pack: Procedure, state: str) -> frozenset[str]:
    """This state and those that still come when nobody does anything at will."""
    following = [one for one in pack.table.transitions if not one.at_will and one.target != STAYS]
    reached = {state}
    while more := {one.target for one in following if one.sources & reached} - reached:
        reached |= more
    return frozenset(reached)


def _signed(  # noqa: PLR0917  a step and whose it is
    house: House, pack: Procedure, step: str, one: TakenView | None, answers: Mapping[str, Any], side: str
) -> SignedStep:
    if one is None:
        return SignedStep(step)
    own = one.side == side
    others = tuple((who.by, _instant(who.at)) for who in one.signers)
    nation = str(house.nation) if own else one.by
    by = one.by if one.by != nation else ""
    return SignedStep(step, one.at, nation, by, one.role, pack.step(step).form, answers, others)


def _instant(moment: Instant | str) -> Instant:
    return read_instant(moment) if isinstance(moment, str) else moment


def _stands_on(path: str, answers: Mapping[str, Any]) -> bool:
    """A finding about a field that the paper does not show is not told on it."""
    return not path or path.split("/", maxsplit=1)[0] in answers
