"""Steps about a proposal on pages of their own: write a text, prove, weigh, attach a rehearsal, resolve a comment."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from relto.adapters.words import error_sentence
from relto.alignment.shared_record import COMMENT
from relto.base.errors import Conflict, MalformedInput, NotAvailable, ReltoError, Unreachable
from relto.procedures.actors import Role
from relto.rules.bundle import read_rules
from relto.services.active_bundle import active
from relto.services.alignment import proposals_view, proposing
from relto.services.alignment.proposal_values import ProposalDetail
from relto.store.queries.alignment import entry_of
from relto.store.queries.weighing import WEIGHERS
from relto.web.alignment_pages import tried
from relto.web.pages import PageRequest, page, show
from relto.web.proposal_forms import (
    KEEP,
    NEW_DRAFT,
    ROWS_AT_FIRST,
    ProposalForm,
    ReportForm,
    ResolutionForm,
    empty_row,
    rows_from,
    rows_of,
)
from relto.web.rule_proof import four_lines, piece_row, story
from relto.web.surroundings import house
from relto.web.views.rule_impact import shown_impact
from relto.web.words import language

_LONGEST_DIGEST = 64
_LONGEST_IDS = 2000


@page(Role.CO_CHAIR, methods=("GET", "HEAD", "POST"))
def new(request: PageRequest) -> HttpResponse:
    """Which joint text should both nations agree to?"""
    if request.method == "POST":
        return _written(request, ProposalForm(request.POST, request.FILES, rows=rows_of(request.POST)), None)
    named = {name: request.GET.get(name, "")[:_LONGEST_IDS] for name in ("divergences", "provisions", "topic")}
    form = ProposalForm(initial=named, rows=[empty_row(number) for number in range(ROWS_AT_FIRST)])
    return show(request, "proposal_new", {"form": form, "detail": None})


@page(Role.CO_CHAIR, methods=("GET", "HEAD", "POST"))
def version(request: PageRequest, entry: str) -> HttpResponse:
    """What should the text say instead? The next version of the own line, or an answer on it."""
    digest = request.GET.get("digest", "")[:_LONGEST_DIGEST]
    detail = proposals_view.proposal(house(), request.actor, entry, digest=digest)
    if "propose" not in detail.may:
        raise NotAvailable("page")
    has_change = bool(detail.proposal.change)
    if request.method == "POST":
        form = ProposalForm(request.POST, request.FILES, rows=rows_of(request.POST), has_change=has_change)
        return _written(request, form, detail)
    form = ProposalForm(initial=_stated(detail), rows=rows_from(detail.proposal.clauses), has_change=has_change)
    return show(request, "proposal_new", {"form": form, "detail": detail})


@page(Role.CO_CHAIR, methods=("POST",))
def prove(request: PageRequest, entry: str) -> HttpResponse:
    """Does the draft weaken anybody? Asked of this node's own provers; the partner is told the result."""
    own, actor = house(), request.actor
    digest = request.POST.get("digest", "")[:_LONGEST_DIGEST]
    back = reverse("alignment_entry", kwargs={"entry": entry})
    try:
        view = proposing.prove(own, actor, entry, digest=digest)
    except (Conflict, MalformedInput) as error:
        told = {"said": error_sentence(error, language()), "back": back}
        return show(request, "proposal_unproven", told, status=error.http_status)
    if view is None:
        return redirect(f"{back}#proof")
    rules = read_rules(proposing.draft_file(own, actor, entry, digest=digest))
    first, others = story(view)
    context = {
        "proof": view,
        "lines": four_lines(view, rules),
        "story": first,
        "others": others,
        "consents": [piece_row(one) for one in view.consents],
        "entry": entry,
    }
    return show(request, "proposal_proof", context)


@page(*WEIGHERS)
def impact(request: PageRequest, entry: str) -> HttpResponse:
    """What would the draft change on this node?"""
    digest = request.GET.get("digest", "")[:_LONGEST_DIGEST]
    own, actor = house(), request.actor
    found = proposing.weigh(own, actor, entry, digest=digest)
    nations_of = {policy.oid: str(policy.nation) for policy in active(own).policies}
    return show(request, "proposal_impact", {**shown_impact(found, nations_of), "entry": entry})


@page(Role.CO_CHAIR, methods=("GET", "HEAD", "POST"))
def rehearsed(request: PageRequest, entry: str) -> HttpResponse:
    """What did the rehearsal of this draft show?"""
    own, actor = house(), request.actor
    proposals_view.proposal_facts(own, actor, entry)
    form = ReportForm(request.POST, request.FILES) if request.method == "POST" else ReportForm()
    if request.method == "POST" and tried(
        form, lambda given: proposing.attach_rehearsal(own, actor, entry, given["report"].read())
    ):
        return redirect(f"{reverse('alignment_entry', kwargs={'entry': entry})}#rehearsals")
    return show(request, "proposal_rehearsed", {"form": form, "entry": entry}, status=422 if form.is_bound else 200)


@page(Role.CO_CHAIR, methods=("GET", "HEAD", "POST"))
def resolve(request: PageRequest, comment: str) -> HttpResponse:
    """What becomes of this comment?"""
    own, actor = house(), request.actor
    held = entry_of(comment)
    if held is None or held.kind != COMMENT:
        raise NotAvailable("alignment")
    about = str(held.newest[held.opened_by].body["about"])
    detail = proposals_view.proposal(own, actor, about)
    remark = next(one for one in detail.remarks if one.comment == comment)
    form = ResolutionForm(request.POST) if request.method == "POST" else ResolutionForm()
    if request.method == "POST" and tried(form, lambda given: proposing.resolve_comment(own, actor, comment, **given)):
        return redirect(f"{reverse('alignment_entry', kwargs={'entry': about})}#comments")
    context = {"form": form, "remark": remark, "entry": about, "title": detail.proposal.title}
    return show(request, "proposal_resolve", context, status=422 if form.is_bound else 200)


def _written(request: PageRequest, form: ProposalForm, detail: ProposalDetail | None) -> HttpResponse:
    """The form that was sent: more rows when they were asked for, else the version that it makes."""
    if "more" in request.POST:
        more = ProposalForm(
            initial=request.POST.dict(), rows=rows_of(request.POST, ROWS_AT_FIRST), has_change="change" in form.fields
        )
        return show(request, "proposal_new", {"form": more, "detail": detail})
    told = ""
    if form.is_valid():
        try:
            given = {**form.said, **_change(form, detail)}
            told = proposing.propose(house(), request.actor, **given, entry=detail.row.entry if detail else "")
        except Unreachable:
            raise
        except ReltoError as error:
            form.take_error(error, error_sentence(error, language()))
    if told:
        return redirect("alignment_entry", entry=told)
    return show(request, "proposal_new", {"form": form, "detail": detail}, status=422)


def _change(form: ProposalForm, detail: ProposalDetail | None) -> dict[str, Any]:
    """The change as the verb takes it: of a draft that was handed in, that of the version before, or none."""
    given, file = form.cleaned_data.get("change", NEW_DRAFT), form.cleaned_data["draft"]
    if given == KEEP and detail is not None:
        before = detail.proposal
        kept = {"effective_from": before.effective_from, "expires": before.expires}
        stated = {name: value for name, value in kept.items() if not form.cleaned_data[name]}
        return {"change": [one.body() for one in before.change], **stated}
    return {"draft": file.read()} if given == NEW_DRAFT and file else {}


def _stated(detail: ProposalDetail) -> dict[str, Any]:
    """What stands in the form of the next version: the words of the one that is shown."""
    before = detail.proposal
    named = {name: " ".join(getattr(before, name)) for name in ("divergences", "provisions", "forms", "limits")}
    return {
        "title": before.title,
        "topic": before.topic,
        **named,
        "silence_days": before.silence_days,
        "silence_count": before.silence_count,
    }
