"""What must hold when the faults have ended and everything has settled. Each function names what does not.

The promises are those of design.md 4: 2 (no opening after a withdrawal), 6 (acknowledged means durable: nothing lost,
doubled or reordered; same message, same receipt bytes), 7 (both ledgers verify offline). Nothing here asks the nodes'
own code but for the offline verifier; the rest is read from both databases, the log's files and the wire.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from relto.base.canonical import read_object
from relto.client.verification import verify_folder_on_disk
from relto.ledger.findings import Outcome
from relto.signing.envelope import read_envelope
from tests.support.faults.books import INBOX, OUTBOX, Books
from tests.support.faults.records import OPENED, Acknowledged, Records, Released

_AGREEING = frozenset({("accepted", "accepted"), ("withdrawn", "withdrawn"), ("returned", "refused")})
_ALARMS = ("transfer:contradicted", "transfer:unverified", "log:contradicted", "ledger:damaged")


def broken(
    records: Records, books: Mapping[str, Books], exports: Mapping[str, Path], trust: Path, granted: Sequence[bytes]
) -> list[str]:
    """Everything that does not hold, in words for a tester. `granted`: opening requests the wire saw granted."""
    found = [f"surprise: {what}" for what in records.surprises]
    for nation, book in books.items():
        other = next(one for one in books.values() if one is not book)
        found += channel_is_gapless(book, other)
        found += registers_agree(records, book, other)
        found += acknowledged_once_and_in_order([one for one in records.acknowledged if one.nation == nation], book)
        found += ledger_verifies(book, exports[nation], trust)
        found += nothing_after_withdrawal(records, book, other)
        found += [
            f"{nation}: false alarm {row['event']} x {row['n']}"
            for row in book.rows("select event, count(*) as n from store_ledgerentry group by event")
            if row["event"] in _ALARMS
        ]
    found += nobody_opened_while_suspended(records)
    found += openings_have_leaves(books, granted)
    found += openings_are_sound(records, books)
    return found


def channel_is_gapless(sender: Books, recipient: Books) -> Iterator[str]:
    """Each message once, in order, the same bytes on both sides, the same receipt on both sides."""
    name = f"{sender.nation} to {recipient.nation}"
    sent = sender.rows("select * from store_outboxmessage where partner = ? order by sequence", [recipient.nation])
    held = recipient.rows("select * from store_inboxmessage where partner = ? order by id", [sender.nation])
    for which, rows in (("outbox", sent), ("inbox, in the order of taking,", held)):
        if [row["sequence"] for row in rows] != list(range(1, len(rows) + 1)):
            yield f"{name}: the numbers of the {which} have gaps, doubles or another order"
    if [row["message"] for row in held] != [row["id"] for row in sent]:
        yield f"{name}: {len(sent)} sent, {len(held)} held, or in another order"
    previous = ""
    for left, right in zip(sent, held, strict=False):
        yield from _same_on_both_sides(name, sender.opened_row(left, OUTBOX), recipient.opened_row(right, INBOX))
        envelope = sender.opened(left["envelope"], OUTBOX, "envelope")
        said = read_object(read_envelope(envelope, max_bytes=len(envelope)).payload, field="message")
        if said["previous"] != previous:
            yield f"{name}: message {left['id']} names another previous one"
        previous = left["digest"]
    for book, partner, direction in ((sender, recipient.nation, "out"), (recipient, sender.nation, "in")):
        stands = book.rows("select * from store_channel where partner = ? and direction = ?", [partner, direction])
        if sent and [(row["next_sequence"], row["last_digest"]) for row in stands] != [(len(sent) + 1, previous)]:
            yield f"{name}: the {direction} channel stands elsewhere than its messages"


def _same_on_both_sides(name: str, left: Mapping[str, Any], right: Mapping[str, Any]) -> Iterator[str]:
    if left["envelope"] != right["envelope"]:
        yield f"{name}: message {left['id']} has other bytes on the other side"
    if left["receipt"] != right["answer"]:
        yield f"{name}: the answer to {left['id']} ({left['kind']}) has other bytes on the other side"


def registers_agree(records: Records, sender: Books, recipient: Books) -> Iterator[str]:
    """Every acknowledged release: one arrival, one number, one line in each register, and the states of both agree."""
    for release in records.sent_by(sender.nation):
        cases = sender.rows("select * from store_releasecase where id = ?", [release.case])
        arrivals = recipient.rows("select * from store_arrival where release = ?", [release.case])
        if len(cases) != 1:
            yield f"{release.case}: acknowledged, but {len(cases)} cases"
            continue
        if release.withdrawn and cases[0]["state"] != "withdrawn":
            yield f"{release.case}: an acknowledged withdrawal is lost, state {cases[0]['state']}"
        never_sent = cases[0]["state"] == "withdrawn" and not cases[0]["message"]
        if len(arrivals) != (0 if never_sent else 1):
            yield f"{release.case}: {len(arrivals)} arrivals, state {cases[0]['state']}"
        elif arrivals:
            yield from _one_release(release, cases[0], arrivals[0], sender, recipient)
    for column in ("release", "control_number"):
        doubled = recipient.rows(
            f"select {column}, count(*) as n from store_arrival where {column} != '' group by {column} having n > 1"  # noqa: S608  constant names
        )
        if doubled:
            yield f"{recipient.nation}: {len(doubled)} doubled values of {column} among the arrivals"


def _one_release(
    release: Released, case: Mapping[str, Any], arrival: Mapping[str, Any], sender: Books, recipient: Books
) -> Iterator[str]:
    states = (case["state"], arrival["state"])
    if states not in _AGREEING:
        yield f"{release.case}: the sides disagree: {states}"
    for told in (case["control_number"], release.control_number):
        if told and told != arrival["control_number"]:
            yield f"{release.case}: another control number than was told"
    for book, item, direction, wanted in (
        (sender, case["item_id"], "sent", 1),
        (recipient, arrival["item_id"], "received", 1 if arrival["control_number"] else 0),
    ):
        lines = book.number(
            "select count(*) from store_registerentry where item_id = ? and direction = ?", [item, direction]
        )
        if lines != wanted:
            yield f"{release.case}: {lines} lines '{direction}' in the register of {book.nation}, not {wanted}"


def acknowledged_once_and_in_order(acknowledged: Iterable[Acknowledged], book: Books) -> Iterator[str]:
    """Each acknowledged entry is in the log once; what was acknowledged before another call began stands before it."""
    known = {entry.entry: entry for entry in book.entries()}
    placed: list[tuple[Acknowledged, int]] = []
    for one in acknowledged:
        entry = known.get(one.entry)
        if entry is None:
            yield f"{book.nation}: acknowledged entry {one.entry} is lost"
        elif entry.index is None:
            yield f"{book.nation}: acknowledged entry {one.entry} is not in the log"
        else:
            placed.append((one, entry.index))
    doubled = [entry for entry, count in Counter(one.entry for one, _ in placed).items() if count > 1]
    if doubled:
        yield f"{book.nation}: {len(doubled)} entries acknowledged two calls"
    by_end = sorted(placed, key=lambda pair: pair[0].ended)
    highest, taken = -1, 0
    for one, index in sorted(placed, key=lambda pair: pair[0].began):
        while taken < len(by_end) and by_end[taken][0].ended < one.began:
            highest = max(highest, by_end[taken][1])
            taken += 1
        if index <= highest:
            yield f"{book.nation}: entry {one.entry} stands before one that was acknowledged before it was asked for"
    serials = [entry.index for entry in known.values() if entry.index is not None]
    if serials != sorted(serials):
        yield f"{book.nation}: the log's order is not that of the commits"


def ledger_verifies(book: Books, export: Path, trust: Path) -> Iterator[str]:
    """The export verifies under pinned keys, and its leaves are those of the database, in order, without a gap."""
    report = verify_folder_on_disk(export, trust)
    if report.outcome is not Outcome.VERIFIED:
        yield f"{book.nation}: the ledger does not verify: {report.outcome} {[*report.findings][:3]}"
    recorded = [entry for entry in book.entries() if entry.index is not None]
    recorded.sort(key=lambda entry: entry.index or 0)
    if [entry.index for entry in recorded] != list(range(len(recorded))):
        yield f"{book.nation}: indexes have gaps or doubles"
    leaves = list(_exported_leaves(export))
    if leaves != [entry.leaf for entry in recorded[: len(leaves)]] or len(leaves) != (report.size or 0):
        yield f"{book.nation}: the export's {len(leaves)} leaves are not the recorded ones"


def _exported_leaves(export: Path) -> Iterator[bytes]:
    """C2SP tlog-tiles: entry bundles, each entry with its length in two bytes. Full bundles win over partial ones."""
    bundles: dict[int, tuple[int, Path]] = {}
    for path in (export / "tile" / "entries").rglob("*"):
        if not path.is_file():
            continue
        parts = path.relative_to(export / "tile" / "entries").parts
        partial = parts[-2].endswith(".p") if len(parts) > 1 else False
        digits = [*parts[:-1]] if partial else [*parts]
        width = int(parts[-1]) if partial else 256
        number = int("".join(part.removesuffix(".p").removeprefix("x") for part in digits))
        if width > bundles.get(number, (0, path))[0]:
            bundles[number] = (width, path)
    for number in sorted(bundles):
        data = bundles[number][1].read_bytes()
        while data:
            length = int.from_bytes(data[:2], "big")
            yield data[2 : 2 + length]
            data = data[2 + length :]


def nothing_after_withdrawal(records: Records, sender: Books, recipient: Books) -> Iterator[str]:
    """No share is granted after the entry of a withdrawal, none is used after it was acknowledged, nobody opens."""
    entries = sender.entries()
    serials = {entry.entry: entry.serial for entry in entries}
    for release in records.sent_by(sender.nation):
        gone = [entry for entry in entries if entry.event == "release:withdrawn" and entry.subject == release.case]
        if release.withdrawn and len(gone) != 1:
            yield f"{release.case}: acknowledged as withdrawn, {len(gone)} entries"
        if gone:
            yield from _no_share_after(release, gone[0].serial, sender, serials)
            yield from _refused_at_home_too(release.case, recipient)
        for opened in records.openings:
            late = release.withdrawn and opened.began > release.withdrawn
            if opened.case == release.case and late and opened.outcome == OPENED:
                yield f"{release.case}: opened after its withdrawal was acknowledged"


def nobody_opened_while_suspended(records: Records) -> Iterator[str]:
    """Between an acknowledged suspension and the call that ends it, that person opens nothing."""
    for away in records.suspensions:
        for opened in records.openings:
            within = away.acknowledged < opened.began and opened.ended < away.reinstating
            if opened.person == away.person and within and opened.outcome == OPENED:
                yield f"{away.person}: opened while suspended"


def _no_share_after(release: Released, withdrawal: int, sender: Books, serials: Mapping[str, int]) -> Iterator[str]:
    item = sender.rows("select item_id from store_releasecase where id = ?", [release.case])[0]["item_id"]
    for decision in sender.rows(
        "select id, entry, used_at, permitted from store_decisionrecord where action = 'supply_share' and item = ?",
        [item],
    ):
        if decision["permitted"] and serials[decision["entry"]] > withdrawal:
            yield f"{release.case}: share granted after the withdrawal's entry ({decision['id']})"
        if release.withdrawn and decision["used_at"] and _unix(decision["used_at"]) > release.withdrawn:
            yield f"{release.case}: share used after the withdrawal was acknowledged ({decision['id']})"


def _refused_at_home_too(case: str, recipient: Books) -> Iterator[str]:
    """After the recipient's own entry of the withdrawal its node permits no opening of that item either."""
    arrivals = recipient.rows("select id, item_id from store_arrival where release = ?", [case])
    for arrival in arrivals:
        entries = {entry.entry: entry.serial for entry in recipient.entries()}
        gone = recipient.rows(
            "select serial from store_ledgerentry where event = 'arrival:withdrawn' and subject = ?", [arrival["id"]]
        )
        if not gone:
            yield f"{case}: no entry of the withdrawal at the recipient"
            continue
        permitted = recipient.rows(
            "select id, entry from store_decisionrecord where action = 'open' and permitted and item = ?",
            [arrival["item_id"]],
        )
        for decision in permitted:
            if entries[decision["entry"]] > gone[0]["serial"]:
                yield f"{case}: permitted at home after the withdrawal's entry there ({decision['id']})"


def openings_have_leaves(books: Mapping[str, Books], granted: Sequence[bytes]) -> Iterator[str]:
    """Every opening that was answered with a share has its entry on both nodes."""
    events = {
        nation: Counter((entry.event, entry.subject) for entry in book.entries()) for nation, book in books.items()
    }
    records = {
        nation: {row["id"]: row for row in book.rows("select id, entry, permitted from store_decisionrecord")}
        for nation, book in books.items()
    }
    known = {nation: {entry.entry: entry.event for entry in book.entries()} for nation, book in books.items()}
    for envelope in granted:
        request = read_object(read_envelope(envelope, max_bytes=len(envelope)).payload, field="request")
        asker = str(request["from"])
        supplier = next(nation for nation in books if nation != asker)
        if events[supplier]["opening:partner_granted", str(request["id"])] != 1:
            yield f"opening {request['id']}: no entry at {supplier}, or more than one"
        home = records[asker].get(str(request["decision"]))
        if home is None or known[asker].get(home["entry"]) != "opening:granted":
            yield f"opening {request['id']}: no entry at {asker}"


def openings_are_sound(records: Records, books: Mapping[str, Books]) -> Iterator[str]:
    """What was opened was what was sealed; nothing was opened oftener than its shares were used on both nodes."""
    opened = Counter((one.nation, one.item, one.person) for one in records.openings if one.outcome == OPENED)
    for one in records.openings:
        if not one.sound:
            yield f"{one.case}: other bytes than were sealed, or one key service only"
    for (nation, item, person), count in opened.items():
        at_home = books[nation].number(
            "select count(*) from store_decisionrecord where action = 'open' and item = ? and actor = ?"
            " and used_at is not null",
            [item, person],
        )
        partner = next(book for name, book in books.items() if name != nation)
        held = books[nation].rows("select release from store_arrival where item_id = ?", [item])
        supplied = partner.number(
            "select count(*) from store_decisionrecord where action = 'supply_share' and actor = ? and used_at is not"
            " null and item = (select item_id from store_releasecase where id = ?)",
            [person, held[0]["release"] if held else ""],
        )
        if min(at_home, supplied) < count:
            yield f"{item}: opened {count} times, shares used {at_home} times at home, {supplied} at the partner"


def _unix(stored: str) -> float:
    moment = datetime.fromisoformat(stored)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def first_of(found: Sequence[str], most: int = 20) -> str:
    """The first findings, for a message."""
    return "\n".join(itertools.islice(found, most))
