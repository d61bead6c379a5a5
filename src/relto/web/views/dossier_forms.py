"""Write into a dossier and take its steps: a form with its first-pass check, then a signature.

What was written is shown again with all that was found, whatever was wrong; only a step that is taken and a form that
is kept lead away from the page. The first button of each form checks and keeps nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from relto.adapters.dossier_words import field_at, field_label, told
from relto.adapters.words import error_sentence
from relto.base.errors import NotAvailable, Refused, ReltoError, Unreachable
from relto.procedures.actors import Actor
from relto.procedures.findings import FORM, Weighed
from relto.procedures.forms.form import Form
from relto.procedures.packs.registry import procedure as procedure_of
from relto.procedures.procedure import Procedure
from relto.services import active_bundle
from relto.services import dossiers as verbs
from relto.services.dossiers import AnswersRefused, DossierDetail, StepStopped
from relto.services.house import House
from relto.web.dossier_fields import offered, sections
from relto.web.dossier_offers import offers_to
from relto.web.dossier_pages import step_findings, step_page
from relto.web.dossier_posts import CHECK, KEEP, SIGN, Written, changes_rows, filled, written
from relto.web.dossier_rows import found
from relto.web.dossier_second import not_seen, points
from relto.web.pages import PageRequest, page, show
from relto.web.surroundings import house
from relto.web.views.dossiers import PEOPLE, may_begin
from relto.web.words import language, said

_WRITING: Final = ("GET", "HEAD", "POST")
_REASON: Final = "step/reason"
_LONGEST_BUTTON: Final = 200


@page(*PEOPLE, methods=_WRITING)
def begin(request: PageRequest, procedure: str) -> HttpResponse:
    """A new dossier: its form, checked as often as she likes; nothing is kept before she keeps it."""
    pack = next((one for one in may_begin(request.actor) if one.code == procedure), None)
    if pack is None:
        raise NotAvailable("procedure")
    return _write(request, pack, filled(pack.form, _given(pack.form, request), house().nation), None)


@page(*PEOPLE, methods=_WRITING)
def write(request: PageRequest, dossier: str) -> HttpResponse:
    """The form of a dossier that is still being written."""
    detail = verbs.dossier(house(), request.actor, dossier)
    if not detail.may_write:
        raise NotAvailable("dossier")
    pack = procedure_of(detail.view.procedure)
    return _write(request, pack, filled(pack.form, detail.answers, house().nation), detail)


@page(*PEOPLE, methods=_WRITING)
def step(request: PageRequest, dossier: str, step: str) -> HttpResponse:
    """What does this step need, what stands against it, and what does it do? It is signed here."""
    own, actor = house(), request.actor
    detail = verbs.dossier(own, actor, dossier)
    if step not in detail.may_take:
        raise NotAvailable("dossier")
    pack = procedure_of(detail.view.procedure)
    form = None if step in detail.proposed else pack.step(step).form
    posted, does = request.method == "POST", request.POST.get("do", CHECK)[:_LONGEST_BUTTON]
    stands = Written()
    if form is not None:
        stands = written(form, request.POST, own.nation, does=does) if posted else filled(form, {}, own.nation)
    reason = request.POST.get(_REASON, "")
    problem = ""
    weighed: Sequence[Weighed] | None = None
    bundle = active_bundle.active_or_none(own, own.now())
    second = bool(detail.signed_by.get(step))
    if posted and does == SIGN and second:
        weighed = _of_the_step(pack, detail, step, _checked(own, actor, detail, step, stands), None)
        problem = not_seen(points(step_findings(pack, step, bundle, weighed).rows, request.POST))
    if posted and does == SIGN and not problem:
        try:
            taken = verbs.take(
                own, actor, detail.view.id, step, answers=_of_step(form, stands), reason=_one_line(reason)
            )
            return redirect(f"{reverse('dossier', args=[detail.view.id])}?entry={taken.view.entry}")
        except (StepStopped, AnswersRefused) as stopped:
            weighed = stopped.weighed
        except ReltoError as error:
            problem = _at_the_form(error)
    if weighed is None:
        fresh = form if not posted or changes_rows(does) else None
        weighed = _of_the_step(pack, detail, step, _checked(own, actor, detail, step, stands), fresh)
    context = step_page(own, detail, step, bundle, stands, weighed, offers_to(own, actor, bundle))
    context |= {"reason": reason, "problem": problem, "tried": posted and not changes_rows(does)}
    context["points"] = points(context["found"].rows, request.POST) if second else ()
    wrong = bool(problem) or any(one.stops for one in weighed)
    return show(request, "dossiers/step", context, status=422 if context["tried"] and wrong else 200)


def _write(request: PageRequest, pack: Procedure, stands: Written, detail: DossierDetail | None) -> HttpResponse:
    own, actor = house(), request.actor
    posted, does = request.method == "POST", request.POST.get("do", CHECK)[:_LONGEST_BUTTON]
    weighed: Sequence[Weighed] = detail.findings if detail is not None and not posted else ()
    checked, problem = detail is not None and not posted, ""
    if posted:
        stands = written(pack.form, request.POST, own.nation, does=does)
        try:
            if does == KEEP:
                return _kept(own, actor, pack, stands.answers, detail)
            if not changes_rows(does):
                weighed, checked = verbs.check_form(own, actor, pack.code, stands.answers), True
        except AnswersRefused as refused:
            weighed = refused.weighed
        except ReltoError as error:
            problem = _at_the_form(error)
    context = _form_context(own, actor, pack, stands, weighed)
    context |= {"checked": checked, "problem": problem, "tried": posted and not changes_rows(does)}
    context |= _leading_back(pack, detail)
    wrong = bool(problem) or any(one.stops for one in weighed)
    return show(request, "dossiers/write", context, status=422 if context["tried"] and wrong else 200)


def _kept(
    own: House, actor: Actor, pack: Procedure, answers: Mapping[str, Any], detail: DossierDetail | None
) -> HttpResponse:
    if detail is None:
        view = verbs.begin(own, actor, pack.code, answers)
    else:
        view = verbs.write(own, actor, detail.view.id, answers)
    return redirect(f"{reverse('dossier', args=[view.id])}?entry={view.entry}")


def _form_context(
    own: House, actor: Actor, pack: Procedure, stands: Written, weighed: Sequence[Weighed]
) -> dict[str, Any]:
    bundle = active_bundle.active_or_none(own, own.now())
    provisions = bundle.provisions if bundle is not None else {}
    in_words = told(weighed, (pack.form,), provisions, language())
    offers = offers_to(own, actor, bundle)
    return {
        "found": found(in_words, pack.form, provisions),
        "sections": sections(pack.form, stands, offers, in_words),
        "lists": offered(pack.form, offers),
        "sends": _shared(pack.form) if pack.partner_field else [],
    }


def _shared(form: Form) -> list[str]:
    """What crosses to the partner, as people call it: shared fields, of rows those inside."""
    names = []
    for one in form.fields:
        inner = [field_label(form, f"{one.code}/{each.code}", language()) for each in one.fields if each.shared]
        label = field_label(form, one.code, language())
        if inner:
            names.append(f"{label} ({', '.join(inner)})")
        elif one.shared:
            names.append(label)
    return names


def _leading_back(pack: Procedure, detail: DossierDetail | None) -> dict[str, str]:
    title, what = said("procedure", pack.code), said("procedure", f"{pack.code}.what")
    if detail is None:
        return {"title": title, "what": what, "number": "", "this": title, "back": reverse("dossiers")}
    number = detail.view.number
    back = reverse("dossier", args=[detail.view.id])
    return {"title": title, "what": what, "number": number, "this": number, "back": back}


def _given(form: Form, request: PageRequest) -> dict[str, str]:
    """Answers that the address brings along: codes, such as that of the dossier which this one belongs to."""
    codes = {one.code for one in form.fields if one.kind == "code"}
    return {name: request.GET[name][:64] for name in sorted(codes & set(request.GET))}


def _at_the_form(error: ReltoError) -> str:
    """The sentence of an error that belongs beside what was written; any other is raised on.

    A refusal that names a field is about the step, such as a reason that is missing; an unknown thing that is named by
    a field of the form is about the form. Everything else is what the page itself refuses.
    """
    about_here = error.field is not None and error.field not in {"role", "dossier", "side"}
    if isinstance(error, Unreachable) or (isinstance(error, Refused | NotAvailable) and not about_here):
        raise error
    return error_sentence(error, language())


def _checked(own: House, actor: Actor, detail: DossierDetail, step: str, stands: Written) -> Sequence[Weighed]:
    answers = stands.answers or detail.proposed.get(step)
    return verbs.check(own, actor, detail.view.id, step, answers=answers)


def _of_the_step(
    pack: Procedure, detail: DossierDetail, step: str, weighed: Sequence[Weighed], fresh: Form | None
) -> Sequence[Weighed]:
    """What stands against the step: of the main form only where the step demands it whole.

    `fresh`: the step's own form while nobody had the time to fill it in; what is empty there is no finding yet.
    """
    whole = pack.step(step).final_check
    found_here = [one for one in weighed if whole or one not in detail.findings]
    return [one for one in found_here if fresh is None or not _only_empty(one, fresh)]


def _only_empty(weighed: Weighed, form: Form) -> bool:
    """A field of the step's own form that nobody had the time to fill in yet."""
    path = weighed.finding.path
    return weighed.finding.kind == FORM and bool(path) and field_at(form, path) is not None


def _of_step(form: Form | None, stands: Written) -> Mapping[str, Any] | None:
    return None if form is None else stands.answers


def _one_line(reason: str) -> str:
    return " ".join(reason.split())
