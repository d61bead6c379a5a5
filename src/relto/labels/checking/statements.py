"""What the front page has to say: whose information the document holds, who classified it, that it is for training.

- 32 CFR 2001.24(c), 117.14(n): each open foreign source is named in THIS DOCUMENT CONTAINS (country) INFORMATION; a
  concealed one is FOREIGN GOVERNMENT INFORMATION, and then no country is named.
- 32 CFR 2001.21 and 2001.22: a classified document of the United States has an authority block that holds.
- 32 CFR 117.14(h): training documents and samples say on each page that they are; due when one page says it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib import resources
from typing import Final, cast

from relto.base.canonical import read_object
from relto.labels.checking.pages import PageParts, Spot
from relto.labels.checking.report import Finding, finding, finding_of
from relto.labels.us.authority import check_authority, parse_authority
from relto.labels.us.faults import MarkingFaults
from relto.labels.us.rolling_up import fgi_of
from relto.labels.us.values import ConcealedFgi, Foreign, Marking, UnitedStates

_MAX_TABLE_BYTES = 64 * 1024
_CONCEALED = frozenset({"FOREIGN GOVERNMENT", "FOREIGN GOVERNMENT CLASSIFIED"})


def _names() -> dict[str, str]:
    data = resources.files("relto.labels.checking").joinpath("data", "country_names.json").read_bytes()
    table = read_object(data, field="country_names", max_bytes=_MAX_TABLE_BYTES)
    rows = cast("dict[str, list[str]]", table["names"])
    return {name: code for code, names in rows.items() for name in names}


CODE_OF_NAME: Final = _names()


def foreign_statements(
    pages: Sequence[PageParts], overall: Marking | None, portions: Sequence[Marking]
) -> Iterator[Finding]:
    """Statements that are due and missing, or that say too much."""
    own = overall.owner if overall is not None else UnitedStates()
    if not isinstance(own, UnitedStates):
        return
    foreign = [portion for portion in portions if isinstance(portion.owner, Foreign) or portion.fgi is not None]
    needed = fgi_of(foreign)
    if needed is None or not pages:
        return
    front = pages[0]
    said = front.statements
    at = said[0][1] if said else Spot(front.page.number, "body", 1, front.page.part)
    shown = said[0][0] if said else ""
    if not said:
        yield finding("statement_missing", at)
        return
    named = {code for text, _ in said for code in statement_codes(text)}
    if isinstance(needed, ConcealedFgi):
        if named or not says_concealed([text for text, _ in said]):
            yield finding("statement_concealed", at, shown)
    elif not says_concealed([text for text, _ in said]) and not set(needed.codes) <= named:
        yield finding("statement_country", at, shown)


def says_concealed(statements: Sequence[str]) -> bool:
    """True when one of them announces a concealed source."""
    return any(text in _CONCEALED for text in statements)


def statement_codes(text: str) -> set[str]:
    """The countries that a statement names."""
    for part in (" AND ", ",", "/", "&"):
        text = text.replace(part, "|")
    words = [word.strip().removesuffix(" CLASSIFIED").removesuffix(" GOVERNMENT").strip() for word in text.split("|")]
    return {CODE_OF_NAME.get(word, word) for word in words if word and word not in {"FOREIGN", *_CONCEALED}}


def authority_block(pages: Sequence[PageParts], overall: Marking | None) -> Iterator[Finding]:
    """Faults of the authority block, and its absence. What is attached is a document of its own, with its own block."""
    blocks: dict[str, list[tuple[str, Spot]]] = {}
    for page in pages:
        if page.authority:
            blocks.setdefault(page.page.part, []).extend(page.authority)
    if overall is None or not pages:
        return
    front = Spot(pages[0].page.number, "body", 1, pages[0].page.part)
    if not blocks:
        yield from (finding_of(fault, front) for fault in check_authority(overall, None))
    has_list = any(page.has_source_list for page in pages)
    for lines in blocks.values():
        yield from _faults_of_block(lines, overall, has_source_list=has_list)


def _faults_of_block(
    lines: Sequence[tuple[str, Spot]], overall: Marking, *, has_source_list: bool
) -> Iterator[Finding]:
    spot, shown = lines[0][1], lines[0][0]
    try:
        block = parse_authority("\n".join(text for text, _ in lines))
    except MarkingFaults as wrong:
        yield from (finding_of(fault, spot, shown) for fault in wrong.faults)
        return
    found = check_authority(overall, block, has_source_list=has_source_list)
    yield from (finding_of(fault, spot, shown) for fault in found)


def training_lines(pages: Sequence[PageParts], *, due: bool) -> Iterator[Finding]:
    """Pages without the line, where it is due or other pages have it."""
    if not due and not any(page.has_training_line for page in pages):
        return
    told: set[str] = set()
    for page in pages:
        if page.has_training_line or page.is_blank:
            continue
        if page.edge_origin and page.edge_origin in told:
            continue
        told.add(page.edge_origin)
        yield finding("training_line_missing", Spot(page.page.number, "page", 0, page.page.part))
