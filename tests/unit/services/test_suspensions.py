"""A facility or a person is suspended, an assurance, a membership or an authorisation ends: what that cuts."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from typing import Any

import pytest

from relto.base.errors import Conflict, NotAuthenticated, NotAvailable, Refused, UnknownValue
from relto.base.nations import Nation
from relto.procedures.actors import Role
from relto.sealing.archive import open_archive
from relto.sealing.manifest import parse_manifest
from relto.sealing.policy import read_policy
from relto.services import (
    affected,
    assurances,
    authorisations,
    credentials,
    items,
    organisation,
    programmes,
    suspensions,
)
from relto.services.openings import open_at_home, supply_partner_share
from relto.store.models import Assurance, DecisionRecord, LedgerEntry, Membership, Narrowing, OutboxMessage, Person
from tests.support.houses import FACILITY, IND, PROGRAMME, START, USA, YEAR, Node, add_company, vouch
from tests.support.peer_simulator import Peer
from tests.unit.services.stories import accept, arrived, released, seal_item, sent_body
from tests.unit.services.test_arriving_and_opening import open_now
from tests.unit.services.test_withdrawals import code_of, originator, recipient, request_of


def suspend(node: Node, kind: str, subject: str) -> suspensions.Suspension:
    return suspensions.suspend(
        node.house, node.actor("registrar"), kind=kind, subject=subject, reason="clearance under review"
    )


def reinstate(node: Node, kind: str, subject: str) -> suspensions.Suspension:
    return suspensions.reinstate(
        node.house, node.actor("registrar"), kind=kind, subject=subject, reason="review is closed"
    )


def failed_rules(refused: Refused) -> list[str]:
    record = DecisionRecord.objects.get(id=refused.reference)
    return [gate["rule"] for gate in record.decision["gates"] if gate["outcome"] == "fails"]


def own_container(node: Node) -> Any:
    item = seal_item(node)
    container = b"".join(items.container(node.house, node.actor("engineer"), item.id).chunks)
    return parse_manifest(open_archive(io.BytesIO(container)).manifest)


@pytest.mark.parametrize("nation", [USA, IND])
def test_a_suspended_facility_opens_nothing_and_says_before_what_it_cuts(
    db: None, tmp_path: Path, nation: Nation
) -> None:
    node, peer = recipient(tmp_path, nation)
    arrival, sent = arrived(node, peer)
    accepted = accept(node, arrival)
    manifest, own = parse_manifest(sent.manifest), own_container(node)
    open_now(node, "engineer", manifest)
    open_now(node, "engineer", own)
    foretold = suspensions.consequences(node.house, node.actor("registrar"), kind="facility", subject=FACILITY[nation])
    narrowed = Narrowing.objects.first()
    done = suspend(node, "facility", FACILITY[nation])
    assert Narrowing.objects.get().count == (narrowed.count if narrowed else 0) + 1
    assert done.affected == foretold
    assert [one.number for one in foretold.arrivals] == [arrival.number]
    assert foretold.arrivals[0].banner == accepted.item.banner
    assert {one.pseudonym for one in foretold.people} >= {node.people["engineer"], node.people["colleague"]}
    assert {one.subject for one in foretold.assurances} == {
        FACILITY[nation],
        node.people["engineer"],
        node.people["colleague"],
    }
    assert (foretold.own_items, foretold.cases) == (1, ())
    for container in (manifest, own):
        with pytest.raises(Refused) as refused:
            open_now(node, "engineer", container)
        assert "R05-facility-assurance-valid" in failed_rules(refused.value)
    assert set(Assurance.objects.values_list("status", flat=True)) == {"suspended"}
    assert OutboxMessage.objects.filter(kind="assurance").count() == 6
    assert LedgerEntry.objects.filter(event="assurance:suspended").count() == 3
    assert LedgerEntry.objects.get(entry=done.entry).event == "facility:suspended"
    with pytest.raises(Conflict):
        suspend(node, "facility", FACILITY[nation])
    back = reinstate(node, "facility", FACILITY[nation])
    assert (back.suspended_at, len(back.affected.assurances)) == (None, 3)
    assert set(Assurance.objects.values_list("status", flat=True)) == {"valid"}
    open_now(node, "engineer", manifest)
    open_now(node, "engineer", own)
    assert LedgerEntry.objects.get(entry=back.entry).event == "facility:reinstated"


def test_a_suspended_person_is_nobody_and_her_sessions_end(ind: Node, america: Peer) -> None:
    arrival, sent = arrived(ind, america)
    accept(ind, arrival)
    engineer = ind.actor("engineer")
    manifest, own = parse_manifest(sent.manifest), own_container(ind)
    open_now(ind, "engineer", manifest)
    done = suspend(ind, "person", engineer.person)
    assert done.affected.people == (affected.AffectedPerson(engineer.person, FACILITY[IND]),)
    assert [one.id for one in done.affected.arrivals] == [arrival.id]
    with pytest.raises(NotAuthenticated):
        ind.actor("engineer")
    ind.people["earlier"] = engineer.person
    for container in (manifest, own):
        with pytest.raises(Refused) as refused:  # an actor read before the suspension
            _open_as(ind, engineer, container)
        assert "R09-personal-assurance-valid" in failed_rules(refused.value)
    with pytest.raises((Conflict, NotAvailable)):
        credentials.issue_credential(ind.house, ind.actor("registrar"), person=engineer.person, days=1)
    reinstate(ind, "person", engineer.person)
    open_now(ind, "engineer", manifest)


def _open_as(node: Node, actor: Any, manifest: Any) -> Any:
    return open_at_home(
        node.house,
        actor,
        policy_uuid=read_policy(manifest.policy_text).uuid,
        policy_text=manifest.policy_text,
        key_access=manifest.key_access[0],
    )


def test_lifting_one_suspension_does_not_lift_another(ind: Node) -> None:
    engineer = ind.people["engineer"]
    suspend(ind, "facility", FACILITY[IND])
    with pytest.raises(Conflict):  # her facility is suspended: nobody may vouch for her
        vouch(ind, USA, "engineer")
    suspend(ind, "person", engineer)
    assert Assurance.objects.filter(status="suspended").count() == 3
    reinstate(ind, "facility", FACILITY[IND])
    assert Assurance.objects.get(subject=engineer).status == "suspended"
    suspend(ind, "facility", FACILITY[IND])
    reinstate(ind, "person", engineer)
    assert Assurance.objects.get(subject=engineer).status == "suspended"
    again = reinstate(ind, "facility", FACILITY[IND])
    assert engineer in {one.subject for one in again.affected.assurances}
    assert Assurance.objects.get(subject=engineer).status == "valid"


def test_what_changed_under_a_suspension_is_not_vouched_for_again(ind: Node) -> None:
    engineer = ind.people["engineer"]
    suspend(ind, "person", engineer)
    Person.objects.filter(id=engineer).update(clearance_level="CONFIDENTIAL")
    assert reinstate(ind, "person", engineer).affected.assurances == ()
    assert Assurance.objects.get(subject=engineer).status == "suspended"


def test_only_a_registrar_suspends_nobody_herself_and_nothing_twice(ind: Node) -> None:
    for who in ("engineer", "security_officer", "release_officer", "inspector", "operator"):
        for verb in (suspensions.suspend, suspensions.reinstate):
            with pytest.raises(Refused):
                verb(ind.house, ind.actor(who), kind="facility", subject=FACILITY[IND], reason="no")
        with pytest.raises(Refused):
            suspensions.consequences(ind.house, ind.actor(who), kind="facility", subject=FACILITY[IND])
    with pytest.raises(Refused) as own:
        suspend(ind, "person", ind.people["registrar"])
    assert own.value.full_code == "refused.own_suspension"
    with pytest.raises(NotAvailable):
        suspend(ind, "person", "prs_unknown")
    with pytest.raises(UnknownValue):
        suspend(ind, "company", FACILITY[IND])
    with pytest.raises(Conflict):
        reinstate(ind, "facility", FACILITY[IND])
    suspend(ind, "person", ind.people["co_chair"])


@pytest.mark.parametrize("status", ["suspended", "revoked"])
@pytest.mark.parametrize("nation", [USA, IND])
@pytest.mark.parametrize("kind", ["facility", "person"])
def test_a_partners_suspension_closes_its_openings_and_lists_the_cases(
    db: None, tmp_path: Path, nation: Nation, kind: str, status: str
) -> None:
    node, peer = originator(tmp_path, nation)
    given = peer.vouch(node.house, "reader")
    case, body = released(node, peer)
    assert code_of(node, peer, request_of(node, peer, body, given)) == ""
    subject = FACILITY[peer.nation] if kind == "facility" else peer.people["reader"]
    told = peer.assurance(kind, subject, id=given[subject], status=status)
    narrowed = Narrowing.objects.first()
    assert peer.code_of(peer.send(node.house, "assurance", told)) == ""
    assert Narrowing.objects.get().count == (narrowed.count if narrowed else 0) + 1
    assert code_of(node, peer, request_of(node, peer, body, given)) == "refused"
    closed = affected.affected_by_assurance(node.house, node.actor("release_officer"), given[subject])
    assert [one.id for one in closed.cases] == [case.id]
    assert [one.pseudonym for one in closed.people] == [peer.people["reader"]]
    with pytest.raises(Refused):
        affected.affected_by_assurance(node.house, node.actor("security_officer"), given[subject])
    back = peer.assurance(kind, subject, id=given[subject], status="valid")
    expected = "" if status == "suspended" else "conflict.state"
    assert peer.code_of(peer.send(node.house, "assurance", back)) == expected
    assert code_of(node, peer, request_of(node, peer, body, given)) == ("" if status == "suspended" else "refused")


def test_the_newest_assurance_governs_at_home_and_an_older_one_cannot_be_touched(ind: Node, america: Peer) -> None:
    arrival, sent = arrived(ind, america)
    accept(ind, arrival)
    engineer, registrar = ind.people["engineer"], ind.actor("registrar")
    first = Assurance.objects.get(subject=engineer)
    newer = assurances.give_assurance(
        ind.house, registrar, subject_kind="person", subject=engineer, recipient=USA, valid_until=START + YEAR / 4
    )
    assert newer.status_at > first.status_at, "also where only whole seconds are told"
    views = {one.id: one.governs for one in assurances.list_assurances(ind.house, registrar) if one.subject == engineer}
    assert views == {first.id: False, newer.id: True}
    for verb in (assurances.renew_assurance, assurances.revoke_assurance):
        with pytest.raises(Conflict) as superseded:
            verb(ind.house, registrar, assurance=first.id)
        assert superseded.value.full_code == "conflict.superseded"
    assurances.revoke_assurance(ind.house, registrar, assurance=newer.id)
    with pytest.raises(Refused) as refused:  # the older one still says valid
        open_now(ind, "engineer", parse_manifest(sent.manifest))
    assert "R09-personal-assurance-valid" in failed_rules(refused.value)


def test_an_ended_membership_opens_nothing(ind: Node, america: Peer) -> None:
    arrival, sent = arrived(ind, america)
    accept(ind, arrival)
    own = own_container(ind)
    ended = programmes.end_membership(
        ind.house, ind.actor("security_officer"), programme=PROGRAMME, person=ind.people["engineer"], reason="moved on"
    )
    assert (ended.until, ended.reason) == (START, "moved on")
    assert ind.actor("engineer").programmes == frozenset()
    assert ind.people["engineer"] not in programmes.programmes(ind.house, ind.actor("registrar"))[0].members
    assert organisation.person(ind.house, ind.actor("registrar"), ind.people["engineer"]).programmes == ()
    for container in (parse_manifest(sent.manifest), own):
        with pytest.raises(Refused):
            open_now(ind, "engineer", container)
    with pytest.raises(Conflict) as twice:
        programmes.end_membership(
            ind.house, ind.actor("registrar"), programme=PROGRAMME, person=ind.people["engineer"], reason="again"
        )
    assert twice.value.full_code == "conflict.not_member"
    programmes.assign_member(
        ind.house, ind.actor("registrar"), programme=PROGRAMME, person=ind.people["engineer"], reason="is back"
    )
    open_now(ind, "engineer", own)
    assert Membership.objects.get(person_id=ind.people["engineer"]).until is None


def test_a_security_officer_ends_only_her_own_peoples_membership(ind: Node) -> None:
    add_company(ind, "IND-C020", "IND-F020")
    ind.add("stranger", Role.SECURITY_OFFICER, company="IND-C020", facility="IND-F020")
    for who, error in (("stranger", NotAvailable), ("engineer", Refused), ("release_officer", Refused)):
        with pytest.raises(error):
            programmes.end_membership(
                ind.house, ind.actor(who), programme=PROGRAMME, person=ind.people["engineer"], reason="no"
            )


@pytest.mark.parametrize("kind", ["disclosure", "export"])
@pytest.mark.parametrize("nation", [USA, IND])
def test_a_withdrawn_authorisation_closes_what_nothing_else_covers(
    db: None, tmp_path: Path, nation: Nation, kind: str
) -> None:
    node, peer = originator(tmp_path, nation)
    given = peer.vouch(node.house, "reader")
    case, body = released(node, peer)
    who = {"disclosure": "registrar", "export": "security_officer"}
    rows = {one.kind: one for one in authorisations.authorisations(node.house, node.actor("registrar"))}
    for other in set(node.people) - {who[kind]}:
        with pytest.raises((Refused, NotAvailable)):
            authorisations.withdraw_authorisation(node.house, node.actor(other), rows[kind].id, reason="no")
    done = authorisations.withdraw_authorisation(
        node.house, node.actor(who[kind]), rows[kind].id, reason="the policy was changed"
    )
    assert (done.withdrawn_at, done.withdrawal_reason) == (START, "the policy was changed")
    assert done.affected is not None
    assert [one.id for one in done.affected.cases] == [case.id]
    assert code_of(node, peer, request_of(node, peer, body, given)) == "refused"
    assert LedgerEntry.objects.get(entry=done.entry).event == "authorisation:withdrawn"
    with pytest.raises(Conflict):
        authorisations.withdraw_authorisation(node.house, node.actor(who[kind]), rows[kind].id, reason="again")


def test_an_authorisation_beside_the_withdrawn_one_still_carries(usa: Node, india: Peer) -> None:
    given = india.vouch(usa.house, "reader")
    case, body = released(usa, india)
    authorisations.record_disclosure(
        usa.house,
        usa.actor("registrar"),
        reference="NDP-2026-2",
        nation=IND,
        item=case.item.id,
        valid_from=START - YEAR,
        valid_until=START + YEAR,
    )
    first = next(
        one for one in authorisations.authorisations(usa.house, usa.actor("registrar")) if one.reference == "NDP-2026-1"
    )
    done = authorisations.withdraw_authorisation(usa.house, usa.actor("registrar"), first.id, reason="replaced")
    assert done.affected == affected.Affected()
    request = request_of(usa, india, body, given)
    assert india.read_share_answer(request, supply_partner_share(usa.house, request, IND)).code == ""


def test_the_notice_says_suspended_in_the_agreed_form(ind: Node, america: Peer) -> None:
    suspend(ind, "person", ind.people["colleague"])
    body = sent_body(ind, america, "assurance")
    told = json.loads(base64.b64decode(body["statement"]["payload"]))
    assert (told["status"], told["subject"], told["type"]) == ("suspended", ind.people["colleague"], "assurance")
    assert "review" not in json.dumps(told)


def test_what_an_authorisation_alone_covers_is_answered_before_and_after_its_withdrawal(usa: Node, india: Peer) -> None:
    india.vouch(usa.house, "reader")
    case, _ = released(usa, india)
    rows = {one.kind: one for one in authorisations.authorisations(usa.house, usa.actor("release_officer"))}
    for kind, who, other in (
        ("disclosure", "registrar", "security_officer"),
        ("export", "security_officer", "registrar"),
    ):
        before = affected.affected_by_authorisation(usa.house, usa.actor(who), rows[kind].id)
        assert [one.id for one in before.cases] == [case.id]
        with pytest.raises(NotAvailable):
            affected.affected_by_authorisation(usa.house, usa.actor(other), rows[kind].id)
    with pytest.raises(Refused):
        affected.affected_by_authorisation(usa.house, usa.actor("engineer"), rows["export"].id)
    registrar = usa.actor("registrar")
    done = authorisations.withdraw_authorisation(usa.house, registrar, rows["disclosure"].id, reason="ended")
    again = affected.affected_by_authorisation(usa.house, registrar, rows["disclosure"].id)
    assert again == done.affected == before
