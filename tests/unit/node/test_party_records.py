"""Party records: checked whole before anything of them is pinned, drafted or trusted."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from relto.base.errors import MalformedInput, ReltoError, UnknownValue
from relto.base.nations import Nation
from relto.ledger.notes import KeyType, NoteKey
from relto.node.authority_key import make_authority_key, public_file, read_authority_key
from relto.node.certificates import certificate_sha256, make_link_certificates
from relto.node.drafting import bundle_summary, draft_training_bundle
from relto.node.folder import NodeFolder
from relto.node.party import pin_partner, pinned_partners, read_cosigners
from relto.rules.manifest import sign_bundle
from relto.sealing.keys import generate_service_key, public_key_of
from relto.signing.keys import StatementKey

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
USA, IND = Nation("USA"), Nation("IND")


@cache
def authority(nation: Nation) -> StatementKey:
    return StatementKey.from_seeds(f"{nation}/authority", nation.encode().ljust(32), nation.encode().rjust(32))


@cache
def record(nation: Nation) -> bytes:
    name = nation.lower()
    node = StatementKey.from_seeds(f"{nation}/node", os.urandom(32), os.urandom(32))
    pem = make_link_certificates(nation, f"{name}.localhost", NOW, b"passphrase").authority_pem

    def vkeys(of: str, first: KeyType) -> list[str]:
        return [
            NoteKey.from_seed(f"{name}.localhost/{of}", kind, os.urandom(32)).vkey
            for kind in (first, KeyType.MLDSA44_COSIGNATURE)
        ]

    content = {
        "nation": nation,
        "host": f"{name}.localhost",
        "portal_url": f"http://{name}.localhost:1",
        "key_service_url": f"http://{name}.localhost:2",
        "relay_url": f"http://{name}.localhost:3",
        "authority": dict(authority(nation).public.as_dict()),
        "node": dict(node.public.as_dict()),
        "link": {
            "url": f"https://{name}.localhost:4",
            "ca_pem": pem.decode(),
            "ca_sha256": certificate_sha256(pem),
        },
        "service_keys": [
            {
                "kid": f"{name}-1",
                "algorithm": "ec:secp256r1",
                "pem": public_key_of(generate_service_key("ec:secp256r1")),
            }
        ],
        "ledger": {"origin": f"{name}.localhost/ledger", "vkeys": vkeys("ledger", KeyType.ED25519)},
        "cosigner": {"vkeys": vkeys("cosigner", KeyType.ED25519_COSIGNATURE)},
        "witness": {
            "name": f"{name}.localhost/witness",
            "url": "http://127.0.0.1:5",
            "vkeys": vkeys("witness", KeyType.ED25519_COSIGNATURE),
        },
    }
    return json.dumps(content).encode()


def changed(change: Callable[[dict[str, Any]], object]) -> bytes:
    content = json.loads(record(IND))
    change(content)
    return json.dumps(content).encode()


@pytest.fixture
def folder(tmp_path: Path) -> NodeFolder:
    made = NodeFolder(tmp_path / "node")
    made.create()
    return made


def test_a_sound_record_is_pinned(folder: NodeFolder) -> None:
    party = pin_partner(folder, record(IND), USA)
    assert party.nation == IND
    assert [found.nation for found in pinned_partners(folder)] == [IND]
    assert folder.partner_link_authority(IND).read_text() == party.link_authority_pem
    assert party.log.origin == "ind.localhost/ledger"
    assert read_cosigners(record(IND)).witness_name == "ind.localhost/witness"


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("party.nation", lambda party: party.update(nation="India")),
        ("party.link", lambda party: party.pop("link")),
        ("party.link.url", lambda party: party["link"].update(url="http://ind.localhost:4")),
        ("party.link.ca_pem", lambda party: party["link"].update(ca_pem=7)),
        ("party.link.ca_pem", lambda party: party["link"].update(ca_pem="दिल्ली")),
        ("party.link.ca_sha256", lambda party: party["link"].pop("ca_sha256")),
        ("party.authority", lambda party: party.pop("authority")),
        ("party.authority.key_id", lambda party: party["authority"].update(owner="USA/authority")),
        ("party.authority.owner", lambda party: party.update(authority=party["node"])),
        ("party.node", lambda party: party.pop("node")),
        ("party.node.owner", lambda party: party.update(node=party["authority"])),
        ("party.relay_url", lambda party: party.update(relay_url="nowhere")),
        ("party.service_keys", lambda party: party.update(service_keys=[])),
        ("party.service_keys[0]", lambda party: party["service_keys"][0].pop("pem")),
        ("party.ledger.origin", lambda party: party.pop("ledger")),
        ("party.ledger.origin", lambda party: party["ledger"].update(origin="two\nlines")),
        ("party.ledger.vkeys", lambda party: party["ledger"].update(vkeys=["x"])),
        ("party.cosigner.vkeys", lambda party: party["cosigner"].update(vkeys=[7])),
        ("party.witness", lambda party: party.pop("witness")),
        ("party.witness", lambda party: party["witness"].update(url=7)),
        ("party.witness.vkeys", lambda party: party["witness"].pop("vkeys")),
    ],
)
def test_an_unfit_record_is_refused_by_name_and_nothing_is_pinned(
    folder: NodeFolder, field: str, change: Callable[[dict[str, Any]], object]
) -> None:
    with pytest.raises(ReltoError) as said:
        pin_partner(folder, changed(change), USA)
    assert said.value.field == field
    assert said.value.expected
    assert pinned_partners(folder) == []
    assert list((folder.root / "partners").iterdir()) == []


def test_the_own_nation_is_no_partner(folder: NodeFolder) -> None:
    with pytest.raises(MalformedInput) as said:
        pin_partner(folder, record(USA), USA)
    assert said.value.reason == "own_nation"


def draft(records: list[bytes], facilities: tuple[str, ...] = ("USA:USA-F014", "IND:IND-F007")) -> bytes:
    return draft_training_bundle(
        records, "MONSOON-LARK", facilities, version=1, effective_from=NOW, expires=NOW + timedelta(days=30)
    )


def test_a_draft_is_signed_by_both_and_then_says_what_it_holds() -> None:
    records = [record(USA), record(IND)]
    bundle = draft(records)
    for nation in (USA, IND):
        bundle = sign_bundle(bundle, authority(nation))
    summary = bundle_summary(bundle, records, NOW + timedelta(days=1))
    strongest = "hpqt:secp384r1-mlkem1024"
    minimums = summary["minimum_wrapping"]
    assert isinstance(minimums, dict)
    assert minimums["IND RESTRICTED"] == {"registered": "rsa:2048", "released": strongest}
    assert minimums["USA UNCLASSIFIED"] == {"registered": "rsa:2048", "released": "no rule loaded"}
    assert summary["agreement"] == "IND-USA"
    assert summary["programmes"] == ["MONSOON-LARK"]


def test_a_draft_needs_two_nations_and_their_own_facilities() -> None:
    for records in ([record(USA)], [record(USA), record(USA)], [record(USA), record(IND), record(IND)]):
        with pytest.raises(MalformedInput) as said:
            draft(records)
        assert said.value.field == "party"
    for facility, error in (("USA-F014", MalformedInput), ("FRA:FRA-F001", UnknownValue), ("USA:no", MalformedInput)):
        with pytest.raises(error) as wrong:
            draft([record(USA), record(IND)], (facility,))
        assert wrong.value.field == "facility"


def test_an_authority_key_is_made_once_and_read_again(tmp_path: Path) -> None:
    place = tmp_path / "apart" / "authority.key"
    key = make_authority_key(place, USA)
    assert read_authority_key(place).public == key.public
    assert place.stat().st_mode & 0o077 == 0
    assert json.loads(public_file(place).read_text()) == key.public.as_dict()
    before = place.read_bytes()
    with pytest.raises(ReltoError) as said:
        make_authority_key(place, IND)
    assert said.value.full_code == "conflict.key_exists"
    assert place.read_bytes() == before


def test_a_public_half_that_cannot_be_written_leaves_no_secret_half(tmp_path: Path) -> None:
    place = tmp_path / "authority.key"
    public_file(place).mkdir()
    with pytest.raises(MalformedInput) as said:
        make_authority_key(place, USA)
    assert said.value.field == "key file"
    assert not place.exists()


@pytest.mark.parametrize(
    "content", [b"", b"{}", b'{"type": "relto-authority-key", "owner": "USA/authority", "seeds": "AAAA"}', b"\xff"]
)
def test_a_malformed_key_file_is_named(tmp_path: Path, content: bytes) -> None:
    place = tmp_path / "authority.key"
    place.write_bytes(content)
    with pytest.raises(MalformedInput) as said:
        read_authority_key(place)
    assert said.value.field in {"key file", "seeds"}


def test_a_node_certificate_names_its_nation_under_its_own_authority() -> None:
    made = make_link_certificates(USA, "usa.localhost", NOW, b"passphrase")
    node = x509.load_pem_x509_certificate(made.node_pem)
    own = x509.load_pem_x509_certificate(made.authority_pem)
    node.verify_directly_issued_by(own)
    names = node.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.UniformResourceIdentifier) == ["urn:relto:node:USA"]
    assert names.get_values_for_type(x509.DNSName) == ["usa.localhost"]
    usages = node.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert set(usages) == {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH}
    assert not node.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    limits = own.extensions.get_extension_for_class(x509.BasicConstraints).value
    assert (limits.ca, limits.path_length) == (True, 0)
    assert isinstance(node.public_key(), ec.EllipticCurvePublicKey)
    assert b"ENCRYPTED" in made.node_private_pem
