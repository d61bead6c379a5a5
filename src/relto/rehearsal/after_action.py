"""The after-action report of a rehearsal: what each side did and how long it took, what refused it, what differed.

One JSON object (`report.schema.json`), plainly for training; it says roles, never people, and nothing of any document.
Times: `at` is exercise time; `ms` is how long the call or the role player took; an inject is mended after so many hours
of exercise time.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any, Final

from relto.base.errors import MalformedInput
from relto.base.instants import Instant, instant_text
from relto.base.json_schemas import JsonSchema
from relto.rehearsal.exercise import Performance, Taken
from relto.rehearsal.scenario import DONE, REFUSED, UNREACHABLE, CourseStep, Scenario

TYPE: Final = "relto-rehearsal-report"
IN_FORCE: Final = "in_force"
PROPOSED: Final = "proposed"
_STOPPED = (REFUSED, UNREACHABLE)
_ABOUT = ("procedure", "step", "kind", "outcome", "state")


def report(
    scenario: Scenario,
    performances: Mapping[str, Performance],
    *,
    made: Instant,
    seed: int,
    draft: str = "",
    refused_draft: str = "",
    mode: str = "scripted",
) -> dict[str, Any]:
    """The report of a rehearsal. `performances`: by `IN_FORCE` and, with a draft, `PROPOSED`.

    `draft`: the digest of the unsigned draft, by which its proposal knows it; "" without one. `refused_draft`: the code
    with which the nodes refused to bring the draft into force; its course was not gone through then.
    """
    runs = {name: _run(one) for name, one in performances.items()}
    under_draft = performances.get(PROPOSED)
    differing = differences(performances[IN_FORCE], under_draft) if under_draft is not None else []
    counts: dict[str, Any] = {name: _counts(one) for name, one in performances.items()}
    if under_draft is not None:
        kinds = [one["kind"] for one in differing]
        counts["differences"] = {kind: kinds.count(kind) for kind in ("permitted", "refused", "delayed")}
    made_up = {
        "type": TYPE,
        "version": 1,
        "training": True,
        "scenario": scenario.code,
        "scenario_sha256": scenario.digest,
        "title": dict(scenario.title),
        "trains": dict(scenario.trains),
        "made": instant_text(made),
        "seed": seed,
        "mode": mode,
        "draft": draft,
        "refused_draft": refused_draft,
        "runs": runs,
        "differences": differing,
        "counts": counts,
    }
    fault = _schema().fault(made_up)
    if fault is not None:
        field = ".".join(str(one) for one in fault.path)
        raise MalformedInput("rehearsal_report", field=field, expected=f"{fault.keyword} of its schema")
    return made_up


def report_file(made: Mapping[str, Any]) -> bytes:
    """The bytes of a report, those that its digest is of."""
    return json.dumps(made, ensure_ascii=False, indent=1, sort_keys=True).encode("utf-8") + b"\n"


def differences(in_force: Performance, proposed: Performance) -> list[dict[str, Any]]:
    """Steps that came out otherwise under the draft.

    Permitted: only the draft lets it through. Refused: only the rules in force do. Delayed: under the draft the same
    act of the same person came through too, at a later step; `hours` later.
    """
    under_draft = {one.step.id: one for one in proposed.taken}
    found = []
    for one in in_force.taken:
        other = under_draft[one.step.id]
        if (one.outcome == DONE) == (other.outcome == DONE):
            continue
        later = _done_again(other, proposed.taken) if one.outcome == DONE else None
        kind = "permitted" if other.outcome == DONE else "delayed" if later is not None else "refused"
        found.append(
            {
                "step": one.step.id,
                "kind": kind,
                IN_FORCE: one.outcome,
                PROPOSED: other.outcome,
                "rules": sorted({*one.rules, *other.rules}),
                "hours": later.step.hour - one.step.hour if later is not None else 0,
            }
        )
    return found


def _done_again(taken: Taken, every: Sequence[Taken]) -> Taken | None:
    """The next step by which the same person brought the same act through."""
    same = _act(taken.step)
    for one in every[every.index(taken) + 1 :]:
        if _act(one.step) == same and one.outcome == DONE:
            return one
    return None


def _act(step: CourseStep) -> tuple[str, str, str]:
    return str(step.who), step.act, json.dumps(dict(step.given), sort_keys=True)


def _run(performance: Performance) -> dict[str, Any]:
    version, digest = performance.bundle
    procedures = _procedures(performance.taken)
    return {
        "bundle": {"version": version, "digest": digest},
        "preparation_ms": performance.preparation_ms,
        "steps": [_told(one, procedures) for one in performance.taken],
        "sides": _sides(performance.taken),
        "injects": [_inject(one, performance.taken) for one in performance.taken if one.step.inject],
        "waiting": [
            {"who": one.part, "what": one.what, "state": one.state, "hours": one.hours, "overdue": one.overdue}
            for one in performance.waiting
        ],
    }


def _procedures(taken: Sequence[Taken]) -> dict[str, str]:
    """Name of a dossier of the course -> its procedure."""
    begun = [one.step.given for one in taken if one.step.act == "begin"]
    return {given["as"]: given["procedure"] for given in begun}


def _told(one: Taken, procedures: Mapping[str, str]) -> dict[str, Any]:
    given = dict(one.step.given)
    if "dossier" in given:
        given["procedure"] = procedures[given["dossier"]]
    return {
        "id": one.step.id,
        "hour": one.step.hour,
        "at": instant_text(one.at),
        "side": one.step.side,
        "who": str(one.step.who) if one.step.who is not None else "control",
        "act": one.step.act,
        "about": {
            name: str(given[name]) for name in ("procedure", "step", "kind", "outcome", "state") if name in given
        },
        "says": dict(one.step.says),
        "expected": one.step.expect,
        "outcome": one.outcome,
        "as_expected": one.as_expected,
        "ms": one.ms,
        "rules": list(one.rules),
        "code": one.code,
        "reference": one.reference,
        "entry": one.entry,
        "played": one.played,
        "undone": one.undone or one.outcome == "undone",
    }


def _sides(taken: Sequence[Taken]) -> list[dict[str, Any]]:
    """Times and outcomes of each side: steps, refusals, median and longest time of a step."""
    found = []
    for side in ("USA", "IND"):
        own = [one for one in taken if one.step.side == side]
        times = sorted(one.ms for one in own)
        found.append(
            {
                "side": side,
                "steps": len(own),
                "refused": sum(one.outcome in _STOPPED for one in own),
                "undone": sum(one.undone or one.outcome == "undone" for one in own),
                "median_ms": times[len(times) // 2] if times else 0,
                "longest_ms": times[-1] if times else 0,
            }
        )
    return found


def _inject(inject: Taken, every: Sequence[Taken]) -> dict[str, Any]:
    """What an inject set off: the steps up to the one that mends it; how long that took in exercise time."""
    after = list(every[every.index(inject) + 1 :])
    mend = next((number for number, one in enumerate(after) if one.step.id == inject.step.mended_by), len(after) - 1)
    answers = after[: mend + 1]
    mended = bool(answers) and answers[-1].step.id == inject.step.mended_by and answers[-1].outcome == DONE
    return {
        "step": inject.step.id,
        "code": inject.step.inject,
        "set_off": [one.step.id for one in answers if one.outcome in _STOPPED],
        "answered_by": [one.step.id for one in answers if one.outcome == DONE],
        "mended_by": inject.step.mended_by,
        "mended": mended,
        "hours": answers[-1].step.hour - inject.step.hour if mended else 0,
        "ms": sum(one.ms for one in answers),
    }


def _counts(performance: Performance) -> dict[str, int]:
    taken = performance.taken
    return {
        "steps": len(taken),
        "refused": sum(one.outcome in _STOPPED for one in taken),
        "errors": sum(not one.as_expected for one in taken),
        "undone": sum(one.undone or one.outcome == "undone" for one in taken),
    }


@cache
def _schema() -> JsonSchema:
    return JsonSchema(json.loads(resources.files("relto.rehearsal").joinpath("report.schema.json").read_bytes()))
