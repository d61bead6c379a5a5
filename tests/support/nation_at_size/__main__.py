"""`python -m tests.support.nation_at_size --documents 10000000 --people 100000 --companies 1000`: pages at that size.

A PostgreSQL cluster of its own is filled, asked and thrown away. Pages are asked in this process by Django's client,
as the application's role with the wall of row-level security before it. Printed as JSON; exit status 1 for a page that
takes more than 200 ms (median) or does not answer. `--keep-open` leaves the cluster until the input ends.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

from tests.support.postgresql import throw_away_cluster

_SETTINGS = (
    "shared_buffers=1GB",
    "maintenance_work_mem=512MB",
    "work_mem=16MB",
    "max_wal_size=2GB",
    "wal_level=minimal",
    "max_wal_senders=0",
    "synchronous_commit=off",
    "full_page_writes=off",
    "autovacuum=off",
    "effective_cache_size=4GB",
    "random_page_cost=1.1",
    "jit=off",
    "statement_timeout=15min",
)


def main() -> int:
    """Fill, ask, judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=200_000)
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--companies", type=int, default=1_000)
    parser.add_argument("--tries", type=int, default=5)
    parser.add_argument("--only", default="", help="pages whose 'role path' holds this")
    parser.add_argument("--plans", action="store_true", help="tell the plans of slow statements")
    parser.add_argument("--keep-open", action="store_true")
    asked = parser.parse_args()
    with throw_away_cluster(database="relto", settings=_SETTINGS) as socket, tempfile.TemporaryDirectory() as folder:
        os.environ["RELTO_TEST_POSTGRESQL"] = str(socket)
        os.environ["RELTO_TEST_WITHOUT_MIGRATIONS"] = "0"
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.support.django_settings")
        told = _run(asked, Path(folder))
        sys.stdout.write(json.dumps(told, indent=1, ensure_ascii=False) + "\n")
        sys.stdout.flush()
        if asked.keep_open:
            sys.stderr.write(f"{socket}\n")
            sys.stdin.read()
    return 0 if told["holds"] else 1


def _run(asked: argparse.Namespace, folder: Path) -> dict[str, object]:
    import django  # noqa: PLC0415  set up once the cluster stands

    django.setup()
    from django.conf import settings  # noqa: PLC0415  the same
    from django.core.management import call_command  # noqa: PLC0415  the same
    from django.db import connection  # noqa: PLC0415  the same

    from relto.adapters.log_files import FolderLogFiles  # noqa: PLC0415  the same
    from relto.store.fields import use_field_key  # noqa: PLC0415  the same
    from tests.support.nation_at_size.multiplying import Size, multiply  # noqa: PLC0415  the same
    from tests.support.nation_at_size.pages import PAGE_MILLISECONDS, timed  # noqa: PLC0415  the same
    from tests.support.nation_at_size.story import played  # noqa: PLC0415  the same
    from tests.support.row_security import lower_connections  # noqa: PLC0415  the same

    use_field_key(bytes(32))
    call_command("migrate", verbosity=0)
    stage = played(folder)
    settings.RELTO_HOUSE = stage.node.house
    settings.RELTO_LOG_FILES = FolderLogFiles(folder / "log")
    settings.ROOT_URLCONF = "tests.support.portal_urls"
    settings.ALLOWED_HOSTS = ["testserver"]
    begun = time.perf_counter()
    rows = multiply(stage, Size(asked.documents, asked.people, asked.companies))
    filled = time.perf_counter() - begun
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size('relto')")
        (size,) = cursor.fetchone()
    sys.stderr.write(f"filled in {filled:.0f} s, {size / 2**30:.2f} GiB\n")
    lower_connections()
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = '10s'")
    pages = []
    for one in timed(stage, asked.tries, asked.only):
        sys.stderr.write(f"{one.p50:9.1f} {one.database:9.1f} {one.statements:4} {one.status} {one.who} {one.page}\n")
        if asked.plans:
            told = [f"{slow['ms']} ms {slow['sql']}\n  " + "\n  ".join(slow["plan"]) + "\n" for slow in one.slow]
            sys.stderr.write("".join(told))
        pages.append(asdict(one) if asked.plans else {**asdict(one), "slow": [slow["sql"] for slow in one.slow]})
    late = [one for one in pages if one["p50"] > PAGE_MILLISECONDS]
    failed = [one for one in pages if one["status"] >= 400]
    return {
        "holds": bool(pages) and not late and not failed,
        "rows": rows,
        "filled_seconds": round(filled, 1),
        "database_bytes": size,
        "late": [f"{one['who']} {one['page']}: {one['p50']}" for one in late],
        "failed": [f"{one['who']} {one['page']}: {one['status']}" for one in failed],
        "pages": pages,
    }


if __name__ == "__main__":
    sys.exit(main())
