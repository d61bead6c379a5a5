"""Two nodes reconcile: what agrees is said, what differs is named with who must act; who lies gets nothing by it."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relto.base.canonical import Json, canonical_bytes
from relto.base.errors import Conflict, MalformedInput, NotVerified
from relto.exchange.reconciled_records import MOST_ASKED, Record, proof, read_record, record_line
from relto.exchange.reconciliation_certificate import AGREE
from relto.exchange.reconciliation_steps import COMPARE, DETAILS, OPEN, REVEAL, bounds_of
from relto.exchange.reconciling import Answerer
from relto.exchange.schemas import check
from relto.ledger.reconciliation import keyed_digests, run_key
from tests.support.reconciling import IND, TERMS, USA, declaring, message, opening, run

HELD = [message(number) for number in range(1, 40)] + [opening(number) for number in range(5)]


def codes(body: Mapping[str, Json]) -> list[tuple[str, str]]:
    findings = cast("list[dict[str, Json]]", body["findings"])
    return sorted((str(one["code"]), str(one["type"])) for one in findings)


def test_registers_that_agree_give_the_same_certificate_on_both_nodes() -> None:
    ours, theirs = run(HELD, [*reversed(HELD)])
    assert ours.body == theirs.body
    assert ours.body["outcome"] == AGREE
    assert not ours.body["findings"]
    check("reconciliation-certificate", ours.body)
    declared = cast("dict[str, dict[str, Json]]", ours.body["declared"])
    assert declared[USA]["root"] == declared[IND]["root"]
    assert declared[USA]["records"] == len(HELD)


@given(
    st.dictionaries(
        st.from_regex(r"[a-z_]{1,9}", fullmatch=True), st.text() | st.integers(0, 2**53 - 1) | st.booleans()
    )
)
def test_a_line_is_canonical_json(record: dict[str, Json]) -> None:
    assert record_line(record) == canonical_bytes(record)
    assert read_record(record_line(message(1))) == message(1)


def test_no_item_on_the_channel_is_an_answer_too() -> None:
    ours, theirs = run([], [])
    assert ours.body["outcome"] == AGREE
    assert ours.body == theirs.body


@given(st.sets(st.integers(1, 300), max_size=12), st.sets(st.integers(1, 300), max_size=12))
@settings(max_examples=25, deadline=None)
def test_exactly_the_records_that_differ_are_named(ours: set[int], theirs: set[int]) -> None:
    mine = [message(number) for number in range(1, 301) if number not in theirs]
    others = [message(number) for number in range(1, 301) if number not in ours]
    here, there = run(mine, others)
    assert here.body == there.body
    assert {cast("int", one["sequence"]) for one in here.only_here} == ours - theirs
    assert {cast("int", one["sequence"]) for one in there.only_here} == theirs - ours
    assert codes(here.body) == [("one_sided", "message")] * len(ours ^ theirs)
    check("reconciliation-certificate", here.body)


def test_a_record_that_differs_is_named_by_its_message_and_by_what_differs() -> None:
    told = message(7, kind="acceptance", control_number="IND-2026-000001")
    held = message(7, kind="acceptance", control_number="IND-2026-000002")
    ours, theirs = run([*HELD[:5], held], [*HELD[:5], told])
    assert ours.body == theirs.body
    (found,) = cast("list[dict[str, Json]]", ours.body["findings"])
    assert found["id"] == held["id"]
    assert (found["code"], found["act"], found["fields"]) == ("differs", "correct_receipt", ["control_number"])
    assert found["who"] == ["IND", "USA"]


def test_who_did_not_apply_a_withdrawal_must_act() -> None:
    ours, theirs = run(
        [message(3, kind="withdrawal", withdrawn=True)], [message(3, kind="withdrawal", withdrawn=False)]
    )
    (found,) = cast("list[dict[str, Json]]", ours.body["findings"])
    assert (found["act"], found["who"]) == ("apply_withdrawal", ["IND"])
    assert ours.body == theirs.body


def test_who_lost_the_line_of_its_register_must_act() -> None:
    lost: Record = {**message(3), "register": None}
    ours, _ = run([message(3)], [lost])
    (found,) = cast("list[dict[str, Json]]", ours.body["findings"])
    assert (found["act"], found["who"]) == ("restore_register", ["IND"])


@pytest.mark.parametrize("asker", [USA, IND])
@pytest.mark.parametrize("holder", [0, 1])
def test_an_opening_that_one_node_alone_recorded_is_an_alarm(asker: str, holder: int) -> None:
    alone = opening(9, asker=cast("Any", asker))
    sides = [[*HELD], [*HELD]]
    sides[holder].append(alone)
    ours, theirs = run(*sides)
    assert ours.body == theirs.body
    (found,) = cast("list[dict[str, Json]]", ours.body["findings"])
    assert (found["code"], found["side"]) == ("opening_one_sided", (USA, IND)[holder])
    assert found["who"] == [(IND, USA)[holder]]


def test_a_share_whose_answer_was_lost_on_its_way_is_no_alarm_where_the_decision_stands() -> None:
    supplied = opening(9, asker=IND)
    ours, theirs = run([*HELD, supplied], HELD, decided=((), [str(supplied["decision"])]))
    assert codes(ours.body) == [("answer_lost", "opening")]
    assert ours.body == theirs.body
    ours, _ = run([*HELD, supplied], HELD)
    assert codes(ours.body) == [("opening_one_sided", "opening")]


def test_messages_still_on_their_way_are_not_compared() -> None:
    asker, answerer = declaring(next_sent=12, settled=10, awaited=5), declaring(next_sent=7, settled=7, awaited=11)
    bounds = bounds_of(TERMS, asker, answerer)
    assert bounds.below == {"USA>IND": 10, "IND>USA": 5}
    assert bounds.beyond == {"USA>IND": 2, "IND>USA": 2}


# A partner who lies.


def test_who_claims_fewer_or_more_is_told_apart_by_the_certificate_that_it_signs() -> None:
    ours, theirs = run(HELD, HELD[1:])
    assert codes(ours.body) == [("one_sided", "message")]
    ours, theirs = run(HELD[1:], [*HELD[1:], message(999), opening(999)])
    assert codes(theirs.body) == [("one_sided", "message"), ("opening_one_sided", "opening")]
    assert ours.body == theirs.body


def test_who_replays_an_old_declaration_does_not_know_the_new_key() -> None:
    old: dict[str, dict[str, Any]] = {}

    def keep(step: str, members: dict[str, Any]) -> None:
        old.setdefault(step, dict(members))

    run(HELD[1:], HELD, replies=keep)

    def replay(step: str, members: dict[str, Any]) -> None:
        if step in {REVEAL, COMPARE}:
            members.update(old[step])

    ours = None
    with pytest.raises((NotVerified, MalformedInput)):
        ours, _ = run(HELD[1:], HELD, replies=replay)
    assert ours is None


def test_who_changes_its_declaration_while_the_run_goes_on_is_found_out() -> None:
    def change(step: str, members: dict[str, Any]) -> None:
        if step == COMPARE and members["parts"]:
            path, text = next(iter(members["parts"].items()))
            data = base64.b64decode(text)
            members["parts"][path] = base64.b64encode(data[:-32] + bytes(32)).decode()

    with pytest.raises(NotVerified, match=r"reconciliation\.part"):
        run(HELD[1:], HELD, replies=change)
    with pytest.raises(NotVerified, match=r"reconciliation\.part"):
        run(HELD[1:], HELD, asks=change)


def test_nobody_can_echo_the_other_sides_root() -> None:
    """The asker fixes hers before she sees it; the answerer says its own before she tells hers."""

    def other_root(step: str, members: dict[str, Any]) -> None:
        if step == COMPARE and "root" in members:
            members["root"] = {"count": 1, "hash": "0" * 64}

    with pytest.raises(NotVerified, match=r"reconciliation\.commitment"):
        run(HELD, HELD, asks=other_root)

    def other_contribution(step: str, members: dict[str, Any]) -> None:
        if step == REVEAL:
            members["contribution"] = "0" * 64

    with pytest.raises(NotVerified, match=r"reconciliation\.commitment"):
        run(HELD, HELD, asks=other_contribution)


def test_a_step_out_of_turn_ends_the_run() -> None:
    answering = Answerer(TERMS, declaring(), lambda _: [], lambda _: (), contribution=bytes(32))
    with pytest.raises(Conflict, match=r"reconciliation\.step"):
        answering.answer(DETAILS, {"asks": []})
    with pytest.raises(Conflict, match=r"reconciliation\.step"):
        answering.answer(OPEN, {"commitment": "0" * 64, "declaring": declaring().as_dict()})


def test_a_record_that_was_not_declared_is_no_answer() -> None:
    held = message(7, kind="acceptance", control_number="IND-2026-000001")

    def invent(step: str, members: dict[str, Any]) -> None:
        if step == DETAILS:
            members["answers"] = [
                {**held, "register": {"control_number": "IND-2026-000009"}} for _ in members["answers"]
            ]

    with pytest.raises(NotVerified, match=r"reconciliation\.answer"):
        run([held], [message(7, kind="acceptance", control_number="IND-2026-000002")], replies=invent)


# A partner who probes.


def prober(forge: str, secret: Record) -> list[Json]:
    """What USA answers when IND declares a digest of its own and asks for `secret` with a forged proof."""
    told: list[Json] = []
    invented = message(4000)

    def probe(step: str, members: dict[str, Any]) -> None:
        if step == DETAILS:
            for one in members["asks"]:
                one["proof"] = forge or one["proof"]

    def listen(step: str, members: dict[str, Any]) -> None:
        if step == "agree":
            told.extend(members["answers"])

    run([*HELD, secret], [*HELD, invented], replies=probe, asks=listen)
    return told


def test_who_asks_without_the_signed_message_gets_the_same_nothing_for_known_and_unknown() -> None:
    secret = message(77)
    statement = hashlib.sha256(b"a guess").hexdigest()
    answers = [prober(forge, secret) for forge in ("", "0" * 64, statement, str(secret["sha256"]))]
    assert answers == [[None]] * 4


def test_a_proof_that_was_told_is_no_proof_of_the_one_who_was_told() -> None:
    """What USA shows for its own question does not open USA's record to IND: proofs are of a side and of a run."""
    secret, heard, told = message(77), [""], list[Json]()

    def overhear(step: str, members: dict[str, Any]) -> None:
        if step == DETAILS:
            heard[0] = members["asks"][0]["proof"]
        if step == "agree":
            told.extend(members["answers"])

    def echo(step: str, members: dict[str, Any]) -> None:
        if step == DETAILS:
            members["asks"][0]["proof"] = heard[0]

    run([*HELD, secret], [*HELD, message(4000)], asks=overhear, replies=echo)
    assert told == [None]
    assert proof(b"k" * 32, "asker", "0") != proof(b"k" * 32, "answerer", "0") != proof(b"j" * 32, "answerer", "0")


def fixed(size: int) -> bytes:
    return b"r" * size


def seen(secrets: list[Record], known: list[Record], probe: list[Record]) -> list[Any]:
    """What IND sees of USA, who holds `known` and `secrets`: each digest that IND cannot count itself as a blank."""
    transcript: list[tuple[str, Mapping[str, Json]]] = []
    run([*known, *secrets], [*known, *probe], transcript=transcript, random=fixed)
    bounds = bounds_of(TERMS, declaring(), declaring()).as_dict()
    key = run_key(fixed(32), fixed(32), canonical_bytes({**TERMS.as_dict(), "bounds": bounds}))
    countable = {one.hex() for one in keyed_digests(key, [record_line(one) for one in (*known, *probe)])}
    shown: list[Any] = []
    for step, members in transcript[::2]:
        view = dict(members)
        if step == COMPARE:
            view.pop("root", None)
            leaves = [base64.b64decode(text) for text in cast("dict[str, str]", view["parts"]).values()]
            digests = [data[at : at + 32].hex() for data in leaves for at in range(1, len(data), 32)]
            view["parts"] = [*sorted(one if one in countable else "blank" for one in digests)]
        elif step == REVEAL:
            view.pop("root_commitment")
        elif step == DETAILS:
            view["asks"] = len(cast("list[Json]", view["asks"]))
        shown.append((step, view))
    return shown


def test_what_a_probing_partner_sees_does_not_depend_on_the_records_it_does_not_have() -> None:
    """But for their number: the same bytes for other records, keyed digests (which it cannot count) left blank."""
    known = [message(number) for number in range(1, 6)]
    probe = [message(number) for number in range(2000, 2003)]
    one = seen([message(number) for number in range(100, 110)], known, probe)
    other = seen([opening(number) for number in range(100, 110)], known, probe)
    assert one == other
    assert seen([message(1000)], known, probe) != one  # their number it learns
    told = json.dumps(one)
    assert not any(str(message(number)["id"]) in told for number in range(100, 110))


def test_of_more_differences_than_are_asked_about_the_rest_is_listed_by_digest() -> None:
    many = [message(number) for number in range(MOST_ASKED + 5)]
    ours, theirs = run(many, [])
    assert ours.body == theirs.body
    assert codes(ours.body) == [("one_sided", "message")] * MOST_ASKED + [("one_sided", "unlisted")] * 5
