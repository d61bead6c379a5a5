"""Client certificates of people (PIV, CAC and their like), as the portal's own proxy hands them over after mutual TLS.

Rules: a header is believed only from this machine or a proxy that the settings name, and only with the secret that the
proxy and this node share: the proxy has seen the holder use her private key. Everything else is checked here again: the
chain to the authorities of the settings and to nothing else, validity (RFC 5280 section 6.1), the use clientAuth
(section 4.2.1.12), and, when lists are given, that no certificate of the chain is on its issuer's list (section 6.3). A
list that is missing, stale or not its issuer's refuses.
"""

from __future__ import annotations

import hmac
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from relto.base.errors import Misconfigured, NotAuthenticated
from relto.base.instants import Instant

CERTIFICATE: Final = "HTTP_RELTO_CLIENT_CERTIFICATE"
SECRET: Final = "HTTP_RELTO_PROXY_SECRET"  # noqa: S105  a header's name
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1"})
_LARGEST_CERTIFICATE: Final = 16 * 1024
_LARGEST_FILE: Final = 64 * 1024 * 1024
_SHORTEST_SECRET: Final = 32


@dataclass
class ClientCertificates:
    """Judges what the proxy hands over; one for a process.

    `anchors`: the authorities; `between`: certificates between them and people's; `lists`: a PEM file of revocation
    lists, read again when it changes, or None; `proxies`: addresses besides this machine's own.
    """

    secret: str
    anchors: Sequence[x509.Certificate]
    between: Sequence[x509.Certificate] = ()
    lists: Path | None = None
    proxies: frozenset[str] = frozenset()
    _read: tuple[tuple[int, int], tuple[x509.CertificateRevocationList, ...]] = field(default=((0, 0), ()))

    def presented(self, meta: Mapping[str, object], now: Instant) -> tuple[str, str]:
        """Issuer and SHA-256 fingerprint of the certificate that came with a request (WSGI environment).

        Raises NotAuthenticated("certificate") for whatever is wrong with it.
        """
        given, secret = str(meta.get(CERTIFICATE, "")), str(meta.get(SECRET, ""))
        from_proxy = str(meta.get("REMOTE_ADDR", "")) in _LOOPBACK | self.proxies
        shared = hmac.compare_digest(secret.encode("utf-8", "replace"), self.secret.encode("utf-8"))
        if not (from_proxy and shared) or not given or len(given) > _LARGEST_CERTIFICATE:
            raise NotAuthenticated("certificate")
        try:
            certificate = x509.load_pem_x509_certificate(unquote(given).encode("ascii"))
            builder = PolicyBuilder().store(Store(list(self.anchors))).time(now.astimezone(UTC).replace(tzinfo=None))
            chain = builder.build_client_verifier().verify(certificate, list(self.between)).chain
            uses = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
            if ExtendedKeyUsageOID.CLIENT_AUTH not in uses:
                raise NotAuthenticated("certificate")
            self._require_unrevoked(chain, now)
        except (ValueError, TypeError, VerificationError, x509.ExtensionNotFound, UnsupportedAlgorithm) as error:
            raise NotAuthenticated("certificate") from error
        return certificate.issuer.rfc4514_string(), certificate.fingerprint(hashes.SHA256()).hex()

    def _require_unrevoked(self, chain: Sequence[x509.Certificate], now: Instant) -> None:
        if self.lists is None:
            return
        known = self._lists(self.lists)
        for certificate, issuer in itertools.pairwise(chain):
            if not any(_clears(one, certificate, issuer, now) for one in known):
                raise NotAuthenticated("certificate")

    def _lists(self, file: Path) -> tuple[x509.CertificateRevocationList, ...]:
        try:
            state = file.stat()
            seen = (state.st_mtime_ns, state.st_size)
            if self._read[0] != seen:
                self._read = seen, tuple(_revocation_lists(_bytes_of(file)))
        except OSError as error:
            raise NotAuthenticated("certificate") from error
        return self._read[1]


def read_client_certificates(
    *, authority_file: str, secret_file: str, revocation_file: str, proxies: Sequence[str]
) -> ClientCertificates:
    """What the settings name. Raises Misconfigured without a readable authority or a secret of 32 characters."""
    try:
        found = x509.load_pem_x509_certificates(_bytes_of(Path(authority_file)))
    except (OSError, ValueError) as error:
        raise _wrong(
            "authority_file", "PEM certificates of the authorities that issue people's certificates"
        ) from error
    anchors = [one for one in found if one.issuer == one.subject]
    if not anchors:
        raise _wrong("authority_file", "at least one authority that signed itself")
    try:
        secret = _bytes_of(Path(secret_file)).decode("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise _wrong("proxy_secret_file", "a file that this process may read") from error
    if len(secret) < _SHORTEST_SECRET:
        raise _wrong("proxy_secret_file", f"at least {_SHORTEST_SECRET} random characters")
    lists = Path(revocation_file) if revocation_file else None
    if lists is not None:
        try:
            _revocation_lists(_bytes_of(lists))
        except (OSError, ValueError) as error:
            raise _wrong("revocation_file", "PEM revocation lists") from error
    between = [one for one in found if one.issuer != one.subject]
    return ClientCertificates(secret, anchors, between, lists, frozenset(proxies))


def _clears(
    found: x509.CertificateRevocationList, certificate: x509.Certificate, issuer: x509.Certificate, now: Instant
) -> bool:
    """Whether this is the issuer's own list, holds now, and does not name the certificate."""
    until = found.next_update_utc
    holds = found.last_update_utc <= now and until is not None and now < until
    if found.issuer != issuer.subject or not holds:
        return False
    key = issuer.public_key()
    signed = isinstance(key, ec.EllipticCurvePublicKey | rsa.RSAPublicKey) and found.is_signature_valid(key)
    return signed and found.get_revoked_certificate_by_serial_number(certificate.serial_number) is None


def _revocation_lists(data: bytes) -> list[x509.CertificateRevocationList]:
    end = b"-----END X509 CRL-----"
    return [x509.load_pem_x509_crl(part + end + b"\n") for part in data.split(end)[:-1]]


def _bytes_of(file: Path) -> bytes:
    with file.open("rb") as source:
        data = source.read(_LARGEST_FILE + 1)
    if len(data) > _LARGEST_FILE:
        raise ValueError(file.name)
    return data


def _wrong(name: str, expected: str) -> Misconfigured:
    return Misconfigured("sign_in", field=f"sign_in.certificates.{name}", expected=expected)
