"""Words for codes: the catalogues that turn a code of the core into a sentence for a person.

One JSON file a language in `relto/catalogue`, and beside it, in `procedures`, one for each procedure and language:
code -> {"text", "reviewed"}, each code in one file only. `reviewed` says whether a native reader checked the entry
(design.md section 6). A code without its own entry takes that of its parent (`a.b.c` -> `a.b` ->
`a`), so a new reason never leaves a person without a sentence; tests demand an entry for each error class and each
known code.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from string import Formatter

from relto.base.errors import ReltoError, Shown

LANGUAGES = ("en", "hi")
DEFAULT_LANGUAGE = "en"


@dataclass(frozen=True, slots=True)
class Wording:
    """A sentence in a language, and whether a native reader reviewed it."""

    text: str
    reviewed: bool


@lru_cache(maxsize=len(LANGUAGES))
def catalogue(language: str) -> Mapping[str, Wording]:
    """All entries of a language; an unknown language is read as English."""
    chosen = language if language in LANGUAGES else DEFAULT_LANGUAGE
    folder = resources.files("relto").joinpath("catalogue")
    procedures = sorted(file.name for file in folder.joinpath("procedures").iterdir())
    files = [folder.joinpath(f"{chosen}.json")]
    files += [folder.joinpath("procedures", name) for name in procedures if name.endswith(f".{chosen}.json")]
    entries = (item for file in files for item in json.loads(file.read_text(encoding="utf-8")).items())
    return {code: Wording(entry["text"], bool(entry["reviewed"])) for code, entry in entries}


def wording(code: str, language: str = DEFAULT_LANGUAGE) -> Wording:
    """The entry of a code or of its nearest parent; without any, the code itself, unreviewed."""
    entries = catalogue(language)
    nearest = code
    while nearest:
        if nearest in entries:
            return entries[nearest]
        nearest = nearest.rpartition(".")[0]
    return Wording(code, reviewed=False)


class _Lenient(Formatter):
    """Leaves out what is not given instead of failing."""

    def get_value(self, key: int | str, _args: object, kwargs: Mapping[str, object]) -> object:
        value = kwargs.get(str(key))
        return "" if value is None else value


def sentence(code: str, language: str = DEFAULT_LANGUAGE, **facts: Shown) -> str:
    """The sentence of a code with its facts put in."""
    return _Lenient().vformat(wording(code, language).text, (), facts).strip()


def legal_sentence(code: str, language: str = DEFAULT_LANGUAGE, **facts: Shown) -> str:
    """The sentence of what people sign or are bound by; words that no native reader checked say so themselves."""
    said = sentence(code, language, **facts)
    return said if wording(code, language).reviewed else tagged(said, language)


def tagged(text: str, language: str = DEFAULT_LANGUAGE) -> str:
    """A text with the tag that its translation was not reviewed."""
    return f"{text} [{sentence('paper.unreviewed', language)}]"


def error_sentence(error: ReltoError, language: str = DEFAULT_LANGUAGE) -> str:
    """What is wrong, in which field, what was found, what was expected, and the reference of a refusal.

    Of a detail that the error gives in several languages (`text_en`, `text_hi`), the sentence names the one of its own.
    """
    ending = f"_{language}"
    facts = {name.removesuffix(ending): value for name, value in error.details.items()}
    said = sentence(
        error.full_code, language, **{**facts, "field": error.field, "found": error.found, "expected": error.expected}
    )
    parts = [said]
    if error.field is not None:
        parts.append(sentence("error.field", language, field=error.field))
    if error.found is not None:
        parts.append(sentence("error.found", language, found=error.found))
    if error.expected is not None:
        parts.append(sentence("error.expected", language, expected=error.expected))
    if error.details.get("reference"):
        parts.append(sentence("error.reference", language, reference=error.details["reference"]))
    return " ".join(parts)
