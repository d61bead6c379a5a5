"""What a dossier is about: the codes that its forms name, by kind, and the columns that follow from them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from relto.procedures.forms.form import Form
from relto.procedures.procedure import Procedure
from relto.procedures.table import ASKING
from relto.store.models import Company, Dossier, Facility

Named = set[tuple[str, str]]
_PLACES = frozenset({"facility", "programme", "dossier", "company"})


def codes_named(form: Form | None, answers: Mapping[str, Any]) -> Named:
    """(kind, code) of every code that the answers name, in rows too."""
    if form is None:
        return set()
    return {(one.names, str(value)) for _, one, value in form.walk(answers) if one.kind == "code"}


def subjects_of(pack: Procedure, answers: Mapping[str, Any]) -> Named:
    """(kind, code) of the fields by which dossiers of this procedure are related: `Procedure.subjects`."""
    wanted = set(pack.subjects)
    return {
        (one.names, str(value))
        for path, one, value in pack.form.walk(answers)
        if one.kind == "code" and _field_of(path) in wanted
    }


def keyed(pack: Procedure, answers: Mapping[str, Any]) -> Named:
    """(kind, code) by which a dossier is found: its subjects, and the places and dossiers that it names."""
    return {one for one in codes_named(pack.form, answers) if one[0] in _PLACES} | subjects_of(pack, answers)


def place(row: Dossier, pack: Procedure, answers: Mapping[str, Any], company: str | None) -> None:
    """Set company, facility, programme and parent by what the form names.

    `company`: the begun dossier's own people's; None or "" where the authority or the partner began it. Then it is the
    company that the authority's form names (a firm that is not cleared yet has no facility here, its sponsor has), else
    that of the first own facility; of a partner's form the facility's comes first.
    """
    named = [(one.names, str(value)) for _, one, value in _outer_first(pack.form, answers)]
    facilities = [code for kind, code in named if kind == "facility"]
    owners = dict(Facility.objects.filter(code__in=facilities).values_list("code", "company_id"))
    own = next((code for code in facilities if code in owners), "")
    row.facility = own
    row.programme = next((code for kind, code in named if kind == "programme"), "")
    row.parent = str(answers.get(pack.parent, "")) if pack.parent else ""
    of_facility, of_name = owners.get(own, ""), _own_company(named)
    row.company = company or ((of_name or of_facility) if row.side == ASKING else (of_facility or of_name))


def _own_company(named: list[tuple[str, str]]) -> str:

    codes = [code for kind, code in named if kind == "company"]
    known = set(Company.objects.filter(code__in=codes).values_list("code", flat=True)) if codes else set()
    return next((code for code in codes if code in known), "")


def _outer_first(form: Form, answers: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    """The codes of the form itself before those of its rows."""
    every = [entry for entry in form.walk(answers) if entry[1].kind == "code"]
    return sorted(every, key=lambda entry: "/" in entry[0])


def _field_of(path: str) -> str:
    """`visitors/2/person` is the field `visitors/person`."""
    return "/".join(part for part in path.split("/") if not part.isdigit())
