"""Reconciling two registers: how long, how many bytes and rounds, how much memory, both sides in one process.

A million records on each side (as canonical JSON lines, made beforehand as a node has them), of which seven differ.
What is timed is the whole run over the real engines and the real signed statements of the link: keyed digests, trees
and comparison of both sides one after the other, and every signature (Ed25519 and ML-DSA-87) made and verified. What
is counted is every byte of every question and answer. Gathering the records from a database is not in it. Beside the
run stands one plain SHA-256 pass over the same lines; the processor's seconds are told too, for a machine that is
shared.

    python bench/reconciliation.py [--records 1000000] [--differences 7] [--json]
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import resource
import sys
import time
from pathlib import Path
from typing import Any, cast

PROJECT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(PROJECT), str(PROJECT / "src")]

from relto.base.canonical import Json, read_object  # noqa: E402  after the path
from relto.exchange.reconciled_records import record_line  # noqa: E402
from relto.exchange.reconciliation_certificate import CERTIFICATE, read_certificate  # noqa: E402
from relto.exchange.reconciliation_steps import (  # noqa: E402
    AGREE,
    read_answer,
    read_question,
    write_answer,
    write_question,
)
from relto.exchange.reconciling import Answerer, Outcome, ask  # noqa: E402
from relto.signing.keys import StatementKey  # noqa: E402
from relto.signing.statements import add_signature, sign_statement  # noqa: E402
from tests.support.reconciling import IND, TERMS, USA, declaring, message  # noqa: E402

KEYS = {
    nation: StatementKey.from_seeds(f"{nation}/node", nation.encode() * 10 + b"NO", nation.encode() * 10 + b"DE")
    for nation in (USA, IND)
}


def run(records: int, differences: int) -> dict[str, Any]:
    """One run; every record differs from every other, and `differences` of them stand on one side only."""
    first = differences // 2
    every = [record_line(message(number)) for number in range(records)]
    sides = every[: records - first], every[differences - first :]
    started, busy = time.perf_counter(), time.process_time()
    mine, theirs, size, rounds = _reconcile(*sides)
    seconds, busy = time.perf_counter() - started, time.process_time() - busy
    found = len(cast("list[Json]", mine.body["findings"]))
    if mine.body != theirs.body or found != differences:
        raise SystemExit(f"found {found} differences, expected {differences}")
    return {
        "records": records,
        "differences_found": found,
        "seconds_both_sides": round(seconds, 2),
        "cpu_seconds_both_sides": round(busy, 2),
        "bytes_exchanged": size,
        "rounds": rounds,
        "peak_memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "seconds_one_sha256_pass": round(_hash_once(every), 2),
        "machine": f"{platform.machine()}, {os.cpu_count()} CPUs, Python {platform.python_version()}",
    }


def _hash_once(lines: list[bytes]) -> float:
    started = time.perf_counter()
    digest = hashlib.sha256()
    for line in lines:
        digest.update(line)
    digest.digest()
    return time.perf_counter() - started


def _reconcile(asker: list[bytes], answerer: list[bytes]) -> tuple[Outcome, Outcome, int, int]:
    """Both outcomes, the bytes of all questions and answers, and how many questions there were."""
    trusted = {nation: [key.public] for nation, key in KEYS.items()}
    answering = Answerer(TERMS, declaring(), lambda _: answerer, lambda _: (), contribution=os.urandom(32))
    asking = ask(TERMS, declaring(), lambda _: asker, lambda _: (), contribution=os.urandom(32), salt=os.urandom(32))
    size = rounds = 0
    previous = ""
    outcome: Outcome | None = None
    step, members = next(asking)
    while True:
        question = write_question(TERMS, step, previous, members, key=KEYS[USA])
        asked = read_question(question, asker=USA, answerer=IND, trusted=trusted[USA])
        if step == AGREE:
            theirs = answering.conclude(asked.members)
            proposed = json.dumps(asked.members["certificate"]).encode()
            signed = add_signature(proposed, KEYS[IND], max_bytes=1 << 22)
            told: dict[str, Json] = {"certificate": read_object(signed)}
        else:
            told = dict(answering.answer(step, asked.members))
        answer = write_answer(question, told, key=KEYS[IND])
        size, rounds = size + len(question) + len(answer), rounds + 1
        given, previous = read_answer(answer, question=question, trusted=trusted[IND])
        if outcome is not None:
            read_certificate(
                json.dumps(given["certificate"]).encode(), {str(nation): keys for nation, keys in trusted.items()}
            )
            return outcome, theirs, size, rounds
        try:
            step, members = asking.send(given)
        except StopIteration as done:
            outcome, answers = done.value
            certificate = sign_statement(CERTIFICATE, 1, cast("Outcome", outcome).body, [KEYS[USA]])
            step, members = AGREE, {"answers": answers, "certificate": read_object(certificate)}


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--differences", type=int, default=7)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    found = run(given.records, given.differences)
    print(json.dumps(found, indent=2) if given.json else "\n".join(f"{name}: {value}" for name, value in found.items()))


if __name__ == "__main__":
    main()
