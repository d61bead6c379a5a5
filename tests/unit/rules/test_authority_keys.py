"""An authority hands over from key to key; no link is skipped, none comes back, and a compromise has its instant."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from relto.base.errors import Conflict, MalformedInput, NotVerified, ReltoError
from relto.rules.authority_keys import KIND, AuthorityKeys, rotation_body, sign_rotation, signing_key_ids
from relto.signing.keys import StatementKey
from relto.signing.statements import sign_statement
from tests.unit.rules.agreement import DAY, IND, NOW, USA


def key(number: int, owner: str = "USA/authority") -> StatementKey:
    return StatementKey.from_seeds(owner, bytes([number]) * 32, bytes([number + 100]) * 32)


FIRST, SECOND, THIRD = key(1), key(2), key(3)
PINNED = AuthorityKeys.pinned(USA, FIRST.public)


def rotated(chain: AuthorityKeys, old: StatementKey, new: StatementKey, **dates: Any) -> AuthorityKeys:
    return chain.followed_by(sign_rotation(chain, old, new, **{"effective_from": NOW, **dates}))


def test_each_key_signs_in_its_time_and_the_old_ones_stay_readable() -> None:
    chain = rotated(PINNED, FIRST, SECOND, effective_from=NOW)
    chain = rotated(chain, SECOND, THIRD, effective_from=NOW + 30 * DAY)
    assert [chain.current(at).number for at in (NOW - DAY, NOW, NOW + 29 * DAY, NOW + 30 * DAY)] == [1, 2, 2, 3]
    assert chain.by_id(FIRST.public.key_id) is not None
    assert chain.trusts(FIRST.public.key_id, NOW + 400 * DAY), "replaced in good order, it is no key of a thief"


def test_links_are_followed_one_by_one() -> None:
    second = sign_rotation(PINNED, FIRST, SECOND, effective_from=NOW)
    chain = PINNED.followed_by(second)
    third = sign_rotation(chain, SECOND, THIRD, effective_from=NOW)
    with pytest.raises(Conflict, match=r"rotation\.version"):
        PINNED.followed_by(third)
    with pytest.raises(Conflict, match=r"rotation\.version"):
        chain.followed_by(second)
    assert chain.followed_by(third).newest.number == 3


def test_an_old_key_never_comes_back() -> None:
    chain = rotated(PINNED, FIRST, SECOND)
    with pytest.raises(MalformedInput, match=r"rotation\.key"):
        rotated(chain, SECOND, FIRST)


@pytest.mark.parametrize("signers", [[FIRST], [SECOND], [THIRD], [FIRST, THIRD]], ids=["old", "new", "other", "mixed"])
def test_both_keys_sign(signers: list[StatementKey]) -> None:
    body = rotation_body(PINNED, SECOND.public, effective_from=NOW, distrusted_from=None)
    with pytest.raises(NotVerified, match="signature"):
        PINNED.followed_by(sign_statement(KIND, 1, body, signers))


def test_half_a_pair_is_no_signature() -> None:
    envelope = json.loads(sign_rotation(PINNED, FIRST, SECOND, effective_from=NOW))
    for entry in list(envelope["signatures"]):
        others = [one for one in envelope["signatures"] if one is not entry]
        with pytest.raises(NotVerified, match="signature"):
            PINNED.followed_by(json.dumps({**envelope, "signatures": others}).encode())


def test_a_compromise_names_the_instant_from_which_the_old_key_is_distrusted() -> None:
    stolen = NOW - 3 * DAY
    chain = rotated(PINNED, FIRST, SECOND, effective_from=NOW, distrusted_from=stolen)
    old = FIRST.public.key_id
    assert chain.trusts(old, stolen - timedelta(seconds=1))
    assert not chain.trusts(old, stolen)
    assert chain.current(stolen).number == 2, "no instant is left to a stolen key"
    assert not chain.trusts("0" * 32, NOW)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"nation": "IND"}, "conflict.rotation.nation"),
        ({"root_version": 1}, "malformed.bundle.schema"),
        ({"root_version": 4}, "conflict.rotation.version"),
        ({"root_version": True}, "malformed.bundle.schema"),
        ({"replaces": "0" * 32}, "conflict.rotation.replaces"),
        ({"key": key(9, "IND/authority").public.as_dict()}, "malformed.rotation.key"),
        ({"key": {**SECOND.public.as_dict(), "key_id": "0" * 32}}, "not_verified.key_id"),
        ({"effective_from": "now"}, "malformed.bundle.schema"),
        ({"distrusted_from": ""}, "malformed.bundle.schema"),
        ({"reason": "x"}, "malformed.bundle.schema"),
    ],
    ids=str,
)
def test_a_rotation_of_another_form_or_place_is_refused_by_name(changes: dict[str, Any], code: str) -> None:
    body = {**rotation_body(PINNED, SECOND.public, effective_from=NOW, distrusted_from=None), **changes}
    with pytest.raises(ReltoError) as refused:
        PINNED.followed_by(sign_statement(KIND, 1, body, [FIRST, SECOND]))
    assert refused.value.full_code == code


def test_another_nations_authority_rotates_nothing_here() -> None:
    with pytest.raises(Conflict, match=r"rotation\.nation"):
        AuthorityKeys.pinned(IND, FIRST.public).followed_by(sign_rotation(PINNED, FIRST, SECOND, effective_from=NOW))


def test_what_claims_to_have_signed_is_read_without_believing_it() -> None:
    envelope = json.loads(sign_rotation(PINNED, FIRST, SECOND, effective_from=NOW))
    assert signing_key_ids(envelope) == {FIRST.public.key_id, SECOND.public.key_id}
    with pytest.raises(MalformedInput):
        signing_key_ids(None)
