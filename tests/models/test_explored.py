"""Every state of each small model, and one broken rule of each found; `make accept` takes them all at full size."""

from __future__ import annotations

import pytest

from tests.models.spin import TRACES, VARIANTS, Variant, available, explore, traces

pytestmark = pytest.mark.skipif(bool(available()), reason=f"{available()} not found (Debian packages spin, gcc)")
SMALL = 2
BROKEN = ("receipts ONE_LOOK", "witnessing LIAR TWO_STEPS", "reconciliation LIAR NO_COMMITMENT")
CHOSEN = [variant for variant in VARIANTS if variant.sound or variant.name in BROKEN]


@pytest.mark.parametrize("variant", CHOSEN, ids=lambda variant: variant.name)
def test_the_rules_hold_in_every_state_and_each_broken_one_is_found(variant: Variant) -> None:
    found = explore(variant, SMALL, optimise=False)
    assert found.held is variant.sound, found
    assert found.states > 100 or not variant.sound


def test_the_replayed_traces_are_those_of_the_models() -> None:
    found = {path.name: steps for path, steps in traces()}
    kept = {path.name: path.read_text("ascii").splitlines() for path in TRACES.glob("*.txt")}
    assert found == kept, "python -m tests.models.spin --traces writes them again"
