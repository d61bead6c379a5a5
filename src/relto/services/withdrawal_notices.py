"""The two signed notices after a release: the originator withdrew it; what was held under it is destroyed or returned.

Each names the release, the item and the manifest's policy, so that it holds apart from the message that brought it
(ISA-26, ISA-38). Reasons stay with the authority that gave them; the partner is told the code only (promise 8).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from relto.base.canonical import Json, canonical_bytes, read_object
from relto.base.errors import Conflict, MalformedInput, NotVerified
from relto.base.ids import read_id
from relto.base.instants import Instant, instant_text
from relto.base.nations import Nation
from relto.exchange.schemas import check
from relto.services import active_bundle
from relto.services.house import House
from relto.signing.statements import Statement, read_statement, sign_statement

WITHDRAWAL = "release-withdrawal"
DISPOSITION = "release-disposition"
ORIGINATOR, CO_OWNER = "originator", "co_owner"
ASKED, DESTROYED, RETURNED = "asked", "destroyed", "returned"


@dataclass(frozen=True, slots=True)
class Release:
    """The release that a notice is about: the sender's identifier and number, the item, the manifest's policy."""

    release: str
    number: str
    item: str
    policy: str


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """A release is withdrawn. `by`: originator, or co_owner of a joint item; `disposition`: asked, or ""."""

    about: Release
    by: str
    disposition: str
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Disposition:
    """What was held is destroyed or returned. `control_number`: the holder's, "" when it was never accepted there."""

    about: Release
    outcome: str
    control_number: str
    digest: str = ""


def write_withdrawal(house: House, partner: Nation, notice: Withdrawal, at: Instant) -> dict[str, Json]:
    """The body of the message "withdrawal"."""
    stated: dict[str, Json] = {
        "by": notice.by,
        "disposition": notice.disposition,
        "role": "release_officer",
        "withdrawn_at": instant_text(at),
    }
    return _signed(house, partner, WITHDRAWAL, notice.about, stated)


def read_withdrawal(house: House, sender: Nation, body: Mapping[str, Json], at: Instant) -> Withdrawal:
    """The notice that the sender's node signed for this one. Raises MalformedInput, NotVerified, Conflict."""
    found, about = _read(house, sender, WITHDRAWAL, body, at)
    by, disposition = cast("str", found.body["by"]), cast("str", found.body["disposition"])
    return Withdrawal(about, by, disposition, found.digest)


def write_disposition(house: House, partner: Nation, notice: Disposition, at: Instant) -> dict[str, Json]:
    """The body of the message "disposition"."""
    stated: dict[str, Json] = {
        "outcome": notice.outcome,
        "control_number": notice.control_number,
        "role": "security_officer",
        "disposed_at": instant_text(at),
    }
    return _signed(house, partner, DISPOSITION, notice.about, stated)


def read_disposition(house: House, sender: Nation, body: Mapping[str, Json], at: Instant) -> Disposition:
    """The notice that the sender's node signed for this one. Raises MalformedInput, NotVerified, Conflict."""
    found, about = _read(house, sender, DISPOSITION, body, at)
    outcome, number = cast("str", found.body["outcome"]), cast("str", found.body["control_number"])
    return Disposition(about, outcome, number, found.digest)


def _signed(house: House, partner: Nation, kind: str, about: Release, stated: Mapping[str, Json]) -> dict[str, Json]:
    statement: dict[str, Json] = {
        "issuer": house.nation,
        "recipient": partner,
        "release": about.release,
        "number": about.number,
        "item": about.item,
        "policy": about.policy,
        **stated,
    }
    check(kind, statement)
    return {"statement": read_object(sign_statement(kind, 1, statement, [house.node_key]))}


def _read(house: House, sender: Nation, kind: str, body: Mapping[str, Json], at: Instant) -> tuple[Statement, Release]:
    parties = active_bundle.active(house, at).parties
    envelope = body.get("statement")
    if sender not in parties:
        raise Conflict("no_agreement", field="from", expected="a party of the agreement in force")
    if not isinstance(envelope, dict):
        raise MalformedInput("notice.statement", field="statement", expected="a signed statement")
    found = read_statement(canonical_bytes(envelope), kind=kind, versions=(1,), trusted=parties[sender].node_keys)
    stated = found.body
    check(kind, cast("Mapping[str, Json]", stated))
    if (stated["issuer"], stated["recipient"]) != (sender, house.nation):
        raise NotVerified("notice.parties", field="issuer", expected=f"{sender} to {house.nation}")
    release = read_id(stated["release"], "rel", field="release")
    return found, Release(release, str(stated["number"]), str(stated["item"]), str(stated["policy"]))
