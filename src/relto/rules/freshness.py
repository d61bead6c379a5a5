"""Freshness in the manner of TUF's timestamp role: an authority says, for a short time, which bundle is the newest.

Rules enforced here (The Update Framework 1.0, section 5.4):
 1. The statement names the agreement, the highest version that this authority signed and its digest; it is short-lived.
 2. Statements of one authority only grow: each later than the one before, and none names a lower version.
 3. It names no version below the highest that the node holds, and nothing of the future but for the agreed clock skew.
 4. Where the bundle limits its age (`bundle_freshness_max_age`) the own authority's word must be younger; otherwise
    what crosses the border stops, and national work goes on. Where the bundle names no such limit, no rule is loaded.
 5. A higher version than the node holds is an alarm: somebody withholds a bundle. Another digest for a version that the
    node holds stops the border: the two sides would follow different rules.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from relto.base.canonical import Json
from relto.base.errors import Conflict, MalformedInput, NotVerified
from relto.base.instants import Instant, instant_text, read_instant
from relto.base.nations import Nation, read_nation
from relto.rules.shapes import check_shape
from relto.signing.keys import StatementKey, StatementPublicKey
from relto.signing.statements import Statement, sign_statement

KIND = "agreement-freshness"
VERSIONS = (1,)
MAX_AGE = "bundle_freshness_max_age"
"""The optional limit of a bundle: how old the own authority's statement may be while something crosses the border."""
BorderCode = Literal["not_stated", "stale", "contradicted", "distrusted", "lost"]


@dataclass(frozen=True, slots=True)
class Freshness:
    """One authority's word on what is the newest bundle. `digest`: of the statement."""

    agreement: str
    nation: Nation
    highest_version: int
    bundle_digest: str
    stated_at: Instant
    expires: Instant
    key_id: str
    digest: str


def sign_freshness(
    key: StatementKey,
    *,
    nation: Nation,
    agreement: str,
    highest_version: int,
    bundle_digest: str,
    at: Instant,
    lasts: timedelta,
) -> bytes:
    """The statement that `highest_version` is the newest bundle that this authority signed, good for `lasts`."""
    body: dict[str, Json] = {
        "agreement": agreement,
        "nation": nation,
        "highest_version": highest_version,
        "bundle_digest": bundle_digest,
        "stated_at": instant_text(at),
        "expires": instant_text(at + lasts),
    }
    check_shape({"type": KIND, "version": VERSIONS[-1], **body}, KIND, field="freshness")
    return sign_statement(KIND, VERSIONS[-1], body, [key])


def freshness_of(statement: Statement, authorities: Mapping[Nation, StatementPublicKey]) -> Freshness:
    """What a verified statement says; it must be signed by the authority of the nation that it speaks for."""
    body = statement.body
    check_shape(body, KIND, field="freshness")
    nation = read_nation(body["nation"], field="freshness.nation")
    key = authorities.get(nation)
    if key is None or key.key_id not in statement.signers:
        raise NotVerified("freshness.signer", field="freshness.nation", found=nation, expected="its authority")
    version = body["highest_version"]
    found = Freshness(
        agreement=str(body["agreement"]),
        nation=nation,
        highest_version=version if isinstance(version, int) else 0,
        bundle_digest=str(body["bundle_digest"]),
        stated_at=read_instant(body["stated_at"], field="freshness.stated_at"),
        expires=read_instant(body["expires"], field="freshness.expires"),
        key_id=key.key_id,
        digest=statement.digest,
    )
    if found.expires <= found.stated_at:
        raise MalformedInput("freshness.period", field="freshness.expires", expected="an instant after stated_at")
    return found


def check_newer(
    found: Freshness, *, agreement: str, held: int, last: Freshness | None, at: Instant, skew: timedelta
) -> None:
    """May this statement be accepted at `at`? `held`: the highest version held; `last`: the same authority's last one.

    Raises Conflict: "freshness.agreement", "freshness.future", "freshness.expired", "freshness.order" (not later than
    the last one), "freshness.version" (a lower version than was stated or is held).
    """
    if found.agreement != agreement:
        raise Conflict("freshness.agreement", field="freshness.agreement", found=found.agreement, expected=agreement)
    if found.stated_at > at + skew:
        raise Conflict("freshness.future", field="freshness.stated_at", expected="an instant that has passed")
    if found.expires <= at:
        raise Conflict("freshness.expired", field="freshness.expires", expected="a statement that has not expired")
    if last is not None and found.stated_at <= last.stated_at:
        expected = f"later than {instant_text(last.stated_at)}"
        raise Conflict("freshness.order", field="freshness.stated_at", expected=expected)
    least = max(held, last.highest_version if last else 0)
    if found.highest_version < least:
        expected = f"{least} or higher"
        field = "freshness.highest_version"
        raise Conflict("freshness.version", field=field, found=found.highest_version, expected=expected)


def border_closed_by(
    stated: Mapping[Nation, Freshness], own: Nation, held: Mapping[int, str], max_age: timedelta | None, at: Instant
) -> BorderCode | None:
    """Why nothing may cross the border now, None when nothing stands against it.

    `stated`: each authority's newest statement; `held`: digest of each version held; `max_age`: the bundle's limit.
    """
    if any(held.get(one.highest_version, one.bundle_digest) != one.bundle_digest for one in stated.values()):
        return "contradicted"
    if max_age is None:
        return None
    newest = stated.get(own)
    if newest is None:
        return "not_stated"
    return "stale" if at >= min(newest.expires, newest.stated_at + max_age) else None


def withheld(stated: Mapping[Nation, Freshness], held: Mapping[int, str]) -> tuple[Nation, ...]:
    """The authorities that name a higher version than this node holds, in order: somebody withholds a bundle."""
    highest = max(held, default=0)
    return tuple(nation for nation, one in sorted(stated.items()) if one.highest_version > highest)
