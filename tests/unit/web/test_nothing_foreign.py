"""The object-level matrix of the portal, made from its paths: nothing of another company or programme is reached."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from tests.support.foreign_world import OUTSIDERS, World, populate, unknown
from tests.unit.web.portal import Portal
from tests.unit.web.scenes import scene_of

_PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")
_FOUND = 200


@pytest.fixture
def world(portal: Portal) -> World:
    return populate(portal.node, scene_of(portal).peer)


def paths(resolver: URLResolver, before: str = "/") -> Iterator[str]:
    """Every path of the portal, its parameters as <kind:name>; the language as en."""
    for one in resolver.url_patterns:
        if isinstance(one, URLResolver):
            yield from paths(one, before + _PARAMETER.sub("en", str(one.pattern)))
        elif isinstance(one, URLPattern):
            yield before + str(one.pattern)


def every_path() -> list[str]:
    return sorted(set(paths(get_resolver("tests.support.portal_urls"))))


def filled(path: str, thing: str) -> str:
    """The path with `thing` in its first place and something harmless in the others."""
    first = _PARAMETER.sub(thing, path, count=1)
    return _PARAMETER.sub(lambda found: "1" if found[0].startswith("<int") else "x", first)


def seen(page: bytes, thing: str) -> str:
    """A page but for the id in its own address and what is drawn anew for each page."""
    text = page.decode("utf-8", "replace").replace(thing, "ID")
    return re.sub(r'(csrfmiddlewaretoken" value|nonce)="[^"]*"', "", text)


def test_a_foreign_thing_looks_like_none_on_every_page(portal: Portal, world: World) -> None:
    looked = 0
    people = {who: portal.as_person(who) for parameter in world.things for who in world.outsiders(parameter)}
    for path in every_path():
        named = _PARAMETER.findall(path)
        if not named or named[0] not in world.things:
            continue
        for who in world.outsiders(named[0]):
            for thing in world.things[named[0]]:
                for send in (people[who].get, people[who].post):
                    foreign, nothing = send(filled(path, thing)), send(filled(path, unknown(thing)))
                    assert foreign.status_code == nothing.status_code != _FOUND, (path, who, foreign.status_code)
                    assert seen(foreign.content, thing) == seen(nothing.content, unknown(thing)), (path, who)
                    looked += 1
    assert looked > 100


def test_no_page_tells_an_outsider_of_foreign_things(portal: Portal, world: World) -> None:
    plain = [path for path in every_path() if not _PARAMETER.search(path) and "sign-out" not in path]
    for who in OUTSIDERS:
        browser = portal.as_person(who)
        for path in plain:
            answer = browser.get(path)
            body = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]
            found = [word for word in world.foreign_words(who) if word in body.decode("utf-8", "replace")]
            assert not found, (path, who, found)
