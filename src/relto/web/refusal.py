"""A refusal as she reads it who was refused: one sentence, who can fix it, the rule, the reference to read aloud."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, is_dataclass
from typing import Any

from django.utils import translation

from relto.base.errors import ReltoError
from relto.rules.views import rule_text
from relto.services.active_bundle import bundle_of_version
from relto.web.gates import missing
from relto.web.surroundings import house
from relto.web.words import said


@dataclass(frozen=True, slots=True)
class Missing:
    """One thing that stands against the request."""

    gate: str
    rule: str
    text: str
    sentence: str
    who: str
    unconfirmed: bool


def missing_things(gates: Iterable[Any], version: int | None) -> list[Missing]:
    """The gates of an asker's view in words; of a full view only those that failed."""
    return [
        _missing(gate, version)
        for gate in (asdict(gate) if is_dataclass(gate) and not isinstance(gate, type) else gate for gate in gates)
        if gate.get("outcome", "fails") in ("fails", "undecided")
    ]


def _missing(gate: Mapping[str, Any], version: int | None) -> Missing:
    language = translation.get_language() or "en"
    try:
        words = rule_text(bundle_of_version(house(), version), str(gate["rule"]), language)
    except ReltoError:
        words = None
    facts = {str(name): None if value is None else str(value) for name, value in (gate.get("facts") or {}).items()}
    return Missing(
        gate=said("gate", str(gate["gate"])),
        rule=str(gate["rule"]),
        text=words[0] if words else "",
        sentence=missing(str(gate["remedy"]), facts, "asker"),
        who=said("who", str(gate["who"])),
        unconfirmed=bool(gate["unconfirmed"]),
    )
