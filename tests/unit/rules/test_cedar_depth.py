"""Text that would end the process, or keep it busy, never reaches the parser of the decision engine."""

from __future__ import annotations

import pytest

from relto.base.errors import MalformedInput
from relto.rules.cedar_depth import MOST_DEEP, require_shallow
from relto.rules.linting import lint
from tests.support.agreements import edited
from tests.unit.rules.agreement import unsigned

DEEP = {
    "brackets": "(" * 1900 + "true" + ")" * 1900,
    "sets": "[" * 1900 + "]" * 1900 + " == []",
    "records": "{a:" * 600 + "1" + "}" * 600 + " == 1",
    "calls": "ip(" * 900 + '"1"' + ")" * 900,
    "members": "context has a" + ".a" * 1900,
    "spaced members": "context has a" + " // x\n . a" * 390,
    "behind a text": '"\\"(((" == "" && ' + "(" * 1900,
}


@pytest.mark.parametrize("name", DEEP)
def test_a_condition_that_nests_too_deep_is_a_fault_of_the_draft(name: str) -> None:
    draft = edited(unsigned(), "gates.json", lambda gates: gates["gates"][3].update(holds=DEEP[name]))
    policies = edited(draft, "policies.cedar", "permit(principal, action, resource) when { " + DEEP[name] + " };")
    assert "malformed.bundle.cedar_depth" in {one.code for one in lint(policies)}


def test_a_condition_of_very_many_terms_is_a_fault_and_no_error_of_ours() -> None:
    terms = "true" + " && true" * 480
    with pytest.raises(MalformedInput):
        require_shallow("(" * (MOST_DEEP + 1), field="policies.cedar")
    require_shallow(terms, field="policies.cedar")
    require_shallow('"((((((((((((((((((((((((((((((" // (((((((((((((((((((((((((((((\n', field="policies.cedar")
    require_shallow("Set<" * MOST_DEEP + "Long" + ">" * MOST_DEEP, field="schema.cedarschema", types=True)
    with pytest.raises(MalformedInput, match="cedar_depth"):
        require_shallow("Set<" * 200, field="schema.cedarschema", types=True)
