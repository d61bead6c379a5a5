from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from werkzeug.test import Client

from relto.kas.process import create_kas_app
from relto.procedures.actors import Actor, Role
from relto.services.credentials import IssuedCredential, bootstrap_credential
from relto.services.tokens import issue
from tests.unit.services_kas.node import Node, add_person, make_node

INNER_SECRET = "5e" * 32


@dataclass
class Doors:
    """The three doors of one node, as HTTP clients meet them."""

    node: Node
    key_service: Client
    relay: Client
    inner: Client

    def credential(self, actor: Actor) -> IssuedCredential:
        return bootstrap_credential(self.node.house, person=actor.person, days=1)

    def bearer(self, actor: Actor) -> dict[str, str]:
        credential = self.credential(actor)
        issued = issue(
            self.node.house,
            self.node.keyring,
            client_id=credential.client_id,
            client_secret=credential.client_secret,
        )
        return {"Authorization": f"Bearer {issued.access_token}"}


def doors_of(node: Node) -> Doors:
    app = create_kas_app(node.house, node.keyring, INNER_SECRET)
    return Doors(node, Client(app.key_service), Client(app.relay), Client(app.inner))


@pytest.fixture
def node(db: None, tmp_path: Path) -> Node:
    return make_node(tmp_path, [("wrapping", "ec:secp256r1"), ("token", "ES256")])


@pytest.fixture
def doors(node: Node) -> Doors:
    return doors_of(node)


@pytest.fixture
def doors_with_rsa(db: None, tmp_path: Path) -> Doors:
    return doors_of(make_node(tmp_path))


@pytest.fixture
def engineer(node: Node) -> Actor:
    return add_person(node, Role.ENGINEER)
