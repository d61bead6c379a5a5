"""Forms of the registrar and the co-chair: whom to vouch for until when, and a bundle that both authorities signed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from relto.base.instants import Instant
from relto.services.organisation import FacilityView, PersonView
from relto.web.ending_forms import a_day, last_instant
from relto.web.forms import FileChoice, ReltoForm, one_of
from relto.web.frame import country


class AssuranceForm(ReltoForm):
    """Whom do we vouch for, to whom, until when at the latest. Nothing is chosen."""

    def __init__(
        self, *args: Any, facilities: list[FacilityView], people: list[PersonView], partners: list[str], **kwargs: Any
    ) -> None:
        """Only who is cleared today stands here; `partners`: the agreement's other nations."""
        super().__init__(*args, **kwargs)
        places = [(f"facility {one.code}", f"{one.code}: {one.level}") for one in facilities]
        persons = [
            (f"person {one.pseudonym}", f"{one.name} ({one.pseudonym}, {one.facility}): {one.clearance_level}")
            for one in people
        ]
        self.fields["subject"] = one_of(
            places + persons, _("Whom do we vouch for?"), _("Only the code or the pseudonym crosses the border.")
        )
        self.fields["recipient"] = one_of([(nation, country(nation)) for nation in partners], _("To which nation?"))
        self.fields["valid_until"] = a_day(
            _("Until which day at the latest?"),
            _("Year, month, day; for example 2031-03-31. It never outlives the clearance itself."),
        )

    @property
    def subject(self) -> tuple[str, str]:
        """(kind, code or pseudonym) of whom the word is about."""
        kind, _space, subject = str(self.cleaned_data["subject"]).partition(" ")
        return kind, subject

    @property
    def valid_until(self) -> Instant:
        """The last instant of the day, in UTC."""
        return last_instant(self.cleaned_data["valid_until"])


class BundleForm(ReltoForm):
    """An agreement bundle, signed by both authorities."""

    bundle = forms.FileField(
        label=_("The signed bundle"),
        help_text=_(
            "One file. It is checked whole, both signatures and every rule; one that does not hold changes nothing."
        ),
        widget=FileChoice,
        error_messages={"required": _("Choose the file."), "empty": _("This file is empty.")},
    )
