"""Forms about proposals: a text clause by clause with its change, a position, what became of a comment.

Nothing is chosen for anybody. Clauses are rows of the same fields; empty rows are no clauses, and a button that sends
the form back with more rows keeps what was written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django import forms
from django.http import QueryDict

from relto.alignment.clauses import LANGUAGES, LONGEST_CLAUSE, LONGEST_HEADING, MOST_CLAUSES
from relto.alignment.comment_matrix import RESOLUTIONS
from relto.alignment.proposals import COUNTS, LONGEST_TITLE, MOST_SILENCE_DAYS
from relto.alignment.silence import POSITIONS
from relto.base.errors import ReltoError
from relto.base.instants import read_instant
from relto.services.alignment.proposing import DEFAULT_SILENCE_DAYS
from relto.services.alignment.saying import LONGEST_COMMENT
from relto.services.texts import LONGEST_REASON
from relto.web.forms import FileChoice, ReltoForm, Select, a_text, one_of
from relto.web.rule_words import TOPICS
from relto.web.words import said

ROWS_AT_FIRST: Final = 3
KEEP, NEW_DRAFT, TEXT_ALONE = "keep", "draft", "none"
_LONGEST_IDS: Final = 2000
_LISTS: Final = ("divergences", "provisions", "forms", "limits")


def _word(code: str) -> str:
    return said("proposal_form", code)


@dataclass(frozen=True, slots=True)
class ClauseRow:
    """A row of the form, and what is wrong with it. `number` counts from 0."""

    number: int
    code: str
    heading: str
    texts: tuple[tuple[str, str], ...]
    error: str

    @property
    def is_empty(self) -> bool:
        """Whether nothing stands in it."""
        return not (self.code or self.heading or any(text for _, text in self.texts))


class ProposalForm(ReltoForm):
    """A joint text and its change: the first version, an answer, or the next one."""

    def __init__(self, *args: Any, has_change: bool = False, rows: Sequence[ClauseRow] = (), **kwargs: Any) -> None:
        """`has_change`: the version that is written anew has one; `rows`: the clauses as they stand in the form."""
        super().__init__(*args, **kwargs)
        self.rows = list(rows)
        topics = sorted(((code, str(words)) for code, words in TOPICS.items()), key=lambda one: one[1])
        self.fields["title"] = a_text(_word("title"), _word("title_hint"), LONGEST_TITLE)
        self.fields["topic"] = forms.ChoiceField(
            label=_word("topic"), choices=[("", said("proposal_form", "nothing_chosen")), *topics], widget=Select
        )
        self.fields["topic"].error_messages = {
            "required": _word("topic_needed"),
            "invalid_choice": _word("topic_needed"),
        }
        for name in _LISTS:
            self.fields[name] = _optional(name, _LONGEST_IDS)
        if has_change:
            choices = [(code, _word(f"change_{code}")) for code in (KEEP, NEW_DRAFT, TEXT_ALONE)]
            self.fields["change"] = one_of(choices, _word("change"))
        self.fields["draft"] = forms.FileField(
            label=_word("draft"), help_text=_word("draft_hint"), widget=FileChoice, required=False
        )
        self.fields["effective_from"] = _optional("effective_from", 32)
        self.fields["expires"] = _optional("expires", 32)
        self.fields["silence_days"] = forms.IntegerField(
            label=_word("silence_days"),
            help_text=_word("silence_days_hint"),
            min_value=1,
            max_value=MOST_SILENCE_DAYS,
            required=False,
            widget=forms.TextInput,
            error_messages={code: _word("silence_days_hint") for code in ("invalid", "min_value", "max_value")},
        )
        self.fields["silence_count"] = one_of([(code, _word(code)) for code in COUNTS], _word("silence_count"))

    @property
    def said(self) -> dict[str, Any]:
        """As the verb takes it, but for the change. Raises MalformedInput for an instant that is none."""
        given = self.cleaned_data
        return {
            "title": given["title"],
            "topic": given["topic"],
            **{name: str(given[name]).replace(",", " ").split() for name in _LISTS},
            "clauses": [_clause(row) for row in self.rows if not row.is_empty],
            **{name: _instant(given[name], name) for name in ("effective_from", "expires")},
            "silence_days": given["silence_days"] or DEFAULT_SILENCE_DAYS,
            "silence_count": given["silence_count"],
        }

    def take_error(self, error: ReltoError, said: str) -> None:
        """What is wrong with a clause stands at its row; a change is told at the file that it came from."""
        parts = (error.field or "").split("/")
        if parts[0] == "clauses" and len(parts) > 1 and parts[1].isdigit():
            filled = [place for place, row in enumerate(self.rows) if not row.is_empty]
            place = filled[int(parts[1])] if int(parts[1]) < len(filled) else 0
            row = self.rows[place]
            self.rows[place] = ClauseRow(row.number, row.code, row.heading, row.texts, said)
            self.add_error(None, said)
        elif parts[0] in {"change", "base"} or (parts[0] not in self.fields and self.cleaned_data.get("draft")):
            self.add_error("draft", said)
        else:
            super().take_error(error, said)


class PositionForm(ReltoForm):
    """Whether the nation objects to the version that was read."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Nothing is chosen."""
        super().__init__(*args, **kwargs)
        choices = [(code, said("proposal_form", f"position_{code}")) for code in reversed(POSITIONS)]
        self.fields["position"] = one_of(choices, _word("position"))
        self.fields["reason"] = a_text(_word("reason"), _word("position_reason_hint"), LONGEST_REASON, area=True)
        self.fields["reason"].required = False


class RemarkForm(ReltoForm):
    """A comment on one clause of a text, or on the whole."""

    def __init__(self, *args: Any, codes: Sequence[str], **kwargs: Any) -> None:
        """`codes`: of the clauses of the text that is shown."""
        super().__init__(*args, **kwargs)
        choices = [("", _word("the_whole")), *((code, f"{_word('clause')} {code}") for code in codes)]
        self.fields["clause"] = forms.ChoiceField(
            label=_word("about_clause"), choices=choices, widget=Select, required=False
        )
        self.fields["comment"] = a_text(_word("comment"), _word("comment_hint"), LONGEST_COMMENT, area=True)


class ResolutionForm(ReltoForm):
    """What became of a comment on the own text."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Nothing is chosen."""
        super().__init__(*args, **kwargs)
        choices = [(code, said("proposal.resolution", code)) for code in RESOLUTIONS]
        self.fields["resolution"] = one_of(choices, _word("resolution"))
        self.fields["reason"] = a_text(_word("reason"), _word("resolution_reason_hint"), LONGEST_REASON, area=True)
        self.fields["reason"].required = False


class ReportForm(ReltoForm):
    """The after-action report of a rehearsal of the draft."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """One file."""
        super().__init__(*args, **kwargs)
        self.fields["report"] = forms.FileField(
            label=_word("report"),
            help_text=_word("report_hint"),
            widget=FileChoice,
            error_messages={"required": _word("report_needed"), "empty": _word("report_needed")},
        )


def rows_of(data: QueryDict, more: int = 0) -> list[ClauseRow]:
    """The clause rows of a sent form, and `more` empty ones after them."""
    numbers = sorted(
        {
            int(name.split("-")[1])
            for name in data
            if name.startswith("clause-") and name.count("-") > 1 and name.split("-")[1].isdigit()
        }
    )
    rows = [_row(data, number) for number in numbers if number < MOST_CLAUSES]
    start = rows[-1].number + 1 if rows else 0
    return rows + [empty_row(number) for number in range(start, min(start + more, MOST_CLAUSES))]


def rows_from(clauses: Sequence[Any], spare: int = 1) -> list[ClauseRow]:
    """Rows with these clauses in them, and some empty ones."""
    rows = [
        ClauseRow(number, one.code, one.heading, tuple((code, one.text.get(code, "")) for code in LANGUAGES), "")
        for number, one in enumerate(clauses)
    ]
    return rows + [empty_row(number) for number in range(len(rows), min(len(rows) + spare, MOST_CLAUSES))]


def empty_row(number: int) -> ClauseRow:
    """A row in which nothing stands."""
    return ClauseRow(number, "", "", tuple((code, "") for code in LANGUAGES), "")


def _row(data: Mapping[str, Any], number: int) -> ClauseRow:
    def given(name: str, longest: int) -> str:
        return str(data.get(f"clause-{number}-{name}", "")).strip()[: longest + 1]

    texts = tuple((code, given(code, LONGEST_CLAUSE)) for code in LANGUAGES)
    return ClauseRow(number, given("code", 16), given("heading", LONGEST_HEADING), texts, "")


def _clause(row: ClauseRow) -> dict[str, Any]:
    return {"code": row.code, "heading": row.heading, "text": {code: text for code, text in row.texts if text}}


def _optional(name: str, longest: int) -> forms.CharField:
    field = a_text(_word(name), _word(f"{name}_hint"), longest)
    field.required = False
    return field


def _instant(text: str, field: str) -> datetime | None:
    """An instant; a day alone begins at midnight UTC."""
    if not text:
        return None
    return read_instant(f"{text}T00:00:00Z" if len(text) == len("2027-01-01") else text, field=field)
