"""Service and session keys: PEM in, typed keys out, and the algorithm names the OpenTDF platform gives them.

Public keys are SubjectPublicKeyInfo, private keys PKCS#8, both PEM. New keys come from the `cryptography` library's
own generator. Errors never carry key material.
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, mlkem, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from relto.base.errors import MalformedInput, UnknownValue
from relto.sealing.hybrid import (
    COMPOSITES,
    MAX_PEM,
    HybridPrivateKey,
    HybridPublicKey,
    is_x_wing,
    load_hybrid_private,
    load_hybrid_public,
)

PrivateKey = (
    rsa.RSAPrivateKey
    | ec.EllipticCurvePrivateKey
    | mlkem.MLKEM768PrivateKey
    | mlkem.MLKEM1024PrivateKey
    | HybridPrivateKey
)
PublicKey = (
    rsa.RSAPublicKey | ec.EllipticCurvePublicKey | mlkem.MLKEM768PublicKey | mlkem.MLKEM1024PublicKey | HybridPublicKey
)

CURVES: dict[str, type[ec.EllipticCurve]] = {
    "secp256r1": ec.SECP256R1,
    "secp384r1": ec.SECP384R1,
    "secp521r1": ec.SECP521R1,
}
RSA_SIZES = (2048, 4096)
SERVICE_ALGORITHMS = (
    *(f"rsa:{size}" for size in RSA_SIZES),
    *(f"ec:{curve}" for curve in CURVES),
    "mlkem:768",
    "mlkem:1024",
    *(composite.name for composite in COMPOSITES),
)
_LEGACY_PUBLIC_PEM = re.compile(r"\s*-----BEGIN (PUBLIC KEY)-----")


def load_public_key(pem: str) -> PublicKey:
    """The public key in a PEM. Raises MalformedInput; UnknownValue for a kind that is not in the table."""
    return _load_public(pem)


@lru_cache(maxsize=256)
def _load_public(pem: str) -> PublicKey:
    hybrid = load_hybrid_public(pem)
    if hybrid is not None:
        return hybrid
    _refuse_x_wing(pem, "public_key")
    key: object = None
    if len(pem) <= MAX_PEM and _LEGACY_PUBLIC_PEM.match(pem):
        try:
            key = load_pem_public_key(pem.encode("ascii"))
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise MalformedInput("key.public", field="public_key", expected="a PEM public key (SPKI)") from error
    if key is None:
        raise MalformedInput("key.public", field="public_key", expected="a PEM public key (SPKI)")
    if not isinstance(key, PublicKey):
        raise UnknownValue("key.algorithm", field="public_key", expected="RSA, NIST curve, ML-KEM or composite key")
    algorithm_of(key)
    return key


def load_private_key(pem: str, *, own: bool = False) -> PrivateKey:
    """The private key in an unencrypted PEM. Raises MalformedInput; UnknownValue for another kind.

    `own`: the PEM was made by `generate_service_key` and kept sealed, so the primality of RSA's factors, which takes a
    tenth of a second, is not proved again.
    """
    hybrid = load_hybrid_private(pem)
    if hybrid is not None:
        return hybrid
    _refuse_x_wing(pem, "private_key")
    try:
        key = load_pem_private_key(pem.encode("ascii"), None, unsafe_skip_rsa_key_validation=own)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise MalformedInput("key.private", field="private_key", expected="a PEM private key (PKCS#8)") from error
    if not isinstance(key, PrivateKey):
        raise UnknownValue("key.algorithm", field="private_key", expected="RSA, NIST curve, ML-KEM or composite key")
    algorithm_of(key)
    return key


def _refuse_x_wing(pem: str, field: str) -> None:
    if is_x_wing(pem):
        raise UnknownValue("key.algorithm", field=field, found="hpqt:xwing", expected=", ".join(SERVICE_ALGORITHMS))


def algorithm_of(key: PrivateKey | PublicKey) -> str:
    """The platform's name: rsa:2048, ec:secp256r1, mlkem:768, hpqt:secp384r1-mlkem1024… Raises UnknownValue."""
    name = ""
    if isinstance(key, rsa.RSAPrivateKey | rsa.RSAPublicKey):
        name = f"rsa:{key.key_size}"
    elif isinstance(key, ec.EllipticCurvePrivateKey | ec.EllipticCurvePublicKey):
        name = f"ec:{key.curve.name}"
    elif isinstance(key, mlkem.MLKEM768PrivateKey | mlkem.MLKEM768PublicKey):
        name = "mlkem:768"
    elif isinstance(key, mlkem.MLKEM1024PrivateKey | mlkem.MLKEM1024PublicKey):
        name = "mlkem:1024"
    else:
        name = key.composite.name
    if name not in SERVICE_ALGORITHMS:
        raise UnknownValue("key.algorithm", field="key", found=name, expected=", ".join(SERVICE_ALGORITHMS))
    return name


def key_algorithm(pem: str) -> str:
    """The algorithm name of a PEM, public or private."""
    return algorithm_of(load_private_key(pem) if "PRIVATE KEY-----" in pem[:64] else load_public_key(pem))


def generate_private_key(algorithm: str) -> PrivateKey:
    """A new private key of this algorithm name. Raises UnknownValue."""
    kind, _, name = algorithm.partition(":")
    if algorithm not in SERVICE_ALGORITHMS:
        raise UnknownValue(
            "key.algorithm", field="algorithm", found=algorithm[:64], expected=", ".join(SERVICE_ALGORITHMS)
        )
    if kind == "rsa":
        return rsa.generate_private_key(public_exponent=65537, key_size=int(name))
    if kind == "ec":
        return ec.generate_private_key(CURVES[name]())
    if kind == "mlkem":
        return mlkem.MLKEM768PrivateKey.generate() if name == "768" else mlkem.MLKEM1024PrivateKey.generate()
    return HybridPrivateKey.generate(algorithm)


def generate_service_key(algorithm: str) -> str:
    """A new key pair as an unencrypted PKCS#8 PEM: the caller seals it before it is stored."""
    key = generate_private_key(algorithm)
    if isinstance(key, HybridPrivateKey):
        return key.pem()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode("ascii")


def public_pem(key: PublicKey) -> str:
    """The SPKI PEM of a public key."""
    if isinstance(key, HybridPublicKey):
        return key.pem()
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")


def public_key_of(private_key: PrivateKey | str) -> str:
    """The public PEM that belongs to a private key or its PEM."""
    key = load_private_key(private_key) if isinstance(private_key, str) else private_key
    return public_pem(key.public_key())


def key_fingerprint(pem: str) -> str:
    """Lower-case hex SHA-256 of the public PEM in its normal form: names a session key in links and entries."""
    return hashlib.sha256(public_pem(load_public_key(pem)).encode("ascii")).hexdigest()
