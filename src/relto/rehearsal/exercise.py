"""A rehearsal on two running nodes: the course of a scenario, step by step, and what came of each.

Scripted, every step is a call of the person whose step it is, with her own credential. With role players the course is
scripted up to an inject and held there: until the inject is mended, each step of a person is hers to take in the
portal, and the run goes on when her node shows it. What nobody did in time is said, and the control takes it instead so
that the course can go on.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from relto.base.errors import Conflict, NotAuthenticated, Refused, ReltoError, Unreachable
from relto.rehearsal.acts import ACTS
from relto.rehearsal.cast import Member
from relto.rehearsal.room import PATIENCE_SECONDS, Room
from relto.rehearsal.scenario import DONE, REFUSED, UNREACHABLE, CourseStep, Part, Scenario
from relto.rehearsal.troupe import ExerciseStage, Troupe

FAILED: Final = "failed"
UNDONE: Final = "undone"
_INSTANT_SECONDS = 1.0
"""What was done in one second looks the same: nodes tell instants in whole seconds, and a look compares them."""
_LOOK_SECONDS = 1.0
_MOMENT_SECONDS = 1.0


@dataclass
class Taken:
    """What came of a step. `at`: exercise time; `ms`: how long it took; `played`: by a role player, in the portal.

    `outcome`: done, refused, unreachable, failed (another error) or undone; `rules`: rules or findings that refused;
    `code`: of the error; `undone`: the role player did not, so the control did.
    """

    step: CourseStep
    at: datetime
    outcome: str = FAILED
    ms: int = 0
    rules: tuple[str, ...] = ()
    code: str = ""
    reference: str = ""
    entry: str = ""
    played: bool = False
    undone: bool = False

    @property
    def as_expected(self) -> bool:
        """Whether it came out as the scenario says, for the reason that it names."""
        return self.outcome == self.step.expect and (not self.step.rule or self.step.rule in self.rules)


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something that waits for somebody when the course has ended: whose, which procedure or case, since when."""

    part: str
    what: str
    state: str
    hours: int
    overdue: bool


@dataclass
class Performance:
    """A course under one set of rules. `bundle`: version and digest that were in force at its end."""

    preparation_ms: int
    taken: list[Taken] = field(default_factory=list)
    waiting: list[Waiting] = field(default_factory=list)
    bundle: tuple[int, str] = (0, "")


@dataclass(frozen=True, slots=True)
class RolePlayers:
    """People in the portal. `ask(step, address)` tells one of them; `minutes`: how long each step waits for her."""

    ask: Callable[[CourseStep, str], None]
    minutes: float


class Exercise:
    """One scenario on one stage."""

    def __init__(
        self,
        scenario: Scenario,
        stage: ExerciseStage,
        *,
        seed: int,
        tell: Callable[[Taken], None],
        players: RolePlayers | None = None,
        troupe: Troupe | None = None,
    ) -> None:
        """`tell` is called after each step; `troupe`: one that went through another course with the same cast."""
        self.scenario = scenario
        self.troupe = troupe or Troupe(scenario, stage, seed)
        self._stage, self._tell, self._players = stage, tell, players
        self._mending = ""
        self.room: Room | None = None
        """What the course knows so far; None before its first step."""

    def close(self) -> None:
        """Close every connection of the cast."""
        self.troupe.close()

    def perform(self, draft: Callable[[Troupe], None] | None = None) -> Performance:
        """Engage everybody and go through the course; `draft`: what brings a draft into force before its first step."""
        began = time.monotonic()
        self.troupe.engage()
        if draft is not None:
            draft(self.troupe)
        self.room = room = Room(self.troupe, self._stage.now())
        room.settle()
        performance = Performance(_ms(began))
        for step in self.scenario.course:
            taken = self._step(room, step)
            performance.taken.append(taken)
            self._tell(taken)
        if not room.link:
            self._stage.link(True)  # noqa: FBT003  the link works again, whatever the course left
        performance.waiting = self._waiting()
        active = self.troupe.of("USA", "co_chair").node.active_bundle()
        performance.bundle = (active.version, active.digest)
        return performance

    def _step(self, room: Room, step: CourseStep) -> Taken:
        with suppress(Unreachable):  # what did not arrive in time is missed by the step that needs it
            self._pass_to(room, step)
        taken = Taken(step, self._stage.now().replace(microsecond=0))
        if room.has(step.given):
            self._take(room, step, taken)
        else:
            taken.outcome = UNDONE  # what an earlier step should have made is not there
        if step.inject:
            self._mending = step.mended_by
        elif step.id == self._mending:
            self._mending = ""
        return taken

    def _take(self, room: Room, step: CourseStep, taken: Taken) -> None:
        """Carry the step out, and note what came of it."""
        began = time.monotonic()
        try:
            if step.who is None:
                taken.entry = self._control(room, step)
            else:
                room.nation = step.who.nation
                self._by_its_person(room, step, step.who, taken)
            taken.outcome = DONE
        except (Refused, NotAuthenticated, Conflict) as refusal:
            taken.outcome = REFUSED
            self._note(taken, refusal, step)
        except Unreachable as fault:
            taken.outcome, taken.code = UNREACHABLE, fault.full_code
        except ReltoError as fault:
            taken.code, taken.rules = fault.full_code, _found(fault)
        taken.ms = _ms(began)

    def _pass_to(self, room: Room, step: CourseStep) -> None:
        """Have the step's hour come; what is on its way arrives before that."""
        wanted = timedelta(hours=step.hour)
        if room.now - room.begun < wanted:
            try:
                room.settle()
            finally:
                self._stage.pass_to(room.begun + wanted)

    def _by_its_person(self, room: Room, step: CourseStep, part: Part, taken: Taken) -> None:
        member, act = self.troupe[part], ACTS[step.act]
        room.patience = PATIENCE_SECONDS if step.expect == DONE else _MOMENT_SECONDS
        if self._players is not None and self._mending and act.look is not None and step.expect == DONE:
            if self._played(room, step, member, self._players):
                taken.played = True
                return
            taken.undone = True
        taken.entry = act.do(room, member, step.given)
        room.settle()

    def _played(self, room: Room, step: CourseStep, member: Member, players: RolePlayers) -> bool:
        """Whether the role player took her step in the portal in time; what she made has its name then."""
        act, look = ACTS[step.act], ACTS[step.act].look
        if look is None:
            return False
        before = set(room.wait_for(lambda: look(room, member, step.given), lambda _seen: True))
        time.sleep(_INSTANT_SECONDS)
        link = self.troupe.of(room.nation, "registrar").node.sign_in_link(member.person)
        players.ask(step, f"{self._stage.places[room.nation].portal_url}{link.path}")
        deadline = time.monotonic() + 60 * players.minutes
        while time.monotonic() < deadline:
            new = {fact: name for fact, name in look(room, member, step.given).items() if fact not in before}
            if new:
                if act.bind is not None:
                    act.bind(room, member, step.given, next(iter(new.values())))
                room.settle()
                return True
            time.sleep(_LOOK_SECONDS)
        return False

    def _control(self, room: Room, step: CourseStep) -> str:
        """What the exercise control does: the link, the rules; `wait` only lets time pass."""
        if step.act == "link":
            up = step.given["state"] == "up"
            if not up:
                room.settle()
            self._stage.link(up)
            room.link = up
        elif step.act == "agree":
            self.troupe.agree(step.given["limits"])
        room.settle()
        return ""

    def _note(self, taken: Taken, refusal: ReltoError, step: CourseStep) -> None:
        """Which rules refused, as the person's own node tells her or its officer."""
        taken.code = refusal.full_code
        taken.reference = str(refusal.details.get("reference", ""))
        taken.rules = _found(refusal) or ((refusal.full_code,) if isinstance(refusal, Conflict) else ())
        if not taken.reference or step.who is None:
            return
        for reader in (Part(step.who.nation, "release_officer"), step.who):
            try:
                seen = self.troupe[reader].node.refusal(taken.reference)
            except ReltoError:
                continue
            taken.entry = seen.entry
            taken.rules = tuple(gate.rule for gate in seen.gates if gate.outcome == "fails")
            taken.rules = taken.rules or ((seen.partner_code,) if seen.partner_code else ())
            return

    def _waiting(self) -> list[Waiting]:
        """What waits for somebody of the cast, as each one's own queue says."""
        found: dict[tuple[str, str], Waiting] = {}
        now = self._stage.now()
        for part in self.troupe.parts:
            if part.part in ("registrar", "second_registrar", "second_officer"):
                continue  # the same rows as an officer's
            for row in self.troupe[part].node.dossier_queue():
                if row.where != "here":
                    continue
                hours = int((now - row.since).total_seconds() // 3600)
                overdue = row.due is not None and row.due.overdue
                one = Waiting(str(part), row.dossier.procedure, row.dossier.state, hours, overdue)
                found.setdefault((str(part), row.dossier.number), one)
        return [found[key] for key in sorted(found)]


def _found(error: ReltoError) -> tuple[str, ...]:
    """The codes of the findings that an error carries, those that stop first."""
    every = sorted(error.findings, key=lambda one: not one.get("stops"))
    return tuple(dict.fromkeys(str(one.get("code", "")) for one in every if one.get("stops")))


def _ms(began: float) -> int:
    return round(1000 * (time.monotonic() - began))
