"""Contract security: the specification of a classified contract, from tender to its final edition.

Rules enforced here (domain.md 2.3, 3.4; 32 CFR 117.13(d), 117.17, 117.19(b)(5)):
 1. draft -> submitted to the own authority -> issued: at home at once, abroad to the contractor's authority, which
    acknowledges or declines -> tender -> awarded -> signed contract on file -> performance -> completion -> closed by
    the final specification. What is not awarded ends when the bid material is accounted for.
 2. A contract at home names no partner nation: nothing of it is sent anywhere.
 3. When a facility's clearance is taken away the node itself asks for the customer's consent (`require_consent`); until
    it is recorded the work is neither continued nor completed here.
 4. One model, two renderings: security aspects letter and contract security classification specification.
"""

from __future__ import annotations

from typing import Final

from relto.procedures.actors import Role
from relto.procedures.forms.form import load_form
from relto.procedures.packs.contract_security import guards
from relto.procedures.packs.contract_security.checks import CODE, check
from relto.procedures.procedure import BETWEEN, REASON_GIVEN, Clock, Paper, Procedure, Step
from relto.procedures.table import ANSWERING, ASKING, Table, Transition

__all__ = ["CONSENT_NEEDED", "PROCEDURE", "REQUIRE_CONSENT"]
_CUSTOMER: Final = frozenset({Role.SECURITY_OFFICER, Role.RELEASE_OFFICER})
_AUTHORITY: Final = frozenset({Role.RELEASE_OFFICER})
REQUIRE_CONSENT: Final = "require_consent"
CONSENT_NEEDED: Final = "consent_needed"
_ISSUED: Final = frozenset(
    {"with_partner", "pre_contract", "awarded", "performance", CONSENT_NEEDED, "completion", "closed"}
)


def _step(
    name: str,
    sources: tuple[str, ...],
    target: str,
    roles: frozenset[Role],
    *needed: str,
    side: str = ASKING,
    at_will: bool = False,
) -> Transition:
    return Transition(name, frozenset(sources), target, roles, needed, at_will, side)


TABLE: Final = Table(
    name=CODE,
    start="draft",
    states=(
        "draft",
        "submitted",
        "with_partner",
        "declined",
        "pre_contract",
        "awarded",
        "performance",
        CONSENT_NEEDED,
        "completion",
        "closed",
        "bid_ended",
        "disposed",
        "withdrawn",
    ),
    transitions=(
        _step("submit", ("draft",), "submitted", _CUSTOMER),
        _step("send_back", ("submitted",), "draft", _AUTHORITY, REASON_GIVEN),
        _step("issue", ("submitted",), "with_partner", _AUTHORITY, "contractor_is_abroad", "contractor_may_bid"),
        _step("issue_here", ("submitted",), "pre_contract", _AUTHORITY, "contractor_is_at_home", "contractor_may_bid"),
        _step("acknowledge", ("with_partner",), "pre_contract", _AUTHORITY, "contractor_may_bid", side=ANSWERING),
        _step("decline", ("with_partner",), "declined", _AUTHORITY, REASON_GIVEN, side=ANSWERING),
        _step(
            "award",
            ("pre_contract",),
            "awarded",
            _CUSTOMER,
            "contractor_may_be_awarded",
            "originator_consented",
            "award_fits",
        ),
        _step("not_awarded", ("pre_contract",), "bid_ended", _CUSTOMER),
        _step("account_for_bid", ("bid_ended",), "disposed", _CUSTOMER, "bid_is_accounted_for", side=""),
        _step("file_contract", ("awarded",), "performance", _CUSTOMER, "contract_is_filed"),
        _step("revise", ("performance",), "performance", _AUTHORITY, "revision_fits", at_will=True),
        _step("review", ("performance",), "performance", _CUSTOMER, "review_fits", at_will=True),
        _step(REQUIRE_CONSENT, ("awarded", "performance"), CONSENT_NEEDED, frozenset(), side="", at_will=True),
        _step("customer_consents", (CONSENT_NEEDED,), "performance", _CUSTOMER, "consent_is_dated"),
        _step("customer_stops", (CONSENT_NEEDED,), "completion", _CUSTOMER, "completion_is_dated"),
        _step("complete", ("performance",), "completion", _CUSTOMER, "completion_is_dated"),
        _step("finalise", ("completion",), "closed", _AUTHORITY, "final_fits"),
        _step(
            "withdraw",
            ("draft", "submitted", "with_partner"),
            "withdrawn",
            _CUSTOMER,
            at_will=True,
        ),
    ),
)

_LETTER: Final = ("contract", "parties", "levels", "places", "access", "work", "guidance", "clauses")

PROCEDURE: Final = Procedure(
    code=CODE,
    prefix="CSS",
    topic="contract",
    table=TABLE,
    form=load_form(CODE),
    begins=_CUSTOMER,
    steps={
        "submit": Step(final_check=True),
        "issue": Step(sends=True, final_check=True),
        "issue_here": Step(final_check=True),
        "acknowledge": Step(form=load_form("contract_acknowledgement"), keeps_told=True),
        "decline": Step(keeps_told=True),
        "award": Step(form=load_form("contract_award"), keeps_told=True),
        "not_awarded": Step(keeps_told=True),
        "account_for_bid": Step(form=load_form("contract_bid_material"), keeps_told=True),
        "file_contract": Step(form=load_form("contract_filing"), keeps_told=True),
        "revise": Step(form=load_form("contract_revision"), keeps_told=True, amends=True),
        "review": Step(form=load_form("contract_review"), keeps_told=True),
        REQUIRE_CONSENT: Step(keeps_told=True),
        "customer_consents": Step(form=load_form("contract_consent"), keeps_told=True),
        "customer_stops": Step(form=load_form("contract_completion"), keeps_told=True),
        "complete": Step(form=load_form("contract_completion"), keeps_told=True),
        "finalise": Step(form=load_form("contract_final"), keeps_told=True),
        "withdraw": Step(keeps_told=True),
    },
    check=check,
    guards={
        "contractor_is_abroad": guards.contractor_is_abroad,
        "contractor_is_at_home": guards.contractor_is_at_home,
        "contractor_may_bid": guards.contractor_may_bid,
        "contractor_may_be_awarded": guards.contractor_may_be_awarded,
        "originator_consented": guards.originator_consented,
        "award_fits": guards.award_fits,
        "contract_is_filed": guards.contract_is_filed,
        "revision_fits": guards.revision_fits,
        "review_fits": guards.review_fits,
        "consent_is_dated": guards.consent_is_dated,
        "completion_is_dated": guards.completion_is_dated,
        "bid_is_accounted_for": guards.bid_is_accounted_for,
        "final_fits": guards.final_fits,
    },
    clocks=(
        Clock("review", "contract.specification_review", frozenset({"performance"})),
        Clock("retention", "retention.contract", frozenset({"completion"})),
        Clock("bid_material", "retention.bid", frozenset({"bid_ended"})),
    ),
    papers=(
        Paper("security_aspects_letter", _ISSUED, _LETTER, statement=f"paper.{CODE}.security_aspects_letter.statement"),
        Paper("specification", _ISSUED, statement=f"paper.{CODE}.specification.statement"),
        Paper(
            "clause_sheet",
            _ISSUED,
            ("contract", "clauses"),
            personal=False,
            statement=f"paper.{CODE}.clause_sheet.statement",
        ),
        Paper(
            "flow_down_report",
            frozenset({"draft", "submitted"}),
            ("contract", "parties", "levels", "places", "access", "work", "guidance", "clauses"),
            sides=frozenset({ASKING}),
            personal=False,
            statement=f"paper.{CODE}.flow_down_report.statement",
        ),
        Paper(
            "final_specification",
            frozenset({"closed"}),
            steps=("finalise",),
            statement=f"paper.{CODE}.final_specification.statement",
        ),
    ),
    reach=BETWEEN,
    partner_field="partner",
    subjects=("contractor", "places/facility", "customer_facility", "programme"),
    parent="prime",
)
