"""The stock clients as a person would call them: a command, her credential, her own node's address."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from relto.labels.attributes import NAMESPACE
from relto.rehearsal.cast import Member
from tests.interop.conftest import HERE, run

_STACK_TRACE = re.compile(r"^\s+at [\w.$]+\(|^Traceback \(most recent|^goroutine \d+", re.MULTILINE)


@dataclass(frozen=True)
class Outcome:
    """What a call came to: whether it said yes, and all it said."""

    succeeded: bool
    said: str

    @property
    def has_stack_trace(self) -> bool:
        """It shows its insides instead of an answer."""
        return _STACK_TRACE.search(self.said) is not None


@dataclass(frozen=True)
class Order:
    """What is to be sealed. `attributes` without the namespace; `assertion`: a handling statement, "" for none."""

    plain: Path
    container: Path
    attributes: Sequence[str]
    assertion: str = ""


class StockClient(Protocol):
    """One client."""

    name: str
    denial: str

    def seal(self, member: Member, order: Order) -> Outcome:
        """A container as the client makes it for the node that it was pointed at."""
        ...

    def open(self, member: Member, container: Path, document: Path) -> Outcome:
        """The document; nothing is written when it was refused."""
        ...


class _Command:
    """A client that is one command with a credential file."""

    def __init__(self, command: Sequence[str | Path], environment: Mapping[str, str], folder: Path) -> None:
        self._command = list(command)
        self._environment = dict(environment)
        self._folder = folder

    def _call(self, *arguments: str | Path) -> Outcome:
        done = run([*self._command, *arguments], environment=self._environment)
        return Outcome(done.returncode == 0, done.stderr)

    def _credential(self, member: Member) -> Path:
        place = self._folder / f"{member.person}.json"
        held = {"clientId": member.credential.client_id, "clientSecret": member.credential.client_secret}
        place.write_text(json.dumps(held), "utf-8")
        return place


def _names(order: Order) -> str:
    return ",".join(f"{NAMESPACE}/attr/{name}" for name in order.attributes)


class GoClient(_Command):
    """The driver over the platform's Go SDK."""

    name = "go"
    denial = "rewrap request 403"

    def seal(self, member: Member, order: Order) -> Outcome:
        """See StockClient."""
        given: list[str | Path] = ["-in", order.plain, "-out", order.container, "-attributes", _names(order)]
        return self._call("seal", *self._who(member), *given, "-assertion", order.assertion)

    def open(self, member: Member, container: Path, document: Path, *, token_endpoint: str = "") -> Outcome:
        """See StockClient; with the token endpoint of another node, her token is for that node."""
        given: list[str | Path] = ["-in", container, "-out", document, "-token-endpoint", token_endpoint]
        return self._call("open", *self._who(member), *given)

    def _who(self, member: Member) -> list[str | Path]:
        return ["-platform", member.node.node().key_service_url, "-credential", self._credential(member)]


class JavaClient(_Command):
    """The driver over the platform's Java SDK, behind the front for gRPC."""

    name = "java"
    denial = "PERMISSION_DENIED: forbidden"

    def seal(self, member: Member, order: Order) -> Outcome:
        """See StockClient."""
        given: list[str | Path] = ["--in", order.plain, "--out", order.container, "--attributes", _names(order)]
        note = ["--assertion", order.assertion] if order.assertion else []
        return self._call("seal", *self._who(member), *given, *note)

    def open(self, member: Member, container: Path, document: Path) -> Outcome:
        """See StockClient."""
        return self._call("open", *self._who(member), "--in", container, "--out", document)

    def _who(self, member: Member) -> list[str | Path]:
        return ["--platform", member.node.node().key_service_url, "--credential", self._credential(member)]


class PythonClient(_Command):
    """otdf-python's own command line. It adds no assertion."""

    name = "otdf-python"
    denial = "rpc error: code = PermissionDenied desc = forbidden"

    def seal(self, member: Member, order: Order) -> Outcome:
        """See StockClient."""
        given: list[str | Path] = ["encrypt", order.plain, "--output", order.container, "--attributes", _names(order)]
        return self._call(*self._who(member), *given)

    def open(self, member: Member, container: Path, document: Path) -> Outcome:
        """See StockClient."""
        return self._call(*self._who(member), "decrypt", container, "--output", document)

    def _who(self, member: Member) -> list[str | Path]:
        platform = ["--platform-url", member.node.node().key_service_url, "--plaintext"]
        return [*platform, "--with-client-creds-file", self._credential(member)]


def java_command(classes: Path, front: str) -> list[str | Path]:
    """The Java driver, all its ways leading through the front at `front` (host:port)."""
    host, _, port = front.partition(":")
    ways = [f"-D{scheme}.proxy{what}" for scheme in ("http", "https") for what in (f"Host={host}", f"Port={port}")]
    path = f"{classes / 'target' / 'classes'}:{classes / 'target' / 'lib'}/*"
    return ["java", "-XX:TieredStopAtLevel=1", *ways, "-Dhttp.nonProxyHosts=", "-cp", path, "Client"]


def versions() -> dict[str, str]:
    """The version of each client, from the files that pin them."""
    go = (HERE / "otdf_go" / "go.mod").read_text("utf-8")
    java = (HERE / "otdf_java" / "pom.xml").read_text("utf-8")
    python = (HERE / "otdf" / "requirements.lock").read_text("utf-8")
    return {
        "go": _found(r"opentdf/platform/sdk v(\S+)", go),
        "java": _found(r"<artifactId>sdk</artifactId>\s*<version>([^<]+)", java),
        "otdf-python": _found(r"^otdf-python==(\S+)", python),
    }


def _found(pattern: str, text: str) -> str:
    match = re.search(pattern, text, re.MULTILINE)
    assert match is not None, pattern
    return match[1]
