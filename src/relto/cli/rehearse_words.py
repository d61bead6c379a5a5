"""What `relto rehearse` says around its steps, in the language of the command."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from relto.cli.output import language

if TYPE_CHECKING:
    from relto.rehearsal.exercise import Taken
    from relto.rehearsal.scenario import CourseStep

SAID = {
    "scenario": "\nScenario {code}: {title}",
    "running": "Both nodes keep running. Ctrl-C ends and removes them.",
    "proposed": "The same course under the draft:",
    "draft_refused": "Both nodes refused to bring the draft into force: {code}",
}
_HOURS = 24


def heading() -> str:
    """The first lines."""
    return (
        "relto rehearse: a training exercise on two throw-away nodes.\n"
        "MARKINGS ARE FOR TRAINING PURPOSES ONLY. One machine: the protocol is rehearsed, independence is not.\n"
        "Setting up two nations: authority keys, witnesses, nodes ..."
    )


def progress(taken: Taken) -> str:
    """One line as a step ends."""
    step = taken.step
    who = str(step.who) if step.who is not None else "control"
    outcome = taken.outcome if taken.as_expected else f"{taken.outcome} {taken.code}, NOT AS EXPECTED"
    rules = f" by {' '.join(taken.rules)}" if taken.rules else ""
    inject = f" [{step.inject}]" if step.inject else ""
    hand = " (in the portal)" if taken.played else " (nobody did; the control did)" if taken.undone else ""
    line = f"  day {step.hour // _HOURS:>3}  {step.id}{inject}: {who} {about(step)} ... {outcome}{rules}{hand}"
    return f"{line} ({taken.ms} ms)"


def about(step: CourseStep) -> str:
    """What the act is, by its codes."""
    named = [str(step.given[name]) for name in ("procedure", "step", "kind", "outcome", "state") if name in step.given]
    return " ".join((step.act, *named))


def asked(step: CourseStep, address: str) -> str:
    """What a role player is asked to do, and where she signs in (the link signs in once, within an hour)."""
    said = step.says.get(language(), "")
    lines = [f"  ? {step.who}: {about(step)}" + (f". {said}" if said else "")]
    return "\n".join([*lines, f"    sign in: {address}"])


def closing(made: dict[str, Any], digest: str, report: Path | None) -> str:
    """What came of it, and how it is attached to a proposal."""
    counts = made["counts"]
    lines = [
        f"{name}: {one['steps']} steps, {one['refused']} refused, {one['errors']} otherwise, {one['undone']} undone"
        for name, one in counts.items()
        if name != "differences"
    ]
    if "differences" in counts:
        lines.append("under the draft: " + ", ".join(f"{many} {kind}" for kind, many in counts["differences"].items()))
    lines.append(f"report: sha256 {digest}")
    if "differences" in counts and report is not None:
        lines.append(f"attach it to the proposal: relto align attach PROPOSAL {report}")
    return "\n".join(lines)
