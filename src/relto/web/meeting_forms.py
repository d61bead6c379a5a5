"""Forms of meetings and actions: nothing is chosen for anybody, and what stands in a form was said before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any, Final
from zoneinfo import ZoneInfo

from django import forms
from django.forms import widgets

from relto.adapters.words import sentence
from relto.alignment.actions import DONE, LONGEST_WHAT, WITHDRAWN
from relto.alignment.agenda import AgendaOffer
from relto.alignment.bilingual import LANGUAGES
from relto.alignment.meetings import (
    FORMATS,
    LONGEST_DECISION,
    LONGEST_PLACE,
    LONGEST_REASON,
    LONGEST_SAID,
    MOST_A_YEAR,
    AgendaItem,
    Meeting,
)
from relto.base.calendars import CALENDARS, zone_named
from relto.base.errors import UnknownValue
from relto.procedures.actors import AUTHORITY_ROLES, Role
from relto.services.alignment.meetings import Plan
from relto.web.forms import ReltoForm, a_text, one_of
from relto.web.frame import city, country
from relto.web.words import language, said

LEAVE: Final = "leave"
_MEETING: Final = "meeting_page"
_ACTION: Final = "action_page"
OWNER_ROLES: Final = tuple(sorted({Role.SECURITY_OFFICER, *AUTHORITY_ROLES}))


def _word(code: str) -> str:
    return said(_MEETING, code)


def _a_day(label: str, hint: str) -> forms.DateField:
    return forms.DateField(
        label=label,
        help_text=hint,
        input_formats=["%Y-%m-%d"],
        widget=widgets.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _word("write_day"), "invalid": _word("write_day")},
    )


def _a_time(label: str, hint: str) -> forms.TimeField:
    return forms.TimeField(
        label=label,
        help_text=hint,
        input_formats=["%H:%M"],
        widget=widgets.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _word("write_time"), "invalid": _word("write_time")},
    )


class PlanForm(ReltoForm):
    """When and where both sides meet, and who is the host."""

    def __init__(self, *args: Any, parties: Sequence[str], **kwargs: Any) -> None:
        """`parties`: the nations of the agreement, the own one first."""
        super().__init__(*args, **kwargs)
        zones = [(row.zone, f"{city(nation)} ({row.zone})") for nation, row in CALENDARS.items()]
        self.fields["number"] = a_text(_word("number"), _word("number_hint"), 16)
        self.fields["number"].required = False
        self.fields["host"] = one_of([(one, country(one)) for one in parties], _word("host"), _word("host_hint"))
        self.fields["form"] = one_of([(one, said("meeting.form", one)) for one in FORMATS], _word("form"))
        self.fields["place"] = a_text(_word("place"), _word("place_hint"), LONGEST_PLACE)
        self.fields["first_day"] = _a_day(_word("first_day"), _word("day_hint"))
        self.fields["begins"] = _a_time(_word("begins"), _word("time_hint"))
        self.fields["last_day"] = _a_day(_word("last_day"), _word("day_hint"))
        self.fields["closes"] = _a_time(_word("closes"), _word("time_hint"))
        self.fields["zone"] = one_of([*zones, ("UTC", "UTC")], _word("zone"))
        self.fields["per_year"] = forms.IntegerField(
            label=_word("per_year"),
            help_text=_word("per_year_hint"),
            min_value=0,
            max_value=MOST_A_YEAR,
            required=False,
            widget=widgets.TextInput(attrs={"autocomplete": "off"}),
        )

    @property
    def plan(self) -> Plan:
        """As the verb takes it."""
        given = self.cleaned_data
        zone = given["zone"]
        return Plan(
            host=given["host"],
            place=given["place"],
            starts=_instant(given["first_day"], given["begins"], zone),
            ends=_instant(given["last_day"], given["closes"], zone),
            zone=zone,
            form=given["form"],
            number=given["number"],
            per_year=given["per_year"] or 0,
        )

    def take_error(self, error: Any, said: str) -> None:
        """The verb speaks of the end of the meeting; the form has it as a day and a time."""
        if error.field in {"ends", "starts"}:
            self.add_error("last_day", said)
        else:
            super().take_error(error, said)


def plan_initial(meeting: Meeting) -> dict[str, Any]:
    """What stands in the form of a meeting that is planned anew."""
    zone = _known(meeting.zone)
    starts, ends = meeting.starts.astimezone(zone), meeting.ends.astimezone(zone)
    return {
        "number": meeting.number,
        "host": str(meeting.host),
        "form": meeting.form,
        "place": meeting.place,
        "first_day": starts.date().isoformat(),
        "begins": f"{starts:%H:%M}",
        "last_day": ends.date().isoformat(),
        "closes": f"{ends:%H:%M}",
        "zone": zone.key,
        "per_year": meeting.per_year or "",
    }


class AgendaForm(ReltoForm):
    """Each item of the agenda, and each matter that is offered: taken with its owner, or left."""

    def __init__(
        self, *args: Any, items: Iterable[AgendaItem], offers: Iterable[AgendaOffer], parties: Sequence[str], **kw: Any
    ) -> None:
        """`items`: on the agenda, which stay unless they are left; `offers`: not on it, which stay off unless taken."""
        super().__init__(*args, **kw)
        owners = [(one, sentence("meeting_page.take", language(), nation=str(country(one)))) for one in parties]
        choices = [*owners, (LEAVE, _word("leave"))]
        self.entries: list[str] = []
        for item in items:
            self._add(item.entry, item.title, said("agenda.why", item.why), choices, str(item.owner))
        for offer in offers:
            days = sentence("meeting_page.days_open", language(), days=offer.days)
            kind = said("alignment.kind", offer.kind)
            self._add(offer.entry, f"{kind}: {offer.title}", f"{said('agenda.why', offer.why)} {days}", choices, "")
        self.fields["other"] = a_text(_word("other_entry"), _word("other_entry_hint"), 40)
        self.fields["other"].required = False
        self.fields["other_owner"] = one_of(
            [(one, country(one)) for one in parties], _word("other_owner"), required=False
        )

    def _add(self, entry: str, label: str, hint: str, choices: Sequence[tuple[str, Any]], owner: str) -> None:
        self.entries.append(entry)
        self.fields[entry] = one_of(choices, label, hint, required=False)
        self.fields[entry].initial = owner

    @property
    def chosen(self) -> list[tuple[str, str]]:
        """(entry, owner) of each that is taken, in the order of the page."""
        given = self.cleaned_data
        taken = [(one, given[one]) for one in self.entries if given[one] not in {"", LEAVE}]
        return [*taken, (given["other"], given["other_owner"])] if given["other"] else taken

    def clean(self) -> dict[str, Any]:
        """What is added by its id has an owner."""
        data: dict[str, Any] = super().clean() or {}
        if data.get("other") and not data.get("other_owner"):
            self.add_error("other_owner", _word("name_owner"))
        return data

    def take_error(self, error: Any, said: str) -> None:
        """What is wrong with an entry is wrong with the one that was added by its id."""
        self.add_error("other" if error.field == "agenda" and self.cleaned_data.get("other") else None, said)


class MinutesForm(ReltoForm):
    """What was said under each item, and what both decided, in one language or in both."""

    def __init__(self, *args: Any, meeting: Meeting, **kwargs: Any) -> None:
        """`meeting`: as last said; its minutes and decisions stand in the form."""
        super().__init__(*args, **kwargs)
        self._items = [one.entry for one in meeting.agenda]
        said_before = {one.entry: one.text for one in meeting.minutes}
        decided: dict[str, list[Mapping[str, str]]] = {}
        for one in meeting.decisions:
            decided.setdefault(one.entry, []).append(one.text)
        self._decided = {entry: len(decided.get(entry, ())) + 1 for entry in self._items}
        for number, item in enumerate(meeting.agenda, 1):
            title = f"{number}. {item.title}"
            self._texts(f"said-{item.entry}", title, "minute", LONGEST_SAID, said_before.get(item.entry, {}))
            for place in range(self._decided[item.entry]):
                before = decided.get(item.entry, [])
                text = before[place] if place < len(before) else {}
                self._texts(f"decided-{place}-{item.entry}", title, "decision", LONGEST_DECISION, text)

    def _texts(self, name: str, title: str, what: str, longest: int, before: Mapping[str, str]) -> None:
        for spoken in LANGUAGES:
            field = a_text(f"{title}: {_word(f'{what}_{spoken}')}", _word(f"{what}_hint"), longest, area=True)
            field.required = False
            field.initial = before.get(spoken, "")
            self.fields[f"{name}-{spoken}"] = field

    def _given(self, name: str) -> dict[str, str]:
        return {spoken: self.cleaned_data[f"{name}-{spoken}"] for spoken in LANGUAGES}

    @property
    def minutes(self) -> list[tuple[str, dict[str, str]]]:
        """(entry, text by language) of each item under which something stands."""
        found = [(entry, self._given(f"said-{entry}")) for entry in self._items]
        return [(entry, text) for entry, text in found if any(text.values())]

    @property
    def decisions(self) -> list[tuple[str, dict[str, str]]]:
        """(entry, text by language) of each decision."""
        found = [
            (entry, self._given(f"decided-{place}-{entry}"))
            for entry in self._items
            for place in range(self._decided[entry])
        ]
        return [(entry, text) for entry, text in found if any(text.values())]


class CancelForm(ReltoForm):
    """Why the meeting is called off."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Nothing is suggested."""
        super().__init__(*args, **kwargs)
        self.fields["reason"] = a_text(_word("reason"), _word("reason_hint"), LONGEST_REASON, area=True)


class ActionForm(ReltoForm):
    """Who owes what by when."""

    def __init__(self, *args: Any, parties: Sequence[str], **kwargs: Any) -> None:
        """`parties`: the nations of the agreement, the own one first."""
        super().__init__(*args, **kwargs)
        self.fields |= _by_language("what", _ACTION, "what")
        self.fields["owner"] = one_of([(one, country(one)) for one in parties], said(_ACTION, "owner"))
        self.fields["role"] = one_of([(one, said("role", one)) for one in OWNER_ROLES], said(_ACTION, "role"))
        self.fields["due"] = _a_day(said(_ACTION, "due"), said(_ACTION, "due_hint"))

    @property
    def said(self) -> dict[str, Any]:
        """As the verb takes it."""
        given = self.cleaned_data
        return {"what": _texts_of(given, "what"), **{name: given[name] for name in ("owner", "role", "due")}}

    def take_error(self, error: Any, said: str) -> None:
        """The verb speaks of the text; the form has it in each language."""
        _take_text(self, "what", error, said)


class ClosingForm(ReltoForm):
    """Done or withdrawn, and what was done or why not."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Nothing is chosen."""
        super().__init__(*args, **kwargs)
        self.fields["state"] = one_of(
            [(one, said("action_page.close", one)) for one in (DONE, WITHDRAWN)], said(_ACTION, "close_question")
        )
        self.fields |= _by_language("done", _ACTION, "done")

    @property
    def said(self) -> dict[str, Any]:
        """As the verb takes it."""
        return {"state": self.cleaned_data["state"], "done": _texts_of(self.cleaned_data, "done")}

    def take_error(self, error: Any, said: str) -> None:
        """The verb speaks of the text; the form has it in each language."""
        _take_text(self, "done", error, said)


def _by_language(name: str, page: str, word: str) -> dict[str, forms.Field]:
    """A text field for each language; one of them is enough."""
    found: dict[str, forms.Field] = {}
    for spoken in LANGUAGES:
        field = a_text(said(page, f"{word}_{spoken}"), said(page, f"{word}_hint"), LONGEST_WHAT, area=True)
        field.required = False
        found[f"{name}_{spoken}"] = field
    return found


def _texts_of(given: Mapping[str, Any], name: str) -> dict[str, str]:
    return {spoken: given[f"{name}_{spoken}"] for spoken in LANGUAGES}


def _take_text(form: ReltoForm, name: str, error: Any, words: str) -> None:
    if error.field == name:
        form.add_error(f"{name}_en", words)
    else:
        ReltoForm.take_error(form, error, words)


def _known(name: str) -> ZoneInfo:
    """The zone of the meeting; UTC when the other node's database of zones knows more than this one."""
    try:
        return zone_named(name)
    except UnknownValue:
        return zone_named("UTC")


def _instant(day: date, at: time, zone: str) -> datetime:
    return datetime.combine(day, at, tzinfo=zone_named(zone)).astimezone(UTC)
