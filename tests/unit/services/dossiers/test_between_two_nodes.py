"""One dossier on two nodes: asked here, answered there; who narrows wins; what cannot be followed is refused."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any

import pytest

from relto.base.errors import Conflict, Refused
from relto.base.nations import Nation
from relto.exchange.answers import LinkRefusal
from relto.procedures.actors import Role
from relto.procedures.packs.registry import procedures
from relto.procedures.procedure import Step
from relto.procedures.table import ANSWERING, Transition
from relto.services import dossiers
from relto.services.dossiers.effect_scene import EffectScene
from relto.services.dossiers.effects import EFFECTS
from relto.services.dossiers.following import dossier_step_settled
from relto.store.models import Dossier, DossierSignature, LedgerEntry, OutboxMessage
from tests.support.houses import COMPANY, FACILITY, IND, PROGRAMME, USA, add_company
from tests.support.two_houses import OTHER, TwoHouses
from tests.unit.services.dossiers.request import PROCEDURE, TABLE, registered

pytestmark = pytest.mark.django_db
SAMPLE = "sample_request"
ANSWER = {"remark": "welcome", "inside": "ours alone"}
BOTH_WAYS = pytest.mark.parametrize("asker", [USA, IND])


def answers(two: TwoHouses, asker: Nation, **changes: Any) -> dict[str, Any]:
    usual: dict[str, Any] = {
        "partner": OTHER[asker],
        "facility": FACILITY[asker],
        "host": FACILITY[OTHER[asker]],
        "programme": PROGRAMME,
        "begins": "2027-03-01",
        "ends": "2027-03-05",
        "note": "ours alone",
        "people": [
            {"person": two.nodes[asker].people["engineer"], "name": "Name of engineer", "level": f"{asker}:SECRET"}
        ],
    }
    return usual | changes


def submitted(two: TwoHouses, asker: Nation, **changes: Any) -> str:
    """The number of a dossier that both nodes have."""
    view = two.begin(asker, "security_officer", SAMPLE, answers(two, asker, **changes))
    two.take(asker, "security_officer", view.number, "endorse")
    two.told(asker, "registrar", view.number, "submit")
    return view.number


def approve(two: TwoHouses, host: Nation, number: str) -> dossiers.DossierDetail:
    two.take(host, "registrar", number, "approve", answers=ANSWER)
    return two.take(host, "release_officer", number, "approve")


@BOTH_WAYS
def test_the_first_told_step_opens_it_there_with_what_is_shared(two: TwoHouses, asker: Nation) -> None:
    host = OTHER[asker]
    number = submitted(two, asker)
    there = two.detail(host, "registrar", number)
    assert (there.view.state, there.view.side, there.view.nation, there.view.partner) == (
        "submitted", "answering", asker, asker,
    )  # fmt: skip
    assert there.view.company == COMPANY[host]
    assert there.findings == ()  # what is not told is not missed
    assert two.do(host, "registrar", dossiers.check, number, "approve", answers=ANSWER) == ()
    assert there.view.waits_on == ("registrar", "release_officer")
    assert set(there.answers) == {"partner", "host", "programme", "begins", "ends", "people"}
    assert set(there.answers["people"][0]) == {"person", "level"}
    here = two.detail(asker, "registrar", number)
    assert (here.view.state, here.view.waits_on) == ("submitted", ("partner",))
    with two.at(host):
        received = LedgerEntry.objects.filter(event="dossier:received").get()
        assert (received.actor, received.company) == (asker, COMPANY[host])
    host_sees = two.detail(host, "security_officer", number)
    assert host_sees.may_take == ()


@BOTH_WAYS
def test_two_people_there_sign_the_same_answers_and_the_asker_is_told(two: TwoHouses, asker: Nation) -> None:
    host = OTHER[asker]
    number = submitted(two, asker)
    first = two.take(host, "registrar", number, "approve", answers=ANSWER | {"ends": "2027-03-04"})
    assert (first.view.state, [one.role for one in first.signed_by["approve"]]) == ("submitted", ["registrar"])
    assert "approve" not in first.may_take
    with pytest.raises(Conflict, match=r"conflict\.signed$|conflict\.signed;"):
        two.take(host, "registrar", number, "approve")
    with pytest.raises(Conflict, match="signed_otherwise"):
        two.take(host, "release_officer", number, "approve", answers={"remark": "other words"})
    second = two.take(host, "release_officer", number, "approve")
    assert second.view.state == "approved"
    assert second.steps[-1].signers[0].by == two.nodes[host].people["registrar"]
    two.deliver()
    here = two.detail(asker, "security_officer", number)
    assert (here.view.state, here.answers["ends"]) == ("approved", "2027-03-04")
    told = here.steps[-1]
    assert (told.by, told.side, dict(told.answers)) == (host, "answering", {"remark": "welcome", "ends": "2027-03-04"})
    with two.at(host):
        assert not DossierSignature.objects.exists()
        assert LedgerEntry.objects.filter(event="dossier:signed").count() == 1


def test_the_first_signer_may_sign_other_answers_instead(two: TwoHouses) -> None:
    number = submitted(two, USA)
    two.take(IND, "registrar", number, "approve", answers={"remark": "wellcome"})
    two.take(IND, "registrar", number, "approve", answers=ANSWER)
    assert two.take(IND, "release_officer", number, "approve").steps[-1].answers == ANSWER


@BOTH_WAYS
def test_a_withdrawal_wins_over_an_approval_that_was_under_way(two: TwoHouses, asker: Nation) -> None:
    host = OTHER[asker]
    number = submitted(two, asker)
    two.take(asker, "security_officer", number, "withdraw", reason="the programme ended")
    approve(two, host, number)
    two.deliver()
    for nation in (asker, host):
        detail = two.detail(nation, "registrar", number)
        assert detail.view.state == "withdrawn"
        assert [(one.step, one.overtaken) for one in detail.steps if one.step in {"approve", "withdraw"}] == (
            [("withdraw", False), ("approve", True)] if nation == asker else [("approve", True), ("withdraw", False)]
        )
    assert two.detail(host, "registrar", number).view.attention == "overtaken"
    with two.at(host):
        assert LedgerEntry.objects.filter(event="dossier:overtaken").count() == 1
    assert two.codes(asker)[-1] == two.codes(host)[-1] == "200"


def test_of_two_narrowings_the_askers_stands_on_both(two: TwoHouses) -> None:
    number = submitted(two, USA)
    approve(two, IND, number)
    two.deliver()
    two.take(USA, "security_officer", number, "withdraw", reason="not needed")
    two.take(IND, "registrar", number, "revoke")
    two.deliver()
    assert two.state(USA, number) == two.state(IND, number) == "withdrawn"


FINISH = Transition(
    "finish", frozenset({"approved"}), "denied", frozenset({Role.SECURITY_OFFICER}), side=ANSWERING
)  # fmt: skip
CROSSING = replace(
    PROCEDURE,
    table=replace(TABLE, transitions=(*TABLE.transitions, FINISH)),
    steps={**PROCEDURE.steps, "close": Step(sends=True), "finish": Step(sends=True)},
)


@pytest.mark.parametrize("first", [USA, IND])
def test_of_two_ordinary_steps_that_cross_one_stands_on_both_nodes(two: TwoHouses, first: Nation) -> None:
    with registered(CROSSING):
        number = submitted(two, USA)
        approve(two, IND, number)
        two.deliver()
        two.take(USA, "security_officer", number, "close")
        two.take(IND, "security_officer", number, "finish")
        two.deliver(first)
        two.deliver()
        # What arrived first met a node that had gone elsewhere; it was refused, and what that node did stands.
        stands = {USA: "denied", IND: "closed"}[first]
        assert (two.state(USA, number), two.state(IND, number)) == (stands, stands)
        refused = [one.step for one in two.detail(first, "registrar", number).steps if one.refused]
        assert refused == [{USA: "close", IND: "finish"}[first]]


def test_what_the_partner_will_not_follow_is_shown_and_undone(two: TwoHouses) -> None:
    view = two.begin(USA, "security_officer", SAMPLE, answers(two, USA))
    two.take(USA, "security_officer", view.number, "endorse")
    two.take(USA, "registrar", view.number, "submit")
    removed = procedures()[SAMPLE]
    held = procedures()
    assert isinstance(held, dict)

    def without() -> None:
        held.pop(SAMPLE)

    # India's node does not have the procedure while the message arrives.
    wire = two.wires[USA]
    send = wire.send_message

    def arrives(envelope: bytes, *, payload_size: int = 0) -> Any:
        without()
        try:
            return send(envelope, payload_size=payload_size)
        finally:
            held[SAMPLE] = removed

    wire.send_message = arrives  # type: ignore[method-assign]
    two.deliver(USA)
    wire.send_message = send  # type: ignore[method-assign]
    here = two.detail(USA, "registrar", view.number)
    assert (here.view.state, here.view.attention) == ("endorsed", "refused")
    assert here.steps[-1].refused == "unknown.procedure"
    with two.at(IND):
        assert not Dossier.objects.exists()
    two.told(USA, "registrar", view.number, "submit")
    assert two.state(IND, view.number) == "submitted"
    assert two.detail(USA, "registrar", view.number).view.attention == ""


def test_a_reason_is_demanded_and_stays_at_home(two: TwoHouses) -> None:
    number = submitted(two, USA)
    with pytest.raises(Refused) as refused:
        two.take(USA, "security_officer", number, "withdraw")
    assert (refused.value.full_code, refused.value.field, refused.value.expected) == (
        "refused.guard", "reason", "reason_given",
    )  # fmt: skip
    two.told(USA, "security_officer", number, "withdraw", reason="a reason for ourselves")
    assert two.detail(USA, "registrar", number).steps[-1].reason == "a reason for ourselves"
    assert two.detail(IND, "registrar", number).steps[-1].reason == ""


def test_each_side_takes_its_own_steps_only(two: TwoHouses) -> None:
    number = submitted(two, USA)
    with pytest.raises(Refused, match=r"refused\.side"):
        two.take(USA, "registrar", number, "approve", answers=ANSWER)
    with pytest.raises(Refused, match=r"refused\.side"):
        two.take(IND, "security_officer", number, "withdraw", reason="theirs")


def test_a_step_told_only_where_the_dossier_stands_keeps_its_state(two: TwoHouses) -> None:
    number = submitted(two, USA)
    approve(two, IND, number)
    two.deliver()
    two.told(IND, "security_officer", number, "remark", answers={"remark": "gate two"})
    here = two.detail(USA, "security_officer", number)
    assert (here.view.state, here.steps[-1].step, here.steps[-1].answers) == (
        "approved", "remark", {"remark": "gate two"},
    )  # fmt: skip


def test_an_effect_is_part_of_its_step_and_a_partners_step_has_none_here(
    two: TwoHouses, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[str, bool]] = []

    def effect(scene: EffectScene) -> None:
        seen.append((scene.row.state, scene.actor is None))
        if scene.step_answers.get("inside") == "fail":
            raise Conflict("state", field="effect", expected="something that can be done")

    monkeypatch.setitem(EFFECTS, "sample_note", effect)
    number = submitted(two, USA)
    with pytest.raises(Conflict):
        two.take(IND, "registrar", number, "deny", answers={"remark": "no", "inside": "fail"}, reason="full")
    assert two.state(IND, number) == "submitted"
    with two.at(IND):
        assert not OutboxMessage.objects.filter(kind="dossier-step").exists()
        assert LedgerEntry.objects.filter(event="dossier:step_taken").count() == 0
    two.told(IND, "registrar", number, "deny", answers={"remark": "no"}, reason="full")
    assert two.state(USA, number) == "denied"
    assert seen[1:] == [("denied", False)]


def test_nothing_personal_is_in_what_was_sent(two: TwoHouses) -> None:
    submitted(two, USA)
    with two.at(USA):
        sent = b"".join(bytes(row.envelope) for row in OutboxMessage.objects.filter(kind="dossier-step"))
    body = base64.b64decode(json.loads(sent)["payload"]).decode()
    assert "Name of engineer" not in body
    assert "ours alone" not in body
    assert two.nodes[USA].people["engineer"] in body


def test_a_withdrawal_stands_though_the_partner_refuses_it(two: TwoHouses) -> None:
    """What narrows needs nobody's consent: a partner that refuses a revocation for good does not undo it."""
    number = submitted(two, USA)
    approve(two, IND, number)
    two.deliver()
    two.take(IND, "registrar", number, "revoke")
    with two.at(IND) as node:
        message = Dossier.objects.get(number=number).told_message
        refusal = LinkRefusal(message, "conflict.state", final=True, expected_sequence=None)
        node.house.commit(lambda: dossier_step_settled(node.house, message, refusal, node.clock.now()))
    detail = two.detail(IND, "registrar", number)
    assert (detail.view.state, detail.view.attention) == ("denied", "refused")
    assert detail.steps[-1].refused == "conflict.state"


def test_a_name_is_compared_for_the_companys_own_people_only(two: TwoHouses) -> None:
    """Who knows another company's pseudonym does not learn by guessing whose it is."""
    with two.at(USA) as node:
        add_company(node, "USA-C099", "USA-F099")
        node.add("stranger", Role.ENGINEER, company="USA-C099", facility="USA-F099")
        row = {"person": node.people["stranger"], "name": "A guess", "level": "USA:SECRET"}
        given = answers(two, USA, people=[row])
        found = dossiers.check_form(node.house, node.actor("security_officer"), SAMPLE, given)
        assert "sample_request.name" not in {one.finding.code for one in found}
