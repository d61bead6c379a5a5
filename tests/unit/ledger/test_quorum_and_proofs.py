from __future__ import annotations

import pytest

from relto.base.errors import MalformedInput, NotVerified, UnknownValue
from relto.ledger.checkpoint import add_lines, cosign
from relto.ledger.notes import KeyType, NoteKey
from relto.ledger.proofs import read_proof, verify_proof, write_proof
from relto.ledger.quorum import STANDARD_RULES, evaluate, own_cosigners, read_policy, render_policy
from tests.unit.ledger.workshop import (
    IND,
    NODE_IND,
    NODE_USA,
    USA,
    WITNESS_IND,
    WITNESS_USA,
    Log,
    cosigner_keys,
    leaf,
    log_keys,
    policy,
    policy_text,
    seed,
)

LOG_VKEY = log_keys(USA)[0].vkey
KEYS = [NoteKey.from_seed(f"w{number}.example", KeyType.ED25519_COSIGNATURE, seed(f"w{number}")) for number in range(6)]
W = [key.vkey for key in KEYS]
BASE = f"log {LOG_VKEY}\nwitness X1 {W[0]}\nwitness X2 {W[1]}\nwitness X3 {W[2]}\n"


def log_of(count: int, origin: str = USA) -> Log:
    log = Log(origin)
    log.grow([leaf(index, origin) for index in range(count)])
    return log


def test_the_policy_of_two_nations_reads_and_renders_back() -> None:
    read = policy()
    assert read_policy(render_policy(read)) == read
    assert read.origins == (USA, IND)
    assert own_cosigners(read, USA) == {"node-usa-ed", "node-usa-pq"}
    assert own_cosigners(read, IND) == {"node-ind-ed", "node-ind-pq"}


def test_agreed_needs_the_partner_and_both_authorities() -> None:
    log = log_of(3)
    everyone = [NODE_IND, WITNESS_USA, WITNESS_IND]
    assert evaluate(policy(), log.checkpoint(100, everyone)).reached
    for missing in everyone:
        standing = evaluate(policy(), log.checkpoint(100, [name for name in everyone if name != missing]))
        assert not standing.reached
    assert not evaluate(policy(), log.checkpoint(100, [])).cosigned_by


def test_a_node_never_counts_as_cosigner_of_its_own_log() -> None:
    own = log_of(3).checkpoint(100, [NODE_USA, WITNESS_USA, WITNESS_IND])
    assert not evaluate(policy(), own).reached
    assert evaluate(policy(), own, rules=STANDARD_RULES).reached
    assert evaluate(policy(), log_of(3, IND).checkpoint(100, [NODE_USA, WITNESS_USA, WITNESS_IND])).reached


def test_both_kinds_of_log_key_must_sign() -> None:
    note = log_of(3).checkpoint(100)
    without = b"".join(
        line + b"\n" for line in note.split(b"\n")[:-1] if USA.encode() + b" " not in line or len(line) > 300
    )
    with pytest.raises(NotVerified, match="log_signature"):
        evaluate(policy(), without)
    assert evaluate(policy(), without, rules=STANDARD_RULES).reached


def test_an_unlisted_log_and_a_forged_cosignature_are_refused() -> None:
    note = log_of(3).checkpoint(100)
    only_india = read_policy(b"\n".join(line for line in policy_text().split(b"\n") if USA.encode() not in line))
    with pytest.raises(UnknownValue):
        evaluate(only_india, note)
    forged = cosign(log_of(4).checkpoint(100, []), cosigner_keys(WITNESS_IND), 5)
    with pytest.raises(NotVerified, match=r"note\.signature"):
        evaluate(policy(), add_lines(note, forged))


@pytest.mark.parametrize(
    ("rule", "signing", "reached"),
    [
        ("group g 2 X1 X2 X3\nquorum g\n", {0, 2}, True),
        ("group g 2 X1 X2 X3\nquorum g\n", {2}, False),
        ("group g any X1 X2\nquorum g\n", {1}, True),
        ("group g all X1 X2\nquorum g\n", {1}, False),
        ("group g any X1 X2\ngroup h all g X3\nquorum h\n", {0, 2}, True),
        ("group g any X1 X2\ngroup h all g X3\nquorum h\n", {0, 1}, False),
        ("quorum X3\n", {2}, True),
        ("quorum none\n", set(), True),
        ("  # a comment\n\n\tgroup\tg  any \t X1\n quorum g ", {0}, True),
    ],
)
def test_quorums_of_the_standard(rule: str, signing: set[int], reached: bool) -> None:  # noqa: FBT001  expected value
    read = read_policy((BASE + rule).encode())
    note = log_of(2).checkpoint(100, [])
    for number in signing:
        note = add_lines(note, cosign(note, [KEYS[number]], 101))
    assert evaluate(read, note).reached is reached


@pytest.mark.parametrize(
    "text",
    [
        BASE,
        BASE + "quorum X1\nquorum X1\n",
        BASE + "quorum X9\n",
        BASE + "quorum g\ngroup g any X1\n",
        BASE + "group g 0 X1\nquorum g\n",
        BASE + "group g 3 X1 X2\nquorum g\n",
        BASE + "group g 01 X1 X2\nquorum g\n",
        BASE + "group g some X1\nquorum g\n",
        BASE + "group g any\nquorum none\n",
        BASE + "group g any X1 X1\nquorum g\n",
        BASE + "group g any X1\ngroup h any X1\nquorum h\n",
        BASE + "group g any none\nquorum none\n",
        BASE + "group none any X1\nquorum none\n",
        BASE + "group X1 any X2\nquorum none\n",
        BASE + f"witness none {W[3]}\nquorum none\n",
        BASE + f"witness X1 {W[3]}\nquorum none\n",
        BASE + f"witness Y {W[0]}\nquorum none\n",
        BASE + f"log {LOG_VKEY}\nquorum none\n",
        BASE + f"witness Y {LOG_VKEY}\nquorum none\n",
        BASE + f"log {W[3]}\nquorum none\n",
        BASE + f"witness Y {W[3]} url more\nquorum none\n",
        BASE + "quorum none # no comments after a rule\n",
        BASE + "quorum none\r\n",
        BASE + "quorum\u00a0none\n",
        BASE + "witnesses\nquorum none\n",
    ],
)
def test_policies_that_break_a_rule_are_refused(text: str) -> None:
    with pytest.raises(MalformedInput):
        read_policy(text.encode())


def test_names_are_opaque_bytes() -> None:
    read = read_policy(
        b"witness K " + W[0].encode() + b"\nwitness \xe2\x84\xaa " + W[1].encode() + b" u:\xff\nquorum K\n"
    )
    assert len(read.witnesses) == 2
    assert read_policy(render_policy(read)) == read


def test_many_witnesses_and_groups_are_supported() -> None:
    keys = [NoteKey.from_seed(f"n{number}", KeyType.ED25519_COSIGNATURE, seed(f"n{number}")) for number in range(40)]
    lines = [f"witness n{number} {key.vkey}\ngroup g{number} any n{number}\n" for number, key in enumerate(keys)]
    members = " ".join(f"g{number}" for number in range(40))
    assert len(read_policy(("".join(lines) + f"group all {40} {members}\nquorum all\n").encode()).groups) == 41


def proof_of(log: Log, index: int, extra: bytes | None = None) -> bytes:
    return write_proof(index, log.reader.inclusion_path(index), log.checkpoint(100), extra)


def test_a_receipt_is_verified_in_one_call() -> None:
    log = log_of(300)
    proven = verify_proof(proof_of(log, 77, b"extra"), log.entries[77], policy(), origin=USA)
    assert (proven.origin, proven.index, proven.extra_not_authenticated) == (USA, 77, b"extra")
    single = log_of(1)
    assert verify_proof(proof_of(single, 0), single.entries[0], policy()).standing.checkpoint.size == 1


def test_a_receipt_for_another_entry_log_or_quorum_is_refused() -> None:
    log = log_of(300)
    proof = proof_of(log, 77)
    with pytest.raises(NotVerified, match="inclusion"):
        verify_proof(proof, log.entries[78], policy())
    with pytest.raises(NotVerified, match="origin"):
        verify_proof(proof, log.entries[77], policy(), origin=IND)
    bare = write_proof(77, log.reader.inclusion_path(77), log.checkpoint(1, []))
    with pytest.raises(NotVerified, match="quorum"):
        verify_proof(bare, log.entries[77], policy())
    with pytest.raises(NotVerified):
        verify_proof(proof, log.entries[77], policy("other keys"))


def test_malformed_receipts_are_refused() -> None:
    proof = proof_of(log_of(5), 3)
    assert read_proof(proof).index == 3
    for broken in (
        proof.replace(b"@v1", b"@v2"),
        proof.replace(b"index 3", b"index 03"),
        proof.replace(b"index 3\n", b""),
        proof.replace(b"index 3\n", b"index 3\nextra AAAA\n"),
        proof.replace(b"index 3\n", b"index 3\nAAAA\n"),
        proof.replace(b"\n\n", b"\n", 1).replace(b"\n\n", b"\n"),
        b"",
    ):
        with pytest.raises(MalformedInput):
            read_proof(broken)
