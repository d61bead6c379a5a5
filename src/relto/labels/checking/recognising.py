"""Which text of a document is a marking, before it is parsed: right ones, and wrong ones that were meant as one.

1. A right marking is always recognised. What looks like a marking with a mistake in it is recognised too, so that it is
   reported as unreadable instead of passing for ordinary text.
2. An enumeration such as `(a)`, a page number, or prose in capital letters is not a marking.
3. Every pattern runs in linear time over text of bounded length.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import Final

from relto.labels.checking.home import Home
from relto.labels.statements import read_statement

MAX_MARK: Final = 2_000
MAX_LINE: Final = 20_000
TRAINING_WORDS: Final = "MARKINGS ARE FOR TRAINING PURPOSES ONLY"
_LEVEL_WORDS = ("TOP SECRET", "SECRET", "CONFIDENTIAL", "RESTRICTED", "UNCLASSIFIED", "CUI", "CONTROLLED")
_LEVELS = "|".join(_LEVEL_WORDS)
_CONTROL = r"(?:REL|NOFORN|NF|ORCON|RELIDO|FGI|DISPLAY|PROPIN|IMCON|FOUO|JOINT|RD|FRD|SI|TK|HCS|SAR)"
_RIGHT_BANNER = re.compile(rf"\A(?:(?:{_LEVELS})(?://\S.*)?|//[A-Z]{{3,6}} .+|U//FOUO.*)\Z")
_LOOSE_BANNER = re.compile(rf"\A(?://? ?)?(?:{_LEVELS})\b(?:\s*[/,-].*|\s+{_CONTROL}\b.*)?\Z", re.IGNORECASE)
_LEVELLESS_BANNER = re.compile(rf"\A{_CONTROL}(?:\s+TO\s+[A-Z, ]+)?(?:/.*)?\Z")
_PAGE_NUMBER = re.compile(
    r"\A\W*(?:(?:page|pg\.?|sheet|slide|पृष्ठ)\W*)?[0-9]{1,5}(?:\W+(?:of|/|का)?\W*[0-9]{1,5})?\W*\Z", re.IGNORECASE
)
_DECORATION = " \t#*=_\u2013\u2014|•·"
_GAP = re.compile(r"\t+| {3,}")
_BULLET = (
    r"(?:[•·▪◦‣●■*\u2013\u2014-]|\(?[0-9]{1,3}(?:\.[0-9]{1,3}){0,5}[.)]?|"
    r"[a-z]{1,4}[.)]|[A-Z][.]|\([a-z]{1,4}\)|[IVX]{2,5}[.)])"
)
_LIST_SIGN = re.compile(r"\A\s*[•▪◦‣●■]\s+\S")
_LIST_NUMBER = re.compile(r"\A\s*([0-9]{1,3})[.)]\s+\S")
_LINE_END = re.compile(r"[.!?:;।]\s*\Z")
_LEAD = re.compile(rf"\A\s*(?:{_BULLET}\s+){{0,2}}(?:[A-Za-z][A-Za-z0-9 .]{{1,24}}:\s+)?")
_RIGHT_PORTION = re.compile(
    r"\((?:(?:TS|S|C|R|U|CUI|CONTROLLED|FOUO)(?://[^()]*)?|//[^()]+|[A-Z]{2,4}-(?:TS|S|C|R|U))\)"
)
_PARENTHESES = re.compile(r"\(([^()]{1,400})\)")
_WRONG_INSIDE = re.compile(
    rf"\A\s*(?:(?:TS|S|C|R|U)\s*(?:[/,;-].*|\s+{_CONTROL}\b.*)|"
    rf"(?:{_LEVELS})(?:\s*/.*)?|{_CONTROL}(?:[ /].*)?|.*//.*)\s*\Z"
)
_WRONG_INSIDE_SMALL = re.compile(r"\A\s*(?:ts|s|c|r|u|secret|top secret|confidential)\s*/+.*\Z", re.IGNORECASE)
_NO_MARK_BEFORE = frozenset(".,;:!?)-/")  # after a mark comes what it marks
_OTHER_BRACKETS = re.compile(r"[\[{<](?:TS|S|C|R|U)(?:/[^\]}>]{0,200})?[\]}>]")
_HALF_OPEN = re.compile(r"\(?(?:TS|S|C|U)//?(?:[A-Z][A-Z ,/-]{0,200})?(?:\)|(?=\s)|(?=[A-Z][a-z])|\Z)")
_AFTER_SENTENCE = re.compile(r"[.!?:;]\s+(?=\()")
_AUTHORITY = re.compile(
    r"\A\s*(?:classified\s+by|derived\s+from|reason|declassify\s+on|decl\w{2,9}y\s+on|deriv\w{0,4}\s+from"
    r"|class\w{2,9}d\s+by|classified\s+on|downgrade\s+to|declass\w*\s+on)\s*(?::|\Z|(?=[0-9]))",
    re.IGNORECASE,
)
_STATEMENT = re.compile(r"\bTHIS\s+(?:DOCUMENT|PAGE|VOLUME)\s+CONTAINS\s+(.{1,200}?)\s+INFORMATION\b", re.IGNORECASE)
_SOURCE_LIST = re.compile(r"\A\W*(?:\([A-Z/, ]+\)\s*)?(?:list of sources|source list|sources)\b", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]{2,}")


@dataclass(frozen=True, slots=True)
class FoundPortion:
    """A portion mark as it stands. `is_enclosed`: it has its parentheses, so that it can be parsed."""

    text: str
    is_enclosed: bool


def cells_of(line: str) -> list[str]:
    """The pieces of a line that wide gaps divide, without decoration around them."""
    return [piece for part in _GAP.split(line[:MAX_LINE]) if (piece := part.strip(_DECORATION))]


def banner_in(line: str, home: Home) -> str | None:
    """The banner of a line at the edge of a page, right or wrong; None when nothing there was meant as one."""
    for cell in cells_of(line):
        if len(cell) <= MAX_MARK and _is_banner(home.banner(cell)):
            return cell
    return None


def is_right_banner(text: str, home: Home) -> bool:
    """True for text in the form of a banner, whether its controls are right or not."""
    return bool(_RIGHT_BANNER.match(home.banner(text.strip(_DECORATION))))


def _is_banner(text: str) -> bool:
    if TRAINING_WORDS in text.upper() or text.startswith(("(", "[")):
        return False
    if _RIGHT_BANNER.match(text) or _LOOSE_BANNER.match(text):
        return True
    is_capital = text == text.upper() and any(letter.isalpha() for letter in text)
    if not is_capital:
        return False
    if "//" in text and "://" not in text:
        return True
    return bool(_LEVELLESS_BANNER.match(text)) or _is_misspelt(text)


def _is_misspelt(text: str) -> bool:
    head, separator, _ = text.partition("/")
    words = head.split()
    if not words or len(words) > 2 or (len(words) == 2 and not separator and words[0] != "TOP"):  # noqa: PLR2004  TOP SECRET
        return False
    joined = " ".join(words)
    return len(joined) > 4 and bool(difflib.get_close_matches(joined, _LEVEL_WORDS[:5], 1, 0.8))  # noqa: PLR2004  no abbreviation


def portion_at_start(text: str, home: Home) -> FoundPortion | None:
    """The portion mark that the text begins with, after a number or a lead such as `SUBJECT:`."""
    for start in dict.fromkeys((_end_of_lead(text), len(text) - len(text.lstrip()))):
        found = _portion_at(text[start : start + MAX_MARK], home)
        if found is not None:
            return found
    return None


def begins_portion(line: str, home: Home) -> bool:
    """True for a line inside a paragraph that begins a portion of its own, and does not merely begin with `(C)`."""
    found = portion_at_start(line, home)
    if found is None:
        return False
    after = line[line.find(found.text) + len(found.text) :].lstrip()
    return "//" in found.text or not after[:1].islower()


def begins_item(line: str, first: str, above: str) -> bool:
    """True for a line inside a paragraph that begins an item of a list.

    `first`: the line with which the piece before began; `above`: the line above this one.
    """
    number, before = _LIST_NUMBER.match(line), _LIST_NUMBER.match(first)
    if number is None:
        return bool(_LIST_SIGN.match(line))
    follows = before is not None and int(number[1]) == int(before[1]) + 1
    return follows or bool(_LINE_END.search(above))


def portion_at_end(text: str, home: Home) -> FoundPortion | None:
    """The portion mark that a title ends with."""
    bare = text.rstrip()[-MAX_MARK:]
    start = bare.rfind("(")
    if start < 0 or not _RIGHT_PORTION.fullmatch(home.portion(bare[start:])):
        return None
    return FoundPortion(bare[start:], is_enclosed=True)


def portions_inside(text: str, home: Home) -> list[FoundPortion]:
    """Right portion marks that begin a further sentence of the same paragraph."""
    found = []
    for sentence in _AFTER_SENTENCE.finditer(text[:MAX_LINE]):
        inside = _PARENTHESES.match(text, sentence.end())
        if inside is not None and _RIGHT_PORTION.fullmatch(home.portion(inside[0])):
            found.append(FoundPortion(inside[0], is_enclosed=True))
    return found


def _end_of_lead(text: str) -> int:
    lead = _LEAD.match(text)
    return lead.end() if lead is not None else 0


def _portion_at(text: str, home: Home) -> FoundPortion | None:
    enclosed = _PARENTHESES.match(text)
    if enclosed is not None:
        mark = enclosed[0]
        if text[enclosed.end() : enclosed.end() + 1] in _NO_MARK_BEFORE:
            return None
        if _RIGHT_PORTION.fullmatch(home.portion(mark)):
            return FoundPortion(mark, is_enclosed=True)
        inside = enclosed[1]
        is_capital = inside == inside.upper()
        if (is_capital and _WRONG_INSIDE.match(inside)) or _WRONG_INSIDE_SMALL.match(inside):
            return FoundPortion(mark, is_enclosed=True)
        return None
    for pattern in (_OTHER_BRACKETS, _HALF_OPEN):
        broken = pattern.match(text)
        if broken is not None:
            return FoundPortion(broken[0].strip(), is_enclosed=False)
    return None


def is_authority_line(line: str) -> bool:
    """True for a line of the authority block, or what was meant as one."""
    return bool(_AUTHORITY.match(line[:MAX_LINE]))


def is_training_line(line: str) -> bool:
    """True for the line of training documents."""
    return TRAINING_WORDS in " ".join(line[:MAX_LINE].upper().split())


def statement_in(text: str) -> str | None:
    """Whose information a statement on the front page names; None when the text is no such statement."""
    found = _STATEMENT.search(text[:MAX_LINE])
    if found is not None:
        return " ".join(found[1].upper().split())
    said = read_statement(text)  # in the words of another language
    if said is None:
        return None
    return said.country if said.country is not None else "FOREIGN GOVERNMENT"


def is_source_list(line: str) -> bool:
    """True for the heading of a list of sources."""
    return bool(_SOURCE_LIST.match(line[:MAX_LINE]))


def is_page_number(line: str) -> bool:
    """True for a page number alone."""
    return bool(_PAGE_NUMBER.match(line[:200]))


def has_words(text: str) -> bool:
    """True for text that says something: without it nothing has to be marked."""
    return bool(_WORD.search(text[:MAX_LINE]))
