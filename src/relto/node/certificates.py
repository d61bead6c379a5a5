"""The link's certificates: each nation's link authority signs its own node only, and peers pin that authority.

X.509 (RFC 5280) with ECDSA P-384. The node's certificate names the nation in a URI subject alternative name,
`urn:relto:node:<NATION>`, and is good for both sides of TLS. A partner trusts exactly one authority: the one pinned
at pairing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from relto.base.errors import Misconfigured
from relto.base.instants import Instant
from relto.base.nations import Nation

_AUTHORITY_YEARS = 10
_NODE_YEARS = 2


@dataclass(frozen=True, slots=True, repr=False)
class LinkCertificates:
    """PEM texts: the nation's link authority and the node's certificate; both private keys, the node's encrypted."""

    authority_pem: bytes
    authority_private_pem: bytes
    node_pem: bytes
    node_private_pem: bytes


def make_link_certificates(nation: Nation, host: str, now: Instant, passphrase: bytes) -> LinkCertificates:
    """A new link authority for `nation` and a node certificate under it, both valid from `now`."""
    authority_key = ec.generate_private_key(ec.SECP384R1())
    authority_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"relto link authority {nation}")])
    authority = (
        _builder(authority_name, authority_name, authority_key.public_key(), now, _AUTHORITY_YEARS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(authority_key.public_key()), critical=False)
        .sign(authority_key, hashes.SHA384())
    )
    node, node_key = _node_certificate(nation, host, now, authority_name, authority_key)
    return LinkCertificates(
        authority_pem=authority.public_bytes(serialization.Encoding.PEM),
        authority_private_pem=_private_pem(authority_key, serialization.NoEncryption()),
        node_pem=node.public_bytes(serialization.Encoding.PEM),
        node_private_pem=_private_pem(node_key, serialization.BestAvailableEncryption(passphrase)),
    )


def renewed_link_certificate(
    nation: Nation, host: str, now: Instant, passphrase: bytes, authority: tuple[bytes, bytes]
) -> tuple[bytes, bytes]:
    """A fresh node certificate and its private key, encrypted, in PEM; `authority`: certificate and key in PEM.

    Raises Misconfigured("link_authority") when the two are no link authority.
    """
    try:
        own = x509.load_pem_x509_certificate(authority[0])
        key = serialization.load_pem_private_key(authority[1], None)
    except ValueError as error:
        raise Misconfigured("link_authority", field="link/authority.crt", expected="a certificate in PEM") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != own.public_key():
        raise Misconfigured("link_authority", field="link/authority.crt", expected="that of the sealed key")
    node, node_key = _node_certificate(nation, host, now, own.subject, key)
    private = _private_pem(node_key, serialization.BestAvailableEncryption(passphrase))
    return node.public_bytes(serialization.Encoding.PEM), private


def _node_certificate(
    nation: Nation, host: str, now: Instant, authority_name: x509.Name, authority_key: ec.EllipticCurvePrivateKey
) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    node_key = ec.generate_private_key(ec.SECP384R1())
    node_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    names = [x509.DNSName(host), x509.UniformResourceIdentifier(f"urn:relto:node:{nation}")]
    node = (
        _builder(node_name, authority_name, node_key.public_key(), now, _NODE_YEARS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False
        )
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False)
        .sign(authority_key, hashes.SHA384())
    )
    return node, node_key


def certificate_sha256(pem: bytes) -> str:
    """The SHA-256 fingerprint of a certificate's DER form, lower-case hex."""
    return x509.load_pem_x509_certificate(pem).fingerprint(hashes.SHA256()).hex()


def _builder(
    subject: x509.Name, issuer: x509.Name, public_key: ec.EllipticCurvePublicKey, now: Instant, years: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=365 * years))
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _private_pem(key: ec.EllipticCurvePrivateKey, protection: serialization.KeySerializationEncryption) -> bytes:
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, protection)
