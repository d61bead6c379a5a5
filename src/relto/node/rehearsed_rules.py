"""The rules of a draft between throw-away nodes: what two nations wrote, with a training ground's parties in it.

A rehearsal runs under a bundle's own gates, limits, equivalences, provisions, groups, consents and classification
policies. Its parties and programmes are those of the training ground, whose keys sign it: a bundle of real nodes would
open nothing there. What a rehearsed bundle is between, when it begins and ends, and which version it is, is the
ground's too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from relto.base.canonical import Json, canonical_bytes, read_object
from relto.base.errors import Conflict, MalformedInput, UnknownValue
from relto.base.instants import Instant
from relto.rules.manifest import read_draft, read_proposed, unsigned_file

_OF_THE_GROUND: Final = ("parties.json", "programmes.json")
_LIMITS: Final = "limits.json"
_SOURCE = "set in this rehearsal; no text was cited"


@dataclass(frozen=True, slots=True)
class RulesBeneath:
    """A bundle whose rules are rehearsed: its texts by name, the nations it is between, and when it begins."""

    texts: dict[str, str]
    agreement: str
    effective_from: Instant


def read_rules_of(file: bytes) -> RulesBeneath:
    """The rules of a bundle, signed or not. Raises MalformedInput, NotVerified("bundle.file")."""
    manifest, texts = read_draft(file)
    return RulesBeneath(texts, manifest.agreement, manifest.effective_from)


def grafted(rules: RulesBeneath, between: bytes) -> bytes:
    """The unsigned bundle `between` a training ground's nodes, under these rules.

    Raises Conflict("rehearsed_agreement") for rules between other nations.
    """
    body, files = read_proposed(between)
    if body["agreement"] != rules.agreement:
        expected = str(body["agreement"])
        raise Conflict("rehearsed_agreement", field="agreement", found=rules.agreement, expected=expected)
    kept = {name: files[name] for name in _OF_THE_GROUND}
    return unsigned_file({**rules.texts, **kept}, _proposal(body))


def with_limits(draft: bytes, changes: Sequence[str]) -> bytes:
    """The draft with these limits in place of its own: CODE=NUMBER UNIT. Raises UnknownValue, MalformedInput."""
    body, files = read_proposed(draft)
    table: dict[str, Any] = read_object(files[_LIMITS], field=_LIMITS)
    for change in changes:
        code, _, amount = change.partition("=")
        number, _, unit = amount.partition(" ")
        if not number.isdecimal() or not unit:
            raise MalformedInput("limits.amount", field="limits", found=change, expected="CODE=NUMBER UNIT")
        known = table["limits"].get(code)
        if known is None or not isinstance(known["value"], int):
            named = sorted(name for name, one in table["limits"].items() if isinstance(one["value"], int))
            raise UnknownValue("limits.code", field="limits", found=code, expected=" or ".join(named))
        known |= {"value": int(number), "unit": unit, "source": _SOURCE, "citation": None, "evidence": "none"}
    return unsigned_file({**files, _LIMITS: canonical_bytes(table).decode("utf-8")}, _proposal(body))


def _proposal(body: dict[str, Json]) -> dict[str, Json]:
    return {name: value for name, value in body.items() if name not in ("files", "type", "version")}
