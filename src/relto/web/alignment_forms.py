"""Forms of the shared record: what the nation says of a difference, a comment for both, a private note."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from relto.adapters.words import sentence
from relto.alignment.divergences import STATES
from relto.alignment.relations import CONFIDENCES, RELATIONS
from relto.base.errors import ReltoError
from relto.services.alignment.saying import LONGEST_COMMENT, LONGEST_QUESTION
from relto.services.texts import LONGEST_REASON
from relto.web.forms import ReltoForm, a_text, one_of
from relto.web.frame import country
from relto.web.words import language, said

_LONGEST_IDS = 2000
_LONGEST_OPTIONS = 4000


def _word(code: str) -> str:
    return said("alignment_page", code)


class DivergenceForm(ReltoForm):
    """What both nations must answer, about which provisions, and whose turn it is."""

    def __init__(self, *args: Any, parties: Sequence[str], **kwargs: Any) -> None:
        """`parties`: the nations of the agreement in force."""
        super().__init__(*args, **kwargs)
        self.fields["question"] = a_text(_word("question"), _word("question_hint"), LONGEST_QUESTION, area=True)
        self.fields["provisions"] = a_text(_word("provisions"), _word("provisions_hint"), _LONGEST_IDS)
        self.fields["owner"] = one_of([(nation, country(nation)) for nation in parties], _word("owner"))
        options = a_text(_word("options"), _word("options_hint"), _LONGEST_OPTIONS, area=True)
        options.required = False
        self.fields["options"] = options
        self.fields["state"] = one_of([(code, said("alignment.state", code)) for code in STATES], _word("stands"))

    @property
    def said(self) -> dict[str, Any]:
        """As the verb takes it."""
        given = self.cleaned_data
        options = [one.strip() for one in str(given["options"]).split(";") if one.strip()]
        named = str(given["provisions"]).replace(",", " ").split()
        return {**given, "provisions": named, "options": options}


class RelationForm(ReltoForm):
    """How the own provisions stand to the partner's."""

    def __init__(self, *args: Any, own: str, partners: Sequence[str], **kwargs: Any) -> None:
        """`own`: the nation that speaks; `partners`: the agreement's other nations."""
        super().__init__(*args, **kwargs)
        words = [(code, sentence(f"alignment.relation.{code}", language(), nation=own)) for code in RELATIONS]
        self.fields["pair"] = a_text(_word("provisions"), _word("provisions_hint"), _LONGEST_IDS)
        self.fields["to"] = one_of([(nation, country(nation)) for nation in partners], _word("to"))
        self.fields["relation"] = one_of(words, _word("relation"))
        self.fields["reason"] = a_text(_word("reason"), _word("reason_hint"), LONGEST_REASON, area=True)
        self.fields["confidence"] = one_of(
            [(code, said("alignment.confidence", code)) for code in CONFIDENCES], _word("confidence")
        )

    @property
    def said(self) -> dict[str, Any]:
        """As the verb takes it."""
        given = self.cleaned_data
        words = {name: value for name, value in given.items() if name != "pair"}
        return {**words, "provisions": str(given["pair"]).replace(",", " ").split()}

    def take_error(self, error: ReltoError, said: str) -> None:
        """The verb calls them provisions; on a page with both forms each field has a name of its own."""
        if error.field == "provisions":
            self.add_error("pair", said)
        else:
            super().take_error(error, said)


class CommentForm(ReltoForm):
    """A comment that the partner reads."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Nothing is suggested."""
        super().__init__(*args, **kwargs)
        self.fields["comment"] = a_text(_word("comment"), _word("comment_hint"), LONGEST_COMMENT, area=True)


class NoteForm(ReltoForm):
    """A note that never leaves this node."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Nothing is suggested."""
        super().__init__(*args, **kwargs)
        self.fields["note"] = a_text(_word("note"), _word("note_hint"), LONGEST_COMMENT, area=True)
