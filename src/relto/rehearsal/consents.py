"""A third party: refused without the originator's consent for that item; consent for one item never covers another."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from relto.base.errors import Refused
from relto.client.answers import ArrivalDetail
from relto.rehearsal.cast import Member
from relto.rehearsal.documents import DemoDocument
from relto.rehearsal.passage import Passage
from relto.rehearsal.play import Play

_NATION, _RECIPIENT = "FRA", "FRA-F003"
_PURPOSE = "a training analysis by a third party"
_MONTH = timedelta(days=30)
_RULE = "R19-originator-consents"


class ThirdParty:
    """The taker of two documents wants to pass one on to a French facility."""

    def __init__(self, play: Play, way: Passage) -> None:
        """`way`: who gave the documents to whom."""
        self.play = play
        self.way = way

    def perform(self, document: DemoDocument) -> None:
        """Item X: refused, asked for, consented to, passed on. Item Y: still refused."""
        way, security = self.way, self.way.taker["security_officer"]
        first, second = (self._received(document) for _ in range(2))
        back = Passage(self.play, way.taker, way.giver)
        for kind in ("disclosure", "export"):
            back.authorise(kind, nation=_NATION, reference="FRA-0001")
        self._is_refused(security, first, f"may {_RECIPIENT} have item X? not without the originator's consent")
        self._consented(first)
        with self.play.step(f"may {_RECIPIENT} have item X? no rule stands against it", security, "permitted") as step:
            answer = security.node.may_retransfer(first.item.id, _NATION, _RECIPIENT)
            self.play.record(step, security, answer.entry)
        self._is_refused(security, second, f"may {_RECIPIENT} have item Y? consent for X does not cover Y")

    def _received(self, document: DemoDocument) -> ArrivalDetail:
        way = self.way
        item = way.seal(document, way.label("SECRET", _NATION))
        return way.receive(way.release(way.ask(item)))

    def _is_refused(self, member: Member, arrival: ArrivalDetail, what: str) -> None:
        """The answer is a recorded decision with its reasons; asking is no fault, so nothing is raised."""

        def ask() -> None:
            answer = member.node.may_retransfer(arrival.item.id, _NATION, _RECIPIENT)
            if not answer.permitted:
                raise Refused("gates", reference=answer.reference)

        self.play.refused(what, member, ask, rule=_RULE)

    def _consented(self, arrival: ArrivalDetail) -> None:
        """The holder's company asks, its authority forwards, the originator's authority consents for a shorter time."""
        way, now = self.way, datetime.now(UTC)
        security, officer = way.taker["security_officer"], way.taker["release_officer"]
        originator = way.giver["release_officer"]
        with self.play.step(f"asks the originator to consent to item X for {_RECIPIENT}", security) as step:
            asked = security.node.request_third_party(
                arrival.item.id,
                _NATION,
                _RECIPIENT,
                purpose=_PURPOSE,
                valid_from=now - timedelta(minutes=1),
                valid_until=now + 3 * _MONTH,
            )
            self.play.record(step, security, asked.entry)
        with self.play.step("forwards the request to the originator's authority", officer) as step:
            forwarded = officer.node.forward_third_party(asked.id, "forward", "the purpose is within the programme")
            self.play.record(step, officer, forwarded.entry)
        with self.play.step("consents: this item, this recipient, this purpose, one month", originator) as step:
            found = self.play.wait_for(
                lambda: [one for one in originator.node.third_party_requests() if one.request == asked.request], bool
            )
            consent = originator.node.decide_third_party(
                found[0].id, "consent", "for training", valid_until=now + _MONTH
            )
            self.play.record(step, originator, consent.entry)
            self.play.wait_for(
                lambda: officer.node.third_party_request(asked.id), lambda seen: seen.state == "consented"
            )
