"""A paper of a dossier as PDF: A4, tagged for readers of any kind, with its data and its proof inside the file.

Promises: what stands on it comes from the dossier and the catalogues, set by typst from data, never from text as
markup; PDF/A-3a (ISO 19005-3: files may travel inside) and PDF/UA-1 (ISO 14289-1: title, language of each text,
headings, tables with header cells) are demanded of the typesetter, which refuses a file that it cannot tag so; English,
Hindi, or both side by side; the marking above and below each page, page n of m; numbered copies, or one for each row
of what the paper is made from; same value, same bytes. A character that the embedded fonts lack stands as its code
point, U+XXXX, and is never dropped.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from importlib import resources
from typing import Any, Final

import typst

from relto.adapters.paper_words import LANGUAGES, PaperValue, paper_data
from relto.base.errors import MalformedInput

_STANDARDS: Final = ["a-3a", "ua-1"]
_JOINERS: Final = "\u200b\u200c\u200d"
_PRINTED: Final = ((0x20, 0x7E), (0xA0, 0x24F), (0x900, 0x97F), (0x2010, 0x2027), (0x2030, 0x2040), (0x20A0, 0x20BF))
"""Blocks that the embedded fonts have whole: Latin, Devanagari, punctuation, currency signs."""
_SHEET: Final = """
#let d = json(bytes(sys.inputs.paper))
#let first = d.languages.at(0)
#set document(title: d.title.join(" / "))
#set text(font: ("Noto Sans", "Noto Sans Devanagari"), size: 9pt, lang: first)
#set par(justify: false)
#set table(stroke: 0.4pt, inset: 1.6mm)
#show heading.where(level: 1): set text(size: 12pt)
#show heading.where(level: 2): set text(size: 10pt)
#let one(index, words, ..set-as) = text(lang: d.languages.at(index), ..set-as, words)
#let differing(words) = range(words.len()).filter(i => not words.slice(0, i).contains(words.at(i)))
#let run(words, ..set-as) = differing(words).map(i => one(i, words.at(i), ..set-as)).join(" / ")
#let stacked(words, ..set-as) = differing(words).map(i => one(i, words.at(i), ..set-as)).join(linebreak())
#let beside(words, ..set-as) = if differing(words).len() == 1 { one(0, words.at(0), ..set-as) } else {
  grid(columns: (1fr, 1fr), column-gutter: 6mm, ..range(words.len()).map(i => one(i, words.at(i), ..set-as)))
}
#let copy = state("copy", 1)
#let total = d.sheets.len() * d.copies
#let mark = align(center, text(weight: 700, size: 9pt, run(d.marking)))
#set page(
  paper: "a4", margin: (x: 17mm, top: 24mm, bottom: 27mm),
  header: context [
    #mark
    #text(size: 7.5pt)[#d.number #h(1fr) #if total > 1 [#run(d.counted) #copy.get() / #total]]
  ],
  footer: context [
    #text(size: 7.5pt)[#d.notes.map(words => run(words)).join(" · ")
      #h(1fr) #run(d.words.page) #counter(page).display("1 / 1", both: true)]
    #mark
  ],
)
#let lines(rows) = table(
  columns: if d.languages.len() == 1 { (34%, 1fr) } else { (24%, 24%, 1fr) },
  table.header(
    ..range(d.languages.len()).map(i => one(i, d.words.field.at(i), weight: 700)), run(d.words.answer, weight: 700),
  ),
  ..rows.map(row => (..range(row.label.len()).map(i => one(i, row.label.at(i))), row.value)).flatten(),
)
#let listed(one) = if one.wide {
  for (number, row) in one.rows.enumerate() [
    #heading(level: 2)[#run(one.title) #(number + 1)]
    #lines(range(one.columns.len()).filter(i => row.at(i) != "").map(i => (label: one.columns.at(i), value: row.at(i))))
  ]
} else {
  heading(level: 2, run(one.title))
  table(
    columns: (auto, ..one.columns.map(_ => 1fr)),
    table.header([\\#], ..one.columns.map(words => text(size: 8pt, stacked(words, weight: 700)))),
    ..one.rows.enumerate().map(((i, row)) => ([#(i + 1)], ..row.map(cell => text(size: 8pt, cell)))).flatten(),
  )
}
#let signed(one) = block(breakable: one.tables.len() > 0, width: 100%)[
  #heading(level: 2, run(one.title))
  #if one.rows.len() > 0 { lines(one.rows) }
  #for table in one.tables { listed(table) }
  #if one.taken {
    lines(((label: d.words.signed_by, value: one.by), (label: d.words.signed_at, value: one.at)))
  } else {
    run(d.words.not_signed)
    lines((
      (label: d.words.place_of_signature, value: "\\n\\n"), (label: d.words.name, value: ""),
      (label: d.words.date, value: ""),
    ))
  }
]
#let sheet(own) = [
  #title(text(size: 15pt, stacked(d.title)))
  #if d.statement != none { block(stroke: 0.6pt, inset: 2.5mm, width: 100%, beside(d.statement)) }
  #lines(d.facts)
  #for section in own.sections [
    #heading(level: 1, run(section.title))
    #for words in section.at("paragraphs", default: ()) { block(width: 100%, beside(words)) }
    #if section.rows.len() > 0 { lines(section.rows) }
    #for one in section.tables { listed(one) }
  ]
  #if d.steps.len() > 0 [
    #heading(level: 1, run(d.words.signatures))
    #for one in d.steps { signed(one) }
  ]
  #if own.findings.len() > 0 [
    #heading(level: 1, run(d.words.findings))
    #table(
      columns: (22%, 1fr, 34%),
      table.header(..(d.words.field, d.words.findings, d.words.rules).map(words => run(words, weight: 700))),
      ..own.findings.map(one => (stacked(one.place), stacked(one.text), text(size: 8pt, one.rules))).flatten(),
    )
  ]
  #heading(level: 1, run(d.words.proof))
  #run(d.words.original)
  #lines((
    ..d.proof,
    ..d.attachments.map(one => (label: d.words.attached, value: one.name + ": " + one.words.join(" / "))),
  ))
]
#for one in d.attachments {
  pdf.attach(
    "/" + one.name, bytes(one.content), relationship: "data", mime-type: one.type, description: one.words.join(" / "),
  )
}
#for number in range(1, total + 1) [
  #sheet(d.sheets.at(calc.quo(number - 1, d.copies)))
  #if number < total { copy.update(number + 1) + pagebreak() }
]
"""


def paper_pdf(value: PaperValue, language: str = "en") -> bytes:
    """The paper. `language`: en, hi or both. Raises MalformedInput for another one."""
    if language not in LANGUAGES:
        raise MalformedInput("paper.language", field="language", expected=", ".join(LANGUAGES))
    return sheet_pdf(paper_data(value, LANGUAGES[language]) | {"number": value.number}, value.dated)


def sheet_pdf(data: dict[str, Any], dated: datetime) -> bytes:
    """A paper from the data of its sheet, as `relto.adapters.paper_words.paper_data` gives it, with its number."""
    try:
        return _set(data, dated)
    except typst.TypstError:
        # A character without a glyph is refused by both standards.
        return _set(_spelled_out(data), dated)


def _set(data: dict[str, Any], dated: datetime) -> bytes:
    fonts = resources.files("relto.adapters").joinpath("fonts")
    with resources.as_file(fonts) as folder:
        set_sheet: Callable[..., bytes] = typst.compile
        return set_sheet(
            _SHEET.encode(),
            font_paths=[str(folder)],
            ignore_system_fonts=True,
            pdf_standards=_STANDARDS,
            timestamp=dated.astimezone(UTC).replace(microsecond=0),  # a PDF's date counts whole seconds
            sys_inputs={"paper": json.dumps(data, ensure_ascii=False)},
        )


def _spelled_out(value: Any, name: str = "") -> Any:
    """The same with every character that the fonts may lack as U+XXXX; attached files stay as they are."""
    if isinstance(value, dict):
        return {key: inner if key == "content" else _spelled_out(inner, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [_spelled_out(inner, name) for inner in value]
    return "".join(map(_printed, value)) if isinstance(value, str) else value


def _printed(character: str) -> str:
    code = ord(character)
    known: Sequence[tuple[int, int]] = _PRINTED
    if character in _JOINERS or character == "\n" or any(first <= code <= last for first, last in known):
        return character
    return f"[U+{code:04X}]"
