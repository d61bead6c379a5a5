"""Two nodes that exchange messages in one process: real services and stores, a network that tests can break."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, cast

from relto.adapters.system import SystemEntropy
from relto.base.canonical import Json
from relto.base.errors import ReltoError, Unreachable
from relto.base.instants import Instant
from relto.base.nations import Nation
from relto.ledger.notes import KeyType, NoteKey
from relto.ports.partners import KeyService, LinkAnswer
from relto.ports.surroundings import StoredBlob
from relto.procedures.actors import Actor, Role
from relto.rules.bundle import open_bundle
from relto.rules.manifest import sign_bundle
from relto.rules.training import build_training_bundle
from relto.sealing.courier_key import check_courier_policy, read_courier_key
from relto.sealing.keys import generate_service_key, public_key_of
from relto.sealing.wrapping import unwrap_share
from relto.services.house import House, NodeUrls
from relto.services.receiving import Handler, receive_message
from relto.services.sequencing import LogKeys
from relto.signing.keys import StatementKey, StatementPublicKey
from relto.store.committer import DirectCommitter
from relto.store.fields import use_field_key
from relto.store.models import AgreementBundle, SingleUse
from tests.support.blobs_of_tests import blobs_in

USA, IND = Nation("USA"), Nation("IND")
NOW = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
BODY: dict[str, Json] = {"statement": {"payload": "e30=", "payloadType": "text/plain", "signatures": [{}]}}


@dataclass
class StandingClock:
    """A clock that stands until a test moves it."""

    moment: Instant = NOW

    def now(self) -> Instant:
        return self.moment

    def pass_time(self, **parts: float) -> None:
        self.moment += timedelta(**parts)


def authority(nation: str) -> StatementKey:
    return StatementKey.from_seeds(
        f"authority.{nation.lower()}", nation.encode() * 10 + b"AU", nation.encode() * 10 + b"BU"
    )


def node_key(nation: str) -> StatementKey:
    return StatementKey.from_seeds(f"node.{nation.lower()}", nation.encode() * 10 + b"NO", nation.encode() * 10 + b"DE")


def log_keys(nation: str) -> LogKeys:
    origin = f"{nation.lower()}.localhost/log"
    return LogKeys(
        NoteKey.from_seed(origin, KeyType.ED25519, nation.encode() * 10 + b"L1"),
        NoteKey.from_seed(origin, KeyType.MLDSA44_COSIGNATURE, nation.encode() * 10 + b"L2"),
    )


def cosigner_keys(name: str) -> tuple[NoteKey, NoteKey]:
    seed = name.encode().ljust(31, b"-")[:31]
    return (
        NoteKey.from_seed(name, KeyType.ED25519_COSIGNATURE, seed + b"1"),
        NoteKey.from_seed(name, KeyType.MLDSA44_COSIGNATURE, seed + b"2"),
    )


WRAPPING = "hpqt:secp384r1-mlkem1024"


@cache
def service_key(nation: Nation) -> str:
    del nation  # each nation has its own, made once a run
    return generate_service_key(WRAPPING)


def pinned() -> dict[Nation, StatementPublicKey]:
    return {nation: authority(nation).public for nation in (USA, IND)}


def party(nation: Nation) -> dict[str, Json]:
    keys = log_keys(nation)
    host = f"https://{nation.lower()}.localhost"
    return {
        "authority_keys": [cast("dict[str, Json]", authority(nation).public.as_dict())],
        "node_keys": [cast("dict[str, Json]", node_key(nation).public.as_dict())],
        "link_ca_fingerprints": ["0" * 64],
        "kas_url": f"{host}/kas",
        "relay_url": f"{host}/relay",
        "kas_keys": [{"kid": "k1", "algorithm": WRAPPING, "pem": public_key_of(service_key(nation))}],
        "log": {
            "origin": f"{nation.lower()}.localhost/log",
            "vkeys": [keys.ed25519.verifier.vkey, keys.mldsa44.verifier.vkey],
        },
        "witness_vkeys": [key.vkey for key in cosigner_keys(f"witness-{nation.lower()}.localhost/w")],
        "cosigner_vkeys": [key.vkey for key in cosigner_keys(f"{nation.lower()}.localhost/cosigner")],
    }


_signed: list[bytes] = []


def _limits() -> dict[str, Any]:
    """The training limits, and one that an agreement may name: when a receipt is asked for (LIM-11)."""
    found: dict[str, Any] = json.loads(resources.files("relto.rules").joinpath("data/limits.json").read_bytes())
    like = found["limits"]["witness_late_limit"]
    found["limits"]["transfer_receipt_follow_up"] = {**like, "value": 45, "unit": "day"}
    return found


def agreement() -> bytes:
    """The signed training bundle, made once a run."""
    if not _signed:
        data = resources.files("relto.labels").joinpath("data")
        unsigned = build_training_bundle(
            parties={nation: party(nation) for nation in (USA, IND)},
            programmes=[],
            schemes={nation: data.joinpath(f"{nation.lower()}.json").read_bytes() for nation in (USA, IND)},
            version=1,
            supersedes=None,
            effective_from=NOW - timedelta(days=30),
            expires=datetime(2046, 1, 1, tzinfo=UTC),
            limits=_limits(),
        )
        _signed.append(sign_bundle(sign_bundle(unsigned, authority(USA)), authority(IND)))
    return _signed[0]


@cache
def _digest() -> str:
    """Of the agreement, which opens once a run with all its checks."""
    return open_bundle(agreement(), authorities=pinned(), at=NOW, active_version=None, node_kind="training").digest


def activate_agreement() -> None:
    AgreementBundle.objects.create(
        agreement="IND-USA",
        version=1,
        digest=_digest(),
        file=agreement(),
        effective_from=NOW - timedelta(days=30),
        expires=datetime(2046, 1, 1, tzinfo=UTC),
        activated_at=NOW,
    )


@dataclass
class Applied:
    """A handler that leaves one row for each application.

    A second one for the same message would break a constraint.
    """

    refuse: ReltoError | None = None

    def __call__(
        self,
        house: House,
        sender: Nation,
        body: Mapping[str, Json],
        message_id: str,
        payload: StoredBlob | None,
        *,
        at: Instant,
    ) -> None:
        if self.refuse is not None:
            raise self.refuse
        SingleUse.objects.create(purpose="applied", value=message_id, expires_at=at)

    @staticmethod
    def count() -> int:
        return SingleUse.objects.filter(purpose="applied").count()


@dataclass
class LoopLink:
    """The way to the other node without a wire; `fault` may raise before or after the other side has worked."""

    sender: Nation
    receiver: House
    handlers: Mapping[str, Handler]
    before: Callable[[str], None] = lambda _: None
    after: Callable[[str], None] = lambda _: None
    answers: list[LinkAnswer] = field(default_factory=list)

    def send_message(self, envelope: bytes, *, payload_size: int = 0) -> LinkAnswer:
        self.before("message")
        answer = receive_message(self.receiver, self.sender, envelope, self.handlers)
        self.answers.append(answer)
        self.after("message")
        return answer

    def payload_held(self, sha256: str) -> int:
        self.before("held")
        return self.receiver.blobs.partial_size(sha256)

    def send_payload(self, sha256: str, size: int, offset: int, chunks: Iterator[bytes]) -> int:
        self.before("payload")
        return self.receiver.blobs.append_partial(sha256, offset, chunks, size)

    def request_share(self, envelope: bytes) -> LinkAnswer:
        raise Unreachable("partner")

    def add_checkpoint(self, body: bytes) -> tuple[int, bytes]:
        raise Unreachable("partner")

    def reconcile(self, envelope: bytes) -> LinkAnswer:
        raise Unreachable("partner")


@dataclass
class World:
    """Both nodes. They share one database, whose rows tell them apart by partner and direction."""

    clock: StandingClock
    usa: House
    ind: House
    to_ind: LoopLink
    to_usa: LoopLink
    applied: Applied


@dataclass(frozen=True)
class CourierKeys:
    """No share is wrapped in these stories; the keys of courier bundles are unwrapped for real."""

    nation: Nation

    def courier_key(self, key_access: Mapping[str, Json], policy: str) -> bytes:
        check_courier_policy(policy, self.nation)
        return unwrap_share(read_courier_key(key_access), service_key(self.nation), policy)


def make_house(nation: Nation, clock: StandingClock, folder: Path, partners: dict[Nation, LoopLink]) -> House:
    host = f"https://{nation.lower()}.localhost"
    return House(
        nation=nation,
        kind="training",
        ledger_origin=f"{nation.lower()}.localhost/log",
        urls=NodeUrls(host, f"{host}/kas", f"{host}/relay"),
        clock=clock,
        entropy=SystemEntropy(),
        blobs=blobs_in(folder / nation),
        committer=DirectCommitter(),
        node_key=node_key(nation),
        authorities=pinned(),
        key_service=cast("KeyService", CourierKeys(nation)),
        partners=partners,
    )


def make_world(folder: Path) -> World:
    use_field_key(b"f" * 32)
    clock, applied = StandingClock(), Applied()
    usa_partners: dict[Nation, LoopLink] = {}
    ind_partners: dict[Nation, LoopLink] = {}
    usa = make_house(USA, clock, folder, usa_partners)
    ind = make_house(IND, clock, folder, ind_partners)
    handlers: dict[str, Handler] = dict.fromkeys(("assurance", "release", "acceptance"), applied)
    usa_partners[IND] = LoopLink(USA, ind, handlers)
    ind_partners[USA] = LoopLink(IND, usa, handlers)
    return World(clock, usa, ind, usa_partners[IND], ind_partners[USA], applied)


def actor(*roles: Role, person: str = "prs_aaaaaaaaaaaaaaaaaaaaaaaa", company: str | None = None) -> Actor:
    return Actor(person, USA, company, None, frozenset(roles), frozenset())
