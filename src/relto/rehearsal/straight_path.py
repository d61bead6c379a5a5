"""The straight path: one document from a US engineer to an Indian engineer, and one refusal, through users' own doors.

Nothing here reaches into a node: every step is a call that a person of that role makes with her own credential.
"""

from __future__ import annotations

import filecmp
import shutil
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from relto.base.errors import NotVerified, Refused, Unreachable
from relto.client import Announcement, Label
from relto.client.answers import ArrivalDetail, Item, ReleaseCase
from relto.client.verification import verified, verify_folder_on_disk
from relto.rehearsal.cast import PROGRAMME, Member, Nation, Stage
from relto.rehearsal.documents import DemoDocument
from relto.rehearsal.story import Step, Story

T = TypeVar("T")
_PATIENCE_SECONDS = 60.0
_BIG_FILE_SECONDS = 900.0
_PAUSE_SECONDS = 0.05
_YEAR = timedelta(days=365)
_LABEL = Label(nation="USA", level="SECRET", audience=("USA", "IND"))
_PURPOSE = "joint analysis in the training programme"
_BOTH_SERVICES = 2


class StraightPath:
    """The story's state between its steps."""

    def __init__(self, stage: Stage, documents: Sequence[DemoDocument], tell: Callable[[Step], None]) -> None:
        """`tell` is called after each step."""
        self.stage = stage
        self.documents = documents
        self.story = Story(tell)
        self.usa = Nation(stage.usa)
        self.ind = Nation(stage.ind)
        self.bundle = stage.draft_bundle
        self.between: Callable[[], None] = lambda: None
        self._entries: list[tuple[Step, Member, str]] = []

    def play(self) -> Story:
        """Play all of it. Raises the error of the first step that fails in a way the story does not know."""
        self.prepare()
        for document in self.documents:
            self._document(document)
        self._place_entries()
        self._verify()
        return self.story

    def prepare(self) -> None:
        """What comes before the first document: people, agreement, assurances and authorisations."""
        self._engage()
        self._agree()
        self._assure()
        self._authorise()

    def leave_a_case(self, document: DemoDocument) -> str:
        """After preparation or story: one more release is asked for and left to decide; the case's number."""
        item = self.usa["engineer"].node.seal(document.path, self._announcement(document))
        readers = [(self.ind["engineer"].person, "analyses the data in the programme")]
        asked = self.usa["security_officer"].node.request_release(
            item.id, "IND", self.ind.company.facility, readers, _PURPOSE
        )
        return asked.number

    def close(self) -> None:
        """Close every connection of the cast."""
        self.usa.close()
        self.ind.close()

    def _step(self, what: str, who: Member | str, expected: Any = "done") -> Any:
        if self.story.steps:
            self.between()
        return self.story.step(what, who if isinstance(who, str) else who.who, expected)

    def _recorded(self, step: Step, member: Member, entry: object) -> None:
        self._entries.append((step, member, str(entry)))

    def _engage(self) -> None:
        for nation in (self.usa, self.ind):
            with self._step("registers company, facility, people and the joint programme", nation.registrar) as step:
                self._recorded(step, nation.registrar, nation.engage())

    def _agree(self) -> None:
        with self._step("sign agreement bundle version 1", "authorities, USA and IND") as step:
            for sign in self.stage.sign_bundle.values():
                self.bundle = sign(self.bundle)
        for nation in (self.usa, self.ind):
            chair = nation["co_chair"]
            with self._step("submits the bundle; the node checks both signatures and activates it", chair) as own:
                self._recorded(own, chair, chair.node.submit_bundle(self.bundle).entry)
        step.entry = ""
        self._entries.append((step, self.usa["co_chair"], self._entries[-2][2]))

    def _assure(self) -> None:
        until = datetime.now(UTC) + _YEAR / 2
        for giver, taker in ((self.usa, self.ind), (self.ind, self.usa)):
            partner = taker.place.nation
            what = f"gives {partner} signed assurances for one facility and two people"
            with self._step(what, giver.registrar) as step:
                node = giver.registrar.node
                given = node.give_assurance("facility", giver.company.facility, partner, until)
                for part in ("engineer", "colleague"):
                    given = node.give_assurance("person", giver[part].person, partner, until)
                self._recorded(step, giver.registrar, given.entry)
                expected = {giver.company.facility, giver["engineer"].person, giver["colleague"].person}
                self._wait(lambda taker=taker, expected=expected: self._received(taker) >= expected)  # type: ignore[misc]

    @staticmethod
    def _received(nation: Nation) -> set[str]:
        found = nation.registrar.node.assurances()
        return {entry.subject for entry in found if entry.direction == "received"}

    def _authorise(self) -> None:
        now = datetime.now(UTC)
        for kind, member in (("disclosure", self.usa.registrar), ("export", self.usa["security_officer"])):
            with self._step(f"records the {kind} authorisation for the programme to IND", member) as step:
                answer = member.node.record_authorisation(
                    kind,
                    f"TRAINING-{kind.upper()}-0001",
                    "IND",
                    programme=PROGRAMME,
                    valid_from=now - timedelta(days=1),
                    valid_until=now + _YEAR,
                )
                self._recorded(step, member, answer.entry)

    def _document(self, document: DemoDocument) -> None:
        item = self._seal(document)
        case = self._release(item)
        self._deliver(case)
        arrival = self._accept(case)
        self._custody(case, arrival)
        self._open(document, arrival)
        self._refuse(arrival)

    def _seal(self, document: DemoDocument) -> Item:
        engineer = self.usa["engineer"]
        with self._step("seals a document SECRET//REL TO USA, IND on her own machine", engineer) as step:
            item = engineer.node.seal(document.path, self._announcement(document))
            self._recorded(step, engineer, item.entry)
        return item

    @staticmethod
    def _announcement(document: DemoDocument) -> Announcement:
        return Announcement(
            title=document.title,
            file_name=document.path.name,
            media_type=document.media_type,
            programme=PROGRAMME,
            label=_LABEL,
            export_controlled=True,
        )

    def _release(self, item: Item) -> ReleaseCase:
        security, officer = self.usa["security_officer"], self.usa["release_officer"]
        readers = [(self.ind["engineer"].person, "analyses the data in the programme")]
        with self._step("asks for its release to IND-F007", security) as step:
            case = security.node.request_release(item.id, "IND", self.ind.company.facility, readers, _PURPOSE)
            self._recorded(step, security, case.entry)
        with self._step("sees every gate with its citation, and releases", officer, "permitted") as step:
            seen = officer.node.case(case.id)
            unconfirmed = [gate.gate for gate in seen.gates if gate.unconfirmed]
            decided = officer.node.decide_case(case.id, "release", "all gates hold", unconfirmed)
            applying = [gate for gate in seen.gates if gate.outcome != "does_not_apply"]
            holding = [gate for gate in applying if gate.outcome == "holds"]
            step.found = f"{len(holding)} of {len(applying)} rules that apply hold; {len(unconfirmed)} are unconfirmed"
            self._recorded(step, officer, decided.entry)
        return case

    def _deliver(self, case: ReleaseCase) -> None:
        officer = self.usa["release_officer"]
        with self._step("the package crosses the link; the technical receipt returns", "nodes USA and IND") as step:
            found = self._wait_for(
                lambda: officer.node.case(case.id),
                lambda seen: seen.state in ("delivered", "accepted"),
                _BIG_FILE_SECONDS,
            )
            self._recorded(step, officer, found.entries["transfer:receipted"])

    def _accept(self, case: ReleaseCase) -> ArrivalDetail:
        officer = self.ind["release_officer"]
        with self._step("accepts the item; the register gives it a control number", officer, "permitted") as step:
            arrival = next(entry for entry in officer.node.arrivals() if entry.release == case.id)
            seen = officer.node.arrival(arrival.id)
            unconfirmed = [gate.gate for gate in seen.gates if gate.unconfirmed]
            accepted = officer.node.decide_arrival(arrival.id, "accept", "as announced", unconfirmed)
            step.found = accepted.control_number
            self._recorded(step, officer, accepted.entry)
        return accepted

    def _custody(self, case: ReleaseCase, arrival: ArrivalDetail) -> None:
        officer = self.usa["release_officer"]
        with self._step("the custody receipt returns; both registers show the item", "nodes USA and IND") as step:
            found = self._wait_for(lambda: officer.node.case(case.id), lambda seen: seen.state == "accepted")
            number = arrival.control_number
            sent = [line for line in officer.node.register() if line.uuid == arrival.item.uuid]
            received = [line for line in self.ind["release_officer"].node.register() if line.number == number]
            if found.control_number != number or not sent or not received:
                raise NotVerified("registers", field="control_number", expected="the same item in both registers")
            self._recorded(step, officer, found.entries["acceptance:receipted"])

    def _open(self, document: DemoDocument, arrival: ArrivalDetail) -> None:
        engineer = self.ind["engineer"]
        with self._step("opens it at her own node: both key services said yes", engineer, "permitted") as step:
            opened = engineer.node.open_item(arrival.item.id, self.stage.folder / "opened.part")
            try:
                if not filecmp.cmp(document.path, opened.path, shallow=False):
                    raise NotVerified("bytes", field="document", expected="the same bytes as were sealed")
                if opened.services != _BOTH_SERVICES:
                    raise NotVerified("services", field="services", found=opened.services, expected="two key services")
            finally:
                opened.path.unlink()
            step.found = f"{opened.size} bytes, identical"
            latest = engineer.node.item(arrival.item.id).last_opening
            if latest is None:
                raise NotVerified("opening", field="last_opening", expected="the opening on record")
            self._recorded(step, engineer, latest.entry)

    def _refuse(self, arrival: ArrivalDetail) -> None:
        colleague, security = self.ind["colleague"], self.ind["security_officer"]
        item = arrival.item.id
        reference = ""
        with self._step("asks to open it without being in the programme", colleague, "refused") as step:
            try:
                colleague.node.open_item(item, self.stage.folder / "refused.part")
            except Refused as refusal:
                reference = str(refusal.details["reference"])
                own = colleague.node.refusal(reference)
                self._recorded(step, colleague, own.entry)
                step.found = own.sentence
                raise
        with self._step("reads the full reasons: gate, rule, text, version, remedy", security, "done") as step:
            full = security.node.refusal(reference)
            if not full.gates or not full.bundle_version or not full.gates[0].provisions:
                raise NotVerified("refusal_view", field="gates", expected="full reasons with rule, version, provisions")
            step.found = full.gates[0].rule
            self._recorded(step, security, full.entry)

    def _place_entries(self) -> None:
        """Wait until every entry of the story is agreed by both nodes and both witnesses, and note where it stands."""
        for step, member, entry in self._entries:
            inspector = self._inspector(member)
            found = self._wait_for(
                lambda entry=entry, inspector=inspector: inspector.node.entry(entry),  # type: ignore[misc]
                lambda seen: seen.state == "agreed",
            )
            step.entry = f"{found.origin}#{found.index}"

    def _inspector(self, member: Member) -> Member:
        at_usa = member in (self.usa.registrar, *self.usa.members.values())
        return (self.usa if at_usa else self.ind)["inspector"]

    def _verify(self) -> None:
        for nation in (self.usa, self.ind):
            inspector = nation["inspector"]
            folder = self.ledger_folder(nation)
            with self._step(
                "exports the ledger and verifies it offline with pinned keys", inspector, "verified"
            ) as step:
                if folder.exists():
                    shutil.rmtree(folder)
                inspector.node.export_ledger(folder)
                report = verify_folder_on_disk(folder, self.stage.trust_file)
                if not verified(report) or report.size is None:
                    raise NotVerified("ledger", field="ledger", expected="an export that verifies")
                step.found = f"{report.size} entries"
                step.entry = f"{report.origin}#{report.size - 1}"
        with self._step("alters one byte in a copy; the verifier names it", self.usa["inspector"], "verified") as step:
            step.found = self._altered_byte_is_named(self.ledger_folder(self.usa))
            step.entry = self.story.steps[-3].entry

    def ledger_folder(self, nation: Nation) -> Path:
        """Where the nation's exported ledger lies."""
        return self.stage.folder / f"ledger-{nation.place.nation.lower()}"

    def _altered_byte_is_named(self, ledger: Path) -> str:
        copy = self.stage.folder / "ledger-altered"
        if copy.exists():
            shutil.rmtree(copy)
        shutil.copytree(ledger, copy)
        bundle = min(path for path in (copy / "tile" / "entries").rglob("*") if path.is_file())
        data = bytearray(bundle.read_bytes())
        data[len(data) // 2] ^= 1
        bundle.write_bytes(bytes(data))
        report = verify_folder_on_disk(copy, self.stage.trust_file)
        named = [finding for finding in report.findings if str(bundle.relative_to(copy)) in str(finding.file)]
        shutil.rmtree(copy)
        if verified(report) or not named:
            raise NotVerified("alteration", field="ledger", expected="the altered file named")
        return f"{named[0].file}, entry {named[0].entry}"

    def _wait(self, holds: Callable[[], bool], seconds: float = _PATIENCE_SECONDS) -> None:
        self._wait_for(holds, bool, seconds)

    @staticmethod
    def _wait_for(look: Callable[[], T], holds: Callable[[T], bool], seconds: float = _PATIENCE_SECONDS) -> T:
        deadline = time.monotonic() + seconds
        while True:
            with suppress(Unreachable):
                found = look()
                if holds(found):
                    return found
            if time.monotonic() > deadline:
                raise Unreachable("waiting", field="node", expected=f"the awaited state within {seconds:.0f} seconds")
            time.sleep(_PAUSE_SECONDS)
