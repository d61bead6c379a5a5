"""The outside parties a node talks to: its own key service, the partner node, witnesses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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

    def send_message(self, envelope: bytes) -> LinkAnswer:
        """POST a signed message; the answer is a signed technical receipt or a signed refusal."""
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


class Witness(Protocol):
    """A C2SP tlog-witness."""

    name: str

    def add_checkpoint(self, body: bytes) -> tuple[int, bytes]:
        """POST add-checkpoint: (status, body). Raises Unreachable."""
        ...


class KeyService(Protocol):
    """The node's own key service, seen from its other processes. Only it can unwrap shares."""

    def check_manifest(self, manifest: bytes) -> Mapping[str, Json]:
        """Unwrap and verify bindings, root signature and label assertion of a home-sealed manifest."""
        ...

    def release_manifest(self, case: str) -> bytes:
        """The two-share manifest for a decided release case: fresh shares, one for each nation's service."""
        ...

    def share_for_session(
        self, decision: str, key_access: Mapping[str, Json], policy: str, session_key: str
    ) -> Mapping[str, Json]:
        """The share of one key access object wrapped to a session key, under a recorded, fresh, permitted decision."""
        ...


PartnerLinks = Mapping[Nation, PartnerLink]
