"""What a decision form and its verb have in common: the verb's objection is shown at the form, a refusal is a page."""

from __future__ import annotations

from typing import Protocol

from django.utils import translation

from relto.adapters.words import error_sentence
from relto.base.errors import MalformedInput
from relto.web.forms import DecisionForm


class Decide(Protocol):
    """A verb that decides and gives the ledger entry. Raises ReltoError."""

    def __call__(self, *, outcome: str, reason: str, accepts: frozenset[str]) -> str:
        """Decide."""


def decided(form: DecisionForm, decide: Decide) -> str | None:
    """The entry of the decision, or None when the form has to be shown again with what was wrong."""
    if not form.is_valid():
        return None
    data = form.cleaned_data
    permits = data["outcome"] != "refuse"
    try:
        return decide(
            outcome=data["outcome"],
            reason=data["reason"],
            accepts=frozenset(data.get("accepts", [])) if permits else frozenset(),
        )
    except MalformedInput as error:
        form.take_error(error, error_sentence(error, translation.get_language() or "en"))
        return None
