"""Gates as an officer reads them: what fails first, then what needs her, then what holds; nothing is hidden.

"Needs you" is a gate that holds but rests on a provision that no authority confirmed: on a training node she may accept
it by name; a live node has no such gate.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import translation
from django.utils.translation import gettext, ngettext

from relto.adapters.words import sentence
from relto.base.errors import ReltoError
from relto.rules.views import rule_text
from relto.services.active_bundle import bundle_of_version
from relto.web.surroundings import house
from relto.web.words import said

_ORDER = ("fails", "undecided", "needs", "holds", "none")
_ICONS = {"fails": "fails", "undecided": "fails", "needs": "needs", "holds": "holds", "none": "gap"}
_INSTANT = re.compile(r"\A(\d{4}-\d{2}-\d{2})T[\d:.]+Z\Z")


@dataclass(frozen=True, slots=True)
class Citation:
    """One provision under a gate. `gap`: no rule is loaded there."""

    id: str
    text: str
    gap: bool


@dataclass(frozen=True, slots=True)
class GateLine:
    """One rule of a gate, ready to be shown. `tag_kind`: read, unconfirmed or gap."""

    gate: str
    rule: str
    name: str
    state: str
    icon: str
    outcome: str
    text: str
    reviewed: bool
    facts: tuple[tuple[str, str], ...]
    missing: str
    who: str
    tag: str
    tag_kind: str
    citations: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """All gates of a question, and what they come to in one sentence. `kind`: fails, needs or holds."""

    kind: str
    headline: str
    detail: str
    lines: tuple[GateLine, ...]
    unconfirmed: tuple[tuple[str, str], ...]

    @property
    def first_reasons(self) -> list[GateLine]:
        """The first five gates that stand in the way or need somebody, each once."""
        found: dict[str, GateLine] = {}
        for line in self.lines:
            if line.state in ("fails", "undecided", "needs"):
                found.setdefault(line.gate, line)
        return list(found.values())[:5]


def verdict(gates: Iterable[Mapping[str, Any]], version: int | None, *, deciding: bool = False) -> Verdict:
    """The gates of an officer's view under the bundle of this version; only who is `deciding` now is needed by any."""
    lines = sorted(
        (_line(gate, version, deciding=deciding) for gate in gates), key=lambda line: _ORDER.index(line.state)
    )
    stand = [line for line in lines if line.state in ("fails", "undecided")]
    needs = [line for line in lines if line.state == "needs"]
    applied = [line for line in lines if line.state != "none"]
    kind = "fails" if stand else "needs" if needs else "holds"
    # A gate may have several rules; the form names each gate once.
    unconfirmed = {line.gate: line.name for line in applied if line.tag_kind != "read"}
    return Verdict(kind, _headline(applied, stand, needs), _detail(stand), tuple(lines), tuple(unconfirmed.items()))


def _headline(applied: list[GateLine], stand: list[GateLine], needs: list[GateLine]) -> str:
    total = len(applied)
    if stand:
        return ngettext(
            "%(count)d of %(total)d rules does not hold.", "%(count)d of %(total)d rules do not hold.", len(stand)
        ) % {"count": len(stand), "total": total}
    if needs:
        return ngettext(
            "%(total)d rules were checked. %(count)d needs you, because nobody confirmed what it rests on.",
            "%(total)d rules were checked. %(count)d need you, because nobody confirmed what they rest on.",
            len(needs),
        ) % {"count": len(needs), "total": total}
    return gettext("All %(total)d rules hold.") % {"total": total}


def _detail(stand: list[GateLine]) -> str:
    if stand:
        return gettext("While a rule does not hold this can be refused, or wait; it cannot go on.")
    return gettext("No blocking rule was found. You decide; relto only shows what it checked.")


def _line(gate: Mapping[str, Any], version: int | None, *, deciding: bool) -> GateLine:
    language = translation.get_language() or "en"
    outcome = str(gate["outcome"])
    unconfirmed = bool(gate["unconfirmed"])
    state = (
        "none"
        if outcome == "does_not_apply"
        else "needs"
        if deciding and outcome == "holds" and unconfirmed
        else outcome
    )
    citations = tuple(_citation(one) for one in gate["provisions"])
    kind, tag = _tag(gate, unconfirmed=unconfirmed)
    text, reviewed = _text(version, str(gate["rule"]), language)
    facts = {str(name): _shown(value) for name, value in gate["facts"].items()}
    return GateLine(
        gate=str(gate["gate"]),
        rule=str(gate["rule"]),
        name=said("gate", str(gate["gate"])),
        state=state,
        icon=_ICONS[state],
        outcome=said("outcome", state),
        text=text,
        reviewed=reviewed,
        facts=()
        if state == "none"
        else tuple((said("fact", name), value or gettext("not known")) for name, value in facts.items()),
        missing=missing(str(gate["remedy"]), facts, "officer") if state in ("fails", "undecided") else "",
        who=said("who", str(gate["who"])),
        tag=tag,
        tag_kind=kind,
        citations=citations,
    )


def missing(remedy: str, facts: Mapping[str, str | None], reader: str) -> str:
    """One sentence: what is missing and who can supply it. `reader`: asker or officer."""
    language = translation.get_language() or "en"
    unknown = sentence("fact.unknown", language)
    told = {name.replace(".", "_"): value or unknown for name, value in facts.items()}
    return sentence(f"refusal.{reader}.{remedy}", language, **told)


def _tag(gate: Mapping[str, Any], *, unconfirmed: bool) -> tuple[str, str]:
    if not unconfirmed:
        return "read", gettext("Text read")
    if gate["evidence"] == "none":
        return "gap", gettext("No rule loaded")
    why = said("evidence", str(gate["evidence"]))
    return "unconfirmed", gettext("Unconfirmed: %(why)s") % {"why": why}


def _citation(provision: Mapping[str, Any]) -> Citation:
    gap = bool(provision.get("is_gap"))
    text = provision.get("title") if gap else provision.get("citation") or provision.get("title")
    return Citation(str(provision["id"]), str(text or ""), gap)


def _text(version: int | None, rule: str, language: str) -> tuple[str, bool]:
    try:
        bundle = bundle_of_version(house(), version)
        return rule_text(bundle, rule, language) or rule_text(bundle, rule, "en") or ("", False)
    except ReltoError:
        return "", False


def _shown(value: object) -> str | None:
    if value is None:
        return None
    found = _INSTANT.match(str(value))
    return found.group(1) if found else str(value)
