"""All looks, in their order: what one of them needs is looked at before it, and what could not be looked at is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

from django.db import DatabaseError

from relto.node.doctor import troubles
from relto.node.doctor.agreement import look_at_agreement
from relto.node.doctor.case import Case, World
from relto.node.doctor.certificates import look_at_certificates, look_at_partners
from relto.node.doctor.keys import look_at_keys
from relto.node.doctor.outside import look_at_machine, look_at_ports, look_outside
from relto.node.doctor.places import look_at_places, look_at_settings
from relto.node.doctor.stored import look_at_database, look_at_records
from relto.node.doctor.troubles import Report, Trouble
from relto.node.folder import NodeFolder


def examine(root: Path, world: World | None = None) -> Report:
    """Look at the node in `root`, which may run meanwhile. Nothing is changed; no error but for what is no folder."""
    case = Case(NodeFolder(root.resolve()), world or World())
    case.begin()
    looked, left = [], []
    with ExitStack() as stack:
        for name, may, look in _looks(case, stack):
            if not may():
                left.append(name)
                continue
            looked.append(name)
            try:
                case.troubles.extend(look(case))
            except DatabaseError as error:
                case.troubles.append(
                    Trouble("database_unreachable", "database", "a database that answers", type(error).__name__)
                )
                case.tables = False
    return Report(tuple(looked), tuple(left), tuple(dict.fromkeys(case.troubles)))


_Look = Callable[[Case], Iterator[Trouble]]


def _looks(case: Case, stack: ExitStack) -> list[tuple[str, Callable[[], bool], _Look]]:
    def settings() -> bool:
        return case.settings is not None

    def tables() -> bool:
        return case.tables

    return [
        (troubles.SETTINGS, lambda: True, look_at_settings),
        (troubles.PLACES, case.folder.settings_file.is_file, look_at_places),
        (troubles.KEYS, settings, look_at_keys),
        (troubles.CERTIFICATES, settings, look_at_certificates),
        (troubles.PARTNERS, settings, look_at_partners),
        (troubles.DATABASE, settings, lambda one: look_at_database(one, stack)),
        (troubles.AGREEMENT, lambda: case.tables and case.secrets is not None, look_at_agreement),
        (troubles.RECORDS, tables, look_at_records),
        (troubles.PORTS, settings, look_at_ports),
        (troubles.OUTSIDE, settings, look_outside),
        (troubles.MACHINE, lambda: True, look_at_machine),
    ]
