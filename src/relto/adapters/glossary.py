"""The field's words in both languages, each with its source: both nations' terms, and relto's own.

One JSON file in `relto/catalogue`. A term names the provision of the rule book on which it rests, or the text where it
is defined; relto's own words say that they are. `reviewed`: whether a native reader checked the Hindi (design,
section 6).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

OWN_WORD = "relto"


@dataclass(frozen=True, slots=True)
class Term:
    """A term. `nation`: whose it is, or "both"; `provision`: its id in the rule book, "" without one.

    `source`: where it is defined, `OWN_WORD` for relto's own; `reviewed`: the Hindi was checked by a native reader.
    """

    code: str
    nation: str
    provision: str
    source: str
    term: str
    gloss: str
    hindi_term: str
    hindi_gloss: str
    reviewed: bool


@lru_cache(maxsize=1)
def terms() -> tuple[Term, ...]:
    """All terms, in the order of the English alphabet."""
    file = resources.files("relto").joinpath("catalogue", "glossary.json")
    return tuple(
        Term(
            code=row["code"],
            nation=row["nation"],
            provision=row["provision"],
            source=row["source"],
            term=row["en"]["term"],
            gloss=row["en"]["gloss"],
            hindi_term=row["hi"]["term"],
            hindi_gloss=row["hi"]["gloss"],
            reviewed=bool(row["hi"]["reviewed"]),
        )
        for row in json.loads(file.read_text(encoding="utf-8"))
    )
