"""What the demo says around its table. English; the pages of the nodes speak English and Hindi."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from relto.node.training_ground import Ground
    from relto.rehearsal.story import Step, Story
    from relto.rehearsal.straight_path import StraightPath

SAID = {
    "ready": "Both nodes and both witnesses run (set up in {seconds:.0f} s). The story:",
    "running": "Both nodes keep running. Ctrl-C ends them.",
}
_MARK = {True: "as expected", False: "NOT AS EXPECTED"}


def heading() -> str:
    """The first lines."""
    return (
        "relto demo: one document from a US engineer to an Indian engineer.\n"
        "MARKINGS ARE FOR TRAINING PURPOSES ONLY. One machine: the protocol is shown, independence is not.\n"
        "Setting up two nations: authority keys, witnesses, nodes ..."
    )


def progress(step: Step) -> str:
    """One line as a step ends."""
    return f"  {step.step:>2}. {step.who}: {step.what} ... {step.outcome} ({step.seconds:.1f} s)"


def step_rows(steps: Sequence[Step]) -> list[list[str]]:
    """The table that a minister could read."""
    rows = [["", "Who", "What", "Outcome", "", "Seen", "Ledger entry"]]
    rows.extend(
        [step.step, step.who, step.what, step.outcome, _MARK[step.as_expected], step.found, step.entry]
        for step in steps
    )
    return rows


def closing(ground: Ground, path: StraightPath, story: Story, seconds: float) -> str:
    """What to say and where to go on."""
    kept = sum(step.as_expected for step in story.steps)
    lines = [
        "",
        f"{kept} of {len(story.steps)} steps came out as expected, {seconds:.0f} s in all.",
        "One machine: the protocol is shown, independence is not.",
    ]
    if not story.as_expected:
        return "\n".join(lines)
    for nation in (path.usa, path.ind):
        active = nation["co_chair"].node.active_bundle()
        counted = f"{active['rules_unconfirmed']} of {active['rules']} rules are unconfirmed"
        lines.append(f"{nation.place.nation}: training node: {counted}.")
    lines.append("")
    for nation in (path.usa, path.ind):
        lines.append(f"{nation.place.country}: {nation.place.portal_url}")
        for part in ("engineer", "security_officer", "release_officer", "inspector"):
            member = nation[part]
            link = nation.registrar.node.sign_in_link(member.person)
            lines.append(f"  {member.who}: {nation.place.portal_url}{link['path']}")
    lines += [
        "  (each link signs in once, within an hour)",
        "",
        "Verify the exported ledgers offline, with the keys pinned outside their folders:",
        *(
            f"  relto verify {path.ledger_folder(nation)} --trust {ground.trust_file}"
            for nation in (path.usa, path.ind)
        ),
    ]
    return "\n".join(lines)
