"""Two rule books of 10,000 provisions and 50,000 relations between them: every page that shows them, and how long.

The provisions are generated over the topics of the shipped rule book, which is among them; the relations are signed by
the nodes of both nations, two of three answered, some in dispute, with 2,000 divergences beside them. They are written
as a node keeps them; the worker's own round derives their places, which is timed too. Then every page of the rule
book, of coverage, of the working group and of search is asked for as the people who use it.

    python -m tests.support.alignment_at_size [--provisions 10000] [--relations 50000]
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, Final

from tests.support.form_corpus import seeded
from tests.support.portal_at_size import page_milliseconds, portal_at_size

if TYPE_CHECKING:
    from relto.base.nations import Nation
    from tests.support.houses import Node
    from tests.unit.web.portal import Portal

SEED: Final = 1
PAGE_MILLISECONDS: Final = 300.0
_TRIES: Final = 5
_ANSWERED, _DISPUTED = 3, 20
"""Two of three relations are answered; one of twenty answers differs."""
_DIVERGENCES_PER_RELATION: Final = 25
_WORDS: Final = ("equal", "equivalent", "stricter", "looser", "intersects", "conflicts")
_MIRRORED: Final = {"stricter": "looser", "looser": "stricter"}
_BATCH: Final = 1000
_EVIDENCE: Final = (("read", True), ("excerpt", False), ("secondary", False), ("inference", False), ("none", False))


@dataclass(frozen=True)
class Size:
    """What was made and how long pages took. `pages`: "role path" -> milliseconds, the median of five."""

    provisions: int
    relations: int
    divergences: int
    statements: int
    weighing_seconds: float
    pages: dict[str, float] = field(default_factory=dict)

    @property
    def slowest(self) -> float:
        """The slowest page in milliseconds."""
        return max(self.pages.values(), default=0.0)

    @property
    def holds(self) -> bool:
        """Whether every page answers as the issue demands."""
        return bool(self.pages) and self.slowest < PAGE_MILLISECONDS


def provisions(many: int) -> list[dict[str, Any]]:
    """The shipped records, and generated ones over their topics up to so many; the same for the same number."""
    from relto.rules.training import seed_provisions  # noqa: PLC0415  set up by then

    shipped = seed_provisions()
    topics = sorted({one["topic"] for one in shipped})
    random = seeded(SEED)
    return [*shipped, *(_provision(random, number, topics) for number in range(many - len(shipped)))]


def _provision(random: Random, number: int, topics: Sequence[str]) -> dict[str, Any]:
    nation = ("USA", "IND")[number % 2]
    evidence, confirmed = random.choices(_EVIDENCE, (60, 15, 15, 8, 2))[0]
    is_gap = evidence == "none"
    words = ("keep", "count", "record", "store", "report", "carry", "check", "mark", "sign", "return")
    text = " ".join(random.choice(words) for _ in range(40))
    return {
        "id": f"SIZE-{nation}-{number:05d}",
        "nation": nation,
        "topic": topics[number // 2 % len(topics)],
        "title": f"Generated provision {number}",
        "requirement": None if is_gap else f"Whoever holds it shall {text}.",
        "citation": None if is_gap else f"Generated code, section {number}",
        "source": None if is_gap else "generated",
        "evidence": evidence,
        "confirmed": confirmed,
        "basis": "none" if is_gap else "direct",
        "parameters": {},
    }


def fill(node: Node, records: Sequence[dict[str, Any]], relations: int) -> Size:
    """Write the signed statements of both nations and let the worker place them."""
    from relto.services.alignment.places import tend_places  # noqa: PLC0415  Django is set up by then
    from relto.store.models import AlignmentPlace, AlignmentStatement  # noqa: PLC0415  the same

    random = seeded(SEED)
    divergences = relations // _DIVERGENCES_PER_RELATION
    rows: list[Any] = []
    for number, (kind, lines) in enumerate(_entries(random, records, relations, divergences)):
        entry = f"ale_{_letters(number)}"
        at = node.clock.now() - timedelta(minutes=2 * (relations + divergences - number))
        topic = lines[0][1]["topic"]
        rows += [
            _statement(entry, kind, nation, body, at + timedelta(minutes=turn))
            for turn, (nation, body) in enumerate(lines)
        ]
        AlignmentPlace.objects.create(
            entry=entry, kind=kind, topic=topic, opened_by=lines[0][0], opened=at, changed=at, state="", book=""
        )
        if len(rows) >= _BATCH:
            AlignmentStatement.objects.bulk_create(rows)
            rows = []
    AlignmentStatement.objects.bulk_create(rows)
    started = time.perf_counter()
    while tend_places(node.house):
        pass
    return Size(
        len(records),
        relations,
        divergences,
        AlignmentStatement.objects.count(),
        round(time.perf_counter() - started, 1),
    )


def _letters(number: int) -> str:
    alphabet = "abcdefghijklmnopqrstuvwxyz234567"
    found = ""
    while len(found) < 24:
        number, digit = divmod(number, 32)
        found = alphabet[digit] + found
    return found


def _entries(
    random: Random, records: Sequence[dict[str, Any]], relations: int, divergences: int
) -> Iterator[tuple[str, list[tuple[Nation, dict[str, Any]]]]]:
    """(kind, [(who says, body), ...]) of each entry: what the first nation says, and the answer."""
    from relto.alignment.relations import make_relation  # noqa: PLC0415  set up by then
    from relto.rules.provisions import read_provisions  # noqa: PLC0415  the same
    from tests.support.houses import IND, USA  # noqa: PLC0415  the same

    book = read_provisions(records)
    sides: dict[tuple[str, str], list[str]] = {}
    for one in book.values():
        if not one.is_gap:
            sides.setdefault((one.topic, one.nation), []).append(one.id)
    topics = sorted(topic for topic, nation in sides if nation == USA and (topic, IND) in sides)
    for number in range(relations):
        first, second = (USA, IND) if number % 2 else (IND, USA)
        topic = topics[number % len(topics)]
        named = [random.choice(sides[topic, first]), random.choice(sides[topic, second])]
        word = random.choice(_WORDS)
        spoken = [(first, second, word)]
        if number % _ANSWERED:
            differs = number % _DISPUTED == 0
            answer = random.choice(_WORDS) if differs else _MIRRORED.get(word, word)
            spoken.append((second, first, answer))
        yield (
            "relation",
            [
                (
                    of,
                    make_relation(
                        book, of=of, to=to, named=named, relation=said, reason="as read", confidence="low"
                    ).body(),
                )
                for of, to, said in spoken
            ],
        )
    for number in range(divergences):
        topic = topics[number % len(topics)]
        body = {
            "question": f"Generated question {number}: whose count holds?",
            "topic": topic,
            "provisions": sorted([random.choice(sides[topic, USA]), random.choice(sides[topic, IND])]),
            "owner": ("USA", "IND")[number % 2],
            "options": ["count together", "accept both"],
            "state": random.choice(("open", "in_review", "settled")),
        }
        yield "divergence", [(USA, body), (IND, body)]


def _statement(entry: str, kind: str, nation: Nation, body: dict[str, Any], at: Any) -> Any:
    from relto.base.instants import instant_text  # noqa: PLC0415  Django is set up by then
    from relto.services.alignment.record import STATEMENT  # noqa: PLC0415  the same
    from relto.signing.statements import read_statement, sign_statement  # noqa: PLC0415  the same
    from relto.store.models import AlignmentStatement  # noqa: PLC0415  the same
    from tests.support.houses import nationhood  # noqa: PLC0415  the same

    stated: dict[str, Any] = {
        "entry": entry,
        "kind": kind,
        "nation": str(nation),
        "number": 1,
        "previous": "",
        "at": instant_text(at),
        "body": body,
    }
    key = nationhood(nation).node
    envelope = sign_statement(STATEMENT, 1, stated, [key])
    return AlignmentStatement(
        statement=read_statement(envelope, kind=STATEMENT, versions=(1,), trusted=[key.public]).digest,
        entry=entry,
        kind=kind,
        nation=nation,
        number=1,
        topic=body["topic"],
        body=body,
        at=at,
        taken_at=at,
        ledger_entry="",
        envelope=envelope,
    )


def paths(node: Node) -> dict[str, list[str]]:
    """Who asks for which pages."""
    from relto.services.alignment import reading  # noqa: PLC0415  Django is set up by then

    chair = node.actor("co_chair")
    relation = reading.record(node.house, chair, kind="relation")[-1]
    divergence = reading.record(node.house, chair, kind="divergence")[-1]
    topic = relation.topic
    rules = [
        "/en/rules/",
        f"/en/rules/?topic={topic}",
        "/en/rules/?all=1",
        "/en/rules/?q=section+9",
        "/en/rules/?unconfirmed=1",
        "/en/rules/?nation=IND",
        f"/en/rules/{relation.provisions[0]}/",
        "/hi/rules/",
    ]
    group = [
        "/en/rules/coverage/",
        "/hi/rules/coverage/",
        f"/en/rules/coverage/?topic={topic}",
        "/en/rules/coverage/?q=provision+99",
        "/en/alignment/",
        "/en/alignment/record/",
        f"/en/alignment/record/?kind=relation&topic={topic}&state=in_dispute",
        f"/en/alignment/record/?provision={relation.provisions[0]}",
        f"/en/alignment/record/?after={relation.entry}",
        "/en/alignment/exchange/",
        "/en/measures/",
        f"/en/alignment/{relation.entry}/",
        f"/en/alignment/{divergence.entry}/",
    ]
    return {"engineer": rules, "co_chair": [*rules, *group], "inspector": group}


def look(portal: Portal) -> dict[str, float]:
    """Every page, as people of each role: milliseconds, the median of five after one that warms nothing but imports."""
    return {
        f"{role} {path}": milliseconds
        for role, asked in paths(portal.node).items()
        for path, milliseconds in page_milliseconds(portal.as_person(role), asked, _TRIES).items()
    }


def run(folder: Path, many: int, relations: int) -> Size:
    """A node of its own in `folder`, filled and looked at."""
    portal = portal_at_size(folder)
    from tests.support.agreements import draft, place, signed_by  # noqa: PLC0415  Django is set up by then
    from tests.support.houses import NATIONS, nationhood  # noqa: PLC0415  the same

    records = provisions(many)
    file = signed_by(draft(2, provisions=records), *(nationhood(one).authority for one in NATIONS))
    place(portal.node, file)
    size = fill(portal.node, records, relations)
    return Size(**{**asdict(size), "pages": look(portal)})


def main(arguments: list[str]) -> int:
    """Print what was made and how long each page took; 1 when the demand is not met."""
    parser = argparse.ArgumentParser(prog="alignment_at_size", description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--provisions", type=int, default=10_000)
    parser.add_argument("--relations", type=int, default=50_000)
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        size = run(Path(folder), asked.provisions, asked.relations)
    written = {**asdict(size), "slowest_milliseconds": size.slowest, "holds": size.holds}
    sys.stdout.write(json.dumps(written) + "\n")
    return 0 if size.holds else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
