"""What a backup holds of a PostgreSQL database, read without a server: rows as they were, every wrong list by name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from relto.base.errors import Misconfigured, NotVerified
from relto.ledger.tree import CompactRange, leaf_hash
from relto.node.copied_tables import TABLES, CopiedTable, CopiedTables, copied_rows, octets, read_tables
from relto.node.database_settings import with_database
from relto.node.restoring import restore
from relto.node.stored_payloads import STORED, read_stored
from relto.node.verifying_copies import copied_ledger, copied_payloads, short_tables

LEAVES = [b"first", b"second", b"third"]


def held(folder: Path) -> CopiedTables:
    """Three entries, one of them without a place yet before the others; a checkpoint of two."""
    tree = CompactRange()
    for leaf in LEAVES[:2]:
        tree.append(leaf_hash(leaf))
    rows: dict[tuple[str, ...], list[tuple[object, ...]]] = {
        ("store_ledgerentry", "index", "leaf"): [("1", LEAVES[1]), (None, LEAVES[2]), ("0", LEAVES[0])],
        ("store_checkpoint", "size", "root"): [("2", tree.root())],
        ("store_item", "payload_blob", "payload_offset", "payload_size", "payload_sha256"): [("b", "1", "2", "d")],
        ("store_outboxmessage", "payload_blob", "payload_offset", "payload_size", "payload_sha256", "state"): [
            ("b", "1", "2", "d", "waiting"),
            ("sent", "1", "2", "d", "sent"),
            ("tab\tand \\ line\n", "1", "2", "d", "waiting"),
        ],
    }
    tables = []
    (folder / TABLES).parent.mkdir(parents=True)
    for (name, *columns), values in rows.items():
        table = CopiedTable(name, tuple(columns), len(values), {"size": 2} if "size" in columns else {})
        lines = [b"\t".join(written(value) for value in row) + b"\n" for row in values]
        (folder / table.path).write_bytes(b"".join(lines))
        tables.append(table)
    made = CopiedTables((("store", "0001_initial"),), tuple(tables))
    (folder / TABLES).write_bytes(made.as_bytes())
    return made


def written(value: object) -> bytes:
    if value is None:
        return b"\\N"
    if isinstance(value, bytes):
        return b"\\\\x" + value.hex().encode()
    text = str(value).replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")
    return text.encode()


def test_the_root_is_made_from_the_leaves_in_their_order_and_payloads_are_named_once(tmp_path: Path) -> None:
    made = held(tmp_path)
    assert read_tables(tmp_path) == made
    size, root, same = copied_ledger(tmp_path, made, lambda _count: None)
    assert (size, len(root), same) == (2, 64, True)
    assert [name for name, *_ in copied_payloads(tmp_path, made)] == ["b", "tab\tand \\ line\n"]
    assert list(short_tables(tmp_path, made)) == []


def test_a_leaf_that_was_changed_or_a_row_that_is_gone_is_found(tmp_path: Path) -> None:
    made = held(tmp_path)
    place = tmp_path / made.table("store_ledgerentry").path
    whole = place.read_bytes()
    place.write_bytes(whole.replace(b"first".hex().encode(), b"forst".hex().encode()))
    assert not copied_ledger(tmp_path, made, lambda _count: None)[2]
    place.write_bytes(b"".join(whole.splitlines(keepends=True)[:2]))
    assert list(short_tables(tmp_path, made)) == [made.table("store_ledgerentry").path]
    for wrong in (whole[:-1], whole + b"one cell\n", b"\\N\t\xff\n"):
        place.write_bytes(wrong)
        with pytest.raises(NotVerified) as refused:
            list(copied_rows(tmp_path, made.table("store_ledgerentry"), "leaf"))
        assert refused.value.reason == "backup_damaged"
    for no_octets in (None, "hex", "\\xzz"):
        with pytest.raises(NotVerified):
            octets(no_octets)


@pytest.mark.parametrize(
    "change",
    [
        {"form": 2},
        {"tables": [{"name": "Robert'); DROP", "columns": ["a"], "rows": 1, "numbers": {}}]},
        {"tables": [{"name": "store_item", "columns": [], "rows": 1, "numbers": {}}]},
        {"tables": [{"name": "store_item", "columns": ["a", "a"], "rows": 1, "numbers": {}}]},
        {"tables": [{"name": "store_item", "columns": ["a"], "rows": -1, "numbers": {}}]},
        {"tables": [{"name": "store_item", "columns": ["a"], "rows": True, "numbers": {}}]},
        {"tables": [{"name": "store_item", "columns": ["a"], "rows": 1, "numbers": {"b": 1}}]},
        {"tables": [{"name": "a", "columns": ["a"], "rows": 1, "numbers": {}}] * 2},
        {"tables": ["store_item"]},
        {"migrations": [["store"]]},
        {"migrations": [["store", 7]]},
        {"migrations": None},
    ],
)
def test_a_list_of_tables_that_is_none_is_refused(tmp_path: Path, change: dict[str, object]) -> None:
    made = json.loads(held(tmp_path).as_bytes())
    (tmp_path / TABLES).write_text(json.dumps({**made, **change}))
    with pytest.raises(NotVerified) as refused:
        read_tables(tmp_path)
    assert refused.value.reason == "backup_damaged"


def test_what_was_whole_in_a_store_is_read_from_its_list(tmp_path: Path) -> None:
    (tmp_path / STORED).parent.mkdir()
    (tmp_path / STORED).write_text(f"{'a' * 64} 7 one\n{'b' * 64} 0 two\n")
    assert [(one.path, one.size) for one in read_stored(tmp_path)] == [("one", 7), ("two", 0)]
    for wrong in ("one\n", f"{'a' * 64} 7 ../one\n", f"{'a' * 64} 07 one\n", f"{'a' * 64} 7 one"):
        (tmp_path / STORED).write_text(wrong)
        with pytest.raises(NotVerified):
            list(read_stored(tmp_path))


SETTINGS = 'nation = "IND"\ndatabase = "postgresql:relto@old"\ndatabase_owner = "o"\n# more\n\n[ports]\nportal = 1\n'


def test_the_settings_name_the_new_database_and_are_else_as_they_were() -> None:
    made = with_database(SETTINGS, "postgresql:relto@new", "")
    assert made == 'database = "postgresql:relto@new"\nnation = "IND"\n# more\n\n[ports]\nportal = 1\n'
    assert with_database(made, "postgresql:relto@old", "o").count("database") == 2
    with pytest.raises(Misconfigured):
        with_database('nation = """\ndatabase = 1"""\n', "postgresql:relto@new", "")


def test_a_wrong_address_or_owner_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    for database, owner, code in (
        ("mysql://x@y/z", "", "misconfigured.database"),
        ("postgresql://a:b@y/z", "", "misconfigured.database_password"),
        ("", "owner", "misconfigured.database_owner"),
        ("postgresql:relto@new", "Owner;", "misconfigured.database_owner"),
    ):
        with pytest.raises(Misconfigured) as refused:
            restore(tmp_path / "none", tmp_path / "node", None, database, owner)
        assert refused.value.full_code == code
    assert not (tmp_path / "node").exists()
