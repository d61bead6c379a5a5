"""Words for codes on the pages: from the catalogues of `relto.adapters.words`, and for facts under a gate from here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.utils import translation
from django.utils.translation import gettext_lazy as _

from relto.adapters.words import sentence

KINDS: Final[Mapping[str, Any]] = {"facility": _("facility"), "person": _("person")}

ACTIONS: Final[Mapping[str, Any]] = {
    "release": _("Release of"),
    "accept": _("Acceptance of"),
    "open": _("Opening of"),
    "supply_share": _("The partner's opening of"),
    "retransfer": _("Passing on of"),
}

MODES: Final[Mapping[str, Any]] = {"live": _("Live"), "transferred": _("Transferred")}

DISPOSITIONS: Final[Mapping[str, Any]] = {
    "asked": _("Its destruction or return is asked for"),
    "destroyed": _("Destroyed"),
    "returned": _("Returned"),
}

OWNERS: Final[Mapping[str, Any]] = {
    "agreed": _("Agreed"),
    "waits": _("Has not agreed yet"),
    "against": _("Did not agree"),
    "withdrew": _("Withdrew"),
}

FACTS: Final[Mapping[str, Any]] = {
    "nation": _("nation"),
    "agreement.parties": _("parties"),
    "agreement.from": _("in force from"),
    "agreement.until": _("in force until"),
    "item.level": _("level of the item"),
    "item.registered": _("registered"),
    "required.level": _("level needed"),
    "programme": _("programme"),
    "caveats": _("caveats not held"),
    "channel": _("channel"),
    "facility": _("facility"),
    "facility.level": _("level of the facility"),
    "facility.safeguarding": _("storage up to"),
    "facility.valid_until": _("assured until"),
    "facility.status_at": _("status of"),
    "facility.suspended": _("suspended"),
    "person": _("person"),
    "person.level": _("level of the person"),
    "person.valid_until": _("assured until"),
    "person.status_at": _("status of"),
    "person.suspended": _("suspended"),
    "limit.status_max_age_hours": _("oldest status allowed, in hours"),
    "disclosure.reference": _("authorisation"),
    "disclosure.until": _("until"),
    "export.reference": _("authorisation"),
    "export.until": _("until"),
    "consent.reference": _("consent"),
    "consent.until": _("until"),
    "listing.reason": _("reason recorded in"),
    "listing.until": _("until"),
    "release": _("release"),
    "release.state": _("state"),
    "release.from": _("from"),
    "release.until": _("until"),
}

_HERE: Final[Mapping[str, Mapping[str, Any]]] = {
    "action": ACTIONS,
    "kind": KINDS,
    "fact": FACTS,
    "mode": MODES,
    "disposition": DISPOSITIONS,
    "owner_word": OWNERS,
}
_ELSEWHERE: Final = {"outcome.needs": "words.needs_you", "outcome.none": "outcome.does_not_apply"}


def language() -> str:
    """The reader's language."""
    return translation.get_language() or "en"


def said(table: str, code: str) -> str:
    """In words: a code of a table, for example `channel` of `gate`, or `asked` of `state.case`."""
    if table in _HERE:
        return str(_HERE[table].get(code, code))
    whole = f"{table}.{code}"
    found = sentence(_ELSEWHERE.get(whole, whole), language())
    return code if found == whole else found
