"""Stock software against two running nations.

A person uses the client she knows, at her own node, with her own credential. The story of the demo is played first,
over the wire; then otdf-python's own command line and the Go verifier have their turn.
"""

from __future__ import annotations

import base64
import io
import json
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from relto.base.errors import Conflict, MalformedInput, NotVerified
from relto.client import Announcement, Label
from relto.labels.attributes import NAMESPACE
from relto.ledger.checkpoint import origin_host
from relto.ledger.notes import KeyType
from relto.ledger.quorum import read_policy
from relto.rehearsal.cast import Member
from relto.rehearsal.straight_path import StraightPath
from relto.sealing.archive import open_archive
from relto.sealing.opening import read_container
from relto.sealing.policy import read_policy as read_policy_of
from relto.sealing.registration import container_identity
from tests.interop.conftest import run
from tests.interop.loopback_proxy import loopback_proxy
from tests.story.conftest import document, start_world
from tests.support.houses import PROGRAMME
from tests.support.stock_containers import SECRET_FOR_BOTH

pytestmark = pytest.mark.stock_client

PLAIN = bytes(range(256)) * 40
DENIED = "rpc error: code = PermissionDenied desc = forbidden"
TAMPERED = "rpc error: code = InvalidArgument desc = bad request"
SECRET_AT_HOME = ("classification/value/usa-secret", "owner/value/usa", "releasable-to/value/usa")
UNCLASSIFIED = ("classification/value/usa-unclassified", "owner/value/usa", "releasable-to/value/usa")


class StockClient:
    """otdf-python's command line, as a person would call it."""

    def __init__(self, python: Path, environment: dict[str, str], folder: Path) -> None:
        self._python = python
        self._environment = environment
        self.folder = folder

    def _call(self, member: Member, secret: str, *arguments: str | Path) -> tuple[int, str]:
        credential = self.folder / "credential.json"
        credential.write_text(json.dumps({"clientId": member.credential.client_id, "clientSecret": secret}), "utf-8")
        key_service = member.node.node().key_service_url
        options: list[str | Path] = [
            "--platform-url",
            key_service,
            "--plaintext",
            "--with-client-creds-file",
            credential,
        ]
        done = run([self._python, "-m", "otdf_python", *options, *arguments], environment=self._environment)
        return done.returncode, done.stderr

    def open(self, member: Member, container: Path, *, secret: str | None = None) -> tuple[bytes | None, str]:
        """The document, or None with what the client said."""
        output = self.folder / "opened"
        output.unlink(missing_ok=True)
        secret = secret or member.credential.client_secret
        code, said = self._call(member, secret, "decrypt", container, "--output", output)
        assert (code == 0) == output.exists(), said
        return (output.read_bytes() if code == 0 else None), said

    def seal(self, member: Member, plain: bytes, attributes: tuple[str, ...]) -> Path:
        """A container as the client makes it for the node that it was pointed at."""
        source, output = self.folder / "plain", self.folder / "sealed.tdf"
        source.write_bytes(plain)
        names = ",".join(f"{NAMESPACE}/attr/{name}" for name in attributes)
        secret = member.credential.client_secret
        code, said = self._call(member, secret, "encrypt", source, "--output", output, "--attributes", names)
        assert code == 0, said
        return output


def announced(level: str) -> Announcement:
    """What the engineer states of what her stock client sealed."""
    return Announcement(
        title="Sealed with another client",
        file_name="plan.bin",
        media_type="application/octet-stream",
        programme=PROGRAMME,
        label=Label(level=level, audience=["USA", "IND"]),
        export_controlled=True,
    )


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StraightPath]:
    """Both nations, running, with one document sealed, released, accepted and opened."""
    folder = tmp_path_factory.mktemp("interop")
    world = start_world(folder)
    path = world.path(document(folder / "documents", "plan.bin", PLAIN))
    try:
        assert path.play().as_expected
        yield path
    finally:
        path.usa.close()
        path.ind.close()
        world.supervisor.stop()


@pytest.fixture(scope="module")
def proxy() -> Iterator[dict[str, str]]:
    with loopback_proxy() as environment:
        yield environment


@pytest.fixture
def client(otdf_python: Path, proxy: dict[str, str], tmp_path: Path) -> StockClient:
    return StockClient(otdf_python, proxy, tmp_path)


@pytest.fixture
def home_item(story: StraightPath, tmp_path: Path) -> Path:
    """The US engineer's own item: one share, at her own key service."""
    node = story.usa["engineer"].node
    return node.download_container(node.items()[0].id, tmp_path / "home.tdf")


@pytest.fixture
def received_item(story: StraightPath, tmp_path: Path) -> Path:
    """The Indian engineer's item: two shares, one at each nation's key service."""
    node = story.ind["engineer"].node
    return node.download_container(node.items()[0].id, tmp_path / "received.tdf")


def test_an_engineer_opens_her_own_item_with_otdf_python(
    client: StockClient, story: StraightPath, home_item: Path
) -> None:
    opened, said = client.open(story.usa["engineer"], home_item)
    assert opened == PLAIN, said


def test_a_colleague_outside_the_programme_reads_the_clients_own_denial(
    client: StockClient, story: StraightPath, home_item: Path
) -> None:
    opened, said = client.open(story.usa["colleague"], home_item)
    assert opened is None
    assert DENIED in said


def test_a_wrong_secret_opens_nothing(client: StockClient, story: StraightPath, home_item: Path) -> None:
    engineer = story.usa["engineer"]
    opened, said = client.open(engineer, home_item, secret="x" * 43)
    assert opened is None
    assert "401" in said or "nauth" in said


def test_otdf_python_cannot_join_two_shares_and_writes_nothing(
    client: StockClient, story: StraightPath, received_item: Path
) -> None:
    opened, said = client.open(story.ind["engineer"], received_item)
    assert opened is None
    assert "InvalidTag" in said, "it takes one share for the whole key"


def test_a_container_of_the_partner_is_no_use_at_home(
    client: StockClient, story: StraightPath, received_item: Path
) -> None:
    opened, said = client.open(story.usa["engineer"], received_item)
    assert opened is None
    assert "Unable to unwrap the key" in said, "no address in it is one that her client would send her token to"


def test_an_edited_policy_is_called_tampering(client: StockClient, story: StraightPath, home_item: Path) -> None:
    with zipfile.ZipFile(home_item) as archive:
        manifest, payload = json.loads(archive.read("0.manifest.json")), archive.read("0.payload")
    policy = json.loads(base64.b64decode(manifest["encryptionInformation"]["policy"]))
    policy["body"]["dataAttributes"] = [
        item for item in policy["body"]["dataAttributes"] if "/programme/" not in item["attribute"]
    ]
    manifest["encryptionInformation"]["policy"] = base64.b64encode(json.dumps(policy).encode()).decode()
    with zipfile.ZipFile(home_item, "w") as archive:
        archive.writestr("0.payload", payload)
        archive.writestr("0.manifest.json", json.dumps(manifest))
    opened, said = client.open(story.usa["colleague"], home_item)
    assert opened is None
    assert TAMPERED in said


def test_what_otdf_python_seals_for_its_own_node_opens_once_it_is_submitted(
    client: StockClient, story: StraightPath
) -> None:
    engineer = story.usa["engineer"]
    sealed = client.seal(engineer, PLAIN, SECRET_FOR_BOTH)
    manifest = read_container(open_archive(io.BytesIO(sealed.read_bytes())))
    (access,) = manifest.key_access
    own = str(engineer.node.node().key_service_url)
    assert (access.type, access.url.removesuffix("/kas")) == ("wrapped", own)
    assert access.kid
    opened, said = client.open(engineer, sealed)
    assert opened is None, "nobody registered it, and it is above the level up to which that does not matter"
    assert DENIED in said

    with pytest.raises(NotVerified) as differs:
        engineer.node.submit(sealed, announced("CONFIDENTIAL"))
    assert differs.value.reason == "label_policy_mismatch"
    item = engineer.node.submit(sealed, announced("SECRET"))
    assert (item.uuid, item.state, item.banner) == (
        container_identity(read_policy_of(manifest.policy_text).uuid, access),
        "registered",
        "SECRET//REL TO USA, IND",
    )
    opened, said = client.open(engineer, sealed)
    assert opened == PLAIN, said

    opened, said = client.open(story.usa["colleague"], sealed)
    assert opened is None, "registered or not, she is not assigned to the programme"
    assert DENIED in said
    with pytest.raises(Conflict):
        engineer.node.submit(sealed, announced("SECRET"))


def test_an_unregistered_container_above_the_agreed_level_is_denied_and_the_reason_is_at_her_node(
    client: StockClient, story: StraightPath
) -> None:
    engineer = story.usa["engineer"]
    opened, said = client.open(engineer, client.seal(engineer, PLAIN, SECRET_AT_HOME))
    assert opened is None
    assert DENIED in said


def test_an_unclassified_container_of_otdf_python_opens_at_home(client: StockClient, story: StraightPath) -> None:
    engineer = story.usa["engineer"]
    sealed = client.seal(engineer, PLAIN, UNCLASSIFIED)
    opened, said = client.open(engineer, sealed)
    assert opened == PLAIN, said


def test_a_container_that_otdf_python_sealed_for_another_service_is_not_registered(
    client: StockClient, story: StraightPath
) -> None:
    sealed = client.seal(story.ind["engineer"], PLAIN, SECRET_FOR_BOTH)
    with pytest.raises(MalformedInput) as elsewhere:
        story.usa["engineer"].node.submit(sealed, announced("SECRET"))
    assert elsewhere.value.field == "keyAccess.url"


@pytest.mark.interop
@pytest.mark.parametrize("nation", ["usa", "ind"])
def test_go_verifies_what_a_running_node_exported(go_verifier: Path, story: StraightPath, nation: str) -> None:
    trust = read_policy(story.stage.trust_file.read_bytes())
    origin = f"{nation}.localhost/ledger"
    plain, *others = sorted(trust.log_keys(origin), key=lambda key: key.key_type)
    assert plain.key_type is KeyType.ED25519
    # A node's own cosigner says nothing about its own log; the partner's and both witnesses' lines are demanded.
    host = origin_host(origin)
    others += [key for key in trust.witness_keys if origin_host(key.name) != host]
    lines = [part for key in others for part in ("-line", key.vkey)]
    done = run([go_verifier, "folder", "-log", plain.vkey, *lines, story.stage.folder / f"ledger-{nation}"])
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["Origin"] == origin
    assert report["Inclusion"] == report["Size"] > 0
    assert report["Agreed"] > 0


def test_what_the_partner_has_withdrawn_is_denied_to_the_stock_client_too(
    client: StockClient, story: StraightPath, received_item: Path
) -> None:
    """The last test here: the release of the story ends."""
    officer = story.usa["release_officer"].node
    (case,) = officer.cases()
    officer.withdraw_release(case.id, "the stock client's story ends")
    engineer = story.ind["engineer"]
    seconds = time.monotonic() + 20
    while engineer.node.may_open(engineer.node.items()[0].id).permitted and time.monotonic() < seconds:
        time.sleep(0.2)
    opened, said = client.open(engineer, received_item)
    assert opened is None
    assert DENIED in said
