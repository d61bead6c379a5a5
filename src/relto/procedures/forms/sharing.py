"""What of a form the partner is told: the fields that the form shares, and never a personal one.

Rules enforced here: a field crosses only when it is marked shared; of rows only the shared fields of a shared row
list. What came over the link is read by the form with those fields only, so anything else is an unknown field.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from relto.procedures.forms.form import Field, Form


@lru_cache(maxsize=256)
def shared_form(form: Form) -> Form:
    """The form with its shared fields only. A condition on a field that is not told is dropped with its demand."""
    return replace(form, fields=_shared(form.fields, frozenset()))


def _shared(fields: tuple[Field, ...], above: frozenset[str]) -> tuple[Field, ...]:
    told = [one for one in fields if one.shared and not one.personal]
    known = above | {one.code for one in told}
    kept = []
    for one in told:
        free = one.when is not None and one.when.field not in known
        kept.append(
            replace(
                one,
                when=None if free else one.when,
                required=one.required and not free,
                fields=_shared(one.fields, known),
            )
        )
    return tuple(one for one in kept if one.kind != "rows" or one.fields)


def shared_answers(form: Form | None, answers: Mapping[str, Any]) -> dict[str, Any]:
    """The answers that the partner is told."""
    return {} if form is None else _told(shared_form(form).fields, answers)


def _told(fields: tuple[Field, ...], answers: Mapping[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for one in fields:
        if one.code not in answers:
            continue
        value = answers[one.code]
        told[one.code] = [_told(one.fields, row) for row in value] if one.kind == "rows" else value
    return told
