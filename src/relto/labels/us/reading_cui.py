"""Reading CUI banner lines and portions: `CUI//SP-CTI/PRVCY//NOFORN` (32 CFR 2002.20).

Up to three elements: the control marking, category markings, limited dissemination controls. The control marking
`CONTROLLED` is read as `CUI`. CUI beside a classified level is not read here: where it stands then is not settled.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from relto.labels.us.reading_fields import DISSEM_TERMS, Draft, Unreadable, is_dissem, read_dissem
from relto.labels.us.tokens import CUI_CONTROLS
from relto.labels.us.values import Cui

_CONTROL_MARKINGS: Final = frozenset({"CUI", "CONTROLLED"})
_MAX_ELEMENTS: Final = 2


def is_cui(first: str) -> bool:
    """True when the first element is the CUI control marking."""
    return first in _CONTROL_MARKINGS


def read_cui(blocks: Sequence[str], draft: Draft) -> Cui:
    """The categories; the dissemination controls go into the draft. Raises Unreadable or MalformedInput."""
    elements = [block.split("/") for block in blocks]
    if len(elements) > _MAX_ELEMENTS or not all(all(items) for items in elements):
        raise Unreadable("cui_elements")
    categories: Sequence[str] = ()
    if elements and not is_dissem(elements[0]):
        categories, *elements = elements
        if any(category in DISSEM_TERMS for category in categories):
            raise Unreadable("cui_elements")
        if len(set(categories)) != len(categories):
            draft.note("control_twice")
    if len(elements) > 1:
        raise Unreadable("cui_elements")
    for items in elements:
        read_dissem(items, draft)
    if not set(draft.dissem) <= CUI_CONTROLS or draft.eyes:
        draft.note("cui_control")
    return Cui(tuple(categories))
