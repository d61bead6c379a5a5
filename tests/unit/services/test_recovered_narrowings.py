"""An older copy of a node is recovered: what was withdrawn, suspended, revoked or ended since opens nothing again."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import transaction

from relto.base.errors import NotAuthenticated, Refused
from relto.ledger.leaves import Leaf, read_leaf
from relto.sealing.manifest import parse_manifest
from relto.services.assurances import revoke_assurance
from relto.services.authorisations import withdraw_authorisation
from relto.services.credentials import issue_credential, revoke_credential
from relto.services.programmes import end_membership
from relto.services.recovered_narrowings import narrow_again
from relto.services.suspensions import reinstate, suspend
from relto.store.models import (
    ApiClient,
    Assurance,
    Authorisation,
    LedgerEntry,
    Membership,
    ReleaseCase,
)
from relto.store.queries.narrowing import narrowings
from tests.support.houses import FACILITY, IND, PROGRAMME, Node
from tests.support.peer_simulator import Peer
from tests.unit.services.stories import accept, arrived, authorise, released
from tests.unit.services.test_arriving_and_opening import open_now
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
