"""What a rehearsal knows while its course runs: the cast, what was made so far, and how long it waits for a node."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

from relto.base.errors import NotAvailable, ReltoError, Unreachable
from relto.base.instants import instant_text
from relto.rehearsal.cast import Member
from relto.rehearsal.scenario import NATIONS, Part
from relto.rehearsal.scenario_reading import placeholders, read_part
from relto.rehearsal.troupe import Troupe

T = TypeVar("T")
PATIENCE_SECONDS = 60.0
_PAUSE_SECONDS = 0.1
_PLACEHOLDER = re.compile(r"\$\{([^${}]*)\}")


@dataclass(frozen=True, slots=True)
class SealedItem:
    """An item of the course: its id at its own nation's node, its uuid, and whose it is."""

    id: str
    uuid: str
    nation: str


@dataclass(frozen=True, slots=True)
class Case:
    """A release case of the course, at the node of `nation`."""

    id: str
    number: str
    item: SealedItem


@dataclass
class Room:
    """The state of a course. `link`: whether the nodes reach each other now; `nation`: whose step is being taken."""

    troupe: Troupe
    begun: datetime
    items: dict[str, SealedItem] = field(default_factory=dict)
    cases: dict[str, Case] = field(default_factory=dict)
    dossiers: dict[str, str] = field(default_factory=dict)
    link: bool = True
    nation: str = ""
    patience: float = PATIENCE_SECONDS
    """How long a step waits until her node offers it; a moment only where a refusal is expected."""

    @property
    def now(self) -> datetime:
        """The present instant of the exercise."""
        return self.troupe.stage.now()

    def member(self, text: str) -> Member:
        """Who plays the part of this name."""
        return self.troupe[read_part(text, "part")]

    def subject(self, given: Mapping[str, Any]) -> str:
        """The code of the facility, or the pseudonym of the person, that an act is about."""
        if given["kind"] == "facility":
            return self.troupe.companies[given["subject"]].facility
        return self.member(given["subject"]).person

    def arrival(self, member: Member, case: Case) -> str:
        """The id, at the taker's node, of what a case brought there. Raises NotAvailable("arrival")."""
        for one in member.node.arrivals():
            if one.release == case.id:
                return one.id
        raise NotAvailable("arrival", field="case", expected="what has arrived")

    def has(self, given: Mapping[str, Any]) -> bool:
        """Whether everything that an act names has been made."""
        made: dict[str, Mapping[str, Any]] = {"dossier": self.dossiers, "item": self.items, "case": self.cases}
        named = {(kind, given[kind]) for kind in made if kind in given}
        for one in placeholders(given):
            kind, _, name = one.partition(".")
            if kind in made:
                named.add((kind, name))
            elif kind == "number":
                named.add(("case" if name in self.cases else "dossier", name))
        return all(name in made[kind] for kind, name in named)

    def filled(self, value: Any) -> Any:
        """A value with every `${...}` in its texts filled in."""
        if isinstance(value, str):
            return _PLACEHOLDER.sub(lambda found: self._said(found[1]), value)
        if isinstance(value, Mapping):
            return {name: self.filled(one) for name, one in value.items()}
        if isinstance(value, list | tuple):
            return [self.filled(one) for one in value]
        return value

    def _said(self, placeholder: str) -> str:
        kind, _, name = placeholder.partition(".")
        troupe = self.troupe
        said: dict[str, Callable[[], str]] = {
            "programme": lambda: troupe.programme,
            "facility": lambda: troupe.companies[name].facility,
            "company": lambda: troupe.companies[name].company,
            "dossier": lambda: self.dossiers[name],
            "item": lambda: self.items[name].id,
            "number": lambda: self.cases[name].number if name in self.cases else self.dossiers[name],
            "person": lambda: self.member(name).person,
            "date": lambda: str((self.now + timedelta(days=int(name))).date()),
            "instant": lambda: instant_text((self.now + timedelta(hours=int(name))).replace(microsecond=0)),
        }
        return said[kind]()

    @staticmethod
    def wait_for(look: Callable[[], T], holds: Callable[[T], bool], seconds: float = PATIENCE_SECONDS) -> T:
        """What `look` sees once `holds` is true of it; meanwhile what is not there yet is looked for again.

        Raises Unreachable("waiting"), or what the last look raised.
        """
        deadline = time.monotonic() + seconds
        while True:
            fault: ReltoError | None = None
            try:
                found = look()
            except (Unreachable, NotAvailable) as error:
                fault = error
            else:
                if holds(found):
                    return found
            if time.monotonic() > deadline:
                raise fault or Unreachable("waiting", field="node", expected="the awaited state in time")
            time.sleep(_PAUSE_SECONDS)

    def settle(self) -> None:
        """Wait until each node holds the other's newest word, where the link works: on assurances and on dossiers."""
        if self.link:
            self.wait_for(self._told, bool)

    def _told(self) -> bool:
        heard: dict[tuple[str, str], set[tuple[str, str, str]]] = {}
        for nation in NATIONS:
            newest: dict[tuple[str, str], Any] = {}
            for one in self.troupe.of(nation, "registrar").node.assurances():
                held = newest.setdefault((one.direction, one.subject), one)
                newest[one.direction, one.subject] = max(held, one, key=lambda each: each.status_at)
            for (direction, subject), one in newest.items():
                giver = nation if direction == "given" else one.issuer
                heard.setdefault((giver, direction), set()).add((subject, one.status, str(one.status_at)))
        told = all(heard.get((nation, "given")) == heard.get((nation, "received")) for nation in NATIONS)
        return told and all(len(self._states(number)) == 1 for number in self.dossiers.values())

    def _states(self, number: str) -> set[str]:
        found = set()
        for nation in NATIONS:
            for part in ("registrar", "release_officer"):
                try:
                    found.add(self.troupe.members[Part(nation, part)].node.dossier(number).state)
                except NotAvailable:
                    continue
        return found or {""}
