"""Explained decisions a second, beside the bare engine on the same rules, entities and requests.

The peer is one `cedarpy.is_authorized` of the bundle's explaining form (one forbid for each rule, so its answer names
all that failed) with policies, schema and entities parsed before; the schema checks each request. A second peer loads
the entities with each request, as whoever asks about people whose status moves must; a third one leaves the check of
the request out, which is the least that any caller of the engine pays. `decide` does more on purpose: it checks the
types of the facts and writes their digest, builds entities and context, compares the deciding with the explaining form,
tells which rules concern the case, and cites facts, provisions and who can fix each gate. Entities that it loaded are
kept by their text: "the same again" finds them there, "each another" finds the item alone.

    python bench/decisions.py [--quick]
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import count, cycle, islice
from typing import Any

import cedarpy
from measuring import arguments, beside, heading, rates

from relto.rules.decide import decide, facts_digest
from relto.rules.facts import DecisionFacts
from relto.rules.questions import ask
from tests.unit.rules.agreement import NOW, bundle, case, home_case

BARE = "bare Cedar, request checked"
BARE_ANEW = "bare Cedar, entities with each request"
LEAST = "bare Cedar, nothing checked"
CASES = 100
_WANTED = 0.6


def main() -> None:
    """Print the table."""
    given = arguments(__doc__ or "")
    rules = bundle()
    permitted = [_named(case("open") if place % 2 else home_case(), place) for place in range(CASES // 2)]
    refused = [replace(one, facility=replace(one.facility, suspended=True)) for one in permitted]
    for cases, expected in ((permitted, True), (refused, False)):
        if any(decide(rules, "open", one, NOW).permitted != expected for one in cases):
            raise SystemExit("the measured decisions are not what they should be")
    mixed = [one for pair in zip(permitted, refused, strict=True) for one in pair]
    asked = cycle([_request(rules, one) for one in mixed])
    policies = rules.engine._forms["explain"]  # noqa: SLF001  the very policies of the bundle
    schema = rules.engine._schema  # noqa: SLF001  the same

    def bare() -> int:
        request, entities, _ = next(asked)
        return bool(cedarpy.is_authorized(request, policies, entities, schema)) or 1

    def bare_anew() -> int:
        request, _, listed = next(asked)
        entities = cedarpy.Entities.from_json_str(json.dumps(listed), schema)
        return bool(cedarpy.is_authorized(request, policies, entities, schema)) or 1

    def least() -> int:
        request, entities, _ = next(asked)
        return bool(cedarpy.is_authorized(request, policies, entities)) or 1

    works = {
        BARE: bare,
        BARE_ANEW: bare_anew,
        LEAST: least,
        "decide: the same again": _deciding(rules, cycle(mixed)),
        "decide: permits": _deciding(rules, cycle(permitted)),
        "decide: refusals, all reasons named": _deciding(rules, cycle(refused)),
        "decide: each another": _deciding(rules, cycle(list(islice(_moving(mixed), 3600)))),
        "digest of the facts": lambda: len(facts_digest(permitted[0])) // 64,
    }
    found = rates(works, seconds=0.4 if given.quick else 3, rounds=3 if given.quick else 5)
    gates = len(rules.gates.of_action("open"))
    heading(f"one thread; the training bundle: {gates} gates on opening; half permitted, half refused, {CASES} cases")
    ours = [name for name in works if name.startswith("decide")]
    beside(found, {name: BARE_ANEW if name.endswith("another") else BARE for name in ours}, "a second")
    beside(found, {BARE: LEAST, ours[0]: LEAST, "digest of the facts": ours[0]}, "a second")
    print(f"wanted: {_WANTED} of the bare engine")


def _named(facts: DecisionFacts, place: int) -> DecisionFacts:
    """The case of another person and, of every second one, another item."""
    person, item = f"psn_{place:03d}", f"itm_{place // 4:024d}"
    return replace(
        facts,
        item=replace(facts.item, item=item),
        people=(replace(facts.people[0], pseudonym=person),),
        listings=tuple(replace(one, pseudonym=person, item=item) for one in facts.listings),
        release=None if facts.release is None else replace(facts.release, item=item),
    )


def _request(rules: Any, facts: DecisionFacts) -> tuple[dict[str, Any], cedarpy.Entities, list[dict[str, Any]]]:
    question = next(ask(rules, "open", facts, NOW)).question
    request = {
        "principal": {"type": "Person", "id": question.person},
        "action": {"type": "Action", "id": question.action},
        "resource": {"type": "Item", "id": question.item},
        "context": question.context,
    }
    text = json.dumps(question.entities)
    return request, cedarpy.Entities.from_json_str(text, rules.engine._schema), question.entities  # noqa: SLF001


def _deciding(rules: Any, facts: Iterator[DecisionFacts]) -> Any:
    return lambda: bool(decide(rules, "open", next(facts), NOW)) or 1


def _moving(cases: Sequence[DecisionFacts]) -> Iterator[DecisionFacts]:
    """The cases over and over, the status of facility and person another one each time."""
    for number in count():
        one = cases[number % len(cases)]
        status = NOW - timedelta(seconds=number % 3600)
        people = tuple(replace(person, status_at=status) for person in one.people)
        yield replace(one, facility=replace(one.facility, status_at=status), people=people)


if __name__ == "__main__":
    main()
