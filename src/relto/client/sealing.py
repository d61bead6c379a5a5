"""Sealing on the engineer's own machine: plaintext never leaves it (promise 1).

The node announces the item (its uuid, policy and label are made there from the label that was chosen); the client
makes the payload key, seals segment by segment, wraps the key for the own nation's key service, binds the label as
a STANAG 4774 assertion, and streams the container to the node. Memory stays flat: one segment at a time.

A joint item gets no manifest that one nation's service could serve: its key is split for each manifest anew.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO, cast

from relto.base.canonical import Json
from relto.base.errors import Conflict, MalformedInput
from relto.sealing.archive import ContainerWriter
from relto.sealing.assertions import build_label_assertion
from relto.sealing.key_access import KeyAccess
from relto.sealing.manifest import build_manifest
from relto.sealing.payload import PayloadSealer, SealedPayload, Source
from relto.sealing.policy import build_policy, read_policy
from relto.sealing.recovery_assertion import orders_by_split, recovery_assertions
from relto.sealing.recovery_pieces import RecoveryOrder
from relto.sealing.shares import split
from relto.sealing.wrapping import wrap_share

Progress = Callable[[int], None]
_KEY_BYTES = 32
_OWNERS = 2


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
    recovery: tuple[RecoveryOrder, ...] = ()
    """For whose custodians the key is split into pieces; none when the agreement names none."""


@dataclass(frozen=True, slots=True)
class ShareOrder:
    """One share to wrap: under which split id, for which service's key; `key.url` is where its readers ask for it."""

    sid: str
    key: ServiceKey


@dataclass(frozen=True, slots=True)
class ManifestOrder:
    """One manifest of a joint item: its policy text and the shares it has."""

    policy: str
    shares: tuple[ShareOrder, ...]


@dataclass(frozen=True, slots=True)
class JointOrder:
    """What the node answered to the announcement of a joint item: a manifest for each owner's people."""

    label_xml: str
    media_type: str
    home: ManifestOrder
    partner: ManifestOrder
    recovery: tuple[RecoveryOrder, ...] = ()
    """For whose custodians each share is split into pieces; none unless both nations name custodians."""


class _Pieces:
    """An output that hands on what was written."""

    def __init__(self) -> None:
        self._held: list[bytes] = []

    def write(self, data: memoryview, /) -> int:
        self._held.append(bytes(data))
        return len(data)

    def take(self) -> Iterator[bytes]:
        held, self._held = self._held, []
        yield from held


def own_policy(announced: str) -> str:
    """The attributes of an announced policy under an identifier of one's own, as any OpenTDF client seals.

    The node knows such a container once it was submitted; until then it opens as far as the agreement bundle lets
    containers open that nobody registered. Raises MalformedInput for a policy that cannot be read.
    """
    return build_policy(str(uuid.uuid4()), read_policy(announced).attributes)


def sealed_container(source: BinaryIO, order: SealingOrder, progress: Progress | None = None) -> Iterator[bytes]:
    """The container's bytes for the document in `source`, made while it is read.

    `progress` is called with the number of plaintext bytes sealed so far.
    """
    if not order.policy or not order.label_xml:
        raise MalformedInput("announcement", field="policy", expected="the policy and label that the node announced")

    def manifest(payload_key: bytes, sealed: SealedPayload) -> bytes:
        key_access = _wrapped(payload_key, ShareOrder("", order.service_key), order.policy)
        label = build_label_assertion(order.label_xml, sealed.integrity, payload_key)
        pieces = _for_custodians([payload_key], [key_access], order.recovery, order.policy, sealed, payload_key)
        return build_manifest(order.policy, [key_access], sealed, [label, *pieces], order.media_type)

    yield from _sealed(source, manifest, progress)


class JointSealing:
    """One joint item being sealed: a payload key split twice, each time into fresh shares, so nobody holds it alone.

    Read `container` to its end, hand it in, then hand in `partner_manifest`. The payload key is in this object's
    memory only while the container is made.
    """

    def __init__(self, order: JointOrder) -> None:
        """Raises MalformedInput for an order under which one service alone could open, or two manifests are alike."""
        for manifest in (order.home, order.partner):
            shares = manifest.shares
            kids, split_ids = {share.key.kid for share in shares}, {share.sid for share in shares}
            if not manifest.policy or not len(shares) == len(kids) == len(split_ids) == _OWNERS:
                raise MalformedInput("announcement", field="manifests", expected="two manifests of two shares each")
        if order.home.policy == order.partner.policy or not order.label_xml:
            raise MalformedInput("announcement", field="manifests", expected="two policies and a label")
        self._order = order
        self._partner_manifest = b""

    def container(self, source: BinaryIO, progress: Progress | None = None) -> Iterator[bytes]:
        """The container with the home manifest, as `sealed_container` gives one."""
        yield from _sealed(source, self._manifests, progress)

    @property
    def partner_manifest(self) -> bytes:
        """The manifest for the co-owner's people. Raises Conflict before the container was read to its end."""
        if not self._partner_manifest:
            raise Conflict("sealing", field="container", expected="a container that was read to its end")
        return self._partner_manifest

    def _manifests(self, payload_key: bytes, sealed: SealedPayload) -> bytes:
        label = build_label_assertion(self._order.label_xml, sealed.integrity, payload_key)

        def manifest(order: ManifestOrder) -> bytes:
            shares = split(payload_key, len(order.shares), os.urandom)
            key_access = [
                _wrapped(share, wanted, order.policy) for share, wanted in zip(shares, order.shares, strict=True)
            ]
            pieces = _for_custodians(shares, key_access, self._order.recovery, order.policy, sealed, payload_key)
            return build_manifest(order.policy, key_access, sealed, [label, *pieces], self._order.media_type)

        self._partner_manifest = manifest(self._order.partner)
        return manifest(self._order.home)


def _sealed(
    source: BinaryIO, manifest: Callable[[bytes, SealedPayload], bytes], progress: Progress | None
) -> Iterator[bytes]:
    payload_key = os.urandom(_KEY_BYTES)
    pieces = _Pieces()
    container = ContainerWriter(pieces)
    sealer = PayloadSealer(container, payload_key, random=os.urandom)
    done = 0
    # A file opened for reading in binary has readinto, which its abstract type does not say.
    while taken := sealer.read_from(cast("Source", source)):
        done += taken
        yield from pieces.take()
        if progress is not None:
            progress(done)
    sealed = sealer.finish()
    container.finish(manifest(payload_key, sealed), sealed.crc32)
    yield from pieces.take()


def _for_custodians(  # noqa: PLR0917  what the assertion is bound to
    shares: Sequence[bytes],
    wrapped: Sequence[KeyAccess],
    orders: Sequence[RecoveryOrder],
    policy: str,
    sealed: SealedPayload,
    payload_key: bytes,
) -> list[dict[str, Json]]:
    """The assertion with each share in pieces for its nation's custodians; none without custodians."""
    split_ids = [one.sid for one in wrapped]
    return recovery_assertions(
        list(zip(split_ids, shares, strict=True)),
        orders_by_split(split_ids, orders),
        policy_text=policy,
        integrity=sealed.integrity,
        payload_key=payload_key,
        random=os.urandom,
    )


def _wrapped(share: bytes, order: ShareOrder, policy: str) -> KeyAccess:
    return wrap_share(
        share,
        public_key_pem=order.key.pem,
        kid=order.key.kid,
        url=order.key.url,
        sid=order.sid,
        policy_text=policy,
        random=os.urandom,
    )
