"""Forms by which something ends or goes further: a reason for withdrawing, what was done with what was held, consent.

What is irrevocable is said on the page above the form; nothing is chosen here for anybody.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any

from django import forms
from django.forms import widgets
from django.utils.translation import gettext_lazy as _

from relto.base.instants import Instant
from relto.services.texts import LONGEST_REASON
from relto.services.third_party_view import ThirdPartyView
from relto.web.forms import ReltoForm, a_text, one_of

LONGEST_CODE = 64
NATION_LETTERS = 3
_STAYS_HERE = _("It stays at this node. Write no classified words.")


def a_day(label: Any, hint: Any = "", *, required: bool = True) -> forms.DateField:
    """A day, written as year, month, day."""
    return forms.DateField(
        label=label,
        help_text=hint or _("Year, month, day; for example 2031-03-31."),
        input_formats=["%Y-%m-%d"],
        required=required,
        widget=widgets.TextInput(attrs={"autocomplete": "off"}),
        error_messages={
            "required": _("Write a date."),
            "invalid": _("Write the date as year-month-day, for example 2031-03-31."),
        },
    )


def first_instant(day: date) -> Instant:
    """When a day begins, in UTC."""
    return datetime.combine(day, time(), tzinfo=UTC)


def last_instant(day: date) -> Instant:
    """The last whole second of a day, in UTC."""
    return datetime.combine(day, time(23, 59, 59), tzinfo=UTC)


def check_order(form: ReltoForm, data: Mapping[str, Any]) -> None:
    """Of a form with `valid_from` and `valid_until`: the last day is not before the first one."""
    first, last = data.get("valid_from"), data.get("valid_until")
    if first is not None and last is not None and last < first:
        form.add_error("valid_until", _("This day is before the first one."))


class ReasonForm(ReltoForm):
    """Why; nothing else is asked."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"] = a_text(_("Your reason"), _STAYS_HERE, LONGEST_REASON, area=True)


class DispositionForm(ReltoForm):
    """What was done with what the facility held under a withdrawn release."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["outcome"] = one_of(
            [("destroyed", _("It was destroyed")), ("returned", _("It was returned"))],
            _("What was done with it?"),
            _("Record it after it was done. It is recorded once."),
        )
        self.fields["reason"] = a_text(
            _("How, and before whom?"), _("It stays at this node; the partner learns only what was done."),
            LONGEST_REASON, area=True,
        )  # fmt: skip


class ForwardForm(ReltoForm):
    """The holder's authority sends a company's request on, or does not."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["outcome"] = one_of(
            [("forward", _("Send it to the originator's authority")), ("decline", _("Decline it"))],
            _("What do you decide?"),
            _("Nothing is chosen for you."),
        )
        self.fields["reason"] = a_text(_("Your reason"), _STAYS_HERE, LONGEST_REASON, area=True)


class ConsentForm(ReltoForm):
    """The originator's authority consents, to fewer days if it wants, or refuses."""

    def __init__(self, *args: Any, asked: ThirdPartyView, **kwargs: Any) -> None:
        """`asked`: the request; a consent never goes beyond it."""
        super().__init__(*args, **kwargs)
        self._asked = asked
        narrower = _("Leave it empty to keep the day that was asked for.")
        self.fields["outcome"] = one_of(
            [("consent", _("Consent, for this item, recipient, purpose and period only")), ("refuse", _("Refuse"))],
            _("What do you decide?"),
            _("Nothing is chosen for you."),
        )
        self.fields["valid_from"] = a_day(_("First day of the consent, if later than asked"), narrower, required=False)
        self.fields["valid_until"] = a_day(
            _("Last day of the consent, if earlier than asked"), narrower, required=False
        )
        self.fields["reason"] = a_text(_("Your reason"), _STAYS_HERE, LONGEST_REASON, area=True)

    def clean(self) -> dict[str, Any]:
        """The period lies within the one asked for."""
        data: dict[str, Any] = super().clean() or {}
        asked_from, asked_until = self._asked.valid_from.date(), self._asked.valid_until.date()
        for name in ("valid_from", "valid_until"):
            day = data.get(name)
            if day is not None and not asked_from <= day <= asked_until:
                self.add_error(
                    name,
                    _("Only a day between %(first)s and %(last)s was asked for.")
                    % {"first": asked_from.isoformat(), "last": asked_until.isoformat()},
                )
        first, last = data.get("valid_from") or asked_from, data.get("valid_until") or asked_until
        if last < first:
            self.add_error("valid_until", _("This day is before the first one."))
        return data

    @property
    def period(self) -> tuple[Instant | None, Instant | None]:
        """The narrowed period; None where nothing was narrowed."""
        first, last = self.cleaned_data.get("valid_from"), self.cleaned_data.get("valid_until")
        asked = self._asked
        start = None if first is None or first == asked.valid_from.date() else first_instant(first)
        end = None if last is None or last == asked.valid_until.date() else last_instant(last)
        return start, end


class ThirdPartyForm(ReltoForm):
    """A company asks that an item which it holds may go to a third party: who, what for, from when until when."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["nation"] = a_text(
            _("Which nation?"), _("Its code of three letters, for example FRA."), NATION_LETTERS
        )
        self.fields["recipient"] = a_text(
            _("Which facility there?"), _("By its code, for example FRA-F003. Consent holds for this one only."),
            LONGEST_CODE,
        )  # fmt: skip
        self.fields["purpose"] = a_text(
            _("What is it needed for?"),
            _("Both authorities read it. Write no classified words."),
            LONGEST_REASON,
            area=True,
        )
        self.fields["valid_from"] = a_day(_("From which day?"))
        self.fields["valid_until"] = a_day(_("Until which day?"))

    def clean_nation(self) -> str:
        """In capitals, as codes are."""
        return str(self.cleaned_data["nation"]).upper()

    def clean(self) -> dict[str, Any]:
        """The last day is not before the first one."""
        data: dict[str, Any] = super().clean() or {}
        check_order(self, data)
        return data
