from __future__ import annotations

import logging

import pytest
from django.db import OperationalError
from django.test import Client, RequestFactory
from pytest_django import DjangoAssertNumQueries

from relto.store.models import Account, Person
from relto.web.failures import server_error
from relto.web.logs import WithoutContent
from tests.unit.web.portal import Portal


def test_a_forged_form_is_refused_in_the_look_of_the_portal(portal: Portal) -> None:
    account = Account.objects.create(username="x", person=Person.objects.get(id=portal.node.people["engineer"]))
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(account, backend="allauth.account.auth_backends.AuthenticationBackend")
    answer = browser.post("/en/seal/", portal.form())
    assert answer.status_code == 403
    assert "MARKINGS ARE FOR TRAINING PURPOSES ONLY" in answer.content.decode()
    assert "The form is too old" in answer.content.decode()


def test_the_page_of_a_failure_asks_the_store_for_nothing(
    portal: Portal, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        answer = server_error(RequestFactory().get("/hi/desk/"))
    assert answer.status_code == 500
    assert '<html lang="hi"' in answer.content.decode()


def test_a_log_line_holds_no_address_and_no_text_of_an_error() -> None:
    record = logging.LogRecord("django.request", logging.ERROR, "x.py", 1, "%s: %s", ("Error", "/sign-in/secret"), None)
    try:
        raise OperationalError("a title")  # noqa: TRY301  an error with content, as a database may raise it
    except OperationalError as error:
        record.exc_info = (OperationalError, error, error.__traceback__)
    assert WithoutContent().filter(record)
    said = logging.Formatter().format(record)
    assert "secret" not in said
    assert "title" not in said
    assert "OperationalError at test_failures.py:" in said


@pytest.mark.parametrize("path", ["/en/nothing/", "/nothing", "/en/print/x/y.css"])
def test_an_address_that_leads_nowhere_says_so_in_the_look_of_the_portal(portal: Portal, path: str) -> None:
    answer = portal.as_person("engineer").get(path)
    assert answer.status_code == 404
    assert "MARKINGS ARE FOR TRAINING PURPOSES ONLY" in answer.content.decode()
    assert "default-src 'none'" in answer["Content-Security-Policy"]
