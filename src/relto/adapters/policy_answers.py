"""Questions about a policy file and a label under it, with their answers in words: never an exception.

The answer has the form of every answer about labels: `ok`, and where it is not ok `faults` with rule, paragraph,
message and fix. A label that is not valid, and one that the clearance does not open, is not ok.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, cast

from relto.adapters.label_answers import Answer, failed
from relto.adapters.words import DEFAULT_LANGUAGE, sentence
from relto.base.canonical import Json
from relto.base.errors import ReltoError
from relto.base.instants import Instant
from relto.labels.answering.under_policy import Looked, check_language, look_under_policy, policy_shown
from relto.labels.nato.clearances import read_clearance
from relto.labels.nato.selection import Fault
from relto.labels.nato.spif_reading import read_spif

_VALIDITY: Final = "ADatP-4774.1 3"
_TEXT: Final = "ADatP-4774 appendix 2"
_INVALID: Final = "label."


def answer_under_policy(
    policy: bytes,
    label: bytes | None,
    at: Instant,
    language: str = DEFAULT_LANGUAGE,
    *,
    clearance: bytes | None = None,
    marking_language: str | None = None,
    partial: bool = False,
    lenient: bool = False,
) -> Answer:
    """The policy described; with a label what the policy says of it; with a clearance whether it opens it. Total."""
    try:
        spif = read_spif(policy, is_partial=partial)
        if label is None:
            return {"ok": True, "outcome": "described", **policy_shown(spif, at)}
        looked = look_under_policy(
            label,
            spif,
            at,
            clearance=None if clearance is None else read_clearance(clearance),
            language=check_language(marking_language),
            lenient=lenient,
        )
    except ReltoError as error:
        return failed(error, language)
    return _answered(looked, language)


def _answered(looked: Looked, language: str) -> Answer:
    found = looked.information
    faults = cast("list[Json]", [*_faults(looked, language)])
    answered: Answer = {
        "ok": not faults,
        "outcome": "not_valid" if looked.faults else "valid",
        "policy": found.policy_name,
        "classification": found.classification,
        "rendered": cast("Json", dict(looked.rendered)),
        "departures": [*looked.departures],
        "faults": faults,
        "notices": [_fault(each, "nato_text", _TEXT, language) for each in looked.text_faults],
    }
    if looked.access is not None:
        decision = "deny" if looked.access else "permit"
        answered["access"] = {"decision": decision, "reasons": [*looked.access]}
    return answered


def _faults(looked: Looked, language: str) -> Iterator[Answer]:
    for each in looked.faults:
        yield _fault(each, "spif", _VALIDITY, language)
    for code in looked.access or ():
        if code == "label.not_strict" or not code.startswith(_INVALID):  # the others are the faults above
            yield _told("access", code, _TEXT, language)


def _fault(fault: Fault, group: str, paragraph: str, language: str) -> Answer:
    code = fault.code.removeprefix("nato.")
    return {**_told(group, code, paragraph, language), "element": fault.element, "found": fault.name}


def _told(group: str, code: str, paragraph: str, language: str) -> Answer:
    return {
        "rule": f"{group}.{code}",
        "paragraph": paragraph,
        "message": sentence(f"label.{group}.{code}", language),
        "fix": sentence(f"label.fix.{group}", language),
    }
