"""A node's settings: read strictly, and refused by name where a production node would be insecure."""

from __future__ import annotations

import re
import socket
from datetime import timedelta
from pathlib import Path

import pytest

from relto.adapters.training_clock import put_ahead
from relto.base.errors import Misconfigured
from relto.node.checks import findings, is_free, require_free_ports, require_sound
from relto.node.django_shell import database
from relto.node.settings import Dpop, is_host, is_origin, read_settings

SETTINGS = """nation = "USA"
host = "node.example"
kind = "live"
bind = "127.0.0.1"
master_secret = "credential:master"

[ports]
portal = 8400
key_service = 8401
relay = 8402
inner = 8403
link = 8404

[urls]
portal = "https://node.example"
key_service = "https://keys.node.example"
relay = "https://relay.node.example"
link = "https://node.example:8404"

[[witnesses]]
name = "witness.example"
url = "https://witness.example"
"""


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A live node with nothing wrong."""
    folder, credentials = tmp_path / "node", tmp_path / "credentials"
    for place in (folder, folder / "secrets", folder / "link", credentials):
        place.mkdir(mode=0o700)
    (folder / "node.toml").write_text(SETTINGS)
    for name in ("link/node.crt", "link/node.key", "link/authority.crt", "party.json"):
        (folder / name).touch()
    (credentials / "master").touch(mode=0o600)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(credentials))
    return folder


def change(root: Path, old: str, new: str) -> None:
    text = (root / "node.toml").read_text()
    assert old in text
    (root / "node.toml").write_text(text.replace(old, new, 1))


def named(root: Path) -> list[tuple[str, str | None]]:
    return [(found.reason, found.field) for found in findings(read_settings(root))]


def test_a_sound_live_node_has_no_findings(root: Path) -> None:
    assert named(root) == []
    require_sound(read_settings(root))


@pytest.mark.parametrize(
    ("old", "new", "reason", "field"),
    [
        ('nation = "USA"', 'nation = "Usa"', "nation", "nation"),
        ('nation = "USA"\n', "", "nation", "nation"),
        ('host = "node.example"', 'host = "no host"', "host", "host"),
        ('host = "node.example"', "host = 7", "missing", "host"),
        ('kind = "live"', 'kind = "test"', "kind", "kind"),
        ('bind = "127.0.0.1"\n', "", "missing", "bind"),
        ("portal = 8400", "portal = 0", "port", "ports.portal"),
        ("portal = 8400", "portal = 65536", "port", "ports.portal"),
        ("portal = 8400", "portal = true", "port", "ports.portal"),
        ("portal = 8400", 'portal = "8400"', "port", "ports.portal"),
        ("portal = 8400\n", "", "port", "ports.portal"),
        ("portal = 8400", "portal = 8401", "port_twice", "ports"),
        ("link = 8404", "link = 8404\nspare = 1", "unknown_setting", "ports.spare"),
        ('relay = "https', 'spare = "x"\nrelay = "https', "unknown_setting", "urls.spare"),
        ('bind = "', 'colour = "x"\nbind = "', "unknown_setting", "colour"),
        ('bind = "', 'database = "mysql:x@y"\nbind = "', "database", "database"),
        ('bind = "', 'database = 7\nbind = "', "database", "database"),
        ('"https://relay.node.example"', '"ftp://relay"', "url", "urls.relay"),
        ('"https://relay.node.example"', '"https://relay/path"', "url", "urls.relay"),
        ('"https://relay.node.example"', '"https://["', "url", "urls.relay"),
        ('"https://relay.node.example"', "7", "url", "urls.relay"),
        ('url = "https://witness.example"', "", "witnesses", "witnesses[0]"),
        ('url = "https://witness.example"', 'url = "here"', "witnesses", "witnesses[0].url"),
        ("[[witnesses]]", "[witnesses]", "witnesses", "witnesses"),
        ("[ports]", "[dpop]\nskew_seconds = 4\n[ports]", "dpop", "dpop.skew_seconds"),
        ("[ports]", "[dpop]\nskew_seconds = true\n[ports]", "dpop", "dpop.skew_seconds"),
        ("[ports]", "[dpop]\nnonce_required = 1\n[ports]", "dpop", "dpop.nonce_required"),
        ("[ports]", "[dpop]\nspare = 1\n[ports]", "unknown_setting", "dpop.spare"),
        ('bind = "', 'dpop = 7\nbind = "', "dpop", "dpop"),
        ('bind = "', 'training_clock = 7\nbind = "', "training_clock", "training_clock"),
        ("[ports]", "[ports", "syntax", "node.toml"),
    ],
)
def test_a_wrong_setting_is_refused_by_name(root: Path, old: str, new: str, reason: str, field: str) -> None:
    change(root, old, new)
    with pytest.raises(Misconfigured) as said:
        read_settings(root)
    assert (said.value.reason, said.value.field) == (reason, field)
    assert said.value.expected


@pytest.mark.parametrize(
    ("place", "mode"),
    [("db.node.example", "verify-full"), ("192.0.2.7", "verify-full"), ("/run/postgresql", None), ("127.0.0.1", None)],
)
def test_a_database_on_another_machine_proves_its_name_over_tls(root: Path, place: str, mode: str | None) -> None:
    change(root, 'bind = "', f'database = "postgresql:relto@{place}"\nbind = "')
    found = database(read_settings(root))
    assert (found["NAME"], found["HOST"], found.get("OPTIONS", {}).get("sslmode")) == ("relto", place, mode)


def test_how_proofs_are_judged_is_a_setting(root: Path) -> None:
    assert read_settings(root).dpop == Dpop(60, nonce_required=False)
    change(root, "[ports]", "[dpop]\nskew_seconds = 30\nnonce_required = true\n[ports]")
    assert read_settings(root).dpop == Dpop(30, nonce_required=True)


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ('"https://node.example"', '"http://node.example"', ("plain_http", "urls.portal")),
        ('"https://node.example:8404"', '"http://node.example:8404"', ("plain_http", "urls.link")),
        ("https://keys.node.example", "https://usa.localhost:1", ("loopback", "urls.key_service")),
        ("https://keys.node.example", "https://localhost", ("loopback", "urls.key_service")),
        ("https://keys.node.example", "https://127.8.0.1", ("loopback", "urls.key_service")),
        ("https://keys.node.example", "https://[::1]:7", ("loopback", "urls.key_service")),
        ("https://keys.node.example", "https://0.0.0.0", ("loopback", "urls.key_service")),
        ("credential:master", "credential:other", ("master_secret", "master_secret")),
        ("credential:master", "secrets/master", ("master_secret_place", "master_secret")),
        ('[[witnesses]]\nname = "witness.example"\nurl = "https://witness.example"\n', "", ("no_witness", "witnesses")),
    ],
)
def test_what_a_live_node_may_not_have(root: Path, old: str, new: str, found: tuple[str, str]) -> None:
    secret = root / "secrets" / "master"
    secret.touch(mode=0o600)
    change(root, old, new)
    assert named(root) == [found]
    with pytest.raises(Misconfigured):
        require_sound(read_settings(root))
    if found[0] != "master_secret":
        change(root, 'kind = "live"', 'kind = "training"')
        assert named(root) == []


def test_a_live_node_follows_no_rehearsals_clock_and_a_training_node_one_that_is_there(root: Path) -> None:
    put_ahead(root.parent / "clock", timedelta(days=7))
    change(root, 'bind = "', 'training_clock = "../clock"\nbind = "')
    assert named(root) == [("training_clock", "training_clock")]
    with pytest.raises(Misconfigured):
        require_sound(read_settings(root))
    change(root, 'kind = "live"', 'kind = "training"')
    assert named(root) == []
    (root.parent / "clock").write_text("a week\n")
    assert named(root) == [("training_clock", "training_clock")]
    (root.parent / "clock").unlink()
    assert named(root) == [("training_clock", "training_clock")]


def test_a_name_that_only_looks_like_this_machine_is_no_finding(root: Path) -> None:
    change(root, "https://keys.node.example", "https://localhost.node.example")
    change(root, "credential:master", "../credentials/master")
    assert named(root) == []


@pytest.mark.parametrize("missing", ["link/node.crt", "link/node.key", "link/authority.crt", "party.json"])
def test_a_missing_certificate_is_named(root: Path, missing: str) -> None:
    (root / missing).unlink()
    assert [field for _, field in named(root)] == [missing]


def test_open_modes_are_named_on_every_node(root: Path, tmp_path: Path) -> None:
    change(root, 'kind = "live"', 'kind = "training"')
    root.chmod(0o750)
    (root / "secrets").chmod(0o701)
    (tmp_path / "credentials" / "master").chmod(0o604)
    assert named(root) == [
        ("open_folder", "node"),
        ("open_folder", "secrets"),
        ("open_master_secret", "master_secret"),
    ]


def test_a_credential_of_systemd_whose_access_list_shows_as_group_bits_is_private(root: Path, tmp_path: Path) -> None:
    (tmp_path / "credentials" / "master").chmod(0o440)
    assert named(root) == []


def test_a_folder_without_a_node_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for place in (tmp_path, tmp_path / "missing", tmp_path / "file"):
        with pytest.raises(Misconfigured, match=re.escape("misconfigured.no_node")):
            read_settings(place)


def test_a_port_in_use_is_named_by_its_setting(root: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert not is_free("127.0.0.1", port)
        change(root, "relay = 8402", f"relay = {port}")
        settings = read_settings(root)
        if all(is_free("127.0.0.1", other) for other in (8400, 8401)):
            with pytest.raises(Misconfigured) as said:
                require_free_ports(settings)
            assert (said.value.field, said.value.found) == ("ports.relay", port)
    assert is_free("127.0.0.1", port)


def test_hosts_and_origins() -> None:
    assert all(is_host(name) for name in ("a", "usa.localhost", "node-1.example", "10.0.0.1"))
    assert not any(is_host(name) for name in ("", "a b", "A.example", "-a", "a..b", "a.", 'a"b', "a" * 64, 7, None))
    assert is_origin("https://a")
    assert is_origin("http://a:1/")
    assert not is_origin("http://a", schemes=("https",))
    assert not any(is_origin(text) for text in ("", "a", "http://", "http://a:0", "http://a?x", "http://u@a", None))
