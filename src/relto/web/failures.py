"""What a person reads when something does not go: what is missing, what she can do, and a reference to read aloud.

Unknown and forbidden are one page. No page shows a trace, a path or a setting.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import get_language

from relto.adapters.words import error_sentence
from relto.base.errors import NotAvailable, Refused, ReltoError
from relto.services.refusals import explain
from relto.web.frame import bare_frame
from relto.web.language import language_of_path
from relto.web.refusal import missing_things
from relto.web.signed_in import actor_of
from relto.web.surroundings import house

_NOT_FOUND = 404


def failure_page(request: HttpRequest, error: ReltoError) -> HttpResponse:
    """The page of an error, with its HTTP status."""
    if isinstance(error, NotAvailable) or (isinstance(error, Refused) and error.reference is None):
        return not_available(request)
    if isinstance(error, Refused):
        return _refused(request, error)
    said = error_sentence(error, get_language() or "en")
    return render(request, "relto/failure.html", {"said": said}, status=error.http_status)


def not_available(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """The one page for what is unknown and for what is forbidden."""
    del exception
    # The words of a page would tell a page that is forbidden from one that there is not.
    return render(request, "relto/not_available.html", {"page_words": ()}, status=_NOT_FOUND)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Something that no form of ours sends."""
    del exception
    return render(request, "relto/bad_request.html", status=400)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that is too old, or not ours."""
    del reason
    return render(request, "relto/form_expired.html", status=403)


def server_error(request: HttpRequest) -> HttpResponse:
    """Something of ours broke. Says so without asking the store for anything."""
    language = get_language() or "en"
    with translation.override(language_of_path(request.path_info) or language):
        page = render_to_string("relto/server_error.html", bare_frame(get_language() or "en"))
    return HttpResponse(page, status=500)


def _refused(request: HttpRequest, error: Refused) -> HttpResponse:
    context: dict[str, Any] = {"reference": error.reference}
    try:
        actor = actor_of(request)
        if actor is not None and error.reference is not None:
            view = explain(house(), actor, error.reference)
            missing = missing_things(view.gates, view.bundle_version)
            context |= {"refusal": view, "missing": missing, "sentence": missing[0].sentence if missing else ""}
    except ReltoError:
        context["refusal"] = None
    return render(request, "relto/refused.html", context, status=403)
