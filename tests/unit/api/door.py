"""The REST API as a program reaches it: real node, real tokens, Django's test client in place of the socket."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.http.response import HttpResponseBase
from django.test import Client
from joserfc.jwk import ECKey

from relto.procedures.actors import Role
from relto.services import credentials, tokens
from relto.services.service_keys import KeyRing
from relto.store.models import ServiceKey
from tests.support.houses import USA, Node, add_company, staffed_house

HOST = "usa.localhost:8100"
OTHER_COMPANY, OTHER_FACILITY = "USA-C099", "USA-F099"


@dataclass
class Door:
    """A node's API and the people who call it."""

    node: Node
    keyring: KeyRing
    held: dict[str, str] = field(default_factory=dict)

    def token(self, who: str) -> str:
        if who not in self.held:
            issued = credentials.issue_credential(
                self.node.house, self.node.actor("registrar"), person=self.node.people[who], days=30
            )
            answer = tokens.issue(
                self.node.house, self.keyring, client_id=issued.client_id, client_secret=issued.client_secret
            )
            self.held[who] = answer.access_token
        return self.held[who]

    def call(
        self,
        who: str | None,
        method: str,
        path: str,
        body: Any = None,
        *,
        content_type: str = "application/json",
        language: str = "en",
        host: str = HOST,
        **headers: str,
    ) -> Answered:
        headers |= {"Accept-Language": language, "Host": host}
        if who is not None:
            headers["Authorization"] = f"Bearer {self.token(who)}"
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        found = Client(enforce_csrf_checks=True, raise_request_exception=True).generic(
            method, f"/api/v1{path}", data, content_type, headers=headers
        )
        return Answered(found)


@dataclass
class Answered:
    """What came back."""

    response: HttpResponseBase

    @property
    def status(self) -> int:
        return self.response.status_code

    @property
    def content(self) -> bytes:
        if self.response.streaming:
            return b"".join(self.response.streaming_content)  # type: ignore[attr-defined]
        return bytes(self.response.content)  # type: ignore[attr-defined]

    @property
    def json(self) -> Any:
        return json.loads(self.content)


def open_door(folder: Path) -> Door:
    """A staffed USA node, a second company on it, and its token issuer."""
    node = staffed_house(folder, USA)
    add_company(node, OTHER_COMPANY, OTHER_FACILITY)
    node.add("stranger", Role.ENGINEER, company=OTHER_COMPANY, facility=OTHER_FACILITY)
    node.add("other_security_officer", Role.SECURITY_OFFICER, company=OTHER_COMPANY, facility=OTHER_FACILITY)
    key = ECKey.generate_key("P-256", {"kid": "token-1", "alg": "ES256"})
    ServiceKey.objects.create(
        kid="token-1",
        purpose="token",
        algorithm="ES256",
        public_pem=key.as_pem(private=False).decode("ascii"),
        state="active",
        created_at=node.clock.now(),
    )
    return Door(node, KeyRing({}, "token-1", key))
