"""A nation tightens or suspends alone and at once, at its own node; it never loosens alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from relto.adapters.words import error_sentence
from relto.api.gates import _text
from relto.base.canonical import Json, read_object
from relto.base.errors import Conflict, MalformedInput, NotVerified, Refused, ReltoError
from relto.base.instants import instant_text
from relto.node.overlay_drafting import overlay_body
from relto.ports.proving import ProofQuestion
from relto.rules.decision import decision_from_dict
from relto.rules.overlays import sign_overlay
from relto.services import active_bundle, bundles, overlays
from relto.services.refusals import explain
from relto.services.replays import replay
from relto.services.share_release import _cites_present_rules
from relto.store.models import DecisionRecord, LedgerEntry, NationalOverlay
from tests.support.houses import FACILITY, IND, PROGRAMME, START, USA, Node, agreement, drafted, nationhood, signed_by
from tests.support.peer_simulator import Peer
from tests.unit.services.stories import ask_release, authorise, decide_case, seal_item

HOUR = "1 hour"
SUSPENDED = "N1-programme-suspended"


def overlay(version: int = 1, *, signer: str = "USA", **changes: Any) -> bytes:
    """A signed overlay of the United States, in force now; `changes` as `overlay_body` takes them, or members."""
    stated: dict[str, Any] = {
        "nation": "USA",
        "agreement": "IND-USA",
        "overlay_version": version,
        "from_version": 1,
        "to_version": None,
        "effective_from": START - timedelta(hours=1),
        "ends": None,
        "reason": "a review of the programme",
    }
    members: dict[str, Json] = changes.pop("members", {})
    body = {**overlay_body(**{**stated, **changes}), **members}
    return sign_overlay(body, nationhood(USA if signer == "USA" else IND).authority)


def submit(node: Node, file: bytes) -> overlays.OverlayView:
    return overlays.submit_overlay(node.house, node.actor("co_chair"), file)


def test_a_suspended_programme_is_refused_at_once_and_each_decision_cites_the_overlay_of_its_day(
    usa: Node, india: Peer
) -> None:
    india.vouch(usa.house, "reader")
    authorise(usa)
    case = ask_release(usa, india, seal_item(usa))
    view = submit(usa, overlay(programmes=[PROGRAMME]))
    assert (view.in_force, view.rules, view.changes, view.withdraws) == (True, (SUSPENDED,), ("suspend",), False)
    assert bundles.active_bundle_view(usa.house, usa.actor("engineer")).overlay == 1
    with pytest.raises(Refused):
        decide_case(usa, case)
    first = DecisionRecord.objects.get()
    made = decision_from_dict(first.decision)
    assert made.failed_rules == (SUSPENDED,)
    assert made.overlay is not None
    assert (made.overlay.version, made.overlay.digest) == (1, view.digest)
    assert view.digest.encode() in bytes(LedgerEntry.objects.get(entry=first.entry).leaf)
    told = explain(usa.house, usa.actor("release_officer"), first.id)
    assert "suspended" in told.says[SUSPENDED]["en"]
    assert _text(active_bundle.for_words(usa.house, 1), SUSPENDED, "hi")[0]

    usa.clock.forward(minutes=1)
    assert submit(usa, overlay(2)).withdraws
    decide_case(usa, case)
    second = DecisionRecord.objects.exclude(id=first.id).get()
    assert second.permitted
    usa.clock.forward(days=3000)
    for record in (first, second):
        done = replay(usa.house, usa.actor("inspector"), record.id)
        assert (done.same, done.permitted) == (True, record.permitted)
    events = list(LedgerEntry.objects.filter(event__startswith="overlay").values_list("event", flat=True))
    assert events == ["overlay:activated", "overlay:withdrawn"]
    assert [one.version for one in overlays.overlays(usa.house, usa.actor("engineer"))] == [2, 1]


def test_a_decision_made_before_an_overlay_began_lets_no_share_out_after(usa: Node, india: Peer) -> None:
    india.vouch(usa.house, "reader")
    authorise(usa)
    decide_case(usa, ask_release(usa, india, seal_item(usa)))
    record = DecisionRecord.objects.get()
    now = usa.clock.now()
    assert _cites_present_rules(record, now)
    later = now + timedelta(hours=1)
    submit(usa, overlay(status_max_age=HOUR, effective_from=later, ends=later + timedelta(days=1)))
    assert active_bundle.active(usa.house).overlay is None
    assert _cites_present_rules(record, now)
    assert not _cites_present_rules(record, later)
    assert active_bundle.active(usa.house, later).limits.seconds("assurance_status_max_age") == 3600
    assert active_bundle.active(usa.house, later + timedelta(days=1)).overlay is None, "it has ended"


def test_every_way_to_tighten_is_proved_and_on_the_bundle(usa: Node) -> None:
    rule = {
        "gate": "example_review",
        "rule": "N1-reviewed",
        "actions": ["release"],
        "applies": ["crosses_border"],
        "holds": "resource.registered",
        "says": {"en": {"text": "It is registered.", "reviewed": True}, "hi": {"text": "पंजीकृत।", "reviewed": False}},
        "remedy": "seek_review",
        "who_can_fix": "own_authority",
        "provisions": ["OVERLAY-USA-1"],
        "facts": [],
    }
    submit(
        usa,
        overlay(
            status_max_age=HOUR,
            actions=["accept"],
            facilities=[FACILITY[IND]],
            listings=[f"{PROGRAMME}/{FACILITY[USA]}"],
            equivalents=["IND:SECRET>USA"],
            rules=["R15-releasable-to=resource.audience.contains(principal.nation)"],
            members={"gates": [rule]},
        ),
    )
    found = active_bundle.active(usa.house)
    assert {"N1-reviewed", "N1-action-suspended", "N1-facility-suspended"} <= {one.rule for one in found.gates.gates}
    assert FACILITY[USA] not in found.programmes[PROGRAMME].facilities
    assert found.standing("N1-facility-suspended", USA).unconfirmed is False
    own = found.policies.by_nation(IND)
    assert not any(
        row.from_level == own.level("SECRET") and row.to_policy_oid != own.oid for row in found.equivalence.rows
    )


@pytest.mark.proves
@pytest.mark.parametrize(
    ("loosening", "rule"),
    [
        ({"status_max_age": "30 day"}, "status-fresh"),
        ({"rules": ["R15-releasable-to=true"]}, "R15-releasable-to"),
        ({"unregistered_up_to": "SECRET"}, "R20-manifest-registered"),
        ({"members": {"limits": {"approved_channels": ["link", "pigeon"]}}}, "R11-approved-channel"),
    ],
)
def test_an_overlay_that_loosens_is_refused_with_its_case(usa: Node, loosening: dict[str, Any], rule: str) -> None:
    with pytest.raises(Refused) as caught:
        submit(usa, overlay(**loosening))
    assert caught.value.reason == "overlay.loosens.release"
    assert rule in str(caught.value.field)
    assert "a nation never loosens alone" in error_sentence(caught.value)
    assert caught.value.details["owner"] in ("USA", "IND")
    assert not NationalOverlay.objects.exists()
    assert LedgerEntry.objects.order_by("-serial")[0].event == "overlay:refused"
    assert active_bundle.active(usa.house).overlay is None


def test_what_is_no_overlay_of_this_node_changes_nothing(usa: Node) -> None:
    wrong: list[tuple[bytes, type[ReltoError]]] = [
        (b"no overlay", MalformedInput),
        (overlay(signer="IND"), NotVerified),
        (overlay(nation="IND"), Conflict),
        (overlay(agreement="FRA-USA"), Conflict),
        (overlay(from_version=2), Conflict),
        (overlay(effective_from=START - timedelta(days=2), ends=START - timedelta(days=1)), Conflict),
        (overlay(programmes=["NO-SUCH"]), MalformedInput),
        (overlay(listings=[f"{PROGRAMME}/NO-SUCH"]), MalformedInput),
        (overlay(equivalents=["IND:RESTRICTED>FRA"]), MalformedInput),
        (overlay(rules=["R99-none=true"]), MalformedInput),
        (overlay(rules=["R15-releasable-to=resource.nonsense"]), MalformedInput),
    ]
    for file, error in wrong:
        with pytest.raises(error):
            submit(usa, file)
    with pytest.raises(Refused):
        overlays.submit_overlay(usa.house, usa.actor("registrar"), overlay())
    submit(usa, overlay(5))
    with pytest.raises(Conflict):
        submit(usa, overlay(5))
    assert NationalOverlay.objects.count() == 1


@pytest.mark.proves
def test_a_new_bundle_that_the_overlay_does_not_fit_is_refused_by_name(usa: Node) -> None:
    house, co_chair = usa.house, usa.actor("co_chair")
    submit(usa, overlay(listings=[f"{PROGRAMME}/{FACILITY[USA]}"], to_version=2))
    bundles.submit_bundle(house, co_chair, agreement(2, start=START))
    assert active_bundle.active(house).overlay is not None
    with pytest.raises(Refused) as caught:
        bundles.submit_bundle(house, co_chair, agreement(3, start=START))
    assert (caught.value.reason, caught.value.field, caught.value.found) == (
        "bundle.overlay",
        "overlay/1",
        "conflict.overlay.base",
    )
    submit(usa, overlay(2))
    assert bundles.submit_bundle(house, co_chair, agreement(3, start=START)).version == 3


@pytest.mark.proves
def test_a_tightening_that_a_stricter_bundle_makes_a_loosening_stands_in_its_way(usa: Node) -> None:
    house, co_chair = usa.house, usa.actor("co_chair")
    submit(usa, overlay(status_max_age=HOUR))
    limits = active_bundle.bundle_of_version(house, 1).texts["limits.json"]
    stricter = drafted(2, START, limits=_half_an_hour(limits))
    with pytest.raises(Refused) as caught:
        bundles.submit_bundle(house, co_chair, signed_by(stricter))
    assert caught.value.reason == "bundle.overlay.release"
    assert instant_text(START)[:10] == str(caught.value.details["date"])


def test_an_overlay_accepted_while_a_bundle_is_proved_is_not_put_on_it_unproved(usa: Node) -> None:
    co_chair = usa.actor("co_chair")
    submit(usa, overlay(facilities=[FACILITY[IND]]))
    meanwhile: list[overlays.OverlayView] = []

    class Interrupted:
        """The real prover; while it proves the first overlay over the new bundle, the co-chair submits another one."""

        def prove(self, question: ProofQuestion) -> dict[str, Json]:
            if question.overlay is not None and not meanwhile:
                meanwhile.append(submit(usa, overlay(2, status_max_age=HOUR)))
            return usa.house.prover.prove(question)

    limits = active_bundle.bundle_of_version(usa.house, 1).texts["limits.json"]
    stricter = signed_by(drafted(2, START, limits=_half_an_hour(limits)))
    with pytest.raises(Conflict, match=r"bundle\.version"):
        bundles.submit_bundle(replace(usa.house, prover=Interrupted()), co_chair, stricter)
    assert meanwhile
    assert active_bundle.active(usa.house).version == 1


@pytest.mark.proves
def test_an_overlay_of_the_far_future_is_proved_over_a_bundle_that_may_have_expired_by_then(usa: Node) -> None:
    co_chair = usa.actor("co_chair")
    submit(usa, overlay(status_max_age=HOUR, effective_from=START + timedelta(days=20_000)))
    limits = active_bundle.bundle_of_version(usa.house, 1).texts["limits.json"]
    stricter = signed_by(drafted(2, START, limits=_half_an_hour(limits)))
    with pytest.raises(Refused, match=r"bundle\.overlay"):
        bundles.submit_bundle(usa.house, co_chair, stricter)
    submit(usa, overlay(2))
    assert bundles.submit_bundle(usa.house, co_chair, stricter).version == 2


def _half_an_hour(limits: str) -> dict[str, Any]:
    table: dict[str, Any] = read_object(limits, field="limits")
    table["limits"]["assurance_status_max_age"] |= {"value": 30, "unit": "minute"}
    return table
