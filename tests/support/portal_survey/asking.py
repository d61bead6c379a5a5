"""The whole API by schemathesis, as each of the nodes' people: input that the document allows, and other.

Half of the requests name a real object that the person can list, so that more than "not available" is answered. Every
answer is held against the document: its status, its content type, its form. A person asks by her API credentials, or
by a personal token of hers.
"""

from __future__ import annotations

import json
import random
import re
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.core.errors import SerializationNotPossible
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from relto.adapters.loopback_transport import LoopbackNamesTransport
from tests.support.vectors import PROJECT

_DOCUMENT: Final = PROJECT / "docs" / "reference" / "openapi.json"
_FAULT: Final = 500
_CHECKS: Final[list[Any]] = [status_code_conformance, content_type_conformance, response_schema_conformance]
_ID: Final = re.compile(r"([a-z]{3})_[a-z2-7]{24}")
_KINDS: Final = {
    "entry": "ale",
    "item": "itm",
    "dossier": "dos",
    "reference": "dec",
    "case": "rel",
    "arrival": "arr",
    "assurance": "asr",
    "authorisation": "aut",
    "third_party_request": "tpr",
    "inventory": "inv",
    "copy_id": "cpy",
    "run": "rcn",
    "token": "tok",
}
"""Path parameter -> how ids of its kind begin. People are left out: who is suspended can ask nothing more."""
_RAW: Final = (b"", b"\x00\xff" * 40, b"{", b"{}\n[]\n", b"PK\x03\x04 no archive", b"--x\r\n\r\n--x--")
"""Bodies in the place of files and of lines of JSON, whose form no schema describes."""


@dataclass
class Asked:
    """What came of it: statuses by count, and every answer that was a fault or not as the document says."""

    requests: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    wrong: list[dict[str, Any]] = field(default_factory=list)
    as_bytes: set[str] = field(default_factory=set)
    """Operations with a body in a form that schemathesis does not write: files, lines of JSON. They got `_RAW`."""
    not_asked: int = 0
    """Operations left when the time was over."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, at which node: by API credentials (id and secret), or by a personal token."""

    who: str
    node: str
    credentials: tuple[str, str] = ("", "")
    personal_token: str = ""


def ask_everything(caller: Caller, *, examples: int, number: int, seconds: float = 600.0) -> Asked:
    """Ask every operation `examples` times with allowed and as often with forbidden input.

    Of what is not asked within the seconds the count is told.
    """
    found, ends = Asked(), time.monotonic() + seconds
    schema = schemathesis.openapi.from_dict(json.loads(_DOCUMENT.read_text("utf-8")))
    listed: list[Any] = list(schema.get_all_operations())
    operations = [one.ok() for one in listed]
    random.Random(number).shuffle(operations)  # noqa: S311  a fair share of each, repeatable by its seed
    with httpx.Client(transport=LoopbackNamesTransport(), timeout=60) as line:
        asking = _Asking(line, caller, caller.personal_token, found, random.Random(number))  # noqa: S311  the same
        asking.look_around(operations)
        for operation in operations:
            if time.monotonic() > ends:
                found.not_asked += 1
                continue
            for mode in (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE):
                try:
                    asking.ask(operation.as_strategy(generation_mode=mode), examples, number)
                except SerializationNotPossible:
                    found.as_bytes.add(operation.label)
                    asking.send_bytes(operation)
                    break
                except Unsatisfiable:  # there is nothing in it that could be wrong
                    continue
    return found


@dataclass
class _Asking:
    line: httpx.Client
    caller: Caller
    held: str
    found: Asked
    chance: random.Random
    known: dict[str, list[str]] = field(default_factory=dict)

    def look_around(self, operations: list[Any]) -> None:
        """Ask for every list, and remember the ids in it."""
        for operation in operations:
            if operation.method != "get" or "{" in operation.path:
                continue
            answer = self._send("get", operation.path)
            if not answer.headers.get("content-type", "").startswith("application/json"):
                continue
            for one in dict.fromkeys(match[0] for match in _ID.finditer(answer.text)):
                self.known.setdefault(one[:3], []).append(one)

    def ask(self, cases: Any, examples: int, number: int) -> None:
        """So many generated requests."""

        @seed(number)
        @settings(
            max_examples=examples,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=cases)
        def ask(case: Any) -> None:
            self._name_something_real(case.path_parameters)
            sent = case.as_transport_kwargs(base_url=self.caller.node)
            told = {name: sent[name] for name in ("headers", "params", "json", "data", "files") if name in sent}
            answer = self._send(case.method, case.formatted_path, **told)
            self._judge(case.method, case.formatted_path, answer, list(self._contradictions(case, answer)))

        ask()

    def send_bytes(self, operation: Any) -> None:
        """The operation with each of `_RAW` as its body."""
        media_type = next(iter(operation.definition.raw["requestBody"]["content"]))
        headers = {"Content-Type": media_type + ("; boundary=x" if media_type.startswith("multipart/") else "")}
        for body in _RAW:
            names = dict.fromkeys(re.findall(r"{(\w+)}", operation.path), "a")
            self._name_something_real(names)
            path = operation.path.format(**names)
            answer = self._send(operation.method, path, headers=headers, content=body)
            said = () if not answer.is_error or "code" in _object(answer) else ("an error without a code",)
            self._judge(operation.method, path, answer, list(said))

    def _name_something_real(self, names: dict[str, Any] | None) -> None:
        for name in names or {}:
            candidates = self.known.get(_KINDS.get(name, ""), [])
            if names is not None and candidates and self.chance.random() < 0.5:
                names[name] = self.chance.choice(candidates)

    def _send(self, method: str, path: str, headers: Any = None, **told: Any) -> httpx.Response:
        answer = None
        for _ in range(2):
            given = {**dict(headers or {}), "Authorization": f"Bearer {self.held or self._fresh()}"}
            answer = self.line.request(method, f"{self.caller.node}{path}", headers=given, **told)
            if answer.status_code != httpx.codes.UNAUTHORIZED or self.caller.personal_token:
                break
            self.held = ""
        assert answer is not None
        return answer

    def _fresh(self) -> str:
        service = self.line.get(f"{self.caller.node}/api/v1/node").json()["key_service_url"]
        answer = self.line.post(
            f"{service}/token",
            data={"grant_type": "client_credentials"},
            auth=self.caller.credentials,
        )
        self.held = answer.json()["access_token"]
        return self.held

    @staticmethod
    def _contradictions(case: Any, answer: httpx.Response) -> Iterator[str]:
        try:
            case.validate_response(answer, checks=_CHECKS)
        except FailureGroup as group:
            yield from (f"{one.title}: {one.message}"[:300] for one in group.exceptions)
        except Failure as one:
            yield f"{one.title}: {one.message}"[:300]

    def _judge(self, method: str, path: str, answer: httpx.Response, contradictions: list[str]) -> None:
        self.found.requests += 1
        self.found.statuses[answer.status_code] += 1
        if answer.status_code >= _FAULT or contradictions:
            self.found.wrong.append(
                {
                    "method": method,
                    "path": path,
                    "status": answer.status_code,
                    "contradictions": contradictions,
                    "answer": answer.text[:300],
                }
            )


def _object(answer: httpx.Response) -> dict[str, Any]:
    try:
        told = answer.json()
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
