"""Whether what the partner's node tells could have come about by the table: the half of following that doubts.

Rules enforced here: steps that were not told must be possible; the main form changes only where the asker's people
could have written it since, or by the step itself; only a step at will that leads away wins over one that it crossed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from relto.base.errors import Conflict
from relto.procedures.forms.sharing import shared_answers
from relto.procedures.procedure import Procedure
from relto.procedures.table import ANSWERING, ASKING, Transition
from relto.store.models import Dossier, DossierStep


def narrows(transition: Transition) -> bool:
    """Whether a step wins over one that it crossed: taken at will, and it leads away from where it was taken."""
    return transition.at_will and transition.target not in transition.sources


def could_have_come(pack: Procedure, state: str, before: str, teller: str) -> bool:
    """Whether the teller's people could have come from `state` to `before` by steps that are not told."""
    reached, left = {state}, [state]
    while left:
        here = left.pop()
        for one in pack.table.transitions:
            untold = not pack.step(one.name).sends and one.side in {"", teller}
            if here in one.sources and untold and one.target and one.target not in reached:
                reached.add(one.target)
                left.append(one.target)
    return before in reached


def takes_form(  # noqa: PLR0917  the dossier, the step, what was told with it
    row: Dossier,
    pack: Procedure,
    transition: Transition,
    body: Mapping[str, Any],
    answers: Mapping[str, Any],
    form: Mapping[str, Any],
) -> bool:
    """Whether the told main form is kept; one that nobody could have written is left out of a step at will.

    Raises Conflict("state") for another step with such a form.
    """
    if not is_known(row):
        return True
    before, teller = str(body["before"]), _other_side(row)
    held = shared_answers(pack.form, row.answers)
    amends = set(answers) if pack.step(transition.name).amends else set()
    rewritten = {code for code in {*held, *form} if held.get(code) != form.get(code)} - amends
    written_in = pack.editable or {pack.table.start}
    if not rewritten or any(
        could_have_come(pack, row.state, one, teller) and could_have_come(pack, one, before, teller)
        for one in written_in
    ):
        return True
    if transition.at_will:
        return False
    expected = " or ".join(sorted(written_in))
    raise Conflict("state", field="form", found=row.state, expected=expected, step=transition.name)


def _other_side(row: Dossier) -> str:
    return ANSWERING if row.side == ASKING else ASKING


def company_kept(row: Dossier) -> str | None:
    """The company whose people have taken steps here: another one's people must not come to read them."""
    own = DossierStep.objects.filter(dossier=row, side=row.side).exists()
    return row.company if own and row.company else None


def is_known(row: Dossier) -> bool:
    """Whether the dossier stood here before this message; what opens it is in the state that its teller told."""
    return DossierStep.objects.filter(dossier=row).exists()
