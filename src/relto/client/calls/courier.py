"""Courier bundles and their media; the bundles themselves come and go by `relto.client.courier`."""

from __future__ import annotations

from relto.client.answers.courier import CourierBundle, MediumLine, OverdueReceipt
from relto.client.session import part
from relto.client.steps import Call, get, listed, post


def make_courier_bundle(partner: str, *, days: int = 30, again: bool = False) -> Call[CourierBundle]:
    """Make the next courier bundle for a partner; `again` carries also what nobody answered yet (operator)."""
    return post(f"/courier/{part(partner)}/bundles", CourierBundle, days=days, again=again)


def courier_bundles() -> Call[list[CourierBundle]]:
    """The newest courier bundles of both directions."""
    return listed("/courier/bundles", CourierBundle)


def courier_bundle(partner: str, direction: str, number: int) -> Call[CourierBundle]:
    """One courier bundle; `direction`: out or in."""
    return get(f"/courier/{part(partner)}/{part(direction)}/{number}", CourierBundle)


def overdue_receipts() -> Call[list[OverdueReceipt]]:
    """What went by courier and has no receipt: whom to call, since when."""
    return listed("/courier/overdue", OverdueReceipt)


def media() -> Call[list[MediumLine]]:
    """The register of media, newest first."""
    return listed("/courier/media", MediumLine)


def record_medium(  # noqa: PLR0917  the line of the register
    medium: str,
    partner: str,
    direction: str,
    number: int,
    step: str,
    performer: str,
    *,
    seal: str = "",
    certificate: str = "",
) -> Call[MediumLine]:
    """Record a step of a medium: packed, handed_over, arrived, opened, returned, destroyed."""
    return post(
        "/courier/media",
        MediumLine,
        medium=medium,
        partner=partner,
        direction=direction,
        number=number,
        step=step,
        performer=performer,
        seal=seal,
        certificate=certificate,
    )
