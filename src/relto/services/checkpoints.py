"""Have this node's checkpoints cosigned, and cosign the partner's (states witnessed and agreed; design section 2).

Promises: a cosignature is stored only when a pinned key of that cosigner made it over this very checkpoint;
*witnessed* means the own authority's witness cosigned, *agreed* means every cosigner did; the cosigned checkpoint is
kept as a file for export. For the partner's log this node cosigns only what extends what it cosigned before; it
decides and remembers in one step and signs after that step is durable; what contradicts is kept as evidence, entered
in the ledger once, and never cosigned. Nothing goes to the partner's node before an agreement is in force.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Protocol

from relto.base.canonical import sha256_hex
from relto.base.errors import Conflict, MalformedInput, NotAvailable, NotVerified, ReltoError, Unreachable
from relto.base.instants import Instant
from relto.base.nations import Nation
from relto.ledger import witnessing
from relto.ledger.checkpoint import accept_lines, add_lines, cosign
from relto.ledger.encoding import read_decimal
from relto.ledger.leaves import LeafEvent
from relto.ledger.notes import NoteSigner, VerifierKey, read_note
from relto.ledger.tiles import TileReader
from relto.ledger.tree_head import Checkpoint
from relto.ledger.verification import witness_path
from relto.ledger.witnessing import AddCheckpoint, Answer, Contradiction, write_request
from relto.ports.log_files import LogFiles
from relto.services.active_bundle import active
from relto.services.book import enter
from relto.services.house import House
from relto.store.models import Checkpoint as CheckpointRow
from relto.store.models import Cosignature, CosignedLog, LogEvidence
from relto.store.queries.ledger import CheckpointFact, checkpoint_fact, cosignatures, last_cosigned, newest_checkpoint

_LOG = logging.getLogger(__name__)
_OK = 200
_NOT_FOUND = 404
_CONFLICT = 409
_FIRST_PAUSE = timedelta(milliseconds=500)
_LONGEST_PAUSE = timedelta(seconds=10)
_MOST_EVIDENCE = 1000


class CosignerRole(StrEnum):
    """Whose cosigner it is."""

    OWN_WITNESS = "own_witness"
    PARTNER_WITNESS = "partner_witness"
    PARTNER_NODE = "partner_node"


class AddsCheckpoints(Protocol):
    """A C2SP tlog-witness, or the partner node's link."""

    def add_checkpoint(self, body: bytes) -> tuple[int, bytes]:
        """POST add-checkpoint: (status, body). Raises Unreachable."""


@dataclass(frozen=True, slots=True)
class Cosigner:
    """Somebody whose cosignature a checkpoint needs: its name, its pinned keys, and the way to it."""

    name: str
    role: CosignerRole
    keys: tuple[VerifierKey, ...]
    way: AddsCheckpoints


@dataclass(slots=True)
class _Pause:
    """When a cosigner that failed is asked again."""

    length: timedelta = _FIRST_PAUSE
    until: Instant | None = None


@dataclass(slots=True)
class Submission:
    """Submits checkpoints to all cosigners, the own witness first; one object lives as long as its worker."""

    house: House
    files: LogFiles
    cosigners: Sequence[Cosigner]
    pauses: dict[str, _Pause] = field(default_factory=dict)
    seen_ahead: Callable[[], None] = lambda: None
    """Called when the own witness says that it cosigned more of this log than is held here."""

    def submit_checkpoints(self) -> int:
        """Have the newest checkpoint cosigned by those who have not yet; returns how many cosignatures are new."""
        newest = newest_checkpoint()
        if newest is None or newest.agreed_at is not None or newest.size == 0:
            return 0
        given = {item.cosigner for item in cosignatures(newest.size)}
        order = sorted(self.cosigners, key=lambda cosigner: cosigner.role is not CosignerRole.OWN_WITNESS)
        missing = [cosigner for cosigner in order if cosigner.name not in given]
        if any(cosigner.role is CosignerRole.PARTNER_NODE for cosigner in missing) and not self._agreed():
            missing = [cosigner for cosigner in missing if cosigner.role is not CosignerRole.PARTNER_NODE]
        return sum(self._ask(newest, cosigner) for cosigner in missing)

    def _agreed(self) -> bool:
        """True while an agreement is in force here."""
        try:
            active(self.house)
        except Conflict:
            return False
        return True

    def _ask(self, newest: CheckpointFact, cosigner: Cosigner) -> bool:
        pause = self.pauses.setdefault(cosigner.name, _Pause())
        now = self.house.now()
        if pause.until is not None and now < pause.until:
            return False
        try:
            note = self._cosigned(newest, cosigner)
            self.house.commit(lambda: self._store(newest, cosigner, note))
            self._keep_file(newest)
        except ReltoError as error:
            level = logging.WARNING if isinstance(error, Unreachable) else logging.ERROR
            if error.reason == "cosigner_ahead" and cosigner.role is CosignerRole.OWN_WITNESS:
                self.seen_ahead()
            _LOG.log(level, "checkpoint.not_cosigned %d by %s: %s", newest.size, cosigner.name, error.full_code)
            pause.until = now + pause.length
            pause.length = min(pause.length * 2, _LONGEST_PAUSE)
            return False
        self.pauses.pop(cosigner.name)
        return True

    def _cosigned(self, newest: CheckpointFact, cosigner: Cosigner) -> bytes:
        """The checkpoint with the cosigner's verified lines. Raises NotVerified, Unreachable, MalformedInput."""
        status, body = self._post(newest, cosigner, last_cosigned(cosigner.name))
        if status == _CONFLICT:
            status, body = self._post(newest, cosigner, self._size_of(body, newest))
        if status == _NOT_FOUND:  # tlog-witness: it has no keys of this log, as before the partner's agreement
            raise Unreachable("cosigner_log", field="checkpoint", expected="a cosigner that knows this log")
        if status == Unreachable.http_status:
            raise Unreachable("cosigner_not_now", field="checkpoint", found=status, expected="a cosigner that answers")
        if status != _OK:
            raise NotVerified("cosigner_refused", field="checkpoint", found=status, expected="200 with cosignatures")
        return self._with_lines(newest, cosigner, body)

    @staticmethod
    def _with_lines(newest: CheckpointFact, cosigner: Cosigner, body: bytes) -> bytes:
        cosigned = accept_lines(newest.note.encode(), body, cosigner.keys)
        lines = {(line.name, line.key_id) for line in read_note(cosigned).signatures}
        if any((key.name, key.key_id) not in lines for key in cosigner.keys):
            raise NotVerified("cosigner_lines", field="checkpoint", expected="a line of each pinned key")
        return cosigned

    def take_lines(self, size: int, cosigner: str, lines: bytes) -> None:
        """Store what a cosigner answered by courier for our checkpoint of this size.

        Raises NotAvailable("cosigner" or "checkpoint") for one that we do not know, NotVerified, MalformedInput.
        """
        found = next((one for one in self.cosigners if one.name == cosigner), None)
        checkpoint = checkpoint_fact(size)
        if found is None or checkpoint is None:
            raise NotAvailable("checkpoint" if found else "cosigner", field="witness-answer")
        note = self._with_lines(checkpoint, found, lines)
        self.house.commit(lambda: self._store(checkpoint, found, note))
        self._keep_file(checkpoint)

    def _post(self, newest: CheckpointFact, cosigner: Cosigner, old_size: int) -> tuple[int, bytes]:
        proof = TileReader(self.files.read, newest.size).consistency_path(old_size, newest.size) if old_size else []
        return cosigner.way.add_checkpoint(write_request(old_size, proof, newest.note.encode()))

    @staticmethod
    def _size_of(body: bytes, newest: CheckpointFact) -> int:
        """The size that a cosigner says it cosigned last. Larger than ours: our log was rolled back, or it lies."""
        try:
            size = read_decimal(body.decode("ascii").removesuffix("\n"), field="size")
        except UnicodeDecodeError as error:
            raise MalformedInput("witness.size", field="size", expected="a decimal") from error
        if size > newest.size:
            raise NotVerified("cosigner_ahead", field="size", found=size, expected=f"at most {newest.size}")
        return size

    def _store(self, newest: CheckpointFact, cosigner: Cosigner, note: bytes) -> None:
        at = self.house.now()
        row = CheckpointRow.objects.select_for_update().get(size=newest.size)
        own = {(line.name, line.key_id) for line in read_note(newest.note.encode()).signatures}
        lines = b"".join(line.line for line in read_note(note).signatures if (line.name, line.key_id) not in own)
        Cosignature.objects.update_or_create(
            checkpoint=row, cosigner=cosigner.name, defaults={"lines": lines.decode(), "at": at}
        )
        if cosigner.role is CosignerRole.OWN_WITNESS and row.witnessed_at is None:
            row.witnessed_at = at
        given = {item.cosigner for item in cosignatures(newest.size)}
        if row.agreed_at is None and given >= {item.name for item in self.cosigners}:
            row.agreed_at = at
        row.save(update_fields=["witnessed_at", "agreed_at"])

    def _keep_file(self, newest: CheckpointFact) -> None:
        self.files.write({witness_path(newest.size): cosigned_note(newest)})


def cosigned_note(checkpoint: CheckpointFact) -> bytes:
    """The checkpoint with the log's own lines and all cosignatures held."""
    note = checkpoint.note.encode()
    for item in cosignatures(checkpoint.size):
        note = add_lines(note, item.lines.encode())
    return note


class _Memory:
    """What this node cosigned of others' logs, read inside the step."""

    def latest(self, origin: str) -> Checkpoint | None:
        row = CosignedLog.objects.select_for_update().filter(origin=origin).first()
        return Checkpoint(origin, row.size, bytes(row.root)) if row else None

    def root_at(self, origin: str, size: int) -> bytes | None:
        row = CosignedLog.objects.filter(origin=origin, size=size).first()
        return bytes(row.root) if row else None


def cosign_partner(
    house: House,
    partner: Nation,
    keys: Sequence[NoteSigner],
    known_logs: Mapping[str, Sequence[VerifierKey]],
    body: bytes,
) -> Answer:
    """This node's answer, as a cosigner, to an add-checkpoint of `partner`'s log (C2SP tlog-witness).

    `known_logs`: the log keys of the agreement bundle by origin. The lines are made after the memory of them is
    durable.
    """
    try:
        request = witnessing.parse_request(body)
    except MalformedInput as error:
        return Answer(400, f"{error.full_code}\n".encode())

    def step() -> Answer:
        house.standing.require_own()
        at = house.now()
        decided = witnessing.decide(request, known_logs, _Memory())
        if decided.cosign is not None:
            checkpoint = request.checkpoint
            CosignedLog.objects.update_or_create(
                origin=checkpoint.origin,
                defaults={
                    "size": checkpoint.size,
                    "root": checkpoint.root,
                    "note": decided.cosign.note.data.decode(),
                    "at": at,
                },
            )
        elif decided.contradiction is not None:
            _keep_evidence(house, partner, request, decided.contradiction, at)
        return decided

    decided = house.commit(step)
    if decided.cosign is None:
        return decided
    lines = cosign(decided.cosign.note.data, keys, int(house.now().timestamp()))
    return Answer(decided.status, lines, decided.content_type, decided.cosign)


def _keep_evidence(
    house: House, partner: Nation, request: AddCheckpoint, contradiction: Contradiction, at: Instant
) -> None:
    """Keep a signed contradiction and enter it; the log's signature makes it portable evidence."""
    checkpoint, note = request.checkpoint, request.note.data
    if LogEvidence.objects.filter(origin=checkpoint.origin).count() >= _MOST_EVIDENCE:
        return
    _, made = LogEvidence.objects.get_or_create(
        origin=checkpoint.origin,
        size=checkpoint.size,
        root=checkpoint.root.hex(),
        kind=contradiction.value,
        defaults={"note": note.decode(), "at": at},
    )
    if not made:
        return
    _LOG.error("log.contradiction %s at size %d: %s", checkpoint.origin, checkpoint.size, contradiction.value)
    digest = sha256_hex(note)
    enter(
        house,
        LeafEvent.LOG_CONTRADICTED,
        actor=partner,
        subject=digest,
        details={"origin": checkpoint.origin, "size": checkpoint.size, "code": contradiction.value},
        links={"checkpoint_sha256": digest},
        at=at,
    )
