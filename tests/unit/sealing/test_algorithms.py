"""Keys and wrapped shares have the bytes of the OpenTDF platform; what it lacks or we lack is refused by name."""

from __future__ import annotations

import base64
import os
from itertools import product

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from relto.base.errors import MalformedInput, NotVerified, UnknownValue, Unreachable
from relto.sealing import der
from relto.sealing.encapsulation import Wrapped, unwrap_bytes, wrap_bytes
from relto.sealing.hybrid import X_WING, load_hybrid_private, load_hybrid_public, read_pem
from relto.sealing.keys import (
    SERVICE_ALGORITHMS,
    generate_private_key,
    generate_service_key,
    load_private_key,
    load_public_key,
    public_key_of,
    public_pem,
)
from relto.sealing.outside_keys import OutsideCurveKey, OutsideRsaKey
from relto.sealing.strength import STRENGTHS, is_at_least, strength_of, strongest, type_of
from relto.sealing.wrapping import unwrap_share
from tests.unit.sealing.containers import POLICY, service_key, wrap

STRONGEST = "hpqt:secp384r1-mlkem1024"
# Beginnings, in hex, and lengths in bytes: SubjectPublicKeyInfo, PKCS#8, DER envelope.
FORMS = {
    "mlkem:768": (
        "308204b2300b0609608648016503040402038204a100",
        1206,
        "3054020100300b060960864801650304040204428040",
        86,
    ),
    "mlkem:1024": (
        "30820632300b06096086480165030404030382062100",
        1590,
        "3054020100300b060960864801650304040304428040",
        86,
    ),
    "hpqt:secp256r1-mlkem768": (
        "308204f2300a06082b0601050507063b038204e200",
        1270,
        "3081cb020100300a06082b0601050507063b0481b9",
        206,
    ),
    STRONGEST: ("30820692300a06082b0601050507063f0382068200", 1686, "3081f9020100300a06082b0601050507063f0481e7", 252),
}
ENVELOPES = {
    "mlkem:768": "308204828082044",
    "mlkem:1024": "308206628082062",
    "hpqt:secp256r1-mlkem768": "308204c380820481",
    STRONGEST: "308206c380820681",
}


def der_of(pem: str) -> bytes:
    return read_pem(pem, "PUBLIC KEY") or read_pem(pem, "PRIVATE KEY") or b""


def pem_of(kind: str, data: bytes) -> str:
    return f"-----BEGIN {kind}-----\n{base64.b64encode(data).decode()}\n-----END {kind}-----\n"


@pytest.mark.parametrize("algorithm", FORMS)
def test_post_quantum_keys_have_the_platforms_der_forms(algorithm: str) -> None:
    private = generate_service_key(algorithm)
    spki, pkcs8 = der_of(public_key_of(private)), der_of(private)
    spki_begins, spki_size, pkcs8_begins, pkcs8_size = FORMS[algorithm]
    assert (spki[: len(spki_begins) // 2].hex(), len(spki)) == (spki_begins, spki_size)
    assert pkcs8[: len(pkcs8_begins) // 2].hex() == pkcs8_begins
    assert len(pkcs8) == pkcs8_size
    wrapped = wrap_bytes(load_public_key(public_key_of(private)), bytes(32), os.urandom)
    assert wrapped.data.hex().startswith(ENVELOPES[algorithm])
    assert len(wrapped.data) == STRENGTHS[algorithm].size
    assert wrapped.data[-62:-60] == b"\x81\x3c"


def test_a_composite_takes_points_in_one_form_only() -> None:
    private = generate_service_key(STRONGEST)
    holder, recipient = load_hybrid_private(private), load_hybrid_public(public_key_of(private))
    assert holder is not None
    assert recipient is not None
    compressed = recipient.curve_key.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    bits = b"\x00" + recipient.kem.public_bytes_raw() + compressed
    spki = der.element(
        der.SEQUENCE,
        der.element(der.SEQUENCE, recipient.composite.identifier) + der.element(der.BIT_STRING, bits),
    )
    with pytest.raises(MalformedInput):
        load_public_key(pem_of("PUBLIC KEY", spki))
    key, ciphertext = recipient.encapsulate()
    assert holder.decapsulate(ciphertext) == key
    for wrong in (ciphertext[:-97] + compressed, ciphertext[:-1], ciphertext + b"\x00", b""):
        with pytest.raises(ValueError):  # noqa: PT011  the caller makes one error of all
            holder.decapsulate(wrong)


def test_x_wing_and_rsa_3072_are_refused_by_name() -> None:
    spki = der.element(der.SEQUENCE, der.element(der.SEQUENCE, X_WING) + der.element(der.BIT_STRING, bytes(1217)))
    pkcs8 = der.element(
        der.SEQUENCE,
        der.element(der.INTEGER, b"\x00")
        + der.element(der.SEQUENCE, X_WING)
        + der.element(der.OCTET_STRING, bytes(32)),
    )
    with pytest.raises(UnknownValue) as refused:
        load_public_key(pem_of("PUBLIC KEY", spki))
    assert refused.value.found == "hpqt:xwing"
    with pytest.raises(UnknownValue) as refused:
        load_private_key(pem_of("PRIVATE KEY", pkcs8))
    assert refused.value.found == "hpqt:xwing"
    medium = rsa.RSAPublicNumbers(65537, (1 << 3071) + 1).public_key()
    with pytest.raises(UnknownValue) as refused:
        load_public_key(public_pem(medium))
    assert refused.value.found == "rsa:3072"
    for name in ("hpqt:xwing", "rsa:3072"):
        with pytest.raises(UnknownValue) as refused:
            generate_private_key(name)
        assert refused.value.found == name
        with pytest.raises(UnknownValue):
            strength_of(name)


def test_every_algorithm_has_a_strength_and_the_composite_of_p384_is_above_all() -> None:
    assert tuple(STRENGTHS) == SERVICE_ALGORITHMS
    for name in SERVICE_ALGORITHMS:
        assert is_at_least(STRONGEST, name)
        assert is_at_least(name, name)
        assert is_at_least(name, STRONGEST) == (name == STRONGEST)
    assert strongest(reversed(SERVICE_ALGORITHMS)) == STRONGEST
    assert strongest(["ec:secp256r1", "rsa:4096"]) == "ec:secp256r1"
    assert strongest(["hpqt:xwing"]) == ""


def test_strength_is_an_order_in_which_classical_keys_never_stand_for_post_quantum_ones() -> None:
    for one, two, three in product(SERVICE_ALGORITHMS, repeat=3):
        if is_at_least(one, two) and is_at_least(two, three):
            assert is_at_least(one, three)
    assert not is_at_least("rsa:4096", "mlkem:768")
    assert not is_at_least("ec:secp521r1", "hpqt:secp256r1-mlkem768")
    assert not is_at_least("mlkem:1024", STRONGEST)
    assert is_at_least("mlkem:768", "rsa:2048")
    assert not is_at_least("hpqt:xwing", "rsa:2048")
    assert [type_of(name) for name in ("rsa:2048", "ec:secp521r1", "mlkem:768", STRONGEST)] == [
        "wrapped",
        "ec-wrapped",
        "mlkem-wrapped",
        "hybrid-wrapped",
    ]


class _Elsewhere(OutsideCurveKey):
    """A curve key of which this process has only the way to it."""

    def __init__(self, private: ec.EllipticCurvePrivateKey) -> None:
        self.private = private
        self.silent = False

    def agree(self, peer: ec.EllipticCurvePublicKey) -> bytes:
        if self.silent:
            raise Unreachable("key_store")
        return self.private.exchange(ec.ECDH(), peer)


class _SilentRsa(OutsideRsaKey):
    def decrypt(self, data: bytes) -> bytes:
        raise Unreachable("key_store")


def test_a_key_that_lies_elsewhere_serves_alike_and_its_silence_is_not_taken_for_a_forgery() -> None:
    wrapped = wrap(bytes(32), "ec:secp256r1")
    own = load_private_key(service_key("ec:secp256r1"))
    assert isinstance(own, ec.EllipticCurvePrivateKey)
    holder = _Elsewhere(own)
    assert unwrap_share(wrapped, holder, POLICY) == bytes(32)
    with pytest.raises(NotVerified):
        unwrap_bytes(holder, Wrapped(base64.b64decode(wrapped.wrapped_key), public_key_of(service_key("rsa:2048"))))
    holder.silent = True
    with pytest.raises(Unreachable):
        unwrap_share(wrapped, holder, POLICY)
    with pytest.raises(Unreachable):
        unwrap_share(wrap(bytes(32), "rsa:2048"), _SilentRsa(), POLICY)
