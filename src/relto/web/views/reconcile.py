"""Do the two registers agree? Each shared programme, the newest comparison with its findings, and its certificate."""

from __future__ import annotations

import logging
from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse

from relto.adapters.certificate_pdf import certificate_pdf
from relto.base.errors import NotAvailable, Refused, ReltoError
from relto.exchange.reconciliation_certificate import stated_certificate
from relto.procedures.actors import Role
from relto.services import reconciliations
from relto.web.pages import PageRequest, page, show
from relto.web.surroundings import house
from relto.web.words import said

_LOG = logging.getLogger(__name__)
_ROLES = (Role.RELEASE_OFFICER, Role.REGISTRAR, Role.INSPECTOR)
_EARLIER = 20


@page(*_ROLES)
def overview(request: PageRequest) -> HttpResponse:
    """The programmes that are shared, and how each stands."""
    return show(request, "reconcile_list", {"rows": _standing(request)})


@page(*_ROLES, methods=("GET", "HEAD", "POST"))
def programme(request: PageRequest, programme: str) -> HttpResponseBase:
    """One programme: the newest comparison, who must act; the form compares now."""
    rows = [row for row in _standing(request) if row.programme == programme]
    if not rows:
        raise NotAvailable("programme")
    problem = ""
    if request.method == "POST":
        try:
            partner = str(request.POST.get("partner", ""))
            reconciliations.reconcile(house(), request.actor, programme=programme, partner=partner)
            return HttpResponseRedirect(reverse("reconcile_programme", args=[programme]))
        except Refused:
            raise
        except ReltoError as error:
            _LOG.info("reconciliation.failed %s", error.full_code)
            problem = error.full_code
    listed = reconciliations.reconciliations(house(), request.actor, programme)
    newest = reconciliations.reconciliation(house(), request.actor, listed[0].id) if listed else None
    context: dict[str, Any] = {
        "programme": programme,
        "partners": [row.partner for row in rows],
        "newest": newest,
        "earlier": listed[1 : _EARLIER + 1],
        "problem": problem,
    }
    return show(request, "reconcile", context)


@page(*_ROLES)
def certificate(request: PageRequest, programme: str, run: str, form: str) -> HttpResponseBase:
    """The certificate that both nodes signed, in its machine form or as a form for people."""
    own = house()
    signed = reconciliations.certificate(own, request.actor, run)
    if form not in {"json", "pdf"} or reconciliations.reconciliation(own, request.actor, run).programme != programme:
        raise NotAvailable("reconciliation")
    if form == "pdf":
        marking = said("certificate", "training" if own.kind == "training" else "live")
        answer = HttpResponse(
            certificate_pdf(stated_certificate(signed), marking=marking), content_type="application/pdf"
        )
    else:
        answer = HttpResponse(signed, content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="reconciliation-{run}.{form}"'
    return answer


def _standing(request: PageRequest) -> list[reconciliations.ProgrammeStanding]:
    """The shared programmes; none before there is an agreement."""
    try:
        return reconciliations.standing_of_programmes(house(), request.actor)
    except Refused:
        raise
    except ReltoError:
        return []
