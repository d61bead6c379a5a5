"""`relto third-party`: a received item goes on to a third nation only with the originator's consent for that item."""

from __future__ import annotations

import click

from relto.base.instants import read_instant
from relto.cli.decisions import detail_text, gates_text
from relto.cli.output import answer, answer_rows, words
from relto.cli.profile import open_client

_REASON = click.option("--reason", required=True, help="Why; write no classified words.")
_NATION = click.option("--nation", required=True, help="The third nation's code, such as FRA.")
_RECIPIENT = click.option("--recipient", required=True, help="Code of the third nation's facility.")


@click.group("third-party")
def third_party() -> None:
    """Requests to pass a received item on: ask, forward, consent, withdraw, pass on."""


@third_party.command("list")
def list_requests() -> None:
    """The requests that you may see, made here and received, oldest first."""
    with open_client() as node:
        rows = [row.raw for row in node.third_party_requests()]
    columns = ("id", "number", "direction", "holder", "originator", "nation", "recipient", "state", "asked_at")
    answer_rows(rows, columns, words("cli.empty", "third_party"))


@third_party.command("show")
@click.argument("request")
def show(request: str) -> None:
    """One request; at the holder's node with the gates of passing on as they stand now."""
    with open_client() as node:
        found = node.third_party_request(request).raw
    answer(found, detail_text(found, "third_party"))


@third_party.command("ask")
@click.argument("item")
@_NATION
@_RECIPIENT
@click.option("--purpose", required=True, help="What for.")
@click.option("--valid-from", required=True, help="Instant in UTC, such as 2026-11-22T00:00:00Z.")
@click.option("--valid-until", required=True, help="Instant in UTC.")
def ask(item: str, nation: str, recipient: str, purpose: str, valid_from: str, valid_until: str) -> None:  # noqa: PLR0917  click calls by name
    """Ask that ITEM, which your company received, may go to one facility of a third nation (security officer)."""
    since, until = read_instant(valid_from, field="valid_from"), read_instant(valid_until, field="valid_until")
    with open_client() as node:
        made = node.request_third_party(
            item, nation, recipient, purpose=purpose, valid_from=since, valid_until=until
        ).raw
    answer(made, f"{made['number']} ({made['id']}): {words('state.third_party', made['state'])}")


@third_party.command("forward")
@click.argument("request")
@click.option("--outcome", required=True, type=click.Choice(["forward", "decline"]))
@_REASON
def forward(request: str, outcome: str, reason: str) -> None:
    """Forward REQUEST to the originator's authority, or decline to (release officer of the holder)."""
    with open_client() as node:
        found = node.forward_third_party(request, outcome, reason).raw
    answer(found, detail_text(found, "third_party"))


@third_party.command("decide")
@click.argument("request")
@click.option("--outcome", required=True, type=click.Choice(["consent", "refuse"]))
@_REASON
@click.option("--valid-from", help="Instant in UTC; as asked for when not given, never earlier.")
@click.option("--valid-until", help="Instant in UTC; as asked for when not given, never later.")
def decide(request: str, outcome: str, reason: str, valid_from: str | None, valid_until: str | None) -> None:
    """Consent for this item, recipient, purpose and period, or refuse (release officer of the originator)."""
    since = None if valid_from is None else read_instant(valid_from, field="valid_from")
    until = None if valid_until is None else read_instant(valid_until, field="valid_until")
    with open_client() as node:
        found = node.decide_third_party(request, outcome, reason, valid_from=since, valid_until=until).raw
    answer(found, detail_text(found, "third_party"))


@third_party.command("withdraw")
@click.argument("request")
@_REASON
def withdraw(request: str, reason: str) -> None:
    """Withdraw your consent (release officer of the originator). What was passed on before is not recalled."""
    with open_client() as node:
        found = node.withdraw_consent(request, reason).raw
    answer(found, detail_text(found, "third_party"))


@third_party.command("retransfer")
@click.argument("request")
@_REASON
@click.option("--accept", "accepts", multiple=True, help="A gate without a loaded rule that you accept (training).")
def retransfer(request: str, reason: str, accepts: tuple[str, ...]) -> None:
    """Record that the item is passed on under its consent (release officer of the holder). Gates are evaluated anew."""
    with open_client() as node:
        found = node.retransfer(request, reason, accepts).raw
    answer(found, detail_text(found, "third_party"))


@third_party.command("may-retransfer")
@click.argument("item")
@_NATION
@_RECIPIENT
def may_retransfer(item: str, nation: str, recipient: str) -> None:
    """May ITEM go to that facility now (officers)? It is decided and recorded; nothing is sent."""
    with open_client() as node:
        found = node.may_retransfer(item, nation, recipient).raw
    told = words("cli.may_retransfer", "yes" if found["permitted"] else "no")
    lines = [told, gates_text(found["gates"]), f"reference: {found['reference']}", f"entry: {found['entry']}"]
    answer(found, "\n".join(filter(None, lines)))
