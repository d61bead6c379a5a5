"""`relto rehearse`: a scenario on two throw-away nodes, with role players in the portal or scripted, and its report."""

from __future__ import annotations

import shutil
import signal
import sys
import tempfile
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from relto.base.errors import MalformedInput, ReltoError
from relto.cli.files import check_place, read_file, write_file
from relto.cli.output import answer, answer_rows, language
from relto.cli.rehearse_words import SAID, asked, closing, heading, progress

if TYPE_CHECKING:
    from relto.node.rehearsal_ground import RehearsalGround, RehearsalGrounds
    from relto.node.rehearsed_rules import RulesBeneath
    from relto.rehearsal.exercise import Performance, RolePlayers
    from relto.rehearsal.scenario import Scenario

_NOT_AS_EXPECTED = 1
_PAPER_LANGUAGES = ("en", "hi", "both")
_SUFFIX = ".yaml"


@click.command("rehearse")
@click.argument("scenario", required=False)
@click.option("--list", "listing", is_flag=True, help="List the scenarios that ship with relto.")
@click.option("--all", "every", is_flag=True, help="Each of them, scripted; --report and --paper name folders then.")
@click.option("--headless", is_flag=True, help="Scripted: every step is taken by its person's own calls.")
@click.option("--report", type=click.Path(path_type=Path), help="Write the after-action report as JSON.")
@click.option("--paper", type=click.Path(path_type=Path), help="Write the after-action report as PDF.")
@click.option(
    "--paper-language", type=click.Choice(_PAPER_LANGUAGES), default="both", show_default=True, help="Of the PDF."
)
@click.option("--proposed", type=click.Path(), help="A draft bundle: the same course under its rules too.")
@click.option("--in-force", type=click.Path(), help="The bundle in force between the nations; default: training rules.")
@click.option("--seed", type=click.IntRange(0, 2**31), default=1, show_default=True, help="Draws codes and names.")
@click.option("--minutes", type=click.FloatRange(0.01, 1440), default=30, help="How long a step waits.")
@click.option("--hold", is_flag=True, help="Keep both nodes running when the course has ended.")
@click.option("--folder", type=click.Path(path_type=Path), help="Where the nodes lie; default: a temporary one.")
@click.option("--base-port", type=click.IntRange(1024, 65000), help="First of twelve ports; default: free ones.")
def rehearse(**given: Any) -> None:
    """Rehearse SCENARIO, the code of a shipped one or a YAML file, on two throw-away nodes."""
    if given["listing"]:
        _list()
        return
    if given["every"] == bool(given["scenario"]):
        raise MalformedInput("rehearsal", field="scenario", expected="a scenario, or --all, or --list")
    scenarios = _scenarios(given["scenario"], every=given["every"])
    _check_places(given)
    proposed, in_force = _rules(given["proposed"], "proposed"), _rules(given["in_force"], "in_force")
    draft = _digest_of_draft(given["proposed"])
    from relto.node.hardening import harden_process
    from relto.node.rehearsal_ground import RehearsalGrounds

    harden_process()
    signal.signal(signal.SIGTERM, _interrupted)
    with ExitStack() as leaving:
        folder = given["folder"]
        if folder is None:
            folder = Path(tempfile.mkdtemp(prefix="relto-rehearsal-"))
            leaving.callback(shutil.rmtree, folder, ignore_errors=True)
        click.echo(heading())
        grounds = RehearsalGrounds(folder, given["base_port"])
        leaving.callback(grounds.remove)
        faults = sum(_one(grounds, scenario, given, (in_force, proposed), draft) for scenario in scenarios)
    if faults:
        sys.exit(_NOT_AS_EXPECTED)


def _one(
    grounds: RehearsalGrounds,
    scenario: Scenario,
    given: dict[str, Any],
    rules: tuple[RulesBeneath | None, RulesBeneath | None],
    draft: str,
) -> int:
    """One scenario, under the draft too where there is one; how many of its steps came out otherwise in force."""
    from relto.rehearsal.after_action import IN_FORCE, PROPOSED, report

    in_force, proposed = rules
    players = None if given["headless"] or given["every"] else _players(given["minutes"])
    begin = max((one.effective_from for one in rules if one is not None), default=None)
    click.echo(SAID["scenario"].format(code=scenario.code, title=scenario.title[language()]))
    performances = {}
    with grounds.running(begin=begin) as ground:
        performances[IN_FORCE] = _course(ground, scenario, given["seed"], (in_force, None), players)
        if given["hold"] and proposed is None:
            click.echo(SAID["running"])
            _hold(ground)
    refused = ""
    if proposed is not None:
        click.echo(SAID["proposed"])
        with grounds.running(begin=begin) as ground:
            try:
                performances[PROPOSED] = _course(ground, scenario, given["seed"], (in_force, proposed), None)
            except _DraftRefused as refusal:
                refused = refusal.code
                click.echo(SAID["draft_refused"].format(code=refused))
            if given["hold"] and not refused:
                click.echo(SAID["running"])
                _hold(ground)
    made = report(
        scenario,
        performances,
        made=datetime.now(UTC).replace(microsecond=0),
        seed=given["seed"],
        draft=draft,
        refused_draft=refused,
        mode="portal" if players is not None else "scripted",
    )
    _write(made, scenario.code, given)
    return int(made["counts"][IN_FORCE]["errors"]) + bool(refused)


class _DraftRefused(Exception):
    """The nodes would not bring the draft into force; `code`: why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def _course(
    ground: RehearsalGround,
    scenario: Scenario,
    seed: int,
    rules: tuple[RulesBeneath | None, RulesBeneath | None],
    players: RolePlayers | None,
) -> Performance:
    from relto.cli.rehearsal_stage import stage_on
    from relto.rehearsal.exercise import Exercise, Taken
    from relto.rehearsal.troupe import Troupe

    ground.rules, proposed = rules

    def bring_into_force(troupe: Troupe) -> None:
        ground.rules = proposed
        try:
            troupe.agree(())
        except ReltoError as refusal:
            raise _DraftRefused(refusal.full_code) from refusal

    def tell(taken: Taken) -> None:
        click.echo(progress(taken))

    stage = stage_on(ground)
    exercise = Exercise(scenario, stage, seed=seed, tell=tell, players=players)
    try:
        return exercise.perform(bring_into_force if proposed is not None else None)
    finally:
        exercise.close()


def _players(minutes: float) -> RolePlayers:
    from relto.rehearsal.exercise import RolePlayers as Players

    return Players(lambda step, address: click.echo(asked(step, address)), minutes)


def _hold(ground: RehearsalGround) -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    ground.supervisor.run()


def _interrupted(_number: int, _frame: object) -> None:
    """SIGTERM ends as Ctrl-C does: nothing is left running, and no folder."""
    raise KeyboardInterrupt


def _list() -> None:
    from relto.rehearsal.scenario_reading import read_scenario, shipped, shipped_file

    rows = []
    for code in shipped():
        one = read_scenario(shipped_file(code))
        said = {"scenario": code, "title": one.title[language()], "trains": one.trains[language()]}
        rows.append(said | {"days": one.days, "steps": len(one.course)})
    answer_rows(rows, ("scenario", "title", "days", "steps"), "")


def _scenarios(named: str | None, *, every: bool) -> list[Scenario]:
    from relto.rehearsal.scenario_reading import read_scenario, shipped, shipped_file

    if every or named is None:
        return [read_scenario(shipped_file(code)) for code in shipped()]
    if named.endswith(_SUFFIX):
        return [read_scenario(read_file(named, "scenario"))]
    return [read_scenario(shipped_file(named))]


def _rules(path: str | None, field: str) -> RulesBeneath | None:
    from relto.node.rehearsed_rules import read_rules_of

    return None if path is None else read_rules_of(read_file(path, field))


def _digest_of_draft(path: str | None) -> str:
    """By which a proposal knows the draft, whether or not somebody has signed it since."""
    from relto.alignment.next_bundle import unsigned_digest

    return "" if path is None else unsigned_digest(read_file(path, "proposed"))


def _check_places(given: dict[str, Any]) -> None:
    for name in ("report", "paper"):
        if given[name] is not None:
            check_place(given[name] / "x" if given["every"] else given[name], name)


def _write(made: dict[str, Any], code: str, given: dict[str, Any]) -> None:
    from relto.base.canonical import sha256_hex
    from relto.rehearsal.after_action import report_file

    file = report_file(made)
    if given["report"] is not None:
        write_file(_place(given["report"], f"{code}.json", given), file, "report")
    if given["paper"] is not None:
        from relto.adapters.rehearsal_pdf import after_action_pdf

        paper = after_action_pdf(made, sha256_hex(file), given["paper_language"])
        write_file(_place(given["paper"], f"{code}.pdf", given), paper, "paper")
    answer(made["counts"], closing(made, sha256_hex(file), given["report"]))


def _place(target: Path, name: str, given: dict[str, Any]) -> Path:
    return target / name if given["every"] else target
