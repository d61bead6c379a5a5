"""The checks of a classification guide: one level a topic, durations within limits, differences between guides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from relto.base.nations import Nation
from relto.procedures.findings import Finding
from relto.procedures.founded import founded
from relto.procedures.known import Known
from relto.procedures.procedure import Dossier

Answers = Mapping[str, Any]
CODE: Final = "classification_guide"
IN_FORCE: Final = "in_force"


def check(answers: Answers, known: Known) -> list[Finding]:
    """Everything that can be told of the form as it stands."""
    return [
        *_programme(answers, known),
        *_replaced(answers, known),
        *_topics(answers, known),
        *guide_conflicts(answers, known),
    ]


def _found(what: str, path: str, **values: Any) -> Finding:
    return founded(CODE).found(what, path, **values)


def _programme(answers: Answers, known: Known) -> Iterator[Finding]:
    partner, programme = answers.get("partner"), answers.get("programme")
    if partner is not None and partner == known.nation:
        yield _found("partner_is_own", "partner")
    nations = known.programmes.get(programme or "")
    if partner is not None and programme and (nations is None or Nation(partner) not in nations):
        yield _found("programme_without_partner", "programme", programme=programme)


def _replaced(answers: Answers, known: Known) -> Iterator[Finding]:
    if "replaces" not in answers:
        return
    last = known.dossiers.get(answers["replaces"])
    if (
        last is None
        or last.procedure != CODE
        or last.state != IN_FORCE
        or last.data.get("programme") != answers.get("programme")
    ):
        yield _found("replaced_unknown", "replaces", dossier=answers["replaces"])
    elif answers.get("edition", 0) <= last.data.get("edition", 0):
        yield _found("edition_order", "edition", last=last.data.get("edition", 0))


def _topics(answers: Answers, known: Known) -> Iterator[Finding]:
    levels: dict[str, str] = {}
    limit = known.limits.limit("classification.longest", known.nation)
    start = answers.get("effective_from", "")
    for number, row in enumerate(answers.get("topics", ())):
        path = f"topics/{number}/"
        topic, level = topic_key(row.get("topic", "")), row.get("level", "")
        if level and not known.levels.known(level):
            yield _found("unknown_level", path + "level", level=level)
        if topic and topic in levels:
            same = levels[topic] == level
            what, values = ("topic_twice", {}) if same else ("topic_conflict", {"here": level, "there": levels[topic]})
            yield _found(what, path + "topic", topic=row["topic"], **values)
        if topic:
            levels.setdefault(topic, level)
        if row.get("declassify_on", "9999") <= start:
            yield _found("declassified_in_past", path + "declassify_on")
        if row.get("foreign") and limit is not None and row.get("years", 0) > limit.value:
            nations = {str(known.nation)}
            yield _found("too_long_with_foreign", path + "years", nations=nations, most=limit.value)


def guide_conflicts(answers: Answers, known: Known) -> Iterator[Finding]:
    """Topics that another guide in force of the same programme has at another level."""
    for other in known.related.get(CODE, ()):
        if other.state != IN_FORCE or other.data.get("programme") != answers.get("programme"):
            continue
        if other.number == answers.get("replaces"):
            continue
        theirs = {topic_key(row.get("topic", "")): row.get("level", "") for row in other.data.get("topics", ())}
        for number, row in enumerate(answers.get("topics", ())):
            here, there = row.get("level", ""), theirs.get(topic_key(row.get("topic", "")))
            if not here or not there:
                continue
            over, under = known.levels.covers(here, there), known.levels.covers(there, here)
            if over and under:
                continue
            what = "guide_incomparable" if over is None or under is None else "guide_conflict"
            named = {"guide": other.number, "topic": row["topic"], "here": here, "there": there}
            yield _found(what, f"topics/{number}/level", **named)


def topic_key(topic: str) -> str:
    """One topic however it is written: upper or lower case, and spaces, make no other topic."""
    return " ".join(topic.casefold().split())


def partner_named(dossier: Dossier, _step: Answers, _known: Known) -> Sequence[Finding]:
    """There is a partner's authority to send it to."""
    return [] if "partner" in dossier.answers else [_found("at_home", "partner")]


def no_partner_named(dossier: Dossier, _step: Answers, _known: Known) -> Sequence[Finding]:
    """There is none."""
    return [_found("for_partner", "partner", nation=dossier.answers["partner"])] if "partner" in dossier.answers else []


def review_is_dated(_dossier: Dossier, step: Answers, known: Known) -> Sequence[Finding]:
    """The review has happened."""
    if step.get("reviewed_on", "") > known.today(known.nation).isoformat():
        return [_found("not_yet", "reviewed_on")]
    return []


def successor_in_force(dossier: Dossier, step: Answers, known: Known) -> Sequence[Finding]:
    """A later edition of the same programme is in force."""
    later = known.dossiers.get(step.get("successor", ""))
    if (
        later is not None
        and later.procedure == CODE
        and later.state == IN_FORCE
        and later.data.get("programme") == dossier.answers.get("programme")
        and later.data.get("edition", 0) > dossier.answers.get("edition", 0)
    ):
        return []
    return [_found("successor_not_in_force", "successor", dossier=step.get("successor", "-"))]
