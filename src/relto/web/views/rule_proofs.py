"""Is a draft proven: four lines for lawyers, one story when it is not; solvers are named in the file only."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpResponse
from django.utils import translation

from relto.adapters.words import error_sentence
from relto.base.errors import NotAvailable, ReltoError, Unreachable
from relto.rules.bundle import Bundle, read_rules
from relto.services import rule_proofs
from relto.services.active_bundle import bundle_of_version
from relto.services.as_of import accepted_versions
from relto.services.rule_proofs import ProofView
from relto.web.draft_forms import DraftForm, chosen_version, download
from relto.web.pages import PageRequest, page, show
from relto.web.plain_values import plain
from relto.web.rule_proof import four_lines, piece_row, story
from relto.web.surroundings import house


@page(*rule_proofs.READERS, methods=("GET", "HEAD", "POST"))
def prove(request: PageRequest) -> HttpResponse:
    """Does this draft weaken anybody? Nothing of the draft is stored."""
    own, actor = house(), request.actor
    posted = request.method == "POST"
    form = DraftForm(request.POST, request.FILES) if posted else DraftForm()
    context: dict[str, Any] = {"form": form, "versions": accepted_versions(own, actor)}
    proof, draft = None, None
    if posted and form.is_valid():
        data = form.cleaned_data["draft"].read()
        try:
            proof, draft = rule_proofs.prove_draft(own, actor, data), read_rules(data)
        except Unreachable:
            raise
        except ReltoError as error:
            form.add_error("draft", error_sentence(error, translation.get_language() or "en"))
    elif not posted and (version := chosen_version(request)) is not None:
        context["version"] = version
        try:
            proof, draft = rule_proofs.proof_of(own, actor, version), bundle_of_version(own, version)
        except NotAvailable as error:
            if error.reason != "proof":
                raise
            context["unproven"] = True
    if proof is None or draft is None:
        return show(request, "rule_proof", context, status=422 if posted else 200)
    if "file" in (request.POST if posted else request.GET):
        text = json.dumps(plain(proof), ensure_ascii=False, indent=1, sort_keys=True)
        return download(text.encode("utf-8"), "application/json", f"proof-{proof.agreement}-{proof.version}.json")
    return show(request, "rule_proof", {**context, **_shown(proof, draft)})


def _shown(proof: ProofView, draft: Bundle) -> dict[str, Any]:
    told, others = story(proof)
    return {
        "proof": proof,
        "lines": four_lines(proof, draft),
        "story": told,
        "others": others,
        "consents": [piece_row(one) for one in proof.consents],
    }
