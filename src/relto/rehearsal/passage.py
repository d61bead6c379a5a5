"""One document's way from a nation's engineer to the partner's, the same in both directions."""

from __future__ import annotations

import filecmp
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from relto.base.errors import NotVerified
from relto.client import Announcement, Label
from relto.client.answers import ArrivalDetail, Item, ReleaseCase, ReleaseCaseDetail
from relto.client.checking import marks_of
from relto.rehearsal.cast import PROGRAMME, Member, Nation
from relto.rehearsal.documents import DemoDocument, marked_as
from relto.rehearsal.play import BIG_FILE_SECONDS, Play

YEAR = timedelta(days=365)
_PURPOSE = "joint analysis in the training programme"
_REASON = "analyses the data in the programme"
_SERVICES = {"live": 2, "transferred": 1}


class Passage:
    """What `giver` seals and releases, and `taker` accepts and opens."""

    def __init__(self, play: Play, giver: Nation, taker: Nation) -> None:
        """Both nations are engaged, and have vouched for their people."""
        self.play = play
        self.giver = giver
        self.taker = taker
        self.to = taker.place.nation

    def whole(self, document: DemoDocument, *, mode: str = "live") -> ArrivalDetail:
        """All of it: seal, release, deliver, accept, custody, open."""
        case = self.release(self.ask(self.seal(document), mode=mode))
        arrival = self.receive(case)
        self.open(document, arrival)
        return arrival

    def receive(self, case: ReleaseCase) -> ArrivalDetail:
        """Deliver, accept, custody."""
        self.deliver(case)
        arrival = self.accept(case)
        self.custody(case, arrival)
        return arrival

    def label(self, level: str = "SECRET", *others: str, owners: Sequence[str] = ()) -> Label:
        """A label of the giver's policy for both nations, and for `others`."""
        own = self.giver.place.nation
        return Label(nation=own, level=level, audience=(own, self.to, *others), owners=tuple(owners))

    def seal(self, document: DemoDocument, label: Label | None = None) -> Item:
        """The giver's engineer seals on her own machine."""
        engineer, label = self.giver["engineer"], label or self.label()
        document = marked_as(document, *marks_of(label, self.giver.place.nation))
        what = f"seals a document {label.level}//REL TO {', '.join(_usa_first(label.audience))} on her own machine"
        with self.play.step(what, engineer) as step:
            item = engineer.node.seal(document.path, announcement(document, label), despite_faults=document.despite)
            if item.check is not None and item.check.faults:
                step.found = f"despite {sum(each.count for each in item.check.faults)} faults: {item.check.reason}"
            self.play.sealed[item.uuid] = document.path
            self.play.record(step, engineer, item.entry)
        return item

    def ask(self, item: Item, *, mode: str = "live", parts: Sequence[str] = ("engineer",)) -> ReleaseCase:
        """The giver's security officer asks for a release to the taker's facility, for those who play `parts` there."""
        security, facility = self.giver["security_officer"], self.taker.company.facility
        home = [(self.giver["engineer"].person, _REASON)] if item.joint else []
        readers = [(self.taker[part].person, _REASON) for part in parts]
        how = "" if mode == "live" else ", all shares in the recipient's keeping"
        with self.play.step(f"asks for its release to {facility}{how}", security) as step:
            case = security.node.request_release(
                item.id,
                self.to,
                facility,
                readers,
                _PURPOSE,
                mode=mode,
                home_facility=self.giver.company.facility if item.joint else "",
                home_readers=home,
            )
            self.play.record(step, security, case.entry)
        return case

    def release(self, case: ReleaseCase) -> ReleaseCase:
        """The giver's release officer decides."""
        officer = self.giver["release_officer"]
        with self.play.step("sees every gate with its citation, and releases", officer, "permitted") as step:
            seen, decided = self.try_release(case)
            applying = [gate for gate in seen.gates if gate.outcome != "does_not_apply"]
            holding = [gate for gate in applying if gate.outcome == "holds"]
            unconfirmed = [gate for gate in seen.gates if gate.unconfirmed]
            step.found = f"{len(holding)} of {len(applying)} rules that apply hold; {len(unconfirmed)} are unconfirmed"
            self.play.record(step, officer, decided.entry)
        return case

    def try_release(self, case: ReleaseCase) -> tuple[ReleaseCaseDetail, ReleaseCaseDetail]:
        """The case as the officer sees it, and as she decided it. Raises Refused when a gate does not hold."""
        officer = self.giver["release_officer"]
        seen = officer.node.case(case.id)
        accepts = [gate.gate for gate in seen.gates if gate.unconfirmed]
        return seen, officer.node.decide_case(case.id, "release", "all gates hold", accepts)

    def deliver(self, case: ReleaseCase) -> None:
        """Both nodes: the package crosses, the technical receipt returns."""
        officer = self.giver["release_officer"]
        with self.play.step("the package crosses the link; the technical receipt returns", self._nodes) as step:
            found = self.play.wait_for(
                lambda: officer.node.case(case.id),
                lambda seen: seen.state in ("delivered", "accepted"),
                BIG_FILE_SECONDS,
            )
            self.play.record(step, officer, found.entries["transfer:receipted"])

    def accept(self, case: ReleaseCase) -> ArrivalDetail:
        """The taker's release officer accepts."""
        officer = self.taker["release_officer"]
        with self.play.step("accepts the item; the register gives it a control number", officer, "permitted") as step:
            accepted = self.try_accept(case)
            step.found = accepted.control_number
            self.play.record(step, officer, accepted.entry)
        return accepted

    def try_accept(self, case: ReleaseCase) -> ArrivalDetail:
        """Accept what this case brought. Raises Refused when a gate does not hold."""
        officer = self.taker["release_officer"]
        arrival = next(entry for entry in officer.node.arrivals() if entry.release == case.id)
        seen = officer.node.arrival(arrival.id)
        accepts = {gate.gate for gate in (*seen.gates, *seen.co_release_gates) if gate.unconfirmed}
        return officer.node.decide_arrival(arrival.id, "accept", "as announced", sorted(accepts))

    def custody(self, case: ReleaseCase, arrival: ArrivalDetail) -> None:
        """Both nodes: the custody receipt returns, and both registers show the item."""
        officer = self.giver["release_officer"]
        with self.play.step("the custody receipt returns; both registers show the item", self._nodes) as step:
            found = self.play.wait_for(lambda: officer.node.case(case.id), lambda seen: seen.state == "accepted")
            number = arrival.control_number
            sent = [line for line in officer.node.register() if line.uuid == arrival.item.uuid]
            received = [line for line in self.taker["release_officer"].node.register() if line.number == number]
            if found.control_number != number or not sent or not received:
                raise NotVerified("registers", field="control_number", expected="the same item in both registers")
            self.play.record(step, officer, found.entries["acceptance:receipted"])

    def open(self, document: DemoDocument, arrival: ArrivalDetail, what: str = "") -> None:
        """The taker's engineer opens what was released to her."""
        services = _SERVICES[arrival.mode]
        said = "both key services said yes" if services > 1 else "her own key service holds all shares"
        self.open_as(
            self.taker["engineer"], arrival.item.id, document, services, what or f"opens it at her own node: {said}"
        )

    def open_as(self, reader: Member, item: str, document: DemoDocument, services: int, what: str) -> None:
        """A reader opens an item, and finds the bytes that were sealed."""
        with self.play.step(what, reader, "permitted") as step:
            opened = reader.node.open_item(item, self.play.stage.folder / "opened.part")
            try:
                latest = reader.node.item(item)
                if not filecmp.cmp(self.play.sealed.get(latest.uuid, document.path), opened.path, shallow=False):
                    raise NotVerified("bytes", field="document", expected="the same bytes as were sealed")
                if opened.services != services:
                    raise NotVerified(
                        "services", field="services", found=opened.services, expected=f"{services} key services"
                    )
            finally:
                opened.path.unlink()
            step.found = f"{opened.size} bytes, identical"
            if latest.last_opening is None:
                raise NotVerified("opening", field="last_opening", expected="the opening on record")
            self.play.record(step, reader, latest.last_opening.entry)

    def attempt(self, reader: Member, item: str) -> Callable[[], object]:
        """An opening to be tried, which leaves no file behind."""
        target = self.play.stage.folder / "refused.part"

        def open_it() -> object:
            with suppress(FileNotFoundError):
                target.unlink()
            return reader.node.open_item(item, target)

        return open_it

    def authorise(self, kind: str, *, until: datetime | None = None, nation: str = "", reference: str = "0001") -> str:
        """The giver's registrar or security officer records an authorisation for the programme; its id."""
        member = self.giver.registrar if kind == "disclosure" else self.giver["security_officer"]
        now = datetime.now(UTC)
        to = nation or self.to
        state = "" if until is None or until > now else ", one that has expired"
        with self.play.step(f"records the {kind} authorisation for the programme to {to}{state}", member) as step:
            answer = member.node.record_authorisation(
                kind,
                f"TRAINING-{kind.upper()}-{self.giver.place.nation}-{reference}",
                to,
                programme=PROGRAMME,
                valid_from=now - timedelta(days=2),
                valid_until=until or now + YEAR,
            )
            self.play.record(step, member, answer.entry)
        return answer.id

    @property
    def _nodes(self) -> str:
        return f"nodes {self.giver.place.nation} and {self.to}"


def announcement(document: DemoDocument, label: Label) -> Announcement:
    """How the register describes a document of the demo."""
    return Announcement(
        title=document.title,
        file_name=document.path.name,
        media_type=document.media_type,
        programme=PROGRAMME,
        label=label,
        export_controlled=True,
    )


def _usa_first(nations: Sequence[str]) -> list[str]:
    return sorted(nations, key=lambda nation: (nation != "USA", nation))
