"""International visits: one request for several sites of one host nation, through both authorities (32 CFR 117.19(e)).

Promises:
 1. Kinds one-time, recurring, long-term, emergency (ISA-42); outcomes approved, denied, not sponsored (ISA-43). An
    amendment or renewal is a request of its own that names the earlier one (ISA-46).
 2. What the host's authority lets be seen - level, scope, bounds - is told to the facility that is visited and never
    crosses the border: the visitor's side learns the outcome (ISA-44). Names stay on the visitor's side and go on the
    packet that her own authority hands on; the host sees pseudonyms, and checks persons against the packet.
 3. One form gives a packet for each site (MIS-12); the layout follows multinational practice and claims no more.
 4. Lead times, longest visits, notices and retention are limits of each nation; without one the form says so.
"""

from __future__ import annotations

from typing import Final

from relto.procedures.actors import Role
from relto.procedures.forms.form import When, load_form
from relto.procedures.packs.visit.checks import check_visit
from relto.procedures.packs.visit.guards import GUARDS
from relto.procedures.packs.visit.table import (
    ACTIVE,
    AT_HOST,
    BEFORE_FORWARDING,
    CONSIDERED,
    DENIED,
    DRAFT,
    EXPIRED,
    FORWARDED,
    NOT_SPONSORED,
    QUERIED,
    RETURNED,
    STANDING,
    SUBMITTED,
    VISIT,
)
from relto.procedures.procedure import BETWEEN, Clock, Paper, Procedure, Step
from relto.procedures.table import ANSWERING, ASKING

_WAITING: Final = frozenset({FORWARDED, AT_HOST, CONSIDERED})
_HOST: Final = frozenset({ANSWERING})
_VISITOR: Final = frozenset({ASKING})
_NEEDS_LEAD: Final = When("kind", ("one_time", "recurring", "long_term"))

PROCEDURE: Final = Procedure(
    code="visit",
    prefix="VIS",
    topic="visit",
    table=VISIT,
    form=load_form("visit"),
    begins=frozenset({Role.SECURITY_OFFICER}),
    steps={
        "submit": Step(final_check=True),
        "forward": Step(load_form("visit_forward"), sends=True, final_check=True),
        "ask_host": Step(load_form("visit_ask_host"), sends=True),
        "host_reply": Step(load_form("visit_host_reply"), sends=True),
        "query": Step(load_form("visit_query"), sends=True),
        "answer": Step(load_form("visit_answer"), sends=True),
        "approve": Step(load_form("visit_approve"), sends=True),
        "deny": Step(load_form("visit_reason"), sends=True),
        "decline": Step(load_form("visit_reason"), sends=True),
        "announce": Step(load_form("visit_announce"), sends=True),
        "arrive": Step(load_form("visit_arrive"), sends=True),
        "leave": Step(load_form("visit_leave"), sends=True),
        "receive_public": Step(load_form("visit_public")),
        "receive_unsponsored": Step(load_form("visit_unsponsored")),
        "expire": Step(sends=True),
        "release_record": Step(sends=True),
        "cancel": Step(sends=True, keeps_told=True),
        "revoke": Step(load_form("visit_reason"), sends=True),
    },
    check=check_visit,
    guards=GUARDS,
    clocks=(
        Clock(
            "lead_time",
            "visit.lead_time",
            BEFORE_FORWARDING,
            side=ANSWERING,
            counts_from="first_day",
            before=True,
            when=_NEEDS_LEAD,
        ),
        Clock("own_authority", "visit.forwarding", frozenset({SUBMITTED}), side=ASKING),
        Clock("host_authority", "visit.answer", _WAITING, side=ANSWERING),
        Clock("question", "visit.question", frozenset({QUERIED}), side=ASKING),
        Clock("review", "visit.recurring.review", STANDING, when=When("kind", ("recurring",))),
    ),
    papers=(
        Paper("request", frozenset({DRAFT, SUBMITTED, RETURNED, *_WAITING, QUERIED, *STANDING}), sides=_VISITOR),
        Paper(
            "packet",
            frozenset({*_WAITING, QUERIED, *STANDING}),
            steps=("forward",),
            sides=_VISITOR,
            statement="paper.visit.packet.statement",
            each="sites",
        ),
        Paper(
            "outcome",
            frozenset({*STANDING, DENIED, NOT_SPONSORED, EXPIRED}),
            sections=("request", "requester", "period", "sites"),
            steps=("approve", "deny", "decline"),
            sides=_VISITOR,
            personal=False,
            statement="paper.visit.outcome.statement",
        ),
        Paper(
            "host_notice",
            STANDING,
            steps=("approve",),
            sides=_HOST,
            personal=False,
            statement="paper.visit.host_notice.statement",
        ),
        Paper(
            "visit_record",
            frozenset({ACTIVE, EXPIRED}),
            sections=("request", "requester", "period", "sites", "visitors"),
            steps=("approve", "announce", "arrive", "leave"),
            sides=_HOST,
            personal=False,
            statement="paper.visit.visit_record.statement",
        ),
    ),
    reach=BETWEEN,
    partner_field="host_nation",
    subjects=("visitors/person", "programme"),
    related=("visit",),
    parent="amends",
    editable=frozenset({DRAFT, RETURNED}),
)
