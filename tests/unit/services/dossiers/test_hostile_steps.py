"""A partner's node tells of steps that it may not tell: each is refused whole, for good, and changes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from relto.procedures.actors import Role
from relto.services import dossiers
from relto.store.models import Dossier, DossierKey, DossierStep, LedgerEntry
from tests.support.houses import COMPANY, FACILITY, IND, USA, Node, add_company, staffed_house
from tests.support.peer_simulator import Peer, fresh

pytestmark = pytest.mark.django_db
SAMPLE = "sample_request"


@pytest.fixture
def peer() -> Peer:
    return Peer(IND, USA)


@pytest.fixture
def node(db: None, tmp_path: Path, peer: Peer) -> Node:
    return staffed_house(tmp_path, USA, {IND: peer})  # type: ignore[dict-item]


def opening(peer: Peer, **changes: Any) -> dict[str, Any]:
    """India's first told step: its registrar submits a request to the USA."""
    form: dict[str, Any] = {
        "partner": "USA",
        "host": FACILITY[USA],
        "begins": "2027-03-01",
        "ends": "2027-03-05",
        "people": [{"person": peer.people["reader"], "level": "IND:SECRET"}],
    }
    body: dict[str, Any] = {
        "origin": fresh("dos"),
        "nation": "IND",
        "number": "SRQ-2026-0001",
        "procedure": SAMPLE,
        "form_version": 1,
        "step": "submit",
        "before": "endorsed",
        "count": 1,
        "heard": 0,
        "taken_at": "2026-11-22T09:30:00Z",
        "role": "registrar",
        "form": form,
        "answers": {},
    }
    return body | changes


def tell(node: Node, peer: Peer, body: dict[str, Any], payload: bytes = b"") -> str:
    return peer.code_of(peer.send(node.house, "dossier-step", body, payload))


def form_with(peer: Peer, **changes: Any) -> dict[str, Any]:
    return {"form": opening(peer)["form"] | changes}


WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("an unknown procedure", {"procedure": "no_such_thing"}, "unknown.procedure"),
    ("another version of the form", {"form_version": 2}, "unknown.form_version"),
    ("a step that the table lacks", {"step": "conquer"}, "malformed.procedure.step"),
    ("a step that is never told", {"step": "endorse", "before": "draft"}, "malformed.dossier.step"),
    ("our own step", {"step": "approve", "before": "submitted", "answers": {"remark": "yes"}}, "refused.side"),
    ("a state that the table lacks", {"before": "heaven"}, "malformed.dossier.step"),
    ("a state from which the step does not start", {"before": "draft"}, "conflict.state"),
    ("a third nation's dossier", {"nation": "FRA"}, "malformed.dossier.step"),
    ("answers to a step without a form", {"answers": {"remark": "yes"}}, "malformed.answers"),
    ("a number that is none", {"number": "the first"}, "malformed.schema"),
    ("no count", {"count": 0}, "malformed.schema"),
]


def test_what_may_not_be_told_is_refused_whole(node: Node, peer: Peer) -> None:
    for number, (what, changes, code) in enumerate(WRONG, start=1):
        assert tell(node, peer, opening(peer, **changes)) == code, what
        assert LedgerEntry.objects.filter(event="transfer:refused").count() == number
    assert not Dossier.objects.exists()
    assert not DossierKey.objects.exists()
    assert not LedgerEntry.objects.filter(event__startswith="dossier:").exists()


def test_a_form_with_more_than_is_shared_is_not_taken(node: Node, peer: Peer) -> None:
    for changes in (
        {"people": [{"person": "prs_" + "a" * 24, "level": "IND:SECRET", "name": "A name"}]},
        {"note": "not for the partner"},
        {"facility": FACILITY[IND]},
        {"begins": "soon"},
        {"people": [{"person": "A name", "level": "IND:SECRET"}]},
        {"partner": "FRA"},
    ):
        assert tell(node, peer, opening(peer, **form_with(peer, **changes))).startswith("malformed."), changes
    assert not Dossier.objects.exists()


def test_without_a_form_nothing_is_opened(node: Node, peer: Peer) -> None:
    body = opening(peer)
    del body["form"]
    assert tell(node, peer, body) == "malformed.dossier.form"
    assert tell(node, peer, opening(peer), b"a file") == "malformed.dossier.payload"


def test_a_number_is_used_once_and_an_origin_is_one_dossier(node: Node, peer: Peer) -> None:
    first = opening(peer)
    assert tell(node, peer, first) == ""
    assert tell(node, peer, opening(peer)) == "conflict.dossier"
    assert tell(node, peer, first | {"count": 2}) == "conflict.state"
    assert Dossier.objects.count() == DossierStep.objects.count() == 1


def test_nobody_tells_the_steps_of_our_own_dossier_as_the_asker(node: Node, peer: Peer) -> None:
    officer = node.actor("security_officer")
    own = dossiers.begin(node.house, officer, SAMPLE, {"partner": "IND"})
    origin = Dossier.objects.get(id=own.id).origin
    told = opening(peer, origin=origin, nation="USA", number=own.number, step="deny", before="submitted")
    told["answers"] = {"remark": "no"}
    del told["form"]
    assert tell(node, peer, told) == "conflict.state"
    assert tell(node, peer, told | {"origin": fresh("dos")}) == "not_available.dossier"
    assert tell(node, peer, told | {"form": {"partner": "IND"}}) == "malformed.dossier.form"
    assert dossiers.dossier(node.house, officer, own.id).view.state == "draft"


def test_the_number_is_the_askers_and_stands_beside_our_own(node: Node, peer: Peer) -> None:
    assert tell(node, peer, opening(peer)) == ""
    own = dossiers.begin(node.house, node.actor("security_officer"), SAMPLE, {"partner": "IND"})
    assert own.number == "SRQ-2026-0001"
    registrar = node.actor("registrar")
    assert dossiers.dossier(node.house, registrar, "SRQ-2026-0001").view.id == own.id
    theirs = dossiers.dossier(node.house, registrar, "IND-SRQ-2026-0001").view
    assert (theirs.nation, theirs.company) == ("IND", COMPANY[USA])


def test_the_hosts_company_sees_it_and_no_other_does(node: Node, peer: Peer) -> None:
    add_company(node, "USA-C099", "USA-F099")
    other = node.add("other officer", Role.SECURITY_OFFICER, company="USA-C099", facility="USA-F099")
    assert tell(node, peer, opening(peer)) == ""
    assert [one.nation for one in dossiers.dossiers(node.house, node.actor("security_officer"))] == ["IND"]
    assert dossiers.dossiers(node.house, other) == []


def test_a_resent_message_gets_the_same_answer_and_does_nothing_twice(node: Node, peer: Peer) -> None:
    body = opening(peer)
    assert tell(node, peer, body) == ""
    peer.sequence, peer.previous = 1, ""
    assert tell(node, peer, body).startswith("contradiction.")  # another message under the same number of the channel
    assert Dossier.objects.count() == 1


def approved(node: Node, peer: Peer) -> tuple[str, dict[str, Any]]:
    """India's request, approved here by two people; the number, and what India told of it."""
    body = opening(peer)
    assert tell(node, peer, body) == ""
    number = "IND-SRQ-2026-0001"
    for who in ("registrar", "release_officer"):
        dossiers.take(node.house, node.actor(who), number, "approve", answers={"remark": "welcome"})
    return number, {key: value for key, value in body.items() if key != "form"} | {"count": 2, "heard": 1}


def test_what_was_approved_stays_what_was_approved(node: Node, peer: Peer) -> None:
    """A partner cannot write another form into a dossier after the host's two people signed for the first one."""
    number, after = approved(node, peer)
    other = form_with(peer, ends="2027-12-31", people=[{"person": "prs_" + "a" * 24, "level": "IND:TOP SECRET"}])
    remark = after | {"step": "remark", "before": "approved", "role": "security_officer", "answers": {"remark": "x"}}
    registrar = node.actor("registrar")
    held = dossiers.dossier(node.house, registrar, number).answers
    assert tell(node, peer, remark | other) == "conflict.state"
    close = after | {"step": "close", "before": "approved", "role": "security_officer"}
    assert tell(node, peer, close | other) == "conflict.state"
    assert dossiers.dossier(node.house, registrar, number).answers == held
    assert dossiers.dossier(node.house, registrar, number).view.state == "approved"
    withdraw = after | {"step": "withdraw", "before": "approved", "role": "security_officer"}
    assert tell(node, peer, withdraw | other) == ""  # what narrows is followed, without the form
    found = dossiers.dossier(node.house, registrar, number)
    assert (found.view.state, found.answers) == ("withdrawn", held)
    assert tell(node, peer, remark | {"before": "approved"} | other) == "conflict.state"


def test_what_the_partner_says_of_its_step_is_bounded(node: Node, peer: Peer) -> None:
    for changes in ({"role": "emperor"}, {"taken_at": "1999-01-01T00:00:00Z"}, {"taken_at": "2031-01-01T00:00:00Z"}):
        assert tell(node, peer, opening(peer, **changes)) == "malformed.dossier.step", changes
    for day in ("0001-01-01", "9999-12-31"):
        assert tell(node, peer, opening(peer, **form_with(peer, begins=day))) == "malformed.answers", day
    assert not Dossier.objects.exists()


def test_a_told_form_does_not_hand_our_steps_to_another_company(node: Node, peer: Peer) -> None:
    """Once people here have taken a step, its reasons and answers stay with their company."""
    add_company(node, "USA-C099", "USA-F099")
    moved = form_with(peer, host="USA-F099")
    body = opening(peer)
    assert tell(node, peer, body) == ""
    row = Dossier.objects.get()
    row.state = "draft"  # as if the asker's people had it back to write it
    row.save()
    assert tell(node, peer, body | moved | {"count": 2}) == ""
    assert Dossier.objects.get().company == "USA-C099"
    own = DossierStep.objects.first()
    assert own is not None
    own.pk, own.position, own.side, own.reason, own.count = None, 9, "answering", "between ourselves", 0
    own.save(force_insert=True)
    Dossier.objects.update(state="draft")
    assert tell(node, peer, body | {"count": 3}) == ""
    assert Dossier.objects.get().company == "USA-C099"
