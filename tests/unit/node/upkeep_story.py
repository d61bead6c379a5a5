"""What one operator does with one node, in a process of its own: it prints what each step gave, a JSON line a step."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from relto.adapters.log_files import FolderLogFiles
from relto.base.errors import ReltoError
from relto.node.keys import log_keys
from relto.node.upgrading import _connected, ledger_state, planned, upgrade
from relto.node.verifying import verify

OLDER = "0013_dossier_doors"
ROW_THAT_LEADS_NOWHERE = (
    "INSERT INTO store_manifest (id, item_id, kind, nation, policy_uuid, content, fingerprint, registration,"
    " registered_at) VALUES ('man_1', 'itm_none', 'original', '', 'p', x'', '{}', x'', '2026-01-01')"
)
SECRET_TEXT = b"ciphertext of a training document" * 100


def say(step: str, **found: object) -> None:
    print(json.dumps({"step": step, **found}), flush=True)  # noqa: T201  to the test


def in_use(root: Path) -> None:
    """The node's entries have their places in the tree, and it holds a document."""
    from relto.node.doctor.examination import examine  # noqa: PLC0415  it starts Django with all of the node's tables
    from relto.node.quarantined import opened_node  # noqa: PLC0415  after it

    say("doctor", troubles=[one.code for one in examine(root).troubles])
    node = opened_node(root)
    from relto.services.sequencing import LogKeys, sequence  # noqa: PLC0415  tables need a started Django
    from relto.store.models import Item  # noqa: PLC0415  likewise

    keys = log_keys(node.secrets, node.settings)
    files = FolderLogFiles(node.settings.folder.ledger)
    while sequence(node.house, LogKeys(keys.ed25519, keys.ml_dsa_44), files, "worker-1"):
        pass
    writer = node.house.blobs.create()
    writer.write(SECRET_TEXT)
    blob = writer.finish()
    Item.objects.create(
        id="itm_1",
        uuid="u",
        originator="USA",
        held_as="own",
        label={},
        title="a title",
        file_name="a name",
        media_type="text/plain",
        state="registered",
        payload_blob=blob.name,
        payload_offset=10,
        payload_size=len(SECRET_TEXT) - 10,
        payload_sha256=hashlib.sha256(SECRET_TEXT[10:]).hexdigest(),
        registered_at=datetime.now(UTC),
    )


def made_older(root: Path) -> None:
    """The same rows in the tables of an older release."""
    from django.core.management import call_command  # noqa: PLC0415  Django is started by now
    from django.db import connections  # noqa: PLC0415  likewise

    from relto.node.settings import read_settings  # noqa: PLC0415  likewise

    settings = read_settings(root)
    older = root / "data" / "older.sqlite3"
    connections["default"].close()
    with _connected(settings, older):
        for app in ("store", "account", "mfa", "sessions"):
            call_command("migrate", app, *([OLDER] if app == "store" else []), verbosity=0)
    with closing(sqlite3.connect(older)) as database:
        database.execute("PRAGMA journal_mode=DELETE")
        database.execute("PRAGMA foreign_keys=OFF")
        database.execute("ATTACH ? AS new", (str(settings.folder.database),))
        for (table,) in database.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'").fetchall():
            if table.startswith("sqlite_") or table == "django_migrations":
                continue
            told = [database.execute(f'PRAGMA {place}.table_info("{table}")').fetchall() for place in ("main", "new")]
            held, given = ({row[1] for row in rows} for rows in told)
            names = ", ".join(f'"{name}"' for name in sorted(held & given))
            if not names:
                continue
            database.execute(f'DELETE FROM main."{table}"')  # noqa: S608  names of our own tables
            database.execute(f'INSERT INTO main."{table}" ({names}) SELECT {names} FROM new."{table}"')  # noqa: S608
        database.commit()
    older.replace(settings.folder.database)
    for ending in ("-wal", "-shm"):
        settings.folder.database.with_name(settings.folder.database.name + ending).unlink(missing_ok=True)


def rows_of(root: Path) -> str:
    """A digest of every table and row."""
    with closing(sqlite3.connect(root / "data" / "relto.sqlite3")) as database:
        return hashlib.sha256("\n".join(database.iterdump()).encode()).hexdigest()


def refused(step: str, root: Path, backup: Path | None) -> None:
    before = rows_of(root)
    try:
        upgrade(root, backup)
    except ReltoError as error:
        left = sorted(place.name for place in (root / "data").iterdir())
        say(step, code=error.full_code, same=before == rows_of(root), left=left)
    else:
        say(step, code="")


def rotations(root: Path, elsewhere: Path) -> None:
    """Everything that can be rotated is, once with an interruption, and all that was sealed before still opens."""
    from relto.node import rotating  # noqa: PLC0415  Django is started by now
    from relto.node.doctor.examination import examine  # noqa: PLC0415  likewise

    before = {one.name for one in rotating.listed(root)}
    token, link = rotating.rotate_token(root), rotating.rotate_link(root)
    wrapping = rotating.rotate_wrapping(root)
    say("rotated", made=[len(one.made) for one in (token, link, wrapping)], retired=list(wrapping.retired))
    say("still there", known=[kid in before for kid in (*token.retired, *wrapping.retired)])
    kept, master = elsewhere / "old.secret", root / "secrets" / "master.secret"
    old = master.read_bytes()
    exchange = rotating._exchange
    rotating._exchange = lambda *_places: (_ for _ in ()).throw(KeyboardInterrupt())
    try:
        rotating.rotate_master(root, keep_old=kept)
    except KeyboardInterrupt:
        left = [one.code for one in examine(root).troubles]
        say("interrupted", left=left, same=master.read_bytes() == old, finished=rotating.finish(root))
    rotating._exchange = exchange
    kept.unlink()
    rotating.rotate_master(root, keep_old=kept)
    new = master.read_bytes()
    checked = verify(root, None)
    said = {"counts": checked.counts, "kept": kept.read_bytes() == old, "fresh": new != old}
    say("master", troubles=[one.code for one in examine(root).troubles], again=rotating.finish(root), **said)
    backup = elsewhere / "backup"
    say("backup", counts=verify(backup, kept).counts, files=verify(backup, kept).files)
    (backup / "files" / "party.json").write_bytes(b"{}")
    (backup / "files" / "party.more").write_bytes(b"{}")
    say("harmed backup", counts=verify(backup, kept).counts)
    try:
        verify(backup, master)
    except ReltoError as error:
        say("another master secret", code=error.full_code)


def story(root: Path, elsewhere: Path) -> None:
    from django.db import connections  # noqa: PLC0415  a module that starts it comes first

    in_use(root)
    before = ledger_state(connections["default"])
    made_older(root)
    say("older", size=before.size, root=before.root, plan=list(planned(root).migrations))
    refused("no backup", root, None)
    with closing(sqlite3.connect(root / "data" / "relto.sqlite3")) as database:
        database.execute(ROW_THAT_LEADS_NOWHERE)
        database.commit()
    refused("a row that leads nowhere", root, elsewhere / "first")
    with closing(sqlite3.connect(root / "data" / "relto.sqlite3")) as database:
        database.execute("DELETE FROM store_manifest")
        database.commit()
    done = upgrade(root, elsewhere / "backup")
    say("upgraded", migrations=list(done.migrations), size=done.ledger.size, root=done.ledger.root)
    say("again", migrations=list(upgrade(root, None).migrations))
    checked = verify(root, None)
    said = {"kind": checked.kind, "root": checked.root, "size": checked.size, "payloads": checked.payloads}
    say("node", counts=checked.counts, **said)
    rotations(root, elsewhere)
    (blob,) = (one for one in (root / "blobs" / "blobs").rglob("*") if one.is_file())
    blob.write_bytes(SECRET_TEXT[::-1])
    (root / "secrets" / "cosigner-seeds.sealed").write_bytes(b"\x01" * 93)
    say("harmed", counts=verify(root, None).counts)


if __name__ == "__main__":
    story(Path(sys.argv[1]), Path(sys.argv[2]))
