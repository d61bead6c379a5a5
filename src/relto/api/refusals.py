"""Why something was refused, as far as the caller may know: the asker her gate, her security officer the facts."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router

from relto.adapters.words import sentence
from relto.api.answers import Answer, Gate, plain
from relto.api.forms import Id
from relto.api.gates import ReaderKind, first_sentence, gate_answers
from relto.api.surroundings import caller, house, language_of
from relto.services import refusals

router = Router(tags=["records"])


class Refusal(Answer):
    """A refused decision. `view`: asker (`gates` stand against it) or officer (all gates, those that failed first).

    `partner_code` is the partner's one word when its node refused what the own rules permitted; `errors` are codes of
    what kept the rules from being evaluated.
    """

    reference: str
    view: ReaderKind
    action: str
    at: str
    actor: str
    item: str
    agreement: str
    bundle_version: int
    sentence: str
    gates: list[Gate]
    errors: list[str]
    partner_code: str
    entry: str


@router.get("/refusals/{reference}", response=Refusal)
def explain_refusal(request: HttpRequest, reference: Id) -> dict[str, Any]:
    """The gate, rule, text and version that stood against it, and who can supply what is missing."""
    view = plain(refusals.explain(house(), caller(request), reference))
    language = language_of(request)
    reader: ReaderKind = "officer" if view["full"] else "asker"
    gates = gate_answers(view["gates"], view["bundle_version"], language, reader)
    otherwise = "refusal.partner" if view["partner_code"] else "refusal.undecided"
    said = first_sentence(gates) or sentence(otherwise, language)
    return {**view, "view": reader, "gates": gates, "sentence": said}
