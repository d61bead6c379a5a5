"""The after-action report of a rehearsal as a paper: English, Hindi or both, marked for training, with its data inside.

It is set from the report alone (`relto.rehearsal.after_action`, one JSON object), so the paper of a report that was
handed on is the paper of the one who made it. It names roles, sides, rules and times; there is nobody in it to name.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from relto.adapters.paper_words import Attachment, grouped
from relto.adapters.record_papers import Coded, RecordPaper, RecordSection, RecordTable, Words, record_paper
from relto.adapters.words import LANGUAGES, sentence
from relto.base.instants import read_instant

Say = Callable[[str], str]

_RUNS = ("in_force", "proposed")
_STEP_COLUMNS = ("step", "day", "who", "act", "outcome", "rules", "time")
_DAY = 24
_SECOND = 1000


def after_action_pdf(report: Mapping[str, Any], digest: str, language: str = "both") -> bytes:
    """The paper. `digest`: SHA-256 of the report's file; `language`: en, hi or both. Raises MalformedInput."""
    runs = [name for name in _RUNS if name in report["runs"]]
    sections = [section for name in runs for section in _run(name, report)]
    if report["draft"]:
        sections.insert(0, _differences(report))
    content = json.dumps(report, ensure_ascii=False, sort_keys=True, indent=1) + "\n"
    attached = Attachment(f"{report['scenario']}.json", "application/json", content, "rehearsal.attached")
    paper = RecordPaper(
        number=str(report["scenario"]),
        title=Coded("rehearsal.title"),
        statement=report["trains"],
        facts=tuple(_facts(report, runs)),
        sections=tuple(sections),
        dated=read_instant(report["made"], field="made"),
        digest=digest,
        attachments=(attached,),
        notes=(Coded("rehearsal.note"),),
        is_training=True,
    )
    return record_paper(paper, language)


def _facts(report: Mapping[str, Any], runs: Sequence[str]) -> Iterator[tuple[Words, Words]]:
    yield Coded("rehearsal.scenario"), report["title"]
    yield Coded("rehearsal.made"), str(report["made"])
    yield Coded("rehearsal.mode"), Coded(f"rehearsal.mode.{report['mode']}")
    yield Coded("rehearsal.seed"), str(report["seed"])
    for name in runs:
        counts = {kind: str(many) for kind, many in report["counts"][name].items()}
        yield Coded(f"rehearsal.run.{name}"), Coded("rehearsal.counts", counts)
    if report["draft"]:
        yield Coded("rehearsal.draft"), grouped(report["draft"])
    if report["refused_draft"]:
        yield Coded("rehearsal.refused_draft"), str(report["refused_draft"])


def _differences(report: Mapping[str, Any]) -> RecordSection:
    """What would come out otherwise under the draft."""
    rows = [
        (
            str(one["step"]),
            Coded(f"rehearsal.difference.{one['kind']}", {"hours": str(one["hours"])}),
            Coded(f"rehearsal.outcome.{one['in_force']}"),
            Coded(f"rehearsal.outcome.{one['proposed']}"),
            "\n".join(one["rules"]),
        )
        for one in report["differences"]
    ]
    columns = [Coded(f"rehearsal.column.{name}") for name in ("step", "difference", "in_force", "proposed", "rules")]
    tables = [RecordTable(Coded("rehearsal.differences"), columns, rows)] if rows else []
    said = [] if rows else [Coded("rehearsal.no_difference")]
    return RecordSection(Coded("rehearsal.differences"), paragraphs=said, tables=tables)


def _run(name: str, report: Mapping[str, Any]) -> Iterator[RecordSection]:
    run = report["runs"][name]
    many = len(report["runs"]) > 1
    heading: Words = Coded(f"rehearsal.run.{name}") if many else Coded("rehearsal.course")
    yield RecordSection(
        heading,
        rows=[(Coded("rehearsal.bundle"), f"{run['bundle']['version']}: {grouped(run['bundle']['digest'])}")],
        tables=[_injects(run), _sides(run), _steps(run)],
    )
    yield _undone(run)


def _injects(run: Mapping[str, Any]) -> RecordTable:
    """What went wrong, what it set off, how it was mended."""
    rows = [
        (
            Coded(f"rehearsal.inject.{one['code']}"),
            str(one["step"]),
            "\n".join(one["set_off"]),
            "\n".join(one["answered_by"]),
            Coded("rehearsal.mended", {"hours": str(one["hours"]), "step": one["mended_by"]})
            if one["mended"]
            else Coded("rehearsal.not_mended"),
        )
        for one in run["injects"]
    ]
    columns = [Coded(f"rehearsal.column.{name}") for name in ("inject", "step", "set_off", "answered_by", "mended")]
    return RecordTable(Coded("rehearsal.injects"), columns, rows)


def _sides(run: Mapping[str, Any]) -> RecordTable:
    rows = [
        (
            str(one["side"]),
            str(one["steps"]),
            str(one["refused"]),
            str(one["undone"]),
            _seconds(one["median_ms"]),
            _seconds(one["longest_ms"]),
        )
        for one in run["sides"]
    ]
    columns = [
        Coded(f"rehearsal.column.{name}") for name in ("side", "steps", "refused", "undone", "median", "longest")
    ]
    return RecordTable(Coded("rehearsal.sides"), columns, rows)


def _steps(run: Mapping[str, Any]) -> RecordTable:
    rows = [
        (
            str(one["id"]),
            Coded("rehearsal.at", {"day": str(one["hour"] // _DAY), "hour": str(one["hour"] % _DAY)}),
            _who(one["who"]),
            _act(one),
            _outcome(one),
            "\n".join(one["rules"]),
            _seconds(one["ms"]),
        )
        for one in run["steps"]
    ]
    columns = [Coded(f"rehearsal.column.{name}") for name in _STEP_COLUMNS]
    return RecordTable(Coded("rehearsal.steps"), columns, rows)


def _who(part: str) -> Words:
    """A part of the cast: nation, role, and the company where the scenario names one."""
    nation, _, rest = part.partition(".")
    role, _, company = rest.partition("@")
    if not role:
        return Coded("rehearsal.part.control")
    beside = [f"({company})"] if company else []
    return _both(lambda said: " ".join((nation, said(f"rehearsal.part.{role}"), *beside)))


def _act(step: Mapping[str, Any]) -> Words:
    """What the step did; a step of a procedure in that procedure's own words."""
    about = step["about"]
    if step["act"] in ("take", "begin", "write"):
        procedure = about["procedure"]
        code = f"step.{procedure}.{about['step']}" if step["act"] == "take" else f"rehearsal.act.{step['act']}"
        return _both(lambda said: f"{said(f'procedure.{procedure}')}: {said(code)}")
    return Coded(".".join(("rehearsal.act", step["act"], *([about["state"]] if "state" in about else []))))


def _outcome(step: Mapping[str, Any]) -> Words:
    """How it came out, and whether that was meant."""

    def words(said: Say) -> str:
        lines = [said(f"rehearsal.outcome.{step['outcome']}")]
        if not step["as_expected"]:
            lines.append(said("rehearsal.not_as_expected"))
        if step["played"]:
            lines.append(said("rehearsal.played"))
        if step["undone"]:
            lines.append(said("rehearsal.nobody"))
        return "\n".join(lines)

    return _both(words)


def _undone(run: Mapping[str, Any]) -> RecordSection:
    """What nobody did: steps of the course, and what waits for somebody at its end."""
    undone = [str(one["id"]) for one in run["steps"] if one["undone"]]
    rows = [
        (
            _who(one["who"]),
            Coded(f"procedure.{one['what']}"),
            Coded(f"state.{one['what']}.{one['state']}"),
            Coded("rehearsal.hours", {"hours": str(one["hours"])}),
            Coded("rehearsal.overdue" if one["overdue"] else "rehearsal.not_overdue"),
        )
        for one in run["waiting"]
    ]
    columns = [Coded(f"rehearsal.column.{name}") for name in ("who", "procedure", "state", "since", "due")]
    tables = [RecordTable(Coded("rehearsal.waiting"), columns, rows)] if rows else []
    said: list[Words] = [Coded("rehearsal.undone_steps", {"steps": ", ".join(undone)})] if undone else []
    if not undone and not rows:
        said = [Coded("rehearsal.nothing_undone")]
    return RecordSection(Coded("rehearsal.undone"), paragraphs=said, tables=tables)


def _both(words: Callable[[Say], str]) -> Mapping[str, str]:
    """A text by language, put together from sentences of the catalogue."""
    return {language: words(partial(sentence, language=language)) for language in LANGUAGES}


def _seconds(ms: int) -> str:
    return f"{ms / _SECOND:.1f} s"
