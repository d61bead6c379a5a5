"""Forms of the register: a copy as it is, copies that were made, a translation, one step of a copy, an inventory.

Which fields a step has is said by its procedure (`relto.procedures.copies.STEPS`); nothing is chosen for anybody.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from django import forms
from django.forms import widgets
from django.utils.translation import gettext_lazy as _

from relto.base.instants import Instant
from relto.procedures.actors import COMPANY_ROLES
from relto.procedures.copies import FORMS, MEDIA, METHODS, STEPS
from relto.services.copies import LARGEST_NUMBER, LONGEST_LOCATION, LONGEST_REFERENCE, MOST_COPIES, Reproduction
from relto.services.copy_view import CopyView, Holding
from relto.services.item_view import ItemView
from relto.services.organisation import FacilityView, PersonView
from relto.services.texts import LONGEST_REASON
from relto.web.ending_forms import a_day, first_instant, last_instant
from relto.web.forms import Choices, ReltoForm, a_text, one_of
from relto.web.words import said

_STAYS_HERE: Final = _("It stays at this node. Write no classified words.")
_LONGEST_NUMBERS: Final = 400


class Places:
    """What the forms offer: the company's facilities in use, and who can keep a copy: a role, or one of its people."""

    def __init__(self, facilities: Sequence[FacilityView], people: Sequence[PersonView]) -> None:
        self.facilities: Choices = [(one.code, one.code) for one in facilities if one.suspended_at is None]
        self.people: Choices = [(one.pseudonym, f"{one.name} ({one.pseudonym})") for one in people if one.facility]
        self.custodians: Choices = [*((str(role), said("role", role)) for role in sorted(COMPANY_ROLES)), *self.people]


def _coded(table: str, codes: Sequence[str]) -> Choices:
    return [(code, said(table, code)) for code in codes]


def _facility(places: Places) -> forms.Field:
    return one_of(places.facilities, _("At which facility?"), _("Its storage must reach the level of the document."))


def _custodian(places: Places) -> forms.Field:
    return one_of(places.custodians, _("Who keeps it?"), _("A role, or a person who is cleared for the level."))


def _location(*, required: bool = True) -> forms.Field:
    field = a_text(_("Where exactly?"), _("Room, safe, drawer. Write no classified words."), LONGEST_LOCATION)
    field.required = required
    return field


def _reason(*, required: bool) -> forms.Field:
    field = a_text(_("Your reason"), _STAYS_HERE, LONGEST_REASON, area=True)
    field.required = required
    return field


def _reference(label: Any, hint: Any = "", *, required: bool = False) -> forms.Field:
    field = a_text(label, hint, LONGEST_REFERENCE)
    field.required = required
    return field


class RecordForm(ReltoForm):
    """A copy that exists."""

    def __init__(self, *args: Any, places: Places, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["form"] = one_of(_coded("copy_form", FORMS), _("What is it?"))
        self.fields["number"] = forms.IntegerField(
            label=_("Which copy number stands on it?"),
            help_text=_("Leave it empty if it bears none. Where a rule demands a number, it is demanded here."),
            min_value=1,
            max_value=LARGEST_NUMBER,
            required=False,
            widget=widgets.TextInput(attrs={"autocomplete": "off"}),
            error_messages={"invalid": _("Write a whole number.")},
        )
        self.fields["facility"] = _facility(places)
        self.fields["custodian"] = _custodian(places)
        self.fields["location"] = _location(required=False)


class ReproductionForm(RecordForm):
    """Copies that were made."""

    def __init__(self, *args: Any, places: Places, holding: Holding, **kwargs: Any) -> None:
        """`holding`: the item; only a copy of it that is held can have been copied."""
        super().__init__(*args, places=places, **kwargs)
        del self.fields["number"]
        held = [(one.id, f"{one.number or ''} {one.id}".strip()) for one in holding.copies if one.state == "held"]
        made_from: Choices = [("-", _("The sealed original")), *held]
        self.fields["count"] = forms.IntegerField(
            label=_("How many were made?"),
            help_text=_("As few as the work needs."),
            min_value=1,
            max_value=MOST_COPIES,
            widget=widgets.TextInput(attrs={"autocomplete": "off"}),
            error_messages={"required": _("Write a whole number."), "invalid": _("Write a whole number.")},
        )
        self.fields["numbers"] = _reference(_("Which copy numbers stand on them?"), _("For example 4, 5, 6; or none."))
        self.fields["numbers"].max_length = _LONGEST_NUMBERS  # type: ignore[attr-defined]
        self.fields["source"] = one_of(made_from, _("What were they made from?"))
        self.fields["authority"] = _reference(
            _("Who allowed it?"), _("By a reference, for example PSI-4."), required=True
        )
        self.fields["consent"] = _reference(
            _("The originator's written approval, by its reference"),
            _("Where a rule demands it. Leave it empty if there is none."),
        )
        self.fields["reason"] = _reason(required=True)

    def clean_numbers(self) -> list[int]:
        """The numbers, in the order in which they were written."""
        text = str(self.cleaned_data.get("numbers") or "")
        parts = [part.strip() for part in text.replace(";", ",").split(",") if part.strip()]
        if not all(part.isascii() and part.isdigit() for part in parts):
            raise forms.ValidationError(_("Write whole numbers, with commas between them."))
        return [int(part) for part in parts]

    @property
    def made(self) -> Reproduction:
        """What was made, as the verb takes it."""
        data = dict(self.cleaned_data)
        return Reproduction(**{**data, "source": "" if data["source"] == "-" else data["source"]})


class TranslationForm(ReltoForm):
    """An item that is a translation of this one."""

    def __init__(self, *args: Any, places: Places, own: Sequence[ItemView], **kwargs: Any) -> None:
        """`own`: what the company sealed; the translation is one of these."""
        super().__init__(*args, **kwargs)
        items = [(one.id, f"{one.control_number} {one.banner}: {one.title}") for one in own]
        self.fields["derived"] = one_of(
            items, _("Which document is the translation?"), _("Its label must protect at least as much as this one's.")
        )
        languages = [("en", _("English")), ("hi", _("Hindi"))]
        self.fields["language"] = one_of(languages, _("Into which language?"))
        self.fields["translator"] = one_of(places.people, _("Who made it?"), _("A person cleared for the level."))


def _step_fields(places: Places, copy: CopyView, me: str, needs: Sequence[str]) -> dict[str, forms.Field]:
    """Every field that a step of this copy can have, by its name."""
    elsewhere = [one for one in places.facilities if one[0] != copy.facility]
    return {
        "facility": one_of(elsewhere, _("To which facility?")),
        "custodian": _custodian(places),
        "location": _location(),
        "medium": one_of(_coded("copy_medium", MEDIA), _("How is it sent?")),
        "method": one_of(_coded("copy_method", METHODS), _("How was it destroyed?")),
        "reference": _reference(_("Under which paper, by its reference?")),
        "recipient": _reference(_("Who got it back?"), _("By a code, for example USA-DSA."), required=True),
        "done_on": a_day(_("On which day was it done?")),
        "witness": one_of(
            [one for one in places.people if one[0] != me],
            _("Who signs with you?"),
            _("Where two persons must sign, choose the second one; she signs herself, and until then it waits."),
            required=False,
        ),
        "reason": _reason(required="reason" in needs),
    }


class StepForm(ReltoForm):
    """One step of a copy, with the fields that its procedure names."""

    def __init__(self, *args: Any, step: str, copy: CopyView, places: Places, me: str, **kwargs: Any) -> None:
        """`me`: the pseudonym of who fills it in; she is not her own second signatory."""
        super().__init__(*args, **kwargs)
        made = _step_fields(places, copy, me, STEPS[step].needs)
        self.fields |= {name: made[name] for name in STEPS[step].fields}

    @property
    def given(self) -> dict[str, str]:
        """What it states, as the verb takes it."""
        data = self.cleaned_data
        return {name: value.isoformat() if isinstance(value, date) else str(value) for name, value in data.items()}


class InventoryForm(ReltoForm):
    """As of which day, and of which level."""

    def __init__(self, *args: Any, levels: Sequence[str], now: Instant, **kwargs: Any) -> None:
        """`levels`: of the own policy, the highest first."""
        super().__init__(*args, **kwargs)
        self._now = now
        choices = [(level, level) for level in levels]
        self.fields["level"] = one_of([*choices, ("-", _("Every level"))], _("Copies of which level?"))
        self.fields["as_of"] = a_day(_("As of which day?"))

    @property
    def as_of(self) -> Instant:
        """The end of the day, or now on the present one."""
        day = self.cleaned_data["as_of"]
        return min(last_instant(day), self._now) if first_instant(day) <= self._now else last_instant(day)

    @property
    def level(self) -> str:
        """The level, "" for every one."""
        level = str(self.cleaned_data["level"])
        return "" if level == "-" else level


class ExtraForm(ReltoForm):
    """Something that was found and stands on no register."""

    note = a_text(_("What was found, and where?"), _STAYS_HERE, LONGEST_REASON, area=True)
