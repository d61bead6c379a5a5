"""The outside parties a node talks to: its own key service, the partner node, witnesses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from relto.base.canonical import Json
from relto.base.nations import Nation


@dataclass(frozen=True, slots=True)
class LinkAnswer:
    """What the partner's link door answered: HTTP status and the signed envelope (receipt or refusal)."""

    status: int
    envelope: bytes


class PartnerLink(Protocol):
    """The mutually authenticated way to one partner node. Raises Unreachable when it does not answer."""

    def send_message(self, envelope: bytes, *, payload_size: int = 0) -> LinkAnswer:
        """POST a signed message; the answer is a signed technical receipt or a signed refusal.

        `payload_size`: bytes of the payload it speaks of, which the partner verifies before it answers.
        """
        ...

    def payload_held(self, sha256: str) -> int:
        """How many bytes of the payload the partner already holds durably."""
        ...

    def send_payload(self, sha256: str, size: int, offset: int, chunks: Iterator[bytes]) -> int:
        """Send the payload from `offset`; returns the size the partner now holds."""
        ...

    def request_share(self, envelope: bytes) -> LinkAnswer:
        """POST a signed opening request; the answer carries the share wrapped to the asker's session key."""
        ...

    def add_checkpoint(self, body: bytes) -> tuple[int, bytes]:
        """tlog-witness add-checkpoint at the partner node as a cosigner: (status, body)."""
        ...

    def reconcile(self, envelope: bytes) -> LinkAnswer:
        """POST a signed question of a reconciliation run; the answer is signed, and bound to it."""
        ...


@dataclass(frozen=True, slots=True)
class ExchangedMessage:
    """A message that a partner still holds: the bytes as they were signed, and the signed answer (b"" before it)."""

    envelope: bytes
    answer: bytes
    status: int


class ComparableLink(Protocol):
    """What a node asks its partner when it compares and recovers itself. Raises Unreachable."""

    def standing(self, nonce: str) -> bytes:
        """The partner's signed statement of how both channels and our log stand with it."""
        ...

    def message_from_us(self, sequence: int) -> ExchangedMessage | None:
        """Our message with this number, as the partner took it, with the partner's answer."""
        ...

    def message_to_us(self, sequence: int) -> ExchangedMessage | None:
        """The partner's message to us with this number, with the answer that we gave."""
        ...

    def payload_to_us(self, sequence: int, offset: int) -> Iterator[bytes]:
        """The payload of the partner's message to us, from `offset`."""
        ...


class Witness(Protocol):
    """A C2SP tlog-witness."""

    name: str

    def add_checkpoint(self, body: bytes) -> tuple[int, bytes]:
        """POST add-checkpoint: (status, body). Raises Unreachable."""
        ...


class WitnessView(Protocol):
    """What a witness publishes of the logs it cosigns."""

    def newest(self, origin: str) -> bytes | None:
        """The newest checkpoint of this log that it cosigned; None when it never did. Raises Unreachable."""
        ...


class KeyService(Protocol):
    """The node's own key service, seen from its other processes. Only it can unwrap shares."""

    def check_manifest(self, manifest: bytes) -> Mapping[str, Json]:
        """Unwrap and verify bindings, root signature and label assertion of a home-sealed manifest."""
        ...

    def check_joint_manifests(self, manifests: Sequence[bytes]) -> None:
        """Unwrap the own share of each manifest of a joint item; see that neither service alone has the payload key."""
        ...

    def release_manifest(self, case: str) -> bytes:
        """The two-share manifest for a decided release case: fresh shares, one for each nation's service."""
        ...

    def share_for_session(
        self, decision: str, key_access: Mapping[str, Json], policy: str, session_key: str
    ) -> Mapping[str, Json]:
        """The share of one key access object wrapped to a session key, under a recorded, fresh, permitted decision."""
        ...

    def share_for_reader(
        self, decision: str, reader: str, key_access: Mapping[str, Json], policy: str, session_key: str
    ) -> Mapping[str, Json]:
        """The own share wrapped to the reading room's session key, under the recorded decision that she may open."""
        ...

    def courier_key(self, key_access: Mapping[str, Json], policy: str) -> bytes:
        """The content key of a courier bundle for this nation, by its manifest's key access object."""
        ...


PartnerLinks = Mapping[Nation, PartnerLink]
