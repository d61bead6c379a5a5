"""The worker's rounds: deliver, prepare, sequence, have cosigned, tend dossiers; later sweep, check, weigh places anew.

Each in its own thread, so that none waits for another. On PostgreSQL any number of workers on any machines share the
work: releases one by one, messages by partner; each other round is done by the one worker that holds its lock
(relto.store.presence). What others write wakes a round there; it looks by itself too.

A round that meets an error of the outside world writes its code and goes on; what it left undone is due again.
"""

from __future__ import annotations

import fcntl
import itertools
import logging
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO

from django.db import DatabaseError, close_old_connections

from relto.adapters.log_files import FolderLogFiles
from relto.adapters.witness_http import HttpWitness
from relto.base.errors import ReltoError
from relto.base.nations import Nation
from relto.exchange.limits import LinkLimits
from relto.ledger.notes import read_vkey
from relto.node.keys import NoteKeys
from relto.node.mail import mail_server
from relto.node.party import Cosigners, read_cosigners
from relto.node.settings import NodeSettings
from relto.ports.partners import ComparableLink
from relto.services.alignment.places import tend_places
from relto.services.checkpoints import Cosigner, CosignerRole, Submission
from relto.services.comparing import Comparison, OthersView
from relto.services.courier_taking import Taking
from relto.services.dossiers.jobs import tend_dossiers
from relto.services.house import House
from relto.services.leases import give_back_all, give_back_of_dead
from relto.services.ledger_alarm import LedgerRounds
from relto.services.ledger_check import LedgerCheck
from relto.services.message_kinds import HANDLERS, SETTLED
from relto.services.notices import tell_who_waits
from relto.services.payloads import sweep
from relto.services.preparing import Preparation
from relto.services.reconciliations import reconcile_due
from relto.services.sequencing import LogKeys, sequence
from relto.services.worker import deliver_outbox
from relto.store.presence import DatabasePresence, is_shared, name_prefix, only_while

_LOG = logging.getLogger(__name__)
_IDLE_SECONDS = 0.1
_PAUSES = {"sweep": 60.0, "check": 1.0, "reconcile": 60.0, "dossiers": 5.0, "places": 5.0, "notices": 30.0}
_WOKEN = ("deliver", "prepare", "courier", "cosign")
"""Rounds that PostgreSQL wakes, so that many idle workers need not ask it all the time."""
_UNWOKEN_SECONDS = 1.0
ALONE = ("sequence", "cosign", "dossiers", "places", "notices", "reconcile", "check", "sweep")
"""Rounds that one worker of the node does, where several share a database."""


class Rounds:
    """The background work of one node, in one process."""

    def __init__(
        self,
        house: House,
        settings: NodeSettings,
        keys: NoteKeys,
        comparison: Comparison,
        cosigner_keys: NoteKeys,
    ) -> None:
        """`keys`: the log's; only the worker has them. `comparison`: of the node's present start.

        `cosigner_keys`: with which this node cosigns what a courier brought; the link's door has them too.
        """
        self._house = house
        self._woken = {name: threading.Event() for name in _WOKEN} if is_shared() else {}
        self._presence = DatabasePresence(alone=ALONE, woken=self._woken) if is_shared() else None
        self._lock: IO[bytes] | None = None
        if self._presence is None:
            self._owner, self._lock = _take_owner(settings.folder.locks)
        else:
            self._owner = self._presence.name
            give_back_of_dead(house, name_prefix(self._presence.number), self._owner)
        files = FolderLogFiles(settings.folder.ledger)
        log_keys = LogKeys(keys.ed25519, keys.ml_dsa_44)
        submission = Submission(house, files, node_cosigners(house, settings), seen_ahead=comparison.again)
        taking = Taking(house, self._owner, HANDLERS, SETTLED, cosigner_keys.both(), submission)
        acting: dict[str, Callable[[], int]] = {
            "deliver": lambda: deliver_outbox(house, self._owner, SETTLED),
            "prepare": Preparation(house, self._owner).prepare_releases,
            "sequence": lambda: sequence(house, log_keys, files, self._owner),
            "courier": taking.take_bundles,
            "cosign": submission.submit_checkpoints,
            "dossiers": lambda: tend_dossiers(house),
            "places": lambda: tend_places(house),
            **_notices(house, settings),
            "reconcile": lambda: reconcile_due(house, self._owner),
            "check": LedgerRounds(
                house,
                lambda: LedgerCheck(house.ledger_origin, files, comparison.others.log_keys, house.node_key.public),
            ).round,
            "sweep": lambda: sweep(house, self._owner, LinkLimits().arrivals),
        }
        self._rounds: dict[str, Callable[[], int]] = {
            "compare": comparison.compare,
            **{name: _while_it_may_act(house, self._of_one(name, round_)) for name, round_ in acting.items()},
        }
        self._threads: list[threading.Thread] = []

    def _of_one(self, name: str, round_: Callable[[], int]) -> Callable[[], int]:
        """The round, done only while this worker is the one to do it."""
        presence = self._presence
        return round_ if presence is None or name not in ALONE else only_while(lambda: presence.holds(name), round_)

    def watch(self, watched: Callable[[str, Callable[[], int]], Callable[[], int]]) -> None:
        """Lay what tells of a round around each, by its name; before `start`."""
        self._rounds = {name: watched(name, round_) for name, round_ in self._rounds.items()}

    def start(self, stopping: threading.Event) -> None:
        """Begin all rounds; they end soon after `stopping` is set."""
        for name, round_ in self._rounds.items():
            woken = self._woken.get(name)
            pause = _PAUSES.get(name, _IDLE_SECONDS) if woken is None else _UNWOKEN_SECONDS
            arguments = (name, round_, pause, stopping, woken)
            thread = threading.Thread(target=_repeat, args=arguments, name=name, daemon=True)
            thread.start()
            self._threads.append(thread)

    def alive(self) -> bool:
        """True while every round goes on, and nobody else may have this worker's name."""
        lost = self._presence is not None and self._presence.lost.is_set()
        return not lost and all(thread.is_alive() for thread in self._threads)

    def join(self, seconds: float = 5.0) -> None:
        """Wait for the rounds to end, and let other workers take over at once."""
        for thread in self._threads:
            thread.join(seconds)
        give_back_all(self._house, self._owner)
        if self._presence is not None:
            self._presence.end()
        if self._lock is not None:
            self._lock.close()


def _notices(house: House, settings: NodeSettings) -> dict[str, Callable[[], int]]:
    """The round that tells people by mail that something waits; none where no mail server is named."""
    server = mail_server(settings)
    return {} if server is None else {"notices": lambda: tell_who_waits(house, server)}


def _while_it_may_act(house: House, round_: Callable[[], int]) -> Callable[[], int]:
    """The same round, which does nothing while the node has not compared itself or is in quarantine (promise 11)."""

    def round_if_it_may() -> int:
        return round_() if house.standing.state() == "ready" else 0

    return round_if_it_may


def _take_owner(locks: Path) -> tuple[str, IO[bytes]]:
    """The first worker name that no living process holds, and the lock that holds it.

    A worker that was killed leaves its name free, so its successor goes on under the same leases without a pause.
    """
    locks.mkdir(mode=0o700, exist_ok=True)
    for number in itertools.count(1):
        held = (locks / f"worker-{number}").open("ab")
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            held.close()
        else:
            return f"worker-{number}", held
    raise AssertionError  # the count has no end


def _repeat(
    name: str, round_: Callable[[], int], pause: float, stopping: threading.Event, woken: threading.Event | None
) -> None:
    while not stopping.is_set():
        done = 0
        if woken is not None:
            woken.clear()  # before it looks: what is written from now on wakes it again
        try:
            close_old_connections()
            done = round_()
        except ReltoError as error:
            _LOG.warning("worker.round_failed %s: %s", name, error.full_code)
        except (DatabaseError, OSError) as error:
            _LOG.warning("worker.round_failed %s: %s", name, type(error).__name__)
        if not done:
            (woken or stopping).wait(pause)


def node_cosigners(house: House, settings: NodeSettings) -> list[Cosigner]:
    """Who cosigns this node's checkpoints: the own authority's witness, each partner's witness, each partner node."""
    own = _read(settings.folder.party_file)
    found = [_witness(own, CosignerRole.OWN_WITNESS)]
    for nation, link in sorted(house.partners.items()):
        partner = _read(settings.folder.partner(nation))
        found.append(_witness(partner, CosignerRole.PARTNER_WITNESS))
        keys = tuple(read_vkey(vkey) for vkey in partner.node_vkeys)
        found.append(Cosigner(keys[0].name, CosignerRole.PARTNER_NODE, keys, link))
    return found


def others_view(settings: NodeSettings, keys: NoteKeys, links: Mapping[Nation, ComparableLink]) -> OthersView:
    """Whom this node compares itself with: its authority's witness, and the partners it is paired with."""
    own = _read(settings.folder.party_file)
    return OthersView(
        log_keys=tuple(key.verifier for key in keys.both()),
        witness_name=own.witness_name,
        witness_keys=tuple(read_vkey(vkey) for vkey in own.witness_vkeys),
        witness=HttpWitness(own.witness_name, own.witness_url),
        links=links,
    )


def _read(place: Path) -> Cosigners:
    return read_cosigners(place.read_bytes())


def _witness(party: Cosigners, role: CosignerRole) -> Cosigner:
    keys = tuple(read_vkey(vkey) for vkey in party.witness_vkeys)
    return Cosigner(party.witness_name, role, keys, HttpWitness(party.witness_name, party.witness_url))
