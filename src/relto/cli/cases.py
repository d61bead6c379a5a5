"""`relto release`, `relto cases`: a company asks, its authority's release officer sees every gate and decides."""

from __future__ import annotations

import click

from relto.base.errors import MalformedInput
from relto.cli.decisions import detail_text
from relto.cli.output import answer, answer_rows, words
from relto.cli.profile import open_client


@click.command("release")
@click.argument("item")
@click.option("--nation", required=True, help="The partner nation's code, such as IND.")
@click.option("--facility", required=True, help="Code of the partner's facility.")
@click.option("--reader", "readers", multiple=True, required=True, help="PSEUDONYM=REASON for each named reader.")
@click.option("--purpose", required=True, help="What the release is for.")
def release(item: str, nation: str, facility: str, readers: tuple[str, ...], purpose: str) -> None:
    """Ask your authority to release ITEM to a partner's facility (security officer)."""
    named = [_reader(text) for text in readers]
    with open_client() as node:
        case = node.request_release(item, nation, facility, named, purpose).raw
    answer(case, f"{case['number']} ({case['id']}): {words('state.case', case['state'])}")


@click.group("cases")
def cases() -> None:
    """Release cases: list, look at the gates, decide."""


@cases.command("list")
def list_cases() -> None:
    """The cases that you may see, oldest first."""
    with open_client() as node:
        rows = [row.raw for row in node.cases()]
    columns = ("id", "number", "nation", "facility", "state", "asked_at")
    answer_rows(rows, columns, words("cli.empty", "cases"))


@cases.command("show")
@click.argument("case")
def show_case(case: str) -> None:
    """One case with its gates as they stand now, what needs a person first."""
    with open_client() as node:
        found = node.case(case).raw
    answer(found, detail_text(found, "case"))


@cases.command("decide")
@click.argument("case")
@click.option("--outcome", required=True, type=click.Choice(["release", "refuse"]))
@click.option("--reason", required=True, help="Why; write no classified words.")
@click.option("--accept", "accepts", multiple=True, help="A gate without a loaded rule that you accept (training).")
def decide_case(case: str, outcome: str, reason: str, accepts: tuple[str, ...]) -> None:
    """Release or refuse (release officer). A gate that does not hold stops a release and changes nothing."""
    with open_client() as node:
        found = node.decide_case(case, outcome, reason, accepts).raw
    answer(found, detail_text(found, "case"))


def _reader(text: str) -> tuple[str, str]:
    pseudonym, sign, reason = text.partition("=")
    if not sign or not pseudonym.strip() or not reason.strip():
        raise MalformedInput("reader", field="reader", expected="PSEUDONYM=REASON, such as prs_...=analyses the data")
    return pseudonym.strip(), reason.strip()
