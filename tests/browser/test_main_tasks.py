"""Each role's main task in a real browser, in both languages, without JavaScript, by visible words alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from relto.procedures.actors import Role
from relto.store.models import AlignmentStatement, Item, LedgerEntry, Person, ReleaseCase
from tests.browser.conftest import Visit
from tests.support.chromium import needs_chromium
from tests.unit.web.portal import ASSURED, Portal

pytestmark = needs_chromium
LANGUAGES = ("en", "hi")
# The pages of one task are the same in both languages but for their words: one each time, both in `make accept`.
FIRST_ENGLISH = ("en", pytest.param("hi", marks=pytest.mark.accept))
FIRST_HINDI = (pytest.param("en", marks=pytest.mark.accept), "hi")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_newcomer_goes_from_her_sign_in_link_to_her_first_right_decision(
    portal: Portal, visit: Visit, language: str
) -> None:
    item = portal.seal()
    portal.partner_vouches()
    portal.authorise(item)
    portal.ask(item)
    officer = visit("release_officer", language)
    assert officer.question() == officer.says("Your next decision")
    officer.follows("Decide this case")
    officer.chooses("Release to the named readers")
    assert officer.ticks_all("I accept, although no rule is loaded for it:") == 4
    officer.writes("Your reason", "The joint tests need it.")
    officer.presses("Sign the decision")
    case = ReleaseCase.objects.get()
    assert case.state != "asked"
    assert LedgerEntry.objects.filter(event="release:decided", subject=case.id).count() == 1


@pytest.mark.parametrize("language", FIRST_ENGLISH)
def test_an_engineer_seals_a_document(portal: Portal, visit: Visit, language: str, tmp_path: Path) -> None:
    document = tmp_path / "hull.txt"
    document.write_text("The hull was measured.\n")
    engineer = visit("engineer", language)
    engineer.follows("Seal a document")
    assert engineer.question() == engineer.says("Which label does this document need?")
    engineer.presses("Seal the document")
    assert not Item.objects.exists(), "nothing is chosen for her"
    engineer.writes("Title", "Hull vibration test report")
    engineer.chooses("MONSOON-LARK")
    engineer.chooses_in("Whose information is it?", "United States")
    engineer.chooses("SECRET")
    engineer.chooses("Only the nations ticked below")
    assert engineer.ticks_all("Which nations may have it? (REL TO)") == 2
    engineer.chooses_in("Is it under export control?", "Yes")
    engineer.writes("When must the label be looked at again?", "2036-11-22")
    engineer.hands_in("The document", document)
    engineer.presses("Seal the document")
    engineer.reads("What is wrong with its markings")
    assert not Item.objects.exists(), "a file that bears no marking is not sealed without a reason"
    engineer.writes("Why is it sealed despite these faults?", "It is a draft of one line.")
    engineer.hands_in("The document", document)
    engineer.presses("Seal the document")
    assert Item.objects.get().state == "registered"


@pytest.mark.parametrize("language", FIRST_HINDI)
def test_a_security_officer_asks_for_a_release_and_sees_where_it_is(
    portal: Portal, visit: Visit, language: str
) -> None:
    portal.seal()
    portal.partner_vouches()
    officer = visit("security_officer", language)
    officer.goes_to("Documents")
    officer.follows("Hull vibration test report")
    officer.follows("Ask for its release")
    officer.chooses("IND-F007 (IND, SECRET)")
    officer.chooses("Live: both nations are asked at each opening")
    officer.writes_in_each_line_about(ASSURED, "Tests the hull.")
    officer.writes("What is it needed for?", "Joint hull tests.")
    officer.presses("Ask the release officer")
    assert ReleaseCase.objects.get().state == "asked"
    officer.goes_to("Today")
    assert officer.question() == officer.says("What must I do today?")
    officer.follows("Hull vibration test report")


@pytest.mark.parametrize("language", FIRST_ENGLISH)
def test_a_registrar_reads_what_stops_and_suspends(portal: Portal, visit: Visit, language: str) -> None:
    registrar = visit("registrar", language)
    registrar.follows("Register or suspend a facility or a person")
    assert registrar.question() == registrar.says("Who is cleared, and who is suspended?")
    registrar.follows_beside(portal.node.people["colleague"], "Look, suspend")
    registrar.reads("What would be cut, as things stand now")
    registrar.writes_only("She left the programme.")
    registrar.presses("Suspend at once")
    suspended = Person.objects.exclude(suspended_at=None).get()
    assert suspended.id == portal.node.people["colleague"]


@pytest.mark.parametrize("language", FIRST_HINDI)
def test_a_co_chair_raises_a_question(portal: Portal, visit: Visit, language: str) -> None:
    co_chair = visit("co_chair", language)
    co_chair.goes_to("workbench_page.navigation")
    co_chair.follows("alignment_page.raise")
    co_chair.writes("alignment_page.question", "Who counts the inventory, and when?")
    co_chair.writes("alignment_page.provisions", "LIM-12 LIM-34")
    co_chair.chooses("India")
    co_chair.chooses("alignment.state.open")
    co_chair.presses("alignment_page.sign_raise")
    assert AlignmentStatement.objects.get().kind == "divergence"
    co_chair.reads("Who counts the inventory, and when?")


@pytest.mark.parametrize("language", FIRST_ENGLISH)
def test_an_inspector_finds_whether_the_registers_agree(portal: Portal, visit: Visit, language: str) -> None:
    inspector = visit("inspector", language)
    inspector.follows("Do the two registers agree?")
    assert inspector.question() == inspector.says("reconcile_page.heading")
    inspector.follows("MONSOON-LARK")
    inspector.reads("MONSOON-LARK")


@pytest.mark.accept
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_government_representative_sees_what_waits_and_what_crossed(
    portal: Portal, visit: Visit, language: str
) -> None:
    portal.node.add("representative", Role.GOVERNMENT_REPRESENTATIVE)
    representative = visit("representative", language)
    assert representative.question() == representative.says("What waits for you?")
    representative.reads("A consignment to hand over or to take over appears here.")
    representative.goes_to("Register")
    assert representative.question() == representative.says("What do we hold, and what went where?")


@pytest.mark.parametrize("language", FIRST_HINDI)
@pytest.mark.usefixtures("portal")
def test_an_operator_sees_whether_the_node_may_sign(visit: Visit, language: str) -> None:
    operator = visit("operator", language)
    operator.goes_to("Node")
    assert operator.question() == operator.says("May this node sign and release now?")
