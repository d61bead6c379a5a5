"""Gates and history as text, the same way for a release case, an arrival, and a refusal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from relto.cli.output import table, words

_LISTS = frozenset({"gates", "co_release_gates", "history", "item", "readers", "home_readers", "entries", "waits_on"})
_STANDS = frozenset({"fails", "undecided"})


def detail_text(detail: Mapping[str, Any], noun: str) -> str:
    """A case, an arrival or a third-party request: its state in words, its own members, its gates, its history."""
    item = detail["item"]
    lines = [
        f"{detail['number']}: {words(f'state.{noun}', detail['state'])}",
        f"{item['banner']}  {item['title']}",
    ]
    shown = [name for name, value in detail.items() if name not in _LISTS and value not in ("", None, False)]
    lines += [f"{name}: {detail[name]}" for name in shown]
    for name, readers in (("reader", detail.get("readers", ())), ("home reader", detail.get("home_readers", ()))):
        lines += [f"{name} {reader['pseudonym']}: {reader['reason']}" for reader in readers]
    lines += [words("waits_on", who) for who in detail["waits_on"]]
    lines += ["", gates_text(detail["gates"])]
    if detail.get("co_release_gates"):
        lines += ["", words("cli.gates", "co_release"), gates_text(detail["co_release_gates"])]
    if detail["history"]:
        rows = [[line["at"], words("event", line["event"]), line["entry"]] for line in detail["history"]]
        lines += ["", table([["when", "what", "entry"], *rows])]
    return "\n".join(lines)


def gates_text(gates: Sequence[Mapping[str, Any]]) -> str:
    """Every gate: what needs a person first, with the rule, its text and its citations."""
    first = sorted(gates, key=lambda gate: (gate["outcome"] not in _STANDS, not gate.get("needs_acceptance", False)))
    return "\n".join(line for gate in first for line in _gate_lines(gate))


def _gate_lines(gate: Mapping[str, Any]) -> list[str]:
    outcome, name = words("outcome", gate["outcome"]), words("gate", gate["gate"])
    unconfirmed = f"{words('words', 'unconfirmed')}: " if gate["unconfirmed"] else ""
    lines = [f"[{outcome}] {unconfirmed}{name} ({gate['gate']}, {gate['rule']})"]
    lines += [f"    {text}" for text in (gate["text"], gate["sentence"]) if text]
    if gate.get("needs_acceptance"):
        lines.append(f"    --accept {gate['gate']}")
    cited = [_citation(provision) for provision in gate["provisions"]]
    if cited:
        lines.append("    " + "; ".join(cited))
    return lines


def _citation(provision: Mapping[str, Any]) -> str:
    if provision.get("is_gap"):
        return f"{provision['id']}: {words('words', 'no_rule')} ({provision.get('nation') or '-'})"
    evidence = provision.get("evidence")
    known = f"[{words('evidence', evidence)}]" if evidence else ""
    return " ".join(filter(None, (provision["id"], provision.get("citation"), known)))
