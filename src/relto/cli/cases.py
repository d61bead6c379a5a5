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
@click.option(
    "--mode",
    type=click.Choice(["live", "transferred"]),
    default="live",
    show_default=True,
    help="Both nations' key services at each opening, or the recipient's alone.",
)
@click.option("--home-facility", default="", help="Of a joint item: your own facility that holds it too.")
@click.option("--home-reader", "home_readers", multiple=True, help="Of a joint item: PSEUDONYM=REASON at home.")
def release(  # noqa: PLR0917  click calls by name
    item: str,
    nation: str,
    facility: str,
    readers: tuple[str, ...],
    purpose: str,
    mode: str,
    home_facility: str,
    home_readers: tuple[str, ...],
) -> None:
    """Ask your authority to release ITEM to a partner's facility (security officer)."""
    named = [_reader(text, "reader") for text in readers]
    at_home = [_reader(text, "home_reader") for text in home_readers]
    with open_client() as node:
        case = node.request_release(
            item,
            nation,
            facility,
            named,
            purpose,
            mode=mode,
            home_facility=home_facility,
            home_readers=at_home,
        ).raw
    answer(case, f"{case['number']} ({case['id']}): {words('state.case', case['state'])}")


@click.group("cases")
def cases() -> None:
    """Release cases: list, look at the gates, decide, withdraw."""


@cases.command("list")
def list_cases() -> None:
    """The cases that you may see, oldest first."""
    with open_client() as node:
        rows = [row.raw for row in node.cases()]
    columns = ("id", "number", "nation", "facility", "mode", "state", "asked_at")
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


@cases.command("withdraw")
@click.argument("case")
@click.option("--reason", required=True, help="Why; it stays at your node. Write no classified words.")
def withdraw_case(case: str, reason: str) -> None:
    """Withdraw a release (release officer). No share leaves here for it from then on; its recipient is told."""
    with open_client() as node:
        found = node.withdraw_release(case, reason).raw
    answer(found, detail_text(found, "case"))


def _reader(text: str, field: str) -> tuple[str, str]:
    pseudonym, sign, reason = text.partition("=")
    if not sign or not pseudonym.strip() or not reason.strip():
        raise MalformedInput("reader", field=field, expected="PSEUDONYM=REASON, such as prs_...=analyses the data")
    return pseudonym.strip(), reason.strip()
