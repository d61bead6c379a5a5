"""The weakest wrapping is bundle data, by level; where none is stated no rule is loaded, and no level borrows one."""

from __future__ import annotations

from importlib import resources
from typing import Any

import pytest

from relto.base.canonical import read_object
from relto.base.errors import MalformedInput, UnknownValue
from relto.labels.policy import PolicySet
from relto.labels.policy_data import load_policy
from relto.rules.builtin import package_data
from relto.rules.facts import LevelCode
from relto.rules.limits import REGISTERED, RELEASED, Limits
from relto.rules.shapes import check_shape

US, INDIA = "2.999.840.1", "2.999.356.1"
STRONGEST = "hpqt:secp384r1-mlkem1024"


def shipped() -> dict[str, Any]:
    return dict(read_object(package_data("limits.json"), field="limits.json"))


def policies() -> PolicySet:
    data = resources.files("relto.labels").joinpath("data")
    return PolicySet([load_policy(data.joinpath(f"{name}.json").read_bytes()) for name in ("usa", "ind")])


def changed(code: str, entries: list[dict[str, str]]) -> Limits:
    value = shipped()
    value["limits"][code]["value"] = entries
    check_shape(value, "limits", field="limits.json")
    return Limits(value)


def test_the_training_default_is_unconfirmed_and_post_quantum_across_the_border() -> None:
    limits = Limits(shipped())
    limits.check_wrappings(policies())
    for code in (REGISTERED, RELEASED):
        assert limits.limit(code).confirmed is False
        assert limits.limit(code).source == "relto training default"
    for policy, levels in ((US, ("TOP SECRET", "SECRET", "CONFIDENTIAL")), (INDIA, ("SECRET", "RESTRICTED"))):
        for level in levels:
            assert limits.minimum_wrapping(RELEASED, LevelCode(policy, level)) == STRONGEST
    assert limits.minimum_wrapping(REGISTERED, LevelCode(US, "SECRET")) == "rsa:2048"
    assert limits.minimum_wrapping(REGISTERED, LevelCode(US, "TOP SECRET")) == STRONGEST


def test_a_level_without_a_minimum_has_no_rule_loaded() -> None:
    limits = changed(RELEASED, [{"policy": US, "level": "SECRET", "wrapping": "mlkem:1024"}])
    assert limits.minimum_wrapping(RELEASED, LevelCode(US, "SECRET")) == "mlkem:1024"
    assert limits.minimum_wrapping(RELEASED, LevelCode(US, "TOP SECRET")) is None
    assert limits.minimum_wrapping(RELEASED, LevelCode(INDIA, "SECRET")) is None
    without = shipped()
    del without["limits"][RELEASED]
    check_shape(without, "limits", field="limits.json")
    assert Limits(without).minimum_wrapping(RELEASED, LevelCode(US, "SECRET")) is None


@pytest.mark.parametrize(
    "entries",
    [
        [{"policy": US, "level": "SECRET", "wrapping": "rsa:3072"}],
        [{"policy": US, "level": "SECRET", "wrapping": "hpqt:xwing"}],
        [{"policy": US, "level": "RESTRICTED", "wrapping": "rsa:2048"}],
        [{"policy": "2.999.1", "level": "SECRET", "wrapping": "rsa:2048"}],
        [{"policy": US, "level": "SECRET", "wrapping": name} for name in ("rsa:2048", "rsa:4096")],
    ],
)
def test_a_minimum_that_names_nothing_known_refuses_the_bundle(entries: list[dict[str, str]]) -> None:
    with pytest.raises((UnknownValue, MalformedInput)):
        changed(REGISTERED, entries).check_wrappings(policies())


def test_the_form_of_a_minimum_is_checked() -> None:
    for value in ([], [{"policy": US, "level": "SECRET"}], 5, ["rsa:2048"]):
        with pytest.raises(MalformedInput):
            changed(REGISTERED, value)  # type: ignore[arg-type]
