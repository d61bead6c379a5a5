"""`relto rules prove`: what a draft would permit beyond the rules in force, told as cases, before anybody signs it."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from relto.adapters.words import sentence
from relto.base.errors import MalformedInput
from relto.cli.files import read_file, write_file
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
    answer(
        told, "\n".join([*proof_lines(told, before), words("proof.said", "proved" if proof.proved else "not_proved")])
    )
    if not proof.proved:
        sys.exit(NOT_PROVED)


@click.command("proof")
@click.argument("draft", required=False, type=click.Path(path_type=Path))
@click.option(
    "--of-version", type=click.IntRange(1), help="Of the bundle that the node accepted, instead of a draft's."
)
def proof_on_node(draft: Path | None, of_version: int | None) -> None:
    """Have your node prove DRAFT as activating it would; exit 10 when it is not proved. Nothing is activated.

    For co-chairs, release officers, registrars and inspectors.
    """
    from relto.cli.profile import open_client
    from relto.rules.bundle import read_rules

    data = None if draft is None else read_file(draft, "draft")
    with open_client() as node:
        if data is not None and of_version is None:
            proof = node.prove_draft(data)
        elif data is None and of_version is not None:
            proof = node.proof_of_bundle(of_version)
        else:
            raise MalformedInput("draft_or_version", field="draft", expected="DRAFT, or --of-version")
        refusing = read_rules(node.active_bundle_file()) if proof.against is not None else None
    told = dict(proof.raw)
    answer(
        told, "\n".join([*proof_lines(told, refusing), words("proof.said", "proved" if proof.proved else "not_proved")])
    )
    if not proof.proved:
        sys.exit(NOT_PROVED)


@click.command("consent")
@click.argument("draft", type=click.Path(path_type=Path))
@click.argument("consents", nargs=-1, required=True)
def state_consents(draft: Path, consents: tuple[str, ...]) -> None:
    """Write into DRAFT, in place, which originator consents to what loosens; nobody may have signed it yet.

    Each of CONSENTS is "NATION KIND KEY because REASON", such as "IND equivalent IND:RESTRICTED>USA because both agreed
    it". A proof that is refused names the kinds and keys. Both authorities sign them with the bundle.
    """
    from relto.node.draft_consents import with_consents

    write_file(draft, with_consents(read_file(draft, "draft"), consents), "draft")
    answer({"file": str(draft), "consents": list(consents)})


def proof_lines(told: dict[str, Any], before: Bundle | None) -> list[str]:
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
                    lines += [f"    {_needed(piece, originator)}" for piece in case["needed"]]
    return lines


def _needed(piece: dict[str, Any], originator: str) -> str:
    named = f"{originator} {piece['kind']} {piece['key']}"
    return sentence("proof.needed", language(), originator=originator, piece=named)


def _case(case: dict[str, Any], before: Bundle | None) -> str:
    rules = {gate.rule: gate.says for gate in before.gates.gates} if before is not None else {}
    says = rules.get(case["rules"][0], {}) if case["rules"] else {}
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
