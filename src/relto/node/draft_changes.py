"""What a draft changes of the training defaults, as two authorities put it on their table: limits, custodians, levels.

A changed value is no better founded than the default: it says that this draft set it, and stays unconfirmed.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources
from typing import Any

from relto.base.canonical import Json, read_object
from relto.base.errors import MalformedInput, UnknownValue
from relto.base.instants import Instant, instant_text
from relto.base.nations import Nation, read_nation
from relto.labels.policy import ClassificationPolicy
from relto.labels.policy_data import load_policy
from relto.rules.builtin import package_data, shape
from relto.rules.limits import REGISTERED, RELEASED
from relto.sealing.recovery_keys import CustodianPublicKey, read_public_file
from relto.sealing.recovery_pieces import check_quorum
from relto.sealing.strength import strength_of

_SOURCE = "set in this draft by the two authorities; no text was cited"
_AS_DRAFTED = {"source": _SOURCE, "citation": None, "evidence": "none"}


def changed_limits(changes: Sequence[str]) -> dict[str, Any]:
    """The training limits with these in their place: CODE=NUMBER UNIT, such as `link_clock_skew=30 second`.

    An optional limit that the defaults leave out, such as `bundle_freshness_max_age=24 hour`, is added.
    The weakest wrapping at a level: `minimum_wrapping_released=USA:SECRET mlkem:1024`, or `none` for no rule there.
    """
    table: dict[str, Any] = read_object(package_data("limits.json"), field="limits.json")
    for change in changes:
        code, equals, amount = change.partition("=")
        number, _, unit = amount.strip().partition(" ")
        known = table["limits"].get(code.strip())
        if known is None and code.strip() in _optional_limits() - table["limits"].keys():
            known = table["limits"][code.strip()] = {"value": 0, "confirmed": False}
        if code.strip() in (REGISTERED, RELEASED) and equals:
            known |= {"value": _changed_wrapping(known["value"], amount), **_AS_DRAFTED}
            continue
        if known is None or not isinstance(known["value"], int):
            named = sorted(name for name, entry in table["limits"].items() if isinstance(entry["value"], int))
            raise UnknownValue("limits.code", field="limit", found=code, expected=" or ".join(named))
        if not equals or not number.isdecimal() or not unit:
            raise MalformedInput("limits.amount", field="limit", found=change, expected="CODE=NUMBER UNIT")
        known |= {"value": int(number), "unit": unit.strip(), **_AS_DRAFTED}
    return table


def _optional_limits() -> frozenset[str]:
    """The limits in whole numbers of which the schema says what they are."""
    schema: Any = shape("limits")
    named = schema["properties"]["limits"]["properties"]
    return frozenset(code for code, one in named.items() if one["properties"]["value"].get("type") == "integer")


def _changed_wrapping(entries: list[dict[str, str]], change: str) -> list[dict[str, str]]:
    """The minimums by level with one changed or taken out. Raises MalformedInput or UnknownValue."""
    place, space, algorithm = change.strip().rpartition(" ")
    if not space:
        raise MalformedInput("limits.wrapping", field="limit", found=change, expected="NATION:LEVEL ALGORITHM, or none")
    policy, level = _level(place)
    others = [one for one in entries if (one["policy"], one["level"]) != (policy.oid, level)]
    if algorithm == "none":
        return others
    strength_of(algorithm, field="limit")
    return [*others, {"policy": policy.oid, "level": level, "wrapping": algorithm}]


def changed_equivalence(changes: Sequence[str], effective_from: Instant) -> dict[str, Any]:
    """The training equivalents with these in their place, in force from `effective_from` on.

    Each change is NATION:LEVEL=NATION:LEVEL, one direction: the first nation's level is treated as the second's.
    """
    table: dict[str, Any] = read_object(package_data("equivalence.json"), field="equivalence.json")
    dates = {"valid_from": instant_text(effective_from), "valid_to": None}
    rows = {(row["from_policy"], row["from_level"], row["to_policy"]): {**row, **dates} for row in table["rows"]}
    for change in changes:
        origin, equals, target = change.partition("=")
        if not equals:
            raise MalformedInput("equivalent", field="equivalent", found=change, expected="NATION:LEVEL=NATION:LEVEL")
        (policy, level), (other, its_level) = _level(origin), _level(target)
        rows[policy.oid, level, other.oid] = {
            "from_policy": policy.oid,
            "from_level": level,
            "to_policy": other.oid,
            "to_level": its_level,
            "handling": "recipient_equivalent",
            "source": _SOURCE,
            "citation": None,
            "evidence": "none",
            "confirmed": False,
            **dates,
        }
    return {**table, "rows": list(rows.values())}


def custodian_entries(files: Sequence[bytes], quorums: Sequence[str]) -> dict[Nation, dict[str, Json]]:
    """The member `custodians` of each party: its custodians' public files, and NATION=NUMBER of them that it takes."""
    found: dict[Nation, list[CustodianPublicKey]] = {}
    for data in files:
        public = read_public_file(data)
        found.setdefault(public.nation, []).append(public)
    numbers: dict[Nation, int] = {}
    for quorum in quorums:
        nation, _, number = quorum.partition("=")
        if not number.isdecimal() or nation not in found:
            expected = "NATION=NUMBER, of a nation with custodians"
            raise MalformedInput("custodians.quorum", field="quorum", found=quorum, expected=expected)
        numbers[read_nation(nation, field="quorum")] = int(number)
    for owner, keys in found.items():
        check_quorum(numbers.get(owner, 0), len(keys))
    return {
        nation: {
            "quorum": numbers[nation],
            "keys": [key.as_dict() for key in sorted(keys, key=lambda key: key.number)],
        }
        for nation, keys in found.items()
    }


def scheme_of(nation: Nation, *, field: str = "party.nation") -> bytes:
    """A nation's classification policy that ships with relto, as JSON. Raises UnknownValue naming the field."""
    data = resources.files("relto.labels").joinpath("data")
    place = data.joinpath(f"{nation.lower()}.json")
    if not place.is_file():
        known = sorted(
            file.name.removesuffix(".json").upper() for file in data.iterdir() if file.name.endswith(".json")
        )
        raise UnknownValue("nation", field=field, found=nation, expected=" or ".join(known))
    return place.read_bytes()


def _level(text: str) -> tuple[ClassificationPolicy, str]:
    nation, colon, level = text.strip().partition(":")
    if not colon:
        raise MalformedInput("equivalent", field="equivalent", found=text, expected="NATION:LEVEL, such as IND:SECRET")
    policy = load_policy(scheme_of(read_nation(nation, field="equivalent"), field="equivalent"))
    return policy, policy.level(level).name
