"""Where a node keeps its things. One folder, readable by its own user only."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class NodeFolder:
    """The layout of a node's folder; see docs/how-to/run-a-node.md."""

    root: Path

    @property
    def settings_file(self) -> Path:
        """Typed settings, TOML."""
        return self.root / "node.toml"

    @property
    def party_file(self) -> Path:
        """The node's public keys and addresses, to be put into the agreement bundle."""
        return self.root / "party.json"

    @property
    def secrets(self) -> Path:
        """Sealed private keys."""
        return self.root / "secrets"

    @property
    def database(self) -> Path:
        """The embedded database."""
        return self.root / "data" / "relto.sqlite3"

    @property
    def blobs(self) -> Path:
        """Ciphertext."""
        return self.root / "blobs"

    @property
    def ledger(self) -> Path:
        """Tiles, checkpoint and cosigned checkpoints."""
        return self.root / "ledger"

    @property
    def logs(self) -> Path:
        """Process logs: codes and counts only."""
        return self.root / "log"

    @property
    def locks(self) -> Path:
        """Locks that tell which workers live."""
        return self.root / "locks"

    @property
    def link_certificate(self) -> Path:
        """The node's certificate for the link, signed by its nation's link authority."""
        return self.root / "link" / "node.crt"

    @property
    def link_private_key(self) -> Path:
        """Its private key: PKCS#8, encrypted under a passphrase that only the sealed secrets hold."""
        return self.root / "link" / "node.key"

    @property
    def link_authority(self) -> Path:
        """The certificate of the nation's own link authority."""
        return self.root / "link" / "authority.crt"

    @property
    def door_certificate(self) -> Path:
        """The certificate of the key service's and relay's doors, where no TLS terminator stands before them."""
        return self.root / "tls" / "door.crt"

    @property
    def door_private_key(self) -> Path:
        """Its private key. Without these two files the doors speak plain HTTP, to a terminator."""
        return self.root / "tls" / "door.key"

    def partner(self, nation: str) -> Path:
        """What was pinned of a partner at pairing: its party record."""
        return self.root / "partners" / f"{nation}.json"

    def partner_link_authority(self, nation: str) -> Path:
        """The certificate of the partner's link authority: the only one its peers may chain to."""
        return self.root / "partners" / f"{nation}.link-authority.crt"

    def create(self) -> None:
        """Make the folder and its parts, mode 0700."""
        for place in (
            self.root,
            self.secrets,
            self.database.parent,
            self.blobs,
            self.ledger,
            self.logs,
            self.link_certificate.parent,
            self.root / "partners",
        ):
            place.mkdir(parents=True, exist_ok=True, mode=0o700)
            place.chmod(0o700)
