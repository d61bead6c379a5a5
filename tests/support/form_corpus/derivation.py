"""Derivative classifications of US documents with Indian information in them, and faults."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from tests.support.form_corpus import Fault, Filed
from tests.support.known import PROGRAMME, known, pseudonym


def source(reference: str, level: str = "USA:SECRET", owner: str = "USA", **changes: Any) -> dict[str, Any]:
    """A source of the document."""
    return {"reference": reference, "owner": owner, "level_of_source": level} | changes


def CLEAN(random: Random) -> Filed:  # noqa: N802  the name that every module of the corpus has
    """Two to four sources, one of them Indian; the highest level, all named, the longest duration."""
    indian = source("IND-77", random.choice(["IND:SECRET", "IND:CONFIDENTIAL"]), "IND", keep_until="2040-06-30")
    others = [source(f"US-{number}", "USA:CONFIDENTIAL") for number in range(random.randint(1, 3))]
    sources = [indian, *others]
    level = indian["level_of_source"].replace("IND", "USA")
    answers = {
        "programme": PROGRAMME,
        "document": f"TR-{random.randint(1, 999)}",
        "classifier": pseudonym(1),
        "derived_on": "2026-11-20",
        "sources": sources,
        "level": level,
        "derived_from": "; ".join(row["reference"] for row in sources),
        "declassify_on": "2051-11-20",
        "says_foreign": True,
    }
    return Filed("derivation", answers, known())


def _says(**changes: Any) -> Callable[[Random, Filed], Filed]:
    return lambda _, filed: filed.with_answers(**changes)


def _below_own(_: Random, filed: Filed) -> Filed:
    sources = [*filed.answers["sources"], source("US-90", "USA:TOP SECRET")]
    return filed.with_answers(sources=sources, derived_from=filed.answers["derived_from"] + "; US-90")


FAULTS = (
    Fault(
        "below_foreign",
        "A document below the Indian information in it.",
        "derivation.below_foreign",
        _says(level="USA:UNCLASSIFIED"),
    ),
    Fault("below_own", "A document below an own source.", "derivation.below_source", _below_own),
    Fault("above_all", "A document above every source.", "derivation.above_sources", _says(level="USA:TOP SECRET")),
    Fault(
        "unnamed_source",
        'A source that "Derived from" does not name.',
        "derivation.source_not_named",
        _says(derived_from="IND-77"),
    ),
    Fault(
        "foreign_unsaid",
        "The front does not say whose information it contains.",
        "derivation.foreign_not_said",
        _says(says_foreign=False),
    ),
    Fault(
        "no_equivalent",
        "Indian RESTRICTED in a US document, and nothing said of its handling.",
        "derivation.no_equivalent",
        lambda _, filed: filed.with_row("sources", 0, level_of_source="IND:RESTRICTED"),
    ),
    Fault(
        "too_early",
        "Declassified before a source is.",
        "derivation.declassified_too_early",
        _says(declassify_on="2030-01-01"),
    ),
    Fault(
        "too_late",
        "Foreign information classified for longer than the provision allows.",
        "derivation.declassified_too_late",
        _says(declassify_on="2070-01-01"),
    ),
    Fault(
        "no_date",
        "No date, though the nation's book has a default.",
        "derivation.declassified_missing",
        _says(declassify_on=None),
    ),
    Fault(
        "source_twice",
        "A source that stands there twice.",
        "derivation.source_twice",
        lambda _, filed: filed.with_row("sources", 1, reference="IND-77"),
    ),
    Fault(
        "tomorrow", "Derived on a day that has not come.", "derivation.derived_later", _says(derived_on="2027-01-01")
    ),
    Fault(
        "nobody",
        "Derived by somebody who is not on the roster.",
        "derivation.classifier_unknown",
        _says(classifier=pseudonym(11)),
    ),
)
