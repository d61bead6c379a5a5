"""How people sign in, and who confirms their roles: parts of `relto people`, and `relto tokens`."""

from __future__ import annotations

import click

from relto.cli.output import answer, answer_rows, words
from relto.cli.profile import open_client


@click.command("sessions")
@click.argument("person")
def sessions(person: str) -> None:
    """Where PERSON is signed in to the portal, newest first."""
    with open_client() as node:
        rows = [row.raw for row in node.sessions(person)]
    answer_rows(rows, ("session", "since", "last_used", "how"), words("cli.empty", "sessions"))


@click.command("end-sessions")
@click.argument("person")
def end_sessions(person: str) -> None:
    """End every session of PERSON; she is out at her next page."""
    with open_client() as node:
        answer(node.end_sessions(person).raw)


@click.command("bindings")
@click.argument("person")
def bindings(person: str) -> None:
    """What PERSON signs in by besides her own passkeys: a provider's subject, a certificate. Never what it is."""
    with open_client() as node:
        rows = [row.raw for row in node.bindings(person)]
    answer_rows(rows, ("binding", "kind", "bound_at", "ended_at"), words("cli.empty", "bindings"))


@click.command("bind")
@click.argument("person")
@click.argument("kind", type=click.Choice(["oidc", "certificate"]))
@click.argument("code")
def bind(person: str, kind: str, code: str) -> None:
    """Bind to PERSON what the portal showed her CODE for. Make sure that it is she who reads it to you."""
    with open_client() as node:
        answer(node.bind(person, kind, code).raw)


@click.command("unbind")
@click.argument("person")
@click.argument("binding")
def unbind(person: str, binding: str) -> None:
    """End BINDING: nobody signs in by it any more."""
    with open_client() as node:
        answer(node.unbind(person, binding).raw)


@click.command("ask-role")
@click.argument("person")
@click.argument("role")
@click.option("--remove", is_flag=True, help="Take the role away; without it, give it.")
def ask_role(person: str, role: str, *, remove: bool) -> None:
    """Ask for ROLE of the authority to be given to PERSON; another registrar or a co-chair confirms."""
    with open_client() as node:
        answer(node.ask_role_change(person, role, "remove" if remove else "grant").raw)


@click.command("role-changes")
def role_changes() -> None:
    """Roles that wait for a second person, then what was decided."""
    with open_client() as node:
        rows = [row.raw for row in node.role_changes()]
    columns = ("change", "person", "role", "does", "state", "asked_by", "asked_at", "decided_by")
    answer_rows(rows, columns, words("cli.empty", "role_changes"))


@click.command("confirm-role")
@click.argument("change")
def confirm_role(change: str) -> None:
    """Confirm CHANGE, which another person asked: the role is given or taken."""
    with open_client() as node:
        answer(node.confirm_role_change(change).raw)


@click.command("decline-role")
@click.argument("change")
def decline_role(change: str) -> None:
    """Say no to CHANGE, or take back what you asked."""
    with open_client() as node:
        answer(node.decline_role_change(change).raw)


@click.group("tokens")
def tokens() -> None:
    """Your personal tokens for the API; you make them on your account's page of the portal."""


@tokens.command("list")
def list_tokens() -> None:
    """Your tokens, newest first. No secret is ever shown again."""
    with open_client() as node:
        rows = [{**row.raw, "scopes": ", ".join(row.scopes)} for row in node.personal_tokens()]
    columns = ("token", "label", "scopes", "expires_at", "last_used_at", "revoked_at")
    answer_rows(rows, columns, words("cli.empty", "tokens"))


@tokens.command("revoke")
@click.argument("token")
def revoke_token(token: str) -> None:
    """Revoke TOKEN; it is refused from then on."""
    with open_client() as node:
        answer(node.revoke_personal_token(token).raw)
