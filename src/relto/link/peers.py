"""Which nation stands at the other end of a TLS connection.

Rule: a node's certificate names its nation in one URI subject alternative name, `urn:relto:node:` and the ISO 3166-1
alpha-3 code (RFC 5280 section 4.2.1.6; countryName holds two letters only), and is issued directly by the authority
that is pinned for THAT nation: the authority of one partner cannot make a certificate for another. The TLS layer has
checked the chain before; this binds the chain to the nation.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes

from relto.base.errors import MalformedInput, Misconfigured, NotAuthenticated
from relto.base.nations import Nation, read_nation

URN = "urn:relto:node:"
_LARGEST_PEM = 64 * 1024


class LinkPeers:
    """The pinned certificate authorities of the partner nations; `fingerprints`: their hex SHA-256, as bundles say."""

    def __init__(self, authorities: Mapping[Nation, bytes]) -> None:
        """`authorities`: PEM of each partner's CA certificate. Raises Misconfigured without a readable one."""
        if not authorities:
            raise Misconfigured("link_ca", field="link.partner_ca", expected="the partner's CA certificate")
        try:
            self._authorities = {nation: x509.load_pem_x509_certificate(pem) for nation, pem in authorities.items()}
        except ValueError as error:
            raise Misconfigured("link_ca", field="link.partner_ca", expected="a PEM certificate") from error
        self.fingerprints = {
            nation: certificate.fingerprint(hashes.SHA256()).hex() for nation, certificate in self._authorities.items()
        }
        self.bundle = "\n".join(pem.decode("ascii", "replace") for pem in authorities.values())
        self.nation_of = lru_cache(maxsize=64)(self._nation_of)

    def _nation_of(self, certificate_pem: str) -> Nation:
        """The nation that a client certificate proves. Raises NotAuthenticated."""
        refused = NotAuthenticated("link_peer", field="certificate", expected="a partner node's certificate")
        if not certificate_pem or len(certificate_pem) > _LARGEST_PEM:
            raise refused
        try:
            certificate = x509.load_pem_x509_certificate(certificate_pem.encode("ascii"))
            nation = certificate_nation(certificate)
            certificate.verify_directly_issued_by(self._authorities[nation])
        except (ValueError, TypeError, KeyError, InvalidSignature, MalformedInput) as error:
            raise refused from error
        return nation


def certificate_nation(certificate: x509.Certificate) -> Nation:
    """The nation that a certificate names. Raises MalformedInput unless it names exactly one."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound as error:
        raise MalformedInput("link_peer", field="certificate", expected=f"a URI name {URN}<nation>") from error
    stated = [
        uri.removeprefix(URN)
        for uri in names.get_values_for_type(x509.UniformResourceIdentifier)
        if uri.startswith(URN)
    ]
    if len(stated) != 1:
        raise MalformedInput("link_peer", field="certificate", expected=f"one URI name {URN}<nation>")
    return read_nation(stated[0], field="certificate")
