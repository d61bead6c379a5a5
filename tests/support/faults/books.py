"""What a node's database says, read without the node's own code: SQLite, and the documented form of its fields."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from relto.node.keys import FIELD_KEY
from relto.node.settings import read_settings
from tests.support.faults.way import secrets_of

OUTBOX = "store_outboxmessage"
INBOX = "store_inboxmessage"
_SEALED = frozenset({"envelope", "receipt", "answer"})
_NONCE = 12


@dataclass(frozen=True, slots=True)
class Entry:
    """A ledger entry: `serial` is the order of the commits, `index` its place in the log."""

    serial: int
    entry: str
    event: str
    subject: str
    leaf: bytes
    index: int | None


class Books:
    """One node's database, read only."""

    def __init__(self, node: Path) -> None:
        """`node`: its folder."""
        settings = read_settings(node)
        self.nation = str(settings.nation)
        self.folder = settings.folder
        self._key = AESGCM(secrets_of(settings).unseal(FIELD_KEY))

    def rows(self, query: str, values: Sequence[object] = ()) -> list[dict[str, Any]]:
        """The rows of a query."""
        uri = f"{self.folder.database.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, timeout=30.0)) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(query, tuple(values))]

    def number(self, query: str, values: Sequence[object] = ()) -> int:
        """The one number that a query gives."""
        return int(next(iter(self.rows(query, values)[0].values())) or 0)

    def opened(self, stored: bytes | None, table: str, column: str) -> bytes:
        """What an encrypted field holds: version(1) || nonce(12) || ciphertext || tag, bound to table and column."""
        if stored is None:
            return b""
        try:
            return self._key.decrypt(stored[1 : 1 + _NONCE], stored[1 + _NONCE :], f"{table}.{column}".encode())
        except InvalidTag:
            return b"(does not open)"

    def opened_row(self, row: Mapping[str, Any], table: str) -> dict[str, Any]:
        """A row of an outbox or inbox with its sealed columns opened."""
        return {name: self.opened(value, table, name) if name in _SEALED else value for name, value in row.items()}

    def entries(self) -> list[Entry]:
        """The ledger in the order of its commits."""
        found = self.rows(
            'select serial, entry, event, subject, leaf, "index" as place from store_ledgerentry order by serial'
        )
        return [
            Entry(row["serial"], row["entry"], row["event"], row["subject"], bytes(row["leaf"]), row["place"])
            for row in found
        ]

    def unsettled(self) -> list[str]:
        """What still moves: messages without an answer, entries without a place, releases on their way."""
        waiting = self.rows("select kind, last_error from store_outboxmessage where state = 'waiting'")
        apart = self.number('select count(*) from store_ledgerentry where "index" is null')
        cases = self.rows("select id, state from store_releasecase where state in ('released', 'sent')")
        arrivals = self.rows("select id from store_arrival where state = 'arrived'")
        newest = self.rows("select size, agreed_at from store_checkpoint order by size desc limit 1")
        found = [f"{self.nation}: {row['kind']} waits ({row['last_error']})" for row in waiting]
        found += [f"{self.nation}: case {row['id']} stands at {row['state']}" for row in cases]
        found += [f"{self.nation}: arrival {row['id']} is undecided" for row in arrivals]
        if apart:
            found.append(f"{self.nation}: {apart} entries without an index")
        if newest and newest[0]["agreed_at"] is None:
            found.append(f"{self.nation}: checkpoint {newest[0]['size']} is not agreed")
        return found
