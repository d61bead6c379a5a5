"""How people sign in: their sessions and what is bound to them; one's own tokens; and roles that need two people."""

from __future__ import annotations

from relto.client.answers.sign_in import Binding, Emergency, PersonalToken, RoleChange, Session, SessionsEnded
from relto.client.session import part
from relto.client.steps import Call, delete, listed, post


def sessions(person: str) -> Call[list[Session]]:
    """Where a person is signed in to the portal."""
    return listed(f"/people/{part(person)}/sessions", Session)


def end_sessions(person: str) -> Call[SessionsEnded]:
    """End every session of a person; she is out at her next page."""
    return delete(f"/people/{part(person)}/sessions", SessionsEnded)


def bindings(person: str) -> Call[list[Binding]]:
    """What a person signs in by besides her own passkeys."""
    return listed(f"/people/{part(person)}/bindings", Binding)


def bind(person: str, kind: str, code: str) -> Call[Binding]:
    """Bind what the portal showed her a code for to a person. `kind`: oidc or certificate."""
    return post(f"/people/{part(person)}/bindings", Binding, kind=kind, code=code)


def unbind(person: str, binding: str) -> Call[Binding]:
    """End a binding; nobody signs in by it any more."""
    return delete(f"/people/{part(person)}/bindings/{part(binding)}", Binding)


def personal_tokens() -> Call[list[PersonalToken]]:
    """One's own personal tokens; they are made on the portal."""
    return listed("/me/tokens", PersonalToken)


def revoke_personal_token(token: str) -> Call[PersonalToken]:
    """Revoke one of one's own personal tokens."""
    return delete(f"/me/tokens/{part(token)}", PersonalToken)


def ask_role_change(person: str, role: str, does: str) -> Call[RoleChange]:
    """Ask for a role of the authority to be given or taken. `does`: grant or remove; a second person confirms."""
    return post(f"/people/{part(person)}/role-changes", RoleChange, role=role, does=does)


def role_changes() -> Call[list[RoleChange]]:
    """What waits for a second person, then what was decided."""
    return listed("/role-changes", RoleChange)


def confirm_role_change(change: str) -> Call[RoleChange]:
    """The second person's yes: the role is given or taken."""
    return post(f"/role-changes/{part(change)}/confirmation", RoleChange)


def decline_role_change(change: str) -> Call[RoleChange]:
    """A no, or the asker's own second thought."""
    return post(f"/role-changes/{part(change)}/refusal", RoleChange)


def ask_emergency(person: str, role: str, reason: str, hours: int) -> Call[Emergency]:
    """Ask for a role of the authority for some hours, when nobody who holds it can act; another person confirms."""
    return post("/emergency-roles", Emergency, person=person, role=role, reason=reason, hours=hours)


def emergencies() -> Call[list[Emergency]]:
    """Every emergency of the node, newest first."""
    return listed("/emergency-roles", Emergency)


def confirm_emergency(emergency: str) -> Call[Emergency]:
    """The second person's yes: the role stands for its hours."""
    return post(f"/emergency-roles/{part(emergency)}/confirmation", Emergency)


def end_emergency(emergency: str) -> Call[Emergency]:
    """End it before its time, or say no to what was asked."""
    return post(f"/emergency-roles/{part(emergency)}/end", Emergency)
