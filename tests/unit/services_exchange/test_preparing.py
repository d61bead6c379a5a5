"""A decided release whose key service is away is prepared later, and is not hammered meanwhile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from relto.base.canonical import Json
from relto.base.errors import Unreachable
from relto.services.preparing import Preparation
from relto.store.models import Item, ReleaseCase
from tests.unit.services_exchange.world import World


@dataclass
class AwayKeyService:
    """A key service that does not answer."""

    asked: int = 0

    def check_manifest(self, manifest: bytes) -> Mapping[str, Json]:
        raise Unreachable("key_service")

    def check_joint_manifests(self, manifests: Sequence[bytes]) -> None:
        raise Unreachable("key_service")

    def release_manifest(self, case: str) -> bytes:
        self.asked += 1
        raise Unreachable("key_service")

    def share_for_session(
        self, decision: str, key_access: Mapping[str, Json], policy: str, session_key: str
    ) -> Mapping[str, Json]:
        raise Unreachable("key_service")

    def share_for_reader(
        self, decision: str, reader: str, key_access: Mapping[str, Json], policy: str, session_key: str
    ) -> Mapping[str, Json]:
        raise Unreachable("key_service")

    def courier_key(self, key_access: Mapping[str, Json], policy: str) -> bytes:
        raise Unreachable("key_service")


def test_a_release_waits_for_its_key_service_with_growing_pauses(world: World) -> None:
    now = world.clock.moment
    item = Item.objects.create(
        id="itm_a", uuid="u", originator="USA", held_as="own", label={}, title="", file_name="", media_type="x/y",
        state="registered", registered_at=now,
    )  # fmt: skip
    ReleaseCase.objects.create(
        id="rel_a", number="REL-2026-0001", item=item, nation="IND", facility="IND-F001", purpose="", reason="",
        state="released", asked_by="prs_a", asked_at=now, company="A", decided_at=now,
    )  # fmt: skip
    service = AwayKeyService()
    preparation = Preparation(replace(world.usa, key_service=service), "worker")
    for _ in range(3):
        assert preparation.prepare_releases() == 0
    assert service.asked == 1
    asked_after = []
    for _ in range(40):
        world.clock.pass_time(seconds=0.25)
        before = service.asked
        preparation.prepare_releases()
        asked_after.append(service.asked - before)
    assert service.asked == 5, "after half a second, one, two and four more"
    assert asked_after.index(1) < 3
