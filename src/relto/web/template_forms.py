"""Forms of joint templates: the fields of a document, a version or a document as a file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.forms import widgets

from relto.alignment.templates import CHOICE, DATE, NATION, NUMBER, Template, TemplateField
from relto.base.canonical import Json, read_object
from relto.base.errors import ReltoError
from relto.services.alignment.template_documents import LARGEST_DOCUMENT
from relto.web.forms import FileChoice, ReltoForm, a_text, one_of
from relto.web.frame import country
from relto.web.law_forms import a_day
from relto.web.words import language, said

_FORMS = ("en", "hi", "both", "data")
_VALUE = "value_"


def _word(code: str) -> str:
    return said("template_page", code)


class DocumentForm(ReltoForm):
    """The values of a version's fields, and in which form the document is wanted."""

    def __init__(self, *args: Any, template: Template, nations: Sequence[str], **kwargs: Any) -> None:
        """`nations`: the parties of the agreement."""
        super().__init__(*args, **kwargs)
        for one in template.fields:
            self.fields[f"{_VALUE}{one.code}"] = _field(one, nations)
        self.fields["form"] = one_of([(code, _word(f"as_{code}")) for code in _FORMS], _word("as"), _word("as_hint"))

    @property
    def values(self) -> dict[str, str]:
        """As the verb takes them."""
        given = self.cleaned_data
        return {name.removeprefix(_VALUE): str(given[name] or "") for name in given if name.startswith(_VALUE)}

    def take_error(self, error: ReltoError, said: str) -> None:
        """A value's error stands at its field."""
        name = f"{_VALUE}{(error.field or '').rpartition('.')[2]}"
        self.add_error(name if name in self.fields else None, said)


def _field(one: TemplateField, nations: Sequence[str]) -> forms.Field:
    label = one.label.get(language()) or next(iter(one.label.values()))
    hint = "" if one.required else _word("optional")
    if one.kind == DATE:
        return a_day(label, hint or said("law_page", "field_day_hint"), required=one.required)
    if one.kind in {CHOICE, NATION}:
        choices = one.choices if one.kind == CHOICE else nations
        words = [(code, code if one.kind == CHOICE else country(code)) for code in choices]
        return one_of(words, label, hint, required=one.required)
    made = a_text(label, hint, one.longest)
    made.required = one.required
    if one.kind == NUMBER:
        made.widget = widgets.TextInput(attrs={"autocomplete": "off"})
    return made


class FileForm(ReltoForm):
    """A small JSON file: a version to propose, or a document to check."""

    def __init__(self, *args: Any, label: str, hint: str, **kwargs: Any) -> None:
        """`label`, `hint`: what the file is."""
        super().__init__(*args, **kwargs)
        self.fields["file"] = forms.FileField(
            label=label, help_text=hint, widget=FileChoice, error_messages={"required": _word("choose_file")}
        )

    def content(self) -> bytes:
        """The file's bytes, one more than a document may have when it is too large."""
        data: bytes = self.cleaned_data["file"].read(LARGEST_DOCUMENT + 1)
        return data

    def read(self) -> dict[str, Json]:
        """The file as an object. Raises MalformedInput, TooLarge."""
        return read_object(self.content(), field="file", max_bytes=LARGEST_DOCUMENT)

    def take_error(self, error: ReltoError, said: str) -> None:
        """Everything is about the file; the place inside it is named."""
        self.add_error("file", f"{said} ({error.field})" if error.field else said)
