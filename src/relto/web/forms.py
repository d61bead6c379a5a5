"""Forms of the portal: nothing is chosen for anybody, what is wrong is named at its field, what was written is kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django import forms
from django.forms import widgets
from django.utils.translation import gettext_lazy as _

from relto.base.canonical import Json
from relto.base.errors import ReltoError
from relto.base.instants import instant_text
from relto.labels.policy import ClassificationPolicy
from relto.services.texts import LONGEST_REASON, LONGEST_TITLE
from relto.web.frame import country

Choices = Sequence[tuple[str, Any]]
_CHOOSE = _("Choose one.")


class Radios(widgets.RadioSelect):
    """Radio buttons, none chosen."""

    relto_kind = "radios"


class Checkboxes(widgets.CheckboxSelectMultiple):
    """Checkboxes, none ticked."""

    relto_kind = "checkboxes"


class Area(widgets.Textarea):
    """Several lines."""

    relto_kind = "area"


class Select(widgets.Select):
    """One of many, from a list that opens; the first entry says that nothing is chosen."""

    relto_kind = "select"


class FileChoice(widgets.FileInput):
    """A file from the reader's own machine."""

    relto_kind = "file"


class OneParagraph(forms.CharField):
    """Text in which every run of spaces and line breaks is one space, as registers and statements keep it."""

    def to_python(self, value: Any) -> str:
        """The text as it is kept."""
        return " ".join(str(value or "").split())


def one_of(choices: Choices, label: Any, hint: Any = "", *, required: bool = True) -> forms.ChoiceField:
    """A question with radio buttons, none chosen."""
    return forms.ChoiceField(
        label=label,
        help_text=hint,
        choices=choices,
        widget=Radios,
        required=required,
        error_messages={"required": _CHOOSE, "invalid_choice": _CHOOSE},
    )


def a_text(label: Any, hint: Any = "", longest: int = LONGEST_TITLE, *, area: bool = False) -> forms.CharField:
    """A line or some lines of text, at most `longest` characters."""
    return OneParagraph(
        label=label,
        help_text=hint,
        max_length=longest,
        widget=Area(attrs={"rows": 3}) if area else widgets.TextInput,
        error_messages={"required": _("Write something here.")},
    )


class ReltoForm(forms.Form):
    """A form whose fields can take over what a verb found wrong."""

    use_required_attribute = False

    def take_error(self, error: ReltoError, said: str) -> None:
        """Show an error at the field it names, or above the form."""
        named = (error.field or "").rpartition(".")[2]
        self.add_error(named if named in self.fields else None, said)

    def summary(self) -> list[tuple[str, str]]:
        """(id of the field or "", sentence) of each thing that is wrong, in the order of the fields."""
        order = ["__all__", *self.fields]
        found = sorted(self.errors.items(), key=lambda item: order.index(item[0]))
        return [(f"field-{name}" if name in self.fields else "", str(line)) for name, lines in found for line in lines]


def _made_with(partner: str) -> Any:
    return _("Made together with %(nation)s: both own it") % {"nation": country(partner)}


class SealForm(ReltoForm):
    """The label that a document needs, and the document. The label has no default."""

    document = forms.FileField(
        label=_("The document"),
        help_text=_("It is sealed while it arrives; this node never stores it in the clear."),
        widget=FileChoice,
        allow_empty_file=True,
        error_messages={"required": _("Choose the file. A file chosen before was not kept.")},
    )

    def __init__(
        self, *args: Any, policy: ClassificationPolicy, nations: Iterable[str], programmes: Iterable[str], **kwargs: Any
    ) -> None:
        """`nations`: those of the agreement; `programmes`: the engineer's own."""
        super().__init__(*args, **kwargs)
        self._own = policy.nation
        nations = list(nations)
        yes_no = [("yes", _("Yes")), ("no", _("No"))]
        self.fields["title"] = a_text(_("Title"), _("Only people who may know of the document see it."))
        self.fields["programme"] = one_of([(code, code) for code in sorted(programmes)], _("Which programme?"))
        self.fields["owners"] = one_of(
            [("own", country(self._own)), *((code, _made_with(code)) for code in nations if code != self._own)],
            _("Whose information is it?"),
            _("What both made together opens only when both nations agree, here too."),
        )
        self.fields["level"] = one_of(
            [(level.name, level.name) for level in reversed(policy.levels)],
            _("Which level?"),
            _("Look it up in the guide of the programme. No level is suggested: you decide, relto checks."),
        )
        self.fields["audience"] = one_of(
            [("only", _("Only the nations ticked below")), ("everyone", _("Everyone: no restriction by nation"))],
            _("Who may have it?"),
            _("A mark, not an authorisation. Release is decided later."),
        )
        self.fields["nations"] = forms.MultipleChoiceField(
            label=_("Which nations may have it? (REL TO)"),
            choices=[(code, country(code)) for code in nations],
            widget=Checkboxes,
            required=False,
        )
        if policy.caveats:
            self.fields["caveats"] = forms.MultipleChoiceField(
                label=_("Caveats, if any"),
                choices=[(caveat.name, caveat.name) for caveat in policy.caveats],
                widget=Checkboxes,
                required=False,
            )
        self.fields["export_controlled"] = one_of(yes_no, _("Is it under export control?"))
        self.fields["review_by"] = forms.DateField(
            label=_("When must the label be looked at again?"),
            help_text=_("Year, month, day; for example 2031-03-31."),
            input_formats=["%Y-%m-%d"],
            widget=widgets.TextInput(attrs={"autocomplete": "off"}),
            error_messages={
                "required": _("Write a date. Without a date the label cannot be sealed."),
                "invalid": _("Write the date as year-month-day, for example 2031-03-31."),
            },
        )
        self.order_fields(
            ["title", "programme", "owners", "level", "audience", "nations", "caveats", "export_controlled"]
        )
        self.fields["document"] = self.fields.pop("document")
        self.fields["despite"] = a_text(
            _("Why is it sealed despite these faults?"),
            _("Your reason is recorded with your name. Leave it empty and mend the document if you can."),
            LONGEST_REASON,
            area=True,
        )
        self.fields["despite"].required = False
        self.found: Sequence[Mapping[str, Any]] = ()

    @property
    def asks_despite(self) -> bool:
        """True when faults were found, or a reason was written already."""
        return bool(self.found or self["despite"].value())

    def clean(self) -> dict[str, Any]:
        """The nations fit the audience."""
        data: dict[str, Any] = super().clean() or {}
        if data.get("audience") == "only" and not set(self._owning(data)).issubset(data.get("nations", [])):
            self.add_error("nations", _("Tick each nation that owns it: its people must be able to have it."))
        if data.get("audience") == "everyone" and data.get("nations"):
            self.add_error("nations", _("Tick no nation when everyone may have it."))
        return data

    def _owning(self, data: dict[str, Any]) -> list[str]:
        partner = data.get("owners") or "own"
        return [self._own] if partner == "own" else [self._own, partner]

    def label_value(self) -> dict[str, Json]:
        """The label in the form that `services.items` takes."""
        data = self.cleaned_data
        review = datetime.combine(data["review_by"], datetime.min.time(), tzinfo=UTC)
        return {
            "owners": list(self._owning(data)),
            "level": data["level"],
            "audience": "everyone" if data["audience"] == "everyone" else list(data["nations"]),
            "caveats": list(data.get("caveats", [])),
            "review_by": instant_text(review),
        }


class DecisionForm(ReltoForm):
    """The decision on a case or an arrival: nothing chosen, each gap accepted by its name, a reason."""

    def __init__(
        self, *args: Any, permit: str, permit_words: Any, gaps: Choices, refusable: bool = True, **kwargs: Any
    ) -> None:
        """`permit`: release or accept; `gaps`: (gate, name) of each behind which no rule is loaded.

        What is not `refusable` is just left alone by who does not want it.
        """
        super().__init__(*args, **kwargs)
        self._permit = permit
        self._gaps = gaps
        self._refusable = refusable
        if refusable:
            self.fields["outcome"] = one_of(
                [(permit, permit_words), ("refuse", _("Refuse"))],
                _("What do you decide?"),
                _("Nothing is chosen for you."),
            )
        if gaps:
            by_name = _("Each one by its name.")
            if refusable:
                by_name = _("Each one by its name. To refuse, leave them empty.")
            self.fields["accepts"] = forms.MultipleChoiceField(
                label=_("I accept, although no rule is loaded for it:"),
                help_text=by_name,
                choices=list(gaps),
                widget=Checkboxes,
                required=False,
            )
        self.fields["reason"] = a_text(
            _("Your reason"), _("It stays with the case. Write no classified words."), LONGEST_REASON, area=True
        )

    def clean(self) -> dict[str, Any]:
        """To go on, every gap is accepted by its name."""
        data: dict[str, Any] = super().clean() or {}
        if not self._refusable:
            data["outcome"] = self._permit
        left = [name for gate, name in self._gaps if gate not in data.get("accepts", [])]
        if data.get("outcome") == self._permit and left:
            names = ", ".join(str(name) for name in left)
            self.add_error("accepts", _("Accept by name, or refuse: %(names)s.") % {"names": names})
        return data
