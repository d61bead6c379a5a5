"""The form by which a company asks for a release: to which facility, how it opens there, its readers by name."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from relto.services.assurances import AssuranceView
from relto.services.item_view import LIVE, TRANSFERRED
from relto.services.organisation import PersonView
from relto.services.texts import LONGEST_REASON
from relto.web.forms import OneParagraph, ReltoForm, a_text, one_of


@dataclass(frozen=True, slots=True)
class OwnSide:
    """Of a joint item: the own company's facilities and people, of whom the readers on this side are named."""

    facilities: Sequence[str]
    people: Sequence[PersonView]


class ReleaseForm(ReltoForm):
    """A security officer asks her authority to release an item to a partner's facility, for readers by name.

    A joint item (`own_side` given) is always live, and its readers on the own side are named as well.
    """

    def __init__(
        self,
        *args: Any,
        facilities: Collection[AssuranceView],
        people: Sequence[AssuranceView],
        own_side: OwnSide | None = None,
        **kwargs: Any,
    ) -> None:
        """Only facilities and people that the partner's authority vouches for can be named."""
        super().__init__(*args, **kwargs)
        self._people = people
        self._own_side = own_side
        self._nations = {facility.subject: facility.issuer for facility in facilities}
        self.fields["facility"] = one_of(
            [(one.subject, f"{one.subject} ({one.issuer}, {one.level})") for one in facilities],
            _("Which facility should receive it?"),
        )
        if own_side is None:
            self.fields["mode"] = one_of(
                [
                    (LIVE, _("Live: both nations are asked at each opening")),
                    (TRANSFERRED, _("Transferred: the recipient's nation opens it alone")),
                ],
                _("How is it opened there?"),
                _("A live release can be stopped at once. Of a transferred one only its return can be asked for."),
            )
        for one in people:
            self.fields[f"reader_{one.subject}"] = _reason_to_know(one.subject, one.facility)
        if own_side is not None:
            self.fields["home_facility"] = one_of(
                [(code, code) for code in own_side.facilities],
                _("At which own facility is it read?"),
                _("The other owner's authority is asked for the readers there."),
            )
            for person in own_side.people:
                self.fields[f"home_{person.pseudonym}"] = _reason_to_know(person.pseudonym, person.facility or "")
        self.fields["purpose"] = a_text(
            _("What is it needed for?"),
            _("The release officer and the partner's authority read it. Write no classified words."),
            LONGEST_REASON,
            area=True,
        )

    def take_error(self, error: Any, said: str) -> None:
        """A verb names readers by a list, the form each by a field: show it at the first of them."""
        first = {"readers": "reader_", "home_readers": "home_prs"}.get(error.field or "")
        if first is not None:
            error.field = next((name for name in self.fields if name.startswith(first)), None)
        super().take_error(error, said)

    def clean(self) -> dict[str, Any]:
        """At least one reader on each side that needs one, and readers of the chosen facilities only."""
        data: dict[str, Any] = super().clean() or {}
        self._check(data, "reader_", [(one.subject, one.facility) for one in self._people], data.get("facility"))
        if self._own_side is not None:
            own = [(one.pseudonym, one.facility or "") for one in self._own_side.people]
            self._check(data, "home_", own, data.get("home_facility"))
        return data

    def _check(self, data: dict[str, Any], prefix: str, people: Sequence[tuple[str, str]], chosen: str | None) -> None:
        named = [(person, facility) for person, facility in people if data.get(f"{prefix}{person}")]
        for person, facility in named:
            if chosen and facility != chosen:
                self.add_error(f"{prefix}{person}", _("This person is not at the facility that you chose."))
        if people and not named:
            self.add_error(f"{prefix}{people[0][0]}", _("Name at least one reader by writing a reason."))

    @property
    def nation(self) -> str:
        """The nation of the chosen facility."""
        return self._nations[self.cleaned_data["facility"]]

    @property
    def readers(self) -> list[tuple[str, str]]:
        """(pseudonym, reason) of each reader at the recipient."""
        return self._named("reader_", [one.subject for one in self._people])

    @property
    def home(self) -> dict[str, Any]:
        """What `services.releases.request_release` wants to know of the own side and of the mode."""
        if self._own_side is None:
            return {"mode": self.cleaned_data["mode"]}
        readers = self._named("home_", [one.pseudonym for one in self._own_side.people])
        return {"mode": LIVE, "home_facility": self.cleaned_data["home_facility"], "home_readers": readers}

    def _named(self, prefix: str, people: Sequence[str]) -> list[tuple[str, str]]:
        found = ((person, self.cleaned_data.get(f"{prefix}{person}", "")) for person in people)
        return [(person, reason) for person, reason in found if reason]


def _reason_to_know(person: str, facility: str) -> OneParagraph:
    return OneParagraph(
        label=_("Why must %(person)s at %(facility)s know it?") % {"person": person, "facility": facility},
        help_text=_("Leave it empty and this person is not a reader."),
        max_length=LONGEST_REASON,
        required=False,
    )
