"""The overlays that stand, in words: what each suspends and what it tightens."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext

from relto.services.standing_overlays import StandingOverlay
from relto.web import rule_words


@dataclass(frozen=True, slots=True)
class OverlayRow:
    """An overlay. `suspends`, `tightens`: (what it is, the codes or the value); `rules`: rules with words of its own.

    `rules` are (id, whether it was added); `opens`: its rules can be shown on the version that is shown.
    """

    one: StandingOverlay
    suspends: tuple[tuple[str, str], ...]
    tightens: tuple[tuple[str, str], ...]
    rules: tuple[tuple[str, bool], ...]
    opens: bool


def overlay_rows(overlays: Iterable[StandingOverlay], version: int) -> list[OverlayRow]:
    """Each overlay in words, beside this version of the agreement."""
    return [_row(one, version) for one in overlays]


def _row(one: StandingOverlay, version: int) -> OverlayRow:
    actions = [str(rule_words.ACTIONS.get(code, code)) for code in one.actions]
    suspended = (
        (gettext("What is asked"), actions),
        (gettext("Programmes"), one.programmes),
        (gettext("Facilities"), one.facilities),
    )
    tightened = [(str(rule_words.LIMITS.get(code, code)), _value(value)) for code, value in one.limits.items()]
    tightened += [
        (gettext("Taken off the programme's list"), f"{programme}: {code}") for programme, code in one.listings
    ]
    tightened += [
        (gettext("No longer equivalent"), f"{nation} {level} → {other}") for nation, level, other in one.equivalents
    ]
    return OverlayRow(
        one=one,
        suspends=tuple((what, ", ".join(codes)) for what, codes in suspended if codes),
        tightens=tuple(tightened),
        rules=(*((rule, True) for rule in one.added), *((rule, False) for rule in one.conditions)),
        opens=one.is_for(version),
    )


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"{value['value']} {rule_words.UNITS.get(value['unit'], value['unit'])}"
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
