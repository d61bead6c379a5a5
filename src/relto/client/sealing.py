"""Sealing on the engineer's own machine: plaintext never leaves it (promise 1).

The node announces the item (its uuid, policy and label are made there from the label that was chosen); the client
makes the payload key, seals segment by segment, wraps the key for the own nation's key service, binds the label as
a STANAG 4774 assertion, and streams the container to the node. Memory stays flat: one segment at a time.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from relto.base.errors import MalformedInput
from relto.sealing.archive import ContainerWriter
from relto.sealing.assertions import build_label_assertion
from relto.sealing.manifest import build_manifest
from relto.sealing.payload import PayloadSealer
from relto.sealing.wrapping import wrap_share

Progress = Callable[[int], None]
_PIECE = 1 << 20
_KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class ServiceKey:
    """The public wrapping key of the own nation's key service."""

    url: str
    kid: str
    pem: str


@dataclass(frozen=True, slots=True)
class SealingOrder:
    """What the node answered to the announcement, and what the container is made with."""

    policy: str
    label_xml: str
    media_type: str
    service_key: ServiceKey


class _Pieces:
    """An output that hands on what was written."""

    def __init__(self) -> None:
        self._held: list[bytes] = []

    def write(self, data: bytes, /) -> int:
        self._held.append(bytes(data))
        return len(data)

    def take(self) -> Iterator[bytes]:
        held, self._held = self._held, []
        yield from held


def sealed_container(source: BinaryIO, order: SealingOrder, progress: Progress | None = None) -> Iterator[bytes]:
    """The container's bytes for the document in `source`, made while it is read.

    `progress` is called with the number of plaintext bytes sealed so far.
    """
    if not order.policy or not order.label_xml:
        raise MalformedInput("announcement", field="policy", expected="the policy and label that the node announced")
    payload_key = os.urandom(_KEY_BYTES)
    pieces = _Pieces()
    container = ContainerWriter(pieces)
    sealer = PayloadSealer(container, payload_key, random=os.urandom)
    done = 0
    while chunk := source.read(_PIECE):
        sealer.write(chunk)
        done += len(chunk)
        yield from pieces.take()
        if progress is not None:
            progress(done)
    sealed = sealer.finish()
    key_access = wrap_share(
        payload_key,
        public_key_pem=order.service_key.pem,
        kid=order.service_key.kid,
        url=order.service_key.url,
        sid="",
        policy_text=order.policy,
        random=os.urandom,
    )
    label = build_label_assertion(order.label_xml, sealed.integrity, payload_key)
    container.finish(build_manifest(order.policy, [key_access], sealed, [label], order.media_type))
    yield from pieces.take()
