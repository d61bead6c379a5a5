"""The rule book: what people read is what the machine runs, and a gap stays a gap."""

from __future__ import annotations

from relto.rules.book import BOTH_SIDES, NO_SIDE, Choice, chosen, read_book
from relto.rules.bundle import POLICIES
from tests.unit.rules.agreement import IND, NOW, USA, bundle

BOOK = read_book(bundle(), NOW)


def test_each_rule_is_shown_with_the_policy_that_stands_in_the_bundles_file() -> None:
    text = bundle().texts[POLICIES]
    assert [one.rule for one in BOOK.rules] == [gate.rule for gate in bundle().gates.gates]
    for one in BOOK.rules:
        assert one.policy in text
        assert one.policy.startswith(f'@form("explain")\n@id("{one.rule}")')
        assert one.holds in one.policy
        assert all(condition in one.policy for _, condition in one.applies)
        assert set(one.says) == {"en", "hi"}


def test_every_provision_says_which_rules_rest_on_it() -> None:
    for identity, rules in BOOK.cited_by.items():
        assert identity in BOOK.provisions
        for rule in rules:
            found = BOOK.rule(rule)
            assert found is not None
            assert identity in [one.id for one in found.provisions]
    assert BOOK.rule("R99-nothing") is None


def test_both_sides_stand_beside_each_other_and_a_gap_borrows_nothing() -> None:
    topics = {one.topic: one for one in BOOK.topics()}
    disclosure = topics["disclosure"]
    assert disclosure.relation == USA
    assert all(one.is_gap and one.requirement is None for one in disclosure.sides[IND])
    assert topics["access"].relation == BOTH_SIDES
    assert all(one.nation == "bilateral" for one in disclosure.together)
    known = {one.id for one in BOOK.provisions.values()}
    shown = [one.id for topic in BOOK.topics() for side in topic.sides.values() for one in side]
    shown += [one.id for topic in BOOK.topics() for one in topic.together]
    assert sorted(shown) == sorted(known)
    only_gaps = [one for one in BOOK.provisions.values() if one.is_gap]
    assert {one.relation for one in BOOK.topics(only_gaps)} == {NO_SIDE}


def test_the_matrix_keeps_both_directions_apart_and_says_where_there_is_no_equivalent() -> None:
    (matrix,) = BOOK.matrices
    assert (matrix.down, matrix.across) == (IND, USA)
    assert matrix.levels_down[0] == matrix.levels_across[0] == "TOP SECRET"
    assert matrix.no_across["RESTRICTED"].handling == "as_confidential"
    assert matrix.no_across["RESTRICTED"].to_level is None
    assert ("SECRET", "SECRET") in matrix.there
    assert ("SECRET", "SECRET") in matrix.back
    assert not any("RESTRICTED" in pair for pair in (*matrix.there, *matrix.back))


def test_what_somebody_chose_is_shown_and_nothing_else() -> None:
    rules, provisions = chosen(BOOK, Choice())
    assert Choice().is_all
    assert (len(rules), len(provisions)) == (len(BOOK.rules), len(BOOK.provisions))
    rules, provisions = chosen(BOOK, Choice(gate="equivalence", action="open"))
    assert [one.rule for one in rules] == ["R16-equivalent-exists"]
    assert {one.id for one in provisions} == {one.id for one in rules[0].provisions}
    rules, provisions = chosen(BOOK, Choice(nation="IND", unconfirmed=True))
    assert all(one.nation == "IND" and not one.confirmed for one in provisions)
    assert all(one.unconfirmed[IND] for one in rules)
    rules, provisions = chosen(BOOK, Choice(text="117.19(D)(1)"))
    assert provisions
    assert all("117.19(d)(1)" in str(one.citation) for one in provisions)
    assert any(one.rule == "R11-approved-channel" for one in rules)
    rules, _ = chosen(BOOK, Choice(text="प्रतिष्ठान"))
    assert rules
    assert chosen(BOOK, Choice(topic="no_such_topic")) == ((), ())
