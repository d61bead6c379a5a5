"""What would have made a recorded refusal permitted, tried out on the facts and by the rules of its day (promise 8).

It is told to whoever reads a decision in full: the company's own security officer, an inspector, and a release officer
for what her authority decides. To the asker herself it is not: her gates and who can fix them are hers to read, the
facts behind them are not. To everybody else the reference does not exist. Nothing is recorded and nothing is changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from relto.base.errors import NotAvailable
from relto.base.instants import Instant
from relto.procedures.actors import Actor, Role
from relto.rules.facts import Action
from relto.rules.recorded_facts import facts_from_dict
from relto.rules.what_if import Trial, named_changes
from relto.rules.what_if import what_if as searched
from relto.services import active_bundle
from relto.services.house import House
from relto.store.models import DecisionRecord
from relto.store.queries.releases import readable_decisions

READERS = (Role.SECURITY_OFFICER, Role.RELEASE_OFFICER, Role.INSPECTOR)


@dataclass(frozen=True, slots=True)
class WhatIfView:
    """What was tried on one decision; every trial was decided by the rules, and no other is told.

    `singles`: each remedy alone; `enough`: the smallest sets that make it permitted; `untried`: remedies that facts of
    one case cannot express, such as an agreement in force; `tried`: the changes that were asked for, None without any.
    `whole`: the search was not ended by its bound.
    """

    reference: str
    action: str
    permitted: bool
    at: Instant
    bundle_version: int
    failed: tuple[str, ...]
    errors: tuple[str, ...]
    singles: tuple[Trial, ...]
    enough: tuple[Trial, ...]
    untried: tuple[str, ...]
    tried: Trial | None
    whole: bool


def what_if(house: House, actor: Actor, reference: str, changes: Sequence[str] = ()) -> WhatIfView:
    """Try remedies on a recorded decision; `changes`: exactly these as well, by their codes.

    Raises Refused("role"), NotAvailable("decision") for unknown ones and those not read in full,
    NotAvailable("bundle"), UnknownValue("remedy") for a change that facts of one case cannot express.
    """
    actor.require(*READERS)
    row = readable_decisions(actor).filter(id=reference).first()
    if row is None or not _in_full(actor, row):
        raise NotAvailable("decision", field="reference")
    bundle = active_bundle.bundle_of_version(house, row.bundle_version, row.at)
    stated = facts_from_dict(row.facts)
    tried = named_changes(bundle, row.action, stated, row.at, changes) if changes else None
    found = searched(bundle, row.action, stated, row.at)
    return WhatIfView(
        reference=row.id,
        action=row.action,
        permitted=found.decision.permitted,
        at=row.at,
        bundle_version=bundle.version,
        failed=found.decision.failed_rules,
        errors=found.decision.errors,
        singles=found.singles,
        enough=found.enough,
        untried=found.untried,
        tried=tried,
        whole=found.whole,
    )


def _in_full(actor: Actor, row: DecisionRecord) -> bool:
    if actor.holds(Role.INSPECTOR):
        return True
    if actor.holds(Role.SECURITY_OFFICER) and row.company and row.company == actor.company:
        return True
    return actor.holds(Role.RELEASE_OFFICER) and row.action != Action.OPEN
