"""Forms of offices: whom to vouch for until when, what an authorisation covers, a bundle that both sides signed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from relto.base.instants import Instant
from relto.services.organisation import FacilityView, PersonView
from relto.web.ending_forms import LONGEST_CODE, NATION_LETTERS, a_day, check_order, last_instant
from relto.web.forms import FileChoice, ReltoForm, a_text, one_of
from relto.web.frame import country

ONE_ITEM = "-"
"""In the place of a programme's code, and never one itself: the authorisation covers one document only."""


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


class AuthorisationForm(ReltoForm):
    """An authorisation as it was given elsewhere: by whom it is known, where to, for what, from when until when."""

    def __init__(self, *args: Any, programmes: list[str], **kwargs: Any) -> None:
        """`programmes`: the codes that the actor may name."""
        super().__init__(*args, **kwargs)
        self.fields["reference"] = a_text(
            _("Its reference"), _("As it stands on the paper: letters, digits, dots and hyphens."), LONGEST_CODE
        )
        self.fields["nation"] = a_text(
            _("To which nation?"), _("Its code of three letters, for example IND, USA or FRA."), NATION_LETTERS
        )
        self.fields["programme"] = one_of(
            [*((code, code) for code in programmes), (ONE_ITEM, _("One document only, named below"))],
            _("What does it cover?"),
            _("A whole programme, or one document."),
        )
        self.fields["item"] = a_text(
            _("Which document, if one only?"), _("By its number; it begins with itm_."), LONGEST_CODE
        )
        self.fields["item"].required = False
        self.fields["valid_from"] = a_day(_("From which day?"))
        self.fields["valid_until"] = a_day(_("Until which day?"))

    def clean_nation(self) -> str:
        """In capitals, as codes are."""
        return str(self.cleaned_data["nation"]).upper()

    def clean(self) -> dict[str, Any]:
        """One programme or one document; the last day is not before the first one."""
        data: dict[str, Any] = super().clean() or {}
        if data.get("programme") == ONE_ITEM and not data.get("item"):
            self.add_error("item", _("Write the document's number."))
        if data.get("programme", ONE_ITEM) != ONE_ITEM and data.get("item"):
            self.add_error("item", _("Leave it empty: the authorisation covers the whole programme."))
        check_order(self, data)
        return data

    @property
    def scope(self) -> tuple[str | None, str | None]:
        """(programme, None) or (None, item)."""
        programme = self.cleaned_data["programme"]
        return (None, self.cleaned_data["item"]) if programme == ONE_ITEM else (programme, None)


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
