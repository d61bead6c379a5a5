"""The statements that a document with foreign information bears on its front, both ways (32 CFR 2001.24(c), 117.14).

- Information of another government whose name may stand: "THIS DOCUMENT CONTAINS INDIA INFORMATION", one line for each
  country. Its source concealed: "THIS DOCUMENT CONTAINS FOREIGN GOVERNMENT INFORMATION", and no country at all.
- Classified information of the United States in what another government receives or makes: "THIS DOCUMENT CONTAINS
  UNITED STATES CLASSIFIED INFORMATION".

The words are data with their sources. Hindi words are from general knowledge: each answer says whether a native reader
has reviewed them. No Indian rule on such statements is public; the Hindi lines translate the American ones. A country
without a name in the table is written by its code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Final, Literal, cast

from relto.base.canonical import read_object
from relto.labels.audience import Everyone, Only
from relto.labels.controls import ConcealedForeignInformation, OpenForeignInformation
from relto.labels.label import Label, check_label
from relto.labels.policy import PolicySet
from relto.labels.provenance import Provenance

StatementCode = Literal["contains_foreign", "contains_concealed", "contains_us_classified"]
_CODES: Final[tuple[StatementCode, ...]] = ("contains_concealed", "contains_us_classified", "contains_foreign")
_UNITED_STATES = "USA"
_MAX_TABLE_BYTES = 64 * 1024
_COUNTRY = "{country}"
_MAX_LINE = 256


@dataclass(frozen=True, slots=True)
class Statement:
    """One line. `country`: whose information, None where none may or need be named. `reviewed`: by a native reader."""

    code: StatementCode
    country: str | None
    language: str
    text: str
    reviewed: bool
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class _Words:
    text: Mapping[str, str]
    reviewed: Mapping[str, bool]
    provenance: Provenance


def _tables() -> tuple[Mapping[StatementCode, _Words], Mapping[str, Mapping[str, str]]]:
    data = resources.files("relto.labels").joinpath("data", "statements.json").read_bytes()
    table = read_object(data, field="statements", max_bytes=_MAX_TABLE_BYTES)
    words = {}
    for row in cast("list[dict[str, object]]", table["statements"]):
        words[cast("StatementCode", row["code"])] = _Words(
            cast("dict[str, str]", row["text"]),
            cast("dict[str, bool]", row["reviewed"]),
            Provenance(cast("str", row["source"]), cast("str", row["evidence"]), bool(row["confirmed"])),
        )
    return words, cast("dict[str, dict[str, str]]", table["countries"])


_TABLES: Final = _tables()
_STATEMENTS: Final = _TABLES[0]
_COUNTRIES: Final = _TABLES[1]


def statements_for(label: Label, policies: PolicySet, language: str = "en") -> tuple[Statement, ...]:
    """The statements for the front of what bears the label, in the language, or in English where it has no words.

    Raises UnknownValue or MalformedInput for a label that its policy does not allow.
    """
    entry = policies.of(check_label(label, policies).policy).entry(label.level.name)
    holder = policies.of(label.policy).nation
    foreign = label.controls.fgi
    sources = set[str](label.owner) - {holder}
    if isinstance(foreign, OpenForeignInformation):
        sources |= foreign.sources
    found: list[tuple[StatementCode, str | None]] = []
    if isinstance(foreign, ConcealedForeignInformation):
        # The owners stand in the banner of a joint document anyway; a source beside them must not.
        found = [("contains_concealed", None)]
        sources &= set[str](label.owner)
    classified = not entry.may_be_public
    if classified and _UNITED_STATES in {*label.owner, *sources} and _leaves_the_united_states(label):
        found.append(("contains_us_classified", _UNITED_STATES))
        sources.discard(_UNITED_STATES)
    found += [("contains_foreign", source) for source in sorted(sources)]
    return tuple(_statement(code, country, language) for code, country in found)


def read_statement(line: str) -> Statement | None:
    """The statement that a line of a document makes, in any language of the table, or None."""
    if len(line) > _MAX_LINE:
        return None
    text = " ".join(line.split()).rstrip(".").upper()
    for code in _CODES:
        for language, words in _STATEMENTS[code].text.items():
            before, _, after = words.upper().partition(_COUNTRY.upper())
            if _COUNTRY not in words:
                if text == before:
                    return _statement(code, _UNITED_STATES if code == "contains_us_classified" else None, language)
            elif text.startswith(before) and text.endswith(after) and len(text) > len(before) + len(after):
                country = _country_of(text[len(before) : len(text) - len(after)], language)
                if country is not None:
                    return _statement("contains_foreign", country, language)
    return None


def _leaves_the_united_states(label: Label) -> bool:
    """True when another government makes the document or may receive it."""
    if isinstance(label.release, Everyone) or _UNITED_STATES not in label.owner or len(label.owner) > 1:
        return True
    return isinstance(label.release, Only) and label.release_stated and len(label.release.nations) > 1


def _statement(code: StatementCode, country: str | None, language: str) -> Statement:
    words = _STATEMENTS[code]
    lang = next((tag for tag in (language, language.split("-", 1)[0]) if tag in words.text), "en")
    text = words.text[lang]
    if country is not None:
        names = _COUNTRIES.get(country, {})
        text = text.replace(_COUNTRY, names.get(lang, country))
    return Statement(code, country, lang, text, words.reviewed[lang], words.provenance)


def _country_of(name: str, language: str) -> str | None:
    by_name = {names[language]: code for code, names in _COUNTRIES.items() if language in names}
    known = by_name.get(name)
    return known if known is not None else (name if name.isascii() and len(name) in {3, 4} and name.isalpha() else None)
