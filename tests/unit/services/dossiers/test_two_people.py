"""Four eyes: a step that two must sign, a step that another must take, and what makes a signature void."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from relto.base.errors import Conflict, Refused
from relto.procedures.actors import Role
from relto.procedures.procedure import Step
from relto.procedures.table import STAYS, Table, Transition
from relto.services import dossiers
from relto.services.suspensions import suspend
from relto.store.models import DossierSignature
from tests.support.houses import COMPANY, FACILITY, USA, Node
from tests.unit.services.dossiers.request import ANSWER, PROCEDURE, registered

pytestmark = pytest.mark.django_db
OFFICER = frozenset({Role.SECURITY_OFFICER})
PAIR = replace(
    PROCEDURE,
    code="sample_pair",
    prefix="SPR",
    reach="own",
    partner_field="",
    table=Table(
        "sample_pair",
        "draft",
        ("draft", "written", "checked", "granted"),
        (
            Transition("hand_in", frozenset({"draft"}), "written", OFFICER),
            Transition("note", frozenset({"written", "checked"}), STAYS, OFFICER),
            Transition("confirm", frozenset({"written"}), "checked", OFFICER, ("second_person",)),
            Transition("grant", frozenset({"checked"}), "granted", OFFICER, ("reason_given", "second_person")),
        ),
    ),
    steps={"note": Step(ANSWER), "grant": Step(ANSWER, persons=2)},
    clocks=(),
    papers=(),
    related=(),
)


@pytest.fixture(autouse=True)
def _pair() -> Iterator[None]:
    with registered(PAIR):
        yield


@pytest.fixture
def node(usa: Node) -> Node:
    usa.add("second_officer", Role.SECURITY_OFFICER, company=COMPANY[USA], facility=FACILITY[USA])
    return usa


def take(node: Node, who: str, number: str, step: str, **given: object) -> dossiers.DossierDetail:
    return dossiers.take(node.house, node.actor(who), number, step, **given)  # type: ignore[arg-type]


def checked(node: Node) -> str:
    number = dossiers.begin(node.house, node.actor("security_officer"), "sample_pair", {}).number
    take(node, "security_officer", number, "hand_in")
    take(node, "second_officer", number, "note", answers={"remark": "seen"})
    with pytest.raises(Refused) as refused:
        take(node, "security_officer", number, "confirm")
    assert (refused.value.full_code, refused.value.expected) == ("refused.guard", "second_person")
    take(node, "second_officer", number, "confirm")
    return number


def test_another_confirms_than_who_handed_in(node: Node) -> None:
    assert checked(node) == "SPR-2026-0001"


def test_two_sign_and_each_reason_counts(node: Node) -> None:
    number = checked(node)
    with pytest.raises(Refused, match="reason_given"):
        take(node, "security_officer", number, "grant", answers={"remark": "granted"})
    first = take(node, "security_officer", number, "grant", answers={"remark": "granted"}, reason="all is there")
    assert (first.view.state, first.proposed["grant"]) == ("checked", {"remark": "granted"})
    last = take(node, "second_officer", number, "grant")
    assert (last.view.state, last.steps[-1].reason) == ("granted", "all is there")
    with pytest.raises(Conflict):
        take(node, "second_officer", number, "grant")


def test_a_remark_does_not_void_a_signature_and_a_change_of_the_form_does(node: Node) -> None:
    number = checked(node)
    take(node, "security_officer", number, "grant", answers={"remark": "granted"}, reason="all is there")
    take(node, "second_officer", number, "note", answers={"remark": "still here"})
    assert DossierSignature.objects.count() == 1
    assert take(node, "second_officer", number, "grant").view.state == "granted"


def test_writing_the_form_anew_voids_what_was_signed(node: Node) -> None:
    editable = replace(PAIR, editable=frozenset({"draft", "checked"}))
    with registered(editable):
        number = checked(node)
        take(node, "security_officer", number, "grant", answers={"remark": "granted"}, reason="all is there")
        dossiers.write(node.house, node.actor("second_officer"), number, {"note": "something else"})
        assert not DossierSignature.objects.exists()
        view = take(node, "second_officer", number, "grant", answers={"remark": "granted"}, reason="again").view
        assert view.state == "checked"


def test_the_signature_of_who_was_suspended_or_lost_her_role_counts_no_more(node: Node) -> None:
    number = checked(node)
    take(node, "security_officer", number, "grant", answers={"remark": "granted"}, reason="all is there")
    suspend(
        node.house, node.actor("registrar"), kind="person", subject=node.people["security_officer"], reason="a test"
    )
    view = take(node, "second_officer", number, "grant", answers={"remark": "granted"}, reason="my own").view
    assert view.state == "checked"
    assert [one.by for one in DossierSignature.objects.all()] == [node.people["second_officer"]]
