"""Signatures of the co-chairs under entries of the shared record."""

from __future__ import annotations

from relto.client.answers.alignment import Told
from relto.client.answers.alignment_signatures import Signatures
from relto.client.session import part
from relto.client.steps import Call, get, post


def sign_alignment(entry: str, digest: str, word: str = "signed") -> Call[Told]:
    """Sign the version of this digest for the nation, or take its signature back (`word`: taken_back)."""
    return post(f"/alignment/entries/{part(entry)}/signatures", Told, digest=digest, word=word)


def signatures(entry: str) -> Call[Signatures]:
    """Who signed which version of an entry, and what both nations agreed to."""
    return get(f"/alignment/entries/{part(entry)}/signatures", Signatures)
