"""A person's own token reaches the operations of its scopes, and nothing that approves, grants or opens."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from relto.base.errors import Conflict, MalformedInput, NotAuthenticated, ReltoError, UnknownValue
from relto.services import personal_tokens, suspensions, tokens
from relto.services.token_scopes import SCOPES
from relto.store.models import LedgerEntry, PersonalToken
from tests.house.conftest import PROJECT
from tests.unit.api.door import Door

HOUR_DAYS = 3
_APPROVES = ("decision", "signature", "withdrawal", "revocation", "renewal", "forwarding", "roles", "credentials")
_GRANTS = ("people", "suspensions", "assurances", "authorisations", "bundles/", "steps", "recoveries", "tokens")


def _make(door: Door, *scopes: str, who: str = "engineer", days: int = HOUR_DAYS) -> personal_tokens.TokenMade:
    actor = door.node.actor(who)
    return personal_tokens.make_token(door.node.house, actor, label="nightly export", scopes=scopes, days=days)


def _call(door: Door, secret: str, method: str, path: str, body: Any = None) -> Any:
    door.held["script"] = secret
    return door.call("script", method, path, body)


def test_a_token_reads_within_its_scopes_and_is_refused_beyond_them(door: Door) -> None:
    made = _make(door, "dossiers.read")
    assert _call(door, made.secret, "GET", "/dossiers").status == 200
    for method, path in (("GET", "/items"), ("POST", "/dossiers"), ("GET", "/me"), ("GET", "/me/tokens")):
        answer = _call(door, made.secret, method, path, {} if method == "POST" else None)
        assert (answer.status, answer.json["code"]) == (403, "refused.scope"), path
    assert PersonalToken.objects.get().last_used_at is not None


def test_every_operation_that_no_scope_names_is_refused_and_every_named_one_exists(door: Door) -> None:
    """With every scope at once, by the document of the API: what is added to it later is refused until it is named."""
    secret = _make(door, *SCOPES, who="registrar").secret
    document = json.loads((PROJECT / "docs" / "reference" / "openapi.json").read_text("utf-8"))
    named, known = frozenset().union(*SCOPES.values()), set()
    for path, operations in document["paths"].items():
        for method in operations:
            operation = f"{method.upper()} {path.removeprefix('/api/v1')}"
            known.add(operation)
            if operation == "GET /node":
                continue
            called = path.removeprefix("/api/v1").replace("{", "x").replace("}", "").replace("xversion", "1")
            called = called.replace("xnumber", "1")
            answer = _call(door, secret, method.upper(), called, None if method == "get" else {})
            is_scope = answer.status == 403 and answer.json.get("code") == "refused.scope"
            assert is_scope != (operation in named), operation
    assert named <= known, "scopes name operations that are gone"


def test_no_scope_approves_grants_or_opens() -> None:
    for operation in frozenset().union(*SCOPES.values()):
        method, path = operation.split()
        assert not any(word in path for word in _APPROVES), operation
        assert method == "GET" or not any(word in path for word in _GRANTS), operation


def test_what_is_wrong_with_a_token_is_not_told(door: Door) -> None:
    made = _make(door, "me")
    assert _call(door, made.secret, "GET", "/me").status == 200
    wrong = [made.secret[:-1], made.secret + "A", "relto_pat_" + "A" * 43, "relto_pat_", made.secret.upper()]
    for secret in wrong:
        answer = _call(door, secret, "GET", "/me")
        assert (answer.status, answer.json["code"]) == (401, "not_authenticated.token"), secret
    door.node.clock.forward(days=HOUR_DAYS)
    assert _call(door, made.secret, "GET", "/me").status == 401


def test_a_revoked_token_and_one_of_a_suspended_person_are_worth_nothing(door: Door) -> None:
    made, other = _make(door, "me"), _make(door, "me")
    house, engineer = door.node.house, door.node.actor("engineer")
    with pytest.raises(ReltoError):
        personal_tokens.revoke_token(house, door.node.actor("registrar"), token=made.view.token)
    personal_tokens.revoke_token(house, engineer, token=made.view.token)
    assert _call(door, made.secret, "GET", "/me").status == 401
    assert _call(door, other.secret, "GET", "/me").status == 200
    registrar = door.node.actor("registrar")
    suspensions.suspend(house, registrar, kind="person", subject=engineer.person, reason="lost her badge")
    assert _call(door, other.secret, "GET", "/me").status == 401


def test_the_key_service_knows_no_such_token(door: Door) -> None:
    made = _make(door, *SCOPES)
    for audience in (door.node.house.urls.key_service, door.node.house.urls.relay):
        with pytest.raises(NotAuthenticated):
            tokens.verify(door.node.house, made.secret, audience=audience)


def test_a_token_is_bounded_and_leaves_an_entry_without_its_secret(door: Door) -> None:
    made = _make(door, "me")
    entry = LedgerEntry.objects.get(entry=made.view.entry)
    assert entry.details["scopes"] == ["me"]
    assert made.secret not in json.dumps(entry.details)
    assert made.view.expires_at - made.view.created_at == timedelta(days=HOUR_DAYS)
    with pytest.raises(MalformedInput):
        _make(door, "me", days=personal_tokens.LONGEST_DAYS + 1)
    with pytest.raises(MalformedInput):
        _make(door)
    with pytest.raises(UnknownValue):
        _make(door, "approve")
    for _ in range(personal_tokens.MOST - 1):
        _make(door, "me")
    with pytest.raises(Conflict):
        _make(door, "me")
