"""A company's register: copies recorded, made, moved and ended; translations; inventories; and the chain of custody."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from relto.base.errors import Conflict, MalformedInput, NotAvailable, Refused
from relto.procedures.actors import Role
from relto.services import copies, inventories, organisation, release_sending, withdrawals
from relto.services.copies import Reproduction
from relto.services.copy_view import CopyView
from relto.services.custody_chain import CustodyView, custody
from relto.services.ledger import entries_for
from relto.services.translations import record_translation
from relto.signing.statements import read_statement
from relto.store.models import CopyEvent, Item, ItemCopy, LedgerEntry, Manifest, RegisterEntry
from tests.support.houses import COMPANY, FACILITY, IND, START, USA, YEAR, Node, add_company, vouch
from tests.support.peer_simulator import Peer
from tests.unit.services import stories

SAFE = "Vault 2, safe 4, drawer B"
TOP = {"level": "TOP SECRET", "audience": ["USA", "IND"]}
CONFIDENTIAL = {"level": "CONFIDENTIAL", "audience": ["USA", "IND"]}


def strong_room(node: Node, code: str = "USA-F015") -> str:
    """A second facility of the company that stores TOP SECRET, with an officer and an engineer cleared for it."""
    house, registrar, company = node.house, node.actor("registrar"), COMPANY[node.house.nation]
    organisation.register_facility(
        house,
        registrar,
        code=code,
        company=company,
        level="TOP SECRET",
        safeguarding_level="TOP SECRET",
        valid_from=START - YEAR,
        valid_until=START + YEAR,
    )
    for who, role in (("keeper", Role.SECURITY_OFFICER), ("second", Role.ENGINEER)):
        view = organisation.add_person(
            house,
            registrar,
            name=who,
            company=company,
            facility=code,
            clearance_level="TOP SECRET",
            roles=[role],
            valid_from=START - YEAR,
            valid_until=START + YEAR,
        )
        node.people[who] = view.pseudonym
    return code


def record(node: Node, item: str, who: str = "security_officer", **changes: Any) -> CopyView:
    given: dict[str, Any] = {"form": "physical", "facility": FACILITY[node.house.nation], "location": SAFE}
    given |= {"custodian": "security_officer", **changes}
    return copies.record_copy(node.house, node.actor(who), item, **given)


def take(node: Node, copy: str, step: str, who: str = "security_officer", **given: str) -> CopyView:
    return copies.take_step(node.house, node.actor(who), copy, step, given)


def test_top_secret_copy_three_without_a_number_is_refused_and_confidential_needs_none(usa: Node) -> None:
    room = strong_room(usa)
    top = stories.seal_item(usa, label=TOP)
    with pytest.raises(MalformedInput) as refused:
        record(usa, top.id, "keeper", facility=room)
    assert (refused.value.field, refused.value.details["citation"]) == ("number", "32 CFR 117.15(e)(2)")
    assert not ItemCopy.objects.exists()
    made = record(usa, top.id, "keeper", facility=room, number=3)
    assert (made.number, made.state, made.open_matters) == (3, "held", ())
    with pytest.raises(Conflict) as taken:
        record(usa, top.id, "keeper", facility=room, number=3)
    assert taken.value.field == "number"
    low = stories.seal_item(usa, label=CONFIDENTIAL)
    assert record(usa, low.id).number is None


def test_a_copy_stands_only_where_its_level_may_be_stored_and_with_whom_is_cleared(usa: Node) -> None:
    strong_room(usa)
    add_company(usa, "USA-C099", "USA-F099")
    top, secret = stories.seal_item(usa, label=TOP), stories.seal_item(usa)
    with pytest.raises(MalformedInput) as place:
        record(usa, top.id, number=1)
    assert place.value.field == "facility"
    with pytest.raises(MalformedInput) as theirs:
        record(usa, secret.id, facility="USA-F099")
    assert theirs.value.field == "facility"
    with pytest.raises(MalformedInput) as keeper:
        record(usa, top.id, facility="USA-F015", number=1, custodian=usa.people["engineer"])
    assert keeper.value.field == "custodian"
    for form, field in (
        ({"form": "cassette"}, "form"),
        ({"number": 0}, "number"),
        ({"location": "x" * 200}, "location"),
    ):
        with pytest.raises(MalformedInput) as wrong:
            record(usa, secret.id, **form)
        assert wrong.value.field == field


def test_every_step_of_a_copy_is_a_numbered_line_with_its_own_entry(usa: Node) -> None:
    room = strong_room(usa)
    item = stories.seal_item(usa)
    copy = record(usa, item.id, custodian=usa.people["engineer"])
    take(usa, copy.id, "hand_over", custodian="security_officer", location="Room 7")
    take(usa, copy.id, "dispatch", facility=room, medium="courier", reference="CC-2026-0001")
    moved = take(usa, copy.id, "arrive", custodian=usa.people["second"], location="Strong room")
    assert (moved.facility, moved.location, moved.state) == (room, "Strong room", "held")
    assert [line.step for line in moved.events] == ["record", "hand_over", "dispatch", "arrive"]
    assert [line.number[-6:] for line in moved.events] == ["000001", "000002", "000003", "000004"]
    entries = {line.entry for line in moved.events}
    assert len(entries) == LedgerEntry.objects.filter(entry__in=entries).count() == 4
    with pytest.raises(Conflict):
        take(usa, copy.id, "arrive", custodian="security_officer", location="x")
    with pytest.raises(MalformedInput) as same:
        take(usa, copy.id, "dispatch", facility=room, medium="courier")
    assert same.value.field == "facility"
    with pytest.raises(MalformedInput) as unknown:
        take(usa, copy.id, "dispatch", facility=FACILITY[USA], medium="pigeon")
    assert unknown.value.field == "medium"
    with pytest.raises(MalformedInput) as day:
        take(usa, copy.id, "give_back", recipient="USA-DSA", done_on="2027-01-01")
    assert day.value.field == "done_on"
    leaf = bytes(LedgerEntry.objects.get(entry=copy.entry).leaf)
    assert SAFE.encode() not in leaf
    assert LedgerEntry.objects.get(entry=copy.entry).details.get("location") is None


def test_top_secret_is_destroyed_only_when_the_named_second_person_signed_too(usa: Node) -> None:
    room = strong_room(usa)
    item = stories.seal_item(usa, label=TOP)
    copy = record(usa, item.id, "keeper", facility=room, number=1)
    day = {"method": "shredding", "done_on": "2026-11-22"}
    with pytest.raises(MalformedInput) as alone:
        take(usa, copy.id, "destroy", "keeper", **day)
    assert alone.value.field == "witness"
    for unfit in (usa.people["keeper"], usa.people["colleague"], "engineer", "prs_" + "z" * 24):
        with pytest.raises(MalformedInput) as wrong:
            take(usa, copy.id, "destroy", "keeper", witness=unfit, **day)
        assert wrong.value.field == "witness"
    waiting = take(usa, copy.id, "destroy", "keeper", witness=usa.people["second"], **day)
    assert (waiting.state, waiting.open_matters) == ("destroying", ("second_signature",))
    assert [gap.code for gap in custody(usa.house, usa.actor("inspector"), item.id).gaps] == ["second_signature"]
    with pytest.raises(Refused):
        take(usa, copy.id, "witness", "keeper")
    with pytest.raises(NotAvailable):
        take(usa, copy.id, "witness", "colleague")
    done = take(usa, copy.id, "witness", "second")
    assert done.state == "destroyed"
    chain = custody(usa.house, usa.actor("inspector"), item.id, copy.id)
    assert chain.unbroken
    signers = {link.event.kind: link.event.signer for link in chain.links}
    assert signers["copy:destruction_signed"] == usa.people["keeper"]
    assert signers["copy:destroyed"] == usa.people["second"]
    assert chain.links[-1].event.signature == "holds"
    certificate = read_statement(
        done.events[-1].details["certificate"].encode(),
        kind="destruction-certificate",
        versions=(1,),
        trusted=[usa.house.node_key.public],
    ).body
    assert certificate["signatories"] == [usa.people["keeper"], usa.people["second"]]
    assert (certificate["method"], certificate["done_on"]) == ("shredding", "2026-11-22")
    with pytest.raises(Conflict):
        take(usa, copy.id, "hand_over", "keeper", custodian="security_officer", location="x")


def test_foreign_top_secret_is_copied_only_with_the_originators_approval_and_secret_by_one_signature(usa: Node) -> None:
    room = strong_room(usa)
    joint = stories.announce(usa, label={**TOP, "owners": ["USA", "IND"]})
    Item.objects.filter(id=joint.id).update(state="registered")
    made = Reproduction(
        form="physical",
        count=2,
        numbers=[1, 2],
        authority="PSI-4",
        facility=room,
        custodian="security_officer",
        reason="two benches",
    )
    keeper = usa.actor("keeper")
    with pytest.raises(MalformedInput) as refused:
        copies.reproduce(usa.house, keeper, joint.id, made)
    assert (refused.value.field, refused.value.details["rule"]) == ("consent", "USR-61")
    whole = copies.reproduce(usa.house, keeper, joint.id, replace(made, consent="IND/DSA/2026/7"))
    assert [one.number for one in whole.copies] == [1, 2]
    assert {one.open_matters for one in whole.copies} == {("no_location",)}
    assert CopyEvent.objects.values("entry").distinct().count() == 1
    with pytest.raises(MalformedInput) as count:
        copies.reproduce(usa.house, keeper, joint.id, replace(made, consent="x", numbers=[3]))
    assert count.value.field == "numbers"
    secret = stories.seal_item(usa)
    copy = record(usa, secret.id)
    assert take(usa, copy.id, "destroy", method="burning", done_on="2026-11-20").state == "destroyed"


def test_in_india_no_rule_is_loaded_and_nothing_american_is_demanded(ind: Node) -> None:
    item = stories.seal_item(ind)
    found = copies.item_holding(ind.house, ind.actor("security_officer"), item.id)
    assert all(demand.is_gap for demand in found.demands)
    copy = record(ind, item.id)
    assert copy.number is None
    assert take(ind, copy.id, "destroy", method="pulping", done_on="2026-11-20").state == "destroyed"


def test_who_is_outside_the_company_sees_nothing_and_the_inspector_reads_all(usa: Node) -> None:
    add_company(usa, "USA-C099", "USA-F099")
    usa.add("stranger", Role.SECURITY_OFFICER, company="USA-C099", facility="USA-F099")
    item = stories.seal_item(usa)
    copy = record(usa, item.id)
    house, stranger = usa.house, usa.actor("stranger")
    for attempt in (
        lambda: copies.one_copy(house, stranger, copy.id),
        lambda: copies.item_holding(house, stranger, item.id),
        lambda: custody(house, stranger, item.id),
        lambda: take(usa, copy.id, "suspect", "stranger", reason="x"),
        lambda: record(usa, item.id, "stranger", facility="USA-F099"),
    ):
        with pytest.raises(NotAvailable):
            attempt()
    assert copies.holdings(house, stranger) == []
    for who in ("inspector", "registrar", "release_officer"):
        reader = usa.actor(who)
        assert [one.item for one in copies.holdings(house, reader)] == [item.id]
        assert copies.one_copy(house, reader, copy.id).steps == ()
        with pytest.raises(Refused):
            take(usa, copy.id, "suspect", who, reason="x")
    with pytest.raises(Refused):
        copies.holdings(house, usa.actor("engineer"))


def test_a_translation_is_linked_only_when_its_label_protects_at_least_as_much(usa: Node) -> None:
    house, officer = usa.house, usa.actor("security_officer")
    source, same = stories.seal_item(usa), stories.seal_item(usa)
    lower = stories.seal_item(usa, label=CONFIDENTIAL)
    wider = stories.seal_item(usa, label={"level": "SECRET", "audience": ["USA", "IND", "FRA"]})
    by = {"language": "hi", "translator": usa.people["engineer"]}
    for weak in (lower, wider):
        with pytest.raises(Conflict) as refused:
            record_translation(house, officer, source.id, derived=weak.id, **by)
        assert refused.value.reason == "translation_label"
    found = record_translation(house, officer, source.id, derived=same.id, **by)
    assert [(one.source, one.derived, one.language) for one in found.translations] == [(source.id, same.id, "hi")]
    with pytest.raises(Conflict):
        record_translation(house, officer, source.id, derived=same.id, **by)
    with pytest.raises(NotAvailable):
        record_translation(house, officer, source.id, derived="itm_x", **by)
    with pytest.raises(MalformedInput):
        record_translation(house, officer, source.id, derived=source.id, **by)
    assert "item:translated" in {link.event.kind for link in custody(house, officer, same.id).links}


def test_an_inventory_lists_missing_and_extra_copies_and_each_missing_one_becomes_a_suspected_loss(usa: Node) -> None:
    house, officer = usa.house, usa.actor("security_officer")
    item = stories.seal_item(usa)
    here, gone, ended = (record(usa, item.id, number=number) for number in (1, 2, 3))
    take(usa, ended.id, "give_back", recipient="USA-DSA", done_on="2026-11-22")
    opened = inventories.open_inventory(house, officer, as_of=house.now())
    assert (opened.copies, opened.left, opened.state) == (2, 2, "open")
    with pytest.raises(Conflict):
        inventories.open_inventory(house, officer, as_of=house.now())
    inventories.check_copy(house, officer, opened.id, copy=here.id, result="found")
    with pytest.raises(Conflict) as left:
        inventories.sign_inventory(house, officer, opened.id)
    assert (left.value.reason, left.value.found) == ("inventory_left", 1)
    inventories.check_copy(house, officer, opened.id, copy=gone.id, result="not_found", note="drawer empty")
    inventories.check_copy(house, officer, opened.id, result="extra", note="a folder without a number")
    for wrong in ({"result": "extra", "copy": here.id}, {"result": "found"}, {"result": "lost", "copy": here.id}):
        with pytest.raises(MalformedInput):
            inventories.check_copy(house, officer, opened.id, **wrong)
    with pytest.raises(NotAvailable):
        inventories.check_copy(house, officer, opened.id, copy=ended.id, result="found")
    signed = inventories.sign_inventory(house, officer, opened.id)
    assert (signed.state, signed.found, signed.missing, signed.extra) == ("signed", 1, 1, 1)
    stated = read_statement(
        signed.statement.encode(), kind="inventory-result", versions=(1,), trusted=[house.node_key.public]
    )
    assert stated.body["missing"] == [gone.id]
    assert copies.one_copy(house, officer, gone.id).state == "suspected_lost"
    assert [one.event for one in entries_for(house, officer, gone.id)][-1] == "copy:suspected_lost"
    assert [gap.code for gap in custody(house, officer, item.id).gaps] == ["found_again"]
    with pytest.raises(Conflict):
        inventories.check_copy(house, officer, opened.id, copy=here.id, result="found")
    take(usa, gone.id, "find", custodian="security_officer", location=SAFE)
    assert custody(house, officer, item.id).unbroken
    with pytest.raises(Refused):
        inventories.open_inventory(house, usa.actor("inspector"), as_of=house.now())
    assert inventories.inventory(house, usa.actor("inspector"), opened.id).missing == 1
    with pytest.raises(MalformedInput):
        inventories.open_inventory(house, officer, as_of=house.now() + timedelta(days=1))


def test_the_yearly_count_of_top_secret_says_when_it_is_due_and_secret_has_no_rule(usa: Node) -> None:
    room = strong_room(usa)
    top, secret = stories.seal_item(usa, label=TOP), stories.seal_item(usa)
    copy = record(usa, top.id, "keeper", facility=room, number=1)
    other = record(usa, secret.id)
    inspector = usa.actor("inspector")
    due = custody(usa.house, inspector, top.id, copy.id).next_inventory
    assert due is not None
    assert due.date().isoformat() == "2027-11-22"
    assert custody(usa.house, inspector, secret.id, other.id).next_inventory is None
    only_top = inventories.open_inventory(usa.house, usa.actor("keeper"), as_of=usa.house.now(), level="TOP SECRET")
    assert only_top.copies == 1


def test_the_chain_of_a_release_names_each_receipt_and_shows_a_missing_one_as_a_gap(usa: Node, india: Peer) -> None:
    house = usa.house
    house.partners[IND] = india  # type: ignore[index]
    vouch(usa, IND, "engineer")
    india.vouch(house, "reader")
    stories.authorise(usa)
    item = stories.seal_item(usa)
    case = stories.ask_release(usa, india, item)
    stories.decide_case(usa, case)
    assert release_sending.prepare_release(house, case.id)
    body = stories.sent_body(usa, india, "release")
    waiting = custody(house, usa.actor("inspector"), item.id)
    assert {gap.code for gap in waiting.gaps} == {"technical_receipt", "custody_receipt"}
    usa.clock.forward(days=52)
    late = next(gap for gap in seen(usa, item.id).gaps if gap.code == "custody_receipt")
    assert (late.day, late.limit, late.late, late.other_side) == (52, 45, True, True)
    usa.clock.moment = START + timedelta(days=1)
    policy = Manifest.objects.get(kind="release").policy_uuid
    assert india.code_of(india.send(house, "acceptance", india.custody(body, policy))) == ""
    whole = seen(usa, item.id)
    assert whole.unbroken
    receipt = next(link.event for link in whole.links if link.event.kind == "acceptance:receipted")
    assert (receipt.nation, receipt.signature, receipt.entry_evidence) == ("IND", "holds", "holds")
    assert next(link.event for link in whole.links if link.event.kind == "item:registered").signature == "holds"
    withdrawals.withdraw_release(house, usa.actor("release_officer"), case.id, reason="ended")
    assert seen(usa, item.id).unbroken
    assert RegisterEntry.objects.count() == 3


def seen(node: Node, item: str) -> CustodyView:
    return custody(node.house, node.actor("inspector"), item)


def test_what_was_changed_in_the_store_shows_in_the_chain(usa: Node) -> None:
    item = stories.seal_item(usa)
    copy = record(usa, item.id)
    assert seen(usa, item.id).unbroken
    row = LedgerEntry.objects.get(entry=copy.entry)
    row.details = row.details | {"facility": "USA-F999"}
    row.save()
    assert [gap.code for gap in seen(usa, item.id).gaps] == ["evidence_fails"]
    row.delete()
    broken = seen(usa, item.id)
    assert [gap.code for gap in broken.gaps] == ["entry_missing"]
    assert broken.links[-1].event.kind == "register:line"
    Manifest.objects.filter(kind="original").update(registration=b"{}")
    assert {gap.code for gap in seen(usa, item.id).gaps} == {"entry_missing", "evidence_fails"}


@pytest.mark.parametrize("change", ["line", "place", "state", "taken out", "certificate"])
def test_a_register_that_was_edited_behind_the_ledgers_back_shows_in_the_chain(usa: Node, change: str) -> None:
    item = stories.seal_item(usa)
    copy = record(usa, item.id)
    take(usa, copy.id, "destroy", method="burning", done_on="2026-11-20")
    assert seen(usa, item.id).unbroken
    line = CopyEvent.objects.get(step="destroy" if change == "certificate" else "record")
    if change == "line":
        CopyEvent.objects.filter(number=line.number).update(facility="USA-F999")
    elif change == "place":
        CopyEvent.objects.filter(number=line.number).update(location="Elsewhere")
    elif change == "state":
        ItemCopy.objects.filter(id=copy.id).update(state="held")
    elif change == "taken out":
        line.delete()
    else:
        line.details = line.details | {"certificate": line.details["certificate"].replace("payload", "payl0ad", 1)}
        line.save()
    assert [gap.code for gap in seen(usa, item.id).gaps] == ["evidence_fails"]


def test_what_came_from_the_partner_has_its_chain_from_the_arrival_on(ind: Node, america: Peer) -> None:
    arrival, _ = stories.arrived(ind, america)
    stories.authorise(ind)
    item = stories.accept(ind, arrival).item.id
    chain = seen(ind, item)
    kinds = [link.event.kind for link in chain.links]
    assert kinds.index("transfer:received") < kinds.index("acceptance:decided")
    assert chain.unbroken
    assert chain.nations == ("IND", "USA")
    arrived = next(link.event for link in chain.links if link.event.kind == "transfer:received")
    assert (arrived.nation, arrived.signature) == ("USA", "holds")
    copy = record(ind, item)
    assert copies.holdings(ind.house, ind.actor("security_officer"))[0].foreign
    assert custody(ind.house, ind.actor("security_officer"), item, copy.id).place == "held"
