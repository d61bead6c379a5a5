"""Items: documents under their labels, sealed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from relto.base.nations import read_nation
from relto.client.answers.reading import Answer
from relto.sealing.recovery_pieces import Holder, RecoveryOrder


@dataclass(frozen=True, kw_only=True)
class CountedFault(Answer):
    """How often a fault was found; `rule` and `message` are "" for one that the node does not know."""

    code: str
    rule: str
    paragraph: str
    message: str
    count: int


@dataclass(frozen=True, kw_only=True)
class MarkingCheck(Answer):
    """What the sealer stated of the check of the document's markings before it was sealed: her own words.

    `outcome`: clean, faults, not_fully_read or not_checked (`why`: the code of the reason). `checker`: its version, 0
    when none ran. With faults, `reason` says why it was sealed all the same, and `by` is the pseudonym of who did.
    """

    outcome: str
    why: str
    checker: int
    faults: tuple[CountedFault, ...]
    not_read: Mapping[str, int]
    findings_sha256: str
    reason: str = field(repr=False)
    by: str


@dataclass(frozen=True, kw_only=True)
class Item(Answer):
    """An item. `label` is the whole label, `banner` its banner line; `cases`: those the caller may see.

    `joint`: it has two `owners` and opens only with a share of each. `mode`: how a received item is opened, live or
    transferred; "" for an own item, whose releases each have their mode. `withdrawn`: it was received, and one of its
    owners withdrew it. `attributes`: the OpenTDF attribute values of its label and programme, which the key of its
    container is bound to. `check`: what was stated of its markings when it was sealed; None for a received item.
    """

    id: str
    uuid: str
    title: str = field(repr=False)
    file_name: str = field(repr=False)
    media_type: str
    originator: str
    held_as: str
    company: str | None
    programme: str
    label: Mapping[str, Any]
    banner: str
    export_controlled: bool
    state: str
    plaintext_size: int
    registered_at: datetime
    control_number: str
    cases: tuple[str, ...]
    joint: bool = False
    owners: tuple[str, ...] = ()
    mode: str = ""
    withdrawn: bool = False
    attributes: tuple[str, ...] = ()
    check: MarkingCheck | None = None
    entry: str = ""


@dataclass(frozen=True, kw_only=True)
class ShareOrder(Answer):
    """One share of a joint item's manifest: whose key it is wrapped with, its split id, where it is asked for."""

    sid: str
    url: str
    kid: str
    pem: str


@dataclass(frozen=True, kw_only=True)
class ManifestOrder(Answer):
    """One of the two manifests of a joint item. `kind`: home or partner; `nation`: whose people it serves."""

    kind: str
    nation: str
    policy: str
    shares: tuple[ShareOrder, ...]


@dataclass(frozen=True, kw_only=True)
class Custodian(Answer):
    """A custodian's public recovery key, and her number among her nation's."""

    number: int
    kid: str
    pem: str


@dataclass(frozen=True, kw_only=True)
class CustodiansOrder(Answer):
    """For whom a nation's shares are split into pieces: `quorum` of its `holders` recover them."""

    nation: str
    quorum: int
    holders: tuple[Custodian, ...]


@dataclass(frozen=True, kw_only=True)
class AnnouncedItem(Item):
    """An announced item with what the sealing client puts into the container; `manifests` for a joint one.

    `recovery`: the custodians for whom each share is split too; none when the agreement names none.
    """

    policy: str
    label_xml: str
    manifests: tuple[ManifestOrder, ...] = ()
    recovery: tuple[CustodiansOrder, ...] = ()

    def recovery_orders(self) -> tuple[RecoveryOrder, ...]:
        """The custodians as the sealing takes them. Raises MalformedInput for what is no nation."""
        return tuple(
            RecoveryOrder(
                read_nation(one.nation),
                one.quorum,
                tuple(Holder(holder.number, holder.kid, holder.pem) for holder in one.holders),
            )
            for one in self.recovery
        )


@dataclass(frozen=True, kw_only=True)
class Opening(Answer):
    """A decided opening: who asked (pseudonym), when, and where the ledger says so."""

    reference: str
    person: str
    permitted: bool
    at: datetime
    entry: str


@dataclass(frozen=True, kw_only=True)
class ItemWithHistory(Item):
    """An item with its last opening, as far as the caller may know."""

    last_opening: Opening | None
