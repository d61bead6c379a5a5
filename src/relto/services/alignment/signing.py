"""The co-chairs' signatures under versions of entries: by what the reader saw, never under an older text.

The digest that she signs is the one that her page or her program showed her. When the line has a newer version by then,
the signature is refused and nothing changes: she reads again first.
"""

from __future__ import annotations

from dataclasses import dataclass

from relto.alignment.shared_record import ABOUT, SIGNATURE, Entry
from relto.alignment.signatures import (
    SIGNED,
    TAKEN_BACK,
    Agreed,
    SignedVersion,
    agreed,
    body_of,
    signed_versions,
)
from relto.base.errors import Conflict, NotAvailable
from relto.procedures.actors import Actor, Role
from relto.services import active_bundle
from relto.services.alignment.record import say
from relto.services.alignment.signing_rules import require_signable
from relto.services.house import House
from relto.store.queries.alignment import READERS, entry_of, visible_entries


@dataclass(frozen=True, slots=True)
class Standing:
    """How an entry is signed: every version with its signatures, and what every party agreed to, the last one last."""

    versions: tuple[SignedVersion, ...]
    agreed: tuple[Agreed, ...]


def sign(house: House, actor: Actor, about: str, *, digest: str, word: str = SIGNED) -> str:
    """Sign the version of this digest, or take the own signature back; returns the signature entry's id.

    Raises Refused("role"), NotAvailable("alignment") for an entry that is not held or takes no signatures,
    Conflict("alignment.superseded") for a version that is not its line's newest, Conflict("alignment.signed") for what
    this nation signed already, Conflict("alignment.not_signed") and Conflict("alignment.agreed") for taking back what
    it did not sign, or what every party signed; before a signature what its kind demands of this node
    (`relto.services.alignment.signing_rules`).
    """
    actor.require(Role.CO_CHAIR)
    entry = entry_of(about)
    if entry is None or entry.kind not in ABOUT[SIGNATURE]:
        raise NotAvailable("alignment", field="about")
    stands = standing(house, actor, entry)
    found = next((one for one in stands.versions if one.version.digest == digest), None)
    if found is None:
        raise Conflict("alignment.version", field="digest", expected="a version of this entry")
    signed = house.nation in found.signed
    if word == TAKEN_BACK:
        if not signed:
            raise Conflict("alignment.not_signed", field="digest", expected="a version that this nation signed")
        if any(one.digest == digest for one in stands.agreed):
            raise Conflict("alignment.agreed", field="digest", expected="a version that not every party signed")
    elif found.superseded:
        raise Conflict("alignment.superseded", field="digest", expected="the newest version of its line")
    elif signed:
        raise Conflict("alignment.signed", field="digest", expected="a version that this nation has not signed")
    else:
        require_signable(house, actor, entry, found.version)
    own = [one for one in signatures_about(actor, about) if house.nation in one.lines]
    body = body_of(about, found.version, word)
    return say(house, actor, SIGNATURE, body, entry=own[0].entry if own else "")


def standing(house: House, actor: Actor, entry: Entry) -> Standing:
    """How the entry is signed, as this node holds it."""
    signatures = signatures_about(actor, entry.entry)
    parties = sorted(active_bundle.active(house).parties)
    return Standing(signed_versions(entry, signatures), agreed(entry, signatures, parties))


def signatures(house: House, actor: Actor, about: str) -> Standing:
    """How the entry of this id is signed. Raises Refused("role"), NotAvailable("alignment") as `sign`."""
    actor.require(*READERS)
    entry = entry_of(about)
    if entry is None or entry.kind not in ABOUT[SIGNATURE]:
        raise NotAvailable("alignment", field="about")
    return standing(house, actor, entry)


def signatures_about(actor: Actor, about: str) -> list[Entry]:
    """The signature entries about an entry."""
    return list(visible_entries(actor, kinds=(SIGNATURE,), about=about).values())
