"""Two staffed nodes in one process, each with a database of its own, and the link between them: for stories of both.

Nothing is simulated but the wire: what one node queues is delivered by its worker and taken by the other's receiving
end, in the other's database. A story says who does what on which node and when the link works:

    with TwoHouses(folder) as two:
        view = two.begin(USA, "security_officer", "visit", answers)
        two.take(USA, "registrar", view.number, "submit")
        two.deliver()
        two.take(IND, "registrar", view.number, "approve", answers={...})
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

from relto.base.errors import Unreachable
from relto.base.nations import Nation
from relto.ports.partners import LinkAnswer
from relto.procedures.actors import Actor
from relto.services import dossiers
from relto.services.house import House
from relto.services.message_kinds import HANDLERS, SETTLED
from relto.services.receiving import receive_message
from relto.services.worker import deliver_outbox
from tests.support.houses import IND, USA, Node, staffed_house, vouch
from tests.support.tampering.two_nodes import Database, empty_database

OTHER = {USA: IND, IND: USA}
Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


@dataclass
class Wire:
    """The way to the other node, which works on its own database. `cut`: nobody answers."""

    sender: Nation
    database: Database
    receiver: House | None = None
    cut: bool = False
    answers: list[LinkAnswer] = field(default_factory=list)

    def send_message(self, envelope: bytes, *, payload_size: int = 0) -> LinkAnswer:
        with self.database.used():
            answer = receive_message(self._reached(), self.sender, envelope, HANDLERS)
        self.answers.append(answer)
        return answer

    def payload_held(self, sha256: str) -> int:
        return self._reached().blobs.partial_size(sha256)

    def send_payload(self, sha256: str, size: int, offset: int, chunks: Iterator[bytes]) -> int:
        return self._reached().blobs.append_partial(sha256, offset, chunks, size)

    def request_share(self, envelope: bytes) -> LinkAnswer:
        raise Unreachable("partner")

    def add_checkpoint(self, body: bytes) -> tuple[int, bytes]:
        raise Unreachable("partner")

    def reconcile(self, envelope: bytes) -> LinkAnswer:
        raise Unreachable("partner")

    def _reached(self) -> House:
        if self.cut or self.receiver is None:
            raise Unreachable("partner")
        return self.receiver


class TwoHouses:
    """Both nodes at work; each vouched to the other for its facility, its engineer and its security officer."""

    def __init__(self, folder: Path, *, vouched: bool = True) -> None:
        self.databases = {nation: empty_database() for nation in (USA, IND)}
        self.wires = {nation: Wire(nation, self.databases[OTHER[nation]]) for nation in (USA, IND)}
        self.nodes: dict[Nation, Node] = {}
        for nation in (USA, IND):
            with self.databases[nation].used():
                links: Any = {OTHER[nation]: self.wires[nation]}
                self.nodes[nation] = staffed_house(folder / nation.lower(), nation, links)
        for nation in (USA, IND):
            self.wires[nation].receiver = self.nodes[OTHER[nation]].house
            with self.databases[nation].used():
                if vouched:
                    vouch(self.nodes[nation], OTHER[nation], "engineer", "security_officer")
        self.deliver()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for database in self.databases.values():
            database.close()

    @contextmanager
    def at(self, nation: Nation) -> Iterator[Node]:
        """Work on this nation's node."""
        with self.databases[nation].used():
            yield self.nodes[nation]

    def do(
        self,
        nation: Nation,
        who: str,
        verb: Callable[Concatenate[House, Actor, Arguments], Result],
        *args: Arguments.args,
        **kwargs: Arguments.kwargs,
    ) -> Result:
        """`verb(house, actor, ...)` by this person of this nation."""
        with self.at(nation) as node:
            return verb(node.house, node.actor(who), *args, **kwargs)

    def deliver(self, *nations: Nation) -> int:
        """Both nodes (or these) deliver what they have queued, until nothing is left; how many were settled."""
        total = 0
        while True:
            settled = 0
            for nation in nations or (USA, IND):
                with self.at(nation) as node:
                    settled += deliver_outbox(node.house, f"worker-{nation}", SETTLED)
            total += settled
            if not settled:
                return total

    def forward(self, **by: float) -> None:
        """Time passes on both nodes."""
        for node in self.nodes.values():
            node.clock.forward(**by)

    # What most stories tell.

    def begin(self, nation: Nation, who: str, procedure: str, answers: Mapping[str, Any]) -> dossiers.DossierView:
        return self.do(nation, who, dossiers.begin, procedure, answers)

    def write(self, nation: Nation, who: str, dossier: str, answers: Mapping[str, Any]) -> dossiers.DossierView:
        return self.do(nation, who, dossiers.write, dossier, answers)

    def take(
        self,
        nation: Nation,
        who: str,
        dossier: str,
        step: str,
        *,
        answers: Mapping[str, Any] | None = None,
        reason: str = "",
    ) -> dossiers.DossierDetail:
        return self.do(nation, who, dossiers.take, dossier, step, answers=answers, reason=reason)

    def told(
        self,
        nation: Nation,
        who: str,
        dossier: str,
        step: str,
        *,
        answers: Mapping[str, Any] | None = None,
        reason: str = "",
    ) -> dossiers.DossierDetail:
        """The step is taken, and the link has worked since."""
        detail = self.take(nation, who, dossier, step, answers=answers, reason=reason)
        self.deliver()
        return detail

    def detail(self, nation: Nation, who: str, dossier: str) -> dossiers.DossierDetail:
        return self.do(nation, who, dossiers.dossier, dossier)

    def state(self, nation: Nation, dossier: str) -> str:
        """The state of a dossier on this node, as its registrar sees it."""
        return self.detail(nation, "registrar", dossier).view.state

    def codes(self, nation: Nation) -> list[str]:
        """What this node answered to the partner's messages so far: the HTTP statuses, newest last."""
        return [str(answer.status) for answer in self.wires[OTHER[nation]].answers]
