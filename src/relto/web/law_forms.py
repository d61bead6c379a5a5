"""Forms of a change of law: the notice of the own nation, and a comment on any."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.forms import widgets

from relto.adapters.words import error_sentence
from relto.alignment.law_changes import EVIDENCE, MOST_PROVISIONS, LawChange, change_line, read_change_line
from relto.alignment.silence import POSITIONS
from relto.base.errors import MalformedInput
from relto.services.alignment.saying import LONGEST_COMMENT
from relto.services.texts import LONGEST_REASON
from relto.web.forms import Area, ReltoForm, a_text, one_of
from relto.web.words import language, said

_LONGEST_LINES = 20_000


def _word(code: str) -> str:
    return said("law_page", code)


def a_day(label: str, hint: str, *, required: bool = True) -> forms.DateField:
    """A calendar day, typed."""
    return forms.DateField(
        label=label,
        help_text=hint,
        input_formats=["%Y-%m-%d"],
        required=required,
        widget=widgets.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": said("malformed", "day"), "invalid": said("malformed", "day")},
    )


class LawChangeForm(ReltoForm):
    """A new edition of a text of the own nation."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Nothing is suggested but what the address or the own last words name."""
        super().__init__(*args, **kwargs)
        self.fields["source"] = a_text(_word("field_source"), _word("field_source_hint"))
        self.fields["edition"] = a_text(_word("field_edition"), _word("field_edition_hint"))
        self.fields["replaces"] = a_text(_word("field_replaces"), _word("field_replaces_hint"))
        self.fields["replaces"].required = False
        self.fields["published"] = a_day(_word("field_published"), _word("field_day_hint_open"), required=False)
        self.fields["in_force_from"] = a_day(_word("field_in_force_from"), _word("field_day_hint"))
        self.fields["citation"] = a_text(_word("field_citation"))
        self.fields["evidence"] = one_of([(code, said("evidence", code)) for code in EVIDENCE], _word("field_evidence"))
        yes_no = [("yes", _word("yes")), ("no", _word("no"))]
        self.fields["confirmed"] = one_of(yes_no, _word("field_confirmed"), _word("field_confirmed_hint"))
        self.fields["provisions"] = forms.CharField(
            label=_word("field_provisions"),
            help_text=_word("field_provisions_hint"),
            max_length=_LONGEST_LINES,
            required=False,
            widget=Area(attrs={"rows": 5}),
        )
        self.fields["consultation_until"] = a_day(_word("field_consultation_until"), _word("field_day_hint"))

    def clean_provisions(self) -> list[dict[str, str]]:
        """Each line as the verb takes it."""
        lines = [line for line in str(self.cleaned_data["provisions"]).splitlines() if line.strip()]
        try:
            return [read_change_line(line) for line in lines[: MOST_PROVISIONS + 1]]
        except MalformedInput as error:
            raise forms.ValidationError(error_sentence(error, language())) from error

    @property
    def said(self) -> dict[str, Any]:
        """As the verb takes it."""
        return {**self.cleaned_data, "confirmed": self.cleaned_data["confirmed"] == "yes"}


def law_initial(change: LawChange) -> dict[str, Any]:
    """What stands in the form of an own notice that is said anew; whether it is confirmed is asked again."""
    days: dict[str, date | None] = {
        "published": change.published,
        "in_force_from": change.in_force_from,
        "consultation_until": change.consultation_until,
    }
    return {
        **{name: getattr(change, name) for name in ("source", "edition", "replaces", "citation", "evidence")},
        **{name: day.isoformat() if day else "" for name, day in days.items()},
        "provisions": "\n".join(change_line(one) for one in change.provisions),
    }


class LawAnswerForm(ReltoForm):
    """What the own nation says of the partner's notice."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Nothing is chosen."""
        super().__init__(*args, **kwargs)
        choices = [(code, _word(f"answer_{code}")) for code in POSITIONS]
        self.fields["position"] = one_of(choices, _word("answer_position"))
        reason = a_text(_word("answer_reason"), _word("answer_reason_hint"), LONGEST_REASON, area=True)
        reason.required = False
        self.fields["reason"] = reason


class LawCommentForm(ReltoForm):
    """A comment that the partner reads."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Nothing is suggested."""
        super().__init__(*args, **kwargs)
        self.fields["comment"] = a_text(_word("comment"), _word("comment_hint"), LONGEST_COMMENT, area=True)
