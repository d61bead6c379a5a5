"""`relto align meeting`, `relto align action`, `relto align roadmap`: who meets when, who owes what, how far it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from relto.adapters.words import sentence
from relto.base.calendars import zone_named
from relto.base.errors import MalformedInput
from relto.cli.files import write_file
from relto.cli.output import answer, answer_rows, language, table, words
from relto.cli.profile import open_client

_DIGEST = click.option("--digest", default="", help="Of the version that you read; without it, the newest.")
_OUTPUT = click.option("--output", required=True, type=click.Path(path_type=Path), help="The file to write.")
_SPOKEN = click.option(
    "--language", "spoken", type=click.Choice(["en", "hi", "both"]), default="en", help="Of the sheet."
)
_TEXT_EN = click.option("--en", "english", default="", help="The text in English; write no classified words.")
_TEXT_HI = click.option("--hi", "hindi", default="", help="The text in Hindi.")
_LOCAL = "%Y-%m-%dT%H:%M"


@click.group("meeting")
def meeting() -> None:
    """Meetings: plan, agenda, minutes and decisions, papers, calendar."""


@meeting.command("list")
@click.option("--about", default="", help="Only those that have this entry on their agenda.")
def list_meetings(about: str) -> None:
    """The meetings, the latest first."""
    with open_client() as node:
        rows = [row.raw for row in node.meetings(about=about)]
    shown = [{**row, "state": words("meeting.state", row["state"])} for row in rows]
    answer_rows(shown, ("entry", "number", "starts", "host", "place", "state"), words("cli.empty", "meetings"))


@meeting.command("show")
@click.argument("entry")
def show(entry: str) -> None:
    """ENTRY whole: agenda, minutes, decisions, actions, and the digest that a signature names."""
    with open_client() as node:
        found = node.meeting(entry).raw
    lines = [f"{found['number']} {found['starts']} {found['host']} {found['place']}: {_state(found)}"]
    for number, item in enumerate(found["agenda"], 1):
        lines.append(f"{number}. {item['title']} ({item['owner']}): {words('agenda.why', item['why'])}")
        lines += [f"    {_text(one['text'])}" for one in found["minutes"] if one["entry"] == item["entry"]]
        lines += [
            f"    {one['code']}: {_text(one['text'])}" for one in found["decided"] if one["entry"] == item["entry"]
        ]
    lines += [_action_line(one) for one in found["actions"]]
    lines.append(f"SHA-256 {found['digest']}")
    answer(found, "\n".join(lines))


@meeting.command("next")
def next_meeting() -> None:
    """What is proposed for the next meeting: number, host, by when."""
    with open_client() as node:
        found = node.next_meeting().raw
    answer(found)


@meeting.command("decisions")
@click.option("--about", default="", help="Only those that concern this entry.")
def decisions(about: str) -> None:
    """The decisions that stand in minutes both nations signed."""
    with open_client() as node:
        rows = [row.raw for row in node.joint_decisions(about=about)]
    shown = [{**row, "text": _text(row["text"])} for row in rows]
    answer_rows(shown, ("number", "code", "entry", "text"), words("cli.empty", "joint_decisions"))


@meeting.command("plan")
@click.option("--host", required=True, help="The host nation's code.")
@click.option("--place", required=True, help="The city.")
@click.option("--starts", required=True, help="In the zone's own clock, such as 2026-12-02T09:30.")
@click.option("--ends", required=True, help="In the zone's own clock, such as 2026-12-03T16:00.")
@click.option("--zone", required=True, help="IANA name, such as Asia/Kolkata.")
@click.option("--form", required=True, type=click.Choice(["in_person", "remote"]))
@click.option("--number", default="", help="JWG, the year and a number; without it, the proposed one.")
@click.option("--per-year", default=0, help="How many meetings a year both should set; 0 sets nothing.")
@click.option("--entry", default="", help="A meeting that is planned anew.")
@_DIGEST
def plan(  # noqa: PLR0917  click calls by name
    host: str,
    place: str,
    starts: str,
    ends: str,
    zone: str,
    form: str,
    number: str,
    per_year: int,
    entry: str,
    digest: str,
) -> None:
    """Plan a meeting, or change the plan of one (co-chair); agreed when both nations sign."""
    first, last = _instant(starts, zone, "starts"), _instant(ends, zone, "ends")
    with open_client() as node:
        told = node.plan_meeting(
            host, place, first, last, zone, form=form, number=number, per_year=per_year, entry=entry, digest=digest
        ).raw
    _told(told)


@meeting.command("offers")
@click.argument("entry")
def offers(entry: str) -> None:
    """What is ripe for meeting ENTRY and not on its agenda, each with why."""
    with open_client() as node:
        rows = [row.raw for row in node.meeting_offers(entry)]
    shown = [{**row, "why": words("agenda.why", row["why"])} for row in rows]
    answer_rows(shown, ("entry", "kind", "title", "owner", "days", "why"), words("cli.empty", "offers"))


@meeting.command("agenda")
@click.argument("entry")
@click.option("--item", "items", multiple=True, metavar="ENTRY:NATION", help="An item and the nation whose it is.")
@_DIGEST
def agenda(entry: str, items: tuple[str, ...], digest: str) -> None:
    """Set the agenda of meeting ENTRY item by item (co-chair); what is not named leaves it."""
    with open_client() as node:
        named = [{"entry": one.partition(":")[0], "owner": one.partition(":")[2]} for one in items]
        told = node.set_agenda(entry, named, digest=digest).raw
    _told(told)


@meeting.command("minutes")
@click.argument("entry")
@click.option("--said", multiple=True, metavar="ENTRY:LANGUAGE:TEXT", help="What was said under an item.")
@click.option("--decided", multiple=True, metavar="ENTRY:LANGUAGE:TEXT", help="A joint decision; one a language.")
@_DIGEST
def minutes(entry: str, said: tuple[str, ...], decided: tuple[str, ...], digest: str) -> None:
    """Write the minutes of meeting ENTRY (co-chair); a draft until both nations sign."""
    with open_client() as node:
        told = node.write_minutes(entry, _under(said), _under(decided), digest=digest).raw
    _told(told)


@meeting.command("cancel")
@click.argument("entry")
@click.option("--reason", required=True, help="Why; write no classified words.")
@_DIGEST
def cancel(entry: str, reason: str, digest: str) -> None:
    """Call the planned meeting ENTRY off (co-chair)."""
    with open_client() as node:
        told = node.cancel_meeting(entry, reason, digest=digest).raw
    _told(told)


@meeting.command("paper")
@click.argument("entry")
@click.argument("paper", type=click.Choice(["pack", "minutes", "draft", "actions"]))
@_SPOKEN
@_OUTPUT
def paper(entry: str, paper: str, spoken: str, output: Path) -> None:
    """Write a paper of meeting ENTRY as PDF: agenda with its pack, minutes, a newer draft, or the action list."""
    with open_client() as node:
        data = node.meeting_paper(entry, paper, language=spoken)
    _written(output, data)


@meeting.command("calendar")
@click.argument("entry")
@_OUTPUT
def calendar(entry: str, output: Path) -> None:
    """Write meeting ENTRY as an iCalendar file: number, time and place, nothing of its agenda."""
    with open_client() as node:
        data = node.meeting_calendar(entry)
    _written(output, data)


@click.group("action")
def action() -> None:
    """Actions: who owes what by when, agreed by both or by nobody."""


@action.command("list")
@click.option("--state", default="", help="proposed, agreed, amended, done or withdrawn.")
@click.option("--owner", default="", help="A nation's code.")
@click.option("--about", default="", help="The meeting or entry that it comes from.")
def list_actions(state: str, owner: str, about: str) -> None:
    """The actions, those that are open first and the earliest due day first."""
    with open_client() as node:
        rows = [row.raw for row in node.actions(state=state, owner=owner, about=about)]
    shown = [
        {**row, "what": _text(row["what"]), "state": words("action.state", row["state"]), "late": row["late"] or ""}
        for row in rows
    ]
    answer_rows(shown, ("entry", "what", "owner", "role", "due", "late", "state"), words("cli.empty", "actions"))


@action.command("show")
@click.argument("entry")
def show_action(entry: str) -> None:
    """ENTRY as it stands, with the digest that a signature names."""
    with open_client() as node:
        found = node.action(entry).raw
    answer(found, f"{_action_line(found)}\nSHA-256 {found['digest']}")


@action.command("add")
@click.option("--about", required=True, help="The meeting or entry that it comes from.")
@_TEXT_EN
@_TEXT_HI
@click.option("--owner", required=True, help="The nation that owes it.")
@click.option("--role", required=True, help="Who in that nation, such as co_chair.")
@click.option("--due", required=True, help="The last day on that nation's calendar, such as 2026-12-18.")
@click.option("--entry", default="", help="An action that is said anew; both nations sign it again.")
@_DIGEST
def add(  # noqa: PLR0917  click calls by name
    about: str, english: str, hindi: str, owner: str, role: str, due: str, entry: str, digest: str
) -> None:
    """Say who owes what by when (co-chair); agreed when both nations sign."""
    with open_client() as node:
        told = node.state_action(about, _texts(english, hindi), owner, role, due, entry=entry, digest=digest).raw
    _told(told)


@action.command("close")
@click.argument("entry")
@click.option("--state", required=True, type=click.Choice(["done", "withdrawn"]))
@_TEXT_EN
@_TEXT_HI
@_DIGEST
def close(entry: str, state: str, english: str, hindi: str, digest: str) -> None:
    """Say that ENTRY is done or withdrawn, and what was done (co-chair); it counts when both nations sign."""
    with open_client() as node:
        told = node.close_action(entry, state, _texts(english, hindi), digest=digest).raw
    _told(told)


@action.command("paper")
@_SPOKEN
@_OUTPUT
def action_paper(spoken: str, output: Path) -> None:
    """Write every action that is not closed as PDF."""
    with open_client() as node:
        data = node.action_list(language=spoken)
    _written(output, data)


@click.command("roadmap")
@click.option("--nation", default="", help="The partner; the first one without it.")
def roadmap(nation: str) -> None:
    """How far each topic is on the way to a rule in force; nothing of it is the annex's text."""
    with open_client() as node:
        found = node.roadmap(nation).raw
    steps = [one["code"] for one in found["topics"][0]["steps"]] if found["topics"] else []
    rows = [[road["topic"], *(f"{one['done']}/{one['of']}" for one in road["steps"])] for road in found["topics"]]
    units = [f"{one['code']} ({one['unit']})" for one in found["topics"][0]["steps"]] if steps else []
    notice = sentence("roadmap_page.not_public", language())
    answer(found, f"{table([['topic', *units], *rows])}\n{notice} {sentence('roadmap_page.not_its_text', language())}")


COMMANDS = (meeting, action, roadmap)


def _told(told: Mapping[str, Any]) -> None:
    answer(told, sentence("cli.told.alignment", language(), entry=told["entry"]))


def _written(output: Path, data: bytes) -> None:
    written = write_file(output, data, "output")
    answer({"file": str(written), "bytes": len(data)}, str(written))


def _state(found: Mapping[str, Any]) -> str:
    waits = ", ".join(found["waits_for"])
    return f"{words('meeting.state', found['state'])}{f' ({waits})' if waits else ''}"


def _action_line(one: Mapping[str, Any]) -> str:
    return f"{one['entry']} {one['owner']} {one['due']}: {_text(one['what'])} [{words('action.state', one['state'])}]"


def _text(said: Mapping[str, str]) -> str:
    return said.get(language()) or next(iter(said.values()), "")


def _texts(english: str, hindi: str) -> dict[str, str]:
    return {name: text for name, text in (("en", english), ("hi", hindi)) if text} or {"en": ""}


def _under(given: Sequence[str]) -> list[dict[str, Any]]:
    """Texts of one entry are joined while their languages differ: the next one of a language begins another."""
    found: list[dict[str, Any]] = []
    for one in given:
        entry, _, rest = one.partition(":")
        spoken, _, text = rest.partition(":")
        if found and found[-1]["entry"] == entry and spoken not in found[-1]["text"]:
            found[-1]["text"][spoken] = text
        else:
            found.append({"entry": entry, "text": {spoken: text}})
    return found


def _instant(local: str, zone: str, field: str) -> datetime:
    try:
        return datetime.strptime(local, _LOCAL).replace(tzinfo=zone_named(zone)).astimezone(UTC)
    except ValueError as error:
        raise MalformedInput("instant", field=field, expected="a local time such as 2026-12-02T09:30") from error
