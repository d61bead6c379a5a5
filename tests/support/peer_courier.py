"""The courier of a partner node in memory: it reads what the node under test made, and makes bundles for it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from relto.base.canonical import Json, sha256_hex
from relto.base.instants import Instant
from relto.exchange.answers import write_receipt
from relto.exchange.courier import Carried, CarriedFile, Manifest, file_name, read_manifest, write_manifest
from relto.exchange.courier_file import END, CourierReader, member
from relto.exchange.messages import Message, PayloadFact, read_message, write_message
from relto.sealing.courier_key import courier_policy, open_file, read_courier_key, seal_file, wrap_courier_key
from relto.sealing.keys import public_key_of
from relto.sealing.wrapping import unwrap_share
from tests.support.peer_simulator import Peer, fresh


@dataclass
class PeerCourier:
    """What goes and comes by courier at the peer's side."""

    peer: Peer
    number: int = 0
    previous: str = ""
    awaited: int = 1
    taken: int = 0
    taken_digest: str = ""

    def message(self, kind: str, body: Mapping[str, Json], at: Instant, payload: bytes = b"") -> bytes:
        """The peer's next message."""
        peer = self.peer
        envelope, digest = write_message(
            message_id=fresh("msg"),
            sender=peer.nation,
            recipient=peer.other,
            sequence=peer.sequence,
            previous=peer.previous,
            created=at,
            kind=kind,
            body=dict(body),
            payload=PayloadFact(sha256_hex(payload), len(payload)) if payload else None,
            key=peer.own.node,
        )
        peer.sequence, peer.previous = peer.sequence + 1, digest
        return envelope

    def bundle(self, small: Mapping[str, bytes], payloads: tuple[bytes, ...], at: Instant) -> bytes:
        """A bundle of these messages and answers, by name, and payloads."""
        peer, key = self.peer, os.urandom(32)
        self.number += 1
        partner = peer.partner
        files = {name: seal_file(key, place, name, data) for place, (name, data) in enumerate(small.items())}
        files |= {file_name(Carried.PAYLOAD, sha256_hex(data)): data for data in payloads}
        manifest = Manifest(
            sender=peer.nation,
            recipient=peer.other,
            number=self.number,
            previous=self.previous,
            created=at,
            expires=at + timedelta(days=30),
            awaited=self.awaited,
            settled=1,
            taken=self.taken,
            taken_digest=self.taken_digest,
            cosigned=0,
            key=wrap_courier_key(
                key,
                pem=public_key_of(partner.service_key),
                kid=partner.kid,
                url=partner.urls.key_service,
                policy_text=courier_policy(peer.nation, peer.other, self.number),
                random=os.urandom,
            ),
            files=tuple(CarriedFile(name, len(data), _sha384(data)) for name, data in files.items()),
        )
        note, self.previous = write_manifest(manifest, peer.own.node)
        stream = {"manifest": note, **files}
        return b"".join(b"".join(member(name, len(data), [data])) for name, data in stream.items()) + END

    def read(self, data: bytes) -> tuple[list[Message], dict[str, bytes]]:
        """(messages, all files by name, opened) of a bundle that the node under test made for the peer."""
        peer, reader = self.peer, CourierReader([data])
        trusted = [peer.partner.node.public]
        manifest = read_manifest(reader.manifest(), sender=peer.other, recipient=peer.nation, trusted=trusted)
        files = {file.name: b"".join(reader.file(file)) for file in manifest.files}
        reader.end()
        assert all(_sha384(files[file.name]) == file.sha384 for file in manifest.files)
        policy = courier_policy(peer.other, peer.nation, manifest.number)
        key = unwrap_share(read_courier_key(manifest.key), peer.own.service_key, policy)
        for place, file in enumerate(manifest.files):
            if file.kind in (Carried.MESSAGE, Carried.ANSWER):
                files[file.name] = open_file(key, place, file.name, files[file.name])
        messages = [
            read_message(files[file.name], sender=peer.other, recipient=peer.nation, trusted=trusted)
            for file in manifest.of_kind(Carried.MESSAGE)
        ]
        self.taken, self.taken_digest = manifest.number, manifest.digest
        self.awaited += len(messages)
        return messages, files

    def receipts(self, messages: list[Message], at: Instant) -> dict[str, bytes]:
        """The peer's technical receipts, by the names of their files."""
        return {
            file_name(Carried.ANSWER, one.sequence): write_receipt(
                one, received_at=at, entry=fresh("ent"), key=self.peer.own.node
            )
            for one in messages
        }


def _sha384(data: bytes) -> str:
    return hashlib.sha384(data).hexdigest()
