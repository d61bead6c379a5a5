"""The marking that people see, rendered from a label and its SPIF 2.1 (ADatP-4774.1 section 3.5; labels.md section 4).

Rules enforced here:
 1. Policy phrase, level phrase, then one block for each category tag in the policy's order, then the privacy mark if
    the policy lists it; blocks are joined by the policy's separator (a space by default).
 2. In a block: prefix, the values in the POLICY's order joined by the tag's separator ("/" by default), suffix.
 3. A phrase stands for a name; noNameDisplay shows no name where there is no phrase, noMarkingDisplay no phrase;
    replacePolicy puts its phrase in the policy's place, looked for on the policy, the level, then the values;
    suppressClassName drops the level.
 4. Language: the exact tag, its shorter forms (fr-CA, then fr), then the entry without one. Prefix, suffix, separator
    and the phrase for the policy fall back each by itself.
 5. A place is a marking code (pageTop by default). A phrase whose codes name no place holds everywhere; pageTopBottom
    is both page places. Qualifiers are those of the place, else those of no place, else those of a page.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from relto.base.errors import UnknownValue
from relto.labels.nato.policy_label import ConfidentialityInformation
from relto.labels.nato.selection import Selected, select
from relto.labels.nato.spif import Marking, MarkingData, MarkingQualifier, QualifierCode, Spif

_PAGE = frozenset({"pageTop", "pageBottom", "pageTopBottom"})
PLACES = (
    *("pageTop", "pageBottom", "documentStart", "documentEnd", "firstLineOfText", "lastLineOfText", "subject"),
    *("xHeader", "portionMarking", "inputTitle", "waterMark"),
)
_PLACE_CODES = frozenset({*PLACES, "pageTopBottom"})


def marking(
    information: ConfidentialityInformation, spif: Spif, language: str | None = None, place: str = "pageTop"
) -> str:
    """The marking of a label, in a language, for a place.

    Raises UnknownValue for a place that is no marking code, and for a label whose policy, level or values the SPIF does
    not know: a marking is never made of words that nobody can look up. Whether the label is valid is asked elsewhere.
    """
    if place not in PLACES:
        raise UnknownValue("marking.place", field="place", expected=", ".join(PLACES))
    selection = select(information, spif)
    level = selection.classification
    if level is None or selection.faults:
        fault = selection.faults[0]
        raise UnknownValue(
            f"marking.{fault.code}", field=fault.element, expected=f"a value of policy {spif.policy.name}"
        )
    view = _View(language, place)
    blocks = [
        _policy_block(view, spif, [Marking(level.marking.data), *(one.value.marking for one in selection.values)])
    ]
    level_markings = [level.marking, spif.classifications_marking]
    entries = [*level_markings, *(one.value.marking for one in selection.values)]
    if not any("suppressClassName" in data.codes for entry in entries for data in view.here(entry.data)):
        blocks.append(view.phrase(level.name, level_markings))
    for _, values in groupby(selection.values, key=lambda selected: id(selected.tag)):
        blocks.append(_tag_block(view, list(values)))
    blocks.append(_privacy_block(view, spif, information.privacy_mark))
    outer = [spif.marking.qualifiers]
    separator = view.qualifier([*outer, spif.policy.marking.qualifiers], "separator", " ")
    joined = separator.join(block for block in blocks if block)
    return view.qualifier(outer, "prefix") + joined + view.qualifier(outer, "suffix")


@dataclass(frozen=True, slots=True)
class _View:
    """A language and a place: what they pick among the entries of a policy."""

    language: str | None
    place: str

    def here(self, data: Iterable[MarkingData]) -> list[MarkingData]:
        """The entries of the best language that hold at this place."""
        at_place = [one for one in data if self._holds(one)]
        for language in self._languages():
            found = [one for one in at_place if (one.language or "").casefold() == language]
            if found:
                return found
        return []

    def phrase(self, name: str, markings: Sequence[Marking]) -> str:
        """The phrase for a name: from the first of the markings that has an entry here; with prefix and suffix."""
        shown = name
        for each in markings:
            entries = self.here(each.data)
            if entries:
                shown = _shown(name, entries)
                break
        if not shown:
            return ""
        sources = [each.qualifiers for each in markings]
        return self.qualifier(sources, "prefix") + shown + self.qualifier(sources, "suffix")

    def policy_phrase(self, data: Iterable[MarkingData]) -> str | None:
        """The phrase that replaces the policy's, or None."""
        entries = self.here([one for one in data if "replacePolicy" in one.codes])
        return next((one.phrase for one in entries if one.phrase is not None), None)

    def qualifier(self, sources: Iterable[Sequence[MarkingQualifier]], code: QualifierCode, default: str = "") -> str:
        """The prefix, suffix or separator from the first source that has one."""
        for qualifiers in sources:
            for group in self._by_place(qualifiers):
                of_code = [one for each in group for one in each.qualifiers if one.code == code]
                for language in self._languages():
                    for one in of_code:
                        if (one.language or "").casefold() == language:
                            return one.text
        return default

    def _languages(self) -> Iterator[str]:
        parts = [] if self.language is None else self.language.casefold().split("-")
        for length in range(len(parts), 0, -1):
            yield "-".join(parts[:length])
        yield ""

    def _holds(self, data: MarkingData) -> bool:
        places = _PLACE_CODES.intersection(data.codes)
        return not places or self.place in places or ("pageTopBottom" in places and self.place in _PAGE)

    def _by_place(self, qualifiers: Sequence[MarkingQualifier]) -> Iterator[list[MarkingQualifier]]:
        is_page = self.place in _PAGE
        here = {self.place, "pageTopBottom"} if is_page else {self.place}
        yield [one for one in qualifiers if one.marking_code in here]
        yield [one for one in qualifiers if one.marking_code is None or one.marking_code not in _PLACE_CODES]
        yield [one for one in qualifiers if one.marking_code in _PAGE]


def _shown(name: str, entries: Sequence[MarkingData]) -> str:
    """What the entries of one language and place show for a name; a phrase for the policy is not one of them."""
    own = [one for one in entries if "replacePolicy" not in one.codes]
    hides_name = any("noNameDisplay" in one.codes for one in entries)
    phrase = next((one.phrase for one in own if one.phrase is not None and "noMarkingDisplay" not in one.codes), None)
    if phrase is not None:
        return phrase
    return "" if hides_name else name


def _policy_block(view: _View, spif: Spif, replacements: Sequence[Marking]) -> str:
    own = (*spif.policy.marking.data, *spif.marking.data)
    for data in (own, *(each.data for each in replacements)):
        phrase = view.policy_phrase(data)
        if phrase is not None:
            return phrase
    return view.phrase(spif.policy.name, [spif.policy.marking, Marking(spif.marking.data)])


def _tag_block(view: _View, values: Sequence[Selected]) -> str:
    phrases = [view.phrase(one.value.name, [one.value.marking]) for one in values]
    shown = [phrase for phrase in phrases if phrase]
    if not shown:
        return ""
    qualifiers = [values[0].tag.qualifiers]
    prefix, suffix = view.qualifier(qualifiers, "prefix"), view.qualifier(qualifiers, "suffix")
    return prefix + view.qualifier(qualifiers, "separator", "/").join(shown) + suffix


def _privacy_block(view: _View, spif: Spif, privacy_mark: str | None) -> str:
    if privacy_mark is None or spif.privacy_marks is None:
        return ""
    known = next((mark for mark in spif.privacy_marks.marks if spif.is_same(mark.name, privacy_mark)), None)
    return "" if known is None else view.phrase(known.name, [known.marking, spif.privacy_marks.marking])
