"""A draft is weighed on small worlds, and each pair is asked of Cedar itself beside it."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from typing import Any

import numpy as np
import pytest

from relto.base.errors import MalformedInput, NotVerified, TooLarge
from relto.base.instants import instant_text
from relto.rules.builtin import package_data
from relto.rules.bundle import Bundle, read_rules
from relto.rules.impact import rule_tables
from relto.rules.impact.answer import Impact
from relto.rules.impact.asking import impacts
from relto.rules.impact.cases import Cases
from relto.rules.impact.holdings import Holdings
from relto.rules.impact.oracle import judge
from relto.rules.impact.reading import holdings_of_rows, read_holdings, write_holdings
from relto.rules.impact.synthetic import synthetic_holdings
from relto.rules.impact.weighing import prepare, weigh
from tests.unit.rules.agreement import DAY, FACILITY, NOW, PROGRAMME, bundle, unsigned


def _data(name: str) -> Any:
    return json.loads(package_data(f"{name}.json"))


def _holds(rule: str, holds: str) -> Bundle:
    gates = _data("gates")
    for gate in gates["gates"]:
        if gate["rule"].startswith(rule):
            gate["holds"] = holds
    return _draft(gates=gates)


def _draft(**changes: Any) -> Bundle:
    return read_rules(unsigned(version=2, supersedes=1, **changes))


def _fresher() -> Bundle:
    limits = _data("limits")
    limits["limits"]["assurance_status_max_age"]["value"] = 6
    return _draft(limits=limits)


def _restricted_counts() -> Bundle:
    table = _data("equivalence")
    for row in table["rows"]:
        row |= {"valid_from": instant_text(NOW - 30 * DAY), "valid_to": None}
        if row["from_level"] == "RESTRICTED":
            row["to_level"] = "CONFIDENTIAL"
    return _draft(equivalence=table)


def _one_facility_less() -> Bundle:
    facilities = [{"code": FACILITY[nation], "nation": nation} for nation in FACILITY if nation == "USA"]
    return _draft(programmes=[{"code": PROGRAMME, "nations": ["IND", "USA"], "facilities": facilities}])


PEOPLE, ITEMS = 32, 40
DRAFTS: dict[str, Callable[[], Bundle]] = {
    "the status of an assurance may be six hours old": _fresher,
    "a level without equivalent gets one": _restricted_counts,
    "a facility leaves the programme's list": _one_facility_less,
    "nobody need hold a caveat": lambda: _holds("R17", "true"),
    "a marking is taken as consent": lambda: _holds("R19", "resource.audience.contains(principal.nation)"),
    "a release need not be accepted": lambda: _holds("R22", "true"),
    "a need to know needs no reason": lambda: _holds(
        "R13", "context.listing.person == principal.pseudonym && context.listing.item == resource.code"
    ),
    "an authorisation for any nation suffices": lambda: _holds("R02", 'context.disclosure.nation != ""'),
}


@cache
def world() -> Holdings:
    return _world(PEOPLE, ITEMS)


def _world(people: int, items: int) -> Holdings:
    places = [(code, str(nation)) for nation, code in FACILITY.items()]
    return synthetic_holdings(people, items, 3, NOW, facilities=places, programmes=[PROGRAMME])


def _weighed(held: Holdings, draft: Bundle, action: str) -> Impact:
    return next(impacts(held, bundle(), [draft], action, NOW, cells=15, pairs=4, examples=1000))


@cache
def _listed_pairs() -> list[tuple[int, int, int]]:
    held = world()
    cases = Cases(held, "open")
    lists = np.flatnonzero(np.bincount(held["item.list"], minlength=held.counts["lists"]))
    people = {int(one): np.unique(held["listing.person"][held["listing.list"] == one]) for one in lists}
    pairs = [(int(who), item) for item in range(held.items) for who in people[int(held["item.list"][item])]]
    return [(who, item, cases.listing_of(who, item)) for who, item in pairs]


@cache
def _by_cedar(action: str, draft: str | None) -> frozenset[tuple[int, int]]:
    """The permitted pairs, each asked of `decide`."""
    rules, cases, permitted = bundle() if draft is None else DRAFTS[draft](), Cases(world(), action), set()
    for who, item, listing in _listed_pairs():
        decision = cases.decide(rules, who, item, listing, NOW)
        if decision is not None and decision.permitted:
            permitted.add((who, item))
    return frozenset(permitted)


@pytest.mark.parametrize(
    ("action", "draft"),
    [*(("open", draft) for draft in list(DRAFTS)[:7]), ("release", list(DRAFTS)[1]), ("release", list(DRAFTS)[7])],
)
def test_every_pair_is_answered_as_cedar_answers_it(action: str, draft: str) -> None:
    before, after = _by_cedar(action, None), _by_cedar(action, draft)
    held, found = world(), _weighed(world(), DRAFTS[draft](), action)
    told = found.as_dict()
    assert (told["permitted_before"], told["permitted_after"]) == (len(before), len(after))
    named = {(row["change"], row["person"], row["item"]) for row in found.pair_rows(1000)}
    assert named == {("gained", held.name("person", who), held.name("item", item)) for who, item in after - before} | {
        ("lost", held.name("person", who), held.name("item", item)) for who, item in before - after
    }
    assert told["people_gaining"] == len({who for who, _ in after - before})
    assert told["items_losing"] == len({item for _, item in before - after})
    assert sum(row["gained"] for row in told["by_level_and_nation"]) == len(after - before)
    assert sum(row["lost"] for row in told["by_programme"]) == len(before - after)


def test_the_drafts_of_these_tests_do_change_something() -> None:
    changed = [draft for draft in list(DRAFTS)[:7] if _by_cedar("open", None) != _by_cedar("open", draft)]
    assert len(changed) >= 3


def test_a_pair_on_no_list_counts_where_a_draft_needs_no_listing() -> None:
    held, draft = _world(12, 14), _holds("R13", "true")
    cases = Cases(held, "open")
    permitted = 0
    for who in range(held.people):
        for item in range(held.items):
            decision = cases.decide(draft, who, item, cases.listing_of(who, item), NOW)
            permitted += bool(decision and decision.permitted)
    told = _weighed(held, draft, "open").as_dict()
    assert told["permitted_after"] == permitted > told["permitted_before"]


@pytest.mark.parametrize("draft", [_fresher, _restricted_counts, _one_facility_less])
def test_working_out_only_what_differs_gives_what_working_out_all_gives(draft: Any) -> None:
    held = _world(3000, 9000)
    kept = prepare(held, bundle(), "open", NOW)
    found = weigh(kept, draft())
    whole = prepare(held, draft(), "open", NOW)
    assert kept.permitted + found.gained.pairs - found.lost.pairs == whole.permitted
    back = weigh(whole, bundle())
    for one, other in ((found.gained, back.lost), (found.lost, back.gained)):
        assert np.array_equal(one.people, other.people)
        assert np.array_equal(one.classes, other.classes)
        assert np.array_equal(one.levels, other.levels)
    assert found.cells < kept.cells


def test_the_same_rules_change_nothing_and_nothing_is_worked_out() -> None:
    found = weigh(prepare(world(), bundle(), "open", NOW), _draft())
    assert (found.gained.pairs, found.lost.pairs, found.cells, found.touched) == (0, 0, 0, ())


def test_nobody_and_nothing_can_be_weighed() -> None:
    for people, items in ((0, 0), (5, 0), (0, 5)):
        told = _weighed(_world(people, items), _fresher(), "open").as_dict()
        assert (told["permitted_before"], told["pairs_gained"], told["pairs_lost"]) == (0, 0, 0)


def test_an_evaluator_that_is_wrong_is_noticed_by_cedar() -> None:
    kept = prepare(world(), bundle(), "open", NOW)
    draft = _fresher()
    found = weigh(kept, draft)
    for table in kept.tables.values():
        if "R10-personal-status-fresh" in table.rules:
            table.cells[:] = ~table.cells
    with pytest.raises(NotVerified, match=r"impact\.cedar"):
        judge(kept, bundle(), draft, found, bound=10)


def test_what_the_evaluator_does_not_know_is_refused_and_not_guessed() -> None:
    kept = prepare(world(), bundle(), "open", NOW)
    for holds in ('principal.pseudonym like "a*"', 'principal.pseudonym == "psn_friend"', "principal has nation"):
        with pytest.raises(MalformedInput, match=r"impact\.unknown"):
            weigh(kept, _holds("R17", holds))


def test_more_than_can_be_worked_out_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rule_tables, "MOST_CELLS", 10)
    with pytest.raises(TooLarge, match=r"impact\.table"):
        prepare(world(), bundle(), "open", NOW)


def test_the_time_of_the_question_counts() -> None:
    later = prepare(world(), bundle(), "open", NOW + timedelta(days=400))
    assert later.permitted == 0


def _file(held: Holdings) -> io.BytesIO:
    stream = io.BytesIO()
    write_holdings(held, stream)
    stream.seek(0)
    return stream


def test_holdings_come_back_from_a_file_as_they_were() -> None:
    held = world()
    read = read_holdings(_file(held))
    assert all(np.array_equal(column, read[name]) for name, column in held.columns.items())
    assert (read.words, read.counts) == (held.words, held.counts)


@pytest.mark.parametrize(
    ("name", "column", "field"),
    [
        ("item.level", np.full(ITEMS, 99, dtype=np.int8), "item.level"),
        ("item.papers", np.full(ITEMS, -1, dtype=np.int32), "item.papers"),
        ("item.export", np.zeros(ITEMS, dtype=np.int8), "item.export"),
        ("person.level", np.zeros(3, dtype=np.int8), "person.level"),
        ("person.valid_from", np.full(PEOPLE, 2**60), "person.valid_from"),
        ("person.valid_from", np.zeros(PEOPLE), "person.valid_from"),
        ("item.owners", np.array([{}], dtype=object), "holdings"),
        ("item.surname", np.zeros(1), "item.surname"),
    ],
)
def test_columns_that_do_not_fit_are_refused_by_name(name: str, column: Any, field: str) -> None:
    with np.load(_file(world())) as found:
        arrays: dict[str, Any] = {**found, name: column}
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    stream.seek(0)
    with pytest.raises(MalformedInput) as refused:
        read_holdings(stream)
    assert refused.value.field == field


def test_a_file_that_is_none_is_refused() -> None:
    for data in (b"PK\x03\x04 not an archive", b"{", b'{"type": "person"}', b"[1]", b'{"type": "spy"}'):
        with pytest.raises(MalformedInput, match="holdings"):
            read_holdings(io.BytesIO(data))


def _lines() -> list[dict[str, Any]]:
    start, end = int((NOW - DAY).timestamp()), int((NOW + DAY).timestamp())
    valid = {"valid_from": start, "valid_until": end, "status_at": end - 90000, "suspended": False}
    secret, period = ["2.999.840.1", "SECRET"], {"from": start, "until": end}
    return [
        {"type": "facility", "code": "USA-F001", "nation": "USA", "level": secret, "safeguarding": secret, **valid},
        {"type": "person", "pseudonym": "psn_a", "facility": "USA-F001", "level": secret, "caveats": [],
         "programmes": [PROGRAMME], **valid},
        {"type": "item", "code": "itm_a", "list": "L", "owners": ["USA"], "releaser": "USA", "level": secret,
         "audience": "everyone", "caveats": [], "programme": PROGRAMME, "papers": "none", "export": False,
         "physical": False, "registered": True},
        {"type": "listing", "list": "L", "person": "psn_a", "reason": True, **period},
    ]  # fmt: skip


def test_a_small_world_is_written_by_hand() -> None:
    held = read_holdings(io.BytesIO(b"\n".join(json.dumps(line).encode() for line in _lines())))
    assert prepare(held, bundle(), "open", NOW).permitted == 1
    assert held.name("person", 0) == "psn_a"


@pytest.mark.parametrize(
    ("line", "name", "value", "field"),
    [
        (1, "facility", "elsewhere", "person.facility"),
        (1, "status_at", True, "line 2, person.status_at"),
        (2, "audience", "all", "line 3, item.audience"),
        (3, "person", "psn_b", "listing.person"),
        (3, "until", 2**61, "listing.until"),
        (2, "owners", [], "owner_sets"),
    ],
)
def test_a_line_that_does_not_fit_is_refused_by_name(line: int, name: str, value: Any, field: str) -> None:
    lines = _lines()
    lines[line][name] = value
    with pytest.raises(MalformedInput) as refused:
        read_holdings(io.BytesIO(b"\n".join(json.dumps(one).encode() for one in lines)))
    assert refused.value.field == field


def test_a_group_in_an_audience_counts_for_its_members() -> None:
    start, end = int((NOW - DAY).timestamp()), int((NOW + DAY).timestamp())
    valid = {"valid_from": start, "valid_until": end, "status_at": end - 90000, "suspended": False}
    secret, period = ["2.999.356.1", "SECRET"], {"from": start, "until": end}
    rows = {
        "facility": [{"code": "IND-F001", "nation": "IND", "level": secret, "safeguarding": secret, **valid}],
        "person": [{"pseudonym": "psn_a", "facility": "IND-F001", "level": secret, "caveats": [],
                    "programmes": [PROGRAMME], **valid}],
        "item": [{"code": "itm_a", "list": "L", "owners": ["USA"], "releaser": "USA",
                  "level": ["2.999.840.1", "SECRET"], "audience": ["USA", "XGR"], "caveats": [],
                  "programme": PROGRAMME, "papers": "P", "export": False, "physical": False, "registered": True}],
        "release": [{"papers": "P", "facility": "IND-F001", "state": "accepted", **period}],
        "listing": [{"list": "L", "person": "psn_a", "reason": True, **period}],
    }  # fmt: skip
    group = {
        "code": "XGR", "nations": ["IND"], "valid_from": "2026-01-01T00:00:00Z", "valid_to": None, "source": "a test",
        "citation": None, "evidence": "none", "confirmed": False,
    }  # fmt: skip
    draft = _draft(groups={"type": "groups", "version": 1, "groups": [group]})
    (found,) = impacts(holdings_of_rows(rows), bundle(), [draft], "open", NOW)
    assert (found.kept.permitted, found.found.gained.pairs, found.judged.complete) == (0, 1, True)
    with pytest.raises(MalformedInput):
        holdings_of_rows({**rows, "person": [{"pseudonym": "psn_a"}]})
