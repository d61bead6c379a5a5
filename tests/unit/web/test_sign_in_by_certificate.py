"""Signing in with a client certificate that the portal's proxy saw: whose it is said by the registrar, once."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from django.test import Client
from pytest_django import Settings

from relto.adapters.client_certificates import CERTIFICATE, SECRET, ClientCertificates, read_client_certificates
from relto.base.errors import Misconfigured
from relto.services import sign_in_bindings
from relto.store.models import Account, PortalSession
from tests.support.houses import START
from tests.unit.web.portal import Portal, signed_in

PATH, WORD = "/en/account/certificate/", "a secret of the proxy's and the portal's own"
DAY = timedelta(days=1)
CLIENT, SERVER = ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH


@dataclass
class Issuer:
    """An authority that issues people's certificates."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    def person(self, *, use: x509.ObjectIdentifier = CLIENT, ends: datetime = START + DAY) -> x509.Certificate:
        """A card's certificate for authentication."""
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a person")])
        key = ec.generate_private_key(ec.SECP256R1())
        identity = x509.SubjectAlternativeName([x509.UniformResourceIdentifier("urn:uuid:1d2c")])
        made = _builder(name, self.certificate.subject, key, ends).add_extension(identity, critical=False)
        made = made.add_extension(x509.ExtendedKeyUsage([use]), critical=False)
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        return made.add_extension(issuer, critical=False).sign(self.key, hashes.SHA256())

    def revocations(self, *revoked: x509.Certificate, until: datetime = START + DAY) -> bytes:
        """Its revocation list."""
        made = x509.CertificateRevocationListBuilder().issuer_name(self.certificate.subject)
        made = made.last_update(START - DAY).next_update(until)
        for one in revoked:
            entry = x509.RevokedCertificateBuilder().serial_number(one.serial_number).revocation_date(START - DAY)
            made = made.add_revoked_certificate(entry.build())
        return made.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def _builder(
    name: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, ends: datetime
) -> x509.CertificateBuilder:
    made = x509.CertificateBuilder().subject_name(name).issuer_name(issuer).public_key(key.public_key())
    return made.serial_number(x509.random_serial_number()).not_valid_before(START - DAY).not_valid_after(ends)


def _issuer(name: str) -> Issuer:
    key = ec.generate_private_key(ec.SECP256R1())
    called = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    usage = x509.KeyUsage(
        digital_signature=False, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=True, crl_sign=True, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    made = _builder(called, called, key, START + 90 * DAY)
    made = made.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    made = made.add_extension(usage, critical=True)
    made = made.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    return Issuer(made.sign(key, hashes.SHA256()), key)


@pytest.fixture
def issuer(portal: Portal, settings: Settings) -> Issuer:
    assert portal
    found = _issuer("people's authority")
    settings.RELTO_CLIENT_CERTIFICATES = ClientCertificates(WORD, [found.certificate])
    return found


def _shows(browser: Client, certificate: x509.Certificate, **other: Any) -> Any:
    pem = certificate.public_bytes(serialization.Encoding.PEM).decode()
    return browser.post(PATH, **{CERTIFICATE: quote(pem), SECRET: WORD, **other})


def _bind(portal: Portal, browser: Client, card: x509.Certificate, who: str) -> None:
    told = re.search(r"who-[a-z2-7]{52}", _shows(browser, card).content.decode())
    assert told
    registrar, person = portal.node.actor("registrar"), portal.node.people[who]
    sign_in_bindings.bind(portal.node.house, registrar, person=person, kind="certificate", code=told[0])


def test_she_signs_in_with_her_card_and_confirms_a_decision_with_it(portal: Portal, issuer: Issuer) -> None:
    browser, card = Client(), issuer.person()
    refused = _shows(browser, card)
    assert refused.status_code == 401
    assert "no registrar of this node has said whose it is" in refused.content.decode()
    _bind(portal, browser, card, "release_officer")
    assert _shows(browser, card)["Location"] == "/en/"
    assert browser.get("/en/desk/").status_code == 200
    account = Account.objects.get(person_id=portal.node.people["release_officer"])
    assert PortalSession.objects.get(account=account).how == "certificate"
    by_password = signed_in(account, "password")
    assert "Confirm with the client certificate" in by_password.get("/en/account/step-up/").content.decode()
    assert _shows(by_password, card)["Location"] == "/en/account/step-up/"
    assert by_password.get("/en/desk/").status_code == 200
    assert _shows(Client(), issuer.person()).status_code == 401, "another card of the same authority is nobody's"


def test_a_header_is_believed_from_the_proxy_with_its_secret_alone(portal: Portal, issuer: Issuer) -> None:
    browser, card = Client(), issuer.person()
    _bind(portal, browser, card, "engineer")
    for other in (
        {SECRET: ""},
        {SECRET: WORD + "x"},
        {"REMOTE_ADDR": "192.0.2.7"},
        {CERTIFICATE: ""},
        {CERTIFICATE: "no certificate"},
        {CERTIFICATE: "A" * 20_000},
    ):
        assert _shows(Client(), card, **other).status_code == 401, other
    assert browser.get(PATH).status_code == 405


def test_what_has_ended_serves_for_something_else_or_comes_from_others_is_refused(
    portal: Portal, issuer: Issuer
) -> None:
    others = _issuer("people's authority")
    wrong = (issuer.person(ends=START - timedelta(hours=1)), issuer.person(use=SERVER), others.person())
    for card in (*wrong, issuer.certificate):
        answer = _shows(Client(), card)
        assert answer.status_code == 401
        assert "who-" not in answer.content.decode(), "it is not even said whose it could be"
    assert portal


def test_a_revoked_card_and_a_stale_or_foreign_list_are_refused(
    portal: Portal, issuer: Issuer, settings: Settings, tmp_path: Path
) -> None:
    card, other = issuer.person(), issuer.person()
    _bind(portal, Client(), card, "engineer")
    lists = tmp_path / "lists.pem"
    lists.write_bytes(issuer.revocations(other))
    settings.RELTO_CLIENT_CERTIFICATES = ClientCertificates(WORD, [issuer.certificate], lists=lists)
    assert _shows(Client(), card).status_code == 302
    for content in (
        issuer.revocations(other, card),
        issuer.revocations(until=START - timedelta(hours=1)),
        _issuer("people's authority").revocations(),
        _issuer("another authority").revocations(),
        b"",
    ):
        lists.write_bytes(content)
        assert _shows(Client(), card).status_code == 401
    lists.unlink()
    assert _shows(Client(), card).status_code == 401


def test_without_an_authority_there_is_no_such_way_in(portal: Portal, tmp_path: Path) -> None:
    assert Client().post(PATH).status_code == 404
    assert "client certificate" not in Client().get("/en/account/sign-in/").content.decode()
    secret, authority = tmp_path / "secret", tmp_path / "authority.pem"
    secret.write_text(WORD, "ascii")
    named: dict[str, Any] = {"secret_file": str(secret), "revocation_file": "", "proxies": []}
    for content in (None, b"", b"no certificate"):
        if content is not None:
            authority.write_bytes(content)
        with pytest.raises(Misconfigured):
            read_client_certificates(authority_file=str(authority), **named)
    authority.write_bytes(_issuer("a").certificate.public_bytes(serialization.Encoding.PEM))
    assert read_client_certificates(authority_file=str(authority), **named).anchors
    secret.write_text("short", "ascii")
    with pytest.raises(Misconfigured):
        read_client_certificates(authority_file=str(authority), **named)
    assert portal
