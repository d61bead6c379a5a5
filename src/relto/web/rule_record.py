"""What the working group says of a rule or a provision, beside it: readings, open questions, the proposed text.

The rule book shows what holds; the shared record what both nations say of it. They stand on one page, for those who
may read the record, and the word between the two sides is theirs: where nobody compared them, the page says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from relto.adapters.words import sentence
from relto.alignment.proposal_standing import CLOSED
from relto.alignment.shared_record import DIVERGENCE, RELATION
from relto.base.instants import Instant
from relto.services import bundles
from relto.services.alignment import proposals_view, reading
from relto.services.alignment.proposal_values import ProposalDetail, ProposalRow
from relto.services.alignment.proposals_about import proposals_about
from relto.services.alignment.reading import EntryView
from relto.store.queries.alignment import READERS
from relto.web import proposal_page
from relto.web.pages import PageRequest
from relto.web.proposal_page import ShownClause, Step
from relto.web.signing import SignatureBoxes, signature_boxes
from relto.web.surroundings import house
from relto.web.words import language, said

_MOST_PROVISIONS: Final = 12
_MOST_READINGS: Final = 4


@dataclass(frozen=True, slots=True)
class Reading:
    """A nation's newest reading of the provisions. `words`: "" while it has not spoken."""

    nation: str
    words: str
    reason: str
    confidence: str
    at: Instant | None


@dataclass(frozen=True, slots=True)
class Compared:
    """A relation between provisions: its entry, how it stands, and each nation's reading, own nation first."""

    view: EntryView
    readings: tuple[Reading, ...]


@dataclass(frozen=True, slots=True)
class ProposedText:
    """The open proposal that concerns it first: its text as a redline, the steps, the boxes, what stands in the way."""

    row: ProposalRow
    detail: ProposalDetail
    clauses: tuple[ShownClause, ...]
    steps: tuple[Step, ...]
    signatures: SignatureBoxes
    open_points: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class RuleRecord:
    """All of it. `word`: between the two sides, "" where nobody compared them; `provisions`: those asked about."""

    word: str
    compared: tuple[Compared, ...]
    questions: tuple[EntryView, ...]
    proposals: tuple[ProposalRow, ...]
    proposed: ProposedText | None
    provisions: str
    topic: str
    speaks: bool


def rule_record(request: PageRequest, provisions: Sequence[str], topic: str, *, speaks: bool) -> RuleRecord | None:
    """What is said of these provisions of one topic; None to who may not read the shared record."""
    if not request.actor.roles.intersection(READERS):
        return None
    own, actor = house(), request.actor
    asked = tuple(provisions[:_MOST_PROVISIONS])
    views = _entries_about(request, asked)
    relations = [view for view in views if view.kind == RELATION]
    questions = [view for view in views if view.kind == DIVERGENCE]
    rows = proposals_about(own, actor, divergences=[view.entry for view in questions], provisions=asked)
    open_rows = [row for row in rows if row.state not in CLOSED]
    parties = _parties(request)
    return RuleRecord(
        word=_word(relations),
        compared=tuple(_compared(request, view, parties) for view in relations[:_MOST_READINGS]),
        questions=tuple(questions),
        proposals=tuple(rows),
        proposed=_proposed(request, open_rows[0], parties) if open_rows else None,
        provisions=" ".join(asked),
        topic=topic,
        speaks=speaks,
    )


def word_between(request: PageRequest, provisions: Sequence[str]) -> str:
    """How the two sides' provisions stand by what both nations said, in words; "" where nobody compared them."""
    about = _entries_about(request, provisions[:_MOST_PROVISIONS])
    return _word([view for view in about if view.kind == RELATION])


def _entries_about(request: PageRequest, provisions: Sequence[str]) -> list[EntryView]:
    found: dict[str, EntryView] = {}
    for one in provisions:
        found |= {view.entry: view for view in reading.record(house(), request.actor, provision=one)}
    return sorted(found.values(), key=lambda view: (view.opened, view.entry))


def _word(relations: Sequence[EntryView]) -> str:
    """The word between the sides: only one that both nations share about the present texts, else how it stands."""
    present = [view for view in relations if not view.older_text]
    if not present:
        return ""
    words = {(view.state, view.title, view.opened_by) for view in present}
    if len(words) > 1:
        return said("workbench_page", "several_readings")
    view = present[0]
    if view.state == "agreed":
        return sentence(f"alignment.relation.{view.title}", language(), nation=view.opened_by)
    if view.state == "one_sided":
        return sentence("alignment.word.one_sided", language(), nation=view.opened_by)
    return said("alignment.state", view.state)


def _compared(request: PageRequest, view: EntryView, parties: Sequence[str]) -> Compared:
    words = reading.entry(house(), request.actor, view.entry).words
    readings = []
    for nation in parties:
        line = [one for one in words if one.nation == nation]
        if not line:
            readings.append(Reading(nation, "", "", "", None))
            continue
        body = line[-1].body
        readings.append(
            Reading(
                nation,
                sentence(f"alignment.relation.{body['relation']}", language(), nation=body["of"]),
                body["reason"],
                said("alignment.confidence", body["confidence"]),
                line[-1].at,
            )
        )
    return Compared(view, tuple(readings))


def _proposed(request: PageRequest, row: ProposalRow, parties: Sequence[str]) -> ProposedText:
    own = house()
    detail = proposals_view.proposal(own, request.actor, row.entry)
    boxes = signature_boxes(request, row.entry, only=detail.shown.digest).without_offers()
    return ProposedText(
        row=row,
        detail=detail,
        clauses=tuple(proposal_page.clauses(detail, own.nation)),
        steps=tuple(proposal_page.steps(detail, parties)),
        signatures=boxes,
        open_points=tuple((one.nation, said("proposal.obstacle", one.code)) for one in detail.obstacles if one.blocks),
    )


def _parties(request: PageRequest) -> list[str]:
    own = str(house().nation)
    return sorted(
        (str(one) for one in bundles.active_bundle_view(house(), request.actor).parties),
        key=lambda nation: (nation != own, nation),
    )
