"""A play on two running nodes: its cast, its record, and what every scene needs.

Nothing here reaches into a node: every step is a call that a person of that role makes with her own credential.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from relto.base.errors import NotVerified, Refused, Unreachable
from relto.client.verification import verified, verify_folder_on_disk
from relto.rehearsal.cast import Member, Nation, Stage
from relto.rehearsal.story import Outcome, Step, Story

T = TypeVar("T")
PATIENCE_SECONDS = 60.0
BIG_FILE_SECONDS = 900.0
_PAUSE_SECONDS = 0.05


class Play:
    """What happens between the nations, step by step."""

    def __init__(self, stage: Stage, tell: Callable[[Step], None]) -> None:
        """`tell` is called after each step."""
        self.stage = stage
        self.story = Story(tell)
        self.usa = Nation(stage.usa)
        self.ind = Nation(stage.ind)
        self.between: Callable[[], None] = lambda: None
        self.sealed: dict[str, Path] = {}  # the item's uuid -> what was sealed
        self._entries: list[tuple[Step, Member, str]] = []

    def close(self) -> None:
        """Close every connection of the cast."""
        self.usa.close()
        self.ind.close()

    def step(self, what: str, who: Member | str, expected: Outcome = "done") -> Any:
        """One step of the story, by one person or by both nodes."""
        if self.story.steps:
            self.between()
        return self.story.step(what, who if isinstance(who, str) else who.who, expected)

    def record(self, step: Step, member: Member, entry: object) -> None:
        """The step is this entry of the ledger of the member's node."""
        self._entries.append((step, member, str(entry)))

    def refused(self, what: str, member: Member, attempt: Callable[[], object], *, rule: str = "") -> str:
        """A step in which `attempt` is refused, for `rule` when one is named; the reference of the decision.

        Raises NotVerified when it was refused for another reason than that.
        """
        reference = ""
        with self.step(what, member, "refused") as step:
            try:
                attempt()
            except Refused as refusal:
                reference = str(refusal.details.get("reference", ""))
                if not reference:
                    raise NotVerified(
                        "reason", field="reference", found=refusal.full_code, expected="a recorded decision"
                    ) from refusal
                seen = member.node.refusal(reference)
                self.record(step, member, seen.entry)
                step.found = seen.sentence
                told = seen.partner_code or (
                    seen.bundle_version and all(gate.text and gate.remedy and gate.who for gate in seen.gates)
                )
                if not told or not seen.sentence:
                    raise NotVerified(
                        "reason", field="gates", expected="a sentence; text, version, remedy and who can supply it"
                    ) from refusal
                failing = [gate.rule for gate in seen.gates if gate.outcome == "fails"]
                if rule and not seen.partner_code and rule not in failing:
                    raise NotVerified(
                        "reason", field="rule", found=" ".join(failing), expected=f"a refusal by {rule}"
                    ) from refusal
                raise
        return reference

    def wait(self, holds: Callable[[], bool], seconds: float = PATIENCE_SECONDS) -> None:
        """Wait until something holds. Raises Unreachable("waiting")."""
        self.wait_for(holds, bool, seconds)

    @staticmethod
    def wait_for(look: Callable[[], T], holds: Callable[[T], bool], seconds: float = PATIENCE_SECONDS) -> T:
        """What `look` sees once `holds` is true of it; a node that does not answer is asked again."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                found = look()
            except Unreachable:
                pass
            else:
                if holds(found):
                    return found
            if time.monotonic() > deadline:
                raise Unreachable("waiting", field="node", expected=f"the awaited state within {seconds:.0f} seconds")
            time.sleep(_PAUSE_SECONDS)

    def other(self, nation: Nation) -> Nation:
        """The partner of a nation."""
        return self.ind if nation is self.usa else self.usa

    def place_entries(self) -> None:
        """Wait until every entry of the story is agreed by both nodes and both witnesses, and note where it stands."""
        for step, member, entry in self._entries:
            inspector = self._home(member)["inspector"]
            found = self.wait_for(
                lambda entry=entry, inspector=inspector: inspector.node.entry(entry),  # type: ignore[misc]
                lambda seen: seen.state == "agreed",
            )
            step.entry = f"{found.origin}#{found.index}"

    def _home(self, member: Member) -> Nation:
        return self.usa if member in (self.usa.registrar, *self.usa.members.values()) else self.ind

    def verify_ledgers(self) -> None:
        """Both inspectors export and verify offline; one altered byte is named."""
        for nation in (self.usa, self.ind):
            inspector = nation["inspector"]
            folder = self.ledger_folder(nation)
            with self.step(
                "exports the ledger and verifies it offline with pinned keys", inspector, "verified"
            ) as step:
                if folder.exists():
                    shutil.rmtree(folder)
                inspector.node.export_ledger(folder)
                report = verify_folder_on_disk(folder, self.stage.trust_file)
                if not verified(report) or report.size is None:
                    raise NotVerified("ledger", field="ledger", expected="an export that verifies")
                step.found = f"{report.size} entries"
                step.entry = f"{report.origin}#{report.size - 1}"
        with self.step("alters one byte in a copy; the verifier names it", self.usa["inspector"], "verified") as step:
            step.found = self._altered_byte_is_named()
            step.entry = self.story.steps[-3].entry

    def ledger_folder(self, nation: Nation) -> Any:
        """Where the nation's exported ledger lies."""
        return self.stage.folder / f"ledger-{nation.place.nation.lower()}"

    def _altered_byte_is_named(self) -> str:
        copy = self.stage.folder / "ledger-altered"
        if copy.exists():
            shutil.rmtree(copy)
        shutil.copytree(self.ledger_folder(self.usa), copy)
        bundle = min(path for path in (copy / "tile" / "entries").rglob("*") if path.is_file())
        data = bytearray(bundle.read_bytes())
        data[len(data) // 2] ^= 1
        bundle.write_bytes(bytes(data))
        report = verify_folder_on_disk(copy, self.stage.trust_file)
        named = [finding for finding in report.findings if str(bundle.relative_to(copy)) in str(finding.file)]
        shutil.rmtree(copy)
        if verified(report) or not named:
            raise NotVerified("alteration", field="ledger", expected="the altered file named")
        return f"{named[0].file}, entry {named[0].entry}"
