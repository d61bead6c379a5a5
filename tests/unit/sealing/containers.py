"""Containers as the stories of these tests need them: one author, one or two key services, a label."""

from __future__ import annotations

import io
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

from relto.sealing.archive import Archive, container_chunks, open_archive
from relto.sealing.assertions import build_label_assertion
from relto.sealing.key_access import KeyAccess
from relto.sealing.manifest import build_manifest, parse_manifest
from relto.sealing.payload import PayloadSealer, SealedPayload
from relto.sealing.policy import build_policy
from relto.sealing.shares import split
from relto.sealing.wrapping import generate_service_key, public_key_of, unwrap_share, wrap_share

SEGMENT = 16 * 1024
OVERHEAD_BYTES = 28
UUID = "3f1c8f1e-2a55-4a7c-9f2e-0a6d5b1f7c11"
ATTRIBUTES = ("https://relto.example/attr/classification/value/secret", "https://relto.example/attr/rel/value/ind")
LABEL = "<ConfidentialityLabel>training</ConfidentialityLabel>"
POLICY = build_policy(UUID, ATTRIBUTES)


def seeded(seed: int = 1) -> Callable[[int], bytes]:
    """Repeatable "random" bytes."""
    return random.Random(seed).randbytes  # noqa: S311  tests want the same bytes each time


def service_key(algorithm: str, holder: str = "USA") -> str:
    """The private PEM of a key service; made once for the whole run."""
    return _key_of(algorithm, holder)


@cache
def _key_of(algorithm: str, _holder: str) -> str:
    return generate_service_key(algorithm)


def document(size: int, seed: int = 7) -> bytes:
    return random.Random(seed).randbytes(size)  # noqa: S311  any content will do


def seal(plain: bytes, key: bytes, algorithm: str = "GMAC", chunk: int = 5000) -> tuple[bytes, SealedPayload]:
    """Ciphertext and what is known of it, fed in uneven pieces."""
    out = io.BytesIO()
    sealer = PayloadSealer(
        out,
        key,
        random=seeded(),
        segment_size=SEGMENT,
        segment_hash_algorithm="HS256" if algorithm == "HS256" else "GMAC",
    )
    for start in range(0, len(plain), chunk):
        sealer.write(plain[start : start + chunk])
    sealed = sealer.finish()
    return out.getvalue(), sealed


def wrap(share: bytes, algorithm: str, sid: str = "", holder: str = "USA", policy_text: str = POLICY) -> KeyAccess:
    return wrap_share(
        share,
        public_key_pem=public_key_of(service_key(algorithm, holder)),
        kid=f"{holder}-1",
        url=f"https://{holder.lower()}.localhost/kas",
        sid=sid,
        policy_text=policy_text,
        random=seeded(),
    )


@dataclass(frozen=True)
class Sealed:
    """A whole container with the secrets that only its author knows."""

    data: bytes
    plain: bytes
    key: bytes
    payload: bytes
    sealed: SealedPayload
    services: tuple[str, ...]

    @property
    def archive(self) -> Archive:
        return open_archive(io.BytesIO(self.data))

    @property
    def source(self) -> io.BytesIO:
        return io.BytesIO(self.data)

    def shares(self) -> dict[int, bytes]:
        """What the key services answer: each its own share."""
        manifest = parse_manifest(self.archive.manifest)
        return {
            position: unwrap_share(item, self.services[position], manifest.policy_text)
            for position, item in enumerate(manifest.key_access)
        }


def container(
    size: int = 100,
    *,
    algorithms: Sequence[str] = ("ec:secp256r1",),
    hash_algorithm: str = "GMAC",
    label: str | None = LABEL,
) -> Sealed:
    """A sealed document with one share for each of the given service keys."""
    key = seeded(3)(32)
    plain = document(size)
    payload, sealed = seal(plain, key, hash_algorithm)
    holders = ("USA", "IND", "ARC")[: len(algorithms)]
    key_access = [
        wrap(share, algorithm, sid=f"s-{position}", holder=holder)
        for position, (share, algorithm, holder) in enumerate(
            zip(split(key, len(algorithms), seeded(4)), algorithms, holders, strict=True)
        )
    ]
    assertions = [build_label_assertion(label, sealed.integrity, key)] if label else []
    manifest = build_manifest(POLICY, key_access, sealed, assertions, "application/pdf")
    data = b"".join(container_chunks([payload], sealed.encrypted_size, sealed.crc32, manifest))
    services = tuple(service_key(algorithm, holder) for algorithm, holder in zip(algorithms, holders, strict=True))
    return Sealed(data, plain, key, payload, sealed, services)


def with_manifest(sealed: Sealed, manifest: bytes) -> bytes:
    """The same payload under another manifest."""
    return b"".join(container_chunks([sealed.payload], sealed.sealed.encrypted_size, sealed.sealed.crc32, manifest))
