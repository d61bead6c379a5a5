"""After a verb that narrows rights returned, no decision made before it lets a share out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from relto.base.canonical import Json
from relto.base.errors import Refused
from relto.sealing.manifest import Manifest as Parsed
from relto.sealing.manifest import parse_manifest
from relto.services import assurances, authorisations, openings, programmes, suspensions
from relto.services.openings import supply_partner_share
from relto.services.share_release import OwnKeyService, use_decision
from relto.services.withdrawals import withdraw_release
from relto.store.models import AgreementBundle, Assurance, DecisionRecord, LedgerEntry
from relto.store.queries.narrowing import NOT_FOR_A_SHARE, narrow
from tests.support.houses import FACILITY, IND, PROGRAMME, Node
from tests.support.peer_simulator import Peer, SentRelease
from tests.unit.services.stories import accept, arrived, released
from tests.unit.services.test_arriving_and_opening import open_now
from tests.unit.services.test_withdrawals import code_of, request_of, withdrawn


def use(node: Node, grant: openings.OpeningGrant, manifest: Parsed) -> bool:
    """Whether the home share leaves under the grant."""
    with suppress(Refused):
        use_decision(
            node.house,
            decision=grant.decision,
            action="open",
            actor=node.people["engineer"],
            key_access=manifest.key_access[0],
            policy_text=manifest.policy_text,
        )
        return True
    return False


def _suspend_facility(node: Node, _: Peer, __: SentRelease) -> None:
    subject = FACILITY[node.house.nation]
    suspensions.suspend(node.house, node.actor("registrar"), kind="facility", subject=subject, reason="review")


def _suspend_person(node: Node, _: Peer, __: SentRelease) -> None:
    subject = node.people["engineer"]
    suspensions.suspend(node.house, node.actor("registrar"), kind="person", subject=subject, reason="review")


def _end_membership(node: Node, _: Peer, __: SentRelease) -> None:
    person = node.people["engineer"]
    programmes.end_membership(
        node.house, node.actor("registrar"), programme=PROGRAMME, person=person, reason="moved on"
    )


def _revoke(node: Node, _: Peer, __: SentRelease) -> None:
    row = Assurance.objects.get(subject=node.people["engineer"])
    assurances.revoke_assurance(node.house, node.actor("registrar"), assurance=row.id)


def _notice(node: Node, peer: Peer, sent: SentRelease) -> None:
    assert withdrawn(node, peer, sent) == ""


def _new_agreement(_: Node, __: Peer, ___: SentRelease) -> None:
    """One that was stored before takes effect at its instant, without a verb."""
    row = AgreementBundle.objects.get()
    AgreementBundle.objects.create(
        agreement=row.agreement,
        version=row.version + 1,
        digest="0" * 64,
        file=row.file,
        effective_from=row.effective_from,
        expires=row.expires,
        activated_at=row.activated_at,
    )


@pytest.mark.parametrize(
    "narrowing", [_suspend_facility, _suspend_person, _end_membership, _revoke, _notice, _new_agreement]
)
def test_a_permitted_opening_is_worth_nothing_once_rights_were_narrowed(
    ind: Node, america: Peer, narrowing: Callable[[Node, Peer, SentRelease], None]
) -> None:
    arrival, sent = arrived(ind, america)
    accept(ind, arrival)
    manifest = parse_manifest(sent.manifest)
    assert use(ind, open_now(ind, "engineer", manifest), manifest)
    grant = open_now(ind, "engineer", manifest)
    narrowing(ind, america, sent)
    assert not use(ind, grant, manifest)
    assert DecisionRecord.objects.get(id=grant.decision).used_at is None


@dataclass
class Interrupted(OwnKeyService):
    """The node's own key service, reached after something else was committed."""

    served: OwnKeyService
    before: Callable[[], object]

    def share_for_session(
        self, decision: str, key_access: Mapping[str, Json], policy: str, session_key: str
    ) -> Mapping[str, Json]:
        self.before()
        return self.served.share_for_session(decision, key_access, policy, session_key)


def _withdraw_release(node: Node, case: str) -> None:
    withdraw_release(node.house, node.actor("release_officer"), case, reason="compromised")


def _withdraw_authorisation(node: Node, _: str) -> None:
    row = next(
        one for one in authorisations.authorisations(node.house, node.actor("registrar")) if one.kind == "disclosure"
    )
    authorisations.withdraw_authorisation(node.house, node.actor("registrar"), row.id, reason="changed")


@pytest.mark.parametrize("narrowing", [_withdraw_release, _withdraw_authorisation])
def test_a_share_decided_on_before_a_withdrawal_does_not_leave_after_it(
    usa: Node, india: Peer, narrowing: Callable[[Node, str], None]
) -> None:
    given_ids = india.vouch(usa.house, "reader")
    case, body = released(usa, india)
    assert code_of(usa, india, request_of(usa, india, body, given_ids)) == ""
    request = request_of(usa, india, body, given_ids)
    service = usa.house.key_service
    assert isinstance(service, OwnKeyService)
    slow = replace(usa.house, key_service=Interrupted(service, lambda: narrowing(usa, case.id)))
    answer = india.read_share_answer(request, supply_partner_share(slow, request, IND))
    assert (answer.code, answer.wrapped) == ("refused", b"")
    records = DecisionRecord.objects.filter(action="supply_share", permitted=True).order_by("used_at")
    assert [record.used_at is None for record in records].count(True) == 1
    assert LedgerEntry.objects.filter(event="opening:partner_failed").count() == 1


def test_a_partners_suspension_that_arrives_between_decision_and_share_counts(usa: Node, india: Peer) -> None:
    given_ids = india.vouch(usa.house, "reader")
    _, body = released(usa, india)
    reader = india.people["reader"]
    request = request_of(usa, india, body, given_ids)
    notice = india.assurance("person", reader, id=given_ids[reader], status="suspended")
    service = usa.house.key_service
    assert isinstance(service, OwnKeyService)
    slow = replace(usa.house, key_service=Interrupted(service, lambda: india.send(usa.house, "assurance", notice)))
    assert india.read_share_answer(request, supply_partner_share(slow, request, IND)).code == "refused"


def test_a_renewal_that_says_the_same_interrupts_nobody(usa: Node, india: Peer) -> None:
    given_ids = india.vouch(usa.house, "reader")
    _, body = released(usa, india)
    reader = india.people["reader"]
    request = request_of(usa, india, body, given_ids)
    service = usa.house.key_service
    assert isinstance(service, OwnKeyService)
    notice = india.assurance("person", reader, id=given_ids[reader])
    slow = replace(usa.house, key_service=Interrupted(service, lambda: india.send(usa.house, "assurance", notice)))
    assert india.read_share_answer(request, supply_partner_share(slow, request, IND)).code == ""


def test_decisions_that_are_about_no_share_never_let_one_out(ind: Node, america: Peer) -> None:
    arrival, _ = arrived(ind, america)
    accept(ind, arrival)
    assert set(DecisionRecord.objects.values_list("narrowing", flat=True)) == {NOT_FOR_A_SHARE}


STEPS = st.lists(st.sampled_from(["decide", "use", "narrow"]), min_size=2, max_size=8)


def test_a_use_is_served_exactly_when_nothing_was_narrowed_since_its_decision(ind: Node, america: Peer) -> None:
    arrival, sent = arrived(ind, america)
    accept(ind, arrival)
    manifest = parse_manifest(sent.manifest)

    @settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(STEPS)
    def law(steps: list[str]) -> None:
        grants: list[tuple[openings.OpeningGrant, bool]] = []
        for step in steps:
            if step == "decide":
                grants.append((open_now(ind, "engineer", manifest), True))
            elif step == "narrow":
                ind.house.commit(narrow)
                grants = [(grant, False) for grant, _ in grants]
            elif grants:
                grant, served = grants.pop()
                assert use(ind, grant, manifest) is served
                assert not use(ind, grant, manifest), "once only"

    law()
