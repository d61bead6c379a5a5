"""Rewrite the pages of the procedures and of the faults in forms, from tables and corpus; tests compare them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from html import escape
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT))

from relto.adapters.words import sentence  # noqa: E402  found by the line before
from relto.procedures import (  # noqa: E402  the same
    acceptance,
    assurance,
    copies,
    item,
    medium,
    membership,
    release,
    third_party,
)
from relto.procedures.packs.registry import procedures  # noqa: E402  the same
from relto.procedures.procedure import BETWEEN, Clock, Procedure  # noqa: E402  the same
from relto.procedures.table import STAYS, Transition  # noqa: E402  the same
from tests.support.form_corpus import corpora  # noqa: E402  the same
from tests.support.known import shipped_limits  # noqa: E402  the same
from tools.procedure_pictures import Machine, picture  # noqa: E402  the same

REFERENCE = PROJECT / "docs" / "reference"
PAGE = REFERENCE / "procedures.md"
FAULTS_PAGE = REFERENCE / "form-faults.md"
PICTURES = REFERENCE / "procedures"
NATIONS = ("USA", "IND")
INTRODUCTION = """# Procedures

<!-- Written by `make reference` from the tables of the procedures; edit those, not this page. -->

Each run of a procedure is a dossier with a number. Boxes are states, the first on top, a double frame ends it; a number
on a line is the step of that number in the table below the picture; a broken line is a step that may be taken at will,
for which nobody waits. A step without a role is the node's own. What a limit is comes from the agreement bundle: shown
is what the shipped rule book says, for each nation by its own provision; "no rule loaded" where there is none.
"""
REGISTERS_INTRODUCTION = """## Releases and registers

These have verbs and pages of their own, and the same kind of table.
"""
FAULTS_INTRODUCTION = """# Faults in forms

<!-- Written by `make reference` from tests/support/form_corpus; edit that, not this page. -->

The kinds of faults that the corpus of the tests makes, by seed, and the finding by which the first-pass checker tells
each. The tests make at least 501 faulty and 501 clean forms: every kind is caught, and no clean form is stopped.
"""


REGISTERS = (
    Machine("case", "Release", release.RELEASE),
    Machine("arrival", "Acceptance of what arrived", acceptance.ACCEPTANCE),
    Machine("third_party", "Third-party request", third_party.THIRD_PARTY),
    Machine("assurance", "Assurance", assurance.ASSURANCE),
    Machine("item", "Item", item.ITEM),
    Machine("copy", "Copy in the control register", copies.COPY),
    Machine("medium", "Medium of a courier bundle", medium.MEDIUM),
    Machine("membership", "Assignment to a programme", membership.MEMBERSHIP),
)
"""What has a table and is no dossier: it has verbs and pages of its own."""


def page() -> str:
    """The page of the procedures."""
    sections = [_section(one) for one in procedures().values()]
    return "\n".join([INTRODUCTION, *sections, REGISTERS_INTRODUCTION, *(_of_registers(one) for one in REGISTERS)])


def machines() -> dict[str, Machine]:
    """File name without its ending -> what is drawn."""
    dossiers = {code: Machine(code, sentence(f"procedure.{code}"), one.table) for code, one in procedures().items()}
    return dossiers | {f"register_{one.code}": one for one in REGISTERS}


def pictures() -> dict[str, str]:
    """File name -> SVG of each table."""
    return {f"{code}.svg": picture(one) for code, one in machines().items()}


def faults_page() -> str:
    """The page of the faults."""
    every = list(corpora())
    parts = [FAULTS_INTRODUCTION, f"{sum(len(one.faults) for one in every)} kinds in {len(every)} procedures.\n"]
    for corpus in every:
        parts.append(f"## {sentence(f'procedure.{corpus.procedure}')}\n")
        parts.append("| fault | what is wrong | finding |\n|---|---|---|")
        parts.extend(f"| `{one.code}` | {_cell(one.what)} | `{one.finding}` |" for one in corpus.faults)
        parts.append("")
    return "\n".join(parts)


def _section(one: Procedure) -> str:
    parts = [f"## {sentence(f'procedure.{one.code}')}", "", sentence(f"procedure.{one.code}.what"), ""]
    where = "between two nodes" if one.reach == BETWEEN else "on one node"
    parts += [
        f"Code `{one.code}`, numbers `{one.prefix}-2026-0001`, {where}; begun by {_roles(one.begins)}.",
        "",
        f"![The states and steps of {escape(sentence(f'procedure.{one.code}'))}](procedures/{one.code}.svg)",
        "",
        "| | step | from | to | by | what must hold | |",
        "|---|---|---|---|---|---|---|",
        *(_step(one, number, step) for number, step in enumerate(one.table.transitions, 1)),
        "",
    ]
    if one.clocks:
        parts += ["| limit | while | counts | United States | India |", "|---|---|---|---|---|"]
        parts += [*(_clock(one, clock) for clock in one.clocks), ""]
    if one.papers:
        parts += ["| paper | in the states | |", "|---|---|---|"]
        parts += [
            f"| {_cell(sentence(f'paper.{one.code}.{paper.code}'))} | {_states(one, paper.states)} | "
            + ", ".join(
                [*([f"{paper.copies} numbered copies"] if paper.copies > 1 else []), *(["personal"] * paper.personal)]
            )
            + " |"
            for paper in one.papers
        ]
        parts.append("")
    return "\n".join(parts)


def _of_registers(one: Machine) -> str:
    steps = [
        f"| {number} | `{step.name}` | "
        f"{', '.join(one.state(state) for state in one.table.states if state in step.sources)} | "
        f"{one.state(step.target)} | {_roles(step.roles)} | {', '.join(f'`{guard}`' for guard in step.guards)} | "
        f"{'at will' if step.at_will else ''} |"
        for number, step in enumerate(one.table.transitions, 1)
    ]
    return "\n".join(
        [
            f"### {one.title}",
            "",
            f"![The states and steps of {escape(one.title)}](procedures/register_{one.code}.svg)",
            "",
            "| | step | from | to | by | what must hold | |",
            "|---|---|---|---|---|---|---|",
            *steps,
            "",
        ]
    )


def _step(one: Procedure, number: int, step: Transition) -> str:
    part = one.step(step.name)
    marks = [
        *([f"{part.persons} persons"] if part.persons > 1 else []),
        *(["told to the partner"] if part.sends else []),
        *(["told where the partner has it"] if part.keeps_told else []),
        *(["at will"] if step.at_will else []),
    ]
    target = "(stays)" if step.target == STAYS else _state(one, step.target)
    by = _roles(step.roles) + (f" ({step.side})" if step.side else "")
    guards = ", ".join(f"`{guard}`" for guard in step.guards)
    words = _cell(sentence(f"step.{one.code}.{step.name}"))
    return (
        f"| {number} | {words} (`{step.name}`) | {_states(one, step.sources)} | {target} | {by} | {guards} | "
        f"{', '.join(marks)} |"
    )


def _clock(one: Procedure, clock: Clock) -> str:
    counts = "from the state's beginning"
    if clock.counts_from:
        counts = f"{'before' if clock.before else 'from'} `{clock.counts_from}`"
    limits = " | ".join(_limit(clock.limit, nation) if clock.limit else "the day set" for nation in NATIONS)
    words = _cell(sentence(f"clock.{one.code}.{clock.code}"))
    named = f" (`{clock.limit}`)" if clock.limit else ""
    return f"| {words}{named} | {_states(one, clock.states)} | {counts} | {limits} |"


def _limit(code: str, nation: str) -> str:
    found = shipped_limits().limit(code, nation)
    if found is None:
        return "no rule loaded"
    standing = "" if found.confirmed else ", unconfirmed"
    cited = f", {found.citation}" if found.citation else ""
    return _cell(f"{found.value} {found.unit.replace('_', ' ')} ({found.provision}{cited}{standing})")


def _roles(roles: frozenset[str]) -> str:
    return ", ".join(sorted(sentence(f"role.{role}").lower() for role in roles)) or "the node itself"


def _states(one: Procedure, states: frozenset[str]) -> str:
    return ", ".join(_state(one, state) for state in one.table.states if state in states)


def _state(one: Procedure, state: str) -> str:
    return _cell(sentence(f"state.{one.code}.{state}"))


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def written() -> Iterator[tuple[Path, str]]:
    """Every file that this makes, with its text."""
    yield PAGE, page()
    yield FAULTS_PAGE, faults_page()
    for name, text in pictures().items():
        yield PICTURES / name, text


if __name__ == "__main__":
    PICTURES.mkdir(exist_ok=True)
    for place, text in written():
        place.write_text(text, "utf-8")
    for place in PICTURES.glob("*.svg"):
        if place.name not in pictures():
            place.unlink()
    print(PAGE.relative_to(PROJECT))
