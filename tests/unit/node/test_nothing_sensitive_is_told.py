"""Whatever is written into a request, at whichever door, nothing of it gets into a log line, a metric or a span."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.core.handlers.wsgi import WSGIHandler
from pytest_django import Settings
from werkzeug.test import Client

from relto.adapters.log_lines import FORMS, LogLines, with_request
from relto.adapters.telemetry import Export, OpenTelemetry
from relto.adapters.telemetry_doors import CountedLines, WatchedDoor, path_or_route
from relto.adapters.telemetry_names import INSTRUMENTS, Vocabulary
from relto.base.errors import MalformedInput
from relto.base.nations import Nation
from relto.kas.process import create_kas_app, paths_of
from relto.link.application import PATHS, LinkApplication, LinkDoor
from relto.link.peers import LinkPeers
from relto.ports.partners import LinkAnswer
from relto.services.house import House
from relto.web.logs import WithoutContent
from relto.web.watched import RouteForWatchers, routes
from relto.witness.door import WitnessDoor
from relto.witness.folder import init_witness
from tests.support.certificates import Authority, make_authority, make_node_certificate
from tests.support.collector import Collected, collector
from tests.unit.services_kas.node import Node, make_node

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

CANARY = "CANARYhulldrawing"
METHODS = ("GET", "POST", "PATCH")
INNER = "5e" * 32


@pytest.fixture
def kept() -> Iterator[Collected]:
    with collector() as found:
        yield found


@pytest.fixture
def lines() -> Iterator[list[io.StringIO]]:
    """What the processes would write, in both forms, from the lowest level on."""
    written = [io.StringIO(), io.StringIO()]
    root, before = logging.getLogger(), logging.getLogger().level
    handlers: list[logging.Handler] = []
    for target, form in zip(written, FORMS, strict=True):
        writer = logging.StreamHandler(target)
        writer.setFormatter(LogLines("a_process", form))
        handlers.append(writer)
    requests = [logging.getLogger(name) for name in ("django.request", "django.security")]
    sieve = WithoutContent()
    for one in requests:
        one.addFilter(sieve)
    for handler in handlers:
        root.addHandler(handler)
    root.setLevel(logging.INFO)
    try:
        yield written
    finally:
        root.setLevel(before)
        for handler in handlers:
            root.removeHandler(handler)
        for one in requests:
            one.removeFilter(sieve)


@pytest.fixture
def node(db: None, tmp_path: Path) -> Node:
    del db
    return make_node(tmp_path, [("wrapping", "ec:secp256r1"), ("token", "ES256")])


def _supplies_none(_house: House, envelope: bytes, _partner: Nation) -> LinkAnswer:
    raise MalformedInput("opening", field="request", found=len(envelope))


def _doors(
    node: Node, house: House, folder: Path, settings: Settings, authority: Authority
) -> dict[str, tuple[WSGIApplication, frozenset[str]]]:
    """Each door of a node, as its process serves it, with its routes."""
    settings.RELTO_HOUSE = house
    settings.ROOT_URLCONF = "relto.node.urls"
    settings.ALLOWED_HOSTS = ["localhost"]
    settings.MIDDLEWARE = [f"{RouteForWatchers.__module__}.{RouteForWatchers.__qualname__}", *settings.MIDDLEWARE]
    kas = create_kas_app(house, node.keyring, INNER)
    link = LinkDoor(house, LinkPeers({Nation("IND"): authority.pem}), {}, _supplies_none, [])
    if not (folder / "witness").exists():
        init_witness(folder / "witness", "witness.example/w1")
    doors: dict[str, Any] = {"key_service": kas.key_service, "relay": kas.relay, "inner": kas.inner}
    found = {name: (door, paths_of(door)) for name, door in doors.items()}
    found["link"] = (LinkApplication(link), frozenset(PATHS))
    found["witness"] = (WitnessDoor(folder / "witness"), frozenset({"/healthz"}))
    found["portal"] = (WSGIHandler(), routes())
    return found


def _requests(door: str, known: frozenset[str]) -> Iterator[tuple[str, str]]:
    paths = {path for path in known if "{" not in path and "<" not in path}
    templates = [path for path in sorted(known) if "{" in path or "<" in path]
    if door == "portal":
        paths = {"api/v1/items", "api/v1/labels", "en/account/sign-in/", "en/", "readyz", "healthz", "api/v1/me"}
        templates = ["api/v1/items/{x}", "en/documents/{x}/", "en/calendar/{x}.ics", "static/{x}.css"]
    for path in sorted(paths | {CANARY, f"{CANARY}/../{CANARY}"}):
        yield from ((method, f"/{path.lstrip('/')}") for method in METHODS[: 2 if door == "portal" else 3])
    for path in templates:
        filled = path.replace("{x}", CANARY).replace("{sha256}", CANARY).replace("{number}", CANARY)
        yield from ((method, f"/{filled.lstrip('/')}") for method in METHODS[: 1 if door == "portal" else 3])


class _BrokenClock:
    """A part of the node that breaks, and puts what was asked into its exception."""

    def now(self) -> datetime:
        raise ValueError(CANARY)


@pytest.mark.django_db
@pytest.mark.parametrize("broken", [False, True], ids=["refused", "failing"])
def test_no_input_of_any_door_gets_into_a_log_a_metric_or_a_span(
    node: Node, tmp_path: Path, settings: Settings, kept: Collected, lines: list[io.StringIO], *, broken: bool
) -> None:
    house = node.house
    vocabulary = Vocabulary(partner=["IND"])
    told = OpenTelemetry.begin("portal", "USA", vocabulary, Export(endpoint=kept.address, sampled=1.0, seconds=600))
    counting = CountedLines(told)
    logging.getLogger().addHandler(counting)
    authority = make_authority(tmp_path, "IND")
    own = make_node_certificate(tmp_path, authority)
    statuses: set[int] = set()
    asked = 0
    try:
        doors = _doors(node, house, tmp_path, settings, authority)
        if broken:
            object.__setattr__(house, "clock", _BrokenClock())
        for name, (door, known) in doors.items():
            vocabulary.learn_routes(known)
            bearer = INNER if name == "inner" else CANARY
            watched = Client(WatchedDoor(with_request(door), told, name, path_or_route(known)))
            body = json.dumps({"manifests": [CANARY], "policy": CANARY, "title": CANARY, "signedRequestToken": CANARY})
            for method, path in _requests(name, known):
                answer = watched.open(
                    path,
                    method=method,
                    query_string={CANARY: CANARY, "algorithm": CANARY, "v": CANARY},
                    data=body,
                    content_type="application/json",
                    headers={
                        "Host": "localhost",
                        "Authorization": f"Bearer {bearer}",
                        "DPoP": CANARY,
                        "Cookie": f"relto_usa_session={CANARY}; {CANARY}={CANARY}",
                        "User-Agent": CANARY,
                        "Traceparent": CANARY,
                        "Upload-Offset": CANARY,
                        "X-Forwarded-For": CANARY,
                    },
                    environ_overrides={"SSL_CLIENT_VERIFY": "SUCCESS", "SSL_CLIENT_CERT": own.pem},
                )
                statuses.add(answer.status_code // 100)
                asked += 1
                answer.close()
    finally:
        logging.getLogger().removeHandler(counting)
        told.close()
    assert asked > 90
    assert (5 if broken else 4) in statuses
    written = [target.getvalue() for target in lines]
    assert all(written), "refusals and faults leave lines"
    assert CANARY not in "".join(written), [line for line in written[0].splitlines() if CANARY in line][:3]
    assert all(CANARY.encode() not in sent for sent in kept.bodies)
    keys = {key for one in INSTRUMENTS.values() for key in one.attributes} | {"relto.verb", "relto.outcome"}
    for key, value in kept.attributes():
        bare = key.removeprefix("relto.")
        assert key in keys or bare in {"door", "route", "status", "verb", "outcome", "partner", "call"}
        if bare != "verb":
            assert value in vocabulary.values(bare), (key, value)
