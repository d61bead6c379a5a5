"""What waits for me, and search."""

from __future__ import annotations

from relto.client.answers.waiting import SearchFound, Waiting
from relto.client.steps import Call, get, post


def waiting() -> Call[Waiting]:
    """What waits for me, over all kinds of work, and what of mine waits for others."""
    return get("/waiting", Waiting)


def search(text: str) -> Call[SearchFound]:
    """What I may see that has this id, number, code, nation, day or text; by title only what I may open now."""
    return post("/search", SearchFound, text=text)
