"""Wrapping keys in a PKCS#11 token (OASIS PKCS#11 2.40): RSA and NIST curves, made there and never exported.

Rules: private halves are CKA_SENSITIVE and not CKA_EXTRACTABLE, may decrypt or derive and nothing else. RSA-OAEP runs
in the token (CKM_RSA_PKCS_OAEP, SHA-1 as the OpenTDF protocol demands); of a curve key the token computes the shared
point (CKM_ECDH1_DERIVE, no KDF), and that single-use secret comes out, for HKDF and AES run here. ML-KEM and the
composites are not in tokens that speak 2.40: such keys stay in sealed files. A private half is used only after its
public half in the token was compared with the one that the node's records name.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from relto.adapters.pkcs11_sessions import TokenSession, pkcs11_library, read_pin, unreachable
from relto.adapters.pkcs11_uri import TokenUri, identity_in, read_token_uri
from relto.base.errors import Misconfigured
from relto.ports.key_store import MadeKey
from relto.ports.surroundings import Entropy
from relto.sealing import der
from relto.sealing.keys import CURVES, RSA_SIZES, public_pem
from relto.sealing.outside_keys import OutsideCurveKey, OutsideRsaKey

_ID_BYTES = 16


class Pkcs11Token:
    """`relto.ports.key_store.KeyStore` in the token that a URI names."""

    def __init__(self, uri: TokenUri, entropy: Entropy, pin: Callable[[str], str] = read_pin) -> None:
        """`entropy`: for the keys' identifiers in the token; the keys are the token's own."""
        self._uri = uri
        self._entropy = entropy
        self._session = TokenSession(uri, pin)

    @classmethod
    def open(cls, setting: str, entropy: Entropy) -> Pkcs11Token:
        """The token of the setting `key_store`; it is first asked when it is needed. Raises Misconfigured."""
        pkcs11_library()
        return cls(read_token_uri(setting), entropy)

    def can_hold(self, algorithm: str) -> bool:
        """See the port: RSA and the NIST curves."""
        return algorithm.startswith(("rsa:", "ec:"))

    def require_answer(self) -> None:
        """See the port."""
        with self._session.entered():
            pass

    def generate(self, algorithm: str, kid_of: Callable[[str], str]) -> MadeKey:
        """See the port."""
        identity = self._entropy.random_bytes(_ID_BYTES)
        with self._session.entered() as (session, _):
            public, private = _generated(session, algorithm, identity)
            pem = _public_pem(public, algorithm)
            kid = kid_of(pem)
            for half in (public, private):
                half[pkcs11_library().Attribute.LABEL] = kid
        return MadeKey(kid, pem, self._uri.reference(identity))

    def key(self, reference: str, algorithm: str, public_pem: str) -> OutsideRsaKey | OutsideCurveKey:
        """See the port; Misconfigured for a reference into another token."""
        identity = identity_in(reference, self._uri.token)
        held = _Held(self._session, identity, algorithm, public_pem)
        return RsaKeyInToken(held) if algorithm.startswith("rsa:") else CurveKeyInToken(held)

    def destroy(self, reference: str) -> None:
        """See the port."""
        library = pkcs11_library()
        identity = identity_in(reference, self._uri.token)
        with self._session.entered() as (session, found):
            found.pop(identity, None)
            for kind in (library.ObjectClass.PRIVATE_KEY, library.ObjectClass.PUBLIC_KEY):
                attributes = {library.Attribute.CLASS: kind, library.Attribute.ID: identity}
                for half in list(session.get_objects(attributes)):
                    half.destroy()


class _Held:
    """One key in the token: found again in each session, and compared with its public half then."""

    def __init__(self, session: TokenSession, identity: bytes, algorithm: str, public_pem: str) -> None:
        self._session = session
        self._identity = identity
        self.algorithm = algorithm
        self._public_pem = public_pem

    def use(self, operation: Callable[[Any], bytes]) -> bytes:
        """What `operation` makes of the private half. Raises ValueError for an input that does not fit, Unreachable."""
        with self._session.entered() as (session, found):
            private = found.get(self._identity)
            if private is None:
                private = found[self._identity] = self._private_half(session)
            return operation(private)

    def _private_half(self, session: Any) -> Any:
        library = pkcs11_library()
        kinds = library.ObjectClass
        try:
            public = session.get_key(object_class=kinds.PUBLIC_KEY, id=self._identity)
            private = session.get_key(object_class=kinds.PRIVATE_KEY, id=self._identity)
        except library.exceptions.NoSuchKey as error:
            raise unreachable("key_store_key") from error
        if _public_pem(public, self.algorithm) != self._public_pem:
            raise unreachable("key_store_key")
        return private


class RsaKeyInToken(OutsideRsaKey):
    """An RSA private key in a token."""

    def __init__(self, held: _Held) -> None:
        """Use `Pkcs11Token.key`."""
        self._held = held

    def decrypt(self, data: bytes) -> bytes:
        """See OutsideRsaKey."""
        library = pkcs11_library()
        size = int(self._held.algorithm.removeprefix("rsa:")) // 8
        if len(data) != size:
            raise ValueError
        oaep = (library.Mechanism.SHA_1, library.MGF.SHA1, None)
        return self._held.use(
            lambda key: bytes(
                key.decrypt(data, mechanism=library.Mechanism.RSA_PKCS_OAEP, mechanism_param=oaep),
            )
        )


class CurveKeyInToken(OutsideCurveKey):
    """A private key on a NIST curve in a token."""

    def __init__(self, held: _Held) -> None:
        """Use `Pkcs11Token.key`."""
        self._held = held

    def agree(self, peer: ec.EllipticCurvePublicKey) -> bytes:
        """See OutsideCurveKey."""
        if f"ec:{peer.curve.name}" != self._held.algorithm:
            raise ValueError
        size = (peer.key_size + 7) // 8
        point = peer.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return self._held.use(lambda key: _agreed(key, point, size))


def _agreed(key: Any, point: bytes, size: int) -> bytes:
    library = pkcs11_library()
    attribute = library.Attribute
    secret = key.derive_key(
        library.KeyType.GENERIC_SECRET,
        size * 8,
        mechanism=library.Mechanism.ECDH1_DERIVE,
        mechanism_param=(library.KDF.NULL, None, point),
        template={attribute.TOKEN: False, attribute.SENSITIVE: False, attribute.EXTRACTABLE: True},
    )
    try:
        return bytes(secret[attribute.VALUE]).rjust(size, b"\x00")
    finally:
        secret.destroy()


def _generated(session: Any, algorithm: str, identity: bytes) -> tuple[Any, Any]:
    library = pkcs11_library()
    attribute = library.Attribute
    kind, _, name = algorithm.partition(":")
    private = {
        attribute.SENSITIVE: True,
        attribute.EXTRACTABLE: False,
        attribute.SIGN: False,
        attribute.UNWRAP: False,
        attribute.DECRYPT: kind == "rsa",
        attribute.DERIVE: kind == "ec",
    }
    if kind == "rsa" and int(name) in RSA_SIZES:
        made = session.generate_keypair(
            library.KeyType.RSA, int(name), id=identity, store=True, private_template=private
        )
    elif kind == "ec" and name in CURVES:
        from pkcs11.util.ec import encode_named_curve_parameters  # noqa: PLC0415  see pkcs11_library

        parameters = session.create_domain_parameters(
            library.KeyType.EC, {attribute.EC_PARAMS: encode_named_curve_parameters(name)}, local=True
        )
        made = parameters.generate_keypair(id=identity, store=True, private_template=private)
    else:
        raise Misconfigured("key_store", field="algorithm", found=algorithm, expected="RSA or a NIST curve")
    public, secret = made
    return public, secret


def _public_pem(public: Any, algorithm: str) -> str:
    """The SPKI PEM of a public key object. Raises ValueError for an object of another kind."""
    attribute = pkcs11_library().Attribute
    kind, _, name = algorithm.partition(":")
    if kind == "rsa":
        modulus, exponent = (
            int.from_bytes(bytes(public[part]), "big") for part in (attribute.MODULUS, attribute.PUBLIC_EXPONENT)
        )
        return public_pem(rsa.RSAPublicNumbers(exponent, modulus).public_key())
    point = bytes(public[attribute.EC_POINT])
    # The point is a DER OCTET STRING (PKCS#11 2.40); some modules give it bare, beginning with 4 as well.
    curve = CURVES[name]()
    bare = 1 + 2 * ((curve.key_size + 7) // 8)
    if len(point) != bare:
        point = der.read_only(point, der.OCTET_STRING)
    return public_pem(ec.EllipticCurvePublicKey.from_encoded_point(curve, point))
