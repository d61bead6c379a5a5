"""One queue for everybody's work, one search over what each may see: the matrix of roles, companies and programmes."""

from __future__ import annotations

from typing import Any

import pytest

from relto.base.errors import MalformedInput, NotAvailable
from relto.procedures.acceptance import ACCEPTED
from relto.services import items, organisation, role_changes
from relto.services.looks import look, news
from relto.services.search import Found, search
from relto.services.sharing import may_share, shareable
from relto.services.waiting import waiting
from relto.services.waiting_view import HERE, MINE, PARTNER
from relto.store.models import Arrival, Item, RegisterEntry
from relto.store.queries.items import newest_of_company, visible_items
from tests.support.houses import COMPANY, FACILITY, IND, OTHER_PROGRAMME, PROGRAMME, START, USA, Node, vouch
from tests.support.peer_simulator import Peer
from tests.unit.services.stories import arrived, ask_release, authorise, decide_case, seal_item
from tests.unit.services.test_scopes import second_company

EVERYBODY = (
    "engineer",
    "colleague",
    "security_officer",
    "other engineer",
    "other officer",
    "release_officer",
    "registrar",
    "co_chair",
    "inspector",
    "operator",
)


@pytest.fixture
def originator(usa: Node, india: Peer) -> Node:
    """A case of the first company, an item of each programme, and one of another company."""
    second_company(usa, "USA-C020", "USA-F020")
    india.vouch(usa.house, "reader")
    authorise(usa)
    usa.items = {  # type: ignore[attr-defined]
        "first": seal_item(usa, title="Hull vibration report").id,
        "second": seal_item(usa, "colleague", programme=OTHER_PROGRAMME, title="Granite vibration report").id,
        "foreign": seal_item(usa, "other engineer", title="Other company's vibration report").id,
    }
    usa.case = ask_release(usa, india, items.item(usa.house, usa.actor("engineer"), usa.items["first"]))  # type: ignore[attr-defined]
    return usa


def kinds(node: Node, who: str) -> set[tuple[str, str, str]]:
    view = waiting(node.house, node.actor(who))
    return {(row.kind, row.turn, row.number) for row in (*view.mine, *view.others)}


def ids(found: Found) -> set[str]:
    return {hit.id for group in found.groups for hit in group.hits}


def test_a_case_waits_for_its_officer_and_its_company_follows_it(originator: Node, india: Peer) -> None:
    case: Any = originator.case  # type: ignore[attr-defined]
    assert kinds(originator, "release_officer") == {("case", MINE, case.number)}
    assert kinds(originator, "security_officer") == {("case", HERE, case.number)}
    for who in set(EVERYBODY) - {"release_officer", "security_officer", "registrar"}:
        assert kinds(originator, who) == set(), who
    row = waiting(originator.house, originator.actor("release_officer")).mine[0]
    assert (row.step, row.title, row.programme) == ("decide", "Hull vibration report", PROGRAMME)
    decide_case(originator, case)
    assert {turn for _, turn, _ in kinds(originator, "security_officer")} <= {"node", PARTNER}
    waits, _ = arrived(originator, india)
    assert ("arrival", MINE, waits.number) in kinds(originator, "release_officer")
    assert ("arrival", HERE, waits.number) not in kinds(originator, "security_officer"), "not hers before acceptance"


def test_an_assurance_is_to_be_confirmed_before_its_status_is_too_old(originator: Node) -> None:
    registrar = originator.actor("registrar")
    vouch(originator, IND, "engineer")
    assert waiting(originator.house, registrar).mine == ()
    originator.clock.forward(hours=13)
    (row,) = waiting(originator.house, registrar).mine
    assert (row.kind, row.step, row.count) == ("assurances", "confirm", 2)
    assert row.due is not None
    assert not row.due.overdue
    originator.clock.forward(hours=12)
    (row,) = waiting(originator.house, registrar).mine
    assert row.due is not None
    assert row.due.overdue


def test_a_role_waits_for_the_second_person_and_a_page_leads_to_it(usa: Node) -> None:
    new = organisation.add_person(usa.house, usa.actor("registrar"), name="Somebody new").pseudonym
    asked = role_changes.ask_change(usa.house, usa.actor("registrar"), person=new, role="inspector", does="grant")
    (row,) = waiting(usa.house, usa.actor("co_chair")).mine
    assert (row.kind, row.id, row.what, row.step) == ("role_change", asked.change, "inspector", "confirm_role")
    assert waiting(usa.house, usa.actor("registrar")).mine == (), "who asked does not confirm"
    role_changes.confirm_change(usa.house, usa.actor("co_chair"), change=asked.change)
    assert waiting(usa.house, usa.actor("co_chair")).mine == ()


def test_what_is_new_since_she_looked_is_told_once_a_visit(originator: Node, india: Peer) -> None:
    house, officer = originator.house, originator.actor("release_officer")
    assert look(house, officer) is None
    originator.clock.forward(minutes=5)
    assert look(house, officer) is None, "the same visit"
    originator.clock.forward(hours=2)
    arrived(originator, india)
    since = look(house, officer)
    assert since is not None
    view = waiting(house, officer)
    found = news(house, officer, view.mine, since)
    assert len(found.new) == 1
    company = originator.actor("security_officer")
    look(house, company)
    originator.clock.forward(hours=2)
    decide_case(originator, originator.case, "refuse")  # type: ignore[attr-defined]
    seen = look(house, company)
    changes = news(house, company, waiting(house, company).mine, seen).changes
    assert [one.kind for one in changes] == ["case"]
    assert news(house, officer, (), seen).changes == (), "what she did herself is no news"


SEES = {
    "engineer": {"first"},
    "colleague": {"second"},
    "security_officer": {"first", "second"},
    "other engineer": {"foreign"},
    "other officer": {"foreign"},
    "release_officer": set(),
    "registrar": set(),
    "co_chair": set(),
    "inspector": set(),
    "operator": set(),
}


def test_nothing_foreign_is_found_by_anything_that_names_it(originator: Node) -> None:
    known: dict[str, str] = originator.items  # type: ignore[attr-defined]
    case: Any = originator.case  # type: ignore[attr-defined]
    case_readers = {"release_officer", "security_officer"}
    for who in EVERYBODY:
        actor = originator.actor(who)
        visible = {known[name] for name in SEES[who]}
        named = [*known.values(), *Item.objects.values_list("uuid", flat=True), PROGRAMME, OTHER_PROGRAMME, "USA"]
        for text in (*named, "2026-11-22", "vibration"):
            documents = {one for one in ids(search(originator.house, actor, text)) if one.startswith("itm_")}
            assert documents <= visible, (who, text)
        for text in (case.id, case.number, case.number[-4:], FACILITY[IND]):
            found = ids(search(originator.house, actor, text))
            assert (case.id in found) == (who in case_readers), (who, text)


def test_the_number_of_another_companys_line_finds_nothing_though_it_holds_the_same_item(originator: Node) -> None:
    first: str = originator.items["first"]  # type: ignore[attr-defined]
    for number, company in (("USA-2026-000777", "USA-C020"), ("USA-2026-000888", COMPANY[USA])):
        RegisterEntry.objects.create(
            number=number, item_id=first, direction="received", company=company, details={}, at=START, entry="ent_1"
        )
    for who in ("engineer", "security_officer"):
        actor = originator.actor(who)
        assert ids(search(originator.house, actor, "USA-2026-0007")) == set(), who
        assert ids(search(originator.house, actor, "USA-2026-000888")) == {first}, who


def test_unknown_and_foreign_things_are_found_alike(originator: Node) -> None:
    actor = originator.actor("other engineer")
    case: Any = originator.case  # type: ignore[attr-defined]
    first: str = originator.items["first"]  # type: ignore[attr-defined]
    for text in (first, case.id, case.number, "itm_" + "a" * 24, "rel_" + "b" * 24, "REL-2026-9999"):
        assert search(originator.house, actor, text) == Found(None, ()), text


def test_titles_are_found_only_while_the_document_would_open(originator: Node) -> None:
    house, actor = originator.house, originator.actor("engineer")
    first: str = originator.items["first"]  # type: ignore[attr-defined]
    (hit,) = (hit for group in search(house, actor, "hull VIBRATION").groups for hit in group.hits)
    assert (hit.id, hit.title) == (first, "Hull vibration report")
    officer = originator.actor("release_officer")
    assert search(house, officer, "vibration report").groups == (), "who opens nothing finds no title"
    originator.clock.forward(days=800)
    assert first not in ids(search(house, actor, "vibration")), "the agreement ended, so nothing opens"


def test_titles_are_sought_among_the_newest_that_she_may_know_of_own_and_received(
    originator: Node, india: Peer
) -> None:
    waits, _ = arrived(originator, india)
    Arrival.objects.filter(id=waits.id).update(state=ACCEPTED)
    for who in EVERYBODY:
        actor = originator.actor(who)
        known = visible_items(actor).order_by("-registered_at", "-id") if actor.company else Item.objects.none()
        for most in (1, 2, 500):
            assert newest_of_company(actor, most) == list(known[:most]), who
    assert {one.held_as for one in newest_of_company(originator.actor("security_officer"), 500)} == {"own", "received"}


def test_an_exact_number_is_the_one_thing_and_short_words_are_refused(originator: Node) -> None:
    house, actor = originator.house, originator.actor("release_officer")
    case: Any = originator.case  # type: ignore[attr-defined]
    exact = search(house, actor, f" {case.number.lower()} ").exact
    assert exact is not None
    assert (exact.kind, exact.id) == ("case", case.id)
    for text in ("a", " ", "x" * 101):
        with pytest.raises(MalformedInput):
            search(house, actor, text)
    for text in ("22 November 2026", "22.11.2026", "22 नवंबर 2026", "2026-11-22"):
        assert case.id in ids(search(house, actor, text)), text
    assert case.id not in ids(search(house, actor, "2026-11-21"))
    assert search(house, actor, "31.02.2026").groups == ()
    assert case.id in ids(search(house, actor, "भारत"))


def test_rules_are_found_in_both_languages(originator: Node) -> None:
    house, actor = originator.house, originator.actor("operator")
    english = search(house, actor, "assurance", "en")
    assert {"rule", "provision"} & {group.kind for group in english.groups}
    hindi = search(house, actor, "आश्वासन", "hi")
    assert any(group.kind == "rule" for group in hindi.groups)
    assert all(len(group.hits) <= 8 for group in (*english.groups, *hindi.groups))


def test_what_is_missing_before_something_can_be_shared(originator: Node) -> None:
    house, actor = originator.house, originator.actor("engineer")
    first: str = originator.items["first"]  # type: ignore[attr-defined]
    (one,) = shareable(house, actor)
    assert one.item == first
    assert one.facilities == {FACILITY[IND]: "IND"}
    asked = may_share(house, actor, first, FACILITY[IND])
    assert asked.permitted
    assert asked.readers == 1
    assert asked.case == "", "a case is her security officer's to see"
    case: Any = originator.case  # type: ignore[attr-defined]
    assert may_share(house, originator.actor("security_officer"), first, FACILITY[IND]).case == case.id
    foreign: str = originator.items["foreign"]  # type: ignore[attr-defined]
    refused = may_share(house, originator.actor("other engineer"), foreign, FACILITY[IND])
    assert not refused.permitted
    assert "export_authorisation" in {gate.gate for gate in refused.gates}, (
        "an export authorisation is its company's own"
    )
    originator.clock.forward(hours=30)
    late = may_share(house, actor, first, FACILITY[IND])
    assert {gate.gate for gate in late.gates} >= {"facility_assurance", "personal_assurance"}
    with pytest.raises(NotAvailable):
        may_share(house, originator.actor("other engineer"), first, FACILITY[IND])
    with pytest.raises(NotAvailable):
        may_share(house, actor, first, "IND-F999")
