"""What a decision is made from: facts that the caller has gathered from dated, signed statements of whoever may say so.

Facts are values without behaviour. A fact that is not known is `None` or an empty set, never a guess, and makes the
rule that needs it fail. Levels name the classification policy they belong to; a level of one policy is never compared
with a level of another (the bundle's equivalence table is the only bridge). Periods include their start and exclude
their end. A caveat is a code that names its policy too, such as `2.999.840.1/ORCON`, because its word means what that
policy says. No title, name or reason text is a fact: people are pseudonyms, reasons are references to where the
reason is recorded.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from relto.base.instants import Instant, Period
from relto.base.nations import Nation
from relto.labels.audience import Audience


class Action(StrEnum):
    """What is asked for, and on whose node it is decided."""

    RELEASE = "release"
    """Originator's node: may the item be released to this facility for these readers over this channel?"""
    ACCEPT = "accept"
    """Recipient's node: may its authority accept the released item for these readers?"""
    OPEN = "open"
    """Home node of the asker: may this person open the item now?"""
    SUPPLY_SHARE = "supply_share"
    """Partner's node: does it agree to this opening, by the facts that it holds itself?"""
    RETRANSFER = "retransfer"
    """Holder's node: may the received item be passed on to this facility of a third nation? No person is named."""


@dataclass(frozen=True, slots=True)
class LevelCode:
    """A level of one policy: the policy's object identifier (without `urn:oid:`) and the level's name."""

    policy: str
    name: str


@dataclass(frozen=True, slots=True)
class ItemFacts:
    """The item as its label and its registered manifest describe it.

    `owners`: the originating nations, more than one for a jointly owned item. `audience`: whom the label admits; an
    owner's own people are always admitted. `physical`: it is kept at the facility (paper, media, a stored file), so
    safeguarding counts. `registered`: its manifest is registered by its originating node.
    """

    item: str
    owners: frozenset[Nation]
    level: LevelCode
    audience: Audience
    caveats: frozenset[str]
    programme: str | None
    export_controlled: bool
    physical: bool
    registered: bool


@dataclass(frozen=True, slots=True)
class FacilityFacts:
    """A facility as its own nation's authority vouches for it: clearance and safeguarding are two facts (ISA-13)."""

    code: str
    nation: Nation
    level: LevelCode | None
    safeguarding: LevelCode | None
    valid: Period | None
    status_at: Instant | None
    suspended: bool


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """A person as her own nation's authority vouches for her. `level` is valid at that level and below.

    `programmes` is what her own nation's register says; a partner's node, which is not told, leaves it empty.
    """

    pseudonym: str
    nation: Nation
    facility: str
    level: LevelCode | None
    caveats: frozenset[str]
    valid: Period | None
    status_at: Instant | None
    programmes: frozenset[str]
    suspended: bool


@dataclass(frozen=True, slots=True)
class AuthorisationFacts:
    """A dated authorisation of the releasing nation, for one item or one programme, and for one nation."""

    kind: Literal["disclosure", "export"]
    reference: str
    nation: Nation
    item: str | None
    programme: str | None
    valid: Period


@dataclass(frozen=True, slots=True)
class ConsentFacts:
    """Written consent of the owner `by` that this one item goes to this one facility of `nation` (promise 4)."""

    reference: str
    by: Nation
    item: str
    nation: Nation
    facility: str
    valid: Period


@dataclass(frozen=True, slots=True)
class ListingFacts:
    """One entry of an item's need-to-know list. `reason`: reference to the recorded reason; empty when none."""

    pseudonym: str
    item: str
    reason: str
    valid: Period


@dataclass(frozen=True, slots=True)
class ReleaseFacts:
    """The release under which the item travels. `proposed` is a case still to be decided."""

    release: str
    item: str
    recipient: Nation
    facility: str
    mode: Literal["live", "transferred"]
    state: Literal["proposed", "released", "accepted", "refused", "withdrawn"]
    valid: Period


@dataclass(frozen=True, slots=True)
class DecisionFacts:
    """All facts of one decision.

    `node`: the nation whose node decides. `people`: the readers of a release or acceptance, or the one person who
    opens; of a retransfer, nobody. `releaser`: the nation whose node released or would release the item; at home, an
    owner; of a retransfer, the holder. `facility`: where the item is to be opened or to go. `channel`: the code of the
    channel, where something is sent. `release` is None only for a nation's own item at home; of a retransfer, it is
    the one under which the holder has the item.
    """

    node: Nation
    item: ItemFacts
    facility: FacilityFacts
    people: tuple[PersonFacts, ...]
    releaser: Nation
    channel: str | None = None
    authorisations: tuple[AuthorisationFacts, ...] = ()
    consents: tuple[ConsentFacts, ...] = ()
    listings: tuple[ListingFacts, ...] = ()
    release: ReleaseFacts | None = None
