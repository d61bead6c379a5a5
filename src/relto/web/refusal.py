"""A refusal as she reads it who was refused: one sentence, who can fix it, the rule, the reference to read aloud."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, is_dataclass
from typing import Any

from django.utils import translation

from relto.base.errors import ReltoError
from relto.rules.views import rule_text
from relto.services.active_bundle import for_words
from relto.web.gates import causes_first, missing
from relto.web.surroundings import house
from relto.web.words import said

_AT_HOME = frozenset({"own_authority", "own_security_officer", "programme_security_officer", "export_official"})


@dataclass(frozen=True, slots=True)
class Missing:
    """One gate that stands against the request. `sentence`: the first thing to get; `text`: its shortest rule.

    `at_home`: the own company or the own authority can supply it; `reviewed`: a native reader checked the rule's words.
    """

    gate: str
    rules: tuple[str, ...]
    text: str
    sentences: tuple[str, ...]
    who: str
    unconfirmed: bool
    at_home: bool
    reviewed: bool = True

    @property
    def sentence(self) -> str:
        """What to read first: what is missing, who can supply it."""
        return self.sentences[0]


def missing_things(gates: Iterable[Any], version: int | None, *, sealed_with: bool = False) -> list[Missing]:
    """The gates of an asker's view in words, each once; of a full view only those that failed.

    `sealed_with`: it is about opening a joint item at the node that sealed it.
    """
    grouped: dict[str, list[Mapping[str, Any]]] = {}
    plain = [asdict(one) if is_dataclass(one) and not isinstance(one, type) else one for one in gates]
    for gate in causes_first(plain, sealed_with=sealed_with):
        if gate.get("outcome", "fails") in ("fails", "undecided") and not gate.get("follows"):
            grouped.setdefault(str(gate["gate"]), []).append(gate)
    return [_missing(code, failed, version) for code, failed in grouped.items()]


def _missing(code: str, failed: Sequence[Mapping[str, Any]], version: int | None) -> Missing:
    said_rules = [found for found in (_text(str(gate["rule"]), version) for gate in failed) if found[0]]
    text, reviewed = min(said_rules, key=lambda found: len(found[0]), default=("", True))
    return Missing(
        gate=said("gate", code),
        rules=tuple(str(gate["rule"]) for gate in failed),
        text=text,
        sentences=tuple(dict.fromkeys(_sentence(gate) for gate in failed)),
        who=", ".join(dict.fromkeys(said("who", str(gate["who"])) for gate in failed)),
        unconfirmed=any(bool(gate["unconfirmed"]) for gate in failed),
        at_home=any(str(gate["who"]) in _AT_HOME for gate in failed),
        reviewed=reviewed,
    )


def _sentence(gate: Mapping[str, Any]) -> str:
    facts = {str(name): None if value is None else str(value) for name, value in (gate.get("facts") or {}).items()}
    return missing(str(gate["remedy"]), facts, "asker")


def _text(rule: str, version: int | None) -> tuple[str, bool]:
    try:
        words = rule_text(for_words(house(), version), rule, translation.get_language() or "en")
    except ReltoError:
        return "", True
    return words or ("", True)
