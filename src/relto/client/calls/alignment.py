"""The working group's shared record: read it, and say something in the own nation's line."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

from relto.client.answers.alignment import Covered, SharedEntry, SharedEntryDetail, Told
from relto.client.session import part
from relto.client.steps import Call, get, listed, post

_ENTRIES = "/alignment/entries"


def alignment(
    *,
    kind: str = "",
    topic: str = "",
    state: str = "",
    word: str = "",
    whose: str = "",
    provision: str = "",
    after: str = "",
) -> Call[list[SharedEntry]]:
    """Relations and divergences, the oldest first, 100 at most; `after`: the last entry of the page before.

    The others narrow: one kind, topic or state; `word` and `whose` as in `coverage`; the provision they are about.
    """
    asked = {"kind": kind, "topic": topic, "state": state, "word": word, "whose": whose, "provision": provision}
    return listed(f"{_ENTRIES}?{urlencode({**asked, 'after': after})}", SharedEntry)


def alignment_entry(entry: str) -> Call[SharedEntryDetail]:
    """One entry whole: what each nation said, version after version."""
    return get(f"{_ENTRIES}/{part(entry)}", SharedEntryDetail)


def coverage(nation: str = "") -> Call[Covered]:
    """What is compared with a partner, topic by topic."""
    return get(f"/alignment/coverage?{urlencode({'nation': nation})}", Covered)


def state_relation(
    provisions: Sequence[str], to: str, relation: str, *, reason: str, confidence: str, entry: str = ""
) -> Call[Told]:
    """Say how the own provisions stand to those of `to`; `entry`: the one that is answered or said anew."""
    return post(
        "/alignment/relations",
        Told,
        provisions=list(provisions),
        to=to,
        relation=relation,
        reason=reason,
        confidence=confidence,
        entry=entry,
    )


def state_divergence(
    question: str,
    provisions: Sequence[str],
    owner: str,
    *,
    options: Sequence[str] = (),
    state: str = "open",
    entry: str = "",
) -> Call[Told]:
    """Raise a divergence, answer one (`entry`), or say how it stands."""
    return post(
        "/alignment/divergences",
        Told,
        question=question,
        provisions=list(provisions),
        owner=owner,
        options=list(options),
        state=state,
        entry=entry,
    )


def comment_alignment(entry: str, text: str, clause: str = "") -> Call[Told]:
    """Comment an entry; the partner reads it."""
    return post(f"{_ENTRIES}/{part(entry)}/comments", Told, text=text, clause=clause)


def note_alignment(entry: str, text: str) -> Call[Told]:
    """Keep a private note on an entry; it never leaves the own node."""
    return post(f"{_ENTRIES}/{part(entry)}/notes", Told, text=text)
