"""The object-level matrix of the API, made from its document: nothing of another company or programme is ever reached.

Every operation with an id in its path, every thing, every outsider: the answer is the one that an id gets which nothing
has, byte for byte. Every list and every operation without an id: no word of what is foreign.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest

from tests.support.foreign_world import OUTSIDERS, World, populate, unknown
from tests.support.houses import IND, USA, vouch
from tests.support.peer_simulator import Peer
from tests.unit.api.door import Answered, Door
from tools.write_openapi import text

_HTTP_ERROR = 400
_NAMED = re.compile(r"{(\w+)}")
_METHODS = ("get", "post", "put", "patch", "delete")


@pytest.fixture
def world(door: Door) -> World:
    peer = Peer(IND, USA)
    door.node.house.partners[IND] = peer  # type: ignore[index]
    vouch(door.node, IND, "engineer")
    return populate(door.node, peer)


def operations() -> Iterator[tuple[str, str, list[str]]]:
    """(method, path below the API's own, the parameters of the path) of all that the document promises."""
    for path, found in json.loads(text())["paths"].items():
        for method in _METHODS:
            if method in found:
                yield method.upper(), path.removeprefix("/api/v1"), _NAMED.findall(path)


def filled(path: str, thing: str) -> str:
    """The path with `thing` in its first place and something harmless in the others."""
    return _NAMED.sub("x", _NAMED.sub(thing, path, count=1))


def told(answer: Answered, thing: str) -> tuple[int, str]:
    """What an outsider can see of an answer, but for the id that she sent herself and the reference of the answer."""
    body = answer.content.decode("utf-8", "replace").replace(thing, "ID")
    return answer.status, re.sub(r'"reference": ?"[^"]*"', "", body)


def test_a_foreign_thing_looks_like_none_at_every_operation(door: Door, world: World) -> None:
    asked = 0
    for method, path, named in operations():
        if not named or named[0] not in world.things:
            continue
        for thing, who in product(world.things[named[0]], world.outsiders(named[0])):
            for body in bodies(method):
                foreign = told(door.call(who, method, filled(path, thing), body), thing)
                nothing = told(door.call(who, method, filled(path, unknown(thing)), body), unknown(thing))
                assert foreign == nothing, (method, path, who)
                assert foreign[0] >= _HTTP_ERROR, (method, path, who)
                asked += 1
    assert asked > 100


def bodies(method: str) -> tuple[Any, ...]:
    """What is sent along: nothing to a reader; an empty form, and a reason alone, to what changes something."""
    return (None,) if method in {"GET", "DELETE"} else ({}, {"reason": "a reason"})


def test_no_list_tells_an_outsider_of_foreign_things(door: Door, world: World) -> None:
    for method, path, named in operations():
        if method != "GET" or named:
            continue
        for who in OUTSIDERS:
            body = door.call(who, "GET", path).content.decode("utf-8", "replace")
            found = [word for word in world.foreign_words(who) if word in body]
            assert not found, (path, who, found)


def test_the_world_is_there_for_those_whose_it_is(door: Door, world: World) -> None:
    owner = "security_officer"
    reached = {
        parameter: door.call(owner, "GET", path.format(things[0])).status
        for parameter, things in world.things.items()
        for path in PLACES.get(parameter, ())
    }
    assert reached == dict.fromkeys(reached, 200)
    assert set(OUTSIDERS) & set(door.node.people) == set(OUTSIDERS)


PLACES = {
    "item": ("/items/{}",),
    "case": ("/cases/{}",),
    "copy_id": ("/register/copies/{}",),
    "dossier": ("/dossiers/{}",),
    "inventory": ("/register/inventories/{}",),
    "arrival": ("/arrivals/{}",),
    "third_party_request": ("/third-party-requests/{}",),
}
