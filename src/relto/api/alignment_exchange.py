"""The alignment as files: both rule books and what each nation said, out; rows, weighed first, in."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest, StreamingHttpResponse
from ninja import Query, Router
from pydantic import Field

from relto.alignment.exchange_file import LARGEST
from relto.api.answers import Answer, plain
from relto.api.forms import Form
from relto.api.streams import BYTES_IN, bytes_out, file_answer, small_body
from relto.api.surroundings import caller, house
from relto.services.alignment.exporting import MEDIA_TYPES, export_alignment
from relto.services.alignment.importing import import_alignment

router = Router(tags=["alignment"])
Written = Annotated[str, Field(max_length=8, description="json, xlsx or oscal.", alias="as")]


class AskedFile(Form):
    """Which file: its form, and one topic when it is named."""

    form: Written = "json"
    topic: Annotated[str, Field(max_length=32)] = ""


class GivenFile(Form):
    """The form of a file, and whether its rows are to be said."""

    form: Written = "json"
    apply: Annotated[bool, Field(strict=False)] = False  # of a query, where every value is text


class ImportRow(Answer):
    """A row of a file. `outcome`: new, answers, changed or refused; `column` and `reason` (a code) of a refused one."""

    place: str
    kind: str
    entry: str
    outcome: str
    column: str
    reason: str


class ImportOutcome(Answer):
    """What a file would say, or has said. `counts`: outcome -> rows; `said`: entries in which something was said."""

    counts: dict[str, int]
    rows: list[ImportRow]
    said: list[str]


@router.get("/alignment/exchange", openapi_extra=bytes_out(MEDIA_TYPES.values(), "The file."))
def export_exchange(request: HttpRequest, asked: Query[AskedFile]) -> StreamingHttpResponse:
    """Both rule books side by side, and each nation's newest words, as JSON, a workbook or an OSCAL mapping."""
    found = export_alignment(house(), caller(request), asked.form, topic=asked.topic)
    return file_answer(found.chunks, found.media_type, found.name)


@router.post("/alignment/exchange", response=ImportOutcome, openapi_extra=BYTES_IN)
def import_exchange(request: HttpRequest, asked: Query[GivenFile]) -> dict[str, Any]:
    """What the rows of a file would say; with `apply` they are said (co-chair). A refused row keeps all from it."""
    actor = caller(request)
    told = import_alignment(house(), actor, small_body(request, LARGEST), asked.form, apply=asked.apply)
    return {"counts": dict(told.counts), "rows": [plain(one) for one in told.rows], "said": list(told.said)}
