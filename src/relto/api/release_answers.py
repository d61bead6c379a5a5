"""What a release case at the sender and an arrival at the recipient have in common, in answers and in forms."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from relto.api.answers import ENTRY, Answer, Gate, Happening, Reader, plain
from relto.api.forms import Form, Names, Reason
from relto.api.gates import gate_answers
from relto.api.item_answers import Item


class Release(Answer):
    """A release of an item to a facility, as either side keeps it. `waits_on`: roles, or node; `entries`: by event.

    `mode`: live (both nations' services at each opening) or transferred (the recipient's alone). Of a `joint` item,
    `home_facility` and `home_readers` are those of the sealing nation. `disposition`, of a withdrawn one: asked,
    destroyed, returned, or "" when nothing was asked for.
    """

    id: str
    number: str
    item: Item
    facility: str
    purpose: str
    mode: str
    joint: bool
    state: str
    decided_at: str | None
    control_number: str
    readers: list[Reader]
    home_facility: str
    home_readers: list[Reader]
    withdrawn_at: str | None
    withdrawal_reason: str
    disposition: str
    disposition_at: str | None
    waits_on: list[str]
    entries: dict[str, str]
    entry: str = ENTRY


class Examined(Answer):
    """The gates as they stand now, the reason of the decision, the history."""

    decided_by: str
    reason: str
    decision: str
    permitted_now: bool
    gates: list[Gate]
    bundle_version: int
    history: list[Happening]


class DecisionForm(Form):
    """A decision with its reason. `accepts` names each gate that needs acceptance (training nodes only)."""

    outcome: str
    reason: Reason
    accepts: Annotated[Names, Field(default_factory=list)]


class WithdrawalForm(Form):
    """Why it is withdrawn. The reason stays at this node; write no classified words."""

    reason: Reason


def detail(view: Any, language: str) -> dict[str, Any]:
    """A case, an arrival or a request in detail, its gates in words."""
    found: dict[str, Any] = plain(view)
    lists = [name for name in ("gates", "co_release_gates") if name in found]
    return {
        **found,
        **{name: gate_answers(getattr(view, name), view.bundle_version, language, "officer") for name in lists},
    }
