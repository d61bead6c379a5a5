"""What a draft would change on this node: counts always, people, items and cases only for who may list them."""

from __future__ import annotations

import operator
from typing import Any

from django.http import HttpResponse
from django.utils import translation

from relto.adapters.words import error_sentence
from relto.base.errors import ReltoError, Unreachable
from relto.services.active_bundle import active
from relto.services.rule_impact import MOST_LISTED, RuleImpact, weigh_draft
from relto.store.queries.weighing import WEIGHERS
from relto.web.draft_forms import DraftForm, download
from relto.web.pages import PageRequest, page, show
from relto.web.rule_impact import as_csv, bars_of, level_table
from relto.web.surroundings import house


@page(*WEIGHERS, methods=("GET", "HEAD", "POST"))
def impact(request: PageRequest) -> HttpResponse:
    """What would this draft change here? Nothing of the draft is stored."""
    own = house()
    posted = request.method == "POST"
    form = DraftForm(request.POST, request.FILES) if posted else DraftForm()
    context: dict[str, Any] = {"form": form}
    found = None
    if posted and form.is_valid():
        try:
            found = weigh_draft(own, request.actor, form.cleaned_data["draft"].read())
        except Unreachable:
            raise
        except ReltoError as error:
            form.add_error("draft", error_sentence(error, translation.get_language() or "en"))
    if found is None:
        return show(request, "rule_impact", context, status=422 if posted else 200)
    nations_of = {policy.oid: str(policy.nation) for policy in active(own).policies}
    if "file" in request.POST:
        name = f"impact-{found.version_in_force}-{found.version_proposed}.csv"
        return download(as_csv(found, nations_of), "text/csv; charset=utf-8", name)
    return show(request, "rule_impact", {**context, **shown_impact(found, nations_of)})


def shown_impact(found: RuleImpact, nations_of: dict[str, str]) -> dict[str, Any]:
    """An impact as its page shows it."""
    changed = sorted(found.by_programme, key=operator.itemgetter("programme"))
    return {
        "impact": found,
        "levels": level_table(found.by_level, nations_of),
        "programmes": [row for row in changed if row["gained"] or row["lost"]],
        "bars": bars_of(found.by_programme),
        "lists": found.people_rows is not None,
        "nothing": not (found.pairs_gained or found.pairs_lost or _cases_changed(found)),
        "cases_changed": _cases_changed(found),
        "most": MOST_LISTED,
    }


def _cases_changed(found: RuleImpact) -> int:
    return found.cases.stopped + found.cases.freed + found.cases.other_reasons
