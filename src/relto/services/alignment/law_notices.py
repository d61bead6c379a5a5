"""The notice of a change of law as a paper: what the nation said, and what it touches, in one language or in both.

Promises: the notice that counts is the signed statement, which travels inside the file; the sheet adds what the joint
rule set and the shared record say is touched, the same on both nodes; nothing that is counted at home stands on it, so
the paper may go to the partner.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from relto.adapters.paper_words import Attachment
from relto.adapters.record_papers import Coded, RecordPaper, RecordSection, RecordTable, Words, record_paper
from relto.alignment.touched_by_law import TouchedProcedure, TouchedProvision
from relto.base.calendars import zone_of
from relto.base.errors import NotAvailable
from relto.procedures.actors import Actor
from relto.rules.bundle import Bundle
from relto.services import active_bundle
from relto.services.alignment.law_changes import LawChangeDetail, law_change
from relto.services.dossiers.papers import PDF, PaperFile
from relto.services.house import House
from relto.store.queries.alignment_envelopes import signed_statement

_MOST_LISTED: Final = 200


def notice(house: House, actor: Actor, entry: str, language: str = "en") -> PaperFile:
    """The notice as PDF. `language`: en, hi or both.

    Raises Refused("role"), NotAvailable("alignment"), MalformedInput("paper.language").
    """
    detail = law_change(house, actor, entry)
    newest = detail.versions[-1]
    signed = signed_statement(actor, newest.digest)
    if signed is None:
        raise NotAvailable("alignment", field="entry")
    envelope, ledger_entry = signed
    bundle = active_bundle.active(house)
    paper = RecordPaper(
        number=entry,
        title=Coded("law_notice.title"),
        statement=Coded("law_notice.statement"),
        facts=_facts(detail, bundle, ledger_entry),
        sections=_sections(detail, bundle),
        dated=newest.at,
        digest=newest.digest,
        attachments=(
            Attachment(f"{entry}.json", "application/json", envelope.decode("utf-8"), "record_paper.attached.data"),
        ),
        is_training=house.kind == "training",
    )
    return PaperFile(f"{entry}-notice-{language}.pdf", PDF, record_paper(paper, language), newest.digest)


def _facts(detail: LawChangeDetail, bundle: Bundle, ledger_entry: str) -> list[tuple[Words, Words]]:
    change = detail.change
    last = "\n".join(
        f"{one.nation}: {one.ends.astimezone(zone_of(one.nation)):%Y-%m-%d %H:%M}" for one in detail.calendars
    )
    facts: list[tuple[Words, Words]] = [
        (Coded("law_notice.nation"), Coded(f"country.{change.nation}")),
        (Coded("law_notice.source"), change.source),
        (Coded("law_notice.edition"), change.edition),
        (Coded("law_notice.replaces"), change.replaces or Coded("law_notice.replaces_nothing")),
        (
            Coded("law_notice.published"),
            change.published.isoformat() if change.published else Coded("law_notice.not_known"),
        ),
        (Coded("law_notice.in_force_from"), change.in_force_from.isoformat()),
        (Coded("law_notice.citation"), change.citation),
        (Coded("law_notice.evidence"), Coded(f"evidence.{change.evidence}")),
        (Coded("law_notice.standing"), Coded("law_notice.confirmed" if change.confirmed else "paper.unconfirmed")),
        (Coded("law_notice.state"), Coded(f"law.state.{change.state}")),
        (Coded("law_notice.until"), last or change.consultation_until.isoformat()),
        (Coded("law_notice.rule_set"), f"{bundle.agreement} {bundle.version}"),
        (Coded("paper.entries"), ledger_entry),
    ]
    return facts


def _sections(detail: LawChangeDetail, bundle: Bundle) -> list[RecordSection]:
    touched = detail.touched
    sections = []
    if touched.named:
        sections.append(RecordSection(Coded("law_notice.named"), tables=[_provisions(touched.named, bundle)]))
    if touched.resting:
        resting: list[tuple[Words, Words]] = [
            (Coded(f"law.word.{word}"), ", ".join(one.provision for one in touched.resting if one.word == word))
            for word in sorted({one.word for one in touched.resting}, reverse=True)
        ]
        sections.append(RecordSection(Coded("law_notice.resting"), rows=resting))
    rules = [
        (Coded(f"law.touched.{one.kind}"), one.code, ", ".join(one.provisions)) for one in touched.rules[:_MOST_LISTED]
    ]
    columns = [Coded("law_notice.what"), Coded("law_notice.code"), Coded("law_notice.provisions")]
    if rules:
        table = RecordTable(Coded("law_notice.rules"), columns, rows=rules)
        sections.append(RecordSection(Coded("law_notice.joint"), tables=[table]))
    if touched.procedures:
        table = RecordTable(
            Coded("law_notice.forms"),
            [Coded("paper.procedure"), Coded("law_notice.what"), Coded("law_page.places"), columns[-1]],
            rows=_procedures(touched.procedures),
        )
        sections.append(RecordSection(Coded("law_notice.procedures"), tables=[table]))
    record: list[tuple[Words, Words]] = [
        (Coded(f"law_notice.{name}"), "\n".join(ids) or Coded("law_notice.none"))
        for name, ids in (
            ("relations", touched.relations[:_MOST_LISTED]),
            ("divergences", touched.divergences[:_MOST_LISTED]),
            ("proposals", touched.proposals[:_MOST_LISTED]),
        )
    ]
    sections.append(RecordSection(Coded("law_notice.record"), rows=record))
    sections.append(RecordSection(Coded("law_notice.next"), paragraphs=[Coded("law_notice.next_steps")]))
    return sections


def _procedures(found: Sequence[TouchedProcedure]) -> list[tuple[Words, ...]]:
    """A row for each procedure and kind of place: how many places, and which provisions they cite."""
    grouped: dict[tuple[str, str], list[TouchedProcedure]] = {}
    for one in found:
        grouped.setdefault((one.procedure, one.kind), []).append(one)
    return [
        (
            Coded(f"procedure.{procedure}") if procedure else Coded("law.several"),
            Coded(f"law.touched.{kind}"),
            str(len(places)),
            ", ".join(sorted({provision for one in places for provision in one.provisions})),
        )
        for (procedure, kind), places in grouped.items()
    ]


def _provisions(rows: Sequence[TouchedProvision], bundle: Bundle) -> RecordTable:
    columns = [Coded("law_notice.provision"), Coded("law_notice.what"), Coded("law_notice.words")]
    listed: list[tuple[Words, Words, Words]] = []
    for one in rows[:_MOST_LISTED]:
        held = bundle.provisions.get(one.provision)
        heading = "" if held is None else f"\n{held.title}\n{held.citation or ''}"
        listed.append(
            (f"{one.provision}{heading}", Coded(f"law.word.{one.word}"), one.text or Coded("law_notice.no_words"))
        )
    return RecordTable(Coded("law_notice.provisions"), columns, listed)
