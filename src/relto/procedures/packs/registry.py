"""Every procedure by its code. A new one is a module beside this one and a line here."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from relto.base.errors import UnknownValue
from relto.procedures.packs import (
    changed_condition,
    classification_guide,
    consignment,
    consultation_visit,
    contract_security,
    derivation,
    facility_assurance,
    facility_clearance,
    freight,
    hand_carriage,
    incident,
    inspection,
    ownership,
    personnel_assurance,
    programme_security,
    retention,
    self_inspection,
    transfer,
    visit,
)
from relto.procedures.procedure import Procedure


@lru_cache(maxsize=1)
def procedures() -> Mapping[str, Procedure]:
    """All procedures, in the order in which people meet them."""
    every: tuple[Procedure, ...] = (
        ownership.PROCEDURE,
        facility_clearance.PROCEDURE,
        changed_condition.PROCEDURE,
        facility_assurance.PROCEDURE,
        personnel_assurance.PROCEDURE,
        contract_security.PROCEDURE,
        programme_security.PROCEDURE,
        classification_guide.PROCEDURE,
        derivation.PROCEDURE,
        incident.PROCEDURE,
        inspection.PROCEDURE,
        self_inspection.PROCEDURE,
        retention.PROCEDURE,
        visit.PROCEDURE,
        consultation_visit.PROCEDURE,
        transfer.PROCEDURE,
        hand_carriage.PROCEDURE,
        freight.PROCEDURE,
        consignment.PROCEDURE,
    )
    return {procedure.code: procedure for procedure in every}


def procedure(code: str) -> Procedure:
    """The procedure of this code. Raises UnknownValue that lists them."""
    found = procedures().get(code)
    if found is None:
        raise UnknownValue("procedure", field="procedure", expected=", ".join(procedures()))
    return found
