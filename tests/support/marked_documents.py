"""Documents with known faults of marking: text, HTML, DOCX and PDF, made from a seed, each fault with its place.

A document is written right first: its marks are from the books of examples below, not from the code under test. Then
faults are sown, each at a place of its own, so that what the checker reports can be compared with what was sown:
recall is the share of sown faults that it reports at their place; precision the share of its reports that were sown.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from relto.adapters.documents.reading import read_document
from relto.labels.checking.check import check_document
from relto.labels.checking.report import Finding, Report
from tests.support.marked_contents import AUTHORITY, Book, DocumentPage, MarkedDocument, Portion, Sown
from tests.support.marked_files import WRITERS

FORMS = ("txt", "html", "docx", "pdf")
_WORDS = (
    *(
        "rotor",
        "bearing",
        "vibration",
        "spectrum",
        "ambient",
        "sample",
        "training",
        "value",
        "table",
        "curve",
        "measured",
    ),
    *(
        "damping",
        "mass",
        "stiffness",
        "fixture",
        "sensor",
        "amplifier",
        "cable",
        "shielding",
        "noise",
        "floor",
        "drift",
    ),
    *(
        "calibration",
        "reference",
        "series",
        "window",
        "filter",
        "order",
        "secret",
        "confidential",
        "released",
        "nations",
    ),
    *("programme", "review", "annex", "supplier", "drawing", "tolerance", "interface", "housing", "temperature"),
)


BOOKS = (
    Book("SECRET//REL TO USA, IND", "(S//REL TO USA, IND)", ("(U)", "(C//REL TO USA, IND)", "(S//REL)"),
         above="(TS//REL TO USA, IND)", foreign="(//GBR S//REL TO USA, IND)", has_release=True),
    Book("SECRET//NOFORN", "(S//NF)", ("(U)", "(C//NF)", "(C//REL TO USA, GBR)"), foreign="(//JPN C)"),
    Book("CONFIDENTIAL//REL TO USA, GBR, IND", "(C//REL TO USA, GBR, IND)", ("(U)",),
         above="(S//REL TO USA, GBR, IND)", has_release=True),
    Book("TOP SECRET//SI//ORCON/NOFORN", "(TS//SI//OC/NF)", ("(U)", "(S//NF)", "(C//REL TO USA, AUS)"),
         lower="SECRET//NOFORN", above=""),
    Book("SECRET//FGI IND//REL TO USA, IND", "(//IND S//REL TO USA, IND)", ("(U)", "(S//REL TO USA, IND)"),
         statement="THIS DOCUMENT CONTAINS INDIA INFORMATION", above="(TS//REL TO USA, IND)", has_release=True),
    Book("SECRET//FGI//NOFORN", "(//FGI S)", ("(U)", "(S//NF)"),
         statement="THIS DOCUMENT CONTAINS FOREIGN GOVERNMENT INFORMATION"),
)  # fmt: skip
_BROKEN = (
    "(S/REL TO USA, IND)", "(S//REL TO IND, USA)", "(SECRET//NOFORN)", "(S//NOFORM/REL)", "(R)",
    "(S//NF/REL TO USA, IND)",    "S//NF)", "[S//NF]", "(s//nf)", "(S//REL TO USA, ZZQ)", "(S//)", "(X//NF)", "(S, NF)",
)  # fmt: skip
_BROKEN_BANNERS = (
    "SECRET/NOFORN", "SECERT//NOFORN", "Secret//NOFORN", "SECRET//REL TO IND, USA", "SECRET REL TO USA, IND",
    "RESTRICTED//NOFORN", "SECRET//NOFORN//REL TO USA, IND", "S//NF",
)  # fmt: skip
_BROKEN_BLOCKS: tuple[tuple[tuple[str, ...], frozenset[str]], ...] = (
    (AUTHORITY[:2], frozenset({"authority_declassify"})),
    (AUTHORITY[1:], frozenset({"authority_classifier"})),
    ((AUTHORITY[0], AUTHORITY[2]), frozenset({"authority_reason"})),
    ((*AUTHORITY[:2], "Declassify On: 20481341"), frozenset({"authority_date"})),
    ((*AUTHORITY[:2], "Reason: 1.4(a)", AUTHORITY[2]), frozenset({"authority_reason_derived"})),
    ((), frozenset({"authority_missing"})),
)


@dataclass(frozen=True)
class Score:
    """How the checker did. `missed` and `wrong` say what to look at."""

    documents: int
    sown: int
    found: int
    reported: int
    right: int
    missed: tuple[str, ...]
    wrong: tuple[str, ...]

    @property
    def recall(self) -> float:
        """Sown faults that were reported at their place."""
        return self.found / self.sown

    @property
    def precision(self) -> float:
        """Reports that were sown."""
        return self.right / self.reported


Sow = Callable[["MarkedDocument", random.Random], None]


def make_documents(folder: Path, documents: int, faults: int, seed: int) -> Iterator[tuple[Path, MarkedDocument]]:
    """Write the documents; every tenth is without fault, the others share the faults."""
    chance = random.Random(seed)  # noqa: S311  a corpus, no secret
    left = faults
    sick = [number for number in range(documents) if number % 10]
    for number in range(documents):
        made = _right_document(chance, FORMS[number % len(FORMS)])
        if number % 10:
            wanted = -(-left // max(1, sum(each >= number for each in sick)))
            for _ in range(wanted * 20):
                if len(made.faults) == wanted:
                    break
                chance.choice(_SOWERS)(made, chance)
            left -= len(made.faults)
        path = folder / f"document-{number:03d}.{made.form}"
        WRITERS[made.form](made, path)
        yield path, made


def score(folder: Path, documents: int, faults: int, seed: int = 20261122) -> Score:
    """Make the documents, check each, and count."""
    sown = found = reported = right = count = 0
    missed: list[str] = []
    wrong: list[str] = []
    for path, made in make_documents(folder, documents, faults, seed):
        with path.open("rb") as source:
            report = check_document(read_document(source, path.suffix))
        count += 1
        sown += len(made.faults)
        hits = [fault for fault in made.faults if any(_is_report_of(each, fault) for each in report.findings)]
        good = [each for each in report.findings if any(_is_report_of(each, fault) for fault in made.faults)]
        found, reported, right = found + len(hits), reported + len(report.findings), right + len(good)
        missed += [f"{path.name}: {fault}" for fault in made.faults if fault not in hits]
        wrong += [
            f"{path.name}: {each.code} page {each.page} {each.text}" for each in report.findings if each not in good
        ]
    return Score(count, sown, found, reported, right, tuple(missed), tuple(wrong))


def check_file(path: Path) -> Report:
    """The report on a file."""
    with path.open("rb") as source:
        return check_document(read_document(source, path.suffix))


def _is_report_of(found: Finding, fault: Sown) -> bool:
    return found.code in fault.codes and found.page == fault.page and fault.token in found.text


def _right_document(chance: random.Random, form: str) -> MarkedDocument:
    book = chance.choice(BOOKS)
    is_training = chance.random() < 0.5
    count = 1 if form == "html" else chance.randint(2, 5)
    pages = []
    for page in range(count):
        marks = [book.highest, *(chance.choice((book.highest, *book.others)) for _ in range(chance.randint(3, 6)))]
        portions = [_portion(chance, mark, page, number) for number, mark in enumerate(marks)]
        portions[0].is_kept = True
        pages.append(DocumentPage(book.banner, book.banner, portions, is_training))
    return MarkedDocument(book, form, pages, statement=book.statement)


def _portion(chance: random.Random, mark: str, page: int, number: int) -> Portion:
    token = f"Item{page}x{number}x{chance.randrange(10_000):04d}"
    start = chance.choice(("The", "A second", "(a) The", "This", "In 2031 the", "Under load (see annex B) the"))
    sentences = [" ".join([start, *chance.choices(_WORDS, k=chance.randint(6, 14))]) + "."]
    sentences += [
        " ".join(
            [
                "It",
                *chance.choices(_WORDS, k=chance.randint(5, 16)),
                chance.choice(("(NATO)", "(mm/s)", "(C)", "today")),
            ]
        )
        + "."
        for _ in range(chance.randint(0, 3))
    ]
    return Portion(mark, token, f"{token} {' '.join(sentences)}")


def _free(made: MarkedDocument, chance: random.Random) -> tuple[int, Portion] | None:
    found = [
        (number, portion)
        for number, page in enumerate(made.pages, start=1)
        for portion in page.portions
        if not portion.is_kept
    ]
    return chance.choice(found) if found else None


def _untouched(made: MarkedDocument, chance: random.Random) -> tuple[int, DocumentPage] | None:
    """A page whose banners are right still; most pages of a document stay so."""
    touched = sum(page.is_touched for page in made.pages)
    found = [(number, page) for number, page in enumerate(made.pages, start=1) if not page.is_touched]
    return chance.choice(found) if found and touched < (len(made.pages) - 1) // 2 else None


def _mark(codes: Sequence[str], mark: Callable[[MarkedDocument, random.Random], str]) -> Sow:
    """A sower of one wrong portion mark."""

    def sow(made: MarkedDocument, chance: random.Random) -> None:
        place = _free(made, chance)
        text = mark(made, chance)
        if place is None or text == "-":
            return
        number, portion = place
        portion.mark, portion.is_kept = text, True
        made.faults.append(Sown(number, frozenset(codes), portion.token))

    return sow


def _narrow(made: MarkedDocument, chance: random.Random) -> None:
    if not made.book.has_release or {"release", "noforn"} & made.done or made.pages[0].is_touched:
        return
    place = _free(made, chance)
    if place is None:
        return
    made.done |= {"release"}
    made.pages[0].is_touched = True
    place[1].mark, place[1].is_kept = "(C//REL TO USA, AUS)", True
    made.faults.append(Sown(1, frozenset({"banner_rel_list"})))


def _foreign(made: MarkedDocument, chance: random.Random) -> None:
    place = _free(made, chance)
    if place is None or not made.book.foreign or "statement" in made.done or "release" in made.done:
        return
    made.done |= {"statement", "release"}
    number, portion = place
    portion.mark, portion.is_kept = made.book.foreign, True
    made.faults.append(Sown(number, frozenset({"banner_fgi_open"}), portion.token))
    made.faults.append(Sown(1, frozenset({"statement_missing"})))


def _no_statement(made: MarkedDocument, chance: random.Random) -> None:
    if not made.statement or "statement" in made.done:
        return
    made.done |= {"statement"}
    made.statement = chance.choice(("", "THIS DOCUMENT CONTAINS JAPAN INFORMATION"))
    made.faults.append(Sown(1, frozenset({"statement_missing", "statement_country", "statement_concealed"})))


def _authority(made: MarkedDocument, chance: random.Random) -> None:
    if "authority" in made.done:
        return
    made.done |= {"authority"}
    made.authority, codes = chance.choice(_BROKEN_BLOCKS)
    made.faults.append(Sown(1 if not made.authority else len(made.pages), codes))


def _training(made: MarkedDocument, chance: random.Random) -> None:
    found = [(number, page) for number, page in enumerate(made.pages, start=1) if page.has_training_line]
    if len(found) < 2:
        return
    number, page = chance.choice(found)
    page.has_training_line = False
    made.faults.append(Sown(number, frozenset({"training_line_missing"})))


def _banner(change: Callable[[DocumentPage, Book, random.Random], frozenset[str]]) -> Sow:
    """A sower of one wrong page banner."""

    def sow(made: MarkedDocument, chance: random.Random) -> None:
        place = _untouched(made, chance)
        if place is None:
            return
        number, page = place
        page.is_touched = True
        made.faults.append(Sown(number, change(page, made.book, chance)))

    return sow


def _no_top(page: DocumentPage, book: Book, chance: random.Random) -> frozenset[str]:
    page.top = ""
    return frozenset({"banner_missing_top"})


def _no_bottom(page: DocumentPage, book: Book, chance: random.Random) -> frozenset[str]:
    page.bottom = ""
    return frozenset({"banner_missing_bottom"})


def _no_banner(page: DocumentPage, book: Book, chance: random.Random) -> frozenset[str]:
    page.top = page.bottom = ""
    return frozenset({"banner_missing"})


def _other_bottom(page: DocumentPage, book: Book, chance: random.Random) -> frozenset[str]:
    page.bottom = book.lower
    return frozenset({"banner_differs"})


def _lower(page: DocumentPage, book: Book, chance: random.Random) -> frozenset[str]:
    page.top = page.bottom = book.lower
    return frozenset({"banner_level", "banner_sci", "banner_orcon", "banner_noforn", "banner_rel_unresolved"})


def _broken(page: DocumentPage, book: Book, chance: random.Random) -> frozenset[str]:
    page.top = chance.choice(_BROKEN_BANNERS)
    return frozenset({"banner_unreadable"})


def _above(made: MarkedDocument, chance: random.Random) -> str:
    return made.book.above if made.book.above and "TOP SECRET" not in made.book.banner else "-"


def _noforn(made: MarkedDocument, chance: random.Random) -> str:
    if not made.book.has_release or "release" in made.done:
        return "-"
    made.done |= {"noforn"}
    return "(C//NF)"


def _nothing(made: MarkedDocument, chance: random.Random) -> str:
    return ""


def _any_broken(made: MarkedDocument, chance: random.Random) -> str:
    return chance.choice(_BROKEN)


_SOWERS: tuple[Sow, ...] = (
    *(_mark(["portion_unmarked"], _nothing),) * 2,
    *(_mark(["portion_unreadable"], _any_broken),) * 2,
    _mark(["banner_level"], _above),
    _mark(["banner_noforn", "banner_rel"], _noforn),
    *(_narrow, _foreign, _no_statement, _authority, _training),
    *map(_banner, (_no_top, _no_bottom, _no_banner, _other_bottom, _lower, _broken)),
)
