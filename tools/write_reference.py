"""Rewrite the reference page of the command from the commands themselves; a test compares it with what is committed."""

from __future__ import annotations

import runpy
from collections.abc import Iterator
from pathlib import Path

import click

from relto.cli.main import relto

PROJECT = Path(__file__).resolve().parents[1]
PAGE = PROJECT / "docs" / "reference" / "cli.md"
INTRODUCTION = """# The relto command

<!-- Written by `make reference` from the commands themselves; edit their help, not this page. -->

Every command takes `--help` and `--json`. Exit codes are in [errors and exit codes](errors.md). Commands that act for a
person talk to her own nation's node only, through the same doors as the portal: `--profile` names the file that says
which node, and as whom.
"""


def commands(command: click.Command, words: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """The command and everything below it, by the words that call it, in the order of their names."""
    yield words, command
    if isinstance(command, click.Group):
        context = click.Context(command, info_name=words[-1])
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            if child is not None and not child.hidden:
                yield from commands(child, (*words, name))


def section(words: tuple[str, ...], command: click.Command) -> str:
    """One command: what it does, how it is called, its options."""
    context = click.Context(command, info_name=" ".join(words))
    heading = "#" * (len(words) + 1 if len(words) > 1 else 2)
    usage = " ".join([" ".join(words), *command.collect_usage_pieces(context)])
    parts = [f"{heading} {' '.join(words)}", (command.help or "").strip(), f"    {usage}"]
    rows = [option_row(parameter, context) for parameter in command.params if isinstance(parameter, click.Option)]
    if rows:
        parts.append("\n".join(["| option | |", "|---|---|", *rows]))
    return "\n\n".join(part for part in parts if part)


def option_row(option: click.Option, context: click.Context) -> str:
    """One row: how it is spelled, what it means; whether it must be given or may be repeated."""
    spelled = ", ".join(f"`{word}`" for word in (*option.opts, *option.secondary_opts))
    kind = "" if option.is_flag else " " + option.make_metavar(context).strip("[]").replace("|", " or ")
    remarks = [word for word, holds in (("required", option.required), ("repeatable", option.multiple)) if holds]
    meaning = (option.help or "").rstrip(".") + (f" ({', '.join(remarks)})" if remarks else "")
    return f"| {spelled}{kind} | {meaning} |"


def page() -> str:
    """The whole page."""
    sections = [section(words, command) for words, command in commands(relto, ("relto",))]
    return "\n\n".join([INTRODUCTION.strip(), *sections]) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
    print(PAGE.relative_to(PROJECT))
    runpy.run_path(str(Path(__file__).with_name("write_doctor.py")), run_name="__main__")
