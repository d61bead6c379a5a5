"""Does the time of a failure tell what failed? Requests to the key service's door, measured as dudect measures.

Three classes of requests differ in what is wrong about the secret: the share cannot be unwrapped; it unwraps and is
bound to another policy; it unwraps and is bound to a policy that cannot be read. They are asked in random order in one
process, through the whole door and without a socket. For each pair of classes Welch's t-test compares the times, over
all samples and over those below fixed percentiles (Reparaz, Balasch, Verbauwhede, "Dude, is my code constant time?",
2017); the largest |t| counts, and one below 4.5 shows no difference.

`python -m tests.support.oracle_timing --samples 100000` prints JSON with |t| of each pair for each kind of key.
"""

from __future__ import annotations

import argparse
import base64
import gc
import io
import itertools
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from relto.sealing.key_access import KeyAccess
    from tests.unit.kas.conftest import Doors

KINDS = ("rsa:2048", "ec:secp256r1", "hpqt:secp384r1-mlkem1024")
CLASSES = ("cannot_unwrap", "wrong_binding", "garbled_policy")
THRESHOLD = 4.5
VARIANTS = 24
PATH = "/kas.AccessService/Rewrap"
_WARM_UP = 300
_COLLECT_EVERY = 256
_CROPS = (1.0, *(1 - 0.5 ** (10 * (step + 1) / 20) for step in range(20)))
_FEWEST = 50

Environ = dict[str, Any]


@dataclass(frozen=True)
class Asked:
    """The requests of one class: what the server gets, and the answers it gave so far."""

    environs: Sequence[tuple[Environ, bytes]]
    answers: set[tuple[str, bytes]]


def welch(first: np.ndarray[Any, Any], second: np.ndarray[Any, Any]) -> float:
    """Welch's t of two samples; 0 when one is too small to say anything."""
    if min(first.size, second.size) < _FEWEST:
        return 0.0
    spread = first.var(ddof=1) / first.size + second.var(ddof=1) / second.size
    return float((first.mean() - second.mean()) / spread**0.5) if spread else 0.0


def largest_t(first: np.ndarray[Any, Any], second: np.ndarray[Any, Any]) -> float:
    """The largest |t| over all samples and over those at most at each fixed percentile of both together."""
    both = np.concatenate([first, second])
    limits = [float(np.quantile(both, crop)) for crop in _CROPS]
    return max(abs(welch(first[first <= limit], second[second <= limit])) for limit in limits)


def garbled_policies(policy_text: str, count: int) -> list[str]:
    """Policies of the same length that cannot be read: at the first character, in the middle, at the end."""
    document = base64.b64decode(policy_text)
    end, middle = len(document), len(document) // 2
    spoilt = [
        "*" + policy_text[1:],
        base64.b64encode(b"[" + document[1:]).decode(),
        base64.b64encode(document[:middle] + b"\x00" + document[middle + 1 :]).decode(),
        base64.b64encode(document[: end - 2] + b"  ").decode(),
        base64.b64encode(document.replace(b'"uuid"', b'"uuix"')).decode(),
    ]
    assert {len(one) for one in spoilt} == {len(policy_text)}
    return [spoilt[number % len(spoilt)] for number in range(count)]


def requests_of(doors: Doors, algorithm: str) -> dict[str, Asked]:
    """Requests of the three classes, several variants of each, of equal length throughout."""
    from relto.sealing.wrapping import SessionKey, policy_binding  # noqa: PLC0415  needs Django to be set up
    from tests.unit.kas import story  # noqa: PLC0415  likewise
    from tests.unit.services_kas.node import seal  # noqa: PLC0415  likewise

    session = SessionKey.generate("rsa:2048")  # its answers carry no fresh key: all failures are one
    actor = story.engineer(doors.node)
    bearer = doors.bearer(actor)
    made: dict[str, list[tuple[Environ, bytes]]] = {name: [] for name in CLASSES}
    sealed = [seal(doors.node, algorithm=algorithm) for _ in range(VARIANTS)]
    for one, garbled in zip(sealed, garbled_policies_of([item.policy for item in sealed]), strict=True):
        right = one.key_access
        wrapped = bytearray(base64.b64decode(right.wrapped_key))
        wrapped[-1] ^= 1
        spoilt = base64.b64encode(bytes(wrapped)).decode()
        cases: Mapping[str, tuple[KeyAccess, str]] = {
            "cannot_unwrap": (replace(right, wrapped_key=spoilt), one.policy),
            "wrong_binding": (replace(right, binding_hash=policy_binding(os.urandom(32), one.policy)), one.policy),
            "garbled_policy": (replace(right, binding_hash=policy_binding(one.key, garbled)), garbled),
        }
        for name, (key_access, policy) in cases.items():
            body = json.dumps(story.request_body(doors.node, {0: key_access}, policy, session)).encode()
            made[name].append((_environ(bearer, body), body))
    return {name: Asked(environs, set()) for name, environs in made.items()}


def garbled_policies_of(policies: Sequence[str]) -> list[str]:
    """Each policy garbled in its own way."""
    return [garbled_policies(policy, len(policies))[number] for number, policy in enumerate(policies)]


def _environ(headers: Mapping[str, str], body: bytes) -> Environ:
    from werkzeug.test import EnvironBuilder  # noqa: PLC0415  as the other imports of what is measured

    builder = EnvironBuilder(
        PATH, method="POST", headers=list(headers.items()), content_type="application/json", data=body
    )
    return builder.get_environ()


def measure(door: Callable[..., Any], asked: Mapping[str, Asked], samples: int, seed: int) -> dict[str, list[int]]:
    """Nanoseconds of each answer by class, `samples` in all, asked in random order."""
    order = random.Random(seed)  # noqa: S311  an order of measurements is no secret
    times: dict[str, list[int]] = {name: [] for name in asked}
    gc.collect()
    gc.disable()
    try:
        for number in range(samples + _WARM_UP):
            name = order.choice(CLASSES)
            environ, body = order.choice(asked[name].environs)
            given = {**environ, "wsgi.input": io.BytesIO(body)}
            told: list[str] = []
            start = time.perf_counter_ns()
            answer = b"".join(door(given, lambda status, _headers, told=told: told.append(status)))
            took = time.perf_counter_ns() - start
            asked[name].answers.add((told[0], answer))
            if number >= _WARM_UP:
                times[name].append(took)
            if number % _COLLECT_EVERY == 0:
                gc.collect()
    finally:
        gc.enable()
    return times


def judge(times: Mapping[str, Sequence[int]]) -> dict[str, float]:
    """The largest |t| of each pair of classes."""
    arrays = {name: np.asarray(values, dtype=np.float64) for name, values in times.items()}
    return {
        f"{first}/{second}": round(largest_t(arrays[first], arrays[second]), 2)
        for first, second in itertools.combinations(CLASSES, 2)
    }


def examine(doors: Doors, algorithm: str, samples: int, seed: int = 1) -> dict[str, Any]:
    """What `samples` requests show for one kind of key: |t| by pair, medians in microseconds, how many answers."""
    asked = requests_of(doors, algorithm)
    times = measure(doors.key_service.application, asked, samples, seed)
    answers = {answer for one in asked.values() for answer in one.answers}
    pairs = judge(times)
    return {
        "samples": {name: len(values) for name, values in times.items()},
        "median_microseconds": {name: round(float(np.median(values)) / 1000, 1) for name, values in times.items()},
        "t": pairs,
        "different_answers": len(answers),
        "holds": max(pairs.values()) < THRESHOLD and len(answers) == 1,
    }


def node_with_every_kind(folder: Path) -> Doors:
    """A node under the training agreement with a key of each kind, in a throw-away database."""
    from tests.unit.kas import story  # noqa: PLC0415  needs Django to be set up
    from tests.unit.kas.conftest import doors_of  # noqa: PLC0415  likewise
    from tests.unit.services_kas.agreement import agree  # noqa: PLC0415  likewise
    from tests.unit.services_kas.node import make_node  # noqa: PLC0415  likewise

    node = agree(make_node(folder, [*(("wrapping", kind) for kind in KINDS), ("token", "ES256")]))
    story.people(node)
    return doors_of(node)


def _start_django() -> None:
    """The unit tests' settings over a database in memory."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.support.django_settings"
    import django  # noqa: PLC0415  after its settings are named
    from django.core.management import call_command  # noqa: PLC0415  likewise

    django.setup()
    call_command("migrate", verbosity=0, run_syncdb=True)


def main(arguments: Sequence[str]) -> int:
    """Print the findings as JSON; 1 when a difference shows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=100_000, help="requests for each kind of key, all classes")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args(arguments)
    _start_django()
    with tempfile.TemporaryDirectory() as folder:
        doors = node_with_every_kind(Path(folder))
        found = {kind: examine(doors, kind, chosen.samples, chosen.seed) for kind in chosen.kinds}
    holds = all(one["holds"] for one in found.values())
    sys.stdout.write(json.dumps({"threshold": THRESHOLD, "holds": holds, "kinds": found}, indent=1) + "\n")
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
