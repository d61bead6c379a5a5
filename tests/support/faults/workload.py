"""People of both nations at work, through `relto.client` only, while everything around them fails.

Each role is a thread of its own: originators seal and release, officers accept, engineers open all the time, release
officers withdraw, registrars renew assurances and suspend. A call that gets no answer is not acknowledged: the person
looks what became of it and goes on from there, as people do.
"""

from __future__ import annotations

import filecmp
import random
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Protocol, TypeVar

from relto.base.errors import (
    Conflict,
    Misconfigured,
    NotAuthenticated,
    NotAvailable,
    Refused,
    ReltoError,
    Unreachable,
)
from relto.client import Announcement, Label
from relto.client.answers import Arrival, ReleaseCase
from relto.rehearsal.cast import PROGRAMME, Member, Nation
from relto.rehearsal.straight_path import StraightPath
from tests.support.faults.records import OPENED, Opened, Records, Released, Suspended

# What a caller may meet while nodes die and links break. Anything else is a surprise, and fails the run.
_EXPECTED = (Unreachable, NotAuthenticated, Misconfigured, Conflict, Refused, NotAvailable)
_BOTH_SERVICES = 2
_REASON = "a training reason"
_STANDING = 0.85  # the share of openings of what is not withdrawn, as far as anybody was told
_LARGE = 3 * 1024 * 1024
_FLOWING = 10 * 1024 * 1024


@dataclass(frozen=True)
class Volume:
    """How much is done: documents in each direction, and the share of releases that are withdrawn again."""

    documents: int
    withdrawn: float = 0.4
    large_every: int = 12
    flowing: int = 0  # documents of more than the way keeps whole
    pause: tuple[float, float] = (0.0, 0.3)  # seconds between two documents of one nation


class _Entered(Protocol):
    """An answer with the entry that its verb left in the ledger."""

    @property
    def entry(self) -> str: ...


AnswerT = TypeVar("AnswerT", bound=_Entered)
T = TypeVar("T")


class Workload:
    """All people at work until `stop`."""

    def __init__(self, path: StraightPath, folder: Path, records: Records, seed: int, volume: Volume) -> None:
        """`path` is prepared: everybody is engaged, the agreement stands, assurances were exchanged."""
        self.path = path
        self.records = records
        self.volume = volume
        self._folder = folder
        self._seed = seed
        self._ending = threading.Event()
        self._threads: list[threading.Thread] = []
        self._made = {"USA": 0, "IND": 0}
        self._hot: dict[str, str] = {}
        folder.mkdir(parents=True, exist_ok=True)

    def prepare(self) -> None:
        """What the straight path leaves out: India may release too, and a second reader is in the programme."""
        now = datetime.now(UTC)
        for kind, member in (("disclosure", self.path.ind.registrar), ("export", self.path.ind["security_officer"])):
            member.node.record_authorisation(
                kind,
                f"TRAINING-{kind.upper()}-0001",
                "USA",
                programme=PROGRAMME,
                valid_from=now - timedelta(days=1),
                valid_until=now + timedelta(days=300),
            )
        for nation in self._nations:
            nation.registrar.node.assign_member(PROGRAMME, nation["colleague"].person, _REASON)

    @property
    def _nations(self) -> tuple[Nation, Nation]:
        return self.path.usa, self.path.ind

    def done(self) -> bool:
        """True when every document was released."""
        return all(len(self.records.sent_by(nation)) >= self.volume.documents for nation in self._made)

    def start(self) -> None:
        """Everybody begins."""
        for nation, other in (self._nations, self._nations[::-1]):
            name = nation.place.nation
            self._begin(f"{name} originators", partial(self._release, nation, other))
            self._begin(f"{name} acceptance", partial(self._accept, nation))
            for reader in ("engineer", "colleague"):
                self._begin(f"{name} {reader} opens", partial(self._open, nation, reader))
            self._begin(f"{name} withdraws", partial(self._withdraw, nation))
            self._begin(f"{name} registrar", partial(self._renew, nation, other))

    def stop(self) -> None:
        """Everybody ends after what they are doing."""
        self._ending.set()
        for thread in self._threads:
            thread.join(180.0)
            if thread.is_alive():
                self.records.surprise(f"{thread.name} did not end")

    def finish(self) -> None:
        """After `stop`, in calm: nobody stays suspended."""
        for nation in self._nations:
            registrar, person = nation.registrar.node, nation["colleague"].person
            if next(one for one in registrar.people() if one.person == person).suspended_at:
                self._told(nation, partial(registrar.reinstate, "person", person, _REASON))

    def accept_what_is_left(self) -> None:
        """After `stop`, in calm: the officers decide what arrived since."""
        for nation in self._nations:
            with suppress(*_EXPECTED):
                self._accept_all(nation)

    def _begin(self, name: str, turn: Callable[[random.Random], float]) -> None:
        chance = random.Random(f"{self._seed}/{name}")  # noqa: S311  reproducible work, not secrets

        def go_on() -> None:
            while not self._ending.is_set():
                pause = 0.3
                try:
                    pause = turn(chance)
                except _EXPECTED:
                    pass
                except ReltoError as error:
                    self.records.surprise(f"{name}: {type(error).__name__} {error.full_code} {error.field or ''}")
                except Exception as error:  # noqa: BLE001  whatever it is, it is a finding
                    self.records.surprise(f"{name}: {type(error).__name__} {error}")
                self._ending.wait(pause)

        thread = threading.Thread(target=go_on, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _told(self, nation: Nation, call: Callable[[], AnswerT]) -> AnswerT:
        """Call, and keep the entry of the answer: this is what acknowledged means."""
        began = time.time()
        answer = call()
        self.records.entry(nation.place.nation, answer.entry, began, time.time())
        return answer

    # Originators.

    def _release(self, nation: Nation, other: Nation, chance: random.Random) -> float:
        name = nation.place.nation
        if self._made[name] >= self.volume.documents:
            return 1.0
        number = self._made[name] + 1
        document = self._document(name, number, chance)
        engineer, security = nation["engineer"].node, nation["security_officer"].node
        announcement = Announcement(
            title=f"Training document {number}",
            file_name=document.name,
            media_type="application/octet-stream",
            programme=PROGRAMME,
            label=Label(nation=name, level="SECRET", audience=("USA", "IND")),
            export_controlled=True,
        )
        item = self._told(nation, lambda: engineer.seal(document, announcement, despite_faults=_REASON))
        readers = [(other[part].person, _REASON) for part in ("engineer", "colleague")]
        facility = other.company.facility
        case = self._until_known(
            lambda: self._told(
                nation,
                lambda: security.request_release(item.id, other.place.nation, facility, readers, _REASON),
            ),
            lambda: next((one for one in security.cases() if one.item.uuid == item.uuid), None),
        )
        if case is None or not self._decide(nation, case.id):
            return 0.0
        with self.records.lock:
            self.records.releases[case.id] = Released(
                name, other.place.nation, case.id, item.uuid, str(document), time.time()
            )
            self._made[name] = number
        return chance.uniform(*self.volume.pause)

    def _decide(self, nation: Nation, case: str) -> bool:
        """Release it. False when work ends meanwhile."""
        officer = nation["release_officer"].node

        def decide() -> ReleaseCase:
            unconfirmed = [gate.gate for gate in officer.case(case).gates if gate.unconfirmed]
            return self._told(nation, lambda: officer.decide_case(case, "release", _REASON, unconfirmed))

        def decided() -> ReleaseCase | None:
            seen = officer.case(case)
            return seen if seen.state != "asked" else None

        return self._until_known(decide, decided) is not None

    def _until_known(self, act: Callable[[], T], look: Callable[[], T | None]) -> T | None:
        """Act; without an answer, look whether it happened, and act again if not. None when work ends meanwhile."""
        while not self._ending.is_set():
            try:
                return act()
            except _EXPECTED:
                self._ending.wait(0.3)
            with suppress(*_EXPECTED):
                found = look()
                if found is not None:
                    return found
        return None

    def _document(self, nation: str, number: int, chance: random.Random) -> Path:
        place = self._folder / f"{nation}-{number}.bin"
        if not place.exists():
            size = chance.randrange(1, 20_000)
            if number % self.volume.large_every == 0:
                size = _LARGE
            if number <= self.volume.flowing:
                size = _FLOWING
            place.write_bytes(chance.randbytes(size))
        return place

    # Recipients.

    def _accept(self, nation: Nation, chance: random.Random) -> float:
        self._accept_all(nation)
        return chance.uniform(0.3, 0.8)

    def _accept_all(self, nation: Nation) -> None:
        officer = nation["release_officer"].node
        for arrival in officer.arrivals():
            if arrival.state == "arrived":
                with suppress(Refused, Conflict):
                    unconfirmed = [gate.gate for gate in officer.arrival(arrival.id).gates if gate.unconfirmed]
                    self._told(nation, partial(officer.decide_arrival, arrival.id, "accept", _REASON, unconfirmed))
            elif arrival.control_number:
                self._note_arrival(arrival)

    def _note_arrival(self, arrival: Arrival) -> None:
        with self.records.lock:
            known = self.records.releases.get(arrival.release)
            if known is not None and not known.recipient_item:
                known.recipient_item = arrival.item.id
                known.control_number = arrival.control_number

    def _open(self, nation: Nation, part: str, chance: random.Random) -> float:
        held = self.records.held_by(nation.place.nation)
        if not held:
            return 0.5
        hot = self._hot.get(nation.place.nation)
        standing = [one for one in held if not one.withdrawn]
        chosen = next((one for one in held if one.case == hot), None)
        chosen = chosen or chance.choice(standing if standing and chance.random() < _STANDING else held)
        outcome = self._open_one(nation, nation[part], chosen)
        if outcome not in {OPENED, "refused.opening"}:
            return 0.5  # her node is away, or she is suspended: she waits a moment
        return 0.0 if hot else chance.uniform(0.0, 0.3)

    def _open_one(self, nation: Nation, reader: Member, chosen: Released) -> str:
        target = self._folder / f"opened-{reader.person}.part"
        began = time.time()
        outcome, sound = OPENED, True
        try:
            opened = reader.node.open_item(chosen.recipient_item, target)
            ended = time.time()
            sound = filecmp.cmp(chosen.document, opened.path, shallow=False) and opened.services == _BOTH_SERVICES
        except _EXPECTED as error:
            ended = time.time()
            outcome = error.full_code
        finally:
            target.unlink(missing_ok=True)
        self.records.opening(
            Opened(nation.place.nation, reader.person, chosen.recipient_item, chosen.case, began, ended, outcome, sound)
        )
        return outcome

    # Those who take rights away.

    def _withdraw(self, nation: Nation, chance: random.Random) -> float:
        name = nation.place.nation
        candidates = [one for one in self.records.sent_by(name) if not one.withdrawn]
        gone = len(self.records.sent_by(name)) - len(candidates)
        if not candidates or gone >= self.volume.withdrawn * len(self.records.sent_by(name)):
            return 1.0
        chosen = chance.choice(candidates)
        officer = nation["release_officer"].node
        self._hot[chosen.recipient] = chosen.case
        try:
            self._ending.wait(chance.uniform(0.0, 1.5))
            chosen.withdrawal_began = chosen.withdrawal_began or time.time()

            told = self._until_known(
                lambda: self._told(nation, lambda: officer.withdraw_release(chosen.case, _REASON)),
                lambda: _in_state(officer.case(chosen.case), "withdrawn"),
            )
            if told is not None:
                chosen.withdrawn = time.time()
                self._ending.wait(1.5)
        finally:
            self._hot.pop(chosen.recipient, None)
        return chance.uniform(0.5, 3.0)

    def _renew(self, nation: Nation, other: Nation, chance: random.Random) -> float:
        """The registrar renews an assurance, or suspends a person for a while."""
        registrar, partner = nation.registrar.node, other.place.nation
        until = datetime.now(UTC) + timedelta(days=chance.randrange(100, 180))
        if chance.random() < 0.7:
            subject = chance.choice(("facility", "person"))
            code = nation.company.facility if subject == "facility" else nation["engineer"].person
            self._told(nation, lambda: registrar.give_assurance(subject, code, partner, until))
            return chance.uniform(6.0, 14.0)
        self._suspend_for_a_while(nation, chance)
        return chance.uniform(8.0, 20.0)

    def _suspend_for_a_while(self, nation: Nation, chance: random.Random) -> None:
        registrar, person = nation.registrar.node, nation["colleague"].person

        def suspended(*, wanted: bool) -> bool | None:
            found = next(one for one in registrar.people() if one.person == person)
            return True if (found.suspended_at is not None) is wanted else None

        def suspend() -> bool:
            self._told(nation, lambda: registrar.suspend("person", person, _REASON))
            return True

        def reinstate() -> bool:
            self._told(nation, lambda: registrar.reinstate("person", person, _REASON))
            return True

        if not self._until_known(suspend, lambda: suspended(wanted=True)):
            return
        acknowledged = time.time()
        self._ending.wait(chance.uniform(1.0, 3.0))
        away = Suspended(nation.place.nation, person, acknowledged, time.time())
        with self.records.lock:
            self.records.suspensions.append(away)
        self._until_known(reinstate, lambda: suspended(wanted=False))


def _in_state(case: ReleaseCase, state: str) -> ReleaseCase | None:
    return case if case.state == state else None
