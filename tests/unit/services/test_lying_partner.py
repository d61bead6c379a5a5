"""A partner that lies about checksums, keys and outcomes: the ledger tells what happened, and nothing waits."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace

import pytest

from relto.base.canonical import Json
from relto.base.errors import Conflict, NotVerified, ReltoError, Unreachable
from relto.exchange.answers import LinkRefusal
from relto.services import release_settling
from relto.services.house import House
from relto.services.openings import supply_partner_share
from relto.services.share_release import OwnKeyService
from relto.store.models import DecisionRecord, Item, LedgerEntry, Manifest, ReleaseCase, SingleUse
from tests.support.houses import COMPANY, IND, START, USA, Node
from tests.support.peer_simulator import Peer
from tests.unit.services.stories import arrived, released


class FailingKeyService(OwnKeyService):
    """The node's key service when it is stopped, or refuses, or answers with less than a share."""

    def __init__(self, answer: ReltoError | Mapping[str, Json]) -> None:
        self._answer = answer

    def share_for_session(
        self, decision: str, key_access: Mapping[str, Json], policy: str, session_key: str
    ) -> Mapping[str, Json]:
        if isinstance(self._answer, ReltoError):
            raise self._answer
        return self._answer


def asked(usa: Node, india: Peer, **changes: str) -> bytes:
    given = india.vouch(usa.house, "reader")
    _, body = released(usa, india)
    manifest = bytes(Manifest.objects.get(kind="release").content)
    reader = india.people["reader"]
    request, _ = india.opening_request(usa.house, manifest, str(body["item"]["uuid"]), reader, given[reader], **changes)
    return request


@pytest.mark.parametrize("key", ["nonsense", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"])
def test_a_session_key_that_is_none_is_refused_before_anything_is_decided(usa: Node, india: Peer, key: str) -> None:
    request = asked(usa, india, session_key=key)
    answer = india.read_share_answer(request, supply_partner_share(usa.house, request, IND))
    assert (answer.code, answer.wrapped) == ("malformed", b"")
    assert not LedgerEntry.objects.filter(event__startswith="opening:").exists()
    assert not DecisionRecord.objects.filter(action="supply_share").exists()
    assert not SingleUse.objects.filter(purpose="opening-request").exists()


@pytest.mark.parametrize(
    ("trouble", "status", "code"),
    [
        (Unreachable("key_service"), 503, "unreachable.key_service"),
        (NotVerified("binding"), 403, "not_verified.binding"),
        ({}, 403, "malformed"),
    ],
    ids=["stopped", "refusing", "empty"],
)
def test_a_grant_after_which_no_share_left_is_followed_by_an_entry_that_says_so(
    usa: Node, india: Peer, trouble: ReltoError | Mapping[str, Json], status: int, code: str
) -> None:
    request = asked(usa, india)
    house: House = replace(usa.house, key_service=FailingKeyService(trouble))
    told = supply_partner_share(house, request, IND)
    assert told.status == status
    assert india.read_share_answer(request, told).code
    granted, failed = LedgerEntry.objects.filter(event__startswith="opening:").order_by("serial")
    assert (granted.event, failed.event) == ("opening:partner_granted", "opening:partner_failed")
    assert failed.details["decision"] == granted.details["decision"]
    assert failed.details["code"].startswith(code)
    assert (failed.subject, failed.actor, failed.company) == (granted.subject, IND, COMPANY[USA])


def test_a_checksum_that_is_not_the_payloads_refuses_the_release_and_leaves_nothing(ind: Node, america: Peer) -> None:
    sent = america.release(
        {ind.people["engineer"]: "analyses the report"},
        change=lambda body: body.update(payload_crc32=body["payload_crc32"] ^ 1),
    )
    answer = america.send(ind.house, "release", sent.body, sent.payload)
    assert (answer.status, america.code_of(answer)) == (422, "not_verified.payload_crc32")
    assert not Item.objects.exists()
    assert ind.house.blobs.unclaimed() == []
    assert ind.house.blobs.partial_size(hashlib.sha256(sent.payload).hexdigest()) == 0


def test_an_item_released_again_is_compared_with_the_checksum_counted_the_first_time(ind: Node, america: Peer) -> None:
    _, sent = arrived(ind, america)
    assert ind.house.blobs.unclaimed() == [], "the item claims its payload"
    again = america.release(
        {ind.people["engineer"]: "analyses the report"}, again=sent, change=lambda body: body.update(payload_crc32=1)
    )
    answer = america.send(ind.house, "release", again.body, again.payload)
    assert america.code_of(answer) == "not_verified.payload_crc32"
    with ind.house.blobs.open(Item.objects.get().payload_blob) as file:
        assert file.read() == sent.payload, "another release of it still needs the payload"
    honest = america.release({ind.people["engineer"]: "analyses the report"}, again=sent)
    assert america.code_of(america.send(ind.house, "release", honest.body, honest.payload)) == ""


def test_a_refusal_after_custody_contradicts_and_changes_nothing(usa: Node, india: Peer) -> None:
    india.vouch(usa.house, "reader")
    case, body = released(usa, india)
    policy = Manifest.objects.get(kind="release").policy_uuid
    assert india.code_of(india.send(usa.house, "acceptance", india.custody(body, policy))) == ""
    message = ReleaseCase.objects.get(id=case.id).message
    with pytest.raises(Conflict) as contradiction:
        release_settling.release_settled(
            usa.house, message, LinkRefusal(message, "x", final=True, expected_sequence=None), START
        )
    assert contradiction.value.found == "accepted", "the worker enters this and goes on"
    assert ReleaseCase.objects.get(id=case.id).state == "accepted"
