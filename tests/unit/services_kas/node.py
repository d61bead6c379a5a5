"""A node with a real database, real keys and a clock that the test moves: what its key service needs, nothing else."""

from __future__ import annotations

import io
import os
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from relto.adapters.sealed_keys import SecretsFolder
from relto.adapters.system import SystemEntropy
from relto.base.nations import Nation
from relto.procedures.actors import Actor, Role
from relto.sealing.assertions import build_label_assertion
from relto.sealing.key_access import KeyAccess
from relto.sealing.manifest import Manifest, build_manifest, parse_manifest
from relto.sealing.payload import PayloadSealer
from relto.sealing.policy import build_policy
from relto.sealing.registration import manifest_fingerprint
from relto.sealing.wrapping import wrap_share
from relto.services.house import House, NodeUrls
from relto.services.service_keys import FIRST_KEYS, KeyRing, Purpose, create_service_keys, current_wrapping_key
from relto.signing.keys import StatementKey
from relto.store.committer import DirectCommitter
from relto.store.fields import use_field_key
from relto.store.models import DecisionRecord, Item, Person, ReleaseCase, RoleGrant
from relto.store.models import Manifest as RegisteredManifest
from tests.support.blobs_of_tests import blobs_in

START = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
USA = Nation("USA")
_NODE_KEY = StatementKey.from_seeds("USA/node", bytes(32), bytes(32))
LABEL_XML = "<label>SECRET, REL TO USA, IND</label>"
ATTRIBUTES = ("https://relto.example/attr/level/value/secret", "https://relto.example/attr/relto/value/usa")


@dataclass
class MovableClock:
    moment: datetime = START

    def now(self) -> datetime:
        return self.moment

    def forward(self, **by: float) -> None:
        self.moment += timedelta(**by)


class NoKeyService:
    """The key service's own process asks no other."""


@dataclass
class Node:
    house: House
    clock: MovableClock
    secrets: SecretsFolder
    keyring: KeyRing
    folder: Path
    people: dict[str, Actor] = field(default_factory=dict)


def make_node(folder: Path, wanted: Sequence[tuple[Purpose, str]] = FIRST_KEYS) -> Node:
    use_field_key(bytes(32))
    clock = MovableClock()
    entropy = SystemEntropy()
    house = House(
        nation=USA,
        kind="training",
        ledger_origin="usa.localhost/ledger",
        urls=NodeUrls(
            portal="http://usa.localhost:8100",
            key_service="http://usa.localhost:8101",
            relay="http://usa.localhost:8102",
        ),
        clock=clock,
        entropy=entropy,
        blobs=blobs_in(folder / "blobs"),
        committer=DirectCommitter(),
        node_key=_NODE_KEY,
        authorities={},
        key_service=NoKeyService(),  # type: ignore[arg-type]
        partners={},
    )
    secrets = SecretsFolder.create(folder / "secrets", entropy)
    create_service_keys(house, secrets, wanted=wanted)
    return Node(house, clock, secrets, KeyRing.load(secrets), folder)


def add_person(node: Node, *roles: Role) -> Actor:
    pseudonym = node.house.new_id("prs")
    person = Person.objects.create(id=pseudonym, name="Alex Morgan")
    for role in roles:
        RoleGrant.objects.create(person=person, role=role.value, granted_at=node.clock.now())
    return Actor(pseudonym, USA, None, None, frozenset(roles), frozenset())


@dataclass
class Sealed:
    key: bytes
    manifest_bytes: bytes

    @property
    def manifest(self) -> Manifest:
        return parse_manifest(self.manifest_bytes)

    @property
    def policy(self) -> str:
        return self.manifest.policy_text

    @property
    def key_access(self) -> KeyAccess:
        return self.manifest.key_access[0]


def seal(
    node: Node,
    *,
    algorithm: str = "ec:secp256r1",
    url: str | None = None,
    labelled: bool = True,
    key: bytes = b"",
    policy: str = "",
) -> Sealed:
    """A container's manifest as a client of this node makes it."""
    key = key or os.urandom(32)
    sealer = PayloadSealer(io.BytesIO(), key, random=os.urandom)
    sealer.write(b"MARKINGS ARE FOR TRAINING PURPOSES ONLY")
    sealed = sealer.finish()
    policy = policy or build_policy(str(uuid.uuid4()), ATTRIBUTES)
    service_key = current_wrapping_key(algorithm)
    share = wrap_share(
        key,
        public_key_pem=service_key.public_pem,
        kid=service_key.kid,
        url=url or node.house.urls.key_service,
        sid="",
        policy_text=policy,
        random=os.urandom,
    )
    assertions = [build_label_assertion(LABEL_XML, sealed.integrity, key)] if labelled else []
    return Sealed(key, build_manifest(policy, [share], sealed, assertions))


def register(node: Node, sealed: Sealed, *, kind: str = "original") -> Item:
    """The item and its manifest, as the store holds them after registration."""
    fingerprint = manifest_fingerprint(sealed.manifest)
    item = Item.objects.create(
        id=node.house.new_id("itm"),
        uuid=fingerprint.uuid,
        originator="USA",
        held_as="own",
        programme="MONSOON-LARK",
        label={},
        title="Guidance section",
        file_name="guidance.pdf",
        media_type="application/pdf",
        state="registered",
        registered_at=node.clock.now(),
    )
    RegisteredManifest.objects.create(
        id=node.house.new_id("man"),
        item=item,
        kind=kind,
        policy_uuid=fingerprint.uuid,
        content=sealed.manifest_bytes,
        fingerprint=fingerprint.as_dict(),
        registration=b"",
        registered_at=node.clock.now(),
    )
    return item


def release_case(node: Node, item: Item, sealed: Sealed) -> tuple[ReleaseCase, Sealed]:
    """A release of the item with its registered manifest, which wraps the key of `sealed` under a policy of its own."""
    officer = add_person(node, Role.RELEASE_OFFICER)
    released = seal(node, key=sealed.key, url="http://ind.localhost:8202")
    fingerprint = manifest_fingerprint(released.manifest)
    manifest = RegisteredManifest.objects.create(
        id=node.house.new_id("man"),
        item=item,
        kind="release",
        policy_uuid=fingerprint.uuid,
        content=released.manifest_bytes,
        fingerprint=fingerprint.as_dict(),
        registration=b"",
        registered_at=node.clock.now(),
    )
    case = ReleaseCase.objects.create(
        id=node.house.new_id("rel"),
        number=f"REL-2026-{ReleaseCase.objects.count() + 1:04}",
        item=item,
        nation="IND",
        facility="IND-F001",
        purpose="joint programme",
        state="sent",
        asked_by=officer.person,
        asked_at=node.clock.now(),
        company="USA-C001",
        manifest=manifest,
    )
    return case, released


def record(
    node: Node, item: Item, actor: Actor, *, action: str = "open", permitted: bool = True, case: str | None = None
) -> str:
    """A decision as the verb that made it leaves it; `case` when it is about a release."""
    reference = node.house.new_id("dec")
    DecisionRecord.objects.create(
        id=reference,
        action=action,
        actor=actor.person,
        item=item.id,
        permitted=permitted,
        decision={},
        facts={"release": {"kind": "ReleaseFacts", "release": case}} if case else {"release": None},
        at=node.clock.now(),
        entry=node.house.new_id("ent"),
    )
    return reference
