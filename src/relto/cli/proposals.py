"""`relto align propose` and what follows: read proposals, answer, resolve, prove, fetch the next bundle, attach."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from relto.adapters.words import sentence
from relto.base.canonical import read_json
from relto.base.errors import MalformedInput
from relto.cli.files import read_file, write_file
from relto.cli.output import answer, answer_rows, language, words
from relto.cli.profile import open_client

if TYPE_CHECKING:
    from relto.client import NodeClient

NOT_PROVED = 10
_DIGEST = click.option("--digest", default="", help="A version of it; the leading one without it.")
_MARKS: Mapping[str, tuple[str, str]] = {"kept": ("", ""), "inserted": ("[+", "+]"), "deleted": ("[-", "-]")}


@click.command("propose")
@click.option("--title", required=True, help="One line; write no classified words.")
@click.option("--topic", required=True, help="A topic of the rule book.")
@click.option("--text", type=click.Path(path_type=Path), help="The clauses: JSON, a list of {code, heading, text}.")
@click.option("--draft", type=click.Path(path_type=Path), help="The next bundle as you want it; its change is read.")
@click.option("--change", type=click.Path(path_type=Path), help="Instead of a draft: operations (RFC 6902) as JSON.")
@click.option("--from", "effective_from", default="", help="When the change takes effect, 2027-01-01T00:00:00Z.")
@click.option("--until", "expires", default="", help="When the next bundle ends.")
@click.option("--divergence", "divergences", multiple=True, help="The question that it answers, ale_...")
@click.option("--provision", "provisions", multiple=True, help="Id in the rule book.")
@click.option("--form", "forms", multiple=True, help="Code of a procedure whose form it touches.")
@click.option("--limit", "limits", multiple=True, help="Code of a limit that it touches.")
@click.option("--silence-days", type=click.IntRange(1, 365), default=14, show_default=True)
@click.option("--working-days", is_flag=True, help="Count the silence in working days of each nation.")
@click.option("--entry", default="", help="The proposal that you answer, or whose next version this is.")
def propose(  # noqa: PLR0913, PLR0917  click calls by name
    title: str,
    topic: str,
    text: Path | None,
    draft: Path | None,
    change: Path | None,
    effective_from: str,
    expires: str,
    divergences: tuple[str, ...],
    provisions: tuple[str, ...],
    forms: tuple[str, ...],
    limits: tuple[str, ...],
    silence_days: int,
    working_days: bool,  # noqa: FBT001  click passes flags by position
    entry: str,
) -> None:
    """Table a joint text and its change, or the next version of your nation's line (co-chair)."""
    if draft is not None and change is not None:
        raise MalformedInput("usage", field="change", expected="--draft or --change, not both")
    clauses = _listed(text, "text", "clauses") if text is not None else []
    with open_client() as node:
        base, operations = "", _listed(change, "change", "change") if change is not None else []
        if draft is not None:
            base, operations, period = _of_draft(node, draft)
            effective_from, expires = effective_from or period[0], expires or period[1]
        told = node.propose(
            title,
            topic,
            clauses=clauses,
            change=operations,
            base=base,
            effective_from=effective_from,
            expires=expires,
            divergences=divergences,
            provisions=provisions,
            forms=forms,
            limits=limits,
            silence_days=silence_days,
            silence_count="working_days" if working_days else "calendar_days",
            entry=entry,
        ).raw
    answer(told, sentence("cli.told.alignment", language(), entry=told["entry"]))


@click.command("proposals")
@click.option("--topic", default="", help="A topic of the rule book.")
@click.option("--state", default="", help="Such as tabled, objected, ripe, proven, agreed, in_force.")
def proposals(topic: str, state: str) -> None:
    """Proposals, the oldest first, and who acts next."""
    with open_client() as node:
        rows = [row.raw for row in node.proposals(topic=topic, state=state)]
    shown = [
        {**row, "state": words("proposal.state", row["state"]), "next": ", ".join(_acts(row["turns"]))} for row in rows
    ]
    columns = ("entry", "title", "state", "line", "number", "next", "days")
    answer_rows(shown, columns, words("cli.empty", "proposals"))


@click.command("proposal")
@click.argument("entry")
@_DIGEST
@click.option("--against", default="", help="The version to compare with; the one before without it.")
def proposal(entry: str, digest: str, against: str) -> None:
    """ENTRY whole: the joint text as a redline, its change, comments, proofs, and what stands in the way."""
    with open_client() as node:
        found = node.proposal(entry, digest=digest, against=against).raw
    answer(found, "\n".join(_lines(found)))


@click.command("position")
@click.argument("entry")
@click.option("--digest", required=True, help="Of the version that you read.")
@click.option("--position", required=True, type=click.Choice(["objects", "no_objection"]))
@click.option("--reason", default="", help="Why; needed for an objection.")
def position(entry: str, digest: str, position: str, reason: str) -> None:
    """Object to a version of ENTRY, or say that your nation does not (co-chair)."""
    with open_client() as node:
        told = node.take_position(entry, digest, position, reason).raw
    answer(told, sentence("cli.told.alignment", language(), entry=entry))


@click.command("resolve")
@click.argument("comment")
@click.option("--resolution", required=True, type=click.Choice(["accepted", "accepted_in_part", "rejected", "noted"]))
@click.option("--reason", default="", help="Why; needed unless it is accepted.")
@click.option("--taken-in", default="", help="Digest of the version that takes it in; your newest one without it.")
def resolve(comment: str, resolution: str, reason: str, taken_in: str) -> None:
    """Say what became of COMMENT on your nation's line (co-chair)."""
    with open_client() as node:
        told = node.resolve_comment(comment, resolution, reason, taken_in).raw
    answer(told, sentence("cli.told.alignment", language(), entry=comment))


@click.command("withdraw")
@click.argument("entry")
def withdraw(entry: str) -> None:
    """Withdraw your nation's line of the proposal ENTRY; the partner's stands (co-chair)."""
    with open_client() as node:
        told = node.withdraw_proposal(entry).raw
    answer(told, sentence("cli.told.alignment", language(), entry=entry))


@click.command("prove")
@click.argument("entry")
@_DIGEST
def prove(entry: str, digest: str) -> None:
    """Have your node prove the draft of ENTRY, and tell the partner the result; exit 10 when it is not proved."""
    from relto.cli.rules_proof import proof_lines
    from relto.rules.bundle import read_rules

    with open_client() as node:
        found = node.prove_proposal(entry, digest).raw
        refusing = read_rules(node.active_bundle_file()) if found["proof"] else None
    proved = found["result"] == "proved"
    lines = proof_lines(found["proof"], refusing) if found["proof"] else []
    answer(found, "\n".join([*lines, words("proof.said", "proved" if proved else "not_proved")]))
    if not proved:
        sys.exit(NOT_PROVED)


@click.command("draft")
@click.argument("entry")
@click.option("--output", required=True, type=click.Path(path_type=Path), help="Where the unsigned bundle goes.")
@_DIGEST
def draft(entry: str, output: Path, digest: str) -> None:
    """Write the next bundle that follows from ENTRY; both authorities sign it with `relto rules sign`."""
    with open_client() as node:
        data = node.proposal_draft(entry, digest)
    write_file(output, data, "output")
    answer({"file": str(output), "entry": entry, "bytes": len(data)})


@click.command("attach")
@click.argument("entry")
@click.argument("report", type=click.Path(path_type=Path))
def attach(entry: str, report: Path) -> None:
    """Tell what a rehearsal of ENTRY's draft showed, from its after-action REPORT (JSON)."""
    with open_client() as node:
        told = node.attach_rehearsal(entry, read_file(report, "report")).raw
    answer(told, sentence("cli.told.alignment", language(), entry=entry))


COMMANDS = (propose, proposals, proposal, position, resolve, withdraw, prove, draft, attach)


def _listed(path: Path, field: str, member: str) -> list[Any]:
    """The list that a JSON file holds, itself or under `member`. Raises MalformedInput naming the field."""
    found = read_json(read_file(path, field), field=field)
    listed = found.get(member) if isinstance(found, dict) else found
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise MalformedInput("proposal.file", field=field, found=path.name, expected=f"a JSON list of {member}")
    return listed


def _of_draft(node: NodeClient, path: Path) -> tuple[str, list[dict[str, Any]], tuple[str, str]]:
    """(digest of the newest bundle, the operations from it to the draft, from when and until when the draft holds)."""
    from relto.alignment.next_bundle import changes_of
    from relto.base.instants import instant_text
    from relto.rules.bundle import read_rules

    data = read_file(path, "draft")
    stated = read_rules(data)
    newest = node.bundle_history()[0]
    changes = changes_of(node.bundle_file(newest.version), data)
    period = instant_text(stated.effective_from), instant_text(stated.expires)
    return newest.digest, [dict(one.body()) for one in changes], period


def _acts(turns: Sequence[Mapping[str, Any]]) -> list[str]:
    return [f"{turn['nation']} {words('proposal.act', turn['act'])}".strip() for turn in turns]


def _lines(found: Mapping[str, Any]) -> Iterator[str]:
    shown, compared = found["shown"], found["compared"]
    yield f"{found['title']} ({found['topic']}): {words('proposal.state', found['state'])}"
    yield f"{_version(shown)} {shown['digest']}" + (f" | {_version(compared)}" if compared else "")
    for clause in found["redline"]:
        yield f"{clause['code']} {_run(clause['heading'])} ({words('proposal.clause', clause['change'])})"
        for code, runs in clause["texts"].items():
            yield f"    {code}: {_run(runs)}"
    for one in found["changes"]:
        yield f"{words('proposal.op', one['op'])} {one['member']} {one['path']}"
    for one in found["remarks"]:
        resolved = one["resolution"]
        said = words("proposal.resolution", resolved["resolution"] if resolved else "none")
        yield f"{one['at']} {one['by']} {one['clause'] or '-'}: {one['text']} [{said}] {one['comment']}"
    for one in found["proofs"]:
        yield f"{one['at']} {one['nation']}: {words('proof.result', one['result'])} {one['draft']}"
    for one in found["obstacles"]:
        yield f"{one['nation'] or '-'}: {words('proposal.obstacle', one['code'])}"
    if found["next_acts"]:
        yield f"{words('proposal', 'next')}: {', '.join(_acts(found['next_acts']))}"


def _version(version: Mapping[str, Any]) -> str:
    return sentence("signature.named", language(), nation=version["line"], number=version["number"])


def _run(runs: Sequence[Mapping[str, str]]) -> str:
    return "".join(f"{_MARKS[run['kind']][0]}{run['text']}{_MARKS[run['kind']][1]}" for run in runs)
