"""The shipped policies, the working default table, and strategies for labels: shared by the tests of this room."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib import resources
from typing import Any

from hypothesis import strategies as st

from relto.base.instants import Period
from relto.base.nations import Nation
from relto.labels.audience import Audience, Everyone, Only
from relto.labels.clearance import Clearance
from relto.labels.label import Label
from relto.labels.mapping import EquivalenceTable
from relto.labels.policy import ClassificationPolicy, PolicySet
from relto.labels.policy_data import load_policy


def policy_bytes(nation: str) -> bytes:
    return resources.files("relto.labels").joinpath("data", f"{nation.lower()}.json").read_bytes()


USA = load_policy(policy_bytes("usa"))
IND = load_policy(policy_bytes("ind"))
POLICIES = PolicySet([USA, IND])
CREATED = datetime(2026, 11, 22, 14, 0, 0, tzinfo=UTC)
REVIEW = datetime(2036, 11, 22, 0, 0, 0, tzinfo=UTC)
NOW = datetime(2026, 12, 1, tzinfo=UTC)
ORIGINATOR = "urn:example:node:usa"
NATIONS = [Nation(code) for code in ("USA", "IND", "GBR", "FRA")]
CAVEATS = ["ORCON", "PROPIN", "IMCON"]


def to(*nations: str) -> Audience:
    return Only(frozenset(map(Nation, nations)))


def label(policy: ClassificationPolicy, level: str, release: Audience, **changes: Any) -> Label:
    members: dict[str, Any] = {
        "policy": policy.identity,
        "owner": (policy.nation,),
        "level": policy.level(level),
        "release": release,
        "caveats": frozenset(),
        "created": CREATED,
        "originator_id": ORIGINATOR,
        "review_by": REVIEW,
    }
    return Label(**(members | changes))


def unstated(policy: ClassificationPolicy, level: str) -> Label:
    return label(policy, level, to(policy.nation), release_stated=False)


def clearance(policy: ClassificationPolicy, levels: set[str], **changes: Any) -> Clearance:
    members: dict[str, Any] = {
        "subject": "psn_aaaaaaaaaaaaaaaaaaaaaaaa",
        "policy": policy.identity,
        "levels": frozenset(policy.level(name) for name in levels),
        "caveats": frozenset(),
        "nation": policy.nation,
        "valid": Period(CREATED, REVIEW),
    }
    return Clearance(**(members | changes))


def row(origin: str, level: str, target: str, to_level: str | None, **changes: Any) -> dict[str, Any]:
    return {
        "from_policy": origin,
        "from_level": level,
        "to_policy": target,
        "to_level": to_level,
        "handling": "as_equivalent" if to_level else "as_confidential",
        "source": "working default",
        "citation": None,
        "evidence": "inference",
        "confirmed": False,
        "valid_from": "2026-01-01T00:00:00Z",
        "valid_to": None,
        **changes,
    }


DEFAULT_ROWS = [
    row(origin, level, target, level)
    for origin, target in (("USA", "IND"), ("IND", "USA"))
    for level in ("TOP SECRET", "SECRET", "CONFIDENTIAL", "UNCLASSIFIED")
] + [row("IND", "RESTRICTED", "USA", None)]
TABLE = EquivalenceTable.from_rows(DEFAULT_ROWS, POLICIES)


@st.composite
def us_labels(draw: st.DrawFn) -> Label:
    """Valid labels of the US policy: every level, owner-only stated and unstated, lists of nations, everyone."""
    level = draw(st.sampled_from([entry.level.name for entry in USA.entries]))
    others = draw(st.sets(st.sampled_from(NATIONS[1:])))
    kinds = ["only", "unstated"] + (["everyone"] if USA.entry(level).may_be_public else [])
    kind = draw(st.sampled_from(kinds))
    caveats = [
        name
        for name in draw(st.sets(st.sampled_from(CAVEATS)))
        if (lowest := USA.caveat(name).lowest_level) is None or USA.level(level) >= USA.level(lowest)
    ]
    release: Audience = {"only": to("USA", *others), "unstated": to("USA"), "everyone": Everyone()}[kind]
    return label(
        USA,
        level,
        release,
        caveats=frozenset(caveats),
        release_stated=kind != "unstated",
        created=draw(st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))),  # noqa: DTZ001
        review_by=draw(st.datetimes(datetime(2030, 1, 1), datetime(2050, 1, 1), timezones=st.just(UTC))),  # noqa: DTZ001
    )


@st.composite
def us_clearances(draw: st.DrawFn) -> Clearance:
    levels = draw(st.sets(st.sampled_from([entry.level.name for entry in USA.entries])))
    caveats = frozenset(draw(st.sets(st.sampled_from(CAVEATS))))
    return clearance(USA, levels, caveats=caveats, nation=draw(st.sampled_from(NATIONS)))
