"""The alignment as files: taken from a node, and read in by it."""

from __future__ import annotations

from urllib.parse import urlencode

from relto.client.answers.alignment_exchange import ImportOutcome
from relto.client.answers.reading import read_answer
from relto.client.calls.law_changes import taken
from relto.client.session import Session
from relto.client.steps import Call, Request, Steps

_EXCHANGE = "/alignment/exchange"
_OCTETS = {"Content-Type": "application/octet-stream"}


def export_alignment(_session: Session, form: str = "json", *, topic: str = "") -> Steps[bytes]:
    """Both rule books and each nation's newest words; `form`: json, xlsx or oscal."""
    return (yield from taken(Request("GET", f"{_EXCHANGE}?{urlencode({'as': form, 'topic': topic})}")))


def import_alignment(file: bytes, form: str = "json", *, apply: bool = False) -> Call[ImportOutcome]:
    """What the rows of a file would say; with `apply` they are said."""
    asked = urlencode({"as": form, "apply": str(apply).lower()})
    request = Request("POST", f"{_EXCHANGE}?{asked}", content=file, headers=_OCTETS)
    return Call(request, lambda value: read_answer(ImportOutcome, value))
