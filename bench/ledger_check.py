"""The full re-check of a ledger, beside reading and hashing the same entries bare.

A ledger of N entries is written as a node writes it (SQLite, tiles, a signed checkpoint every 4,096 entries), then
checked whole: entries, details, tiles, bundles, checkpoints. The peer reads the same rows and hashes each leaf once.

    python bench/ledger_check.py [--entries 100000] [--folder DIR]
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(PROJECT), str(PROJECT / "src")]
_BATCH = 4096


def main() -> None:
    """Print the rates."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.support.django_settings"
    import django  # noqa: PLC0415  the settings are chosen by then

    django.setup()
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        _measure(Path(folder), given.entries)


def _measure(folder: Path, count: int) -> None:
    from relto.ledger.leaves import LeafEvent  # noqa: PLC0415  tables need a started Django
    from relto.ledger.tree import leaf_hash  # noqa: PLC0415  likewise
    from relto.services.book import enter  # noqa: PLC0415  likewise
    from relto.services.ledger_check import LedgerCheck  # noqa: PLC0415  likewise
    from relto.services.sequencing import sequence  # noqa: PLC0415  likewise
    from relto.store.models import LedgerEntry  # noqa: PLC0415  likewise
    from tests.support.tampering.two_nodes import ORIGIN, TwoNodes  # noqa: PLC0415  likewise
    from tests.unit.services_exchange.world import node_key  # noqa: PLC0415  likewise

    nodes = TwoNodes(folder)
    with nodes.usa_database.used():
        nodes.enter_agreement()
        for first in range(0, count, _BATCH):
            made = range(first, min(first + _BATCH, count))

            def step(made: range = made) -> None:
                for number in made:
                    details = {"code": "reason", "number": number, "company": f"USA-C{number % 100:03d}"}
                    subject = f"cmp_{number}"
                    enter(nodes.usa, LeafEvent.COMPANY_REGISTERED, actor="USA", subject=subject, details=details)

            nodes.usa.commit(step)
            nodes.clock.pass_time(seconds=20)
            sequence(nodes.usa, nodes.keys, nodes.files, "worker")
        begun = time.perf_counter()
        for _, leaf in LedgerEntry.objects.order_by("index").values_list("index", "leaf").iterator():
            leaf_hash(bytes(leaf))
        bare = time.perf_counter() - begun
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        begun = time.perf_counter()
        check = LedgerCheck(ORIGIN, nodes.files, nodes.log[ORIGIN], node_key("USA").public)
        for _ in check.run():
            pass
        seconds = time.perf_counter() - begun
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    nodes.close()
    if check.findings.counts:
        raise SystemExit(f"found {check.findings.named}")
    sys.stdout.write(
        f"{check.looked_at} entries checked in {seconds:.1f} s: {check.looked_at / seconds:,.0f} a second, a million "
        f"in {seconds * 1e6 / check.looked_at:.0f} s; memory grew by {grown // 1024} MiB\n"
        f"reading and hashing them bare: {bare:.1f} s; the check takes {seconds / bare:.1f} times as long\n"
    )


if __name__ == "__main__":
    main()
