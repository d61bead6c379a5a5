"""The two forms of the page of markings: a marking that is pasted, and one that is built. Nothing is chosen before."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final

from django import forms
from django.forms import widgets
from django.utils.translation import gettext_lazy as _

from relto.base.instants import instant_text
from relto.web.forms import Area, Checkboxes, ReltoForm, one_of
from relto.web.frame import country

LONGEST_MARKING: Final = 2000
_POLICIES = (("USA", _("United States")), ("IND", _("India")))


class _Lines(forms.CharField):
    """Text whose lines stay lines, because an authority block has several."""

    def to_python(self, value: Any) -> str:
        """The text with one kind of line end."""
        return "\n".join(str(value or "").strip().splitlines())


class MarkingForm(ReltoForm):
    """A marking to look at, and perhaps a second one to join it with."""

    text = _Lines(
        label=_("The marking"),
        help_text=_("A banner line, a portion mark in parentheses, or an authority block. Write no classified words."),
        max_length=LONGEST_MARKING,
        widget=Area,
        error_messages={"required": _("Write or paste a marking, or build one below.")},
    )
    policy = one_of(_POLICIES, _("Whose way of marking is it?"), _("It says how the text is to be read."))
    other = _Lines(
        label=_("A second marking, to join with"),
        help_text=_("What must a page bear that holds both? Leave it empty if there is none."),
        max_length=LONGEST_MARKING,
        required=False,
        widget=widgets.TextInput,
    )
    review_by = forms.DateField(
        label=_("When must the label be looked at again?"),
        help_text=_("Only for the XML. Year, month, day; for example 2031-03-31."),
        input_formats=["%Y-%m-%d"],
        required=False,
        widget=widgets.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"invalid": _("Write the date as year-month-day, for example 2031-03-31.")},
    )

    def review_instant(self) -> str | None:
        """The first instant of the day of review, or None when no day is given."""
        day = self.cleaned_data.get("review_by")
        return None if day is None else instant_text(datetime.combine(day, datetime.min.time(), tzinfo=UTC))


class BuildForm(ReltoForm):
    """A marking from its parts. Its level is one of either nation's policy; whether it fits is checked, not hidden."""

    def __init__(self, *args: Any, levels: Iterable[str], nations: Iterable[str], **kwargs: Any) -> None:
        """`levels`: highest first; `nations`: who may be named."""
        super().__init__(*args, **kwargs)
        owners = [("USA", _("United States")), ("IND", _("India")), ("both", _("Both, made together"))]
        self.fields["owner"] = one_of(owners, _("Whose information is it?"))
        self.fields["level"] = one_of([(level, level) for level in levels], _("Which level?"))
        self.fields["release"] = one_of(
            [
                ("unstated", _("Not stated: not releasable until decided")),
                ("noforn", _("NOFORN: no other nation")),
                ("rel", _("REL TO: only the nations ticked below")),
            ],
            _("Who may have it?"),
        )
        self.fields["nations"] = forms.MultipleChoiceField(
            label=_("Which nations may have it? (REL TO)"),
            choices=[(code, country(code)) for code in nations],
            widget=Checkboxes,
            required=False,
        )

    def label_object(self) -> dict[str, Any]:
        """The parts as the object that parse would answer."""
        data = self.cleaned_data
        kinds: dict[str, dict[str, Any]] = {
            "USA": {"type": "US"},
            "IND": {"type": "FGI", "fgi_authority": "IND"},
            "both": {"type": "JOINT", "joint_authorities": ["IND", "USA"]},
        }
        return {
            **kinds[data["owner"]],
            "classification": data["level"].replace(" ", "_"),
            "dissem": ["NOFORN"] if data["release"] == "noforn" else [],
            "rel_to": list(data["nations"]) if data["release"] == "rel" else [],
        }

    def clean(self) -> dict[str, Any]:
        """A release by name has names."""
        data: dict[str, Any] = super().clean() or {}
        if data.get("release") == "rel" and not data.get("nations"):
            self.add_error("nations", _("Tick the nations, or choose another answer above."))
        if data.get("release") in {"unstated", "noforn"} and data.get("nations"):
            self.add_error("nations", _("Tick no nation unless REL TO is chosen."))
        return data
