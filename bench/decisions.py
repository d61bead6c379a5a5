"""Decisions a second, beside the bare engine.

The peer is one `cedarpy.is_authorized` of the same compiled policies with the same request, on entities that were
loaded once: the least that any caller of this engine pays. `decide` does more on purpose: it checks the types of the
facts, builds and validates the entities anew for each decision, asks the deciding, the explaining and the applying
form, and cites facts and rules by digest. The rows in between say where the time goes.

    python bench/decisions.py [--quick]
"""

from __future__ import annotations

import json
from dataclasses import replace

import cedarpy
from measuring import arguments, beside, heading, rates

from relto.rules.decide import decide, facts_digest
from relto.rules.questions import ask
from tests.unit.rules.agreement import NOW, bundle, case, home_case

BARE = "bare Cedar, loaded entities"


def main() -> None:
    """Print the table."""
    given = arguments(__doc__ or "")
    rules = bundle()
    across, at_home = case("open"), home_case()
    refused = replace(across, facility=replace(across.facility, suspended=True))
    question = next(ask(rules, "open", across, NOW)).question
    request = {
        "principal": {"type": "Person", "id": question.person},
        "action": {"type": "Action", "id": question.action},
        "resource": {"type": "Item", "id": question.item},
        "context": question.context,
    }
    policies = rules.engine._forms["decide"]  # noqa: SLF001  the very policies that decide() asks
    schema = rules.engine._schema  # noqa: SLF001  the same
    text = json.dumps(question.entities)
    entities = cedarpy.Entities.from_json_str(text, schema)
    if (
        not decide(rules, "open", across, NOW).permitted
        or not cedarpy.is_authorized(request, policies, entities).allowed
    ):
        raise SystemExit("the measured decision is not a permit")
    if decide(rules, "open", refused, NOW).permitted:
        raise SystemExit("a suspended facility was permitted")

    works = {
        BARE: lambda: bool(cedarpy.is_authorized(request, policies, entities)) and 1,
        "loading and validating entities": lambda: bool(cedarpy.Entities.from_json_str(text, schema)) and 1,
        "judge: three forms, entities anew": lambda: bool(rules.engine.judge(question)) and 1,
        "digest of the facts": lambda: len(facts_digest(across)) // 64,
        "decide: open, across the border": lambda: bool(decide(rules, "open", across, NOW)) or 1,
        "decide: open, at home": lambda: bool(decide(rules, "open", at_home, NOW)) or 1,
        "decide: refused, reasons named": lambda: bool(decide(rules, "open", refused, NOW)) or 1,
    }
    found = rates(works, seconds=0.4 if given.quick else 4, rounds=2 if given.quick else 4)
    gates = len(rules.gates.of_action("open"))
    heading(f"one thread; the training bundle: {gates} gates on opening, {len(question.entities)} entities a question")
    beside(found, {name: BARE for name in works if name != BARE}, "a second")


if __name__ == "__main__":
    main()
