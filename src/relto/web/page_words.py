"""The field's words on a page: which of them the page uses first, and where the glossary explains each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from relto.adapters.glossary import terms

_RELEASE: Final = ("release", "gate", "need_to_know", "disclosure_authorisation", "export_authorisation", "originator")
_REGISTER: Final = ("register", "copy", "control_number", "custody", "inventory")
_PAGES: Final[Mapping[str, tuple[str, ...]]] = {
    "affected": ("assurance", "release"),
    "alignment": ("isa", "gsomia"),
    "arrival": ("release", "receipt", "control_number", "gate", "originator"),
    "ask": ("gate", "assurance", "disclosure_authorisation", "export_authorisation", "need_to_know"),
    "ask_release": (*_RELEASE, "live_transferred"),
    "assurances": ("assurance", "safeguarding", "dsa"),
    "authorisations": ("disclosure_authorisation", "export_authorisation"),
    "case": _RELEASE,
    "company": ("fso", "ccso", "release", "register"),
    "company_register": _REGISTER,
    "custody": ("custody", "copy", "receipt", "dgr"),
    "custody_copy": ("custody", "copy", "receipt", "dgr"),
    "desk": ("release", "gate", "third_party", "originator"),
    "documents": ("need_to_know", "label", "joint_item"),
    "dossiers": ("rfv", "transportation_plan", "courier_certificate", "dd254", "psi", "incident"),
    "inventories": _REGISTER,
    "node": ("quarantine", "witness"),
    "people": ("fcl", "fsc", "pcl", "safeguarding"),
    "reconcile": ("register", "witness"),
    "refusal": ("gate", "assurance", "need_to_know"),
    "register": _REGISTER,
    "rules": ("bundle", "gate", "isa", "smldi"),
    "seal": ("label", "banner", "joint_item", "foreground"),
    "third_party": ("third_party", "consent", "originator"),
    "third_party_request": ("third_party", "consent", "originator"),
    "withdraw": ("withdrawal", "disposition"),
}


@dataclass(frozen=True, slots=True)
class PageWord:
    """A word with its place in the glossary."""

    code: str
    term: str


def page_words(page: str, language: str) -> list[PageWord]:
    """The words of a page, in its order; none for a page that uses none of the field's."""
    known = {one.code: one for one in terms()}
    found = [known[code] for code in _PAGES.get(page, ())]
    return [PageWord(one.code, one.hindi_term if language == "hi" else one.term) for one in found]
