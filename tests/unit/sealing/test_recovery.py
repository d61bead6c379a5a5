"""Recovery by custodians: any quorum of each nation opens, fewer learn nothing, and who spoiled a piece is named."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relto.base.canonical import canonical_bytes
from relto.base.errors import MalformedInput, NotAvailable, NotVerified, Refused, ReltoError, UnknownValue
from relto.base.nations import Nation
from relto.sealing.assertions import build_label_assertion, verify_assertions
from relto.sealing.manifest import Manifest, build_manifest, parse_manifest
from relto.sealing.opening import open_container
from relto.sealing.policy import build_policy
from relto.sealing.recovery_assertion import check_recovery, read_recovery, recovery_assertions
from relto.sealing.recovery_keys import CustodianKey, CustodianPublicKey, open_key_file, read_public_file
from relto.sealing.recovery_opening import recover_shares
from relto.sealing.recovery_pieces import combine_pieces, split_pieces
from relto.sealing.shares import split
from tests.support.custodians import PASSPHRASE, custodian, custodians, key_file, order
from tests.unit.sealing.containers import ATTRIBUTES, LABEL, POLICY, Sealed, container, wrap

OTHER_POLICY = build_policy("3f1c8f1e-2a55-4a7c-9f2e-0a6d5b1f7c12", ATTRIBUTES)


def two_nation_manifest(made: Sealed, policy: str = POLICY, nations: tuple[str, ...] = ("USA", "IND")) -> Manifest:
    """A manifest over the container's payload, its key split between the nations, with pieces for their custodians."""
    shares = split(made.key, len(nations), os.urandom)
    key_access = [
        wrap(share, "ec:secp256r1", sid=nation, holder=nation, policy_text=policy)
        for share, nation in zip(shares, nations, strict=True)
    ]
    label = build_label_assertion(LABEL, made.sealed.integrity, made.key)
    pieces = recovery_assertions(
        list(zip(nations, shares, strict=True)),
        [order(nation) for nation in nations],
        policy_text=policy,
        integrity=made.sealed.integrity,
        payload_key=made.key,
        random=os.urandom,
    )
    return parse_manifest(build_manifest(policy, key_access, made.sealed, [label, *pieces]))


@pytest.fixture(scope="module")
def made() -> Sealed:
    return container(40_000)


@pytest.fixture(scope="module")
def manifest(made: Sealed) -> Manifest:
    return two_nation_manifest(made)


def with_statement(manifest: Manifest, change: object) -> Manifest:
    """The manifest with what its recovery assertion says changed by `change(statement)`."""
    position = next(at for at, one in enumerate(manifest.assertions) if one["id"] == "relto-recovery")
    written = json.loads(json.dumps(manifest.assertions[position]))
    statement = json.loads(written["statement"]["value"])
    change(statement)  # type: ignore[operator]
    written["statement"]["value"] = canonical_bytes(statement).decode()
    assertions = [*manifest.assertions]
    assertions[position] = written
    return replace(manifest, assertions=tuple(assertions))


# --- the pieces of a share ---------------------------------------------------------------------------------------


@given(st.binary(min_size=32, max_size=32), st.data())
@settings(max_examples=25, deadline=None)
def test_any_quorum_of_the_pieces_gives_the_share_back_and_fewer_do_not(share: bytes, data: st.DataObject) -> None:
    count = data.draw(st.integers(2, 8), label="count")
    quorum = data.draw(st.integers(2, count), label="quorum")
    pieces = dict(enumerate(split_pieces(share, quorum, count), start=1))
    chosen = data.draw(st.permutations(sorted(pieces)), label="chosen")
    assert combine_pieces({number: pieces[number] for number in chosen[:quorum]}, quorum) == share
    fewer = {number: pieces[number] for number in chosen[: quorum - 1]}
    with pytest.raises(NotVerified, match="recovery_quorum"):
        combine_pieces(fewer, quorum)
    if len(fewer) >= 2:
        assert combine_pieces(fewer, len(fewer)) != share


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32))
@settings(max_examples=10, deadline=None)
def test_one_of_two_pieces_fits_every_share_there_is(share: bytes, other: bytes) -> None:
    """Secrecy that no computer ends: for the piece in hand, each share has exactly one piece that would complete it."""
    mine = split_pieces(share, 2, 2)[0]
    difference = bytes(a ^ b for a, b in zip(share, other, strict=True))
    # The line through (0, other) and (1, mine) exists for every `other`; its point at 2 is the piece that is missing.
    theirs = _point_at_two(other, mine)
    assert combine_pieces({1: mine, 2: theirs}, 2) == other
    assert (difference == bytes(32)) == (theirs == _point_at_two(share, mine))


def _point_at_two(secret: bytes, at_one: bytes) -> bytes:
    """Each 16-byte half on the line through (0, secret) and (1, at_one), over GF(2^128) mod x^128+x^7+x^2+x+1."""
    halves = []
    for cut in (slice(0, 16), slice(16, 32)):
        start = int.from_bytes(secret[cut], "big")
        slope = start ^ int.from_bytes(at_one[cut], "big")
        doubled = slope << 1
        if doubled >> 128:
            doubled ^= (1 << 128) | 0x87
        halves.append((start ^ doubled).to_bytes(16, "big"))
    return b"".join(halves)


@pytest.mark.parametrize(("quorum", "count"), [(1, 3), (0, 2), (4, 3), (2, 9)])
def test_a_quorum_of_one_or_of_more_than_there_are_is_never_made(quorum: int, count: int) -> None:
    with pytest.raises(MalformedInput, match=r"custodians\.quorum"):
        split_pieces(bytes(32), quorum, count)


# --- a two-nation container ----------------------------------------------------------------------------------------


def test_both_quorums_open_a_two_nation_container_whoever_comes(made: Sealed, manifest: Manifest) -> None:
    for mine in combinations(custodians("USA"), 2):
        found = recover_shares(manifest, [*mine, *custodians("IND")[1:]])
        assert found.faulty == ()
    found = recover_shares(manifest, [*custodians("USA"), *custodians("IND")])
    data = Sealed(made.data, made.plain, made.key, made.payload, made.sealed, made.services)
    archive = replace(data.archive, manifest=_bytes_of(made, manifest))
    opened = open_container(archive, data.source, found.shares, require_label=True)
    assert b"".join(opened.chunks()) == made.plain
    assert opened.label_xml == LABEL


def _bytes_of(made: Sealed, manifest: Manifest) -> bytes:
    return build_manifest(manifest.policy_text, manifest.key_access, made.sealed, manifest.assertions)


def test_one_nations_quorum_opens_nothing_and_the_other_is_told_missing(manifest: Manifest) -> None:
    with pytest.raises(Refused) as refused:
        recover_shares(manifest, [*custodians("USA"), custodian("IND", 2)])
    assert refused.value.full_code == "refused.recovery_quorum"
    assert refused.value.found == "IND: 2 of 3 needed, 1 given; USA: 2 of 3 needed, 3 given"
    assert refused.value.expected == "the custodians of IND"


def test_the_same_custodian_twice_is_not_two(manifest: Manifest) -> None:
    with pytest.raises(MalformedInput, match="custodian_twice"):
        recover_shares(manifest, [custodian("USA", 1), custodian("USA", 1), *custodians("IND")])


def test_a_strangers_key_is_named_and_refused(manifest: Manifest) -> None:
    stranger = CustodianKey.make(Nation("USA"), 1, os.urandom(64))
    with pytest.raises(UnknownValue, match="custodian 1, USA"):
        recover_shares(manifest, [stranger, *custodians("IND")])


def test_a_piece_that_was_changed_is_named_unless_others_suffice(manifest: Manifest) -> None:
    def flip(statement: dict) -> None:  # type: ignore[type-arg]
        piece = statement["splits"][0]["pieces"][1]
        piece["check"] = ("0" if piece["check"][0] != "0" else "1") + piece["check"][1:]

    changed = with_statement(manifest, flip)
    with pytest.raises(NotVerified, match="custodian 2, USA") as refused:
        recover_shares(changed, [*custodians("USA")[:2], *custodians("IND")])
    assert refused.value.full_code == "not_verified.recovery_piece"
    found = recover_shares(changed, [*custodians("USA"), *custodians("IND")])
    assert found.faulty == (custodian("USA", 2).public.kid,)


def test_pieces_of_another_container_do_not_pass_for_this_ones(made: Sealed, manifest: Manifest) -> None:
    other = two_nation_manifest(made, OTHER_POLICY)
    moved = replace(manifest, assertions=other.assertions)
    with pytest.raises(NotVerified, match="recovery_piece"):
        recover_shares(moved, [*custodians("USA"), *custodians("IND")])


def test_a_statement_that_was_changed_never_survives_the_opening(made: Sealed, manifest: Manifest) -> None:
    """The pieces still open, but the assertion is bound to the payload by the key that only then is known."""

    def add(statement: dict) -> None:  # type: ignore[type-arg]
        statement["note"] = "added"

    changed = with_statement(manifest, add)
    shares = recover_shares(changed, [*custodians("USA"), *custodians("IND")]).shares
    archive = replace(made.archive, manifest=_bytes_of(made, changed))
    with pytest.raises(NotVerified, match="assertion"):
        open_container(archive, made.source, shares)


def test_a_container_without_pieces_says_so(made: Sealed) -> None:
    with pytest.raises(NotAvailable, match="recovery"):
        recover_shares(parse_manifest(made.archive.manifest), custodians("USA"))


def test_the_assertion_is_one_that_other_clients_verify_and_pass_by(made: Sealed, manifest: Manifest) -> None:
    verified = {found.id: found for found in verify_assertions(manifest, made.key)}
    assert set(verified) == {"relto-label", "relto-recovery"}
    found = verified["relto-recovery"]
    assert (found.type, found.scope, found.applies_to_state, found.format) == ("other", "payload", "encrypted", "json")


# --- what a node checks without any key ------------------------------------------------------------------------------


def test_the_node_takes_pieces_for_exactly_the_custodians_of_the_agreement(manifest: Manifest) -> None:
    orders = {nation: order(nation) for nation in ("USA", "IND")}
    check_recovery(manifest, orders)
    wrong = [
        {},
        {"USA": orders["USA"]},
        {**orders, "USA": orders["IND"]},
        {**orders, "USA": replace(orders["USA"], quorum=3)},
        {**orders, "USA": replace(orders["USA"], holders=orders["USA"].holders[:2])},
        {**orders, "other": orders["USA"]},
    ]
    for expected in wrong:
        with pytest.raises(NotVerified, match="recovery"):
            check_recovery(manifest, expected)


def test_a_manifest_without_pieces_is_refused_where_custodians_are_named(made: Sealed) -> None:
    bare = parse_manifest(made.archive.manifest)
    check_recovery(bare, {})
    check_recovery(bare, {"s-0": order("USA")}, demanded=False)
    with pytest.raises(NotVerified, match="2 of its 3 custodians"):
        check_recovery(bare, {"s-0": order("USA")})


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_whatever_the_assertion_says_reading_it_ends_in_our_own_errors(manifest: Manifest, data: st.DataObject) -> None:
    def spoil(statement: dict) -> None:  # type: ignore[type-arg]
        path = data.draw(st.sampled_from([("splits",), ("splits", 0), ("splits", 0, "pieces"), ("version",)]))
        junk = data.draw(st.none() | st.integers(-1, 9) | st.text(max_size=5) | st.lists(st.integers(0, 9), max_size=9))
        holder = statement
        for step in path[:-1]:
            holder = holder[step]
        if isinstance(holder, dict | list):
            holder[path[-1]] = junk

    changed = with_statement(manifest, spoil)
    with pytest.raises(ReltoError):  # at the latest for want of the other nation's custodians
        recover_shares(changed, custodians("USA"))
    with suppress(ReltoError):
        read_recovery(changed)


# --- key files -------------------------------------------------------------------------------------------------------


def test_a_key_file_opens_with_its_passphrase_only() -> None:
    key = custodian("USA", 1)
    data = key_file(key)
    opened = open_key_file(data, PASSPHRASE)
    assert opened.public == key.public
    assert key.public.pem not in data.decode()
    for passphrase in ("", PASSPHRASE + " ", PASSPHRASE.upper()):
        with pytest.raises(NotVerified, match="passphrase"):
            open_key_file(data, passphrase)


def test_a_key_file_whose_holder_was_changed_does_not_open() -> None:
    content = json.loads(key_file(custodian("USA", 1)))
    for name, value in (("number", 2), ("nation", "IND"), ("kid", custodian("USA", 2).public.kid)):
        with pytest.raises(NotVerified, match="passphrase"):
            open_key_file(canonical_bytes({**content, name: value}), PASSPHRASE)


def test_a_short_passphrase_seals_nothing() -> None:
    with pytest.raises(MalformedInput, match="passphrase"):
        key_file(custodian("USA", 1), "too short")


def test_a_public_file_says_a_number_and_a_nation_and_nothing_it_does_not_prove() -> None:
    public = custodian("IND", 3).public
    assert read_public_file(public.as_file()) == public
    content = json.loads(public.as_file())
    for change in ({"number": 2}, {"nation": "USA"}, {"kid": "0" * 32}, {"algorithm": "rsa:2048"}):
        with pytest.raises(ReltoError):
            read_public_file(canonical_bytes({**content, **change}))
    with pytest.raises(NotVerified, match=r"custodians\.owner"):
        CustodianPublicKey.from_dict(Nation("USA"), public.as_dict(), field="keys")
