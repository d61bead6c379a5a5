"""Signing in, or confirming a decision, with a client certificate: bound once by the registrar, like a subject."""

from __future__ import annotations

import logging

from django.conf import settings
from django.contrib.auth import login, logout
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from relto.base.errors import NotAuthenticated
from relto.procedures.authentication import Method
from relto.services.actors import actor_of_person
from relto.services.sign_in_bindings import bound_account, code_of
from relto.store.models import Account
from relto.web.authentication import record
from relto.web.failures import not_available
from relto.web.pages import show
from relto.web.surroundings import client_certificates, house

_LOG = logging.getLogger(__name__)


@require_POST
def certificate(request: HttpRequest) -> HttpResponseBase:
    """Signs in by the certificate that the proxy saw; or confirms, when the same person is signed in already."""
    judge, own, present = client_certificates(), house(), request.user
    if judge is None:
        return not_available(request)
    try:
        issuer, fingerprint = judge.presented(request.META, own.now())
    except NotAuthenticated:
        return _refused(request, "certificate_refused")
    code = code_of("certificate", issuer, fingerprint)
    account = bound_account("certificate", code)
    if account is None:
        return _refused(request, "certificate_unknown", code)
    try:
        actor_of_person(own, account.person_id)
    except NotAuthenticated:
        return _refused(request, "certificate_refused")
    if isinstance(present, Account):
        if present.pk == account.pk:
            record(request, account, Method.CERTIFICATE)
            return redirect("step_up")
        logout(request)
    record(request, account, Method.CERTIFICATE)
    login(request, account, backend=settings.AUTHENTICATION_BACKENDS[0])
    return redirect("home")


def _refused(request: HttpRequest, why: str, code: str = "") -> HttpResponseBase:
    _LOG.warning("sign_in.failed certificate %s", why)
    return show(request, "provider", {"why": why, "code": code}, status=401)
