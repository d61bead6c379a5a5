"""The node's own keys: made once at set-up, sealed under the master secret.

Unsealed by the processes that need them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from relto.adapters.sealed_keys import SecretsFolder
from relto.ledger.notes import KeyType, NoteKey
from relto.node.settings import NodeSettings
from relto.signing.keys import StatementKey

SEED = 32
FIELD_KEY = "field-key"
INNER_SECRET = "inner-secret"  # noqa: S105  the name of a sealed file
DJANGO_SECRET = "portal-signing-secret"  # noqa: S105  likewise
LINK_PASSPHRASE = "link-key-passphrase"  # noqa: S105  likewise
_STATEMENT_SEEDS = "node-statement-seeds"
_LOG_SEEDS = "log-seeds"
_COSIGNER_SEEDS = "cosigner-seeds"
NODE_SECRETS = (FIELD_KEY, INNER_SECRET, DJANGO_SECRET, LINK_PASSPHRASE, _STATEMENT_SEEDS, _LOG_SEEDS, _COSIGNER_SEEDS)
"""The names of all of them."""


@dataclass(frozen=True, slots=True, repr=False)
class NoteKeys:
    """An Ed25519 and an ML-DSA-44 note key under one name."""

    ed25519: NoteKey
    ml_dsa_44: NoteKey

    def both(self) -> tuple[NoteKey, NoteKey]:
        """Both keys, Ed25519 first."""
        return self.ed25519, self.ml_dsa_44

    def vkeys(self) -> list[str]:
        """Both verifier keys as text."""
        return [self.ed25519.vkey, self.ml_dsa_44.vkey]


def make_node_secrets(secrets: SecretsFolder, random_bytes: Callable[[int], bytes]) -> None:
    """Seal fresh secrets and seeds; service keys are made by relto.services.service_keys."""
    for name in (FIELD_KEY, INNER_SECRET, DJANGO_SECRET, LINK_PASSPHRASE):
        secrets.seal(name, random_bytes(SEED))
    for name in (_STATEMENT_SEEDS, _LOG_SEEDS, _COSIGNER_SEEDS):
        secrets.seal(name, random_bytes(2 * SEED))


def node_statement_key(secrets: SecretsFolder, settings: NodeSettings) -> StatementKey:
    """The key that signs the node's messages, receipts, registrations and assurances."""
    seeds = secrets.unseal(_STATEMENT_SEEDS)
    return StatementKey.from_seeds(f"{settings.nation}/node", seeds[:SEED], seeds[SEED:])


def log_keys(secrets: SecretsFolder, settings: NodeSettings) -> NoteKeys:
    """The keys under each checkpoint of the node's own log; their name is the log's origin (C2SP tlog-checkpoint)."""
    seeds = secrets.unseal(_LOG_SEEDS)
    name = settings.ledger_origin
    return NoteKeys(
        NoteKey.from_seed(name, KeyType.ED25519, seeds[:SEED]),
        NoteKey.from_seed(name, KeyType.MLDSA44_COSIGNATURE, seeds[SEED:]),
    )


def cosigner_keys(secrets: SecretsFolder, settings: NodeSettings) -> NoteKeys:
    """The keys with which the node cosigns its partner's checkpoints (C2SP tlog-cosignature)."""
    seeds = secrets.unseal(_COSIGNER_SEEDS)
    name = f"{settings.host}/cosigner"
    return NoteKeys(
        NoteKey.from_seed(name, KeyType.ED25519_COSIGNATURE, seeds[:SEED]),
        NoteKey.from_seed(name, KeyType.MLDSA44_COSIGNATURE, seeds[SEED:]),
    )
