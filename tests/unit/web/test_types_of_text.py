"""No answer leaves it to its reader to guess in which characters a text is written."""

from __future__ import annotations

import ast
from pathlib import Path

from django.test import RequestFactory
from django.urls import URLPattern

import relto
from relto.node.urls import urlpatterns
from relto.web.views.calendar import calendar
from tests.unit.web.portal import Portal

SOURCE = Path(relto.__file__).parent
ROOMS = ("api", "kas", "link", "node", "web", "witness")


def test_a_closed_calendar_and_the_word_of_health_say_their_charset(portal: Portal) -> None:
    assert portal
    request = RequestFactory().get("/")
    healthy = next(one for one in urlpatterns if str(one.pattern) == "healthz")
    assert isinstance(healthy, URLPattern)
    assert healthy.callback is not None
    for answer in (healthy.callback(request), calendar(request, "nobodys-address")):
        assert answer["Content-Type"] == "text/plain; charset=utf-8"


def test_no_room_that_answers_names_a_type_of_text_without_one() -> None:
    """`mimetype=` is werkzeug's way, which adds the charset itself."""
    found = []
    for file in (file for room in ROOMS for file in (SOURCE / room).rglob("*.py")):
        tree = ast.parse(file.read_text("utf-8"))
        added = {id(one.value) for one in ast.walk(tree) if isinstance(one, ast.keyword) and one.arg == "mimetype"}
        found += [
            f"{file.relative_to(SOURCE)}:{one.lineno}"
            for one in ast.walk(tree)
            if isinstance(one, ast.Constant)
            and one.value in {"text/plain", "text/csv", "text/calendar", "text/html"}
            and id(one) not in added
        ]
    assert found == []
