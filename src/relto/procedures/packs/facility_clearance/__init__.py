"""The clearance of a facility, from the request of its sponsor to its end (32 CFR 117.9, domain.md ISA-13 to ISA-17).

Rules kept here:
 1. No firm applies for itself: no package is submitted before the authority has recorded the request of a sponsor,
    who is a contracting activity or a cleared contractor of another company.
 2. Clearance and safeguarding are two decisions; the second is never above the first and is changed apart.
 3. What widens (a grant, a clearance that is valid again, safeguarding) takes two people; what narrows takes one.
 4. An invalidated clearance leads back to a valid one or to a revoked one; from every state it can be terminated.
 5. A firm under foreign control that nothing mitigates gets a limited clearance at most, on its own grounds.
Where a nation's book has no such rule, the finding says so and warns.
"""

from relto.procedures.forms.form import load_form
from relto.procedures.packs.facility_clearance.checks import check
from relto.procedures.packs.facility_clearance.guards import GUARDS
from relto.procedures.packs.facility_clearance.table import BEGINS, FACILITY_CLEARANCE
from relto.procedures.procedure import Clock, Paper, Procedure, Step

CODE = "facility_clearance"
_GRANT = load_form("facility_grant")
_LIMITED = load_form("facility_limited_grant")
_GRANTED = frozenset({"interim", "final", "limited"})
GRANTS = ("grant_interim", "grant_final", "grant_limited")
"""The steps that grant a clearance."""

PROCEDURE = Procedure(
    code=CODE,
    prefix="FCL",
    topic="facility_clearance",
    table=FACILITY_CLEARANCE,
    form=load_form("facility_clearance"),
    begins=BEGINS,
    steps={
        "record_sponsorship": Step(form=load_form("facility_sponsorship")),
        "submit": Step(final_check=True),
        "grant_interim": Step(form=_GRANT, persons=2, effects=("facility.grant",)),
        "grant_final": Step(form=_GRANT, persons=2, effects=("facility.grant",)),
        "grant_limited": Step(form=_LIMITED, persons=2, effects=("facility.grant",)),
        "approve_safeguarding": Step(
            form=load_form("facility_safeguarding"), persons=2, effects=("facility.approve_safeguarding",)
        ),
        "withdraw_safeguarding": Step(effects=("facility.withdraw_safeguarding",)),
        "invalidate": Step(form=load_form("facility_invalidation"), effects=("facility.invalidate",)),
        "resume_existing_work": Step(persons=2, effects=("facility.resume_existing_work",)),
        "revalidate": Step(form=_GRANT, persons=2, effects=("facility.revalidate",)),
        "revalidate_limited": Step(form=_LIMITED, persons=2, effects=("facility.revalidate",)),
        "revoke": Step(persons=2, effects=("facility.withdraw",)),
        "terminate": Step(effects=("facility.withdraw",)),
    },
    check=check,
    guards=GUARDS,
    clocks=(
        Clock("continued_processing", "subcontract.continued_processing", frozenset({"in_process"})),
        Clock("validity", "facility.clearance_validity", frozenset({"final", "limited"})),
    ),
    papers=(
        Paper("package", frozenset(FACILITY_CLEARANCE.states), steps=("submit",)),
        Paper(
            "notice",
            _GRANTED,
            sections=("sponsor", "levels"),
            steps=(*GRANTS, "revalidate", "revalidate_limited"),
            personal=False,
            statement="statement.facility_clearance.notice",
        ),
    ),
    subjects=("facility", "sponsor_facility", "parent_facility"),
    related=("ownership", "contract_security", CODE),
    editable=frozenset({"draft", "sponsored", "returned"}),
)
