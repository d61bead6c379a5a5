"""What is done with a node on PostgreSQL, in processes of their own: each step prints one JSON object."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from relto.adapters.log_files import FolderLogFiles
from relto.base.canonical import canonical_bytes
from relto.base.errors import ReltoError
from relto.node.copied_tables import TABLES, CopiedTables, read_tables
from relto.node.copying_tables import snapshot
from relto.node.keys import log_keys
from relto.node.settings import NodeSettings, read_settings
from relto.node.training_ground import free_ports
from relto.witness.process import init_witness
from tests.unit.node.test_party_records import USA, authority

OWN_OF_A_RESTORE = {"store_quarantine", "store_commitmark"}
SECRET_TEXT = b"ciphertext of a training document" * 100
_DIGEST = "SELECT count(*), md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {table} t"
LAST_OF_AN_OLDER = "0020"


def make_node(place: Path, database: list[str]) -> Path:
    """A fresh node over this database; nobody witnesses it."""
    identity = init_witness(place / "witness", "witness.example")
    key = place / "authority.pub.json"
    key.write_bytes(canonical_bytes(authority(USA).public.as_dict()))
    words = ["node", "init", str(place / "node"), "--nation=USA", "--host=usa.localhost", "--kind=training"]
    words += [f"--base-port={free_ports(5)}", f"--authority={key}", f"--witness-name={identity.name}"]
    words += ["--witness-url=http://127.0.0.1:9", *(f"--witness-vkey={one}" for one in identity.vkeys), *database]
    subprocess.run([sys.executable, "-m", "relto.cli", *words], check=True, capture_output=True)
    return place / "node"


def use(root: Path) -> dict[str, Any]:
    """Its entries have their places in the tree, and it holds a document."""
    from relto.node.quarantined import opened_node  # noqa: PLC0415  it starts Django

    node = opened_node(root)
    from relto.services.sequencing import LogKeys, sequence  # noqa: PLC0415  tables need a started Django
    from relto.store.models import Item  # noqa: PLC0415  likewise

    keys = log_keys(node.secrets, node.settings)
    files = FolderLogFiles(node.settings.folder.ledger)
    while sequence(node.house, LogKeys(keys.ed25519, keys.ml_dsa_44), files, "worker-1"):
        pass
    writer = node.house.blobs.create()
    writer.write(SECRET_TEXT)
    Item.objects.create(
        id="itm_1",
        uuid="u",
        originator="USA",
        held_as="own",
        label={"level": "SECRET", "said": "a tab\t, a line\n, a \\ and गोपनीय"},
        title="a title",
        file_name="a name",
        media_type="text/plain",
        state="registered",
        payload_blob=writer.finish().name,
        payload_offset=10,
        payload_size=len(SECRET_TEXT) - 10,
        payload_sha256=hashlib.sha256(SECRET_TEXT[10:]).hexdigest(),
        registered_at=datetime.now(UTC),
    )
    return seen()


def seen() -> dict[str, Any]:
    """The ledger, and a digest of every row of every table."""
    from django.db import connection  # noqa: PLC0415  Django is started by now

    found: dict[str, Any] = {"rows": {}, "numbers": {}}
    with connection.cursor() as cursor:
        cursor.execute("SELECT size, encode(root, 'hex') FROM store_checkpoint ORDER BY size DESC LIMIT 1")
        found["size"], found["root"] = cursor.fetchone()
        for table in connection.introspection.table_names(cursor):
            if table not in OWN_OF_A_RESTORE:
                cursor.execute(_DIGEST.format(table=table))
                found["rows"][table] = [*cursor.fetchone()]
        cursor.execute("SELECT sequencename, coalesce(last_value, 0) FROM pg_sequences")
        found["numbers"] = {name: last for name, last in cursor.fetchall() if not name.startswith("store_commitmark")}
    return found


def go_on(root: Path) -> dict[str, Any]:
    from relto.node.quarantined import opened_node  # noqa: PLC0415  it starts Django

    opened_node(root)
    from relto.store.models import Item  # noqa: PLC0415  tables need a started Django

    Item.objects.update(title="another title")
    return {}


def look(root: Path) -> dict[str, Any]:
    from relto.node.quarantined import opened_node  # noqa: PLC0415  it starts Django

    opened_node(root)
    from django.db import connection  # noqa: PLC0415  Django is started by now

    from relto.store.models import Item, Quarantine  # noqa: PLC0415  likewise
    from relto.store.row_security import stands_before  # noqa: PLC0415  likewise

    codes = [one["code"] for row in Quarantine.objects.filter(lifted_at=None) for one in row.findings]
    title = Item.objects.get().title
    return {"quarantine": codes, "wall": stands_before(connection), "title": title, **seen()}


def wrong_copies(root: Path) -> dict[str, Any]:
    from relto.node.filling_tables import filled  # noqa: PLC0415  Django is started after its imports
    from relto.node.restoring import _start  # noqa: PLC0415  likewise

    settings = read_settings(root)
    copy = root.parent / "copy"
    with snapshot(settings) as taken:
        for path, chunks in taken.files():
            (copy / path).parent.mkdir(parents=True, exist_ok=True)
            (copy / path).write_bytes(b"".join(chunks))
    into = replace(settings, database=settings.database.replace("/third", "/fourth"))
    _start(into)
    from django.db import connection  # noqa: PLC0415  it was started just now

    def code(change: Callable[[Path, CopiedTables], None]) -> str:
        with changed(copy, change) as place:
            try:
                with filled(into, place):
                    pass
            except ReltoError as error:
                return error.full_code
        return ""

    found: dict[str, Any] = {
        "a row less": code(lambda place, made: shorter(place, made, "store_ledgerentry")),
        "a row that leads nowhere": code(lead_nowhere),
        "a table of nobody": code(lambda place, made: write(place, made, ("evil",))),
        "a newer release": code(newer),
        "empty again": connection.introspection.table_names() == [],
    }
    connection.close()
    with changed(copy, lambda place, made: older(place, made, into)) as place, filled(into, place):
        count = counted("store_ledgerentry")
    same = count == read_tables(copy).table("store_ledgerentry").rows
    found["an older release"] = "brought forward, the same root" if same else ""
    return found


def counted(table: str) -> int:
    from django.db import connection  # noqa: PLC0415  Django is started by now

    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")  # noqa: S608  a table of ours
        return int(cursor.fetchone()[0])


@contextmanager
def changed(copy: Path, change: Callable[[Path, CopiedTables], None]) -> Iterator[Path]:
    place = copy.with_name("changed")
    shutil.copytree(copy, place)
    change(place, read_tables(place))
    try:
        yield place
    finally:
        shutil.rmtree(place)


def shorter(place: Path, made: CopiedTables, name: str) -> None:
    file = place / made.table(name).path
    file.write_bytes(b"".join(file.read_bytes().splitlines(keepends=True)[:-1]))


def lead_nowhere(place: Path, made: CopiedTables) -> None:
    """Permissions of kinds of things that are not there."""
    tables = []
    for table in made.tables:
        gone = table.name == "django_content_type"
        if gone:
            (place / table.path).write_bytes(b"")
        tables.append(replace(table, rows=0) if gone else table)
    write(place, replace(made, tables=tuple(tables)))


def write(place: Path, made: CopiedTables, more: tuple[str, ...] = ()) -> None:
    tables = (*made.tables, *(replace(made.tables[0], name=name) for name in more))
    (place / TABLES).write_bytes(replace(made, tables=tables).as_bytes())
    for name in more:
        (place / TABLES).with_name(f"{name}.copy").write_bytes(b"")


def newer(place: Path, made: CopiedTables) -> None:
    write(place, replace(made, migrations=(*made.migrations, ("store", "9999_of_tomorrow"))))


def older(place: Path, made: CopiedTables, into: NodeSettings) -> None:
    """The same rows as an older release had them: without the columns and tables that came since."""
    from django.db import connection, transaction  # noqa: PLC0415  Django is started by now

    from relto.node.filling_tables import _lay_out  # noqa: PLC0415  likewise
    from relto.node.laying_out import as_owner  # noqa: PLC0415  likewise

    kept = tuple((app, name) for app, name in made.migrations if app != "store" or name[:4] <= LAST_OF_AN_OLDER)
    with as_owner(into), transaction.atomic(), connection.cursor() as cursor:
        _lay_out(replace(made, migrations=kept))
        columns = {
            info.name: {one.name for one in connection.introspection.get_table_description(cursor, info.name)}
            for info in connection.introspection.get_table_list(cursor)
        }
        transaction.set_rollback(True)
    tables = []
    for table in (one for one in made.tables if one.name in columns):
        names = tuple(name for name in table.columns if name in columns[table.name])
        places = [table.columns.index(name) for name in names]
        lines = (place / table.path).read_bytes().splitlines()
        if table.name == "django_migrations":
            known = {name.encode() for _, name in kept}
            lines = [line for line in lines if line.split(b"\t")[2] in known]
        cells = [b"\t".join(line.split(b"\t")[one] for one in places) + b"\n" for line in lines]
        (place / table.path).write_bytes(b"".join(cells))
        tables.append(replace(table, columns=names, rows=len(cells)))
    (place / TABLES).write_bytes(CopiedTables(kept, tuple(tables)).as_bytes())


STEPS: dict[str, Callable[[Path], dict[str, Any]]] = {
    "use": use,
    "go on": go_on,
    "look": look,
    "wrong copies": wrong_copies,
}

if __name__ == "__main__":
    print(json.dumps(STEPS[sys.argv[1]](Path(sys.argv[2]))))  # noqa: T201  to the test
