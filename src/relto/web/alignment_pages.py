"""What the pages of the shared record share: the forms of a co-chair, what was sent, and what stands at a field."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from relto.adapters.words import error_sentence, sentence
from relto.alignment.shared_record import DIVERGENCE, RELATION
from relto.base.errors import ReltoError, Unreachable
from relto.procedures.actors import Role
from relto.services import bundles
from relto.services.alignment import reading
from relto.web.alignment_forms import DivergenceForm, RelationForm
from relto.web.forms import ReltoForm
from relto.web.pages import PageRequest
from relto.web.surroundings import house
from relto.web.words import language


def speaks(request: PageRequest) -> bool:
    """Whether she speaks for the nation."""
    return request.actor.holds(Role.CO_CHAIR)


def word(kind: str, code: str, nation: str = "") -> str:
    """A code of the shared record in words, such as `relation` and `stricter`, of a nation where it is about one."""
    return sentence(f"alignment.{kind}.{code}", language(), nation=nation)


def posted(request: PageRequest, what: str) -> Any:
    """What was sent with the form of this name; None when another one was."""
    return request.POST if request.method == "POST" and request.POST.get("what") == what else None


def chosen_forms(
    request: PageRequest, found: reading.EntryDetail | None = None
) -> tuple[DivergenceForm | None, RelationForm | None]:
    """The forms of a co-chair; of an entry only that of its kind, with what the own nation said last."""
    if not speaks(request):
        return None, None
    parties = parties_own_first(request)
    kind = found.view.kind if found is not None else ""
    before = _before(found, parties[0]) if found is not None else _asked_about(request)
    divergence = (
        None if kind == RELATION else DivergenceForm(posted(request, "divergence"), initial=before, parties=parties)
    )
    relation = (
        None
        if kind == DIVERGENCE
        else RelationForm(posted(request, "relation"), initial=before, own=parties[0], partners=parties[1:])
    )
    return divergence, relation


def parties_own_first(request: PageRequest) -> list[str]:
    """The nations of the agreement in force, the own one first."""
    own = str(house().nation)
    view = bundles.active_bundle_view(house(), request.actor)
    return [own, *(str(one) for one in view.parties if one != own)]


def tried(form: ReltoForm, step: Callable[[dict[str, Any]], str]) -> str:
    """What the step returns; "" when something in the form does not fit, which then stands at its field."""
    if not form.is_valid():
        return ""
    try:
        return step(getattr(form, "said", form.cleaned_data))
    except Unreachable:
        raise
    except ReltoError as error:
        form.take_error(error, error_sentence(error, language()))
        return ""


_LONGEST_ASKED = 2000


def _asked_about(request: PageRequest) -> dict[str, Any]:
    """The provisions that the link named; no answer is chosen for anybody."""
    named = " ".join(request.GET.get("provisions", "")[:_LONGEST_ASKED].replace(",", " ").split())
    return {"provisions": named, "pair": named}


def _before(found: reading.EntryDetail, own: str) -> dict[str, Any]:
    """What stands in the form of an entry: its provisions, and the own last words; no answer is chosen for anybody."""
    line = [one.body for one in found.words if one.nation == own]
    newest = line[-1] if line else next(one.body for one in found.words)
    return {
        "provisions": " ".join(found.view.provisions),
        "pair": " ".join(found.view.provisions),
        "question": newest.get("question", ""),
        "options": "; ".join(newest.get("options", ())),
    }
