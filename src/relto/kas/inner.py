"""The inner door: what the node's other processes may ask of the key service, on the loopback interface only.

Whoever holds the inner secret still gets no share without a recorded decision that permits it (share_release); the
content key of a courier bundle, which wraps messages and no document, needs none (sealing.courier_key). Errors
are the house's own (`ReltoError.as_dict`), so that the caller's process raises them again.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping

from werkzeug import Request, Response

from relto.adapters.key_service_http import (
    CHECK_JOINT,
    CHECK_MANIFEST,
    COUNTS,
    COURIER_KEYS,
    READERS_SHARES,
    RELEASE_MANIFESTS,
    SHARES,
    inner_bearer,
)
from relto.base.canonical import Json, read_object
from relto.base.errors import MalformedInput, NotAuthenticated, ReltoError
from relto.kas.bodies import PUBLIC_BODY_LIMIT, bearer_of, read_body
from relto.kas.doors import Door, Handler, Route, Unauthenticated, json_response
from relto.ports.partners import KeyService
from relto.sealing.encoding import as_object, base64_text, member_list, member_text, read_base64
from relto.sealing.manifest import MAX_MANIFEST, MAX_POLICY_TEXT

MAX_JOINT = 28 * 1024 * 1024  # two manifests in base64


def _manifests_of(request: Request) -> list[bytes]:
    """One or two manifests in base64."""
    document = read_object(read_body(request, MAX_JOINT), field="request", max_bytes=MAX_JOINT)
    field = "request.manifests"
    written = member_list(document, "manifests", field=field, max_items=2, min_items=1)
    return [read_base64(one if isinstance(one, str) else "", field=field, max_bytes=MAX_MANIFEST) for one in written]


def _key_access_and_policy(request: Request) -> tuple[dict[str, Json], str, dict[str, Json]]:
    """(key access object, policy text, the whole request)."""
    document = read_object(read_body(request), field="request", max_bytes=PUBLIC_BODY_LIMIT)
    key_access = document.get("key_access")
    as_object(key_access, field="request.key_access")
    if not isinstance(key_access, dict):
        raise MalformedInput("member.type", field="request.key_access", expected="an object")
    return key_access, member_text(document, "policy", field="request", max_length=MAX_POLICY_TEXT), document


def _share(service: KeyService, request: Request) -> Mapping[str, Json]:
    key_access, policy, document = _key_access_and_policy(request)
    return service.share_for_session(
        member_text(document, "decision", field="request", max_length=64),
        key_access,
        policy,
        member_text(document, "session_key", field="request", max_length=16 * 1024),
    )


def _readers_share(service: KeyService, request: Request) -> Mapping[str, Json]:
    key_access, policy, document = _key_access_and_policy(request)
    return service.share_for_reader(
        member_text(document, "decision", field="request", max_length=64),
        member_text(document, "reader", field="request", max_length=64),
        key_access,
        policy,
        member_text(document, "session_key", field="request", max_length=16 * 1024),
    )


def _courier_key(service: KeyService, request: Request) -> Response:
    key_access, policy, _ = _key_access_and_policy(request)
    return json_response({"key": base64_text(service.courier_key(key_access, policy))})


def inner_door(service: KeyService, inner_secret: str, unauthenticated: Unauthenticated) -> Door:
    """`service`: the key service of this process; `inner_secret`: what the node's processes share."""
    expected = inner_bearer(inner_secret).encode("ascii")

    def guarded(method: Callable[[Request], Response]) -> Handler:
        def handle(request: Request) -> Response:
            try:
                given = bearer_of(request).encode("utf-8", "surrogateescape")
                if not hmac.compare_digest(given, expected):
                    raise NotAuthenticated("inner_secret")
                return method(request)
            except ReltoError as error:
                return json_response(error.as_dict(), status=error.http_status)

        return handle

    def check_manifest(request: Request) -> Response:
        return json_response(service.check_manifest(read_body(request, MAX_MANIFEST)))

    def check_joint(request: Request) -> Response:
        service.check_joint_manifests(_manifests_of(request))
        return json_response({})

    def release_manifest(request: Request) -> Response:
        document = read_object(read_body(request), field="request")
        manifest = service.release_manifest(member_text(document, "case", field="request", max_length=64))
        return Response(manifest, content_type="application/json")

    def share(request: Request) -> Response:
        return json_response(_share(service, request))

    def counts(_: Request) -> Response:
        return json_response({"unauthenticated": unauthenticated.count})

    return Door(
        [
            Route("POST", CHECK_MANIFEST, guarded(check_manifest)),
            Route("POST", CHECK_JOINT, guarded(check_joint)),
            Route("POST", RELEASE_MANIFESTS, guarded(release_manifest)),
            Route("POST", SHARES, guarded(share)),
            Route("POST", READERS_SHARES, guarded(lambda request: json_response(_readers_share(service, request)))),
            Route("POST", COURIER_KEYS, guarded(lambda request: _courier_key(service, request))),
            Route("GET", COUNTS, guarded(counts)),
            Route("GET", "/healthz", lambda _: json_response({"status": "SERVING"})),
        ],
        unauthenticated,
    )
