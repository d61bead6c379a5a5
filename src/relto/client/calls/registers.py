"""A company's control register: what is held where, copies and their steps, translations, inventories, custody."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

from relto.base.instants import Instant, instant_text
from relto.client.answers.registers import Custody, Holding, Inventory, ItemCopy
from relto.client.session import part
from relto.client.steps import Call, get, listed, post


def holdings() -> Call[list[Holding]]:
    """What is held, with its copies and their places."""
    return listed("/register/holdings", Holding)


def holding(item: str) -> Call[Holding]:
    """One item with its copies, its translations, and what the rules ask of its register."""
    return get(f"/register/items/{part(item)}", Holding)


def record_copy(
    item: str, *, form: str, facility: str, custodian: str, location: str = "", number: int | None = None
) -> Call[ItemCopy]:
    """Put a copy that exists on record: form physical, digital or working_paper."""
    return post(
        f"/register/items/{part(item)}/copies",
        ItemCopy,
        form=form,
        facility=facility,
        custodian=custodian,
        location=location,
        number=number,
    )


def reproduce(  # noqa: PLR0913  the members of the form
    item: str,
    *,
    form: str,
    count: int,
    authority: str,
    facility: str,
    custodian: str,
    reason: str,
    numbers: Sequence[int] = (),
    source: str = "",
    consent: str = "",
    location: str = "",
) -> Call[Holding]:
    """Record that copies were made; `consent`: the reference of the originator's written approval."""
    return post(
        f"/register/items/{part(item)}/reproductions",
        Holding,
        form=form,
        count=count,
        numbers=list(numbers),
        source=source,
        authority=authority,
        consent=consent,
        facility=facility,
        custodian=custodian,
        location=location,
        reason=reason,
    )


def record_translation(item: str, derived: str, language: str, translator: str) -> Call[Holding]:
    """Record that the item `derived` is a translation of `item`."""
    return post(
        f"/register/items/{part(item)}/translations",
        Holding,
        derived=derived,
        language=language,
        translator=translator,
    )


def item_copy(copy: str) -> Call[ItemCopy]:
    """One copy with its lines."""
    return get(f"/register/copies/{part(copy)}", ItemCopy)


def take_copy_step(  # noqa: PLR0913  the members of the form
    copy: str,
    step: str,
    *,
    facility: str = "",
    custodian: str = "",
    location: str = "",
    medium: str = "",
    reference: str = "",
    recipient: str = "",
    method: str = "",
    done_on: str = "",
    witness: str = "",
    reason: str = "",
) -> Call[ItemCopy]:
    """Move a copy, record its end, or sign its destruction as the second person."""
    return post(
        f"/register/copies/{part(copy)}/steps",
        ItemCopy,
        step=step,
        facility=facility,
        custodian=custodian,
        location=location,
        medium=medium,
        reference=reference,
        recipient=recipient,
        method=method,
        done_on=done_on,
        witness=witness,
        reason=reason,
    )


def inventories() -> Call[list[Inventory]]:
    """The inventories that I may see, newest first, without their lines."""
    return listed("/register/inventories", Inventory)


def inventory(inventory: str) -> Call[Inventory]:
    """One inventory with its lines."""
    return get(f"/register/inventories/{part(inventory)}", Inventory)


def open_inventory(as_of: Instant, level: str = "") -> Call[Inventory]:
    """Open an inventory of my company's copies as of an instant; "" counts every level."""
    return post("/register/inventories", Inventory, as_of=instant_text(as_of), level=level)


def check_copy(inventory: str, result: str, copy: str = "", note: str = "") -> Call[Inventory]:
    """Record that a copy was found or not found; or something extra, described in the note, without a copy."""
    return post(f"/register/inventories/{part(inventory)}/checks", Inventory, result=result, copy_id=copy, note=note)


def sign_inventory(inventory: str) -> Call[Inventory]:
    """Sign the result of an inventory."""
    return post(f"/register/inventories/{part(inventory)}/signature", Inventory)


def custody(item: str, copy: str = "") -> Call[Custody]:
    """The chain of custody of an item, or of one of its copies."""
    return get(f"/custody/{part(item)}?{urlencode({'copy_id': copy})}", Custody)
