"""Classification guides of a programme of both nations, and faults."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from tests.support.form_corpus import Fault, Filed
from tests.support.known import PROGRAMME, dossier_known, known

TOPICS = ("DOME", "SEEKER", "HOUSING", "TEST DATA")


def topic(name: str, level: str = "USA:SECRET", **changes: Any) -> dict[str, Any]:
    """A topic of the guide."""
    usual = {
        "topic": name,
        "about": f"Everything about {name.lower()}",
        "level": level,
        "duration": "years",
        "years": 10,
        "foreign": False,
        "release": "parties",
        "citation": "Decision 14 of the programme office",
    }
    return {code: value for code, value in (usual | changes).items() if value is not None}


def CLEAN(random: Random) -> Filed:  # noqa: N802  the name that every module of the corpus has
    """A guide whose topics each stand there once; sometimes beside an older guide that says the same."""
    names = random.sample(TOPICS, random.randint(2, len(TOPICS)))
    levels = ["USA:SECRET", "USA:CONFIDENTIAL", "IND:SECRET"]
    topics = [topic(name, random.choice(levels), years=random.randint(1, 25)) for name in names]
    answers: dict[str, Any] = {
        "programme": PROGRAMME,
        "edition": random.randint(2, 9),
        "effective_from": "2026-12-01",
        "authority": "Programme office",
        "topics": topics,
    }
    if random.random() < 0.5:
        answers["partner"] = "IND"
    same = dossier_known("CLG-2025-0001", "classification_guide", "in_force", data=answers | {"edition": 1})
    related = {"classification_guide": [same]} if random.random() < 0.5 else {}
    return Filed("classification_guide", answers, known(related=related))


def _topic(**changes: Any) -> Callable[[Random, Filed], Filed]:
    return lambda _, filed: filed.with_row("topics", 0, **changes)


def _again(level: str | None) -> Callable[[Random, Filed], Filed]:
    def spoil(_: Random, filed: Filed) -> Filed:
        first = filed.answers["topics"][0]
        same = first | {"topic": first["topic"].lower(), "level": level or first["level"]}
        return filed.with_answers(topics=[*filed.answers["topics"], same])

    return spoil


def _other_guide(_: Random, filed: Filed) -> Filed:
    rows = [{**row, "level": "USA:TOP SECRET"} for row in filed.answers["topics"]]
    data = filed.answers | {"topics": rows}
    other = dossier_known("CLG-2025-0002", "classification_guide", "in_force", data=data)
    return filed.with_known(related={"classification_guide": [other]})


FAULTS = (
    Fault("topic_twice", "A topic stands in the guide twice.", "classification_guide.topic_twice", _again(None)),
    Fault("two_levels", "A topic has two levels.", "classification_guide.topic_conflict", _again("USA:TOP SECRET")),
    Fault(
        "other_guide",
        "Another guide has the topic at another level.",
        "classification_guide.guide_conflict",
        _other_guide,
    ),
    Fault(
        "unknown_level",
        "A level that no policy has.",
        "classification_guide.unknown_level",
        _topic(level="USA:RESTRICTED"),
    ),
    Fault(
        "past",
        "A topic declassified before the guide is in force.",
        "classification_guide.declassified_in_past",
        _topic(duration="date", years=None, declassify_on="2026-01-01"),
    ),
    Fault(
        "too_long",
        "Foreign information classified for longer than the provision allows.",
        "classification_guide.too_long_with_foreign",
        _topic(foreign=True, years=40),
    ),
    Fault(
        "own_partner",
        "The partner is the own nation.",
        "classification_guide.partner_is_own",
        lambda _, filed: filed.with_answers(partner="USA"),
    ),
    Fault(
        "unknown_predecessor",
        "It replaces a guide that nobody knows.",
        "classification_guide.replaced_unknown",
        lambda _, filed: filed.with_answers(replaces="CLG-2020-0404"),
    ),
    Fault("years_and_date", "A number of years beside a date.", "form.empty", _topic(declassify_on="2030-01-01")),
)
