"""What forms and their verbs have in common: the verb's objection is shown at the form, a refusal is a page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar

from django.http import HttpRequest
from django.utils import translation

from relto.adapters.words import error_sentence
from relto.base.errors import Refused, ReltoError, Unreachable
from relto.web.forms import DecisionForm, ReltoForm
from relto.web.gates import Verdict

Done = TypeVar("Done")


class Decide(Protocol):
    """A verb that decides and gives the ledger entry. Raises ReltoError."""

    def __call__(self, *, outcome: str, reason: str, accepts: frozenset[str]) -> str:
        """Decide."""


def attempted(form: ReltoForm, verb: Callable[[Mapping[str, Any]], Done]) -> Done | None:
    """What the verb made of the form; None when the form has to be shown again with what was wrong.

    Raises Refused and Unreachable, which are no fault of what was written.
    """
    if not form.is_valid():
        return None
    try:
        return verb(form.cleaned_data)
    except (Refused, Unreachable):
        raise
    except ReltoError as error:
        form.take_error(error, error_sentence(error, translation.get_language() or "en"))
        return None


def decision_form(
    request: HttpRequest, *verdicts: Verdict, permit: str, permit_words: Any, refusable: bool = True
) -> DecisionForm:
    """The form of a decision about these gates, empty or as it was sent."""
    named = {gate: name for verdict in verdicts for gate, name in verdict.gaps}
    data = request.POST if request.method == "POST" else None
    return DecisionForm(data, permit=permit, permit_words=permit_words, gaps=tuple(named.items()), refusable=refusable)


def decided(form: DecisionForm, decide: Decide) -> str | None:
    """The entry of the decision, or None when the form has to be shown again with what was wrong."""

    def verb(data: Mapping[str, Any]) -> str:
        permits = data["outcome"] != "refuse"
        accepts = frozenset(data.get("accepts", [])) if permits else frozenset()
        return decide(outcome=data["outcome"], reason=data["reason"], accepts=accepts)

    return attempted(form, verb)


def status_of(form: ReltoForm | None) -> int:
    """The HTTP status of a page that shows this form: 422 when it was sent and did not go through."""
    return 422 if form is not None and form.is_bound else 200
