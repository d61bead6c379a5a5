"""What every page does first and last: who asks, with which role; and the answer in the look of the portal.

A page that the reader's roles do not include, an unknown item and a forbidden item are one answer: the same page, the
same status (promise 8).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from relto.base.errors import NotAuthenticated, NotAvailable, ReltoError
from relto.procedures.actors import Actor, Role
from relto.web.failures import failure_page
from relto.web.marking import level_class
from relto.web.signed_in import actor_of

Rest = ParamSpec("Rest")
View = Callable[Concatenate["PageRequest", Rest], HttpResponseBase]


class PageRequest(HttpRequest):
    """A request of a signed-in person."""

    actor: Actor


def page(
    *roles: Role, methods: tuple[str, ...] = ("GET", "HEAD")
) -> Callable[[View[Rest]], Callable[Concatenate[HttpRequest, Rest], HttpResponseBase]]:
    """A page for people who hold one of these roles; for everybody who is signed in when none is named.

    The view tells its `methods`: what takes a form has to be guarded (relto.web.step_up).
    """

    def decorate(view: View[Rest]) -> Callable[Concatenate[HttpRequest, Rest], HttpResponseBase]:
        @require_http_methods(list(methods))
        @wraps(view)
        def answer(request: HttpRequest, *args: Rest.args, **kwargs: Rest.kwargs) -> HttpResponseBase:
            try:
                actor = actor_of(request)
                if actor is None:
                    return redirect_to_login(request.get_full_path(), reverse("account_login"))
                if roles and not actor.roles.intersection(roles):
                    raise NotAvailable("page")
                cast("PageRequest", request).actor = actor
                return view(cast("PageRequest", request), *args, **kwargs)
            except NotAuthenticated:
                request.session.flush()
                return redirect_to_login(request.get_full_path(), reverse("account_login"))
            except ReltoError as error:
                return failure_page(request, error)

        answer.__dict__["methods"] = frozenset(methods)
        return cast("Callable[Concatenate[HttpRequest, Rest], HttpResponseBase]", answer)

    return decorate


def show(
    request: HttpRequest, template: str, context: Mapping[str, Any] | None = None, *, status: int = 200
) -> HttpResponse:
    """A page of the portal."""
    return render(request, f"relto/{template}.html", dict(context or {}), status=status)


def marked(kind: str, identity: str, banner: str) -> dict[str, str]:
    """What a page about an item adds to its context: its marking, on screen and in print."""
    return {
        "marking_text": banner or "UNCLASSIFIED",
        "marking_level": level_class(banner),
        "print_kind": kind,
        "print_id": identity,
    }
