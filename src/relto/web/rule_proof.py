"""A proof as a lawyer reads it: four lines; of a failed one a story, its facts, and what would mend it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from relto.adapters.words import sentence
from relto.base.canonical import Json, canonical_bytes
from relto.rules.bundle import Bundle
from relto.services.rule_proofs import CaseView, ObligationView, PieceView, ProofView
from relto.web.frame import country
from relto.web.gates import shown_fact
from relto.web.words import language

_WEAKENS: Final = ("within_originator", "overlay_tightens")
_COUNTS: Final = ("forms_equal", "never_errs")
_MET: Final = ("not_vacuous",)
_ICONS: Final = {"proved": "holds", "refuted": "fails", "unknown": "fails", "none": "gap"}

PIECES: Final[Mapping[str, Any]] = {
    "equivalent": _("row of the table of equivalent levels"),
    "limit": _("limit"),
    "channel": _("approved channel"),
    "party": _("party to the agreement"),
    "listing": _("facility on a programme's agreed list"),
    "group": _("member of a group of nations"),
    "unregistered_level": _("level up to which an unregistered container opens"),
    "gate": _("rule of a gate"),
}


@dataclass(frozen=True, slots=True)
class ProofLine:
    """One of the four lines: a claim and a plain sentence. `state`: proved, refuted, unknown or none."""

    state: str
    icon: str
    claim: str
    sentence: str


@dataclass(frozen=True, slots=True)
class PieceRow:
    """A piece of a rule set in words: what it is, its key, its value in the draft, whose consent it needs or has."""

    words: str
    key: str
    value: str
    originator: str
    reason: str
    citation: str


@dataclass(frozen=True, slots=True)
class Story:
    """The one story of a failed proof: a sentence, its facts, the rules that refuse it, the consent it would need."""

    sentence: str
    facts: tuple[tuple[str, str], ...]
    rules: tuple[str, ...]
    confirmed: bool
    needed: tuple[PieceRow, ...]


def four_lines(proof: ProofView, draft: Bundle) -> list[ProofLine]:
    """It weakens neither nation, it can be met, each part counts; and always last, what it rests on."""
    return [_weakens(proof), _met(proof), _counts(proof), _rests(draft)]


def _weakens(proof: ProofView) -> ProofLine:
    state = _state(proof, _WEAKENS)
    claim = gettext("It weakens neither nation.")
    if state == "none":
        return _line(state, claim, gettext("Nothing was in force before it, so there is nothing to compare it with."))
    if state == "proved":
        said = gettext(
            "There is no case in which the draft allows what the rules of either nation, as entered in version "
            "%(version)d, forbid for its own documents, but for what that nation consented to in the draft itself."
        )
        return _line(state, claim, said % {"version": proof.against or 0})
    if state == "unknown":
        return _line(state, claim, gettext("There was no answer in time. That counts as no."))
    weakened = sorted({one.originator for one in _of(proof, _WEAKENS) if one.result == "refuted"})
    names = ", ".join(str(country(nation)) for nation in weakened if nation)
    return _line(
        state, claim, gettext("Its rules forbid what the draft would allow: %(nations)s.") % {"nations": names}
    )


def _met(proof: ProofView) -> ProofLine:
    state, claim = _state(proof, _MET), gettext("It can be met.")
    never = sum(one.result == "refuted" for one in _of(proof, _MET))
    asked = len(list(_of(proof, _MET)))
    if state == "proved":
        said = ngettext(
            "For the %(count)d thing that can be asked there is a case that it permits.",
            "For each of the %(count)d things that can be asked there is a case that it permits.",
            asked,
        )
        return _line(state, claim, said % {"count": asked})
    if state == "refuted":
        said = gettext("%(never)d of %(count)d things that can be asked would never be permitted to anybody.")
        return _line(state, claim, said % {"never": never, "count": asked})
    return _line("unknown", claim, gettext("There was no answer in time. That counts as no."))


def _counts(proof: ProofView) -> ProofLine:
    state, claim = _state(proof, _COUNTS), gettext("Each part counts.")
    said = {
        "proved": gettext(
            "What decides and what explains answer alike in every case, and no part can fail to answer: a rule that is "
            "cited is a rule that was applied."
        ),
        "refuted": gettext("In some case a part fails to answer, or what explains does not answer as what decides."),
    }
    return _line(state, claim, said.get(state, gettext("There was no answer in time. That counts as no.")))


def _rests(draft: Bundle) -> ProofLine:
    unconfirmed, total = draft.unconfirmed_count()
    said = gettext(
        "%(count)d of its %(total)d rules are unconfirmed. The proof speaks of the text of the rules and of their "
        "tables; it does not speak of how facts are gathered, of what a treaty says, or of words that only people can "
        "compare."
    )
    return ProofLine(
        "none", "gap", gettext("It rests on the rules as entered."), said % {"count": unconfirmed, "total": total}
    )


def _line(state: str, claim: str, said: str) -> ProofLine:
    return ProofLine(state, _ICONS[state], claim, said)


def _of(proof: ProofView, kinds: Sequence[str]) -> Iterable[ObligationView]:
    return (one for one in proof.obligations if one.kind in kinds)


def _state(proof: ProofView, kinds: Sequence[str]) -> str:
    """The worst result of these kinds: refuted, then unknown, then proved; "none" when nothing was asked."""
    found = {one.result for one in _of(proof, kinds)}
    return next((result for result in ("refuted", "unknown", "proved") if result in found), "none")


def story(proof: ProofView) -> tuple[Story | None, int]:
    """The first counterexample, and how many other ones there are, each told once for all that it concerns."""
    cases: dict[tuple[str, tuple[str, ...]], tuple[ObligationView, CaseView]] = {}
    for one in proof.obligations:
        for case in one.cases:
            cases.setdefault((one.originator, case.rules), (one, case))
    if not cases:
        return None, 0
    _, case = next(iter(cases.values()))
    return _story(case), len(cases) - 1


def _story(case: CaseView) -> Story:
    audience = case.item["audience"]
    none = sentence("proof.no_level", language())
    told = sentence(
        f"proof.case.{case.action}",
        language(),
        nation=str(country(str(case.person["nation"]))),
        level=str(case.person["level"] or none),
        facility=str(case.facility["level"] or none),
        owner=str(country(str(case.item["owner"]))),
        releaser=str(country(case.releaser)),
        item=str(case.item["level"] or none),
        audience=_plain(audience),
        date=case.at.date().isoformat(),
        rule=", ".join(case.rules),
        text=case.text.get(language()) or case.text.get("en", ""),
    )
    return Story(told, tuple(_facts(case)), case.rules, case.confirmed, tuple(piece_row(one) for one in case.needed))


def _facts(case: CaseView) -> Iterable[tuple[str, str]]:
    unknown = gettext("not known")
    shown = (
        (gettext("Date"), case.at.date().isoformat()),
        (gettext("Nation of the person"), case.person["nation"]),
        (gettext("Level of the person"), case.person["level"]),
        (gettext("Person suspended"), case.person["suspended"]),
        (gettext("Assurance on the person until"), case.assurance.get("person_until")),
        (gettext("Assurance on the person confirmed on"), case.assurance.get("person_status")),
        (gettext("Level of the facility"), case.facility["level"]),
        (gettext("Storage up to"), case.facility.get("stores")),
        (gettext("Assurance on the facility until"), case.assurance.get("facility_until")),
        (gettext("Assurance on the facility confirmed on"), case.assurance.get("facility_status")),
        (gettext("Owner of the document"), case.item["owner"]),
        (gettext("Level of the document"), case.item["level"]),
        (gettext("Marked for"), case.item["audience"]),
        (gettext("Under export control"), case.item.get("export_controlled")),
        (gettext("Registered"), case.item.get("registered")),
        (gettext("Who gives it"), case.releaser),
    )
    for words, value in shown:
        yield words, unknown if value is None else _plain(value)


def _plain(value: Json) -> str:
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, list):
        return ", ".join(str(one) for one in value) or gettext("nobody")
    if value == "everyone":
        return gettext("everyone")
    return shown_fact(value) or ""


def piece_row(one: PieceView) -> PieceRow:
    """A piece of a rule set in words."""
    return PieceRow(
        words=str(PIECES.get(one.kind, one.kind)),
        key=one.key,
        value=canonical_bytes(one.value).decode("utf-8"),
        originator=one.originator,
        reason=one.reason,
        citation=", ".join(part for part in (one.provision, one.citation) if part),
    )
