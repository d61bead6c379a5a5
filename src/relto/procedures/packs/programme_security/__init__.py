"""Programme security: instruction, cleared facilities, information and work shares of a joint programme.

Rules enforced here (domain.md 3.2; practice of multinational programmes, MIS-20 to MIS-22 of the rule book):
 1. Two people of the asking authority approve a version and send it; the partner's authority approves it, instruction
    and list together, also by two people, or returns it with what is to change: then a new version is written. What one
    authority alone approved is not in force.
 2. A version is never changed once sent; a later one replaces it.
 3. The list prepares what the next agreement bundle enforces and says where it differs; it enforces nothing itself.
"""

from __future__ import annotations

from typing import Final

from relto.procedures.actors import Role
from relto.procedures.forms.form import load_form
from relto.procedures.packs.cleared_facilities import IN_FORCE, PROGRAMME_SECURITY
from relto.procedures.packs.programme_security import checks
from relto.procedures.procedure import BETWEEN, REASON_GIVEN, Paper, Procedure, Step
from relto.procedures.table import ANSWERING, ASKING, Table, Transition

__all__ = ["PROCEDURE"]
_AUTHORITY: Final = frozenset({Role.RELEASE_OFFICER, Role.REGISTRAR, Role.CO_CHAIR})
_SENT: Final = frozenset({"proposed", IN_FORCE, "superseded", "ended"})


def _step(
    name: str, source: tuple[str, ...], target: str, *needed: str, side: str = ASKING, at_will: bool = False
) -> Transition:
    return Transition(name, frozenset(source), target, _AUTHORITY, needed, at_will, side)


TABLE: Final = Table(
    name=PROGRAMME_SECURITY,
    start="draft",
    states=("draft", "proposed", "returned", IN_FORCE, "superseded", "ended", "withdrawn"),
    transitions=(
        _step("propose", ("draft",), "proposed"),
        _step("approve", ("proposed",), IN_FORCE, "both_parts_approved", "own_facilities_stand", side=ANSWERING),
        _step("return_with_changes", ("proposed",), "returned", side=ANSWERING),
        _step("supersede", (IN_FORCE,), "superseded", "successor_in_force", at_will=True),
        _step("end", (IN_FORCE,), "ended", REASON_GIVEN, side="", at_will=True),
        _step("withdraw", ("draft", "proposed"), "withdrawn", at_will=True),
    ),
)

PROCEDURE: Final = Procedure(
    code=PROGRAMME_SECURITY,
    prefix="PSI",
    topic="programme",
    table=TABLE,
    form=load_form(PROGRAMME_SECURITY),
    begins=_AUTHORITY,
    steps={
        "propose": Step(persons=2, sends=True, final_check=True),
        "approve": Step(form=load_form("programme_approval"), persons=2, keeps_told=True),
        "return_with_changes": Step(form=load_form("programme_changes"), keeps_told=True),
        "supersede": Step(form=load_form("programme_successor"), keeps_told=True),
        "end": Step(keeps_told=True),
        "withdraw": Step(keeps_told=True),
    },
    check=checks.check,
    guards={
        "both_parts_approved": checks.both_parts_approved,
        "own_facilities_stand": checks.own_facilities_stand,
        "successor_in_force": checks.successor_in_force,
    },
    papers=(
        Paper(
            "instruction",
            _SENT,
            ("programme", "instruction"),
            steps=("propose", "approve"),
            personal=False,
            statement=f"paper.{PROGRAMME_SECURITY}.instruction.statement",
        ),
        Paper(
            "facility_list",
            _SENT,
            ("programme", "list"),
            steps=("propose", "approve"),
            personal=False,
            statement=f"paper.{PROGRAMME_SECURITY}.facility_list.statement",
        ),
        Paper("shares", _SENT, ("programme", "information", "shares"), personal=False),
    ),
    reach=BETWEEN,
    partner_field="partner",
    subjects=("programme", "facilities/facility"),
    parent="replaces",
    binds_all=frozenset({IN_FORCE}),
)
