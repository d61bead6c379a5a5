"""An item as answers show it."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from relto.api.answers import ENTRY, Answer


class CountedFault(Answer):
    """How often a fault was found; `rule` and `message` are empty for one that this node does not know."""

    code: str
    rule: str
    paragraph: str
    message: str
    count: int


class MarkingCheck(Answer):
    """What the sealer stated of the check of the document's markings before it was sealed: her own words.

    `outcome`: clean, faults, not_fully_read or not_checked (`why`: the code of the reason). `checker`: its version, 0
    when none ran. With faults, `reason` says why it was sealed all the same, and `by` is the pseudonym of who did.
    """

    outcome: str
    why: str
    checker: int
    faults: list[CountedFault]
    not_read: dict[str, int]
    findings_sha256: str
    reason: str
    by: str


class Item(Answer):
    """An item. `label` is the whole label, `banner` its banner line in English; `cases`: those the caller may see.

    A `joint` item has two `owners`, and nobody opens it without both. `mode`: how it is opened here, live or
    transferred; empty for an own item, whose releases each have their mode. `withdrawn`: it was received, and one of
    its owners withdrew it. `attributes`: the OpenTDF attribute values of its label and programme, which the key of its
    container is bound to. `check`: what was stated of its markings when it was sealed; null for a received item.
    """

    id: str
    uuid: str
    title: str
    file_name: str
    media_type: str
    originator: str
    held_as: str
    company: str | None
    programme: str
    joint: bool
    owners: list[str]
    mode: str
    withdrawn: bool
    label: dict[str, Any]
    banner: str
    export_controlled: bool
    state: str
    plaintext_size: int
    registered_at: str
    control_number: str
    cases: list[str]
    attributes: list[str]
    check: MarkingCheck | None
    entry: str = ENTRY


class ShareOrder(Answer):
    """One share of a joint item's manifest: for whose key it is wrapped, its split id, the address that gives it."""

    sid: str
    url: str
    kid: str
    pem: str


class ManifestOrder(Answer):
    """One of a joint item's two manifests over one payload. `kind`: home or partner; `nation`: whose it is."""

    kind: str
    nation: str
    policy: str
    shares: list[ShareOrder]


class Custodian(Answer):
    """A custodian's public recovery key, and her number among her nation's."""

    number: int
    kid: str
    pem: str


class CustodiansOrder(Answer):
    """For whom a nation's shares are split into pieces: `quorum` of its `holders` recover them."""

    nation: str
    quorum: int
    holders: list[Custodian]


class AnnouncedItem(Item):
    """An announced item with what the sealing client must put into the container."""

    policy: str = Field(description="The policy text that the key is bound to, in base64, byte for byte.")
    label_xml: str = Field(description="The STANAG 4774 label for the container's assertion.")
    manifests: list[ManifestOrder] = Field(
        default=[], description="Of a joint item: its two manifests, each with two fresh shares."
    )
    recovery: list[CustodiansOrder] = Field(
        default=[], description="For whose custodians each share is split too; none when the agreement names none."
    )


class Opening(Answer):
    """A decided opening: who asked (pseudonym), when, and where the ledger says so."""

    reference: str
    person: str
    permitted: bool
    at: str
    entry: str


class ItemWithHistory(Item):
    """An item with its last opening, as far as the caller may know."""

    last_opening: Opening | None
