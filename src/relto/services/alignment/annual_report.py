"""The annual report of the working group: numbers alone, so that it can be shown to anybody, as PDF.

Promises: nothing stands in it but what `relto.alignment.measures` and the statistics of procedures tell, which is
counts and days with small counts hidden, and codes of rules and procedures; it says what was left out and why. The
numbers travel inside the file, signed by the node, and their digest stands on the sheet. Only a co-chair and an
inspector take it.
"""

from __future__ import annotations

from typing import Final

from relto.adapters.paper_words import Attachment
from relto.adapters.record_papers import Coded, RecordPaper, RecordSection, RecordTable, Words, record_paper
from relto.base.errors import MalformedInput
from relto.base.instants import instant_text
from relto.procedures.actors import Actor, Role
from relto.procedures.statistics import FEWEST, Count
from relto.services import active_bundle
from relto.services.alignment.measures import WEIGHED_IN_REPORT, WorkMeasured, whole_year, work_measured
from relto.services.alignment.measures_file import as_json
from relto.services.dossiers.papers import PDF, PaperFile
from relto.services.house import House
from relto.signing.statements import read_statement, sign_statement

READERS: Final = (Role.CO_CHAIR, Role.INSPECTOR)
REPORT: Final = "working-group-report"
FIRST_YEAR: Final = 2020
_TEXT: Final = "annual_report"


def annual_report(house: House, actor: Actor, year: int, language: str = "en") -> PaperFile:
    """The report of a year, or of what has passed of it. `language`: en, hi or both.

    Raises Refused("role"), MalformedInput("measures.year"), MalformedInput("paper.language").
    """
    actor.require(*READERS)
    now = house.now()
    if not FIRST_YEAR <= year <= now.year:
        raise MalformedInput("measures.year", field="year", expected=f"{FIRST_YEAR} to {now.year}")
    begin, end = whole_year(year, house)
    found = work_measured(house, actor, since=begin, until=end, most=WEIGHED_IN_REPORT)
    signed = sign_statement(REPORT, 1, as_json(found), [house.node_key])
    digest = read_statement(signed, kind=REPORT, versions=(1,), trusted=[house.node_key.public]).digest
    bundle = active_bundle.active(house, now)
    name = f"working-group-{year}-{house.nation}"
    paper = RecordPaper(
        number=f"{year} ({house.nation})",
        title=Coded(f"{_TEXT}.title"),
        statement=Coded(f"{_TEXT}.statement", {"fewest": FEWEST}),
        facts=[
            (Coded(f"{_TEXT}.period"), f"{instant_text(found.group.since)} - {instant_text(found.group.until)}"),
            (Coded(f"{_TEXT}.agreement"), f"{bundle.agreement}, {bundle.version}"),
            (Coded(f"{_TEXT}.nation"), str(house.nation)),
        ],
        sections=_sections(found),
        dated=now,
        digest=digest,
        attachments=(Attachment(f"{name}.json", "application/json", signed.decode("utf-8"), f"{_TEXT}.numbers"),),
        notes=(Coded(f"{_TEXT}.note"),),
        is_training=house.kind == "training",
    )
    return PaperFile(f"{name}-{language}.pdf", PDF, record_paper(paper, language), digest)


def _sections(found: WorkMeasured) -> list[RecordSection]:
    return [
        RecordSection(
            Coded(f"{_TEXT}.loop"),
            paragraphs=() if found.group.spans else (Coded("measures_page.nothing"),),
            tables=_spans(found),
        ),
        RecordSection(Coded(f"{_TEXT}.open"), tables=_ageing(found)),
        RecordSection(Coded(f"{_TEXT}.decisions"), rows=_decided(found), tables=_refused(found)),
        RecordSection(
            Coded(f"{_TEXT}.procedures"),
            paragraphs=() if found.quarters else (Coded("statistics_page.empty"),),
            tables=_procedures(found),
        ),
        RecordSection(
            Coded(f"{_TEXT}.left_out"),
            paragraphs=[Coded(f"{_TEXT}.left_out_{code}") for code in ("names", "small", "texts", "notes")],
        ),
    ]


def _spans(found: WorkMeasured) -> list[RecordTable]:
    rows: list[list[Words]] = [
        [
            Coded(f"measures.span.{one.code}"),
            one.side or "-",
            _shown(one.ended),
            _days(one.median),
            _days(one.nine_of_ten),
        ]
        for one in found.group.spans
    ]
    columns = [Coded(f"measures_page.{name}") for name in ("span", "side", "ended", "median", "nine_of_ten")]
    return [RecordTable(Coded("measures_page.days"), columns, rows)] if rows else []


def _ageing(found: WorkMeasured) -> list[RecordTable]:
    ages = list(found.group.ageing[0].ages)
    columns = [Coded(f"measures_page.{name}") for name in ("kind", "open")]
    return [
        RecordTable(
            Coded("measures_page.ageing"),
            [*columns, *(Coded(f"measures.age.{age}") for age in ages)],
            [
                [Coded(f"measures.kind.{one.kind}"), _shown(one.open), *(_shown(one.ages[age]) for age in ages)]
                for one in found.group.ageing
            ],
        )
    ]


def _decided(found: WorkMeasured) -> list[tuple[Words, Words]]:
    refusals = found.group.refusals
    return [
        (Coded("measures_page.weighed"), str(refusals.weighed)),
        (Coded("measures_page.refused"), _shown(refusals.refused)),
        (Coded("measures_page.on_unconfirmed"), _shown(refusals.on_unconfirmed)),
    ]


def _refused(found: WorkMeasured) -> list[RecordTable]:
    rows: list[list[Words]] = [[rule, _shown(count)] for rule, count in found.group.refusals.by_rule.items()]
    columns = [Coded("measures_page.rule"), Coded("measures_page.refusals")]
    return [RecordTable(Coded("measures_page.by_rule"), columns, rows)] if rows else []


def _procedures(found: WorkMeasured) -> list[RecordTable]:
    rows: list[list[Words]] = [
        [
            Coded(f"procedure.{one.procedure}"),
            one.quarter,
            _shown(one.opened),
            _shown(one.sent),
            _shown(one.passed_first),
        ]
        for one in found.quarters
    ]
    names = ("procedure", "quarter", "opened", "sent", "passed_first")
    columns = [Coded(f"statistics_page.{name}") for name in names]
    return [RecordTable(Coded("statistics_page.counts"), columns, rows)] if rows else []


def _shown(count: Count) -> Words:
    return Coded("statistics_page.hidden") if count.shown is None else str(count.shown)


def _days(days: int | None) -> Words:
    return "-" if days is None else str(days)
