from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey

from relto.base.errors import Conflict, MalformedInput, NotAuthenticated, NotAvailable, Refused
from relto.procedures.actors import Actor, Role
from relto.services import tokens
from relto.services.credentials import (
    IssuedCredential,
    bootstrap_credential,
    credentials_of,
    issue_credential,
    revoke_credential,
)
from relto.services.tokens import issue, verify
from relto.store.models import ApiClient, LedgerEntry, Person, RoleGrant
from tests.unit.services_kas.node import Node, add_person


@pytest.fixture
def registrar(node: Node) -> Actor:
    return add_person(node, Role.REGISTRAR)


@pytest.fixture
def engineer(node: Node) -> Actor:
    return add_person(node, Role.ENGINEER)


@pytest.fixture
def credential(node: Node, registrar: Actor, engineer: Actor) -> IssuedCredential:
    return issue_credential(node.house, registrar, person=engineer.person, days=30)


def token_of(node: Node, credential: IssuedCredential) -> str:
    issued = issue(node.house, node.keyring, client_id=credential.client_id, client_secret=credential.client_secret)
    return issued.access_token


def claims_of(token: str) -> dict[str, Any]:
    part = token.split(".")[1]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found


def test_a_registrar_gives_an_engineer_a_credential_whose_secret_is_stored_nowhere(
    node: Node, credential: IssuedCredential
) -> None:
    row = ApiClient.objects.get(client_id=credential.client_id)
    assert credential.client_secret not in row.secret_hash
    assert len(base64.urlsafe_b64decode(credential.client_secret + "=")) == 32
    entry = LedgerEntry.objects.get(entry=credential.entry)
    assert entry.subject == credential.client_id
    assert credential.client_secret not in json.dumps(entry.details)


def test_nobody_but_a_registrar_gives_credentials(node: Node, engineer: Actor) -> None:
    for role in set(Role) - {Role.REGISTRAR}:
        with pytest.raises(Refused):
            issue_credential(node.house, add_person(node, role), person=engineer.person, days=1)
    assert not ApiClient.objects.exists()


def test_a_credential_needs_a_known_person_in_good_standing_and_a_bounded_life(
    node: Node, registrar: Actor, engineer: Actor
) -> None:
    with pytest.raises(NotAvailable):
        issue_credential(node.house, registrar, person=node.house.new_id("prs"), days=1)
    for days in (0, 367, True):
        with pytest.raises(MalformedInput):
            issue_credential(node.house, registrar, person=engineer.person, days=days)
    Person.objects.filter(id=engineer.person).update(suspended_at=node.clock.now())
    with pytest.raises(Conflict):
        issue_credential(node.house, registrar, person=engineer.person, days=1)
    assert not ApiClient.objects.exists()


def test_the_first_people_get_theirs_from_the_node_itself(node: Node, registrar: Actor) -> None:
    first = bootstrap_credential(node.house, person=registrar.person, days=7)
    assert verify(node.house, token_of(node, first), audience=node.house.urls.portal).actor.holds(Role.REGISTRAR)
    assert LedgerEntry.objects.get(entry=first.entry).actor == "USA"


def test_a_token_says_who_for_whom_and_for_ten_minutes(
    node: Node, credential: IssuedCredential, engineer: Actor
) -> None:
    claims = claims_of(token_of(node, credential))
    assert claims["sub"] == engineer.person
    assert claims["iss"] == node.house.urls.key_service
    assert set(claims["aud"]) == {node.house.urls.key_service, node.house.urls.relay, node.house.urls.portal}
    assert claims["exp"] - claims["iat"] == 600
    assert set(claims) == {"iss", "aud", "sub", "client_id", "iat", "exp", "jti"}


def test_who_the_bearer_is_comes_from_the_store_not_from_the_token(
    node: Node, credential: IssuedCredential, engineer: Actor
) -> None:
    token = token_of(node, credential)
    assert verify(node.house, token, audience=node.house.urls.relay).actor.roles == {Role.ENGINEER}
    RoleGrant.objects.filter(person_id=engineer.person).delete()
    assert verify(node.house, token, audience=node.house.urls.relay).actor.roles == frozenset()
    Person.objects.filter(id=engineer.person).update(suspended_at=node.clock.now())
    with pytest.raises(NotAuthenticated):
        verify(node.house, token, audience=node.house.urls.relay)


def test_a_revoked_credential_ends_its_tokens_at_once(node: Node, credential: IssuedCredential) -> None:
    token = token_of(node, credential)
    ApiClient.objects.filter(client_id=credential.client_id).update(revoked_at=node.clock.now())
    with pytest.raises(NotAuthenticated):
        verify(node.house, token, audience=node.house.urls.portal)
    with pytest.raises(NotAuthenticated):
        token_of(node, credential)


def test_a_token_dies_after_ten_minutes_and_a_credential_after_its_days(
    node: Node, credential: IssuedCredential
) -> None:
    token = token_of(node, credential)
    node.clock.forward(minutes=10, seconds=29)
    verify(node.house, token, audience=node.house.urls.portal)
    node.clock.forward(seconds=2)
    with pytest.raises(NotAuthenticated):
        verify(node.house, token, audience=node.house.urls.portal)
    node.clock.forward(days=30)
    with pytest.raises(NotAuthenticated):
        token_of(node, credential)


def test_a_token_is_worth_nothing_elsewhere_or_before_its_time(node: Node, credential: IssuedCredential) -> None:
    token = token_of(node, credential)
    with pytest.raises(NotAuthenticated):
        verify(node.house, token, audience="http://ind.localhost:8201")
    node.clock.forward(minutes=-2)
    with pytest.raises(NotAuthenticated):
        verify(node.house, token, audience=node.house.urls.portal)


def test_an_unknown_client_a_wrong_secret_and_a_suspended_person_look_the_same(
    node: Node, credential: IssuedCredential, engineer: Actor
) -> None:
    wrong = [
        ("cli_unknown", credential.client_secret),
        (credential.client_id, credential.client_secret[:-1]),
        (credential.client_id, ""),
        ("", ""),
        (credential.client_id, "x" * 10_000),
        ("nul\x00", "x"),
        (credential.client_id, "\ud800"),
    ]
    texts = set()
    for client_id, secret in wrong:
        with pytest.raises(NotAuthenticated) as refused:
            issue(node.house, node.keyring, client_id=client_id, client_secret=secret)
        texts.add(str(refused.value))
    Person.objects.filter(id=engineer.person).update(suspended_at=node.clock.now())
    with pytest.raises(NotAuthenticated) as refused:
        token_of(node, credential)
    assert texts == {str(refused.value)}


def test_a_kid_that_a_database_cannot_hold_is_not_asked_for(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(tokens, "TOKEN_KEY")  # whoever asked would fail otherwise
    foreign = ECKey.generate_key("P-256")
    forged = jwt.encode({"alg": "ES256", "typ": "at+jwt", "kid": "a\x00b"}, {}, foreign)
    with pytest.raises(NotAuthenticated):
        verify(node.house, forged, audience=node.house.urls.portal)


def test_a_forged_token_is_refused_whatever_its_algorithm(node: Node, credential: IssuedCredential) -> None:
    token = token_of(node, credential)
    claims = claims_of(token)
    kid, _ = node.keyring.token_key
    header, payload, signature = token.split(".")
    unsigned = base64.urlsafe_b64encode(json.dumps({"alg": "none", "typ": "at+jwt", "kid": kid}).encode()).decode()
    foreign = ECKey.generate_key("P-256")
    typed = {"typ": "at+jwt", "kid": kid}
    forged = [
        f"{unsigned.rstrip('=')}.{payload}.",
        f"{header}.{payload}.{signature[:-4]}AAAA",
        f"{header}.{payload}",
        jwt.encode({"alg": "ES256", **typed}, claims, foreign),
        jwt.encode({"alg": "ES256", **typed, "kid": "nobody"}, claims, foreign),
        jwt.encode({"alg": "ES256", **typed, "jwk": foreign.as_dict(private=False)}, claims, foreign),
        jwt.encode({"alg": "HS256", **typed}, claims, OctKey.generate_key(256)),
        "",
        "a.b.c",
        "é" * 40,
        "x" * 100_000,
    ]
    for attempt in forged:
        with pytest.raises(NotAuthenticated):
            verify(node.house, attempt, audience=node.house.urls.portal)


def test_even_the_issuer_s_own_key_signs_no_other_kind_of_token(node: Node, credential: IssuedCredential) -> None:
    claims = claims_of(token_of(node, credential))
    kid, key = node.keyring.token_key
    good = {"alg": "ES256", "typ": "at+jwt", "kid": kid}
    wrong = [
        ({**good, "typ": "JWT"}, claims),
        (good, {**claims, "exp": claims["exp"] + 1}),
        (good, {**claims, "iss": "http://ind.localhost:8201"}),
        (good, {**claims, "aud": node.house.urls.portal}),
        (good, {**claims, "sub": node.house.new_id("prs")}),
        (good, {name: value for name, value in claims.items() if name != "exp"}),
        (good, {**claims, "iat": True}),
    ]
    for header, body in wrong:
        token = jwt.encode(header, body, key)
        with pytest.raises(NotAuthenticated):
            verify(node.house, token, audience=node.house.urls.portal)


def test_a_registrar_revokes_one_credential_and_the_others_stay(
    node: Node, registrar: Actor, engineer: Actor, credential: IssuedCredential
) -> None:
    node.clock.forward(minutes=1)
    second = issue_credential(node.house, registrar, person=engineer.person, days=30)
    lost, kept = token_of(node, credential), token_of(node, second)
    revoked = revoke_credential(node.house, registrar, client_id=credential.client_id, person=engineer.person)
    with pytest.raises(NotAuthenticated):
        verify(node.house, lost, audience=node.house.urls.portal)
    with pytest.raises(NotAuthenticated):
        token_of(node, credential)
    assert verify(node.house, kept, audience=node.house.urls.portal).actor.person == engineer.person
    entry = LedgerEntry.objects.get(entry=revoked.entry)
    assert (entry.event, entry.subject, entry.details) == (
        "credential:revoked",
        credential.client_id,
        {"person": engineer.person},
    )
    held = credentials_of(node.house, registrar, person=engineer.person)
    assert [(view.client_id, view.revoked_at) for view in held] == [
        (second.client_id, None),
        (credential.client_id, node.clock.now()),
    ]


def test_revoking_names_what_stands_against_it_and_changes_nothing(
    node: Node, registrar: Actor, engineer: Actor, credential: IssuedCredential
) -> None:
    for role in set(Role) - {Role.REGISTRAR}:
        other = add_person(node, role)
        with pytest.raises(Refused):
            revoke_credential(node.house, other, client_id=credential.client_id)
        with pytest.raises(Refused):
            credentials_of(node.house, other, person=engineer.person)
    for client_id, person in (
        (node.house.new_id("cli"), None),
        (credential.client_id, registrar.person),
    ):
        with pytest.raises(NotAvailable):
            revoke_credential(node.house, registrar, client_id=client_id, person=person)
    with pytest.raises(MalformedInput):
        revoke_credential(node.house, registrar, client_id="prs_x")
    with pytest.raises(NotAvailable):
        credentials_of(node.house, registrar, person=node.house.new_id("prs"))
    assert token_of(node, credential)
    revoke_credential(node.house, registrar, client_id=credential.client_id)
    with pytest.raises(Conflict):
        revoke_credential(node.house, registrar, client_id=credential.client_id)
    assert LedgerEntry.objects.filter(event="credential:revoked").count() == 1
