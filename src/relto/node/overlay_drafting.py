"""The text of a national overlay from what an authority says at its own table."""

from __future__ import annotations

from collections.abc import Sequence

from relto.base.canonical import Json
from relto.base.errors import MalformedInput
from relto.base.instants import Instant, instant_text


def overlay_body(  # noqa: PLR0913  an overlay has this many independent parts
    *,
    nation: str,
    agreement: str,
    overlay_version: int,
    from_version: int,
    to_version: int | None,
    effective_from: Instant,
    ends: Instant | None,
    reason: str,
    actions: Sequence[str] = (),
    programmes: Sequence[str] = (),
    facilities: Sequence[str] = (),
    listings: Sequence[str] = (),
    equivalents: Sequence[str] = (),
    status_max_age: str | None = None,
    unregistered_up_to: str | None = None,
    rules: Sequence[str] = (),
) -> dict[str, Json]:
    """The body that `relto.rules.overlays.sign_overlay` signs and checks.

    `listings`: PROGRAMME/FACILITY; `equivalents`: NATION:LEVEL>NATION; `status_max_age`: NUMBER UNIT; `rules`:
    RULE=CEDAR. Raises MalformedInput for another form.
    """
    limits: dict[str, Json] = {}
    if status_max_age is not None:
        number, unit = _halves(status_max_age, " ", "NUMBER UNIT, such as 12 hour")
        if not number.isdecimal():
            raise _unfit(status_max_age, "NUMBER UNIT, such as 12 hour")
        limits["assurance_status_max_age"] = {"value": int(number), "unit": unit}
    if unregistered_up_to is not None:
        limits["unregistered_container_max_level"] = unregistered_up_to
    return {
        "nation": nation,
        "agreement": agreement,
        "overlay_version": overlay_version,
        "base": {"from": from_version, "to": to_version},
        "effective_from": instant_text(effective_from),
        "ends": None if ends is None else instant_text(ends),
        "reason": reason,
        "gates": [],
        "conditions": [dict(zip(("rule", "holds"), _halves(one, "=", "RULE=CEDAR"), strict=True)) for one in rules],
        "limits": limits,
        "drop_listings": [
            dict(zip(("programme", "facility"), _halves(one, "/", "PROGRAMME/FACILITY"), strict=True))
            for one in listings
        ],
        "drop_equivalents": [_equivalent(one) for one in equivalents],
        "suspend": {"actions": [*actions], "programmes": [*programmes], "facilities": [*facilities]},
        "provisions": [],
    }


def _equivalent(one: str) -> dict[str, Json]:
    form = "NATION:LEVEL>NATION, such as IND:SECRET>USA"
    origin, target = _halves(one, ">", form)
    nation, level = _halves(origin, ":", form)
    return {"from_nation": nation, "from_level": level, "to_nation": target}


def _halves(text: str, mark: str, form: str) -> tuple[str, str]:
    left, found, right = text.strip().partition(mark)
    if not (left and found and right):
        raise _unfit(text, form)
    return left.strip(), right.strip()


def _unfit(text: str, form: str) -> MalformedInput:
    return MalformedInput("overlay.form", field="overlay", found=text[:120], expected=form)
