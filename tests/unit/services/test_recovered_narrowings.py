"""An older copy of a node is recovered: what was withdrawn, suspended, revoked or ended since opens nothing again."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import transaction

from relto.base.errors import NotAuthenticated, Refused, Unreachable
from relto.ledger.leaves import Leaf, LeafEvent, build_leaf, read_leaf
from relto.ledger.tree import leaf_hash
from relto.rules.authority_keys import AuthorityKeys, sign_rotation
from relto.sealing.manifest import parse_manifest
from relto.services.active_bundle import active
from relto.services.assurances import revoke_assurance
from relto.services.authorisations import withdraw_authorisation
from relto.services.authority_statements import submit_statement
from relto.services.border import closed_by
from relto.services.credentials import issue_credential, revoke_credential
from relto.services.programmes import end_membership
from relto.services.recovered_narrowings import narrow_again
from relto.services.suspensions import reinstate, suspend
from relto.signing.keys import StatementKey
from relto.store.models import (
    ApiClient,
    Assurance,
    Authorisation,
    LedgerEntry,
    Membership,
    ReleaseCase,
)
from relto.store.queries.narrowing import narrowings
from tests.support.houses import FACILITY, IND, PROGRAMME, Node, nationhood
from tests.support.peer_simulator import Peer
from tests.unit.services.stories import accept, arrived, ask_release, authorise, decide_case, released, seal_item
from tests.unit.services.test_arriving_and_opening import open_now
from tests.unit.services.test_overlays import overlay, submit
from tests.unit.services.test_withdrawals import code_of, request_of, withdraw


def lost(verb: Callable[[], object]) -> list[Leaf]:
    """What a verb entered, of which the older copy knows nothing: all that it did is undone."""
    known = set(LedgerEntry.objects.values_list("entry", flat=True))
    before = transaction.savepoint()
    verb()
    rows = LedgerEntry.objects.exclude(entry__in=known).order_by("serial")
    leaves = [read_leaf(bytes(row.leaf)) for row in rows]
    transaction.savepoint_rollback(before)
    return leaves


def test_a_release_that_was_withdrawn_after_the_copy_gives_no_share(usa: Node, india: Peer) -> None:
    given = india.vouch(usa.house, "reader")
    case, body = released(usa, india)
    leaves = lost(lambda: withdraw(usa, case.id))
    assert code_of(usa, india, request_of(usa, india, body, given)) == ""
    count = narrowings()
    narrow_again(leaves)
    assert code_of(usa, india, request_of(usa, india, body, given)) == "refused"
    assert (ReleaseCase.objects.get().state, narrowings()) == ("withdrawn", count + 1)


@pytest.mark.parametrize("kind", ["facility", "person"])
def test_who_was_suspended_after_the_copy_opens_nothing_until_somebody_reinstates(
    ind: Node, america: Peer, kind: str
) -> None:
    arrival, sent = arrived(ind, america)
    accept(ind, arrival)
    manifest, registrar = parse_manifest(sent.manifest), ind.actor("registrar")
    said = {"kind": kind, "subject": ind.people["engineer"] if kind == "person" else FACILITY[IND], "reason": "inquiry"}
    suspended = lost(lambda: suspend(ind.house, registrar, **said))

    def both() -> None:
        suspend(ind.house, registrar, **said)
        reinstate(ind.house, registrar, **said)

    narrow_again(lost(both))
    open_now(ind, "engineer", manifest)
    narrow_again(suspended)
    with pytest.raises((Refused, NotAuthenticated)):
        open_now(ind, "engineer", manifest)
    assert not Assurance.objects.filter(direction="given", subject=said["subject"], status="valid").exists()


def test_what_was_revoked_withdrawn_or_ended_after_the_copy_stays_so(ind: Node) -> None:
    house, registrar, engineer = ind.house, ind.actor("registrar"), ind.people["engineer"]
    authorise(ind)
    given = Assurance.objects.get(direction="given", subject=engineer).id
    disclosure = Authorisation.objects.get(kind="disclosure").id
    credential = issue_credential(house, registrar, person=engineer, days=1).client_id

    def verbs() -> None:
        revoke_assurance(house, registrar, assurance=given)
        withdraw_authorisation(house, registrar, disclosure, reason="it lapsed")
        end_membership(house, registrar, programme=PROGRAMME, person=engineer, reason="another post")
        revoke_credential(house, registrar, client_id=credential)

    leaves = lost(verbs)
    assert Membership.objects.filter(person_id=engineer, until=None).exists()
    narrow_again(leaves)
    assert Assurance.objects.get(id=given).status == "revoked"
    assert Authorisation.objects.get(id=disclosure).withdrawn_at == leaves[1].at
    assert not Membership.objects.filter(person_id=engineer, until=None).exists()
    assert ApiClient.objects.get(client_id=credential).revoked_at is not None
    assert Membership.objects.filter(until=None).exists()  # the others'


def test_an_overlay_lost_with_the_copy_keeps_the_border_closed_until_it_is_submitted_again(
    usa: Node, india: Peer
) -> None:
    india.vouch(usa.house, "reader")
    authorise(usa)
    case, file = ask_release(usa, india, seal_item(usa)), overlay(status_max_age="1 hour")
    (leaf,) = lost(lambda: submit(usa, file))
    assert closed_by(usa.house, active(usa.house), usa.clock.now()) is None
    taken_from_an_export(leaf)
    with pytest.raises(Unreachable, match=r"agreement\.lost"):
        decide_case(usa, case)
    submit(usa, file)
    assert closed_by(usa.house, active(usa.house), usa.clock.now()) is None
    decide_case(usa, case)


def test_an_authoritys_new_key_lost_with_the_copy_keeps_the_border_closed(usa: Node) -> None:
    chain = AuthorityKeys.pinned(IND, nationhood(IND).authority.public)
    new = StatementKey.from_seeds("IND/authority", bytes([7]) * 32, bytes([8]) * 32)
    rotation = sign_rotation(chain, nationhood(IND).authority, new, effective_from=usa.clock.now())
    co_chair = usa.actor("co_chair")
    (leaf,) = lost(lambda: submit_statement(usa.house, co_chair, rotation))
    taken_from_an_export(leaf)
    assert closed_by(usa.house, active(usa.house), usa.clock.now()) == "lost"
    submit_statement(usa.house, co_chair, rotation)
    assert closed_by(usa.house, active(usa.house), usa.clock.now()) is None


def taken_from_an_export(leaf: Leaf) -> None:
    """The entry as a recovery takes it: its leaf alone."""
    data = build_leaf(
        event=LeafEvent(leaf.event),
        origin=leaf.origin,
        at=leaf.at,
        actor=leaf.actor,
        subject=leaf.subject,
        commitment=leaf.commitment,
        links=dict(leaf.links),
    )
    LedgerEntry.objects.create(
        entry="ent_taken",
        event=leaf.event,
        actor=leaf.actor,
        subject=leaf.subject,
        leaf=data,
        leaf_hash=leaf_hash(data),
        salt=b"",
        details={},
        recorded_at=leaf.at,
    )
