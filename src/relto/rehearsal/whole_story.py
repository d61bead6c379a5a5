"""The whole story: both directions, every refusal with the remedy that opens, withdrawal, suspension, joint items.

Each refusal is followed by what its reason names as the remedy, carried out by whoever can, and by the same request
once more.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from relto.base.errors import NotAuthenticated, NotVerified
from relto.client.answers import ArrivalDetail, ReleaseCase
from relto.rehearsal.cast import PROGRAMME, Nation
from relto.rehearsal.consents import ThirdParty
from relto.rehearsal.documents import DemoDocument
from relto.rehearsal.marking_faults import MarkingFaults
from relto.rehearsal.passage import YEAR, Passage
from relto.rehearsal.recovery import Recovery
from relto.rehearsal.straight_path import StraightPath
from relto.rehearsal.unregistered import Unregistered

_FRESH_SECONDS = 8
_LAPSE_SECONDS = 2.0


class WholeStory(StraightPath):
    """The straight path, and everything that comes after it."""

    def go_on(self) -> None:
        """All scenes, each on its own documents."""
        self.westward = Passage(self, self.ind, self.usa)
        document = self.stage.scene_document
        received = self._colleague_needs_to_know(document)
        arrival = self._india_releases(document)
        self._assurance_lapses(document, arrival)
        self._person_is_withdrawn(document, arrival)
        self._person_is_suspended(document, arrival)
        self._facility_is_suspended(document, arrival)
        self._release_is_withdrawn(document, arrival)
        self._transferred(document)
        self._joint(document)
        MarkingFaults(self, self.eastward).perform()
        ThirdParty(self, self.eastward).perform(document)
        Unregistered(self, self.eastward).perform(document)
        Recovery(self, self.eastward).perform(received)
        self._rules_change(document)

    def _colleague_needs_to_know(self, document: DemoDocument) -> ArrivalDetail:
        """Who is not on the need-to-know list is assigned, with a reason, and a new release names her."""
        way, colleague = self.eastward, self.ind["colleague"]
        arrival = way.whole(document)
        self.refused(
            "asks to open it without being in the programme",
            colleague,
            way.attempt(colleague, arrival.item.id),
            rule="R12-programme-member",
        )
        security, officer = self.ind["security_officer"], self.usa["release_officer"]
        with self.step("assigns the second engineer to the programme, with a reason", security) as step:
            entry = security.node.assign_member(PROGRAMME, colleague.person, "takes over the measurements").entry
            self.record(step, security, entry)
        with self.step("withdraws the release, which does not name her", officer) as step:
            self.record(step, officer, officer.node.withdraw_release(arrival.release, "one reader more").entry)
        item = self._own_item(self.usa, arrival)
        case = way.release(way.ask(self.usa["engineer"].node.item(item), parts=("engineer", "colleague")))
        received = way.receive(case)
        way.open_as(colleague, received.item.id, document, 2, "opens it: she is assigned, and listed with a reason")
        return received

    def _india_releases(self, document: DemoDocument) -> ArrivalDetail:
        """The same way as the United States: refused without an authorisation, and with an expired one."""
        way, officer = self.westward, self.ind["release_officer"]
        case = way.ask(way.seal(document))
        self._release_is_refused(
            way, case, "releases with all else present but no disclosure authorisation", "R02-disclosure-authorised"
        )
        way.authorise("disclosure")
        way.authorise("export", until=datetime.now(UTC) - timedelta(days=1), reference="0001")
        self._release_is_refused(
            way, case, "releases under an export authorisation that has expired", "R03-export-authorised"
        )
        way.authorise("export", reference="0002")
        with self.step("releases now", officer, "permitted") as step:
            self.record(step, officer, way.try_release(case)[1].entry)
        arrival = way.receive(case)
        way.open(document, arrival)
        return arrival

    def _release_is_refused(self, way: Passage, case: ReleaseCase, what: str, rule: str) -> None:
        self.refused(what, way.giver["release_officer"], lambda: way.try_release(case), rule=rule)

    def _assurance_lapses(self, document: DemoDocument, arrival: ArrivalDetail) -> None:
        """A cleared person whose facility's assurance has lapsed, until it is given anew."""
        way, registrar = self.westward, self.usa.registrar
        facility = self.usa.company.facility
        with self.step(f"vouches for {facility} to IND for {_LAPSE_SECONDS:.0f} seconds more", registrar) as step:
            until = datetime.now(UTC) + timedelta(seconds=_LAPSE_SECONDS)
            self.record(step, registrar, self.assure(self.usa, "facility", facility, until))
            self._partner_knows(way, facility, "valid")
            time.sleep(max(0.0, (until - datetime.now(UTC)).total_seconds()))
        self._opening_is_refused(
            way, arrival, "opens it, cleared, at a facility whose assurance has lapsed", "R05-facility-assurance-valid"
        )
        with self.step(f"vouches for {facility} to IND anew", registrar) as step:
            self.record(step, registrar, self.assure(self.usa, "facility", facility, datetime.now(UTC) + YEAR / 2))
            self._partner_knows(way, facility, "valid")
        way.open(document, arrival, "opens it again")

    def _person_is_withdrawn(self, document: DemoDocument, arrival: ArrivalDetail) -> None:
        """Her authority takes back its word on her; a new word opens again."""
        way, registrar, person = self.westward, self.usa.registrar, self.usa["engineer"].person
        with self.step("revokes the assurance on the engineer", registrar) as step:
            given = [one for one in registrar.node.assurances() if one.direction == "given" and one.subject == person]
            valid = next(one for one in given if one.status == "valid")
            self.record(step, registrar, registrar.node.revoke_assurance(valid.id).entry)
            self._partner_knows(way, person, "revoked")
        self._opening_is_refused(way, arrival, "opens it after she was withdrawn", "R09-personal-assurance-valid")
        with self.step("vouches for the engineer to IND anew", registrar) as step:
            self.record(step, registrar, self.assure(self.usa, "person", person, datetime.now(UTC) + YEAR / 2))
            self._partner_knows(way, person, "valid")
        way.open(document, arrival, "opens it again")

    def _is_not_let_in(self, way: Passage, arrival: ArrivalDetail, entry: str) -> None:
        """A suspended person is not even signed in."""
        reader = way.taker["engineer"]
        with self.step("opens it while she is suspended: she is not let in", reader, "refused") as step:
            self.record(step, way.taker.registrar, entry)
            try:
                way.attempt(reader, arrival.item.id)()
            except NotAuthenticated as error:
                step.outcome, step.found = "refused", error.full_code

    def _person_is_suspended(self, document: DemoDocument, arrival: ArrivalDetail) -> None:
        self._suspension(document, arrival, "person", self.usa["engineer"].person)

    def _facility_is_suspended(self, document: DemoDocument, arrival: ArrivalDetail) -> None:
        self._suspension(document, arrival, "facility", self.usa.company.facility)

    def _suspension(self, document: DemoDocument, arrival: ArrivalDetail, kind: str, subject: str) -> None:
        """What a suspension cuts is said before it is done; it ends when the registrar reinstates."""
        way, registrar = self.westward, self.usa.registrar
        with self.step(f"sees what suspending the {kind} would cut, and suspends", registrar) as step:
            foreseen = registrar.node.consequences(kind, subject)
            done = registrar.node.suspend(kind, subject, "a training suspension")
            if not foreseen.arrivals or foreseen.arrivals != done.affected.arrivals:
                raise NotVerified("consequences", field="arrivals", expected="the releases that the suspension cuts")
            step.found = f"{len(foreseen.people)} people, {len(foreseen.arrivals)} releases held"
            self.record(step, registrar, done.entry)
            self._partner_knows(way, subject, "suspended")
        if kind == "facility":
            self._opening_is_refused(
                way, arrival, "opens it while the facility is suspended", "R05-facility-assurance-valid"
            )
        else:
            self._is_not_let_in(way, arrival, done.entry)
        with self.step(f"reinstates the {kind}", registrar) as step:
            self.record(step, registrar, registrar.node.reinstate(kind, subject, "the training suspension ends").entry)
            for vouched_for in (self.usa.company.facility, self.usa["engineer"].person):
                self._partner_knows(way, vouched_for, "valid")
        way.open(document, arrival, "opens it again")

    def _release_is_withdrawn(self, document: DemoDocument, arrival: ArrivalDetail) -> None:
        """Withdrawn at India's node: refused from its commit; the partner's record follows; a new release opens."""
        way, officer = self.westward, self.ind["release_officer"]
        with self.step("withdraws the release", officer) as step:
            withdrawn = officer.node.withdraw_release(arrival.release, "a training withdrawal")
            self.record(step, officer, withdrawn.entry)
        self._opening_is_refused(way, arrival, "opens what was withdrawn", "")
        with self.step("the withdrawal is on the partner's record", "nodes IND and USA") as step:
            taker = self.usa["release_officer"]
            found = self.wait_for(lambda: taker.node.arrival(arrival.id), lambda seen: seen.state == "withdrawn")
            self.record(step, taker, found.entries["arrival:withdrawn"])
        case = way.release(way.ask(self.ind["engineer"].node.item(self._own_item(self.ind, arrival))))
        way.open(document, way.receive(case), "opens it under the new release")

    @staticmethod
    def _own_item(originator: Nation, arrival: ArrivalDetail) -> str:
        """The originator's id of the item that arrived."""
        return next(item.id for item in originator["engineer"].node.items() if item.uuid == arrival.item.uuid)

    def _transferred(self, document: DemoDocument) -> None:
        """All shares at the recipient's service: opened there alone; withdrawal is a notice, then destroyed."""
        way = self.eastward
        arrival = way.whole(document, mode="transferred")
        officer, security = self.usa["release_officer"], self.ind["security_officer"]
        with self.step("withdraws the transferred release and asks for its destruction", officer) as step:
            case = officer.node.withdraw_release(arrival.release, "no longer needed in training")
            self.record(step, officer, case.entry)
            taker = self.ind["release_officer"]
            self.wait_for(lambda: taker.node.arrival(arrival.id), lambda seen: seen.state == "withdrawn")
        self._opening_is_refused(way, arrival, "opens it after the notice", "")
        with self.step("records that it was destroyed; the originator is told", security) as step:
            told = security.node.record_disposition(arrival.id, "destroyed", "erased in training")
            self.record(step, security, told.entry)
            self.wait_for(lambda: officer.node.case(arrival.release), lambda seen: seen.disposition == "destroyed")

    def _joint(self, document: DemoDocument) -> None:
        """A document of both nations: split at sealing, opened with both keys on both sides, closed by either."""
        way = self.eastward
        author, reader, officer = self.usa["engineer"], self.ind["engineer"], self.ind["release_officer"]
        item = way.seal(document, way.label(owners=("USA", "IND")))
        self.refused("opens her own joint document before the other owner agreed", author, way.attempt(author, item.id))
        case = way.release(way.ask(item))
        arrival = way.receive(case)
        way.open(document, arrival, "opens the joint document: both key services said yes")
        way.open_as(author, item.id, document, 2, "opens the joint document: both key services said yes")
        with self.step("closes the joint document for both", officer) as step:
            closed = officer.node.withdraw_co_release(arrival.id, "a training disagreement")
            self.record(step, officer, closed.entry)
        self.refused("opens the joint document after one owner closed it", author, way.attempt(author, item.id))
        self.refused("opens the joint document after one owner closed it", reader, way.attempt(reader, arrival.item.id))

    def _rules_change(self, document: DemoDocument) -> None:
        """A status grows stale under a stricter bundle; a level gets the equivalent that it lacked."""
        way = self.westward
        arrival = way.whole(document)
        self._let_it_grow_stale(way)
        self.agree(2, [f"assurance_status_max_age={_FRESH_SECONDS} second"])
        self._opening_is_refused(
            way, arrival, "opens it on assurances whose status has grown stale", "R06-facility-status-fresh"
        )
        with self.step("confirms the status of the assurances as of now", self.usa.registrar) as step:
            self.record(step, self.usa.registrar, self._renew(way))
        way.open(document, arrival, "opens it on fresh assurances")

        item = way.seal(document, way.label("RESTRICTED"))
        case = way.ask(item)
        self._release_is_refused(
            way,
            case,
            "releases RESTRICTED to the United States, which has no such level: handled as the agreement says",
            "R16-equivalent-exists",
        )
        # Each originator consents to what loosens the rules in force; the proof refuses the draft without it.
        loosened = ("equivalent IND:RESTRICTED>USA", "limit assurance_status_max_age")
        consents = [f"{nation} {piece} because both agreed it" for nation in ("USA", "IND") for piece in loosened]
        self.agree(3, equivalents=["IND:RESTRICTED=USA:CONFIDENTIAL"], consents=consents)
        way.open(document, way.receive(way.release(case)), "opens it under the equivalent that both agreed")

    def _let_it_grow_stale(self, way: Passage) -> None:
        """Wait until the taker's newest word on the story's subjects is older than the stricter bundle allows."""
        given = [one.status_at for one in way.taker.registrar.node.assurances() if one.direction == "given"]
        stale = max(given) + timedelta(seconds=_FRESH_SECONDS)
        time.sleep(max(0.0, (stale - datetime.now(UTC)).total_seconds()))

    def _renew(self, way: Passage) -> str:
        """Every assurance that the taker gave and that is valid, confirmed as of now; the last ledger entry's id."""
        node, entry = way.taker.registrar.node, ""
        begun = datetime.now(UTC).replace(microsecond=0)  # the wire counts whole seconds
        subjects = {way.taker.company.facility, way.taker["engineer"].person}
        newest: dict[str, str] = {}
        for one in node.assurances():
            if one.direction == "given" and one.subject in subjects and one.status == "valid":
                newest.setdefault(one.subject, one.id)
        for assurance in newest.values():
            entry = node.renew_assurance(assurance).entry
        for subject in subjects:
            self._partner_knows(way, subject, "valid", since=begun)
        return entry

    def _opening_is_refused(self, way: Passage, arrival: ArrivalDetail, what: str, rule: str) -> None:
        reader = way.taker["engineer"]
        self.refused(what, reader, way.attempt(reader, arrival.item.id), rule=rule)

    def _partner_knows(self, way: Passage, subject: str, status: str, since: datetime | None = None) -> None:
        """Wait until the giver's node holds the taker's newest word on a subject."""

        def holds() -> bool:
            found = [
                one
                for one in way.giver.registrar.node.assurances()
                if one.direction == "received" and one.subject == subject
            ]
            newest = max(found, key=lambda one: one.status_at)
            own = [
                one
                for one in way.taker.registrar.node.assurances()
                if one.direction == "given" and one.subject == subject
            ]
            latest = max(own, key=lambda one: one.status_at)
            return newest.status == status and newest.status_at >= max(latest.status_at, since or latest.status_at)

        self.wait(holds)
