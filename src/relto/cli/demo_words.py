"""What the demo says around its table. English; the pages of the nodes speak English and Hindi."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from relto.cli.output import table

if TYPE_CHECKING:
    from relto.node.training_ground import Ground
    from relto.rehearsal.story import Step, Story
    from relto.rehearsal.straight_path import StraightPath

SAID = {
    "ready": "Both nodes and both witnesses run (set up in {seconds:.0f} s). The story:",
    "running": "Both nodes keep running. Ctrl-C ends them.",
}
SIGN_IN_PARTS = ("engineer", "colleague", "security_officer", "release_officer", "co_chair", "inspector")


def relto_command() -> str:
    """How this person calls relto: by name when her shell finds it, else as she just did."""
    return "relto" if shutil.which("relto") else os.path.relpath(sys.argv[0])


def heading() -> str:
    """The first lines."""
    return (
        "relto demo: two nations share documents, in both directions, with every refusal and its remedy.\n"
        "MARKINGS ARE FOR TRAINING PURPOSES ONLY. One machine: the protocol is shown, independence is not.\n"
        "Setting up two nations: authority keys, witnesses, nodes ..."
    )


def progress(step: Step) -> str:
    """One line as a step ends."""
    return f"  {step.step:>2}. {step.who}: {step.what} ... {step.outcome} ({step.seconds:.1f} s)"


def story_table(steps: Sequence[Step]) -> str:
    """The table that a minister could read: who did what, what came of it, where the ledger says so, what was seen."""
    rows = [["", "Who", "What happened", "Outcome", "Ledger entry"]]
    notes: dict[int, str] = {}
    for step in steps:
        if step.found:
            notes[len(rows)] = step.found
        outcome = step.outcome if step.as_expected else f"{step.outcome}, NOT AS EXPECTED"
        rows.append([step.step, step.who, step.what, outcome, step.entry])
    heading_, rule, *lines = table(rows).split("\n")
    shown = [heading_, rule]
    for number, line in enumerate(lines, start=1):
        shown.append(line)
        if number in notes:
            shown.append(f"{'':>4}> {notes[number]}")
    return "\n".join(shown)


def closing(ground: Ground, path: StraightPath, story: Story, seconds: float) -> str:
    """What came of it, and what it does not show."""
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
        counted = f"{active.rules_unconfirmed} of {active.rules} rules are unconfirmed"
        lines.append(f"{nation.place.nation}: training node: {counted}.")
    lines += [
        "",
        "Verify the exported ledgers offline, with the keys pinned outside their folders:",
        *(
            f"  {relto_command()} verify {path.ledger_folder(nation)} --trust {ground.trust_file}"
            for nation in (path.usa, path.ind)
        ),
    ]
    return "\n".join(lines)


def going_on(path: StraightPath, profiles: Mapping[str, Path], waiting: str) -> str:
    """Where to go on while both nodes run: addresses, sign-in links, example commands."""
    lines = ["", f"Case {waiting} waits for the US release officer. Sign in and decide it:"]
    for nation in (path.usa, path.ind):
        lines.append(f"{nation.place.country}: {nation.place.portal_url}")
        for part in (*SIGN_IN_PARTS, "registrar"):
            member = nation.registrar if part == "registrar" else nation[part]
            person = member.person or member.node.me().person
            link = nation.registrar.node.sign_in_link(person)
            lines.append(f"  {member.who + ':':<24} {nation.place.portal_url}{link.path}")
    lines += [
        "  (each link signs in once, within an hour)",
        "",
        "Or at a terminal, as the same people:",
        f"  {relto_command()} --profile {profiles['ind-engineer']} items list",
        f"  {relto_command()} --profile {profiles['usa-release_officer']} cases list",
        f"  {relto_command()} --profile {profiles['ind-inspector']} ledger show",
    ]
    return "\n".join(lines)
