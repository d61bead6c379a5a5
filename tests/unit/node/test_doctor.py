"""`relto node doctor`: each seeded misconfiguration is found, alone, with what mends it; a sound node gives none."""

from __future__ import annotations

import json
import os
import runpy
import shutil
import socket
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from relto.adapters.words import LANGUAGES, sentence
from relto.base.instants import instant_text
from relto.base.nations import Nation
from relto.ledger.notes import sign
from relto.node.certificates import make_link_certificates
from relto.node.children import heartbeat_file
from relto.node.doctor.case import World
from relto.node.doctor.examination import examine
from relto.node.doctor.troubles import KINDS, LOOKS, Report
from relto.node.keys import LINK_PASSPHRASE, log_keys
from relto.node.settings import read_settings
from relto.node.wiring import open_secrets
from relto.witness.process import WitnessServer
from tests.unit.node.doctored import HOST, Seeded, made_live, retire_in_tables

USA = Nation("USA")
_NOBODY = "http://127.0.0.1:1"


@pytest.fixture
def node(made: tuple[Seeded, WitnessServer], tmp_path: Path) -> Seeded:
    shutil.copytree(made[0].root, tmp_path / "node")
    return Seeded(tmp_path / "node")


@pytest.fixture
def look(django_db_blocker: Any, settings: Any) -> Iterator[Callable[..., Report]]:
    """The doctor itself, with the migrations as a node has them, and a machine that has nothing wrong."""
    settings.MIGRATION_MODULES = {}
    world: dict[str, Any] = {"room": lambda _: (1 << 40, 1 << 40), "core_limit": lambda: 0}
    with django_db_blocker.unblock():
        yield lambda one, **changed: examine(one.root, World(**{**world, **changed}))


class AnsweringWitness:
    """The witness of a live node, which another machine would be."""

    def __init__(self, _name: str, _url: str) -> None:
        pass

    def newest(self, _origin: str) -> bytes | None:
        return None

    def close(self) -> None:
        pass


def in_days(days: float) -> dict[str, Any]:
    """What a look is told when it is made so many days later."""
    return {"now": lambda: datetime.now(UTC) + timedelta(days=days), "backup_days": 36500}


def new_link(node: Seeded, *, at: datetime | None = None, parts: str = "authority certificate key") -> None:
    secrets = open_secrets(read_settings(node.root))
    passphrase = secrets.unseal(LINK_PASSPHRASE).hex().encode()
    other = make_link_certificates(USA, HOST, at or datetime.now(UTC), passphrase)
    for part, place, pem in (
        ("authority", node.folder.link_authority, other.authority_pem),
        ("certificate", node.folder.link_certificate, other.node_pem),
        ("key", node.folder.link_private_key, other.node_private_pem),
    ):
        if part in parts.split():
            place.write_bytes(pem)


def ahead_of_time(node: Seeded) -> None:
    """A checkpoint that this node signed tomorrow, as after somebody turned the clock back."""
    settings = read_settings(node.root)
    keys = log_keys(open_secrets(settings), settings)
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    text = f"{settings.ledger_origin}\n1\n{'A' * 43}=\n".encode()
    note = sign(text, keys.both(), int(tomorrow.timestamp())).data.decode()
    node.tables(
        "INSERT INTO store_checkpoint (size, root, note, signed_at) VALUES (1, ?, ?, ?)",
        bytes(32),
        note,
        tomorrow.isoformat(" "),
    )


def item_without_payload(node: Seeded) -> None:
    columns = "id uuid originator held_as programme label title file_name media_type export_controlled state"
    columns += " payload_blob payload_offset payload_size payload_crc32 payload_sha256 plaintext_size sealed_by"
    columns += " marking_check check_reason registered_at"
    values: list[object] = ["itm_1", "u", "USA", "own", "", "{}", b"", b"", "text/plain", 1, "registered"]
    values += ["ab" * 16, 0, 1, 0, "ab" * 32, 1, "", "{}", b"", datetime.now(UTC).isoformat(" ")]
    places = ", ".join("?" * len(values))
    node.tables(f"INSERT INTO store_item ({columns.replace(' ', ', ')}) VALUES ({places})", *values)  # noqa: S608  our own


def add_settings(text: str) -> Callable[[Seeded], None]:
    def change(node: Seeded) -> None:
        place = node.folder.settings_file
        place.write_text(place.read_text() + text)

    return change


def changed(old: str, new: str) -> Callable[[Seeded], None]:
    return lambda node: node.setting(old, new)


def without(path: str) -> Callable[[Seeded], None]:
    def change(node: Seeded) -> None:
        place = node.root / path
        shutil.rmtree(place) if place.is_dir() else place.unlink()

    return change


def mode(path: str, value: int) -> Callable[[Seeded], None]:
    return lambda node: (node.root / path).chmod(value)


def content(path: str, data: bytes) -> Callable[[Seeded], object]:
    return lambda node: (node.root / path).write_bytes(data)


def taken(node: Seeded) -> None:
    node.held.append(socket.create_server(("127.0.0.1", read_settings(node.root).ports.relay)))


def other_owner(node: Seeded) -> None:
    if os.geteuid():
        pytest.skip("to give a file to another user, run the tests as root in a container")
    os.chown(node.folder.link_private_key, 65534, -1)


def door(node: Seeded, *, days: float) -> None:
    made = make_link_certificates(USA, HOST, datetime.now(UTC) - timedelta(days=730 - days), b"door")
    (node.root / "tls").mkdir(mode=0o700)
    from cryptography.hazmat.primitives import serialization as forms  # noqa: PLC0415  this seed alone

    key = forms.load_pem_private_key(made.node_private_pem, b"door")
    plain = key.private_bytes(forms.Encoding.PEM, forms.PrivateFormat.PKCS8, forms.NoEncryption())
    node.folder.door_certificate.write_bytes(made.node_pem)
    node.folder.door_private_key.write_bytes(plain)
    node.folder.door_private_key.chmod(0o600)


OPENID = """
[sign_in.openid]
issuer = "http://127.0.0.1:1/realm"
client_id = "relto"
secret_file = "SECRET"
"""


def provider(node: Seeded) -> None:
    secret = node.root.parent / "client-secret"
    secret.write_text("made up")
    add_settings(OPENID.replace("SECRET", str(secret)))(node)


def elsewhere(node: Seeded) -> None:
    """The witness has moved, and nobody told the node."""
    (name, url), *_ = read_settings(node.root).witnesses
    assert name
    node.setting(url, _NOBODY)


def no_such_module(node: Seeded) -> None:
    pin = node.root.parent / "pin"
    pin.write_text("1234")
    pin.chmod(0o600)
    node.setting("bind =", f'key_store = "pkcs11:token=a?module-path=/no&pin-source={pin}"\nbind =')


MAIL = '\n[mail]\nhost = "127.0.0.1"\nport = 1\nsender = "relto@usa.example"\nsecurity = "none"\n'
SERVICE_KEYS = "UPDATE store_servicekey SET state = 'retired' WHERE purpose = ?"
SEEDS: list[tuple[str, str, Callable[[Seeded], object], dict[str, Any]]] = [
    ("no_node", "folder", without("node.toml"), {}),
    ("settings_syntax", "node.toml", content("node.toml", b"nation = [\n"), {}),
    ("unknown_setting", "urls.portals", changed("[urls]\n", '[urls]\nportals = "http://usa.localhost"\n'), {}),
    ("setting", "kind", changed('kind = "training"', 'kind = "trial"'), {}),
    ("setting", "mail.password_file", add_settings(f'{MAIL}password_file = "/nonexistent/password"\n'), {}),
    ("place_missing", "ledger", without("ledger"), {}),
    ("open_place", "secrets/master.secret", mode("secrets/master.secret", 0o644), {}),
    ("open_place", "link/node.key", mode("link/node.key", 0o640), {}),
    ("open_place", "data", mode("data", 0o755), {}),
    ("wrong_owner", "link/node.key", other_owner, {}),
    ("not_writable", "log", mode("log", 0o500), {}),
    ("disk_nearly_full", ".", lambda _: None, {"room": lambda _: (100 << 20, 1 << 40)}),
    ("rotation_unfinished", ".secrets.next", lambda node: (node.root / ".secrets.next").mkdir(), {}),
    ("no_backup", "last-backup.json", lambda _: None, in_days(8) | {"backup_days": 7}),
    ("master_secret", "secrets/master.secret", without("secrets/master.secret"), {}),
    ("master_secret", "secrets/master.secret", content("secrets/master.secret", bytes(31)), {}),
    ("secret_missing", "secrets/log-seeds.sealed", without("secrets/log-seeds.sealed"), {}),
    ("secret_sealed_otherwise", "secrets/cosigner-seeds.sealed", content("secrets/master.secret", bytes(32)), {}),
    ("party_record", "party.json", content("party.json", b"{}"), {}),
    ("party_differs", "party.json: link.ca_pem", new_link, {}),
    ("key_store", "key_store", no_such_module, {}),
    ("no_current_key", "token", lambda node: node.tables(SERVICE_KEYS, "token"), {}),
    ("certificate_missing", "link/authority.crt", without("link/authority.crt"), {}),
    ("certificate_unreadable", "link/node.crt", content("link/node.crt", b"-----BEGIN"), {}),
    ("certificate_expired", "link/node.crt", lambda node: node.bundle(ends=timedelta(days=3000)), in_days(731)),
    ("certificate_ends_soon", "link/node.crt", lambda node: node.bundle(ends=timedelta(days=3000)), in_days(715)),
    ("certificate_key_differs", "link/node.key", lambda node: new_link(node, parts="key"), {}),
    ("certificate_foreign", "link/node.crt", lambda node: new_link(node, parts="certificate key"), {}),
    ("door_certificate", "tls/door.crt", lambda node: door(node, days=-1), {}),
    ("door_certificate_ends_soon", "tls/door.crt", lambda node: door(node, days=20), {}),
    ("partner_record", "partners/IND.json", content("partners/IND.json", b"{}"), {}),
    ("partner_authority", "partners/IND.link-authority.crt", without("partners/IND.link-authority.crt"), {}),
    ("database_unreachable", "database", changed("bind =", 'database = "postgresql:relto@/nonexistent"\nbind ='), {}),
    ("database_unreachable", "data/relto.sqlite3", content("data/relto.sqlite3", b"no database" * 100), {}),
    ("database_missing", "data/relto.sqlite3", without("data/relto.sqlite3"), {}),
    (
        "database_unmigrated",
        "database",
        lambda node: node.tables(
            "DELETE FROM django_migrations WHERE id = (SELECT max(id) FROM django_migrations WHERE app = 'store')"
        ),
        {},
    ),
    (
        "database_newer",
        "database",
        lambda node: node.tables(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('store', '9999_x', '2026')"
        ),
        {},
    ),
    ("database_foreign", "database", changed(f'host = "{HOST}"', 'host = "another.localhost"'), {}),
    ("blob_missing", f"blob {'ab' * 16}", item_without_payload, {}),
    ("clock_behind", "clock", ahead_of_time, {}),
    ("bundle_expired", "bundle 1", lambda node: node.bundle(), in_days(366)),
    ("bundle_ends_soon", "bundle 1", lambda node: node.bundle(ends=timedelta(days=20)), {}),
    (
        "bundle_unreadable",
        "bundle 1",
        lambda node: node.tables("UPDATE store_agreementbundle SET file = ?, digest = 'x'", b"{}"),
        {},
    ),
    ("port_taken", "ports.relay", taken, {}),
    ("witness_unreachable", "witnesses[0].url", elsewhere, {}),
    ("mail_refused", "mail.host", add_settings(MAIL), {}),
    ("provider_unreachable", "sign_in.openid.issuer", provider, {}),
    ("time_zones_old", "tzdata", lambda _: None, {"time_zones": "2019c"}),
]


@pytest.mark.parametrize(("code", "thing", "seed", "world"), SEEDS, ids=[f"{one[0]} {one[1]}" for one in SEEDS])
def test_a_seeded_misconfiguration_is_found_alone(
    node: Seeded,
    look: Callable[..., Report],
    code: str,
    thing: str,
    seed: Callable[[Seeded], object],
    world: dict[str, Any],
) -> None:
    seed(node)
    report = look(node, **world)
    for held in node.held:
        held.close()
    assert [(one.code, one.thing) for one in report.troubles] == [(code, thing)]
    (found,) = report.troubles
    assert report.exit_status == (2 if KINDS[code].stops else 1)
    assert found.fix(node.root)
    assert "{" not in found.fix(node.root)
    assert found.expected


def test_a_sound_node_gives_none_whether_it_runs_or_not_and_is_not_changed(
    node: Seeded, look: Callable[..., Report]
) -> None:
    before = listed(node.root)
    report = look(node)
    assert (report.troubles, report.not_looked_at, report.exit_status) == ((), (), 0)
    assert set(report.looked_at) == set(LOOKS)
    assert listed(node.root) == before
    with node.served():
        heartbeat_file(read_settings(node.root)).touch()
        assert look(node).troubles == ()


def listed(root: Path) -> dict[str, object]:
    """Every file and folder with its mode, its time of change and its bytes."""
    return {
        place.relative_to(root).as_posix(): (
            place.stat().st_mode,
            place.stat().st_mtime_ns,
            place.read_bytes() if place.is_file() else sorted(one.name for one in place.iterdir()),
        )
        for place in root.rglob("*")
    }


def test_of_a_running_node_it_tells_the_worker_the_witness_and_a_door_that_is_silent(
    node: Seeded, look: Callable[..., Report]
) -> None:
    with node.served():
        assert [one.code for one in look(node).troubles] == ["worker_not_running"]
        heartbeat_file(read_settings(node.root)).touch()
        late = look(node, now=lambda: datetime.now(UTC) + timedelta(hours=2))
        assert [one.code for one in late.troubles] == ["witness_late"]
        node.setting("relay = ", "relay = 1 #")
        assert [(one.code, one.thing) for one in look(node).troubles] == [("door_silent", "ports.relay")]


@pytest.mark.parametrize(
    ("code", "thing", "old", "new"),
    [
        ("plain_http", "urls.portal", 'portal = "https://', 'portal = "http://'),
        ("setting", "urls.relay", 'relay = "https://node.example', 'relay = "https://localhost'),
        ("no_witness", "witnesses", "[[witnesses]]", "[[witness_that_was]]"),
        ("core_dumps", "LimitCORE", "bind", "bind"),
        ("first_credentials_left", "first-credentials.json", "bind", "bind"),
        ("bundle_unconfirmed", "bundle 1", "bind", "bind"),
    ],
)
def test_what_only_a_live_node_may_not_have(
    node: Seeded, look: Callable[..., Report], code: str, thing: str, old: str, new: str
) -> None:
    made_live(node)
    world: dict[str, Any] = {"witness": AnsweringWitness}
    # Its only other trouble is that no live bundle can be had: no rule of this agreement is confirmed.
    assert [one.code for one in look(node, **world).troubles] == ["no_agreement"]
    node.setting(old, new)
    if code == "no_witness":
        place = node.folder.settings_file
        place.write_text(place.read_text().partition("[[witness_that_was]]")[0])
    if code == "core_dumps":
        world["core_limit"] = lambda: -1
    if code == "first_credentials_left":
        (node.root / thing).touch(mode=0o600)
    if code == "bundle_unconfirmed":
        node.bundle()
    found = [(one.code, one.thing) for one in look(node, **world).troubles if one.code != "no_agreement"]
    assert found == [(code, thing)]


def test_keys_that_the_agreement_demands_and_the_node_has_not(node: Seeded, look: Callable[..., Report]) -> None:
    retire_in_tables(node, "hpqt:secp384r1-mlkem1024")
    found = [(one.code, one.expected, one.found) for one in look(node).troubles]
    minimum = "hpqt:secp384r1-mlkem1024"
    assert ("wrapping_unavailable", minimum, "ec:secp256r1") in found
    node.tables("UPDATE store_servicekey SET kid = kid || 'x' WHERE purpose = 'wrapping' AND state = 'active'")
    assert {one.code for one in look(node).troubles} == {"bundle_key_unknown", "key_half_missing"}


def test_a_quarantine_and_a_ledger_that_was_found_changed(node: Seeded, look: Callable[..., Report]) -> None:
    now = instant_text(datetime.now(UTC))
    node.tables("INSERT INTO store_quarantine (id, since, findings, lifted_by) VALUES ('qua_1', ?, '[]', '')", now)
    node.tables(
        "INSERT INTO store_ledgercheck (finished_at, size, counts, named, digest, entry)"
        """ VALUES (?, 1, '{"entry_changed": 1}', '[]', '', '')""",
        now,
    )
    assert {one.code for one in look(node).troubles} == {"quarantined", "ledger_found"}


def test_every_code_and_look_has_words_in_both_languages_and_every_code_is_seeded() -> None:
    for language in LANGUAGES:
        for code in (*(f"doctor.{code}" for code in KINDS), *(f"doctor_look.{look}" for look in LOOKS)):
            assert sentence(code, language) != code
    seeded = {code for code, *_ in SEEDS}
    assert len(seeded) >= 40
    told_elsewhere = {"plain_http", "no_witness", "core_dumps", "first_credentials_left", "bundle_unconfirmed"}
    told_elsewhere |= {"no_agreement", "worker_not_running", "witness_late", "door_silent", "wrapping_unavailable"}
    told_elsewhere |= {"bundle_key_unknown", "key_half_missing", "quarantined", "ledger_found"}
    assert set(KINDS) - seeded - told_elsewhere == {"authority_ends_soon", "no_partner"}


def test_the_command_tells_it_all_in_words_and_as_json(
    made: tuple[Seeded, WitnessServer],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from relto.cli.main import run  # noqa: PLC0415  this test alone

    (tmp_path / "node.toml").write_text("nation = [")
    for words, expected in ((["--json"], "settings_syntax"), (["--language", "hi"], "रोकता है")):
        monkeypatch.setattr(sys, "argv", ["relto", *words, "node", "doctor", str(tmp_path)])
        with pytest.raises(SystemExit) as left:
            run()
        assert left.value.code == 2
        told = capsys.readouterr().out
        assert expected in told
        if "--json" in words:
            found = json.loads(told)["troubles"][0]
            assert set(found) == {"code", "stops", "thing", "expected", "found", "what", "fix"}
            assert json.loads(told)["not_looked_at"]


def test_the_page_says_what_the_table_of_codes_says() -> None:
    place = Path(__file__).resolve().parents[3] / "tools" / "write_doctor.py"
    made = runpy.run_path(str(place))
    assert made["PAGE"].read_text("utf-8") == made["page"](), "run make reference"
