"""The banner and portion marks that people read, rendered from a label and its policy's words.

English follows the US grammar (labels.md section 7.1, DoDM 5200.01-V2 Enclosure 4): level // dissemination controls;
one foreign owner `//IND SECRET`; several `//JOINT SECRET IND USA`; REL TO with USA first, then alphabetically. A
language in which the label's own policy has words (Hindi for India) gives that nation's marking: its word and the
English one. No public grammar for Indian marks was found; the form is ours and its words are policy data, shown as
unconfirmed.

A release that nobody stated is shown as no release: never as NOFORN, and never as REL TO. A label with further
controls is written by `relto.labels.us`, so that none of them is left out; its level then has the policy's word.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from relto.labels.audience import Only
from relto.labels.label import Label, check_label
from relto.labels.marking_of_label import marking_of_label
from relto.labels.policy import ClassificationPolicy, LevelEntry, PolicySet
from relto.labels.us.values import Marking
from relto.labels.us.writing import render_banner, render_portion

_UNITED_STATES = "USA"
_Form = Literal["banner", "portion"]


def banner(label: Label, policies: PolicySet, lang: str = "en") -> str:
    """The banner line, such as `SECRET//REL TO USA, IND`. Raises MalformedInput for an invalid label.

    So it does for a label with a control that no marking can say.
    """
    return _mark(label, policies, lang, "banner")


def portion(label: Label, policies: PolicySet, lang: str = "en") -> str:
    """The portion mark, such as `(S//REL TO USA, IND)`. Raises as `banner` does."""
    return f"({_mark(label, policies, lang, 'portion')})"


def training_line(policy: ClassificationPolicy, lang: str = "en") -> str:
    """The policy's line for training documents, in the language, or in English where the policy has no such words."""
    return policy.training_lines.get(_known_language(policy.training_lines, lang), policy.training_lines["en"])


def _mark(label: Label, policies: PolicySet, lang: str, form: _Form) -> str:
    policy = policies.of(check_label(label, policies).policy)
    entry = policy.entry(label.level.name)
    language = _known_language(entry.markings, lang)
    home = _UNITED_STATES if language == "en" else policy.nation
    level = _level_field(label, _level_words(entry, language, form), home)
    if label.controls:
        return _with_controls(label, policies, level, form)
    fields = [level]
    controls = _controls(label, policy, form)
    if controls:
        fields.append("/".join(controls))
    return "//".join(fields)


def _with_controls(label: Label, policies: PolicySet, level: str, form: _Form) -> str:
    marking = marking_of_label(label, policies)
    written = render_banner(marking) if form == "banner" else render_portion(marking)[1:-1]
    if marking.cui is not None:  # CUI stands in the place of the level
        return written
    bare = Marking(marking.owner, marking.level)
    replaced = render_banner(bare) if form == "banner" else render_portion(bare)[1:-1]
    return level + written.removeprefix(replaced)


def _level_words(entry: LevelEntry, language: str, form: _Form) -> str:
    english = entry.markings["en"] if form == "banner" else entry.portion
    return english if language == "en" else f"{entry.markings[language]} / {english}"


def _level_field(label: Label, words: str, home: str) -> str:
    if label.owner == (home,):
        return words
    if len(label.owner) == 1:
        return f"//{label.owner[0]} {words}"
    return f"//JOINT {words} {' '.join(label.owner)}"


def _controls(label: Label, policy: ClassificationPolicy, form: _Form) -> list[str]:
    """The dissemination controls in the policy's order."""
    shown = {name: name if form == "banner" else policy.caveat(name).portion for name in label.caveats}
    if isinstance(label.release, Only) and label.release_stated:
        if label.release.nations == {_UNITED_STATES}:
            shown["NOFORN"] = "NOFORN" if form == "banner" else "NF"
        elif len(label.release.nations) > 1:
            shown["REL TO"] = f"REL TO {', '.join(_united_states_first(label.release.nations))}"
    return [shown[name] for name in policy.dissemination_order if name in shown]


def _united_states_first(nations: Iterable[str]) -> list[str]:
    return sorted(nations, key=lambda nation: (nation != _UNITED_STATES, nation))


def _known_language(words: Iterable[str], lang: str) -> str:
    """The exact language tag, then its primary subtag, then English."""
    return next((tag for tag in (lang, lang.split("-", 1)[0]) if tag in words), "en")
