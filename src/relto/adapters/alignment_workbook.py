"""The exchange of the alignment as a workbook (Office Open XML): sheets for people, read in again as rows.

Promises:
 1. A cell of a written workbook is never a formula: a text that a spreadsheet could take for one is written behind an
    apostrophe, which is taken off again when it is read (CWE-1236).
 2. A workbook is written in memory: nothing of it stands in a temporary file.
 3. What is read is bounded before it is opened: size, members, size unpacked; macros, embedded objects, links to other
    workbooks and document type declarations are refused whole, and so is a file with a formula, named by its
    place.
"""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import BytesIO
from typing import IO, Any, Final

from relto.alignment.exchange_rows import COLUMNS, LISTS, LONGEST_CELL, TOLD, Row
from relto.alignment.shared_record import DIVERGENCE, RELATION
from relto.base.errors import MalformedInput, TooLarge

LARGEST: Final = 16 * 1024 * 1024
MOST_ROWS: Final = 20_000
"""Rows of a sheet; more of them go in JSON, or topic by topic."""
SHEETS: Final[Mapping[str, str]] = {RELATION: "Relations", DIVERGENCE: "Divergences"}
PROVISIONS: Final = "Provisions"
ABOUT: Final = "About"
PROVISION_COLUMNS: Final = (
    "standing",
    "id",
    "nation",
    "topic",
    "title",
    "requirement",
    "citation",
    "source",
    "edition",
    "effective_from",
    "superseded_from",
    "evidence",
    "confirmed",
    "basis",
    "note",
    "parameters",
    "related",
)
_LARGEST_UNPACKED: Final = 128 * 1024 * 1024
_MOST_MEMBERS: Final = 200
_HEAD: Final = 1024
_REFUSED_PARTS: Final = re.compile(r"(?i)externallinks/|vbaproject|embeddings/|activex/|connections\.xml|querytables/")
_COMMANDS: Final = ("=", "+", "-", "@", "\t", "\r")
_UNWRITABLE: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_BETWEEN: Final = "\n"
_INNER: Final = "\u2028"
"""Between the texts of a list in one cell, and for a line end within one of them."""


def write_workbook(about: Mapping[str, str], provisions: Iterable[Mapping[str, Any]], rows: Sequence[Row]) -> bytes:
    """The workbook. `about`: lines of the first sheet. Raises TooLarge("alignment.rows") beyond MOST_ROWS a sheet."""
    import xlsxwriter  # noqa: PLC0415  only who asks for a workbook waits for the library

    out = BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        first = book.add_worksheet(ABOUT)
        for number, line in enumerate(about.items()):
            _write_line(first, number, line)
        told = ([_told(one.get(name)) for name in PROVISION_COLUMNS] for one in provisions)
        _fill(book, PROVISIONS, PROVISION_COLUMNS, told)
        for kind, title in SHEETS.items():
            columns = (*COLUMNS[kind], *TOLD)
            _fill(book, title, columns, (_cells(row, columns) for row in rows if row.kind == kind))
    return out.getvalue()


def read_workbook(data: bytes) -> list[Row]:
    """The rows of the sheets of relations and divergences, each with its place; other sheets are passed over.

    Raises MalformedInput("workbook") for what is no workbook, has parts that are refused, or a sheet without the
    columns; TooLarge by field.
    """
    _check_package(data)
    try:
        book = _opened(data)
        return [row for kind, title in SHEETS.items() if title in book.sheetnames for row in _read(book[title], kind)]
    except (MalformedInput, TooLarge):
        raise
    except Exception as error:  # the library's errors are of many kinds, and all mean that it is no workbook
        raise MalformedInput("workbook", field="file", expected="a workbook (.xlsx)") from error


def read_provision_cells(data: bytes) -> list[dict[str, str]]:
    """The rows of the sheet of provisions, column -> text. Raises as `read_workbook`."""
    _check_package(data)
    try:
        book = _opened(data)
        found = [list(_provision_cells(book[PROVISIONS]))] if PROVISIONS in book.sheetnames else []
    except (MalformedInput, TooLarge):
        raise
    except Exception as error:  # as above
        raise MalformedInput("workbook", field="file", expected="a workbook (.xlsx)") from error
    if not found:
        raise MalformedInput("workbook.columns", field=PROVISIONS, expected=", ".join(PROVISION_COLUMNS))
    return found[0]


def _opened(data: bytes) -> Any:
    import openpyxl  # noqa: PLC0415  only who brings a workbook waits for the library

    return openpyxl.load_workbook(BytesIO(data), read_only=True, data_only=False, keep_links=False)


def cell_text(text: str) -> str:
    """A text as it stands in a cell: nothing that a spreadsheet would run."""
    plain = _UNWRITABLE.sub("\ufffd", text)
    return f"'{plain}" if plain.lstrip("'").startswith(_COMMANDS) else plain


def text_of_cell(text: str) -> str:
    """The text that `cell_text` wrote."""
    return text[1:] if text.startswith("'") and text.lstrip("'").startswith(_COMMANDS) else text


def _told(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    return value if isinstance(value, str) else "" if value is None else str(value)


def _cells(row: Row, columns: Sequence[str]) -> list[str]:
    return [
        _BETWEEN.join(one.replace(_BETWEEN, _INNER) for one in row.list(name))
        if name in LISTS
        else row.told.get(name, "")
        if name in TOLD
        else row.text(name)
        for name in columns
    ]


def _fill(book: Any, title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    sheet = book.add_worksheet(title)
    sheet.write_row(0, 0, columns, book.add_format({"bold": True}))
    sheet.freeze_panes(1, 0)
    for number, row in enumerate(rows):
        if number >= MOST_ROWS:
            raise TooLarge("alignment.rows", field="as", found=number + 1, expected=f"at most {MOST_ROWS} rows a sheet")
        _write_line(sheet, number + 1, row)


def _write_line(sheet: Any, number: int, texts: Sequence[str]) -> None:
    for column, text in enumerate(texts):
        sheet.write_string(number, column, cell_text(text))


def _check_package(data: bytes) -> None:
    if len(data) > LARGEST:
        raise TooLarge("workbook", field="file", found=len(data), expected=f"at most {LARGEST} bytes")
    try:
        with zipfile.ZipFile(BytesIO(data)) as package:
            parts = package.infolist()
            unpacked = sum(part.file_size for part in parts)
            if len(parts) > _MOST_MEMBERS or unpacked > _LARGEST_UNPACKED:
                expected = f"at most {_MOST_MEMBERS} parts and {_LARGEST_UNPACKED} bytes unpacked"
                raise TooLarge("workbook", field="file", found=unpacked, expected=expected)
            for part in parts:
                if _REFUSED_PARTS.search(part.filename):
                    expected = "no macros, embedded objects or links to other files"
                    raise MalformedInput("workbook.parts", field="file", expected=expected)
                with package.open(part) as opened:
                    _check_head(opened)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError) as error:
        raise MalformedInput("workbook", field="file", expected="a workbook (.xlsx)") from error


def _check_head(part: IO[bytes]) -> None:
    if b"<!DOCTYPE" in part.read(_HEAD).upper():
        raise MalformedInput("workbook.parts", field="file", expected="no document type declaration")


def _read(sheet: Any, kind: str) -> Iterator[Row]:
    lines = sheet.iter_rows(max_col=len(COLUMNS[kind]) + len(TOLD))
    names = [str(cell.value or "") for cell in next(lines, ())]
    columns = {name: names.index(name) for name in COLUMNS[kind] if name in names}
    missing = [name for name in COLUMNS[kind] if name not in columns]
    if missing:
        raise MalformedInput("workbook.columns", field=SHEETS[kind], expected=", ".join(missing))
    for number, cells in enumerate(lines, start=2):
        if number > MOST_ROWS + 1:
            raise TooLarge("alignment.rows", field=SHEETS[kind], expected=f"at most {MOST_ROWS} rows")
        if any(cell.value is not None for cell in cells):
            yield _row(kind, {name: cells[at] for name, at in columns.items() if at < len(cells)}, number)


def _provision_cells(sheet: Any) -> Iterator[dict[str, str]]:
    lines = sheet.iter_rows(max_col=len(PROVISION_COLUMNS))
    names = [str(cell.value or "") for cell in next(lines, ())]
    missing = [name for name in PROVISION_COLUMNS if name not in names]
    if missing:
        raise MalformedInput("workbook.columns", field=PROVISIONS, expected=", ".join(missing))
    for number, cells in enumerate(lines, start=2):
        if number > MOST_ROWS + 1:
            raise TooLarge("alignment.rows", field=PROVISIONS, expected=f"at most {MOST_ROWS} rows")
        if any(cell.value is not None for cell in cells):
            yield {name: _text(cell, f"{PROVISIONS} {name} {number}") for name, cell in zip(names, cells, strict=False)}


def _text(cell: Any, place: str) -> str:
    """The text of a cell that holds one. Raises MalformedInput("workbook.formula"), TooLarge("alignment.cell")."""
    if cell.data_type == "f":
        raise MalformedInput("workbook.formula", field=place, expected="a text")
    text = "" if cell.value is None else text_of_cell(str(cell.value))
    if len(text) > LONGEST_CELL:
        raise TooLarge("alignment.cell", field=place, found=len(text), expected=f"at most {LONGEST_CELL} signs")
    return text


def _row(kind: str, cells: Mapping[str, Any], number: int) -> Row:
    values: dict[str, str | tuple[str, ...]] = {}
    for name, cell in cells.items():
        text = _text(cell, f"{SHEETS[kind]} {name} {number}")
        listed = (one.strip().replace(_INNER, _BETWEEN) for one in text.split(_BETWEEN) if one.strip())
        values[name] = tuple(listed) if name in LISTS else text
    return Row(kind, values, f"{SHEETS[kind]} {number}")
