"""A document of portions, and its banner: never below what a portion needs, and above it only with a reason.

Rules enforced here (labels.md sections 7.4, 11; trap T7; 32 CFR 2001.24(g)):
 1. The banner that follows from the portions is the join of the labels that apply in the document's policy. A portion
    without such a label is Undecided: nothing is compared across policies.
 2. A declared banner dominates that join, so it dominates each portion.
 3. A declared level, compartment or narrower release beyond the join needs a compilation reason: together the portions
    may say more than each alone. A declared banner is never lowered to the join.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from relto.base.errors import MalformedInput, TooLarge
from relto.base.instants import Instant
from relto.base.nations import Nation
from relto.labels.controls import COMPARTMENT_KINDS
from relto.labels.joining import Undecided, dominates, join
from relto.labels.label import Label
from relto.labels.label_set import LabelSet
from relto.labels.levels import PolicyId
from relto.labels.policy import PolicySet

BannerFault = Literal["policy", "undecided", "lower", "reason"]
MAX_PORTIONS: Final = 100_000
_SHA256 = re.compile(r"\A[0-9a-f]{64}\Z")
_ID = re.compile(r"\A[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}\Z")


@dataclass(frozen=True)
class Portion:
    """One portion: its place in the document, the SHA-256 of its content, its labels, and the portions within it."""

    id: str
    content_sha256: str
    labels: LabelSet
    children: tuple[Portion, ...] = ()

    def __post_init__(self) -> None:
        """Raises MalformedInput for a malformed id or digest."""
        if not _ID.match(self.id) or not _SHA256.match(self.content_sha256):
            raise MalformedInput("portion", field="portion", expected="a place and a SHA-256")


@dataclass(frozen=True)
class Whole:
    """What the whole document is: its policy and owners, who made it, and when."""

    policy: PolicyId
    owner: tuple[Nation, ...]
    originator_id: str
    created: Instant


def banner_label(portions: Sequence[Portion], whole: Whole, policies: PolicySet) -> Label | Undecided:
    """The least banner of a document of these portions, or Undecided.

    Codes: those of `relto.labels.joining.join`, and no_alternative. Raises TooLarge for too many portions.
    """
    labels = [portion.labels.label_for(whole.policy) for portion in all_portions(portions)]
    known = [label for label in labels if label is not None]
    if len(known) != len(labels):
        return Undecided("no_alternative")
    return join(known, originator_id=whole.originator_id, created=whole.created, owner=whole.owner, policies=policies)


def banner_faults(
    declared: Label, portions: Sequence[Portion], whole: Whole, policies: PolicySet
) -> tuple[BannerFault, ...]:
    """What is wrong with a declared banner, empty when nothing is. Raises TooLarge for too many portions."""
    if declared.policy != whole.policy:
        return ("policy",)
    least = banner_label(portions, whole, policies)
    if isinstance(least, Undecided):
        return ("undecided",)
    if not dominates(declared, least):
        return ("lower",)
    beyond = (
        declared.level > least.level
        or declared.release != least.release
        or any(declared.controls.paths(kind) != least.controls.paths(kind) for kind in COMPARTMENT_KINDS)
    )
    return ("reason",) if beyond and declared.particulars.compilation_reason is None else ()


def all_portions(portions: Sequence[Portion]) -> Iterator[Portion]:
    """Each portion and all within it, in reading order. Raises TooLarge beyond `MAX_PORTIONS`."""
    waiting = list(reversed(portions))
    count = 0
    while waiting:
        portion = waiting.pop()
        count += 1
        if count > MAX_PORTIONS:
            raise TooLarge("portions", field="portions", found=count, expected=f"at most {MAX_PORTIONS}")
        yield portion
        waiting.extend(reversed(portion.children))
