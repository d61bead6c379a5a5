"""The bare cryptography of a release: what no software around it could be faster than, on as many cores."""

from __future__ import annotations

import multiprocessing
import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.asymmetric import ec

from relto.sealing.encapsulation import Wrapped, unwrap_bytes, wrap_bytes
from relto.sealing.keys import generate_private_key, load_public_key
from relto.sealing.wrapping import SessionKey, SessionWrapper
from relto.signing.keys import StatementKey

if TYPE_CHECKING:
    from measuring.releases import Scene

_ES256 = ec.ECDSA(hashes.SHA256())


@dataclass(frozen=True)
class Bare:
    """Releases a second of all cores together, and the processor seconds of one."""

    rate: float
    cost: float


class Ceiling:
    """The same operations with the same library on keys of the same kinds; each process has its own."""

    def __init__(self, scene: Scene, wrapping: str, session: str) -> None:
        shares = scene.manifests[wrapping][0].key_access
        families = {"wrapped": "rsa:2048", "ec-wrapped": "ec:secp256r1"}
        hybrid = "hpqt:secp384r1-mlkem1024"
        self._wrappings = [families.get(share.type, hybrid) for share in shares]
        self._session = session
        self._signatures = (3 if scene.proves else 2) * len(shares)
        self._policy = scene.manifests[wrapping][0].policy_text.encode()
        self._across = len(shares) > 1

    def measure(self, cores: int, seconds: float) -> Bare:
        """In `cores` processes at once."""
        context = multiprocessing.get_context("fork")
        with context.Pool(cores) as pool:
            found = pool.map(self._turns, [seconds] * cores, chunksize=1)
        done = sum(count for count, _, _ in found)
        return Bare(sum(count / passed for count, passed, _ in found), sum(used for *_, used in found) / done)

    def _turns(self, seconds: float) -> tuple[int, float, float]:
        signer = ec.generate_private_key(ec.SECP256R1())
        message = os.urandom(1500)
        signature, public = signer.sign(message, _ES256), signer.public_key()
        holders = [generate_private_key(name) for name in self._wrappings]
        share = os.urandom(32)
        wrapped: list[Wrapped] = [wrap_bytes(holder.public_key(), share, os.urandom) for holder in holders]
        session_key = SessionKey.generate(self._session).public_pem
        load_public_key(session_key)
        nodes = [StatementKey.from_seeds(f"{name}/node", os.urandom(32), os.urandom(32)) for name in ("USA", "IND")]

        def once() -> None:
            for _ in range(self._signatures):
                public.verify(signature, message, _ES256)
            for holder, sealed in zip(holders, wrapped, strict=True):
                opened = unwrap_bytes(holder, sealed)
                binding = hmac.HMAC(opened, hashes.SHA256())
                binding.update(self._policy)
                binding.finalize()
                SessionWrapper(session_key, os.urandom).wrap(opened)
            if self._across:  # the request and the answer between the nodes
                for node in nodes:
                    node.public.verify(message, *node.sign(message))

        once()
        count, begun, used = 0, time.perf_counter(), time.process_time()
        while (passed := time.perf_counter() - begun) < seconds:
            once()
            count += 1
        return count, passed, time.process_time() - used
