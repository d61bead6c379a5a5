"""`relto recover` as custodians use it: key files, passphrases, a record before any plaintext, nothing overwritten."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import stat
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from relto.base.errors import Conflict, MalformedInput, NotVerified, Refused, ReltoError
from relto.base.nations import Nation
from relto.cli.main import relto
from relto.client.custodian_files import make_key_file, public_file, read_key_file, uses_file
from relto.client.recovering import record_file, recover_document
from relto.client.sealing import (
    JointOrder,
    JointSealing,
    ManifestOrder,
    SealingOrder,
    ServiceKey,
    ShareOrder,
    sealed_container,
)
from relto.sealing.keys import generate_service_key, public_key_of
from relto.sealing.policy import build_policy
from relto.sealing.recovery_keys import CustodianKey, read_public_file
from relto.sealing.recovery_pieces import Holder, RecoveryOrder
from relto.sealing.recovery_record import read_record
from tests.support.custodians import PASSPHRASE, QUICK
from tests.unit.node.test_party_records import record
from tests.unit.node.test_settings_and_checks import SETTINGS

UUID, PARTNER_UUID = "3f1c8f1e-2a55-4a7c-9f2e-0a6d5b1f7c11", "3f1c8f1e-2a55-4a7c-9f2e-0a6d5b1f7c12"
ATTRIBUTES = ("https://relto.example/attr/classification/value/secret",)
LABEL = "<ConfidentialityLabel>training</ConfidentialityLabel>"
WHY = "The key service's token was destroyed in the flood."
AT = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
MOST_MEMORY = 150 * 1024 * 1024


@dataclass
class Vault:
    """Three custodians of each nation with their key files, and a folder to work in."""

    folder: Path
    files: dict[tuple[str, int], Path]

    def keys(self, *who: tuple[str, int]) -> dict[Path, CustodianKey]:
        return {self.files[one]: read_key_file(self.files[one], PASSPHRASE) for one in who}

    def order(self, nation: str) -> RecoveryOrder:
        found = [read_public_file(public_file(self.files[nation, number]).read_bytes()) for number in (1, 2, 3)]
        return RecoveryOrder(Nation(nation), 2, tuple(Holder(key.number, key.kid, key.pem) for key in found))

    @property
    def orders(self) -> tuple[RecoveryOrder, ...]:
        return self.order("USA"), self.order("IND")


BOTH = (("USA", 1), ("USA", 3), ("IND", 2), ("IND", 3))


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    files = {}
    for nation in ("USA", "IND"):
        for number in (1, 2, 3):
            files[nation, number] = tmp_path / f"{nation.lower()}-{number}.key"
            make_key_file(files[nation, number], Nation(nation), number, PASSPHRASE, cost=QUICK)
    return Vault(tmp_path, files)


def joint_container(vault: Vault, content: bytes) -> Path:
    """A container of two nations: each service would hold one share, each nation's custodians the pieces of it."""
    keys = {
        nation: ServiceKey(
            f"https://{nation.lower()}.localhost", f"{nation}-1", public_key_of(generate_service_key("ec:secp256r1"))
        )
        for nation in ("USA", "IND")
    }
    shares = tuple(ShareOrder(nation, key) for nation, key in keys.items())
    home, partner = (ManifestOrder(build_policy(one, ATTRIBUTES), shares) for one in (UUID, PARTNER_UUID))
    sealing = JointSealing(JointOrder(LABEL, "application/pdf", home, partner, vault.orders))
    place = vault.folder / "container.tdf"
    with place.open("wb") as out:
        out.writelines(sealing.container(io.BytesIO(content)))
    return place


def test_both_quorums_recover_a_two_nation_document_and_sign_what_they_did(vault: Vault) -> None:
    container, target = joint_container(vault, b"the interface"), vault.folder / "document.pdf"
    found = recover_document(container, vault.keys(*BOTH), target, reason=WHY, at=AT)
    assert target.read_bytes() == b"the interface"
    assert (found.size, found.label_xml, found.record) == (13, LABEL, record_file(target))
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    trusted = [key.public.statement_key for key in vault.keys(*BOTH).values()]
    said = read_record(record_file(target).read_bytes(), trusted)
    assert (said.container, said.reason, said.recovered_at) == (UUID, WHY, AT)
    assert [(use.nation, use.number, use.use) for use in said.uses] == [(*who, 1) for who in BOTH]
    assert b'"overdue-until-imported"' in _payload(record_file(target))
    assert not list(vault.folder.glob(".*.part"))


def _payload(record: Path) -> bytes:
    return base64.b64decode(json.loads(record.read_bytes())["payload"])


def test_each_use_of_a_key_is_numbered_and_names_the_record_before(vault: Vault) -> None:
    container = joint_container(vault, b"the interface")
    digests: list[str] = []
    for number in (1, 2, 3):
        target = vault.folder / f"document-{number}.pdf"
        recover_document(container, vault.keys(*BOTH), target, reason=WHY, at=AT)
        trusted = [key.public.statement_key for key in vault.keys(*BOTH).values()]
        said = read_record(record_file(target).read_bytes(), trusted)
        assert {use.use for use in said.uses} == {number}
        assert {use.previous for use in said.uses} == {digests[-1] if digests else ""}
        digests.append(said.digest)


def test_a_count_that_the_key_did_not_sign_stops_the_recovery(vault: Vault) -> None:
    container, target = joint_container(vault, b"the interface"), vault.folder / "document.pdf"
    recover_document(container, vault.keys(*BOTH), target, reason=WHY, at=AT)
    mine, theirs = (uses_file(vault.files["USA", number]) for number in (1, 3))
    mine.write_bytes(theirs.read_bytes())
    with pytest.raises(ReltoError):
        recover_document(container, vault.keys(*BOTH), vault.folder / "again.pdf", reason=WHY, at=AT)
    assert not (vault.folder / "again.pdf").exists()
    assert not record_file(vault.folder / "again.pdf").exists()


def test_one_nations_quorum_leaves_neither_document_nor_record(vault: Vault) -> None:
    container, target = joint_container(vault, b"the interface"), vault.folder / "document.pdf"
    with pytest.raises(Refused, match="IND: 2 of 3 needed, 1 given; USA: 2 of 3 needed, 2 given"):
        recover_document(container, vault.keys(*BOTH[:3]), target, reason=WHY, at=AT)
    assert not target.exists()
    assert not record_file(target).exists()
    assert not uses_file(vault.files["USA", 1]).exists()


@pytest.mark.parametrize("taken", ["document", "record", "link"])
def test_nothing_that_exists_is_overwritten(vault: Vault, taken: str) -> None:
    container, target = joint_container(vault, b"the interface"), vault.folder / "document.pdf"
    place = record_file(target) if taken == "record" else target
    if taken == "link":
        place.symlink_to(vault.folder / "nowhere")
    else:
        place.write_bytes(b"mine")
    with pytest.raises(Conflict, match="file_exists"):
        recover_document(container, vault.keys(*BOTH), target, reason=WHY, at=AT)
    assert taken == "link" or place.read_bytes() == b"mine"
    assert not uses_file(vault.files["USA", 1]).exists()


@pytest.mark.parametrize("reason", ["", "   ", "one\ntwo", "x" * 1001])
def test_without_a_reason_that_can_be_read_nothing_is_recovered(vault: Vault, reason: str) -> None:
    container, target = joint_container(vault, b"the interface"), vault.folder / "document.pdf"
    with pytest.raises(MalformedInput, match="reason"):
        recover_document(container, vault.keys(*BOTH), target, reason=reason, at=AT)
    assert not target.exists()


def test_a_tampered_last_segment_is_found_before_anything_is_written_or_numbered(vault: Vault) -> None:
    content = os.urandom(5 * 1024 * 1024)
    container, target = joint_container(vault, content), vault.folder / "document.pdf"
    data = bytearray(container.read_bytes())
    place = data.rindex(b"0.manifest.json", 0, data.rindex(b"PK\x01\x02"))
    data[place - 100] ^= 1  # the end of the payload, before the manifest's own header
    container.write_bytes(data)
    with pytest.raises(ReltoError):
        recover_document(container, vault.keys(*BOTH), target, reason=WHY, at=AT)
    assert not target.exists()
    assert not record_file(target).exists()
    assert not list(vault.folder.glob("*.uses.json"))
    assert not list(vault.folder.glob(".*.part"))


def test_an_own_item_of_one_nation_needs_its_own_custodians_only(vault: Vault) -> None:
    key = ServiceKey("https://usa.localhost", "USA-1", public_key_of(generate_service_key("ec:secp256r1")))
    order = SealingOrder(build_policy(UUID, ATTRIBUTES), LABEL, "application/pdf", key, (vault.order("USA"),))
    container, target = vault.folder / "own.tdf", vault.folder / "own.pdf"
    container.write_bytes(b"".join(sealed_container(io.BytesIO(b""), order)))
    recover_document(container, vault.keys(*BOTH[:2]), target, reason=WHY, at=AT)
    assert target.read_bytes() == b""
    with pytest.raises(ReltoError, match="custodian 2, IND"):
        recover_document(container, vault.keys(*BOTH[:3]), vault.folder / "x", reason=WHY, at=AT)


STREAM = """
import re, sys
from datetime import UTC, datetime
from pathlib import Path
from relto.client.custodian_files import read_key_file
from relto.client.recovering import recover_document
passphrase, container, target, *files = sys.argv[1:]
keys = {Path(file): read_key_file(Path(file), passphrase) for file in files}
recover_document(Path(container), keys, Path(target), reason="memory", at=datetime.now(UTC))
print(int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) * 1024)
"""


def test_64_mib_pass_through_flat_memory(vault: Vault) -> None:
    block = os.urandom(1024 * 1024)
    container, target = joint_container(vault, block * 64), vault.folder / "large.bin"
    files = [str(vault.files[who]) for who in BOTH]
    said = subprocess.run(
        [sys.executable, "-c", STREAM, PASSPHRASE, str(container), str(target), *files],
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(said.stdout) < MOST_MEMORY
    assert hashlib.sha256(target.read_bytes()).digest() == hashlib.sha256(block * 64).digest()


# --- the command -----------------------------------------------------------------------------------------------------


def typed(*words: str, passphrases: tuple[str, ...] = ()) -> str:
    said = CliRunner().invoke(relto, list(words), input="".join(f"{one}\n" for one in passphrases))
    if said.exception is not None:
        raise said.exception
    return said.output


def recover_words(vault: Vault, container: Path, target: Path, *who: tuple[str, int]) -> list[str]:
    keys = [word for one in who for word in ("--key", str(vault.files[one]))]
    return ["recover", *keys, str(container), "--output", str(target), "--reason", WHY]


def test_the_command_asks_for_each_passphrase_and_says_that_the_record_is_overdue(vault: Vault) -> None:
    container, target = joint_container(vault, b"the interface"), vault.folder / "document.pdf"
    said = typed(*recover_words(vault, container, target, *BOTH), passphrases=(PASSPHRASE,) * 4)
    assert "Passphrase of custodian 1, USA" in said
    assert "document.pdf.recovery.json is overdue until" in said
    assert PASSPHRASE not in said
    assert target.read_bytes() == b"the interface"


def test_a_wrong_passphrase_opens_nothing(vault: Vault) -> None:
    container, target = joint_container(vault, b"the interface"), vault.folder / "document.pdf"
    with pytest.raises(NotVerified, match="passphrase"):
        typed(*recover_words(vault, container, target, *BOTH), passphrases=(PASSPHRASE, "a wrong passphrase"))
    assert not target.exists()


def test_the_command_demands_a_reason(vault: Vault) -> None:
    container = joint_container(vault, b"the interface")
    with pytest.raises(MalformedInput, match="reason"):
        typed("recover", "--key", str(vault.files["USA", 1]), str(container), "--output", str(vault.folder / "x"))


def test_make_key_asks_twice_and_never_overwrites(tmp_path: Path) -> None:
    place = tmp_path / "mine.key"
    words = ("custodians", "make-key", str(place), "--nation", "USA", "--number", "2")
    said = typed(*words, passphrases=(PASSPHRASE, PASSPHRASE))
    assert "custodian: 2, USA" in said
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    public = read_public_file(public_file(place).read_bytes())
    assert (public.nation, public.number) == ("USA", 2)
    assert read_key_file(place, PASSPHRASE).public == public
    with pytest.raises(Conflict, match="key_exists"):
        typed(*words, passphrases=(PASSPHRASE, PASSPHRASE))


# --- test keys -------------------------------------------------------------------------------------------------------


@dataclass
class Ground:
    """A node's folder as far as the command looks at it, a service key's PEM, and a container for that key."""

    node: Path
    key: Path
    container: Path

    def open(self, target: Path, *more: str) -> str:
        words = ("recover", "--key", str(self.key), str(self.container), "--output", str(target), *more)
        return typed(*words)


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    made = Ground(tmp_path / "node", tmp_path / "service.pem", tmp_path / "own.tdf")
    private = generate_service_key("ec:secp256r1")
    public = public_key_of(private)
    made.node.mkdir()
    (made.node / "node.toml").write_text(SETTINGS.replace('kind = "live"', 'kind = "training"'))
    listed = {"kid": "USA-1", "algorithm": "ec:secp256r1", "pem": public}
    (made.node / "party.json").write_text(json.dumps({**json.loads(record(Nation("USA"))), "service_keys": [listed]}))
    made.key.write_text(private)
    order = SealingOrder(
        build_policy(UUID, ATTRIBUTES), LABEL, "text/plain", ServiceKey("https://usa.localhost", "USA-1", public)
    )
    made.container.write_bytes(b"".join(sealed_container(io.BytesIO(b"for training"), order)))
    return made


def test_a_training_nodes_service_key_opens_under_test_keys_and_leaves_no_record(ground: Ground) -> None:
    target = ground.node.parent / "opened.txt"
    said = ground.open(target, "--test-keys", "--node", str(ground.node))
    assert "no record" in said
    assert target.read_bytes() == b"for training"
    assert not record_file(target).exists()


def test_a_live_node_refuses_test_keys_by_name(ground: Ground) -> None:
    settings = ground.node / "node.toml"
    settings.write_text(settings.read_text().replace('kind = "training"', 'kind = "live"'))
    assert 'kind = "live"' in settings.read_text()
    target = ground.node.parent / "opened.txt"
    with pytest.raises(Refused, match=r"test_keys.*'live'.*training node"):
        ground.open(target, "--test-keys", "--node", str(ground.node))
    assert not target.exists()


@pytest.mark.parametrize("how", ["without the option", "without a node", "with another key"])
def test_a_service_key_is_refused_by_name_anywhere_else(ground: Ground, how: str) -> None:
    more = {
        "without the option": ("--reason", WHY),
        "without a node": ("--test-keys",),
        "with another key": ("--test-keys", "--node", str(ground.node)),
    }[how]
    if how == "with another key":
        ground.key.write_text(generate_service_key("ec:secp256r1"))
    target = ground.node.parent / "opened.txt"
    with pytest.raises(Refused, match="test_keys"):
        ground.open(target, *more)
    assert not target.exists()
