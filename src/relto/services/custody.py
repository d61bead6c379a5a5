"""The custody receipt: the recipient's authority accepted or returned a released item, signed by its node.

It names the release, the item, the manifest's policy and the recipient's control number; a refusal carries no reason
but the code, since the partner is told no more (promise 8).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from relto.base.canonical import Json, canonical_bytes, read_object
from relto.base.errors import Conflict, MalformedInput, NotVerified
from relto.base.ids import read_id
from relto.base.instants import Instant, instant_text
from relto.base.nations import Nation
from relto.services import active_bundle
from relto.services.house import House
from relto.services.item_view import LIVE, TRANSFERRED
from relto.services.texts import read_choice, read_text
from relto.signing.statements import read_statement, sign_statement

STATEMENT = "custody-receipt"
_OUTCOMES = ("accepted", "returned")
_CONTROL_NUMBER = re.compile(r"\A[A-Z]{3}-\d{4}-\d{6,9}\Z")


@dataclass(frozen=True, slots=True)
class CustodyReceipt:
    """A custody receipt. `control_number`: the recipient's, "" for a returned item; `digest` of what was signed.

    `mode`: how the recipient's people open the item, live or transferred, as the release said.
    """

    release: str
    number: str
    item: str
    policy: str
    accepted: bool
    control_number: str
    mode: str = LIVE
    digest: str = ""


def write_custody_receipt(house: House, sender: Nation, receipt: CustodyReceipt, at: Instant) -> dict[str, Json]:
    """The body of the message "acceptance" to the nation that sent the release."""
    statement: dict[str, Json] = {
        "issuer": house.nation,
        "recipient": sender,
        "release": receipt.release,
        "number": receipt.number,
        "item": receipt.item,
        "policy": receipt.policy,
        "outcome": "accepted" if receipt.accepted else "returned",
        "control_number": receipt.control_number,
        "mode": receipt.mode,
        "role": "release_officer",
        "decided_at": instant_text(at),
    }
    return {"statement": read_object(sign_statement(STATEMENT, 1, statement, [house.node_key]))}


def read_custody_receipt(house: House, sender: Nation, body: Mapping[str, Json], at: Instant) -> CustodyReceipt:
    """The receipt that the sender's node signed for this one. Raises MalformedInput, NotVerified, Conflict."""
    parties = active_bundle.active(house, at).parties
    envelope = body.get("statement")
    if sender not in parties:
        raise Conflict("no_agreement", field="from", expected="a party of the agreement in force")
    if not isinstance(envelope, dict):
        raise MalformedInput("custody.statement", field="statement", expected="a signed statement")
    found = read_statement(canonical_bytes(envelope), kind=STATEMENT, versions=(1,), trusted=parties[sender].node_keys)
    stated = found.body
    if (stated.get("issuer"), stated.get("recipient")) != (sender, house.nation):
        raise NotVerified("custody.parties", field="issuer", expected=f"{sender} to {house.nation}")
    accepted = read_choice(stated.get("outcome"), _OUTCOMES, field="outcome") == "accepted"
    control_number = stated.get("control_number")
    known = isinstance(control_number, str) and (
        bool(_CONTROL_NUMBER.match(control_number)) if accepted else not control_number
    )
    if not known:
        raise MalformedInput("custody.number", field="control_number", expected="the recipient's control number")
    return CustodyReceipt(
        release=read_id(stated.get("release"), "rel", field="release"),
        number=read_text(stated.get("number"), field="number", longest=32),
        item=read_text(stated.get("item"), field="item", longest=36),
        policy=read_text(stated.get("policy"), field="policy", longest=36),
        accepted=accepted,
        control_number=str(control_number),
        mode=read_choice(stated.get("mode", LIVE), (LIVE, TRANSFERRED), field="mode"),
        digest=found.digest,
    )
