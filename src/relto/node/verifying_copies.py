"""What `relto node verify` reads of a PostgreSQL database that a backup holds as tables: no server is asked.

Promises: each table has the rows that its list says; the leaves give the root of the newest checkpoint, as the node
signed it; and what the rows name as payloads is named to whoever compares them. Records and private halves are compared
once the backup was restored: `relto node verify` of the restored node does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from relto.ledger.tree import CompactRange, leaf_hash
from relto.node.copied_tables import CopiedTables, copied_rows, octets

Spoken = tuple[str, int, int, str]
"""A payload: the name of its blob, where it begins there, its size in bytes, its SHA-256 in hex."""
_COLUMNS: Final = ("payload_blob", "payload_offset", "payload_size", "payload_sha256")


def short_tables(folder: Path, copied: CopiedTables) -> Iterator[str]:
    """The paths of tables that do not have their rows. Raises NotVerified("backup_damaged")."""
    for table in copied.tables:
        if sum(1 for _ in copied_rows(folder, table, table.columns[0])) != table.rows:
            yield table.path


def copied_ledger(folder: Path, copied: CopiedTables, tell: Callable[[int], None]) -> tuple[int, str, bool]:
    """(entries, root of the newest checkpoint in hex, whether the leaves give it). Raises NotVerified."""
    size, root = 0, b""
    for number, told in copied_rows(folder, copied.table("store_checkpoint"), "size", "root"):
        if int(number or 0) >= size:
            size, root = int(number or 0), octets(told)
    # Entries lie in the table as they were changed last: their leaves are put in order by their 32 bytes each.
    leaves = bytearray(32 * size)
    found = 0
    for index, leaf in copied_rows(folder, copied.table("store_ledgerentry"), "index", "leaf"):
        if index is not None and int(index) < size:
            leaves[32 * int(index) : 32 * int(index) + 32] = leaf_hash(octets(leaf))
            found += 1
    tree = CompactRange()
    for place in range(size):
        tree.append(bytes(leaves[32 * place : 32 * place + 32]))
        if (place + 1) % 100_000 == 0:
            tell(place + 1)
    return size, root.hex(), found == size and (not size or tree.root() == root)


def copied_payloads(folder: Path, copied: CopiedTables) -> Iterator[Spoken]:
    """Every payload of items and of messages that wait to be sent. Raises NotVerified("backup_damaged")."""
    seen = set()
    for table, state in (("store_item", None), ("store_outboxmessage", "waiting")):
        named = (*_COLUMNS, *(("state",) if state else ()))
        for row in copied_rows(folder, copied.table(table), *named):
            if row[0] and (state is None or row[-1] == state):
                one = (str(row[0]), int(row[1] or 0), int(row[2] or 0), str(row[3]))
                if one not in seen:
                    seen.add(one)
                    yield one
