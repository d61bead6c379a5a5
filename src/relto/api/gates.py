"""Gates in words: the rule's own text from the bundle that decided, and what is missing with who can supply it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from relto.adapters.words import sentence
from relto.api.answers import plain
from relto.api.surroundings import house
from relto.base.errors import ReltoError
from relto.rules.bundle import Bundle
from relto.rules.views import rule_text
from relto.services.active_bundle import for_words

ReaderKind = Literal["asker", "officer"]
_INSTANT = re.compile(r"\A(\d{4}-\d{2}-\d{2})T[\d:.]+Z\Z")
_STANDS = frozenset({"fails", "undecided"})


def gate_answers(gates: Iterable[Any], version: int | None, language: str, reader: ReaderKind) -> list[dict[str, Any]]:
    """Gates of a view (officer's objects or asker's) as answers with words. `version`: of the bundle that decided."""
    try:
        bundle = for_words(house(), version)
    except ReltoError:
        bundle = None
    return [_gate(plain(gate), bundle, language, reader) for gate in gates]


def first_sentence(gates: Iterable[Mapping[str, Any]]) -> str:
    """The one sentence to read first: what is missing, who can supply it."""
    return next((str(gate["sentence"]) for gate in gates if gate["sentence"]), "")


def _gate(gate: dict[str, Any], bundle: Bundle | None, language: str, reader: ReaderKind) -> dict[str, Any]:
    # The asker's view lists only what stands against her request.
    outcome = str(gate.get("outcome", "fails"))
    said = _text(bundle, str(gate["rule"]), language)
    facts = {str(name): value for name, value in (gate.get("facts") or {}).items()}
    return {
        **gate,
        "outcome": outcome,
        "text": said[0],
        "text_reviewed": said[1],
        "facts": facts,
        "sentence": _missing(str(gate["remedy"]), facts, language, reader) if outcome in _STANDS else "",
    }


def _text(bundle: Bundle | None, rule: str, language: str) -> tuple[str, bool]:
    if bundle is None:
        return "", False
    try:
        return rule_text(bundle, rule, language) or rule_text(bundle, rule, "en") or ("", False)
    except ReltoError:
        return "", False


def _missing(remedy: str, facts: Mapping[str, str | None], language: str, reader: ReaderKind) -> str:
    unknown = sentence("fact.unknown", language)
    told = {name.replace(".", "_"): _shown(value) or unknown for name, value in facts.items()}
    return sentence(f"refusal.{reader}.{remedy}", language, **told)


def _shown(value: str | None) -> str | None:
    found = _INSTANT.match(value) if value else None
    return found.group(1) if found else value
