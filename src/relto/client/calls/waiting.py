"""What waits for me, what is missing before I share, and search."""

from __future__ import annotations

from relto.client.answers.waiting import MayShare, SearchFound, Waiting
from relto.client.session import part
from relto.client.steps import Call, get, post


def waiting() -> Call[Waiting]:
    """What waits for me, over all kinds of work, and what of mine waits for others."""
    return get("/waiting", Waiting)


def may_share(item: str, facility: str) -> Call[MayShare]:
    """What is missing before this facility of a partner could have the item; nothing is recorded by asking."""
    return get(f"/items/{part(item)}/may-share?facility={part(facility)}", MayShare)


def search(text: str) -> Call[SearchFound]:
    """What I may see that has this id, number, code, nation, day or text; by title only what I may open now."""
    return post("/search", SearchFound, text=text)
