"""Recovery by custodians: what two nations share is recovered by both nations' custodians, never by one nation's.

The container lies on a medium and no node is asked; afterwards each nation's node has the signed record on its list.
"""

from __future__ import annotations

import filecmp
from collections.abc import Sequence
from datetime import UTC, datetime

from relto.base.errors import NotVerified, Refused
from relto.client.answers import ArrivalDetail
from relto.client.custodian_files import read_key_file
from relto.client.recovering import RecoveredDocument, record_file, recover_document
from relto.rehearsal.passage import Passage
from relto.rehearsal.play import Play
from relto.rehearsal.story import Step

_REASON = "a rehearsal: both key services are taken to be lost"
_WHO = "custodians, USA and IND"
_QUORUM = 2


class Recovery:
    """What the custodians of both nations do with a container of both."""

    def __init__(self, play: Play, way: Passage) -> None:
        """`way`: who gave the document to whom."""
        self.play = play
        self.way = way
        self.container = play.stage.folder / "to-recover.tdf"
        self.document = play.stage.folder / "recovered.part"

    def perform(self, arrival: ArrivalDetail) -> None:
        """Refused with the keys of one nation; recovered with both; the record imported and listed at both nodes."""
        self.way.taker["engineer"].node.download_container(arrival.item.id, self.container)
        own, other = self.way.giver.place.nation, self.way.taker.place.nation
        what = f"try to recover a document of both nations with the keys of {own} alone: nothing is opened or written"
        with self.play.step(what, _WHO, "refused") as refused:
            self._lacks_the_other(refused, own, other)
        with self.play.step(
            f"recover it with {_QUORUM} keys of each nation, and sign the record", _WHO, "permitted"
        ) as recovered:
            found = self._recover((own, other))
            if not filecmp.cmp(self.play.sealed[arrival.item.uuid], found.path, shallow=False):
                raise NotVerified("bytes", field="document", expected="the same bytes as were sealed")
            recovered.found = f"{found.size} bytes, identical; the record is overdue until both nodes have it"
        found.path.unlink()
        self.container.unlink()
        record = record_file(self.document)
        for nation in (self.way.giver, self.way.taker):
            officer = nation["release_officer"]
            with self.play.step("imports the record of the recovery; it stands in the list", officer) as step:
                imported = officer.node.import_recovery(record.read_bytes())
                book = officer.node.recoveries()
                listed = [one for one in book.records if one.id == imported.id and one.reason == _REASON]
                if len(listed) != 1 or listed[0].findings or book.open_matters:
                    raise NotVerified(
                        "recoveries", field="records", expected="the record, nothing odd about it, none overdue"
                    )
                step.found = f"{len(imported.custodians)} custodians signed; nothing is overdue"
                self.play.record(step, officer, imported.entry)
                if nation is self.way.giver:  # away from any node nothing is entered: the import is what shows it
                    for offline in (refused, recovered):
                        self.play.record(offline, officer, imported.entry)
        record.unlink()

    def _lacks_the_other(self, step: Step, own: str, other: str) -> None:
        try:
            self._recover((own,))
        except Refused as refusal:
            step.found = str(refusal.found)
            missing = f"{other}: {_QUORUM} of {len(self.play.stage.custodians[other].key_files)} needed, 0 given"
            if missing not in step.found or self.document.exists() or record_file(self.document).exists():
                raise NotVerified(
                    "reason", field="key", found=step.found, expected=f"{missing}; neither document nor record"
                ) from refusal
            raise

    def _recover(self, nations: Sequence[str]) -> RecoveredDocument:
        """With the first keys of each of these nations, enough for its quorum."""
        keys = {
            place: read_key_file(place, custodians.passphrase)
            for custodians in (self.play.stage.custodians[nation] for nation in nations)
            for place in custodians.key_files[:_QUORUM]
        }
        return recover_document(self.container, keys, self.document, reason=_REASON, at=datetime.now(UTC))
