"""The frame of every page: node, role and its navigation, both nations' clocks, and the rules in force."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils import translation
from django.utils.functional import lazy, lazystr
from django.utils.translation import gettext_lazy as _

from relto.adapters.words import sentence
from relto.base import calendars
from relto.base.errors import NotAuthenticated, ReltoError
from relto.base.instants import Instant
from relto.base.nations import Nation
from relto.procedures.actors import Actor, Role
from relto.services import active_bundle
from relto.services.emergency_roles import standing_now
from relto.services.house import House
from relto.services.quarantine import StandingView, standing_view
from relto.web.holiday_words import holiday_words
from relto.web.language import in_language
from relto.web.page_words import page_words
from relto.web.session_limits import idle_limit
from relto.web.signed_in import actor_of
from relto.web.surroundings import client_certificates, house, identity_provider
from relto.web.words import said

_CITIES = {"USA": _("Washington"), "IND": _("New Delhi")}
_COUNTRIES = {"USA": _("United States"), "IND": _("India")}
_COURIER = lazy(lambda: said("courier_page", "navigation"), str)()
_RECONCILE = lazy(lambda: said("reconcile_page", "navigation"), str)()
_PROPOSALS = lazy(lambda: said("proposal_page", "crumb"), str)()
_MEETINGS = lazy(lambda: said("workbench_page", "meetings"), str)()
_WORKING_GROUP = lazy(lambda: said("workbench_page", "navigation"), str)()
_DOSSIERS = ("dossiers", _("Dossiers"))
_TODAY = ("today", _("Today"))
_NAVIGATION: dict[Role, tuple[tuple[str, Any], ...]] = {
    Role.RELEASE_OFFICER: (
        ("desk", _("Next decision")),
        ("queue", _("Queue")),
        _DOSSIERS,
        ("third_party", _("Third parties")),
        ("register", _("Register")),
        ("ledger", _("Ledger")),
    ),
    Role.SECURITY_OFFICER: (
        ("company", _("Today")),
        ("documents", _("Documents")),
        ("seal", _("Seal")),
        _DOSSIERS,
        ("company_register", _("Register")),
        ("ledger", _("Ledger")),
    ),
    Role.ENGINEER: (
        ("documents", _("My documents")),
        ("seal", _("Seal")),
        ("requests", _("My requests")),
        ("ask", _("May I share this?")),
        _DOSSIERS,
        ("ledger", _("Ledger")),
    ),
    Role.REGISTRAR: (
        _TODAY,
        ("assurances", _("Assurances")),
        ("people", _("Facilities and people")),
        _DOSSIERS,
        ("register", _("Register")),
        ("ledger", _("Ledger")),
    ),
    Role.INSPECTOR: (
        _TODAY,
        ("register", _("Register")),
        _DOSSIERS,
        ("decisions", _("Decisions")),
        ("reconcile", _RECONCILE),
        ("ledger", _("Ledger")),
    ),
    Role.CO_CHAIR: (
        _TODAY,
        ("alignment", _WORKING_GROUP),
        ("proposals", _PROPOSALS),
        ("meetings", _MEETINGS),
        ("rules", _("Rules")),
        _DOSSIERS,
    ),
    Role.GOVERNMENT_REPRESENTATIVE: (_TODAY, _DOSSIERS, ("register", _("Register")), ("ledger", _("Ledger"))),
    Role.OPERATOR: (_TODAY, ("node", _("Node")), ("courier", _COURIER), ("ledger", _("Ledger"))),
}
_MOST_PLACES = 6
_PLACES = {
    "document": "documents",
    "register_item": "company_register",
    "register_new": "company_register",
    "register_copy": "company_register",
    "register_step": "company_register",
    "inventories": "company_register",
    "inventory": "company_register",
    "custody": "company_register",
    "custody_copy": "company_register",
    "ask_release": "company",
    "refusal": "company",
    "case": "queue",
    "arrival": "queue",
    "ledger_export": "ledger",
    "reconcile_programme": "reconcile",
    "renew": "assurances",
    "revoke": "assurances",
    "affected": "assurances",
    "withdraw": "queue",
    "withdraw_joint": "queue",
    "dossier": "dossiers",
    "dossier_new": "dossiers",
    "dossier_begin": "dossiers",
    "dossier_write": "dossiers",
    "dossier_step": "dossiers",
    "dossier_statistics": "dossiers",
    "third_party_request": "third_party",
    "ask_third_party": "third_party",
    "withdraw_consent": "third_party",
    "withdraw_authorisation": "authorisations",
    "record_authorisation": "authorisations",
    "authorisation": "authorisations",
    "subject": "people",
    "bindings": "people",
    "role_changes": "people",
    "emergency": "node",
    "member": "programmes",
    "rule_entry": "rules",
    "rule_proof": "rules",
    "rule_history": "rules",
    "rule_changes": "rules",
    "rule_impact": "rules",
    "coverage": "rules",
    "alignment_record": "alignment",
    "meeting_new": "meetings",
    "meeting": "meetings",
    "meeting_plan": "meetings",
    "meeting_agenda": "meetings",
    "meeting_minutes": "meetings",
    "meeting_cancel": "meetings",
    "actions": "meetings",
    "action_new": "meetings",
    "action_entry": "meetings",
    "action": "meetings",
    "proposal_new": "proposals",
    "proposal_version": "proposals",
    "proposal_prove": "proposals",
    "proposal_impact": "proposals",
    "proposal_rehearsed": "proposals",
    "proposal_resolve": "proposals",
    "roadmap": "alignment",
    "rehearsals": "alignment",
    "alignment_say": "alignment",
    "alignment_exchange": "alignment",
    "measures": "alignment",
    "law_list": "alignment",
    "law_new": "alignment",
    "law_change": "alignment",
    "template_list": "alignment",
    "template_check": "alignment",
    "template": "alignment",
    "template_compare": "alignment",
    "template_generate": "alignment",
    "alignment_entry": "alignment",
    "decision": "decisions",
    "as_of": "decisions",
}


@dataclass(frozen=True, slots=True)
class NationState:
    """A nation's clock and working day, now. `closed` is "" on a working day, else why; `tomorrow` says the same."""

    code: str
    country: Any
    city: Any
    local: datetime
    offset: str
    closed: str
    tomorrow: str


@dataclass(frozen=True, slots=True)
class RuleCount:
    """The rule set in force, and how much of it is unconfirmed. `overlay`: the nation's own on it, None without one."""

    agreement: str
    version: int
    effective_from: Instant
    rules: int
    unconfirmed: int
    overlay: int | None


def frame(request: HttpRequest) -> dict[str, Any]:
    """Django's context processor."""
    own = house()
    language = translation.get_language() or "en"
    actor = _actor(request)
    path = request.get_full_path()
    return {
        "node": own.nation,
        "training": own.kind == "training",
        "actor": actor,
        "role_words": [said("role", role) for role in Role if actor and actor.holds(role)],
        "navigation": navigation(actor),
        "nations": lazy_nations(own),
        "rule_count": lambda: rule_count(own),
        "languages": [(code, name, in_language(path, code)) for code, name in settings.LANGUAGES],
        "language": language,
        "here": _here(request),
        "page_words": page_words(_page(request), language) if actor is not None else [],
        "standing": lambda: standing(own),
        "provider_known": identity_provider() is not None,
        "certificates_known": client_certificates() is not None,
        "standing_emergencies": lambda: standing_now(own),
        "signed_out_at": signed_out_at(own) if actor is not None else "",
        "marking_level": "u",
        "marking_text": "UNCLASSIFIED",
    }


def bare_frame(language: str) -> dict[str, Any]:
    """The frame of a page that asks the store for nothing."""
    own = house()
    return {
        "node": own.nation,
        "training": own.kind == "training",
        "actor": None,
        "bare": True,
        "languages": [(code, name, f"/{code}/") for code, name in settings.LANGUAGES],
        "language": language,
        "marking_level": "u",
        "marking_text": "UNCLASSIFIED",
    }


def navigation(actor: Actor | None) -> list[tuple[str, Any]]:
    """Where this actor's roles lead, at most six places, in the order of her first role."""
    if actor is None:
        return []
    places: dict[str, Any] = {}
    for role, entries in _NAVIGATION.items():
        if actor.holds(role):
            for name, words in entries:
                places.setdefault(name, words)
    return list(places.items())[:_MOST_PLACES]


def lazy_nations(own: House) -> Any:
    """A function that gives both nations, own one first, when the page is drawn."""

    def both() -> list[NationState]:
        now = own.now()
        codes = sorted(calendars.CALENDARS, key=lambda nation: (nation != own.nation, nation))
        return [nation_state(nation, now) for nation in codes]

    return both


def nation_state(nation: Nation, now: Instant) -> NationState:
    """A nation's day at an instant."""
    today = calendars.local_date(now, nation)
    local = now.astimezone(calendars.zone_of(nation))
    return NationState(
        code=nation,
        country=country(nation),
        city=_CITIES.get(nation, lazystr(nation)),
        # Without its zone, because Django's template filters would turn it into UTC.
        local=local.replace(tzinfo=None),
        offset=_offset(local),
        closed=_closed(nation, today),
        tomorrow=_closed(nation, today + timedelta(days=1)),
    )


def country(nation: str) -> Any:
    """A nation's name in the reader's language, or its code."""
    return _COUNTRIES.get(nation, nation)


def city(nation: str) -> Any:
    """The city whose clock a nation's offices follow, or its code."""
    return _CITIES.get(nation, nation)


def signed_out_at(own: House) -> str:
    """When this session ends unless it is used, in words, by the clock of the own authority."""
    end = own.now() + idle_limit()
    local = end.astimezone(calendars.zone_of(own.nation))
    return sentence("idle.at", translation.get_language() or "en", time=f"{local:%H:%M}", city=str(city(own.nation)))


def rule_count(own: House) -> RuleCount | None:
    """The rules in force; None before any agreement."""
    try:
        bundle = active_bundle.active(own)
    except ReltoError:
        return None
    return RuleCount(
        bundle.agreement,
        bundle.version,
        bundle.effective_from,
        len(bundle.gates.gates),
        len(bundle.unconfirmed_rules()),
        bundle.overlay.version if bundle.overlay else None,
    )


def standing(own: House) -> StandingView | None:
    """How the node stands, when it is not ready: then every page says so."""
    view = standing_view(own)
    return None if view.state == "ready" else view


def _offset(local: datetime) -> str:
    """Such as UTC+05:30."""
    text = f"{local:%z}"
    return f"UTC{text[:3]}:{text[3:]}"


def _page(request: HttpRequest) -> str:
    """The name of the page, "" where none was found."""
    match = request.resolver_match
    return (match.url_name if match is not None else None) or ""


def _here(request: HttpRequest) -> str:
    """The place of the navigation under which a page stands."""
    name = _page(request)
    return _PLACES.get(name, name)


def _actor(request: HttpRequest) -> Actor | None:
    try:
        return getattr(request, "actor", None) or actor_of(request)
    except NotAuthenticated:
        return None


def _closed(nation: Nation, day: Any) -> str:
    """Why a day is none on which work is done; empty for a working day. Holidays by their own names."""
    try:
        if holidays := calendars.holiday_codes(day, nation):
            return ", ".join(holiday_words(code) for code in holidays)
        return "" if calendars.is_working_day(day, nation) else str(_("weekly day off"))
    except ReltoError:
        return str(_("calendar not known"))
