"""A document whose markings have faults: its sealing is stopped at the engineer's desk, and goes on for a reason.

The release officer sees beside the gates what was stated, and sends the document back to be mended.
"""

from __future__ import annotations

from relto.base.errors import FaultsFound, NotVerified
from relto.rehearsal.documents import faulty_document
from relto.rehearsal.passage import Passage, announcement
from relto.rehearsal.play import Play

_REASON = "the note is needed today; it will be marked again tomorrow"


class MarkingFaults:
    """What relto does when a document is not marked as it should be."""

    def __init__(self, play: Play, way: Passage) -> None:
        """`way`: whose engineer and release officer it is."""
        self.play = play
        self.way = way

    def perform(self) -> None:
        """Refused, sealed with a reason, seen and sent back."""
        engineer, officer = self.way.giver["engineer"], self.way.giver["release_officer"]
        document = faulty_document(self.play.stage.scene_document.path.parent)
        stated = announcement(document, self.way.label())
        what = "seals a note whose markings have faults: they are listed, and nothing leaves her machine"
        with self.play.step(what, engineer, "refused") as refused:
            try:
                engineer.node.seal(document.path, stated)
            except FaultsFound as error:
                refused.outcome = "refused"
                refused.found = "; ".join(dict.fromkeys(str(each["message"]) for each in error.faults))
        with self.play.step("seals it all the same, and says why", engineer, "permitted") as step:
            item = engineer.node.seal(document.path, stated, despite_faults=_REASON)
            self.play.record(refused, engineer, item.entry)  # nothing was sent before
            self.play.record(step, engineer, item.entry)
        case = self.way.ask(item)
        with self.play.step("sees the faults and the reason beside the gates, and sends it back", officer) as step:
            check = officer.node.case(case.id).item.check
            if check is None or check.reason != _REASON or check.by != engineer.person or not check.faults:
                raise NotVerified("check", field="item.check", expected="the faults, the reason and who gave it")
            step.found = f"{sum(each.count for each in check.faults)} faults"
            answer = officer.node.decide_case(case.id, "refuse", "to be marked again first")
            self.play.record(step, officer, answer.entry)
