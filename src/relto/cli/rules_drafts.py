"""`relto rules diff` and `lint`: what two bundles differ in, and all that is wrong with a draft, before signing."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from relto.adapters.words import sentence
from relto.cli.files import read_file
from relto.cli.output import answer, language

FAULTS = 1
_LONGEST = 160
_SKIPPED = {"gates": ("gates",), "limits": ("limits",), "equivalence": ("rows",), "provisions": ("provisions",)}
_FIRST_PLACES = {**_SKIPPED, "parties": ("parties",), "programmes": ("programmes",)}


@click.command("diff")
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
def compare(old: Path, new: Path) -> None:
    """What NEW changes of OLD, piece by piece; both are bundle files, signed or not."""
    from relto.rules.comparing_bundles import compare_bundles

    told = [one.as_dict() for one in compare_bundles(read_file(old, "old"), read_file(new, "new"))]
    answer(told, "\n".join(map(change_line, told)) or sentence("change.none", language()))


def change_line(change: Mapping[str, Any]) -> str:
    """A change in words: which piece, where in it, what it was and what it is."""
    part, place = str(change["part"]), [str(one) for one in change["place"]]
    if tuple(place[:1]) == _FIRST_PLACES.get(part):
        place = place[1:]
    code = f"change.part.{part}"
    named = sentence(code, language())
    if part not in _FIRST_PLACES and part.startswith("scheme-"):
        named = f"{named} {part}"
    return sentence(
        f"change.said.{change['kind']}",
        language(),
        part=named,
        place=" ".join(place),
        before=_short(change["before"]),
        after=_short(change["after"]),
    )


def _short(value: Any) -> str:
    """A value on a line: texts and numbers as they are, what has members by how many."""
    if isinstance(value, Mapping | list):
        return "{…}" if isinstance(value, Mapping) else f"[{len(value)}]"
    said = "" if value is None else str(value)
    return said if len(said) <= _LONGEST else said[:_LONGEST] + "…"


@click.command("lint")
@click.argument("draft", type=click.Path(path_type=Path))
def lint_draft(draft: Path) -> None:
    """All that is wrong with DRAFT at once, each with its file, place, rule and what is expected; exit 1 on an error.

    A warning is what a bundle may carry and people should see before they sign.
    """
    from relto.rules.linting import lint

    told = [one.as_dict() for one in lint(read_file(draft, "draft"))]
    errors = sum(one["severity"] == "error" for one in told)
    count = sentence("lint.count", language(), errors=errors, warnings=len(told) - errors)
    lines = [*map(_finding, told), count] if told else [sentence("lint.clean", language())]
    answer(told, "\n".join(lines))
    if errors:
        sys.exit(FAULTS)


def _finding(found: Mapping[str, Any]) -> str:
    place = "/".join(part for part in (found["file"], found["place"]) if part)
    code = str(found["code"])
    severity = sentence(f"lint.severity.{found['severity']}", language())
    said = sentence(code, language())
    expected = found["expected"]
    return f"{severity}: {sentence('lint.finding', language(), place=place, said=said, expected=expected)} [{code}]"
