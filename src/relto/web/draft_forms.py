"""A draft that is handed in to be proven or weighed: read, answered about, and not stored."""

from __future__ import annotations

from typing import Final

from django import forms
from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _

from relto.base.errors import NotAvailable
from relto.web.forms import FileChoice, ReltoForm
from relto.web.pages import PageRequest

_MOST_DIGITS: Final = 9


class DraftForm(ReltoForm):
    """A draft of the agreement bundle, signed or not."""

    draft = forms.FileField(
        label=_("The draft"),
        help_text=_("A bundle file, signed or not. It is read, and not stored."),
        widget=FileChoice,
        error_messages={"required": _("Choose the file."), "empty": _("This file is empty.")},
    )


def chosen_version(request: PageRequest) -> int | None:
    """The accepted version that the address names, None when it names none. Raises NotAvailable for anything else."""
    return _number(request, "version", "bundle")


def chosen_overlay(request: PageRequest) -> int | None:
    """The accepted overlay that the address names, None when it names none. Raises NotAvailable for anything else."""
    return _number(request, "overlay", "overlay")


def _number(request: PageRequest, name: str, what: str) -> int | None:
    asked = request.GET.get(name, "")
    if not asked:
        return None
    if not asked.isascii() or not asked.isdigit() or len(asked) > _MOST_DIGITS:
        raise NotAvailable(what)
    return int(asked)


def download(data: bytes, media_type: str, name: str) -> HttpResponse:
    """A file to keep. `name`: without anything that a header would not take."""
    response = HttpResponse(data, content_type=media_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
