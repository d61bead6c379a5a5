"""Proposals: a joint text and what it changes of the agreement, in versions that each nation writes on its own line.

A proposal is an entry of the shared record (`relto.alignment.shared_record`). Whoever tables it writes the first
version; the other nation answers with a draft of its own on its own line, never by changing the other's. A nation
withdraws by a version that says so. What both sign is one version of one line (`relto.alignment.signatures`).

Rules enforced here, for the own word and the partner's alike: at most 40 clauses of 4,000 characters in each language;
at most 200 operations; 256 KiB in all as canonical JSON; an executable change names the bundle that it changes by its
digest, the instant from which it would hold and the one at which it would end; a proposal without one is a joint text
alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from relto.alignment.bundle_changes import Change, read_changes
from relto.alignment.clauses import Clause, line, read_clauses
from relto.base.canonical import canonical_bytes
from relto.base.errors import MalformedInput, TooLarge, UnknownValue
from relto.base.instants import Instant, instant_text, read_instant

__all__ = ["Change", "Clause", "Proposal", "make_proposal", "read_proposal"]

TABLED: Final = "tabled"
WITHDRAWN: Final = "withdrawn"
WORDS: Final = (TABLED, WITHDRAWN)
CALENDAR_DAYS: Final = "calendar_days"
WORKING_DAYS: Final = "working_days"
COUNTS: Final = (CALENDAR_DAYS, WORKING_DAYS)
MOST_BYTES: Final = 256 * 1024
LONGEST_TITLE: Final = 200
MOST_NAMED: Final = 64
MOST_SILENCE_DAYS: Final = 365


@dataclass(frozen=True, slots=True)
class Proposal:
    """One version. `base`: hex digest of the bundle that it changes; "" and no instants of a joint text alone.

    `divergences`: entry ids; `provisions`: ids of the rule book; `forms`: codes of procedures; `limits`: codes of
    limits. The silence procedure lasts `silence_days`, counted as `silence_count` says. `word`: tabled or withdrawn.
    """

    title: str
    topic: str
    divergences: tuple[str, ...]
    provisions: tuple[str, ...]
    clauses: tuple[Clause, ...]
    change: tuple[Change, ...]
    base: str
    effective_from: Instant | None
    expires: Instant | None
    forms: tuple[str, ...]
    limits: tuple[str, ...]
    silence_days: int
    silence_count: str = CALENDAR_DAYS
    word: str = TABLED

    @property
    def is_executable(self) -> bool:
        """Whether a next bundle follows from it."""
        return bool(self.base)

    def body(self) -> dict[str, Any]:
        """As it stands in the statement."""
        return {
            "title": self.title,
            "topic": self.topic,
            "divergences": list(self.divergences),
            "provisions": list(self.provisions),
            "clauses": [one.body() for one in self.clauses],
            "change": [one.body() for one in self.change],
            "base": self.base,
            "effective_from": instant_text(self.effective_from) if self.effective_from else "",
            "expires": instant_text(self.expires) if self.expires else "",
            "forms": list(self.forms),
            "limits": list(self.limits),
            "silence_days": self.silence_days,
            "silence_count": self.silence_count,
            "word": self.word,
        }


def make_proposal(  # noqa: PLR0913  a proposal has this many independent parts
    *,
    title: str,
    topic: str,
    clauses: Sequence[Mapping[str, Any]],
    change: Sequence[Mapping[str, Any]] = (),
    base: str = "",
    effective_from: Instant | None = None,
    expires: Instant | None = None,
    divergences: Sequence[str] = (),
    provisions: Sequence[str] = (),
    forms: Sequence[str] = (),
    limits: Sequence[str] = (),
    silence_days: int,
    silence_count: str = CALENDAR_DAYS,
    word: str = TABLED,
) -> Proposal:
    """A version whose every part keeps the bounds. Raises MalformedInput, TooLarge or UnknownValue by field."""
    named = {"divergences": divergences, "provisions": provisions, "forms": forms, "limits": limits}
    for field, codes in named.items():
        if len(codes) > MOST_NAMED or len(set(codes)) != len(codes):
            raise MalformedInput("proposal.named", field=field, expected=f"at most {MOST_NAMED}, each once")
    if word not in WORDS or silence_count not in COUNTS:
        field, known = ("word", WORDS) if word not in WORDS else ("silence_count", COUNTS)
        raise UnknownValue(f"proposal.{field}", field=field, expected=", ".join(known))
    if type(silence_days) is not int or not 1 <= silence_days <= MOST_SILENCE_DAYS:
        raise MalformedInput("proposal.silence", field="silence_days", expected=f"1 to {MOST_SILENCE_DAYS} days")
    read_texts = read_clauses(clauses)
    changes = read_changes(change)
    if not read_texts and not changes:
        raise MalformedInput("proposal.empty", field="clauses", expected="a joint text, a change, or both")
    _check_change(changes, base, effective_from, expires)
    proposal = Proposal(
        title=line(title, field="title", longest=LONGEST_TITLE),
        topic=topic,
        divergences=tuple(divergences),
        provisions=tuple(provisions),
        clauses=read_texts,
        change=changes,
        base=base,
        effective_from=effective_from,
        expires=expires,
        forms=tuple(forms),
        limits=tuple(limits),
        silence_days=silence_days,
        silence_count=silence_count,
        word=word,
    )
    size = len(canonical_bytes(proposal.body()))
    if size > MOST_BYTES:
        raise TooLarge("proposal.size", field="change", found=size, expected=f"at most {MOST_BYTES} bytes in all")
    return proposal


def _check_change(
    changes: Sequence[Change], base: str, effective_from: Instant | None, expires: Instant | None
) -> None:
    if not base:
        if changes or effective_from is not None or expires is not None:
            raise MalformedInput("proposal.base", field="base", expected="the digest of the bundle that it changes")
        return
    if effective_from is None or expires is None or not effective_from < expires:
        expected = "an instant from which it holds and a later one at which it ends"
        raise MalformedInput("proposal.period", field="effective_from", expected=expected)


def read_proposal(body: Mapping[str, Any]) -> Proposal:
    """A version from a statement in the form of its schema. Raises as `make_proposal`."""
    instants = {
        name: read_instant(body[name], field=name) if body[name] else None for name in ("effective_from", "expires")
    }
    return make_proposal(**{**body, **instants})
