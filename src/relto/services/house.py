"""What a verb finds around it: the node's identity, its ports and its keys.

`relto.node` builds one House at process start and hands it to the doors; every verb takes it as first argument.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from relto.adapters.proving.prover import ChildProver
from relto.base.ids import RANDOM_BYTES, opaque_id
from relto.base.instants import Instant
from relto.base.nations import Nation
from relto.ports.partners import KeyService, PartnerLink
from relto.ports.proving import RuleProver
from relto.ports.surroundings import BlobStore, Clock, Committer, Entropy, Standing
from relto.ports.telemetry import NOBODY_WATCHES, Telemetry
from relto.services.proofs import Proofs
from relto.services.standing import Unguarded
from relto.signing.keys import StatementKey, StatementPublicKey
from relto.store.scopes import carried

Result = TypeVar("Result")
NodeKind = Literal["training", "live"]


@dataclass(frozen=True, slots=True)
class NodeUrls:
    """The node's own origins, as its people and their clients reach them (scheme://host:port)."""

    portal: str
    key_service: str
    relay: str


@dataclass(frozen=True, slots=True, repr=False)
class House:
    """One sovereign node, seen from inside one of its processes."""

    nation: Nation
    kind: NodeKind
    ledger_origin: str
    urls: NodeUrls
    clock: Clock
    entropy: Entropy
    blobs: BlobStore
    committer: Committer
    node_key: StatementKey
    authorities: Mapping[Nation, StatementPublicKey]
    key_service: KeyService
    partners: Mapping[Nation, PartnerLink]
    standing: Standing = field(default_factory=Unguarded)
    """Whether the node may act. The wiring of a served node always gives the guard; see relto.services.standing."""
    proofs: Proofs = field(default_factory=Proofs)
    """What this process judges its callers' proofs of possession by."""
    prover: RuleProver = field(default_factory=ChildProver)
    """What proves rule sets before they are followed."""
    telemetry: Telemetry = NOBODY_WATCHES
    """Who counts what the verbs decide; nobody, unless the operator asked to watch."""
    authenticated: str = ""
    """How the taker of a decision showed who she is; a code of relto.procedures.authentication, or nothing."""

    def now(self) -> Instant:
        """The present instant by the node's clock."""
        return self.clock.now()

    def new_id(self, prefix: str) -> str:
        """A fresh opaque identifier."""
        return opaque_id(prefix, self.entropy.random_bytes(RANDOM_BYTES))

    def commit(self, step: Callable[[], Result]) -> Result:
        """Run one atomic step; returns after it is durable. It asks the store for whom the caller asks."""
        return self.committer.run(carried(step))
