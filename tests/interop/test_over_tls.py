"""The platform's Go SDK against two nodes whose key services and relays speak TLS under an authority of their own.

The client takes the authority's certificate as trust root, as its user would name it; nothing else differs from the
cells of the matrix, which run in the clear.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from relto.cli.demo import straight_path_on
from relto.node.training_ground import Ground, prepare_ground, start_ground
from relto.rehearsal.straight_path import StraightPath
from tests.interop.conftest import run_program
from tests.interop.loopback_proxy import loopback_proxy
from tests.interop.stock_clients import GoClient
from tests.story.conftest import document
from tests.support.certificates import make_authority, make_node_certificate

pytestmark = pytest.mark.interop

NATIONS = ("USA", "IND")
PLAIN = bytes(range(256)) * 40


def put_behind_tls(ground: Ground, folder: Path) -> Path:
    """Both nodes' key services and relays speak https; the file of the authority that certifies them."""
    authority = make_authority(folder, "USA")
    for nation in NATIONS:
        for place in (ground.node(nation) / "node.toml", ground.party(nation)):
            text = place.read_text("utf-8")
            for offset in (1, 2):
                name = f"{nation.lower()}.localhost:{ground.port(nation) + offset}"
                text = text.replace(f"http://{name}", f"https://{name}")
            place.write_text(text, "utf-8")
        made = make_node_certificate(folder, authority, host=f"{nation.lower()}.localhost")
        doors = ground.node(nation) / "tls"
        doors.mkdir(mode=0o700)
        made.certificate.rename(doors / "door.crt")
        made.private_key.rename(doors / "door.key")
    for nation, partner in zip(NATIONS, reversed(NATIONS), strict=True):
        run_program("node", "pair", ground.node(nation), "--party", ground.party(partner))
    return authority.file


@pytest.fixture(scope="module")
def authority_and_story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, StraightPath]]:
    """Both nations over TLS, with one document sealed, released, accepted and opened."""
    folder = tmp_path_factory.mktemp("tls")
    ground = prepare_ground(folder / "ground")
    with pytest.MonkeyPatch.context() as patch:
        authority = put_behind_tls(ground, folder)
        patch.setenv("SSL_CERT_FILE", str(authority))
        supervisor = start_ground(ground)
        story = straight_path_on(ground, [document(folder / "documents", "plan.bin", PLAIN)], lambda _step: None)
        try:
            assert story.play().as_expected
            yield authority, story
        finally:
            story.usa.close()
            story.ind.close()
            supervisor.stop()


@pytest.mark.parametrize("nation", ["usa", "ind"])
def test_the_go_sdk_opens_over_tls_under_the_nodes_authority(
    otdf_go: Path, authority_and_story: tuple[Path, StraightPath], tmp_path: Path, nation: str
) -> None:
    authority, story = authority_and_story
    engineer = (story.usa if nation == "usa" else story.ind)["engineer"]
    assert str(engineer.node.node().key_service_url).startswith("https://")
    container = engineer.node.download_container(engineer.node.items()[0].id, tmp_path / "item.tdf")
    target = tmp_path / "document"
    with loopback_proxy() as environment:
        done = GoClient([otdf_go], environment | {"SSL_CERT_FILE": str(authority)}, tmp_path).open(
            engineer, container, target
        )
        assert done.succeeded, done.said
        assert target.read_bytes() == PLAIN
        target.unlink()
        done = GoClient([otdf_go], environment | {"SSL_CERT_FILE": ""}, tmp_path).open(engineer, container, target)
    assert not done.succeeded
    assert "certificate" in done.said
    assert not target.exists()
