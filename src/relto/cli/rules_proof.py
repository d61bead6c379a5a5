"""`relto rules prove`: what a draft would permit beyond the rules in force, told as cases, before anybody signs it."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from relto.adapters.words import sentence
from relto.cli.files import read_file
from relto.cli.output import answer, language, words

if TYPE_CHECKING:
    from relto.rules.bundle import Bundle

NOT_PROVED = 10


@click.command("prove")
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
def prove_draft(old: Path, new: Path) -> None:
    """Prove that NEW permits nothing that the originators' rules in OLD refuse; exit 10 when it is not proved.

    Both are bundle files, signed or not. Two solvers answer; each counterexample is asked again in Cedar and told.
    """
    from relto.rules.bundle import read_rules
    from relto.rules.proving.proof import prove

    before, draft = read_rules(read_file(old, "old")), read_rules(read_file(new, "new"))
    proof = prove(before, draft, today=int(datetime.now(UTC).timestamp()))
    told = proof.as_dict()
    answer(told, "\n".join([*_lines(told, before), words("proof.said", "proved" if proof.proved else "not_proved")]))
    if not proof.proved:
        sys.exit(NOT_PROVED)


def _lines(told: dict[str, Any], before: Bundle) -> list[str]:
    """What was asked, in groups, and under each refuted obligation its cases; a case is told once for all actions."""
    lines, seen = [], set()
    kinds: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for one in told["obligations"]:
        kinds.setdefault((one["kind"], one["originator"] or ""), []).append(one)
    for (kind, originator), group in kinds.items():
        found = {one["result"] for one in group}
        result = "unknown" if "unknown" in found else "refuted" if "refuted" in found else "proved"
        said = sentence(f"proof.kind.{kind}", language(), originator=originator)
        lines.append(f"{words('proof.result', result)}: {said}")
        for one in group:
            for case in one["cases"]:
                if (originator, tuple(case["rules"])) not in seen:
                    seen.add((originator, tuple(case["rules"])))
                    lines.append(f"  {_case(case, before)}")
    return lines


def _case(case: dict[str, Any], before: Bundle) -> str:
    rule = case["rules"][0] if case["rules"] else ""
    says = before.gates.by_rule(rule).says if rule else {}
    saying = says.get(language(), says.get("en"))
    none = words("proof", "no_level")
    audience = case["item"]["audience"]
    return sentence(
        f"proof.case.{case['action']}",
        language(),
        nation=case["person"]["nation"],
        level=case["person"]["level"] or none,
        facility=case["facility"]["level"] or none,
        owner=case["item"]["owner"],
        releaser=case["releaser"],
        item=case["item"]["level"] or none,
        audience=audience if isinstance(audience, str) else ", ".join(audience),
        date=case["at"][:10],
        rule=", ".join(case["rules"]),
        text=saying.text if saying else "",
    )
