"""On the originator's node: from the sealed document to the custody receipt, and everything that must not pass."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from relto.base.errors import Conflict, MalformedInput, NotAvailable, NotVerified, Refused, ReltoError, UnknownValue
from relto.exchange.answers import LinkRefusal, Receipt
from relto.sealing.archive import open_archive
from relto.sealing.manifest import parse_manifest
from relto.services import authorisations, items, refusals, register, release_sending, release_settling, releases
from relto.services.openings import supply_partner_share
from relto.store.models import (
    Assurance,
    Authorisation,
    DecisionRecord,
    Item,
    LedgerEntry,
    Manifest,
    ReleaseCase,
)
from tests.support.houses import COMPANY, FACILITY, IND, PROGRAMME, START, USA, YEAR, Node
from tests.support.peer_simulator import Peer
from tests.unit.services.stories import (
    DOCUMENT,
    announce,
    ask_release,
    authorise,
    decide_case,
    gaps,
    released,
    seal_item,
    sealed,
)


def test_a_sealed_document_is_registered_under_its_number(usa: Node) -> None:
    view = seal_item(usa)
    assert (view.state, view.control_number, view.plaintext_size) == ("registered", "USA-2026-000001", len(DOCUMENT))
    assert view.banner == "SECRET//REL TO USA, IND"
    download = items.container(usa.house, usa.actor("engineer"), view.id)
    data = b"".join(download.chunks)
    assert len(data) == download.size
    assert DOCUMENT not in data
    assert parse_manifest(open_archive(io.BytesIO(data)).manifest).mime_type == "application/pdf"
    assert [line.number for line in register.lines(usa.house, usa.actor("security_officer"))] == ["USA-2026-000001"]


def test_an_empty_document_is_a_document(usa: Node) -> None:
    assert seal_item(usa, content=b"").plaintext_size == 0


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"label": {"level": "RESTRICTED", "audience": ["USA"]}}, UnknownValue),
        ({"label": {"level": "SECRET"}}, MalformedInput),
        ({"label": {"level": "SECRET", "audience": ["USA"], "release": "everyone"}}, MalformedInput),
        ({"label": {"level": "SECRET", "audience": ["USA"], "markings": "none"}}, MalformedInput),
        ({"label": {"audience": ["USA", "IND"]}}, MalformedInput),
        ({"label": {"level": "SECRET", "audience": ["IND"]}}, MalformedInput),
        ({"label": {"level": "SECRET", "audience": "everyone"}}, MalformedInput),
        ({"label": {"level": "SECRET", "audience": ["USA"], "nation": "IND"}}, UnknownValue),
        ({"programme": "GRANITE-FINCH"}, NotAvailable),
        ({"title": ""}, MalformedInput),
        ({"file_name": "../etc/passwd"}, MalformedInput),
        ({"media_type": "text"}, MalformedInput),
    ],
    ids=str,
)
def test_nothing_about_protection_is_guessed(usa: Node, change: dict[str, Any], error: type[ReltoError]) -> None:
    before = LedgerEntry.objects.count()
    with pytest.raises(error):
        announce(usa, **change)
    assert (Item.objects.count(), LedgerEntry.objects.count()) == (0, before)


def test_a_container_that_is_not_what_was_announced_leaves_nothing(usa: Node, tmp_path: Path) -> None:
    item, weaker = announce(usa), announce(usa, label={"level": "CONFIDENTIAL", "audience": ["USA", "IND"]})
    whole = b"".join(sealed(usa, item))
    bad = {
        "another item's policy": sealed(usa, item, policy=weaker.policy),
        "a weaker label inside": sealed(usa, item, label_xml=weaker.label_xml),
        "somebody else's key service": sealed(usa, item, url="http://elsewhere.localhost:1"),
        "a byte too few": [whole[:-1]],
        "no archive": [b"PK nothing"],
        "nothing": [],
    }
    entries = LedgerEntry.objects.count()
    for what, chunks in bad.items():
        with pytest.raises((MalformedInput, NotVerified)):
            items.receive_container(usa.house, usa.actor("engineer"), item.id, chunks)
        assert Item.objects.get(id=item.id).state == "announced", what
    assert LedgerEntry.objects.count() == entries
    assert not Manifest.objects.exists()
    assert not [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()]
    items.receive_container(usa.house, usa.actor("engineer"), item.id, [whole])
    with pytest.raises(Conflict):
        items.receive_container(usa.house, usa.actor("engineer"), item.id, [whole])


@pytest.mark.parametrize(
    "document",
    [b"%PDF-1.7 a secret sentence " * 9, b"PK\x03\x04\x14" + bytes(25) + b"[Content_Types].xml" + b"a secret" * 99],
    ids=["a PDF file", "a word processor's file, an archive too"],
)
def test_a_document_sent_in_place_of_its_container_never_reaches_the_disk(
    usa: Node, monkeypatch: pytest.MonkeyPatch, document: bytes
) -> None:
    item = announce(usa)
    monkeypatch.setattr(usa.house.blobs, "create", lambda: pytest.fail("a document in the clear was being stored"))
    for chunks in ([document], [document[:1], document[1:20], document[20:]]):
        with pytest.raises(MalformedInput, match=r"archive\.prefix"):
            items.receive_container(usa.house, usa.actor("engineer"), item.id, chunks)


def test_a_stock_clients_container_is_registered_under_its_own_identifier(usa: Node) -> None:
    announced = announce(usa)
    described = {"title": "A", "file_name": "a.pdf", "media_type": "application/pdf", "export_controlled": True}
    described |= {"programme": announced.programme, "label": announced.label}
    Item.objects.all().delete()
    view = items.submit_container(usa.house, usa.actor("engineer"), sealed(usa, announced), **described)  # type: ignore[arg-type]
    assert (view.uuid, view.state) == (announced.uuid, "registered")
    with pytest.raises(Conflict):
        items.submit_container(usa.house, usa.actor("engineer"), sealed(usa, announced), **described)  # type: ignore[arg-type]


def test_the_straight_path_on_the_originators_side(usa: Node, india: Peer) -> None:
    india.vouch(usa.house, "reader")
    case, body = released(usa, india)
    row = ReleaseCase.objects.get(id=case.id)
    assert (case.number, row.state) == ("REL-2026-0001", "sent")
    assert body["readers"] == [{"pseudonym": india.people["reader"], "reason": "analyses the interface"}]
    assert not release_sending.prepare_release(usa.house, case.id), "nothing is prepared twice"
    release_settling.release_settled(usa.house, row.message, Receipt(row.message, START, "ent_a"), START)
    manifest = Manifest.objects.get(kind="release")
    answer = india.send(usa.house, "acceptance", india.custody(body, manifest.policy_uuid))
    assert india.code_of(answer) == ""
    seen = releases.case(usa.house, usa.actor("security_officer"), case.id)
    assert (seen.state, seen.control_number, seen.waits_on) == ("accepted", "IND-2026-000001", ())
    assert {"release:requested", "release:decided", "release:prepared", "acceptance:receipted"} <= set(seen.entries)
    lines = register.lines(usa.house, usa.actor("release_officer"))
    assert [(line.direction, line.counterpart) for line in lines] == [("sent", FACILITY[IND]), ("created", "")]


def test_a_custody_receipt_may_overtake_the_technical_one(usa: Node, india: Peer) -> None:
    india.vouch(usa.house, "reader")
    case, body = released(usa, india)
    policy = Manifest.objects.get(kind="release").policy_uuid
    assert india.code_of(india.send(usa.house, "acceptance", india.custody(body, policy, accepted=False))) == ""
    message = ReleaseCase.objects.get(id=case.id).message
    release_settling.release_settled(usa.house, message, Receipt(message, START, "ent_a"), START)
    row = ReleaseCase.objects.get(id=case.id)
    assert (row.state, row.delivered_at) == ("returned", START)


def test_a_final_refusal_returns_the_case(usa: Node, india: Peer) -> None:
    india.vouch(usa.house, "reader")
    case, _ = released(usa, india)
    message = ReleaseCase.objects.get(id=case.id).message
    release_settling.release_settled(usa.house, message, LinkRefusal(message, "not_verified", True, None), START)  # noqa: FBT003
    assert ReleaseCase.objects.get(id=case.id).state == "returned"


@pytest.mark.parametrize(
    "change",
    [{"policy": "another"}, {"release": "rel_" + "a" * 24}, {"number": "REL-2026-0009"}, {"signer": True}],
    ids=str,
)
def test_a_custody_receipt_for_something_else_is_refused(usa: Node, india: Peer, change: Mapping[str, Any]) -> None:
    india.vouch(usa.house, "reader")
    case, body = released(usa, india)
    policy = str(change.get("policy", Manifest.objects.get(kind="release").policy_uuid))
    stated = {**body, **{name: value for name, value in change.items() if name in ("release", "number")}}
    if "signer" in change:
        india.signer = usa.house.node_key
    answer = india.send(usa.house, "acceptance", india.custody(stated, policy))
    assert answer.status == 422
    assert ReleaseCase.objects.get(id=case.id).state == "sent"


def _withdraw_disclosure(_: Peer, __: Node) -> None:
    Authorisation.objects.filter(kind="disclosure").update(withdrawn_at=START)


def _expire_export(_: Peer, __: Node) -> None:
    Authorisation.objects.filter(kind="export").update(valid_until=START)


def _lower_facility(_: Peer, __: Node) -> None:
    Assurance.objects.filter(subject_kind="facility").update(level="CONFIDENTIAL")


def _take_safeguarding(_: Peer, __: Node) -> None:
    Assurance.objects.filter(subject_kind="facility").update(safeguarding_level="")


def _revoke_person(peer: Peer, node: Node) -> None:
    row = Assurance.objects.get(subject_kind="person")
    body = peer.assurance("person", row.subject, id=row.id, status="revoked", status_at="2026-11-22T09:30:00Z")
    assert peer.code_of(peer.send(node.house, "assurance", body)) == ""


def _let_status_age(_: Peer, node: Node) -> None:
    node.clock.forward(days=60)


def _let_agreement_expire(_: Peer, node: Node) -> None:
    node.clock.forward(days=365)


@pytest.mark.parametrize(
    ("what_if", "rule"),
    [
        (_withdraw_disclosure, "R02-disclosure-authorised"),
        (_expire_export, "R03-export-authorised"),
        (_lower_facility, "R04-facility-level"),
        (_take_safeguarding, "R07-safeguarding"),
        (_revoke_person, "R09-personal-assurance-valid"),
        (_let_status_age, "R10-personal-status-fresh"),
        (_let_agreement_expire, "R01-agreement-in-force"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_release_with_a_failing_gate_changes_nothing_but_is_recorded(
    usa: Node, india: Peer, what_if: Any, rule: str
) -> None:
    india.vouch(usa.house, "reader")
    authorise(usa)
    case = ask_release(usa, india, seal_item(usa))
    what_if(india, usa)
    with pytest.raises(Refused) as refused:
        decide_case(usa, case)
    assert refused.value.reference is not None
    row = ReleaseCase.objects.get(id=case.id)
    assert (row.state, row.decision) == ("asked", "")
    full = refusals.explain(usa.house, usa.actor("security_officer"), refused.value.reference)
    failed = [gate for gate in full.gates if gate["outcome"] == "fails"]
    assert rule in [gate["rule"] for gate in failed]
    assert failed[0]["provisions"]
    assert full.says[rule]["en"]
    assert LedgerEntry.objects.get(entry=full.entry).event == "release:decided"


def test_a_gap_in_the_rules_is_accepted_by_name_or_not_at_all(usa: Node, india: Peer) -> None:
    india.vouch(usa.house, "reader")
    authorise(usa)
    case = ask_release(usa, india, seal_item(usa))
    officer = usa.actor("release_officer")
    needed = gaps(releases.case(usa.house, officer, case.id).gates)
    first = min(needed)
    with pytest.raises(MalformedInput) as refused:
        releases.decide_release(usa.house, officer, case.id, outcome="release", reason="fine", accepts=needed - {first})
    assert refused.value.found == first
    assert not DecisionRecord.objects.exists()
    decided = releases.decide_release(usa.house, officer, case.id, outcome="release", reason="fine", accepts=needed)
    entry = LedgerEntry.objects.get(entry=decided.entry)
    assert entry.details["accepted_gaps"] == sorted(needed)
    assert set(entry.details["unconfirmed"]) > needed, "other unconfirmed rules need no word, and stay on record"
    assert {gate["evidence"] for gate in decided.gates if gate["rule"] in needed} == {"none"}


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"nation": "USA"}, UnknownValue),
        ({"nation": "GBR"}, UnknownValue),
        ({"readers": []}, MalformedInput),
        ({"readers": [("prs_" + "a" * 24, "somebody")]}, UnknownValue),
        ({"facility": "IND-F999"}, UnknownValue),
        ({"item": "itm_unknown"}, NotAvailable),
        ({"purpose": " "}, MalformedInput),
    ],
    ids=str,
)
def test_a_request_that_does_not_fit_is_refused(
    usa: Node, india: Peer, change: dict[str, Any], error: type[ReltoError]
) -> None:
    india.vouch(usa.house, "reader")
    item = seal_item(usa)
    with pytest.raises(error):
        ask_release(usa, india, item, **change)
    assert not ReleaseCase.objects.exists()


def test_one_item_goes_to_one_facility_once(usa: Node, india: Peer) -> None:
    india.vouch(usa.house, "reader")
    item = seal_item(usa)
    case = ask_release(usa, india, item)
    with pytest.raises(Conflict):
        ask_release(usa, india, item)
    decide_case(usa, case, "refuse")
    assert ask_release(usa, india, item).number == "REL-2026-0002"


def test_what_somebody_types_as_a_nation_is_a_country(usa: Node) -> None:
    with pytest.raises(UnknownValue, match=r"unknown\.country") as said:
        announce(usa, label={"level": "SECRET", "audience": ["USA", "XXX"]})
    assert (said.value.field, said.value.found) == ("label.audience", "XXX")
    assert announce(usa, label={"level": "SECRET", "audience": ["USA", "KIR"]}).state == "announced"
    with pytest.raises(UnknownValue, match=r"unknown\.country"):
        authorisations.record_disclosure(
            usa.house,
            usa.actor("registrar"),
            reference="NDP-2026-2",
            nation="XXX",
            programme=PROGRAMME,
            valid_from=START,
            valid_until=START + YEAR,
        )


def test_an_announced_item_cannot_be_released(usa: Node, india: Peer) -> None:
    india.vouch(usa.house, "reader")
    with pytest.raises(Conflict):
        ask_release(usa, india, announce(usa))


def test_the_partner_grants_its_share_by_its_own_facts_once(usa: Node, india: Peer) -> None:
    given = india.vouch(usa.house, "reader")
    _, body = released(usa, india)
    manifest = bytes(Manifest.objects.get(kind="release").content)
    reader = india.people["reader"]
    ask = (usa.house, manifest, str(body["item"]["uuid"]), reader, given[reader])
    request, _ = india.opening_request(*ask)
    answer = india.read_share_answer(request, supply_partner_share(usa.house, request, IND))
    assert answer.code == ""
    assert answer.wrapped
    again = india.read_share_answer(request, supply_partner_share(usa.house, request, IND))
    assert (again.code, again.wrapped) == ("conflict", b"")
    events = list(LedgerEntry.objects.order_by("-serial").values_list("event", flat=True)[:1])
    assert events == ["opening:partner_granted"]


def test_an_assurance_that_is_still_on_its_way_is_not_refused_and_opens_when_it_came(usa: Node, india: Peer) -> None:
    given = india.vouch(usa.house, "reader")
    _, body = released(usa, india)
    manifest, reader = bytes(Manifest.objects.get(kind="release").content), india.people["reader"]
    ask = (usa.house, manifest, str(body["item"]["uuid"]), reader)
    newer = "asr_" + "n" * 24
    request, _ = india.opening_request(*ask, newer)
    told = supply_partner_share(usa.house, request, IND)
    assert (told.status, india.read_share_answer(request, told).code) == (503, "unreachable.assurance_on_its_way")
    assert not DecisionRecord.objects.filter(action="supply_share").exists()
    assert not LedgerEntry.objects.filter(event__startswith="opening:").exists()
    arriving = india.assurance("person", reader, id=newer)
    assert india.code_of(india.send(usa.house, "assurance", arriving)) == ""
    assert india.read_share_answer(request, supply_partner_share(usa.house, request, IND)).code == "", "same request"
    superseded, _ = india.opening_request(*ask, given[reader])
    told = supply_partner_share(usa.house, superseded, IND)
    assert (told.status, india.read_share_answer(superseded, told).code) == (403, "refused")


@pytest.mark.parametrize(
    "changes",
    [
        {"manifest": "0" * 64},
        {"item": "another"},
        {"policy": "another"},
        {"kid": "ind-1"},
        {"sid": "IND"},
        {"pseudonym": "prs_" + "a" * 24},
        {"assurance": "asr_" + "a" * 24},
        {"expires": START - timedelta(minutes=10)},
        {"expires": START + timedelta(days=1)},
    ],
    ids=str,
)
def test_a_request_for_anything_but_the_released_share_gets_a_code(
    usa: Node, india: Peer, changes: dict[str, Any]
) -> None:
    given = india.vouch(usa.house, "reader")
    _, body = released(usa, india)
    manifest = bytes(Manifest.objects.get(kind="release").content)
    reader = india.people["reader"]
    request, _ = india.opening_request(usa.house, manifest, str(body["item"]["uuid"]), reader, given[reader], **changes)
    answer = india.read_share_answer(request, supply_partner_share(usa.house, request, IND))
    assert answer.code
    assert not answer.wrapped


def test_a_person_vouched_for_but_not_named_gets_no_share(usa: Node, india: Peer) -> None:
    given = india.vouch(usa.house, "reader", "second")
    _, body = released(usa, india)
    manifest = bytes(Manifest.objects.get(kind="release").content)
    second = india.people["second"]
    request, _ = india.opening_request(usa.house, manifest, str(body["item"]["uuid"]), second, given[second])
    answer = india.read_share_answer(request, supply_partner_share(usa.house, request, IND))
    assert (answer.code, answer.wrapped) == ("refused", b"")
    assert COMPANY[USA] == DecisionRecord.objects.get(action="supply_share").company


def test_another_companys_export_licence_does_not_count(usa: Node, india: Peer) -> None:
    india.vouch(usa.house, "reader")
    authorise(usa)
    case = ask_release(usa, india, seal_item(usa))
    Authorisation.objects.filter(kind="export").update(company="USA-C020")
    with pytest.raises(Refused) as refused:
        decide_case(usa, case)
    assert refused.value.found == "R03-export-authorised"


def test_an_authorisation_for_one_item_covers_that_item_only(usa: Node, india: Peer) -> None:
    india.vouch(usa.house, "reader")
    first, second = seal_item(usa), seal_item(usa)
    scope = {"nation": IND, "item": first.id, "valid_from": START - YEAR, "valid_until": START + YEAR}
    authorisations.record_disclosure(usa.house, usa.actor("registrar"), reference="NDP-2026-1", **scope)  # type: ignore[arg-type]
    authorisations.record_export(usa.house, usa.actor("security_officer"), reference="DSP5-1", **scope)  # type: ignore[arg-type]
    assert decide_case(usa, ask_release(usa, india, first)).state == "released"
    with pytest.raises(Refused):
        decide_case(usa, ask_release(usa, india, second))
    for change in ({"programme": "MONSOON-LARK"}, {"item": None}, {"nation": "USA"}, {"valid_until": START - 2 * YEAR}):
        with pytest.raises(MalformedInput):
            authorisations.record_disclosure(
                usa.house,
                usa.actor("registrar"),
                reference="NDP-2026-2",
                **(scope | change),  # type: ignore[arg-type]
            )
