"""How many processes answer at each door of a node: one each, unless the table `processes` of node.toml says more.

Only what the table names has several; each is refused by name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from relto.base.errors import Misconfigured

SETTINGS: Final = ("key_service", "portal", "worker", "link")
MOST: Final = 64


@dataclass(frozen=True, slots=True)
class ProcessSettings:
    """Processes of each kind."""

    key_service: int = 1
    portal: int = 1
    worker: int = 1
    link: int = 1


def read_processes(given: object) -> ProcessSettings:
    """The settings; what is left out is one. Raises Misconfigured naming the setting."""
    if not isinstance(given, dict):
        raise Misconfigured("processes", field="processes", expected="a table with numbers of processes")
    unknown = sorted(set(given) - set(SETTINGS))
    if unknown:
        raise Misconfigured("setting", field=f"processes.{unknown[0]}", expected=", ".join(SETTINGS))
    return ProcessSettings(**{name: _count(given.get(name, 1), name) for name in SETTINGS})


def _count(value: object, name: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= MOST:
        raise Misconfigured("processes", field=f"processes.{name}", expected=f"1 to {MOST}")
    return value
