"""Dossiers as text on a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from relto.cli.output import language, told_lines, words
from relto.client.answers import FormField


def field_rows(fields: Sequence[FormField], above: str) -> list[tuple[str, ...]]:
    """A form's fields as rows of a table: path, kind, whether and when it is demanded, choices, label."""
    rows = []
    for one in fields:
        rows.append(_field_row(one.raw, above))
        rows.extend(_field_row(inner, f"{above}{one.code}/0/") for inner in one.fields)
    return rows


def _field_row(one: Mapping[str, Any], above: str) -> tuple[str, ...]:
    demanded = words("cli.dossier", "demanded") if one["required"] else ""
    if one["when_field"]:
        demanded = f"{demanded} ({one['when_field']}={','.join(one['when_values'])})".strip()
    return (f"{above}{one['code']}", one["kind"], demanded, ", ".join(one["choices"]), one["label"])


def queue_row(row: Mapping[str, Any]) -> tuple[str, ...]:
    """What waits, as a row of a table."""
    one, due = row["dossier"], row["due"]
    at = "" if due is None else f"{str(due['at'])[:10]} {due['words']} ({due['nation']})"
    steps = ", ".join(row["steps"]) if row["where"] == "here" else words("waits_on", "partner")
    return (one["number"], one["title"], one["state_words"], steps, str(row["since"])[:10], at)


def whole_lines(found: Mapping[str, Any]) -> list[str]:
    """A dossier for people: state, whose turn, limits, answers, steps of both sides, findings, what may be done."""
    lines = [f"{found['title']} {found['number']}: {found['state_words']}"]
    waits = ", ".join(words("waits_on", one) for one in found["waits_on"])
    if waits:
        lines.append(waits)
    for due in found["due"]:
        when = words("words", "no_rule") if due["gap"] else f"{due['at']}, {due['provision']}"
        lines.append(f"{due['words']} ({due['nation']}): {when}")
    lines.append("")
    lines += [f"{path}: {value}" for path, value in _flat(found["answers"], "")]
    for step in found["steps"]:
        lines.append(f"{step['at']} {step['side']} {step['by']}: {step['words']} ({step['step']}) {step['entry']}")
    lines += told_lines(found["findings"], language())
    if found["may_take"] or found["may_write"]:
        steps = [f"{words_} ({step})" for step, words_ in found["may_take"].items()]
        lines.append(
            f"{words('cli.dossier', 'may')} " + ", ".join([*(["write"] if found["may_write"] else []), *steps])
        )
    return lines


def _flat(answers: Mapping[str, Any], above: str) -> list[tuple[str, str]]:
    lines: list[tuple[str, str]] = []
    for code, value in answers.items():
        if isinstance(value, list) and value and isinstance(value[0], Mapping):
            for number, row in enumerate(value):
                lines += _flat(row, f"{above}{code}/{number}/")
        else:
            shown = ", ".join(map(str, value)) if isinstance(value, list) else value
            lines.append((f"{above}{code}", "yes" if shown is True else "no" if shown is False else str(shown)))
    return lines
