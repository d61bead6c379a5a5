"""Two running nodes full of what the demo leaves behind, and the people who may sign in to them."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from lxml import html

from relto.adapters.http_addresses import LOOPBACK
from tests.support.portal_survey.asking import Caller
from tests.support.vectors import PROJECT

_LINK = re.compile(r"^ {2}(.+?): +(http://[^/\s]+)/sign-in/(\S+)$", re.MULTILINE)
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
_PERSONAL = re.compile(r"relto_pat_[A-Za-z0-9_-]{43}")
_READY = "Both nodes keep running"
_PATIENCE_SECONDS = 1200


class _Loopback(httpx.HTTPTransport):
    """Connects to this machine and leaves the request as it is, so that cookies belong to the node's own name."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        sent = httpx.Request(
            request.method,
            request.url.copy_with(host=LOOPBACK),
            headers=request.headers,
            stream=request.stream,
            extensions=request.extensions,
        )
        return super().handle_request(sent)


@dataclass(frozen=True, slots=True)
class Person:
    """One of the demo's people: "release officer, USA", her portal's origin, and a browser session of hers."""

    who: str
    origin: str
    session: httpx.Client


@dataclass(frozen=True, slots=True)
class Stage:
    """The demo's folder, its profiles for the API, and everybody signed in to her own portal."""

    folder: Path
    people: tuple[Person, ...]

    @property
    def profiles(self) -> dict[str, Path]:
        """Who, as "usa-engineer" -> her profile."""
        return {path.stem: path for path in sorted((self.folder / "profiles").glob("*.json"))}

    def callers(self) -> Iterator[Caller]:
        """Everybody as a program: by her API credentials, and by a personal token who has none (the registrars)."""
        named = set()
        for name, path in self.profiles.items():
            told = json.loads(path.read_text("utf-8"))
            named.add(name)
            yield Caller(name, told["node"], (told["client_id"], told["client_secret"]))
        for person in self.people:
            role, _, nation = person.who.partition(", ")
            name = f"{nation.lower()}-{role.replace(' ', '_')}"
            if name not in named and role != "second engineer":  # the profiles call her a colleague
                yield Caller(name, person.origin, personal_token=_personal_token(person))


@contextmanager
def played(folder: Path) -> Iterator[Stage]:
    """Play the demo in `folder`, keep both nodes running, sign everybody in; everything ends with the block."""
    output = folder / "demo.out"
    folder.mkdir(parents=True, exist_ok=True)
    with output.open("wb") as told:
        demo = subprocess.Popen(
            [sys.executable, "-m", "relto.cli", "demo", "--folder", str(folder / "demo")],
            stdout=told,
            stderr=subprocess.STDOUT,
            cwd=PROJECT,
            start_new_session=True,
        )
        try:
            _wait(demo, output)
            people = tuple(_sign_in(*found) for found in _LINK.findall(output.read_text("utf-8")))
            yield Stage(folder / "demo", people)
            for person in people:
                person.session.close()
        finally:
            demo.send_signal(signal.SIGINT)
            try:
                demo.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(demo.pid, signal.SIGKILL)


def _wait(demo: subprocess.Popen[bytes], output: Path) -> None:
    ends = time.monotonic() + _PATIENCE_SECONDS
    while _READY not in output.read_text("utf-8"):
        if demo.poll() is not None or time.monotonic() > ends:
            raise SystemExit(f"the demo did not get to its end:\n{output.read_text('utf-8')[-3000:]}")
        time.sleep(0.5)


def _personal_token(person: Person) -> str:
    """A token with every scope, made on her page of tokens as she would make one."""
    page = f"{person.origin}/en/account/tokens/"
    shown: Any = html.fromstring(person.session.get(page).text)
    form = shown.xpath("//form[.//input[@name='scopes']]")[0]
    sent = {
        "csrfmiddlewaretoken": form.xpath(".//input[@name='csrfmiddlewaretoken']/@value")[0],
        "what": "make",
        "label": "survey",
        "scopes": form.xpath(".//input[@name='scopes']/@value"),
        "days": "1",
    }
    made = person.session.post(page, data=sent, headers={"Referer": page, "Origin": person.origin}).text
    found = _PERSONAL.search(made)
    if found is None:
        raise SystemExit(f"no personal token for the {person.who}")
    return found[0]


def _sign_in(who: str, origin: str, token: str) -> Person:
    session = httpx.Client(transport=_Loopback(), follow_redirects=True, timeout=60)
    link = f"{origin}/sign-in/{token}"
    found = _TOKEN.search(session.get(link).text)
    if found is None:
        raise SystemExit(f"no form behind the sign-in link of the {who}")
    session.post(link, data={"csrfmiddlewaretoken": found[1]}, headers={"Referer": link, "Origin": origin})
    return Person(who.strip(), origin, session)
