"""What a session key costs an opening, by algorithm: made by the reader, wrapped for by a service, unwrapped with.

Microseconds of processor time, the best of five rounds; the service reads the key anew each time, as in a request. A
two-nation opening makes one session key, and wraps and unwraps twice.

    python bench/session_keys.py [--json]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(PROJECT), str(PROJECT / "src")]

from relto.sealing import keys  # noqa: E402  found on the path set above
from relto.sealing.wrapping import SessionKey, SessionWrapper  # noqa: E402  likewise

SHARE = bytes(32)
ROUNDS = 5


def microseconds(work: Callable[[], object], times: int) -> float:
    """The cheapest round's processor time of one call."""
    rounds = []
    for _ in range(ROUNDS):
        start = time.process_time()
        for _ in range(times):
            work()
        rounds.append((time.process_time() - start) / times * 1e6)
    return min(rounds)


def cost(algorithm: str) -> dict[str, float]:
    """Of one algorithm: generate, wrap and unwrap in microseconds, and the bytes of a wrapped share."""
    session = SessionKey.generate(algorithm)

    spaces = count(1)

    def wrap() -> tuple[bytes, str | None]:
        # A text that was not seen before, so that the key is read and not remembered.
        wrapper = SessionWrapper(session.public_pem + "\n" * next(spaces), os.urandom)
        return wrapper.wrap(SHARE), wrapper.session_public_key_pem

    wrapped, ephemeral = wrap()
    return {
        "generate": microseconds(lambda: SessionKey.generate(algorithm), 2 if algorithm.startswith("rsa") else 40),
        "wrap": microseconds(wrap, 40),
        "unwrap": microseconds(lambda: session.unwrap(wrapped, ephemeral), 40),
        "bytes": len(wrapped),
    }


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    as_json = parser.parse_args().json
    found = {name: cost(name) for name in keys.SERVICE_ALGORITHMS if name != "rsa:4096"}
    if as_json:
        print(json.dumps({"machine": platform.processor() or platform.machine(), "microseconds": found}))
        return
    for name, row in found.items():
        print(f"{name:26}" + "".join(f"  {what} {value:9.0f}" for what, value in row.items()))


if __name__ == "__main__":
    main()
