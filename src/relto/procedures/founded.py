"""The findings of a procedure as data: of which kind each is, and which nation's provisions say so.

Rules enforced here (design.md section 6, domain.md 10):
 1. No provision is named in code: `data/findings/<procedure>.json` says for each finding its kind and, for each nation
    (and "bilateral"), the provisions that it rests on. A finding that the file does not list cannot be made.
 2. Only the books of the nations concerned count: the other nation's confirmed rule never stops what does not concern
    it. Where all that is left is a gap, the finding is a gap: it warns that no rule is loaded.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any, Final

from relto.base.canonical import read_object
from relto.base.errors import MalformedInput, Shown
from relto.procedures.findings import FORM, GAP, RULE, Finding, Kind
from relto.rules.provisions import BILATERAL

_GAP: Final = "GAP-"
_KINDS: Final[Mapping[str, Kind]] = {"form": FORM, "rule": RULE, "gap": GAP}


@dataclass(frozen=True, slots=True)
class Founded:
    """The findings that one procedure may make. `entries`: what -> (kind, nation -> provisions)."""

    procedure: str
    entries: Mapping[str, tuple[Kind, Mapping[str, tuple[str, ...]]]]

    def codes(self) -> tuple[str, ...]:
        """Every finding that the procedure may make, as `<procedure>.<what>`."""
        return tuple(f"{self.procedure}.{what}" for what in self.entries)

    def found(self, what: str, path: str = "", *, nations: Collection[str] | None = None, **values: Shown) -> Finding:
        """The finding `<procedure>.<what>` at `path`. `nations`: whose books count; all when None.

        Raises MalformedInput for one that the data does not list.
        """
        entry = self.entries.get(what)
        if entry is None:
            raise MalformedInput("procedure.finding", field=what, expected=", ".join(self.entries))
        kind, founded = entry
        rules = tuple(
            rule
            for nation, ids in founded.items()
            if nations is None or nation == BILATERAL or nation in nations
            for rule in ids
        )
        if kind == RULE and all(rule.startswith(_GAP) for rule in rules):
            kind = GAP
        return Finding(f"{self.procedure}.{what}", path, kind, rules, values)


@lru_cache(maxsize=64)
def founded(procedure: str) -> Founded:
    """The findings of a procedure. Raises MalformedInput where none are shipped for it."""
    file = resources.files("relto.procedures").joinpath("data", "findings", f"{procedure}.json")
    if not procedure.replace("_", "").isalnum() or not file.is_file():
        raise MalformedInput("procedure.finding", field=procedure[:64], expected="findings of a procedure")
    value: dict[str, Any] = read_object(file.read_bytes(), field=f"{procedure}.json")["findings"]  # type: ignore[assignment]
    return Founded(procedure, {what: _entry(what, entry) for what, entry in value.items()})


def _entry(what: str, entry: Mapping[str, Any]) -> tuple[Kind, Mapping[str, tuple[str, ...]]]:
    kind = _KINDS.get(entry.get("kind", ""))
    if kind is None or set(entry) - {"kind", "rules"}:
        raise MalformedInput("procedure.finding", field=what, expected="kind form, rule or gap, and rules")
    return kind, {nation: tuple(ids) for nation, ids in entry.get("rules", {}).items()}
