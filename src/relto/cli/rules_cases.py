"""`relto rules decide` and `relto rules what-if`: one case from a file under any bundle, or a decision on record.

A case file is a JSON object: `action`, `at`, and `facts` as the node records them (`--example ACTION` writes one). It
is decided offline and by nobody's authority: the bundle is read, not verified, and nothing leaves this machine.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from relto.adapters.words import sentence
from relto.base.canonical import read_object
from relto.base.errors import MalformedInput, UnknownValue
from relto.base.instants import read_instant
from relto.cli.decisions import gates_text
from relto.cli.files import read_file, write_file
from relto.cli.output import answer, language, words

if TYPE_CHECKING:
    from relto.base.instants import Instant
    from relto.rules.bundle import Bundle
    from relto.rules.decision import Decision
    from relto.rules.facts import DecisionFacts

_CASE = frozenset({"action", "at", "facts"})
_ACTIONS = ["release", "accept", "open", "supply_share", "retransfer"]
_VIEWS = ["asker", "officer", "partner"]


@click.command("decide")
@click.argument("bundle", type=click.Path(path_type=Path), required=False)
@click.argument("case", type=click.Path(path_type=Path), required=False)
@click.option("--explain", is_flag=True, help="Every gate with its facts and provisions, not the failed ones alone.")
@click.option("--view", type=click.Choice(_VIEWS), help="Only what this reader may know of it.")
@click.option("--reference", help="A decision on record at your node, in place of files.")
@click.option("--example", type=click.Choice(_ACTIONS), help="Write an invented case of this action to BUNDLE's place.")
def decide_case(  # noqa: PLR0917  click calls by name
    bundle: Path | None,
    case: Path | None,
    explain: bool,  # noqa: FBT001  click passes flags by position
    view: str | None,
    reference: str | None,
    example: str | None,
) -> None:
    """Decide the CASE in a file under BUNDLE, offline; with --explain, gate by gate. Or show one that is on record."""
    if example is not None:
        _write_example(example, bundle)
        return
    if reference is not None:
        _show_recorded(reference, explain=explain)
        return
    from relto.rules.decide import decide
    from relto.rules.views import officer_view, partner_view

    rules, action, facts, at = _read(bundle, case)
    decision = decide(rules, action, facts, at)
    reader = view or ("officer" if explain else "asker")
    first = words("cli.decide", "permitted" if decision.permitted else "refused")
    if reader == "partner":
        answer({"code": partner_view(decision)}, partner_view(decision))
        return
    gates = _gates(rules, decision, reader)
    told: dict[str, Any] = {
        "action": decision.action,
        "permitted": decision.permitted,
        "bundle_version": decision.bundle_version,
        "errors": list(decision.errors),
        "gates": gates,
    }
    if reader == "officer":
        told = {**officer_view(decision, rules), "gates": gates}
    lines = [first, *(f"{words('cli.decide', 'error')}: {code}" for code in decision.errors)]
    answer(told, "\n".join([*lines, gates_text(gates)] if gates else lines))


@click.command("what-if")
@click.argument("bundle", type=click.Path(path_type=Path), required=False)
@click.argument("case", type=click.Path(path_type=Path), required=False)
@click.option("--change", "changes", multiple=True, help="Code of a remedy; those named are tried exactly together.")
@click.option("--reference", help="A refused decision on record at your node, in place of files.")
def what_if_case(bundle: Path | None, case: Path | None, changes: tuple[str, ...], reference: str | None) -> None:
    """What would make a refused CASE permitted: each remedy alone, and the smallest sets that suffice, all tried."""
    if reference is not None:
        from relto.cli.profile import open_client

        with open_client() as node:
            found: Mapping[str, Any] = node.what_if(reference, list(changes)).raw
        answer(found, "\n".join(_lines(found)))
        return
    from relto.rules.what_if import named_changes, what_if

    rules, action, facts, at = _read(bundle, case)
    tried = named_changes(rules, action, facts, at, changes) if changes else None
    searched = what_if(rules, action, facts, at)
    found = {
        "action": action,
        "permitted": searched.decision.permitted,
        "failed": list(searched.decision.failed_rules),
        "errors": list(searched.decision.errors),
        "singles": [_trial(one) for one in searched.singles],
        "enough": [_trial(one) for one in searched.enough],
        "untried": list(searched.untried),
        "tried": None if tried is None else _trial(tried),
        "whole": searched.whole,
    }
    answer(found, "\n".join(_lines(found)))


def _read(bundle: Path | None, case: Path | None) -> tuple[Bundle, str, DecisionFacts, Instant]:
    from relto.rules.bundle import read_rules
    from relto.rules.recorded_facts import facts_from_dict

    if bundle is None or case is None:
        raise MalformedInput("usage", field="case", expected="a bundle and a case file, or --reference")
    stated = read_object(read_file(case, "case"), field="case")
    facts = stated.get("facts")
    if frozenset(stated) != _CASE or not isinstance(stated["action"], str) or not isinstance(facts, dict):
        raise MalformedInput("case", field="case", expected="exactly: " + ", ".join(sorted(_CASE)))
    if stated["action"] not in _ACTIONS:
        raise UnknownValue("action", field="action", found=stated["action"][:40], expected=", ".join(_ACTIONS))
    rules = read_rules(read_file(bundle, "bundle"))
    return rules, stated["action"], facts_from_dict(facts), read_instant(stated["at"], field="at")


def _gates(rules: Bundle, decision: Decision, reader: str) -> list[dict[str, Any]]:
    """The gates of a view in words; those that fail first."""
    from dataclasses import asdict

    from relto.rules.views import asker_view, officer_view, rule_text

    shown: Sequence[Mapping[str, Any]]
    if reader == "officer":
        shown = sorted(officer_view(decision, rules)["gates"], key=lambda gate: gate["outcome"] not in _STANDS)
    else:
        shown = [
            {**asdict(gate), "outcome": "fails", "provisions": [], "facts": {}} for gate in asker_view(decision).gates
        ]
    told = []
    for gate in shown:
        said = rule_text(rules, gate["rule"], language()) or rule_text(rules, gate["rule"], "en")
        unknown = words("fact", "unknown")
        facts = {name.replace(".", "_"): value or unknown for name, value in gate["facts"].items()}
        missing = (
            sentence(f"refusal.{reader}.{gate['remedy']}", language(), **facts) if gate["outcome"] in _STANDS else ""
        )
        told.append({**gate, "text": "" if said is None else said[0], "sentence": missing})
    return told


_STANDS = frozenset({"fails", "undecided"})


def _show_recorded(reference: str, *, explain: bool) -> None:
    from relto.cli.profile import open_client

    with open_client() as node:
        found = node.refusal(reference).raw
    gates = found["gates"] if explain else [gate for gate in found["gates"] if gate["outcome"] in _STANDS]
    answer(found, "\n".join([words("cli.decide", "refused"), found["sentence"], gates_text(gates)]))


def _write_example(action: str, target: Path | None) -> None:
    from relto.rules.example_case import example_case

    if target is None:
        raise MalformedInput("usage", field="bundle", expected="a place for the example")
    written = json.dumps(example_case(action), ensure_ascii=False, indent=2, sort_keys=True)  # people change it by hand
    write_file(target, f"{written}\n".encode(), "case")
    answer({"file": str(target), "action": action})


def _trial(one: Any) -> dict[str, Any]:
    return {
        "remedies": list(one.remedies), "permitted": one.permitted, "left": list(one.left), "errors": list(one.errors)
    }  # fmt: skip


def _lines(found: Mapping[str, Any]) -> list[str]:
    if found["permitted"]:
        return [words("cli.decide", "permitted")]
    lines = [words("cli.decide", "refused") + " " + ", ".join(found["failed"])]
    lines += [f"{words('cli.decide', 'error')}: {code}" for code in found["errors"]]
    lines += [f"{words('cli.what_if', 'enough')} {', '.join(one['remedies'])}" for one in found["enough"]]
    if not found["enough"] and not found["errors"]:
        lines.append(words("cli.what_if", "none"))
    alone = [one for one in found["singles"] if not one["permitted"]]
    lines += [_left(words("cli.what_if", "alone"), one) for one in alone]
    if found["tried"] is not None:
        lines.append(_left(words("cli.what_if", "tried"), found["tried"]))
    if found["untried"]:
        lines.append(f"{words('cli.what_if', 'untried')} {', '.join(found['untried'])}")
    return lines if found["whole"] else [*lines, words("cli.what_if", "not_whole")]


def _left(said: str, trial: Mapping[str, Any]) -> str:
    outcome = words("cli.decide", "permitted" if trial["permitted"] else "refused")
    return f"{said} {', '.join(trial['remedies'])}: {outcome} {', '.join(trial['left'])}".rstrip()
