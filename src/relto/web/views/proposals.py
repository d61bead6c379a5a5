"""Proposals: which are open and who acts next; one with its text, change, proofs and signatures; what is said of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from relto.adapters.words import sentence
from relto.alignment.proposal_standing import STATES
from relto.base.errors import NotAvailable
from relto.base.nations import Nation
from relto.procedures.actors import Role
from relto.services import rule_book
from relto.services.active_bundle import active
from relto.services.alignment import proposals_view, proposing, saying
from relto.services.alignment.proposal_changes import rule_changes
from relto.services.alignment.proposal_values import ProposalDetail
from relto.store.queries.alignment import READERS
from relto.web import proposal_page as shown
from relto.web import rule_book as book_rows
from relto.web.alignment_forms import NoteForm
from relto.web.alignment_pages import parties_own_first, posted, speaks, tried
from relto.web.draft_forms import download
from relto.web.forms import ReltoForm
from relto.web.long_lists import part_of
from relto.web.meeting_pages import talked_about
from relto.web.pages import PageRequest, page, show
from relto.web.proposal_forms import PositionForm, RemarkForm
from relto.web.proposal_proofs import proof_box
from relto.web.rule_book import filter_of
from relto.web.rule_record import word_between
from relto.web.rule_words import TOPICS
from relto.web.signing import signature_boxes
from relto.web.surroundings import house
from relto.web.words import language, said

_LONGEST_DIGEST = 64
Verb = Callable[[dict[str, Any]], str]


@page(*READERS)
def proposals(request: PageRequest) -> HttpResponse:
    """What is proposed, and who acts next?"""
    own, actor = house(), request.actor
    known = {"state": set(STATES), "topic": set(TOPICS)}
    asked = {name: value if (value := request.GET.get(name, "")) in values else "" for name, values in known.items()}
    found = proposals_view.proposals(own, actor, **asked)
    by_state = [(state, [row for row in found if row.state == state]) for state in STATES]
    words = {
        "state": {code: said("proposal.state", code) for code in STATES},
        "topic": dict(sorted(((code, str(text)) for code, text in TOPICS.items()), key=lambda one: one[1])),
    }
    context = {
        "groups": [(state, part_of(request, rows, f"state-{state}")) for state, rows in by_state if rows],
        "filters": [filter_of(name, said("workbench_page", name), words[name], asked[name]) for name in known],
        "chosen": any(asked.values()),
        "count": len(found),
        "waits": sum(any(turn.nation == own.nation for turn in row.turns) for row in found),
        "own": str(own.nation),
        "speaks": speaks(request),
    }
    return show(request, "proposals", context)


@page(*READERS, methods=("GET", "HEAD", "POST"))
def proposal(request: PageRequest, entry: str) -> HttpResponse:
    """May both nations agree to this?"""
    own, actor = house(), request.actor
    detail = _detail(request, entry)
    forms: dict[str, ReltoForm] = {}
    if speaks(request):
        codes = [one.code for one in detail.proposal.clauses]
        forms = {
            "comment": RemarkForm(posted(request, "comment"), codes=codes),
            "note": NoteForm(posted(request, "note")),
        }
        if "take_position" in detail.may and own.nation in detail.silence.received:
            forms["position"] = PositionForm(posted(request, "position"))
    if request.method == "POST":
        what = request.POST.get("what", "")
        form = forms.get(what)
        if form is None:
            raise NotAvailable("page")
        verbs: dict[str, Verb] = {
            "comment": lambda given: saying.comment(
                own, actor, about=entry, text=given["comment"], clause=given["clause"]
            ),
            "note": lambda given: saying.note(own, actor, entry=entry, text=given["note"]),
            "position": lambda given: proposing.take_position(
                own, actor, entry, digest=request.POST.get("digest", "")[:_LONGEST_DIGEST], **given
            ),
        }
        if tried(form, verbs[what]):
            return redirect(f"{reverse('alignment_entry', kwargs={'entry': entry})}{_at(request)}")
    return show(request, "proposal", _context(request, detail, forms), status=422 if request.method == "POST" else 200)


@page(*READERS)
def draft(request: PageRequest, entry: str) -> HttpResponse:
    """The next bundle, unsigned, as a file."""
    digest = request.GET.get("digest", "")[:_LONGEST_DIGEST]
    data = proposing.draft_file(house(), request.actor, entry, digest=digest)
    return download(data, "application/json", f"{entry}.bundle")


@page(Role.CO_CHAIR, methods=("POST",))
def withdraw(request: PageRequest, entry: str) -> HttpResponse:
    """Take the own text from the table; the partner's stands."""
    proposing.withdraw(house(), request.actor, entry)
    return redirect("alignment_entry", entry=entry)


def _detail(request: PageRequest, entry: str) -> ProposalDetail:
    digest, against = (request.GET.get(name, "")[:_LONGEST_DIGEST] for name in ("digest", "against"))
    return proposals_view.proposal(house(), request.actor, entry, digest=digest, against=against)


def _at(request: PageRequest) -> str:
    """The version that was looked at, kept in the address."""
    digest = request.GET.get("digest", "")[:_LONGEST_DIGEST]
    return f"?digest={digest}" if digest.isalnum() else ""


def _context(request: PageRequest, detail: ProposalDetail, forms: dict[str, ReltoForm]) -> dict[str, Any]:
    own = house()
    now, nation, parties = own.now(), own.nation, parties_own_first(request)
    question = detail.divergences[0].title if detail.divergences else ""
    signatures = signature_boxes(request, detail.row.entry, only=detail.shown.digest)
    differences = rule_changes(own, request.actor, detail)
    may_sign = {"sign", "take_back"} & set(detail.may)
    general = part_of(request, shown.general_remarks(detail, nation), "comments")
    return {
        "detail": detail,
        "row": detail.row,
        "shown": detail.shown,
        "question": question or detail.proposal.title,
        "has_question": bool(question),
        "state": said("proposal.state", detail.shown.state),
        "icon": _icon(detail, nation),
        "turns": [(turn.nation, said("proposal.act", turn.act)) for turn in detail.turns],
        "steps": shown.steps(detail, parties),
        "clauses": shown.clauses(detail, nation),
        "general": general.rows,
        "spoken": general,
        "changes": shown.changes(differences, {policy.oid: str(policy.nation) for policy in active(own).policies}),
        "differences": len(differences),
        "changes_left": max(0, len(differences) - shown.MOST_CHANGES),
        "silence": shown.silence_lines(detail, now, nation),
        "obstacles": [(one, said("proposal.obstacle", one.code)) for one in detail.obstacles],
        "proof": proof_box(detail, parties, _rests_on()),
        "signatures": signatures if may_sign else signatures.without_offers(),
        "main": main_act(detail, nation),
        "may": detail.may,
        "position_form": forms.get("position"),
        "comment_form": forms.get("comment"),
        "note_form": forms.get("note"),
        "form": next((one for one in forms.values() if one.is_bound), None),
        "own": str(nation),
        **_both_sides(request, detail),
        **talked_about(own, request.actor, detail.row.entry),
    }


def main_act(detail: ProposalDetail, own: Nation) -> str:
    """What this reader does first: the first of her nation's turns that she may take; "" when nothing waits for her."""
    needed = {"sign": "sign", "prove": "prove", "answer": "take_position", "amend": "propose", "resolve": "resolve"}
    for turn in detail.turns:
        if turn.nation == own and needed.get(turn.act) in detail.may:
            return turn.act
    awaited = own in detail.silence.awaited and "take_position" in detail.may
    return "answer" if awaited else ""


def _icon(detail: ProposalDetail, own: Nation) -> str:
    if detail.shown.state in {"agreed", "in_force"}:
        return "holds"
    if detail.shown.state in {"withdrawn", "superseded"}:
        return "gap"
    return "needs" if any(turn.nation == own for turn in detail.turns) else "wait"


def _rests_on() -> str:
    """On how many unconfirmed rules the rule book in force rests; always told, whatever was proven."""
    unconfirmed, total = active(house()).unconfirmed_count()
    return sentence("proposal_page.rests_on", language(), unconfirmed=unconfirmed, total=total)


def _both_sides(request: PageRequest, detail: ProposalDetail) -> dict[str, Any]:
    """The provisions that it names, side by side, with the word that both nations said of them."""
    if not detail.provisions:
        return {"provisions": [], "sides": ()}
    book = rule_book.rule_book(house(), request.actor)
    sides, together, relation = book_rows.sides_of_provisions(book, house().nation, detail.provisions)
    return {
        "provisions": [book_rows.provision_row(book, one) for one in detail.provisions],
        "sides": sides,
        "together": together,
        "relation": word_between(request, detail.proposal.provisions) or relation,
        "rules_version": book.version,
    }
