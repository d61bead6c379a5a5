"""An entry is recorded, sequenced, witnessed, agreed; what is exported verifies with nothing but public keys."""

from __future__ import annotations

import io
import tarfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from relto.adapters.log_files import FolderLogFiles
from relto.base.errors import NotAvailable, Refused, Unreachable
from relto.ledger.checkpoint import cosign, read_checkpoint, signed_checkpoint
from relto.ledger.findings import Outcome
from relto.ledger.leaves import LeafEvent
from relto.ledger.notes import NoteKey, read_note
from relto.ledger.quorum import Policy, PolicyGroup, PolicyLog, PolicyWitness
from relto.ledger.tiles import TileReader
from relto.ledger.tree_head import Checkpoint as Head
from relto.ledger.verification import verify_folder
from relto.ledger.witnessing import answer, write_request
from relto.procedures.actors import Role
from relto.services import sequencing
from relto.services.book import enter
from relto.services.checkpoints import Cosigner, CosignerRole, Submission, cosign_partner
from relto.services.export import export_chunks
from relto.services.ledger import entries_for, entry_state, ledger_view
from relto.services.sequencing import LogKeys, sequence
from relto.store.models import AgreementBundle, Checkpoint, CosignedLog, LedgerEntry, LogEvidence
from tests.unit.services_exchange.world import USA, World, actor, cosigner_keys, log_keys

ORIGIN = "usa.localhost/log"
KEYS = log_keys("USA")
LOG = {ORIGIN: (KEYS.ed25519.verifier, KEYS.mldsa44.verifier)}
NAMES = {
    CosignerRole.OWN_WITNESS: "witness-usa.localhost/w",
    CosignerRole.PARTNER_NODE: "ind.localhost/cosigner",
    CosignerRole.PARTNER_WITNESS: "witness-ind.localhost/w",
}
INSPECTOR = actor(Role.INSPECTOR)


@dataclass
class Witness:
    """A cosigner that answers as the specification says and remembers in this process."""

    world: World
    keys: tuple[NoteKey, NoteKey]
    broken: bool = False
    asked: int = 0
    head: Head | None = None

    def latest(self, origin: str) -> Head | None:
        return self.head

    def root_at(self, origin: str, size: int) -> bytes | None:
        return self.head.root if self.head and self.head.size == size else None

    def add_checkpoint(self, body: bytes) -> tuple[int, bytes]:
        self.asked += 1
        if self.broken:
            raise Unreachable("witness")
        found = answer(body, LOG, self)
        if found.cosign is None:
            return found.status, found.body
        self.head = read_checkpoint(found.cosign.note)
        return found.status, cosign(found.cosign.note.data, self.keys, int(self.world.clock.moment.timestamp()))


@dataclass
class Log:
    world: World
    files: FolderLogFiles
    folder: Path
    witnesses: dict[CosignerRole, Witness]
    submission: Submission

    def record(self, count: int = 1) -> list[str]:
        def step() -> list[str]:
            return [
                enter(self.world.usa, LeafEvent.ITEM_REGISTERED, actor="prs_" + "a" * 24, subject=f"itm_{number}")
                for number in range(count)
            ]

        return self.world.usa.commit(step)

    def sequence(self, keys: LogKeys = KEYS) -> int:
        return sequence(self.world.usa, keys, self.files, "worker")

    def submit(self) -> int:
        self.world.clock.pass_time(seconds=20)
        return self.submission.submit_checkpoints()

    def export(self) -> dict[str, bytes]:
        stream = io.BytesIO(b"".join(export_chunks(self.world.usa, INSPECTOR, self.files)))
        with tarfile.open(fileobj=stream) as archive:
            return {name: archive.extractfile(name).read() for name in archive.getnames()}  # type: ignore[union-attr]


def trust() -> Policy:
    witnesses = {
        f"{role}-{number}": PolicyWitness(f"{role}-{number}", key.verifier)
        for role, name in NAMES.items()
        for number, key in enumerate(cosigner_keys(name))
    }
    group = PolicyGroup("everybody", len(witnesses), tuple(witnesses))
    return Policy(tuple(PolicyLog(key) for key in LOG[ORIGIN]), witnesses, {"everybody": group}, "everybody")


@pytest.fixture
def log(world: World, tmp_path: Path) -> Log:
    witnesses = {role: Witness(world, cosigner_keys(name)) for role, name in NAMES.items()}
    cosigners = [
        Cosigner(NAMES[role], role, tuple(key.verifier for key in witness.keys), witness)
        for role, witness in witnesses.items()
    ]
    files = FolderLogFiles(tmp_path / "ledger")
    return Log(world, files, tmp_path / "ledger", witnesses, Submission(world.usa, files, cosigners))


def test_an_entry_passes_through_its_four_states(log: Log) -> None:
    entry = log.record()[0]
    assert entry_state(log.world.usa, INSPECTOR, entry).state == "recorded"
    assert log.sequence() == 1
    assert entry_state(log.world.usa, INSPECTOR, entry).state == "sequenced"
    log.witnesses[CosignerRole.PARTNER_NODE].broken = True
    assert log.submit() == 2
    assert entry_state(log.world.usa, INSPECTOR, entry).state == "witnessed"
    log.witnesses[CosignerRole.PARTNER_NODE].broken = False
    assert log.submit() == 1
    view = entry_state(log.world.usa, INSPECTOR, entry)
    assert (view.state, view.index, view.origin) == ("agreed", 0, ORIGIN)
    asked = [witness.asked for witness in log.witnesses.values()]
    assert log.submit() == 0
    assert log.sequence() == 0
    assert [witness.asked for witness in log.witnesses.values()] == asked, "nothing new: nobody is asked"
    assert Checkpoint.objects.count() == 1


def test_the_tree_grows_over_many_checkpoints_and_each_cosigner_follows(log: Log) -> None:
    for count in (1, 254, 2, 300, 1):
        log.record(count)
        assert log.sequence() == count
        assert log.submit() == 3
    assert ledger_view(log.world.usa, INSPECTOR).agreed_size == 558
    assert not (log.folder / "tile/0/000.p").exists(), "a full tile replaced its partial ones"
    exported = log.export()
    report = verify_folder(exported.get, exported, trust())
    assert report.outcome is Outcome.VERIFIED
    assert (report.size, report.agreed_size, report.findings) == (558, 558, [])


def test_an_altered_byte_in_an_exported_copy_is_named(log: Log) -> None:
    log.record(5)
    log.sequence()
    log.submit()
    exported = log.export()
    data = bytearray(exported["tile/entries/000.p/5"])
    data[700] ^= 1
    exported["tile/entries/000.p/5"] = bytes(data)
    report = verify_folder(exported.get, exported, trust())
    assert report.outcome is Outcome.ALTERED
    assert report.findings[0].file == "tile/entries/000.p/5"


def test_what_is_not_agreed_yet_stays_out_of_the_export_of_what_is(log: Log) -> None:
    log.record(3)
    log.sequence()
    log.submit()
    log.record(4)
    log.sequence()
    exported = log.export()
    assert exported["checkpoint"].split(b"\n")[1] == b"3"
    assert "tile/0/000.p/3" in exported
    assert "tile/0/000.p/7" not in exported
    assert sorted(name for name in exported if name.startswith("witness/")) == [f"witness/{3:020d}.checkpoint"]


def test_a_crash_after_indexes_were_given_changes_nothing(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    log.record(3)
    log.sequence()
    log.record(300)

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    for stage in ("write_tiles", "_sign", "_publish"):
        with monkeypatch.context() as crash:
            crash.setattr(sequencing, stage, die)
            with pytest.raises(KeyboardInterrupt):
                log.sequence()
    assert log.sequence() in {0, 300}
    newest = Checkpoint.objects.get(size=303)
    assert log.files.read("checkpoint") == newest.note.encode()
    assert TileReader(log.files.read, 303).root() == bytes(newest.root)
    indexes = LedgerEntry.objects.order_by("serial").values_list("index", flat=True)
    assert list(indexes) == list(range(303))


def test_two_sequencers_never_sign_twice(log: Log) -> None:
    log.record(2)
    assert sequence(log.world.usa, KEYS, log.files, "one") == 2
    log.record(2)
    assert sequence(log.world.usa, KEYS, log.files, "two") == 0
    assert sequence(log.world.usa, KEYS, log.files, "one") == 2


def test_checkpoints_carry_both_lines_of_the_log(log: Log) -> None:
    log.record()
    log.sequence()
    note = read_note(Checkpoint.objects.get().note.encode())
    assert {line.key_id for line in note.signatures} == {key.key_id for key in LOG[ORIGIN]}


def test_a_forged_cosignature_is_not_stored(log: Log) -> None:
    log.record()
    log.sequence()
    stranger = cosigner_keys("stranger.localhost/w")
    for witness in log.witnesses.values():
        witness.keys = stranger
    assert log.submit() == 0
    assert Checkpoint.objects.get().witnessed_at is None


def test_a_witness_that_says_it_saw_a_larger_tree_than_ours_gives_no_state(log: Log) -> None:
    log.record()
    log.sequence()
    log.witnesses[CosignerRole.OWN_WITNESS].head = Head(ORIGIN, 99, bytes(32))
    assert log.submit() == 2
    assert Checkpoint.objects.get().witnessed_at is None


def test_a_cosigner_that_forgot_gets_the_proof_from_where_it_stands(log: Log) -> None:
    log.record(3)
    log.sequence()
    log.submit()
    log.witnesses[CosignerRole.PARTNER_NODE].head = None
    log.record(3)
    log.sequence()
    assert log.submit() == 3


def test_before_an_agreement_nothing_is_submitted_to_the_partners_node(
    log: Log, caplog: pytest.LogCaptureFixture
) -> None:
    kept = AgreementBundle.objects.get()
    AgreementBundle.objects.all().delete()
    log.record()
    log.sequence()
    assert log.submit() == 2
    assert log.witnesses[CosignerRole.PARTNER_NODE].asked == 0
    kept.save()
    assert log.submit() == 1
    assert caplog.text == ""


def test_a_cosigner_that_does_not_know_the_log_yet_is_no_alarm(log: Log, caplog: pytest.LogCaptureFixture) -> None:
    class Stranger:
        def add_checkpoint(self, _: bytes) -> tuple[int, bytes]:
            return 404, b"unknown.origin\n"

    name = NAMES[CosignerRole.PARTNER_NODE]
    keys = tuple(key.verifier for key in cosigner_keys(name))
    submission = Submission(log.world.usa, log.files, [Cosigner(name, CosignerRole.PARTNER_NODE, keys, Stranger())])
    log.record()
    log.sequence()
    assert submission.submit_checkpoints() == 0
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_a_log_that_contradicts_itself_is_kept_as_evidence_and_not_cosigned(log: Log) -> None:
    keys = cosigner_keys("ind.localhost/cosigner")
    notes = [
        signed_checkpoint(Head(ORIGIN, 7, bytes([number]) * 32), (KEYS.ed25519, KEYS.mldsa44), 1) for number in (1, 2)
    ]
    assert cosign_partner(log.world.ind, USA, keys, LOG, write_request(0, (), notes[0])).status == 200
    assert cosign_partner(log.world.ind, USA, keys, LOG, write_request(7, (), notes[0])).status == 200
    for _ in range(2):
        assert cosign_partner(log.world.ind, USA, keys, LOG, write_request(7, (), notes[1])).status == 422
    evidence = LogEvidence.objects.get()
    assert (evidence.size, evidence.kind, evidence.note.encode()) == (7, "other_root_at_same_size", notes[1])
    assert CosignedLog.objects.get(origin=ORIGIN).root == bytes([1]) * 32
    alarm = LedgerEntry.objects.get(event="log:contradicted")
    assert (alarm.actor, alarm.details["origin"], alarm.details["size"]) == (USA, ORIGIN, 7)
    assert alarm.details["code"] == evidence.kind
    assert cosign_partner(log.world.ind, USA, keys, {}, write_request(0, (), notes[0])).status == 404
    assert cosign_partner(log.world.ind, USA, keys, LOG, b"nonsense").status == 400


def test_entries_are_seen_by_their_own_company_and_the_authority_only(log: Log) -> None:
    def step() -> str:
        return enter(log.world.usa, LeafEvent.ITEM_REGISTERED, actor="prs_b", subject="itm_1", company="BOEING")

    entry = log.world.usa.commit(step)
    officer = actor(Role.SECURITY_OFFICER, company="BOEING")
    assert entry_state(log.world.usa, officer, entry).event == "item:registered"
    assert len(entries_for(log.world.usa, INSPECTOR, "itm_1")) == 1
    for stranger in (
        actor(Role.SECURITY_OFFICER, company="OTHER"),
        actor(Role.ENGINEER, company="BOEING", person="prs_c"),
    ):
        with pytest.raises(NotAvailable):
            entry_state(log.world.usa, stranger, entry)
        assert entries_for(log.world.usa, stranger, "itm_1") == []
    assert entry_state(log.world.usa, actor(Role.ENGINEER, person="prs_b"), entry).entry == entry
    with pytest.raises(NotAvailable):
        entry_state(log.world.usa, INSPECTOR, "ent_" + "a" * 24)


def test_only_an_inspector_exports_and_an_empty_ledger_has_nothing_to_export(log: Log) -> None:
    with pytest.raises(Refused):
        export_chunks(log.world.usa, actor(Role.RELEASE_OFFICER), log.files)
    with pytest.raises(NotAvailable):
        export_chunks(log.world.usa, INSPECTOR, log.files)
    assert log.sequence() == 0
    assert log.submit() == 0
