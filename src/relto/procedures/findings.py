"""What is wrong with a form or stands against a step: where, by which rule of whose book, and how to mend it.

Promises (issue of procedures, part 9; design.md section 6): a finding names the field, the rule with the provisions of
each nation where known, and the fix, all as codes. What makes a form unreadable or contradict itself always stops it.
What a rule says stops it only when the rule is confirmed; an unconfirmed rule warns, and a missing one says so.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from relto.base.errors import Shown
from relto.rules.provisions import Provision

FORM: Final = "form"
RULE: Final = "rule"
GAP: Final = "gap"
Kind = Literal["form", "rule", "gap"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding. `code`: `<procedure>.<what>`, whose words are `finding.<code>` and `finding.<code>.fix`.

    `path`: the field, as in `visitors/2/citizenship` (rows counted from 0); "" for the form as a whole. `rules`: ids of
    the provisions that say so, of each nation where known. `kind`: "form" for what cannot be read or contradicts
    itself, "rule" for what a provision forbids or demands, "gap" for a place where no rule is loaded. `values`: what
    the sentence names: codes, dates, numbers; never a name, a title or free text.
    """

    code: str
    path: str = ""
    kind: Kind = FORM
    rules: tuple[str, ...] = ()
    values: Mapping[str, Shown] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Weighed:
    """A finding under one bundle. `stops`: the form or step is not let through; otherwise it warns.

    `unconfirmed`: the provisions among its rules that nobody confirmed; they are shown as unconfirmed.
    """

    finding: Finding
    stops: bool
    unconfirmed: tuple[str, ...] = ()


def weigh(
    findings: Iterable[Finding], provisions: Mapping[str, Provision], stated: Collection[str] = ()
) -> tuple[Weighed, ...]:
    """Each finding under the bundle's provisions, what stops first, in the order found.

    `stated`: provisions that the authorities confirmed by signature. A rule whose provisions the bundle no longer
    carries is not a rule any more: its finding is left out.
    """
    weighed = [one for finding in findings if (one := _weigh(finding, provisions, stated)) is not None]
    return tuple(sorted(weighed, key=lambda one: not one.stops))


def _weigh(finding: Finding, provisions: Mapping[str, Provision], stated: Collection[str]) -> Weighed | None:
    if finding.kind == FORM:
        return Weighed(finding, stops=True)
    carried = tuple(rule for rule in finding.rules if rule in provisions)
    if finding.rules and not carried:
        return None
    unconfirmed = tuple(rule for rule in carried if not provisions[rule].confirmed and rule not in stated)
    stops = finding.kind == RULE and len(unconfirmed) < len(carried)
    return Weighed(finding, stops, unconfirmed)
