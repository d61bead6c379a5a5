"""What is taken away from a dossier: its papers, and everything that stands in it as signed data."""

from __future__ import annotations

from django.http import HttpResponse

from relto.services import dossiers as verbs
from relto.services.dossiers.exporting import export_dossier
from relto.services.dossiers.papers import paper
from relto.web.pages import PageRequest, page
from relto.web.surroundings import house, log_files
from relto.web.views.dossiers import PEOPLE


@page(*PEOPLE)
def paper_file(request: PageRequest, dossier: str, code: str, language: str) -> HttpResponse:
    """A paper in one language or in both (PDF), as far as the dossier gives it in its state."""
    made = paper(house(), request.actor, dossier, code, language, files=log_files())
    return _file(made.content, made.media_type, made.name)


@page(*PEOPLE)
def data(request: PageRequest, dossier: str) -> HttpResponse:
    """The dossier whole as data, signed by the node, with the proofs of its ledger entries."""
    number = verbs.dossier(house(), request.actor, dossier).view.number
    content = export_dossier(house(), request.actor, dossier, log_files())
    return _file(content, "application/json", f"{number}.json")


def _file(content: bytes, media_type: str, name: str) -> HttpResponse:
    answer = HttpResponse(content, content_type=media_type)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
