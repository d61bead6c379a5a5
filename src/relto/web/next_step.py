"""After a refusal: the one step that the company's security officer can take herself, or whom she asks if none is.

Nothing is done by looking: the button leads to a page that says what the step does, and asks for a reason there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from relto.adapters.words import sentence
from relto.procedures.actors import Actor, Role
from relto.procedures.item import REGISTERED
from relto.rules.facts import Action
from relto.rules.views import RELEASE_FIRST
from relto.services.house import House
from relto.services.item_view import ItemView
from relto.services.refusals import RefusalView
from relto.web.gates import causes_first
from relto.web.views.programmes import assigned
from relto.web.words import language, said

_STANDS: Final = ("fails", "undecided")
_OWN_SIDE: Final = (Action.OPEN, Action.ACCEPT)
PARTNERS_WORD: Final = frozenset(
    {
        "renew_facility_assurance",
        "renew_personal_assurance",
        "refresh_facility_status",
        "refresh_personal_status",
        "raise_facility_clearance",
        "raise_personal_clearance",
        "raise_safeguarding",
    }
)
"""Remedies that only the authority of the facility or person in question can supply: its word on them."""
_RELEASE: Final = frozenset({RELEASE_FIRST, "release_again", "extend_release", "list_with_reason"})


@dataclass(frozen=True, slots=True)
class Step:
    """A step that is hers: where it is taken, and what the button says. `gate`: what it mends, in words."""

    gate: str
    words: Any
    url: str


@dataclass(frozen=True, slots=True)
class Ask:
    """What is not hers: the gate in words, and who can supply it."""

    gate: str
    who: str


@dataclass(frozen=True, slots=True)
class NextStep:
    """Either her own first step, or whom to ask; neither when all was mended since.

    `more`: how many other things are missing beside the step.
    """

    step: Step | None
    asks: tuple[Ask, ...]
    more: int


@dataclass(frozen=True, slots=True)
class _Refused:
    own: House
    actor: Actor
    view: RefusalView
    item: ItemView | None


def next_step(own: House, actor: Actor, view: RefusalView, item: ItemView | None) -> NextStep | None:
    """For the security officer who reads all reasons; None for everybody else. `item`: when she may know of it."""
    if not view.full or not actor.holds(Role.SECURITY_OFFICER):
        return None
    if view.partner_code:
        return NextStep(None, (Ask(said("gate", "release"), sentence("refusal.partner", language())),), 0)
    sealed_with = view.action == Action.OPEN and item is not None and item.joint and item.held_as == "own"
    failed = [
        gate
        for gate in causes_first(view.gates, sealed_with=sealed_with)
        if gate["outcome"] in _STANDS and not gate.get("follows")
    ]
    refused = _Refused(own, actor, view, item)
    failed = [gate for gate in failed if not _mended(refused, gate)]
    steps = [step for step in (_step(refused, gate) for gate in failed) if step is not None]
    if steps:
        return NextStep(steps[0], (), len({gate["gate"] for gate in failed}) - 1)
    asks = dict.fromkeys(Ask(said("gate", str(gate["gate"])), _who(refused, gate)) for gate in failed)
    return NextStep(None, tuple(asks), 0)


def _mended(refused: _Refused, gate: Mapping[str, Any]) -> bool:
    """What this node knows to be mended since it was refused."""
    return gate["remedy"] == "assign_to_programme" and _assigned(refused, gate) is True


def _step(refused: _Refused, gate: Mapping[str, Any]) -> Step | None:
    taken = _STEPS.get(str(gate["remedy"]))
    found = taken(refused, gate) if taken is not None else None
    return None if found is None else Step(said("gate", str(gate["gate"])), *found)


def _assign(refused: _Refused, gate: Mapping[str, Any]) -> tuple[Any, str] | None:
    if _assigned(refused, gate) is not False:
        return None
    return _("See what an assignment begins"), reverse("member", args=[_programme(refused, gate), refused.view.actor])


def _assigned(refused: _Refused, gate: Mapping[str, Any]) -> bool | None:
    if refused.view.action != Action.OPEN:
        return None
    return assigned(refused.own, refused.actor, _programme(refused, gate), refused.view.actor)


def _programme(refused: _Refused, gate: Mapping[str, Any]) -> str:
    return str(gate["facts"].get("programme") or (refused.item.programme if refused.item is not None else ""))


def _ask_release(refused: _Refused, gate: Mapping[str, Any]) -> tuple[Any, str] | None:
    del gate
    item = refused.item
    if refused.view.action != Action.OPEN or item is None or item.held_as != "own" or item.state != REGISTERED:
        return None
    return _("Ask for its release"), reverse("ask_release", args=[item.id])


def _list(refused: _Refused, gate: Mapping[str, Any]) -> tuple[Any, str] | None:
    """The reasoned assignment lists her for an own document of one owner; a joint one is released to named readers."""
    joint = refused.item is not None and refused.item.joint
    own = refused.item is not None and refused.item.held_as == "own"
    if joint:
        return _ask_release(refused, gate)
    return _assign(refused, gate) if own else None


def _record_export(refused: _Refused, gate: Mapping[str, Any]) -> tuple[Any, str] | None:
    del refused, gate
    return _("Record the export authorisation"), reverse("record_authorisation")


_STEPS: Final[Mapping[str, Callable[[_Refused, Mapping[str, Any]], tuple[Any, str] | None]]] = {
    "assign_to_programme": _assign,
    "list_with_reason": _list,
    RELEASE_FIRST: _ask_release,
    "release_again": _ask_release,
    "extend_release": _ask_release,
    "grant_export_authorisation": _record_export,
}


def _who(refused: _Refused, gate: Mapping[str, Any]) -> str:
    """Whom she asks, more closely than the gate says it where this node knows."""
    remedy = str(gate["remedy"])
    if gate["outcome"] == "undecided":
        return gettext("the node's operator: the rules gave no answer")
    if remedy in PARTNERS_WORD:
        if refused.view.action in _OWN_SIDE:
            return gettext("the registrar of your own authority, who gives, confirms and renews assurances")
        return gettext("the partner's authority; your release officer can ask it")
    received = refused.item is None or refused.item.held_as == "received"
    if remedy in _RELEASE and refused.view.action == Action.OPEN and received:
        return gettext(
            "the originator's authority, which names the readers of a release; your release officer can ask it"
        )
    if remedy == "grant_disclosure_authorisation":
        return gettext("the registrar of your own authority, who records disclosure authorisations")
    return said("who", str(gate["who"]))
