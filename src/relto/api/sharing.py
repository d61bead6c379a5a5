"""May this be shared: what is missing before a partner's facility could have an item. Asked, never decided here."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Query, Router

from relto.adapters.words import sentence
from relto.api.answers import Answer, Gate, plain
from relto.api.forms import Id
from relto.api.gates import gate_answers
from relto.api.surroundings import caller, house, language_of
from relto.services import sharing

router = Router(tags=["items"])
AskedFacility = Annotated[str, Query(min_length=1, max_length=64)]


class MayShare(Answer):
    """What a release to this facility would meet now. `readers`: how many the partner vouches for there.

    `gates`: those that do not hold, each with who can supply it; `case`: where it is asked for or released already, as
    far as I may see it. Nothing was recorded, and nothing is promised: a release officer decides.
    """

    item: str
    facility: str
    nation: str
    permitted: bool
    readers: int
    gates: list[Gate]
    bundle_version: int
    case: str


@router.get("/items/{item}/may-share", response=MayShare)
def may_share(request: HttpRequest, item: Id, facility: AskedFacility) -> dict[str, Any]:
    """What is missing before this facility of a partner could have the item, and who supplies it."""
    view = sharing.may_share(house(), caller(request), item, facility)
    language = language_of(request)
    gates = gate_answers(view.gates, view.bundle_version, language, "asker")
    for gate in gates:
        gate["sentence"] = sentence(f"share.{gate['remedy']}", language, facility=view.facility)
    return {**plain(view), "gates": gates}
