"""How people sign in: their sessions and what is bound to them, for the registrar; personal tokens for their holder."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Literal

from django.conf import settings
from django.http import HttpRequest
from ninja import Router, Status
from pydantic import Field

from relto.api.answers import ENTRY, Answer, plain
from relto.api.forms import Form, Id
from relto.api.surroundings import caller, house
from relto.services import personal_tokens, portal_sessions, sign_in_bindings

router = Router(tags=["sign-in"])


class Session(Answer):
    """A session of the portal that may still be used."""

    session: str
    since: str
    last_used: str
    how: str = Field(description="passkey, totp, certificate, oidc, recovery_code, password or training.")


class SessionsEnded(Answer):
    """How many sessions a verb ended."""

    person: str
    ended: int
    entry: str = ENTRY


class Binding(Answer):
    """Something that a person signs in by; never what it is."""

    binding: str
    person: str
    kind: Literal["oidc", "certificate"]
    bound_at: str
    ended_at: str | None = None
    entry: str = ENTRY


class BindingForm(Form):
    """What is bound: the code that the portal showed to the person it refused."""

    kind: Literal["oidc", "certificate"]
    code: str = Field(max_length=64)


class PersonalToken(Answer):
    """A personal access token without its secret."""

    token: str
    label: str
    scopes: list[str]
    created_at: str
    expires_at: str
    last_used_at: str | None
    revoked_at: str | None
    entry: str = ENTRY


@router.get("/people/{person}/sessions", response=list[Session])
def list_sessions(request: HttpRequest, person: Id) -> list[dict[str, Any]]:
    """Where a person is signed in to the portal, newest first (registrar)."""
    limits = {name: timedelta(seconds=getattr(settings, place, 0)) for name, place in _LIMITS.items()}
    return [plain(view) for view in portal_sessions.sessions_of(house(), caller(request), person=person, **limits)]


@router.delete("/people/{person}/sessions", response=SessionsEnded)
def end_sessions(request: HttpRequest, person: Id) -> dict[str, Any]:
    """End every session of a person (registrar)."""
    return dict(plain(portal_sessions.end_all(house(), caller(request), person=person)))


@router.get("/people/{person}/bindings", response=list[Binding])
def list_bindings(request: HttpRequest, person: Id) -> list[dict[str, Any]]:
    """What a person signs in by besides her own passkeys, newest first (registrar)."""
    return [plain(view) for view in sign_in_bindings.bindings_of(house(), caller(request), person=person)]


@router.post("/people/{person}/bindings", response={201: Binding})
def bind(request: HttpRequest, person: Id, body: BindingForm) -> Status[dict[str, Any]]:
    """Bind a provider's subject or a client certificate to a person, by the code she was shown (registrar)."""
    made = sign_in_bindings.bind(house(), caller(request), person=person, kind=body.kind, code=body.code)
    return Status(201, plain(made))


@router.delete("/people/{person}/bindings/{binding}", response=Binding)
def unbind(request: HttpRequest, person: Id, binding: Id) -> dict[str, Any]:
    """End a binding: nobody signs in by it any more (registrar)."""
    return dict(plain(sign_in_bindings.unbind(house(), caller(request), binding=binding, person=person)))


@router.get("/me/tokens", response=list[PersonalToken])
def list_tokens(request: HttpRequest) -> list[dict[str, Any]]:
    """My personal tokens without their secrets, newest first; they are made on the portal."""
    return [plain(view) for view in personal_tokens.tokens_of(house(), caller(request))]


@router.delete("/me/tokens/{token}", response=PersonalToken)
def revoke_token(request: HttpRequest, token: Id) -> dict[str, Any]:
    """Revoke a personal token of mine; it is refused from now on."""
    return dict(plain(personal_tokens.revoke_token(house(), caller(request), token=token)))


_LIMITS = {"longest": "RELTO_SESSION_SECONDS", "idle": "RELTO_IDLE_SECONDS"}
