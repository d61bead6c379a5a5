"""The straight path: one document from a US engineer to an Indian engineer, and one refusal, by users' own doors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from relto.base.errors import NotVerified
from relto.client.answers import ArrivalDetail
from relto.rehearsal.cast import Nation, Stage
from relto.rehearsal.documents import DemoDocument
from relto.rehearsal.passage import YEAR, Passage, announcement
from relto.rehearsal.play import Play
from relto.rehearsal.story import Step, Story


class StraightPath(Play):
    """The story's state between its steps."""

    def __init__(self, stage: Stage, documents: Sequence[DemoDocument], tell: Callable[[Step], None]) -> None:
        """`tell` is called after each step."""
        super().__init__(stage, tell)
        self.documents = documents
        self.eastward = Passage(self, self.usa, self.ind)

    def play(self) -> Story:
        """Play all of it. Raises the error of the first step that fails in a way the story does not know."""
        self.prepare()
        for document in self.documents:
            self._refuse(self.eastward.whole(document))
        self.go_on()
        self.place_entries()
        self.verify_ledgers()
        return self.story

    def go_on(self) -> None:
        """What comes after the straight path; nothing, here."""

    def prepare(self) -> None:
        """What comes before the first document: people, agreement, assurances and authorisations."""
        self._engage()
        self.agree()
        self._assure()
        for kind in ("disclosure", "export"):
            self.eastward.authorise(kind)

    def leave_a_case(self, document: DemoDocument) -> str:
        """After preparation or story: one more release is asked for and left to decide; the case's number."""
        item = self.usa["engineer"].node.seal(
            document.path, announcement(document, self.eastward.label()), despite_faults=document.despite
        )
        readers = [(self.ind["engineer"].person, "analyses the data in the programme")]
        facility = self.ind.company.facility
        asked = self.usa["security_officer"].node.request_release(
            item.id, "IND", facility, readers, "joint analysis in the training programme"
        )
        return asked.number

    def agree(
        self,
        version: int = 1,
        limits: Sequence[str] = (),
        equivalents: Sequence[str] = (),
        consents: Sequence[str] = (),
    ) -> None:
        """Both authorities sign a version of the agreement bundle; both nodes prove it and activate it.

        `consents`: what loosens, and is meant: `NATION KIND KEY because REASON`.
        """
        bundle = self.stage.draft_bundle(version, limits, equivalents, consents)
        changed = ", ".join((*limits, *equivalents))
        what = f"sign agreement bundle version {version}" + (f": {changed}" if changed else "")
        with self.step(what, "authorities, USA and IND") as signing:
            for sign in self.stage.sign_bundle.values():
                bundle = sign(bundle)
        for nation in (self.usa, self.ind):
            chair = nation["co_chair"]
            with self.step(
                "submits the bundle; the node checks both signatures, proves it and activates it", chair
            ) as step:
                entry = chair.node.submit_bundle(bundle).entry
                self.record(step, chair, entry)
                if nation is self.usa:
                    self.record(signing, chair, entry)

    def assure(self, giver: Nation, kind: str, subject: str, until: datetime) -> str:
        """A registrar vouches to the partner for one subject; the ledger entry's id."""
        partner = self.other(giver).place.nation
        return giver.registrar.node.give_assurance(kind, subject, partner, until).entry

    def _engage(self) -> None:
        for nation in (self.usa, self.ind):
            with self.step("registers company, facility, people and the joint programme", nation.registrar) as step:
                self.record(step, nation.registrar, nation.engage())

    def _assure(self) -> None:
        until = datetime.now(UTC) + YEAR / 2
        for giver in (self.usa, self.ind):
            taker = self.other(giver)
            what = f"gives {taker.place.nation} signed assurances for one facility and two people"
            with self.step(what, giver.registrar) as step:
                entry = self.assure(giver, "facility", giver.company.facility, until)
                for part in ("engineer", "colleague"):
                    entry = self.assure(giver, "person", giver[part].person, until)
                self.record(step, giver.registrar, entry)
                expected = {giver.company.facility, giver["engineer"].person, giver["colleague"].person}
                self.wait(lambda taker=taker, expected=expected: self._received(taker) >= expected)  # type: ignore[misc]

    @staticmethod
    def _received(nation: Nation) -> set[str]:
        found = nation.registrar.node.assurances()
        return {entry.subject for entry in found if entry.direction == "received"}

    def _refuse(self, arrival: ArrivalDetail) -> None:
        colleague, security = self.ind["colleague"], self.ind["security_officer"]
        reference = self.refused(
            "asks to open it without being in the programme",
            colleague,
            self.eastward.attempt(colleague, arrival.item.id),
        )
        with self.step("reads the full reasons: gate, rule, text, version, remedy", security, "done") as step:
            full = security.node.refusal(reference)
            if not full.gates or not full.bundle_version or not full.gates[0].provisions:
                raise NotVerified("refusal_view", field="gates", expected="full reasons with rule, version, provisions")
            step.found = full.gates[0].rule
            self.record(step, security, full.entry)
