"""`relto dossier`: procedures from the terminal: begin, write, check as often as you like, take a step, what waits.

Answers come from a file (`--file answers.json`, the form's fields as one object) or one by one (`--set field=value`,
`--set visitors/0/person=prs_...`); the latter stand over the former. A value is read by the field's kind: yes and no,
whole numbers, lists with commas, everything else as it is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from relto.base.errors import MalformedInput
from relto.cli.dossier_papers import COMMANDS
from relto.cli.dossier_statistics import statistics
from relto.cli.dossier_texts import field_rows, queue_row, whole_lines
from relto.cli.dossier_values import answers_from
from relto.cli.output import answer, answer_rows, language, table, told_lines, wants_json, words
from relto.cli.profile import open_client
from relto.client import NodeClient
from relto.client.answers import DossierForm

_FILE = click.option("--file", "file", type=click.Path(path_type=Path), help="JSON: the form's fields as one object.")
_SET = click.option("--set", "given", multiple=True, metavar="FIELD=VALUE", help="One answer; may be repeated.")


@click.group("dossier")
def dossier() -> None:
    """Procedures: visits, transfers, clearances, incidents and the others, each run of one a dossier."""


dossier.add_command(statistics)


@dossier.command("procedures")
def list_procedures() -> None:
    """The procedures of your node, and which of them you may begin."""
    with open_client() as node:
        rows = [row.raw for row in node.procedures()]
    answer_rows(rows, ("code", "title", "reach", "may_begin"), words("cli.empty", "dossier"))


@dossier.command("form")
@click.argument("procedure")
@click.option("--step", default="", help="The form of this step, instead of the main form.")
def form(procedure: str, step: str) -> None:
    """The fields of PROCEDURE's form: path, kind, whether it is demanded, its choices, its label."""
    with open_client() as node:
        found = form_of(node, procedure, step)
    answer(found.raw, table([("field", "kind", "", "choices", "label"), *field_rows(found.fields, "")]))


@dossier.command("list")
@click.option("--procedure", default="", help="Of this procedure only.")
@click.option("--state", default="", help="In this state only.")
@click.option("--subject", default="", help="About this code: a facility, a person, an item.")
@click.option("--programme", default="", help="Of this programme only.")
@click.option("--open", "open_only", is_flag=True, help="Those that are not closed.")
@click.option("--after", default="", help="Older than this dossier: the last one of the page before.")
def list_dossiers(  # noqa: PLR0917  click calls by name
    procedure: str,
    state: str,
    subject: str,
    programme: str,
    open_only: bool,  # noqa: FBT001  click passes flags by position
    after: str,
) -> None:
    """The dossiers that you may see, the newest change first, 100 at most."""
    with open_client() as node:
        rows = [
            row.raw
            for row in node.dossiers(
                procedure=procedure,
                state=state,
                subject=subject,
                programme=programme,
                open_only=open_only,
                after=after,
            )
        ]
    answer_rows(rows, ("id", "number", "title", "state_words", "waits_on", "changed"), words("cli.empty", "dossier"))


@dossier.command("queue")
@click.option("--procedure", default="", help="Of this procedure only.")
def queue(procedure: str) -> None:
    """What waits for you, the most urgent first; then what of yours waits at the partner."""
    with open_client() as node:
        rows = [row.raw for row in node.dossier_queue(procedure=procedure)]
    if wants_json() or not rows:
        answer_rows(rows, (), words("cli.empty", "dossier_queue"))
        return
    shown = [queue_row(row) for row in rows]
    click.echo(table([("number", "procedure", "state", "you may", "since", "by when"), *shown]))


@dossier.command("show")
@click.argument("dossier")
def show(dossier: str) -> None:
    """DOSSIER, by its id or its number: where it stands, what is stated, what is found, what you may do."""
    with open_client() as node:
        found = node.dossier(dossier).raw
    answer(found, "\n".join(whole_lines(found)))


@dossier.command("changes")
@click.argument("dossier")
def changes(dossier: str) -> None:
    """What changed in the form of DOSSIER from one step to a later one, the newest first."""
    with open_client() as node:
        rows = [row.raw for row in node.dossier_amendments(dossier)]
    lines = []
    for row in rows:
        lines.append(f"{row['at']} {row['step']} ({row['entry']})")
        lines += [f"  {one}: {row['before'].get(one)!r} -> {row['after'].get(one)!r}" for one in row["fields"]]
    answer(rows, "\n".join(lines) or words("cli.empty", "amendments"))


@dossier.command("begin")
@click.argument("procedure")
@_FILE
@_SET
def begin(procedure: str, file: Path | None, given: tuple[str, ...]) -> None:
    """Begin a dossier of PROCEDURE with what is known so far; it gets its number at once."""
    with open_client() as node:
        answers = answers_from(form_of(node, procedure), file, given)
        made = node.begin_dossier(procedure, answers).raw
    answer(made, f"{made['number']} ({made['id']}): {made['state_words']}")


@dossier.command("write")
@click.argument("dossier")
@_FILE
@_SET
def write(dossier: str, file: Path | None, given: tuple[str, ...]) -> None:
    """Write on in DOSSIER: --file replaces the form; --set alone changes these answers and leaves the others."""
    with open_client() as node:
        stands = node.dossier(dossier)
        first = None if file is not None else stands.answers
        answers = answers_from(form_of(node, stands.procedure), file, given, first)
        made = node.write_dossier(dossier, answers).raw
    answer(made, f"{made['number']} ({made['id']}): {made['state_words']}")


@dossier.command("check")
@click.argument("what")
@_FILE
@_SET
@click.option("--step", default="", help="What stands against this step of the dossier WHAT.")
@click.option("--parent", default="", help="The number of the dossier that a new one would belong to.")
def check(what: str, file: Path | None, given: tuple[str, ...], step: str, parent: str) -> None:
    """Check the form of a procedure WHAT with answers, or a dossier WHAT as it stands; nothing is kept."""
    with open_client() as node:
        if file is None and not given and _is_dossier(what):
            found = node.dossier_findings(what, step=step).raw
        else:
            found = node.check_dossier_form(what, answers_from(form_of(node, what), file, given), parent=parent).raw
    answer(found, "\n".join(told_lines(found["findings"], language())) or words("cli.dossier", "clean"))


@dossier.command("take")
@click.argument("dossier")
@click.argument("step")
@_FILE
@_SET
@click.option("--reason", default="", help="Why; write no classified words.")
def take(dossier: str, step: str, file: Path | None, given: tuple[str, ...], reason: str) -> None:
    """Take STEP of DOSSIER, or sign it where two must; the second person gives no answers and signs the first's."""
    with open_client() as node:
        answers: Mapping[str, Any] | None = None
        if file is not None or given:
            procedure = node.dossier(dossier).procedure
            answers = answers_from(form_of(node, procedure, step), file, given)
        found = node.take_dossier_step(dossier, step, answers=answers, reason=reason).raw
    signed = found["signed_by"].get(step, [])
    lines = [f"{found['number']}: {found['state_words']}"]
    if signed:
        lines.append(words("cli.dossier", "signed"))
    answer(found, "\n".join([*lines, f"entry: {found['entry']}"]))


def _is_dossier(what: str) -> bool:
    """An id or a number; codes of procedures are lower-case and have no digits and no dash."""
    return what.startswith("dos_") or "-" in what


def form_of(node: NodeClient, procedure: str, step: str = "") -> DossierForm:
    """The main form of a procedure, or that of one of its steps. Raises MalformedInput for a step without one."""
    found = node.procedure(procedure)
    if not step:
        return found.form
    form = next((one.form for one in found.steps if one.code == step), None)
    if form is None:
        with_form = ", ".join(one.code for one in found.steps if one.form is not None)
        raise MalformedInput("procedure.step", field="step", found=step, expected=f"a step with a form: {with_form}")
    return form


for _command in COMMANDS:
    dossier.add_command(_command)
