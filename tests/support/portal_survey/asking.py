"""The whole API by schemathesis, as each of the nodes' people: input that the document allows, and other."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis.core.errors import SerializationNotPossible

from relto.adapters.loopback_transport import LoopbackNamesTransport
from tests.support.vectors import PROJECT

_DOCUMENT = PROJECT / "docs" / "reference" / "openapi.json"
_FAULT = 500


@dataclass
class Asked:
    """What came of it: statuses by count, and every answer that was a fault or not in relto's form."""

    requests: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    wrong: list[dict[str, Any]] = field(default_factory=list)
    left_out: set[str] = field(default_factory=set)
    """Operations with a body in a form that schemathesis does not write: files, lines of JSON."""


def ask_everything(profile: Path, *, examples: int, number: int) -> Asked:
    """Ask every operation `examples` times with allowed and as often with forbidden input, as the profile's person."""
    found = Asked()
    told = json.loads(profile.read_text("utf-8"))
    schema = schemathesis.openapi.from_dict(json.loads(_DOCUMENT.read_text("utf-8")))
    with httpx.Client(transport=LoopbackNamesTransport(), timeout=60) as line:
        token = _Token(line, told)
        for operation in schema.get_all_operations():
            made: Any = operation
            made = made.ok()
            for mode in (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE):
                cases = made.as_strategy(generation_mode=mode)
                try:
                    _ask(line, token, f"{told['node']}/api/v1", cases, found, examples, number)
                except SerializationNotPossible:
                    found.left_out.add(made.label)
    return found


class _Token:
    def __init__(self, line: httpx.Client, told: dict[str, str]) -> None:
        self._line, self._told, self._held = line, told, ""

    def fresh(self) -> str:
        service = self._line.get(f"{self._told['node']}/api/v1/node").json()["key_service_url"]
        answer = self._line.post(
            f"{service}/token",
            data={"grant_type": "client_credentials"},
            auth=(self._told["client_id"], self._told["client_secret"]),
        )
        self._held = answer.json()["access_token"]
        return self._held

    @property
    def held(self) -> str:
        return self._held or self.fresh()


def _ask(line: httpx.Client, token: _Token, base: str, cases: Any, found: Asked, examples: int, number: int) -> None:
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
        told = case.as_transport_kwargs(base_url=base, headers={"Authorization": f"Bearer {token.held}"})
        answer = line.request(
            **{
                name: told[name]
                for name in ("method", "url", "headers", "params", "json", "data", "files")
                if name in told
            }
        )
        found.requests += 1
        found.statuses[answer.status_code] += 1
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            token.fresh()
        if answer.status_code >= _FAULT or (answer.is_error and "code" not in _object(answer)):
            found.wrong.append(
                {
                    "method": case.method,
                    "path": case.formatted_path,
                    "status": answer.status_code,
                    "answer": answer.text[:300],
                }
            )

    ask()


def _object(answer: httpx.Response) -> dict[str, Any]:
    try:
        told = answer.json()
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
