"""The node's key service as its other processes reach it: HTTP on the loopback interface, under the inner secret.

The HTTP library is loaded by the first request, so a process that sends none starts sooner.
"""

from __future__ import annotations

import base64
import re
import ssl
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from relto.base.canonical import Json, read_object
from relto.base.errors import MalformedInput, Misconfigured, ReltoError, TooLarge, Unreachable, error_from_dict

if TYPE_CHECKING:
    import httpx

CHECK_MANIFEST = "/inner/v1/check-manifest"
CHECK_JOINT = "/inner/v1/check-joint-manifests"
RELEASE_MANIFESTS = "/inner/v1/release-manifests"
SHARES = "/inner/v1/shares"
READERS_SHARES = "/inner/v1/readers-shares"
COURIER_KEYS = "/inner/v1/courier-keys"
COUNTS = "/inner/v1/counts"
TIMEOUT_SECONDS = 30.0
MAX_ANSWER = 16 * 1024 * 1024
_OK = 200
_SECRET = re.compile(r"\A[0-9a-f]{64,256}\Z")


def inner_bearer(inner_secret: str) -> str:
    """The inner secret as a bearer token. Raises Misconfigured unless it is the hex of 32 bytes or more."""
    if not _SECRET.match(inner_secret):
        raise Misconfigured("inner_secret", field="inner_secret", expected="32 random bytes in hex")
    return inner_secret


class KeyServiceHttp:
    """`relto.ports.partners.KeyService` over the inner door."""

    def __init__(self, url: str, inner_secret: str, transport: httpx.BaseTransport | None = None) -> None:
        """`url`: scheme://host:port of the inner door; `transport`: another way to the same door, for tests."""
        self._url = url
        self._bearer = inner_bearer(inner_secret)
        self._transport = transport
        self.trace: Callable[[], str] | None = None
        """Gives the `traceparent` of the present trace, where the node is watched; the inner door is inside."""

    @cached_property
    def _client(self) -> httpx.Client:
        import httpx  # noqa: PLC0415  see the module's promise

        return httpx.Client(
            base_url=self._url,
            headers={"Authorization": f"Bearer {self._bearer}"},
            timeout=TIMEOUT_SECONDS,
            transport=self._transport,
            verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),  # the inner door speaks plain HTTP: nobody is trusted
            trust_env=False,
            follow_redirects=False,
        )

    def check_manifest(self, manifest: bytes) -> Mapping[str, Json]:
        """See the port. Raises NotVerified, MalformedInput, Unreachable."""
        return _object(self._post(CHECK_MANIFEST, content=manifest))

    def check_joint_manifests(self, manifests: Sequence[bytes]) -> None:
        """See the port. Raises NotVerified, MalformedInput, Unreachable."""
        written: list[Json] = [base64.b64encode(manifest).decode("ascii") for manifest in manifests]
        self._post(CHECK_JOINT, json={"manifests": written})

    def release_manifest(self, case: str) -> bytes:
        """See the port. Raises Conflict, NotAvailable, NotVerified, Unreachable."""
        return self._post(RELEASE_MANIFESTS, json={"case": case})

    def share_for_session(
        self, decision: str, key_access: Mapping[str, Json], policy: str, session_key: str
    ) -> Mapping[str, Json]:
        """See the port. Raises Refused, NotVerified, UnknownValue, Unreachable."""
        request: dict[str, Json] = {
            "decision": decision,
            "key_access": dict(key_access),
            "policy": policy,
            "session_key": session_key,
        }
        return _object(self._post(SHARES, json=request))

    def share_for_reader(
        self, decision: str, reader: str, key_access: Mapping[str, Json], policy: str, session_key: str
    ) -> Mapping[str, Json]:
        """See the port. Raises Refused, NotVerified, UnknownValue, Unreachable."""
        request: dict[str, Json] = {
            "decision": decision,
            "reader": reader,
            "key_access": dict(key_access),
            "policy": policy,
            "session_key": session_key,
        }
        return _object(self._post(READERS_SHARES, json=request))

    def courier_key(self, key_access: Mapping[str, Json], policy: str) -> bytes:
        """See the port. Raises NotVerified, MalformedInput, Unreachable."""
        answer = _object(self._post(COURIER_KEYS, json={"key_access": dict(key_access), "policy": policy}))
        return base64.b64decode(str(answer.get("key", "")))

    def close(self) -> None:
        """Close the kept connections."""
        if "_client" in vars(self):
            self._client.close()

    def _post(self, path: str, *, content: bytes | None = None, json: Mapping[str, Json] | None = None) -> bytes:
        import httpx  # noqa: PLC0415  see the module's promise

        try:
            trace = self.trace() if self.trace is not None else ""
            headers = {"traceparent": trace} if trace else None
            answer = self._client.post(path, content=content, json=json, headers=headers)
        except httpx.HTTPError as error:
            raise Unreachable("key_service", field="key_service", expected="a running key service") from error
        if len(answer.content) > MAX_ANSWER:
            raise TooLarge("key_service", field="answer", expected=f"at most {MAX_ANSWER} bytes")
        if answer.status_code != _OK:
            raise _error_of(answer)
        return answer.content


def _object(data: bytes) -> Mapping[str, Json]:
    return read_object(data, field="key_service", max_bytes=MAX_ANSWER)


def _error_of(answer: httpx.Response) -> ReltoError:
    """The error the key service raised, raised again here; anything else means that it is not well."""
    try:
        document = read_object(answer.content, field="key_service", max_bytes=MAX_ANSWER)
    except MalformedInput:
        document = {}
    return error_from_dict(document) or Unreachable(
        "key_service", field="key_service", found=answer.status_code, expected="an answer"
    )
