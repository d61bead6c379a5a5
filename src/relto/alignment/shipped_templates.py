"""Template drafts that are shipped with relto: a place to begin, in our own words, confirmed by nobody.

Promises: each rests on provisions by citation, says that it is an unconfirmed draft, and claims to be no treaty's text
and no numbered form; nothing of it counts until a co-chair proposes it and every party signs it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib import resources
from typing import Any

from relto.alignment.templates import UNCONFIRMED_DRAFT, make_template
from relto.base.canonical import read_object
from relto.base.errors import MalformedInput, NotAvailable


@lru_cache(maxsize=1)
def shipped_templates() -> Mapping[str, Mapping[str, Any]]:
    """The drafts by code, as an author would write them. Raises MalformedInput for one that is not whole."""
    text = resources.files("relto.alignment").joinpath("data", "templates.json").read_bytes()
    listed: list[dict[str, Any]] = read_object(text, field="templates.json")["templates"]  # type: ignore[assignment]
    for one in listed:
        if make_template(one, 1).basis != UNCONFIRMED_DRAFT:
            raise MalformedInput("alignment.template.word", field="basis", expected=UNCONFIRMED_DRAFT)
    return {one["code"]: one for one in listed}


def shipped_template(code: str) -> Mapping[str, Any]:
    """The draft of this code. Raises NotAvailable("template")."""
    found = shipped_templates().get(code)
    if found is None:
        raise NotAvailable("template", field="code", expected=", ".join(shipped_templates()))
    return found
