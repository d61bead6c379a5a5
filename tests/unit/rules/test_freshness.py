"""For a short time an authority says which bundle is the newest; who withholds one, or serves another, is found out."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from relto.base.errors import Conflict, MalformedInput, NotVerified, ReltoError
from relto.rules.freshness import (
    KIND,
    VERSIONS,
    Freshness,
    border_closed_by,
    check_newer,
    freshness_of,
    sign_freshness,
    withheld,
)
from relto.signing.statements import read_statement
from tests.unit.rules.agreement import DAY, IND, NOW, USA, authorities, authority

HOUR = timedelta(hours=1)
DIGEST, OTHER = "a" * 64, "b" * 64


def word(**changes: Any) -> Freshness:
    given: dict[str, Any] = {"nation": USA, "agreement": "IND-USA", "highest_version": 3, "bundle_digest": DIGEST}
    given |= {"at": NOW, "lasts": DAY, **changes}
    envelope = sign_freshness(authority(given["nation"]), **given)
    statement = read_statement(envelope, kind=KIND, versions=VERSIONS, trusted=authorities().values())
    return freshness_of(statement, authorities())


def check(found: Freshness, **changes: Any) -> None:
    given: dict[str, Any] = {"agreement": "IND-USA", "held": 3, "last": None, "at": NOW + HOUR, "skew": HOUR / 60}
    check_newer(found, **{**given, **changes})


def test_statements_only_grow() -> None:
    first = word()
    check(first)
    check(word(at=NOW + HOUR / 2, highest_version=4), last=first)
    for found, held, code in (
        (first, 3, "freshness.order"),
        (word(at=NOW - HOUR), 3, "freshness.order"),
        (word(at=NOW + HOUR / 2, highest_version=2), 1, "freshness.version"),
        (word(at=NOW + HOUR / 2), 4, "freshness.version"),
    ):
        with pytest.raises(Conflict, match=code.replace(".", r"\.")):
            check(found, last=first, held=held)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"agreement": "FRA-USA"}, "freshness.agreement"),
        ({"at": NOW + 3 * HOUR}, "freshness.future"),
        ({"lasts": HOUR}, "freshness.expired"),
    ],
    ids=str,
)
def test_what_is_of_another_agreement_or_another_time_is_refused(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(Conflict) as refused:
        check(word(**changes))
    assert refused.value.reason == code


def test_the_form_is_strict() -> None:
    for changes in ({"highest_version": 0}, {"bundle_digest": "A" * 64}, {"agreement": "USA"}):
        with pytest.raises(MalformedInput):
            word(**changes)
    with pytest.raises(MalformedInput, match=r"freshness\.period"):
        word(lasts=-HOUR)
    envelope = sign_freshness(
        authority(IND), nation=USA, agreement="IND-USA", highest_version=1, bundle_digest=DIGEST, at=NOW, lasts=DAY
    )
    statement = read_statement(envelope, kind=KIND, versions=VERSIONS, trusted=authorities().values())
    with pytest.raises(NotVerified, match=r"freshness\.signer"):
        freshness_of(statement, authorities())


def test_the_own_authoritys_word_keeps_the_border_open_for_as_long_as_the_bundle_says() -> None:
    held, mine = {3: DIGEST}, {USA: word()}
    assert border_closed_by({}, USA, held, None, NOW) is None, "no limit, no rule loaded"
    assert border_closed_by({}, USA, held, 2 * HOUR, NOW) == "not_stated"
    assert border_closed_by(mine, IND, held, 2 * HOUR, NOW) == "not_stated", "another authority's word is not the own"
    assert border_closed_by(mine, USA, held, 2 * HOUR, NOW + HOUR) is None
    assert border_closed_by(mine, USA, held, 2 * HOUR, NOW + 2 * HOUR) == "stale"
    assert border_closed_by(mine, USA, held, 9 * DAY, NOW + DAY) == "stale", "nothing outlives its own expiry"


def test_another_bundle_under_a_known_version_closes_the_border_and_a_newer_one_is_an_alarm() -> None:
    told = {IND: replace(word(), bundle_digest=OTHER)}
    assert border_closed_by(told, USA, {3: DIGEST}, None, NOW) == "contradicted"
    assert withheld(told, {3: DIGEST}) == ()
    assert withheld({IND: word(highest_version=4), USA: word()}, {3: DIGEST}) == (IND,)
    assert border_closed_by({IND: word(highest_version=4)}, USA, {3: DIGEST}, None, NOW) is None


def test_it_leaves_only_errors_that_have_a_name() -> None:
    for wrong in (b"", b"{}"):
        with pytest.raises(ReltoError):
            read_statement(wrong, kind=KIND, versions=VERSIONS, trusted=authorities().values())
