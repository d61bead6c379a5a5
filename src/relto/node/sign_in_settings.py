"""The settings of signing in: how long a session lasts, and how young a strong factor is when somebody decides.

Read from the table `sign_in` of node.toml; each is refused by name when it is out of its bounds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from relto.base.errors import Misconfigured

_BOUNDS: Final[Mapping[str, tuple[range, int]]] = {
    "idle_minutes": (range(5, 61), 30),
    "session_hours": (range(1, 13), 8),
    "step_up_minutes": (range(1, 61), 15),
}


@dataclass(frozen=True, slots=True)
class SignIn:
    """How long a session lasts unused and at all, and how old a strong factor may be when somebody decides."""

    idle: timedelta = timedelta(minutes=_BOUNDS["idle_minutes"][1])
    longest: timedelta = timedelta(hours=_BOUNDS["session_hours"][1])
    step_up: timedelta = timedelta(minutes=_BOUNDS["step_up_minutes"][1])


def read_sign_in(given: object) -> SignIn:
    """The settings of signing in; what is left out takes its default. Raises Misconfigured naming the setting."""
    if not isinstance(given, dict):
        raise Misconfigured("sign_in", field="sign_in", expected="a table with " + ", ".join(_BOUNDS))
    unknown = sorted(set(given) - set(_BOUNDS))
    if unknown:
        expected = "one of " + ", ".join(sorted(_BOUNDS))
        raise Misconfigured("unknown_setting", field=f"sign_in.{unknown[0]}", expected=expected)
    numbers = {name: _number(given, name) for name in _BOUNDS}
    return SignIn(
        idle=timedelta(minutes=numbers["idle_minutes"]),
        longest=timedelta(hours=numbers["session_hours"]),
        step_up=timedelta(minutes=numbers["step_up_minutes"]),
    )


def _number(given: Mapping[str, object], name: str) -> int:
    allowed, usual = _BOUNDS[name]
    value = given.get(name, usual)
    if isinstance(value, bool) or not isinstance(value, int) or value not in allowed:
        expected = f"{allowed.start} to {allowed.stop - 1}"
        raise Misconfigured("sign_in", field=f"sign_in.{name}", found=str(value), expected=expected)
    return value
