"""The classification policies that ship with relto, as data of the package: what holds until a bundle says more."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Final

from relto.labels.policy import PolicySet
from relto.labels.policy_data import load_policy

NATIONS: Final = ("USA", "IND")


@cache
def shipped_policies() -> PolicySet:
    """One policy for each nation of `NATIONS`; read once."""
    folder = resources.files("relto.labels").joinpath("data")
    return PolicySet(load_policy(folder.joinpath(f"{nation.lower()}.json").read_bytes()) for nation in NATIONS)
