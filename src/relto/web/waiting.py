"""What waits, as people read it: what it is, by when on both calendars, why me; and on whom else, for how long.

A day is told in plain words with the working days of both nations, never as a bare number, and the time that was used
as "day 9 of 10" where a rule says how many there are (the pages' brief, sections 1 and 5).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from relto.base import calendars
from relto.base.errors import ReltoError
from relto.base.instants import Instant
from relto.base.nations import Nation
from relto.procedures.actors import Actor
from relto.rules.provisions import Provision
from relto.services import active_bundle
from relto.services.dossiers.views import Due
from relto.services.house import House
from relto.services.looks import Change, News, look, news
from relto.services.waiting import waiting
from relto.services.waiting_view import HERE, NODE, PARTNER, Waiting
from relto.web.dossier_rows import DueRow, due_row
from relto.web.frame import country
from relto.web.words import language, said

SHOWN: Final = 15
_STATES: Final[Mapping[str, str]] = {
    "alignment": "waiting.state.alignment",
    "arrival": "state.arrival",
    "assurances": "state.assurance",
    "case": "state.case",
    "courier": "waiting.state.courier",
    "disposition": "state.arrival",
    "inventory": "waiting.state.inventory",
    "reconciliation": "waiting.state.reconciliation",
    "role_change": "role",
    "standing": "waiting.state.standing",
    "third_party": "state.third_party",
    "witness": "state.copy",
}
_WHY: Final[Mapping[str, Any]] = {
    "decide": _("A company asks; a release officer decides, and no other role can."),
    "accept": _("It arrived from the partner; a release officer accepts it before anybody opens it."),
    "dispose": _("The partner withdrew it; the company that held it says what became of it."),
    "forward": _("A company asks to pass it on; a release officer forwards or declines."),
    "consent": _("Your nation originated it; only its release officer can consent."),
    "retransfer": _("The originator consented; your company decides at the moment of passing on."),
    "witness": _("You were named as the second person."),
    "count": _("Your company opened this count and has not signed it."),
    "confirm": _("A decision may rest on a status only for so long; a registrar confirms it."),
    "compare": _("The two registers do not say the same."),
    "chase": _("It went by courier and no receipt came back."),
    "restore": _("Until then nothing is signed, entered or released here."),
    "answer": _("The partner has spoken, and your nation has not."),
    "confirm_role": _("Another person asked; a role of the authority takes two."),
    "group": _("It is your nation's turn, and a co-chair speaks for it."),
}


@dataclass(frozen=True, slots=True)
class Row:
    """Something that waits, in words.

    `kind`: what it is; `name`: what the link says; `action`: the step on the button; `why`: why it is the reader's;
    `state`: where it stands; `who`: on whom it waits; `used`: "day 9 of 10"; `late`: it is past its day.
    """

    one: Waiting
    url: str
    kind: str
    name: str
    action: str
    why: str
    state: str
    who: str
    used: str
    due: DueRow | None
    is_new: bool
    late: bool


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """What others did, in words."""

    one: Change
    url: str
    kind: str
    state: str


def today(own: House, actor: Actor) -> dict[str, Any]:
    """The context of a first page: what waits for her, what waits for others, what changed since she looked."""
    view = waiting(own, actor)
    found = news(own, actor, view.mine, look(own, actor))
    mine = rows(own, view.mine[:SHOWN], found)
    others = rows(own, view.others[:SHOWN], found)
    left_out = view.more + max(0, len(view.mine) - SHOWN) + max(0, len(view.others) - SHOWN)
    return {
        "waits": mine,
        "waits_count": len(view.mine),
        "sent": others,
        "sent_count": len(view.others),
        "left_out": left_out,
        "changes": [_change(one) for one in found.changes],
        "changes_more": found.more,
        "looked": found.since,
        "new_count": len(found.new),
    }


def rows(own: House, waits: Iterable[Waiting], found: News) -> list[Row]:
    """Rows of what waits, ready to be shown."""
    now = own.now()
    bundle = active_bundle.active_or_none(own, now)
    provisions = bundle.provisions if bundle is not None else {}
    return [_row(own, one, provisions, now, found) for one in waits]


def _row(own: House, one: Waiting, provisions: Mapping[str, Provision], now: Instant, found: News) -> Row:
    due = _due(own, one, provisions, now)
    return Row(
        one=one,
        url=_url(one),
        kind=_kind(one),
        name=one.texts.get(language()) or one.title or _named(one),
        action=_action(one),
        why=_why(one),
        state=_state(one),
        who=who(own, one),
        used=_used(one, now),
        due=due,
        is_new=one.id in found.new,
        late=due is not None and due.overdue,
    )


def _kind(one: Waiting) -> str:
    if one.kind == "dossier":
        return said("procedure", one.what)
    of_group = one.kind in {"working_group", "alignment"}
    return said("alignment.kind", one.what) if of_group else said("waiting.kind", one.kind)


def _action(one: Waiting) -> str:
    if not one.step:
        return ""
    if one.kind == "working_group":
        return said("alignment.task", one.step)
    return said("step", f"{one.what}.{one.step}") if one.kind == "dossier" else said("waiting.step", one.step)


def _why(one: Waiting) -> str:
    if not one.mine:
        return ""
    if one.kind == "dossier":
        roles = ", ".join(said("role", role) for role in one.roles)
        return gettext("Its next step is one of your role: %(roles)s.") % {"roles": roles} if roles else ""
    return str(_WHY.get("group" if one.kind == "working_group" else one.step, ""))


def _named(one: Waiting) -> str:
    if one.kind == "assurances":
        return gettext("%(count)d given to the partner") % {"count": one.count}
    if one.kind == "role_change":
        return said("role", one.what)
    if one.kind == "standing":
        return gettext("May this node sign and release now?")
    return one.number


def _state(one: Waiting) -> str:
    if one.kind == "dossier":
        return said("state", f"{one.what}.{one.state}")
    if one.kind == "role_change":
        return said("role", one.what)
    if one.kind == "working_group":
        return said("waiting.kind", one.kind)
    return said(_STATES[one.kind], one.state)


def who(own: House, one: Waiting) -> str:
    """On whom it waits, by name of the office, never "the system"."""
    if one.turn == NODE:
        return gettext("the node, which goes on by itself")
    if one.turn == PARTNER:
        return gettext("the authority of %(country)s") % {"country": country(one.nation)}
    if one.turn == HERE:
        roles = ", ".join(said("role", role) for role in one.roles)
        return roles or gettext("somebody else in %(country)s") % {"country": country(str(own.nation))}
    return gettext("you")


def _due(own: House, one: Waiting, provisions: Mapping[str, Provision], now: Instant) -> DueRow | None:
    if one.due is None:
        return None
    words = said("clock", f"{one.what}.{one.due.clock}") if one.kind == "dossier" else _clock(one.due)
    return due_row(one.due, words, provisions, now, Nation(str(own.nation)))


def _clock(due: Due) -> str:
    return said("waiting.clock", due.clock)


def _used(one: Waiting, now: Instant) -> str:
    """Working days since it waits there, on the calendar of that nation: day 9 of 10, or day 9 where no rule counts."""
    nation = Nation(one.nation) if one.nation else None
    if nation is None or nation not in calendars.CALENDARS:
        return ""
    try:
        day = calendars.working_days_between(one.since, now, nation)
        if one.due is None or one.due.at is None or one.due.nation != one.nation:
            return gettext("day %(day)d") % {"day": day}
        whole = calendars.working_days_between(one.since, one.due.at + timedelta(microseconds=1), nation)
    except (ReltoError, ValueError):
        return ""
    return gettext("day %(day)d of %(whole)d") % {"day": day, "whole": max(whole, 1)}


def _change(one: Change) -> ChangeRow:
    is_dossier = one.kind == "dossier"
    kind = said("procedure", one.what) if is_dossier else said("waiting.kind", one.kind)
    state = said("state", f"{one.what}.{one.state}") if is_dossier else said(f"state.{one.kind}", one.state)
    return ChangeRow(one, reverse(one.kind, args=[one.id]), kind, state)


def _url(one: Waiting) -> str:
    return _PLACES[one.kind](one)


def _named_page(name: str) -> Callable[[Waiting], str]:
    return lambda one: reverse(name, args=[one.id])


def _page(name: str) -> Callable[[Waiting], str]:
    return lambda _one: reverse(name)


def _dossier(one: Waiting) -> str:
    return reverse("dossier_step", args=[one.id, one.step]) if one.step else reverse("dossier", args=[one.id])


_PLACES: Final[Mapping[str, Callable[[Waiting], str]]] = {
    "alignment": _named_page("alignment_entry"),
    "arrival": _named_page("arrival"),
    "assurances": _page("assurances"),
    "case": _named_page("case"),
    "courier": _page("courier"),
    "disposition": _named_page("arrival"),
    "dossier": _dossier,
    "inventory": _named_page("inventory"),
    "reconciliation": _named_page("reconcile_programme"),
    "role_change": _page("role_changes"),
    "standing": _page("node"),
    "third_party": _named_page("third_party_request"),
    "witness": lambda one: reverse("register_step", args=[one.id, "witness"]),
    "working_group": _named_page("alignment_entry"),
}
