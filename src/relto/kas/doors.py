"""The three doors as WSGI applications: what is asked under which path, by whom, in which codec.

Authentication: rewrap and policy calls need a token for this origin, and a proof when it is bound to a key (RFC 9449);
public keys, configuration, health and discovery need none; the inner door needs the node's inner secret. Callers who
do not authenticate are counted, not logged (design.md 2).
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.db import DEFAULT_DB_ALIAS, close_old_connections, connections
from werkzeug import Request, Response
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule

from relto.base.canonical import Json
from relto.base.errors import NotAuthenticated, ReltoError
from relto.kas.bodies import presented_by, read_body, token_of
from relto.kas.codecs import Codec, codec_of
from relto.kas.context_header import check_additional_context
from relto.kas.failures import RequestFailure, failure_of, failure_response
from relto.kas.level_time import LevelTime
from relto.kas.policy_calls import attribute_values_by_fqns, key_access_servers, key_mappings_by_fqns
from relto.kas.public_documents import legacy_public_key, openid_configuration, opentdf_configuration, public_key
from relto.kas.request_tokens import read_request_token
from relto.kas.rewrapping import (
    HomeShares,
    PartnerShares,
    answer_rewrap,
    read_rewrap,
    require_one_object_for_a_curve_key,
)
from relto.kas.token_endpoint import token_response
from relto.services.house import House
from relto.services.readiness import Readiness
from relto.services.seen_proofs import SharedSeen
from relto.services.service_keys import KeyRing, token_key_set
from relto.services.tokens import Caller, verify

Handler = Callable[[Request], Response]
WsgiApplication = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
SERVING = "SERVING"
_log = logging.getLogger("relto.kas")
_ALWAYS: Mapping[str, str] = {"X-Content-Type-Options": "nosniff"}
_SECURE: Mapping[str, str] = {**_ALWAYS, "Strict-Transport-Security": "max-age=31536000; includeSubDomains"}


@dataclass(frozen=True, slots=True)
class Route:
    """One path of a door."""

    method: str
    path: str
    handler: Handler


class Unauthenticated:
    """How many callers did not authenticate since the start: a number, nothing about them."""

    def __init__(self, shared: SharedSeen | None = None) -> None:
        """Starts at none. `shared`: where all processes of the door count together."""
        self._shared = shared
        self._lock = threading.Lock()
        self._count = 0

    def add(self) -> None:
        """One more."""
        if self._shared is not None:
            self._shared.count_refused(1)
            return
        with self._lock:
            self._count += 1

    @property
    def count(self) -> int:
        """The number so far."""
        return self._count if self._shared is None else self._shared.count_refused(0)


class Door:
    """A WSGI application over routes; every failure becomes a Connect error, and none tells what went wrong inside."""

    def __init__(
        self,
        routes: Iterable[Route],
        unauthenticated: Unauthenticated,
        house: House | None = None,
        *,
        origin: str = "",
    ) -> None:
        """`unauthenticated` counts the callers whose request fails with 401.

        `house`: whose callers may prove keys of their own; where it demands nonces, each learns the present one.
        `origin`: the door's address outside; one of HTTPS is said to be so (RFC 6797), whoever terminates the TLS.
        """
        routes = [*routes]
        self._map = Map(
            [Rule(route.path, methods=[route.method], endpoint=route.handler) for route in routes],
            strict_slashes=False,
        )
        self._exact = {(route.method, route.path): route.handler for route in routes}
        self._unauthenticated = unauthenticated
        self._house = house
        self._headers = _SECURE if urlsplit(origin).scheme == "https" else _ALWAYS

    @property
    def paths(self) -> frozenset[str]:
        """The paths of its routes."""
        return frozenset(rule.rule for rule in self._map.iter_rules())

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one request."""
        _close_worn_connection()
        try:
            response = self._answer(Request(environ))
        finally:
            _close_worn_connection()
        if environ["REQUEST_METHOD"] == "HEAD":
            return response(environ, start_response)
        body = response.get_data()
        start_response(response.status, [*response.headers.items(), ("Content-Length", str(len(body)))])
        return [body]

    def _answer(self, request: Request) -> Response:
        try:
            handler = self._exact.get((request.method, request.environ.get("PATH_INFO", "")))
            if handler is None:
                handler, _ = self._map.bind_to_environ(request.environ).match()
            response: Response = handler(request)
        except RequestFailure as failure:
            response = failure_response(failure)
        except ReltoError as error:
            answer = failure_of(error)
            if answer.code == "internal":
                _log.warning("request.unavailable %s", error.full_code)
            response = failure_response(answer)
        except HTTPException as error:
            response = failure_response(_routing_failure(error))
        except Exception as error:  # noqa: BLE001  a caller is never shown what broke inside
            _log.error("request.broken %s", type(error).__name__)
            response = failure_response(RequestFailure("internal", "service unavailable"))
        if response.status_code == 401:  # noqa: PLR2004  RFC 9110: not authenticated
            self._unauthenticated.add()
        if self._house is not None and self._house.proofs.nonce_required and "DPoP" in request.headers:
            response.headers["DPoP-Nonce"] = self._house.proofs.nonce(self._house.now())
        response.headers.update(self._headers)
        return response


def _close_worn_connection() -> None:
    """Django's `close_old_connections`, where a connection can have grown old or broken at all."""
    own = connections[DEFAULT_DB_ALIAS]
    if own.errors_occurred or own.close_at is not None:
        close_old_connections()


def _routing_failure(error: HTTPException) -> RequestFailure:
    status = error.code or 500
    if status == 404:  # noqa: PLR2004  RFC 9110
        return RequestFailure("unimplemented", "no such method", status=404)
    return RequestFailure("unimplemented", "method not allowed", status=status)


def json_response(value: Json | Mapping[str, Any], *, status: int = 200) -> Response:
    """A JSON answer that no cache keeps."""
    response = Response(json.dumps(value, separators=(",", ":")), status=status, content_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response


def unary(message: str, answer: str, method: Callable[[Request, Mapping[str, Json]], Json]) -> Handler:
    """A Connect unary method: codec by content type, answer in the same codec. `message`, `answer`: protobuf names."""

    def handle(request: Request) -> Response:
        content_type, codec = codec_of(request.headers.get("Content-Type", ""))
        value = method(request, codec.read(message, read_body(request)))
        return _in_codec(codec, content_type, answer, value)

    return handle


def unary_of_caller(
    message: str,
    answer: str,
    caller_of: Callable[[Request], Caller],
    method: Callable[[Request, Caller, Mapping[str, Json]], Json],
) -> Handler:
    """As `unary`, of callers who authenticate; who they are is settled before anything of their body is looked at.

    A body of two kilobytes may inflate to two megabytes, which take a third of a second to read: a stranger's is not.
    """

    def handle(request: Request) -> Response:
        content_type, codec = codec_of(request.headers.get("Content-Type", ""))
        caller = caller_of(request)
        value = method(request, caller, codec.read(message, read_body(request)))
        return _in_codec(codec, content_type, answer, value)

    return handle


def _in_codec(codec: Codec, content_type: str, message: str, value: Json) -> Response:
    response = Response(codec.write(message, value), content_type=content_type)
    response.headers["Cache-Control"] = "no-store"
    return response


def _text(document: Mapping[str, Json], name: str) -> str:
    value = document.get(name, "")
    if not isinstance(value, str):
        raise RequestFailure("invalid_argument", "invalid request body")
    return value


def _health_routes(house: House) -> list[Route]:
    readiness = Readiness(house.standing, must_act=True)

    def ready(_: Request) -> Response:
        status, state = readiness.answer()
        return json_response({"status": state}, status=status)

    check = unary("grpc.health.v1.HealthCheckRequest", "grpc.health.v1.HealthCheckResponse", _health)
    return [
        Route("POST", "/grpc.health.v1.Health/Check", check),
        Route("GET", "/healthz", lambda _: json_response({"status": SERVING})),
        Route("GET", "/readyz", ready),
    ]


def _health(_: Request, __: Mapping[str, Json]) -> Json:
    return {"status": SERVING}


class _Rewrap:
    """The rewrap method of one origin."""

    def __init__(self, house: House, origin: str, keyring: KeyRing | None) -> None:
        """`keyring` None: the relay, which asks the partner."""
        self._house = house
        self._origin = origin
        self._keyring = keyring
        self._level_time = LevelTime()

    def routes(self) -> list[Route]:
        """The Connect form and the older REST form; requests and answers are the same."""
        handler = unary_of_caller("kas.RewrapRequest", "kas.RewrapResponse", self._caller, self._rewrap)
        return [Route("POST", "/kas.AccessService/Rewrap", handler), Route("POST", "/v2/rewrap", handler)]

    def _caller(self, request: Request) -> Caller:
        return authenticated(self._house, request, self._origin)

    def _rewrap(self, request: Request, caller: Caller, document: Mapping[str, Json]) -> Json:
        check_additional_context(request)
        name = "signedRequestToken" if "signedRequestToken" in document else "signed_request_token"
        asked = read_rewrap(read_request_token(_text(document, name), self._house.now(), caller.key))
        if self._keyring is not None:
            shares = HomeShares(self._house, self._keyring, self._level_time, caller.actor, asked.client_public_key)
            return answer_rewrap(asked, shares, self._origin)
        require_one_object_for_a_curve_key(asked)
        return answer_rewrap(asked, PartnerShares(self._house, caller.actor, asked.client_public_key), self._origin)


def authenticated(house: House, request: Request, origin: str) -> Caller:
    """The person behind the token, as the store knows her now, and the key she proved. Raises NotAuthenticated."""
    _, token = token_of(request)
    if not token:
        raise NotAuthenticated("token")
    return verify(house, token, audience=origin, presented=presented_by(request, origin))


def key_service_door(house: House, keyring: KeyRing, unauthenticated: Unauthenticated) -> Door:
    """The origin of the node's own key service, and of its token issuer."""

    def connect_public_key(_: Request, document: Mapping[str, Json]) -> Json:
        return public_key(_text(document, "algorithm"), _text(document, "fmt"), _text(document, "v"))

    def connect_legacy_key(_: Request, document: Mapping[str, Json]) -> Json:
        return legacy_public_key(_text(document, "algorithm"))

    def connect_configuration(_: Request, __: Mapping[str, Json]) -> Json:
        return {"configuration": opentdf_configuration(house)}

    def rest_public_key(request: Request) -> Response:
        asked = request.args
        return json_response(public_key(asked.get("algorithm", ""), asked.get("fmt", ""), asked.get("v", "")))

    def rest_legacy_key(request: Request) -> Response:
        return json_response(legacy_public_key(request.args.get("algorithm", "")))

    def issue_token(request: Request) -> Response:
        return token_response(house, keyring, request)

    configuration = "wellknownconfiguration.GetWellKnownConfiguration"
    routes = [
        *_Rewrap(house, house.urls.key_service, keyring).routes(),
        Route(
            "POST",
            "/kas.AccessService/PublicKey",
            unary("kas.PublicKeyRequest", "kas.PublicKeyResponse", connect_public_key),
        ),
        Route(
            "POST",
            "/kas.AccessService/LegacyPublicKey",
            unary("kas.LegacyPublicKeyRequest", "google.protobuf.StringValue", connect_legacy_key),
        ),
        Route(
            "POST",
            "/wellknownconfiguration.WellKnownService/GetWellKnownConfiguration",
            unary(f"{configuration}Request", f"{configuration}Response", connect_configuration),
        ),
        Route("GET", "/v2/kas_public_key", rest_public_key),
        Route("GET", "/kas_public_key", rest_legacy_key),
        Route("GET", "/.well-known/opentdf-configuration", lambda _: json_response(opentdf_configuration(house))),
        Route("GET", "/.well-known/openid-configuration", lambda _: json_response(openid_configuration(house))),
        Route("GET", "/jwks", lambda _: json_response(token_key_set())),
        Route("POST", "/token", issue_token),
        Route("POST", "/protocol/openid-connect/token", issue_token),
        *_policy_routes(house),
        *_health_routes(house),
    ]
    return Door(routes, unauthenticated, house, origin=house.urls.key_service)


def _policy_routes(house: House) -> list[Route]:
    """What clients ask about attributes and key services, with a token; one of them also in the REST form."""
    origin = house.urls.key_service

    def caller_of(request: Request) -> Caller:
        return authenticated(house, request, origin)

    def attribute_values(_: Request, caller: Caller, document: Mapping[str, Json]) -> Json:
        return attribute_values_by_fqns(house, caller.actor, document)

    def key_mappings(_: Request, caller: Caller, document: Mapping[str, Json]) -> Json:
        return key_mappings_by_fqns(house, caller.actor, document)

    def servers(_: Request, __: Caller, document: Mapping[str, Json]) -> Json:
        return key_access_servers(house, document)

    def rest_servers(request: Request) -> Response:
        caller = caller_of(request)
        page: dict[str, Json] = {name: request.args.get(f"pagination.{name}", "") for name in ("limit", "offset")}
        return json_response(servers(request, caller, {"pagination": page}))

    attributes, registry = "policy.attributes", "policy.kasregistry"
    methods = (
        (attributes, "AttributesService", "GetAttributeValuesByFqns", attribute_values),
        (attributes, "AttributesService", "GetKeyMappingsByFqns", key_mappings),
        (registry, "KeyAccessServerRegistryService", "ListKeyAccessServers", servers),
    )
    return [
        *(
            Route(
                "POST",
                f"/{package}.{service}/{name}",
                unary_of_caller(f"{package}.{name}Request", f"{package}.{name}Response", caller_of, method),
            )
            for package, service, name, method in methods
        ),
        Route("GET", "/key-access-servers", rest_servers),
    ]


def relay_door(house: House, unauthenticated: Unauthenticated) -> Door:
    """The origin that stands for the partners' key services, for this node's own people."""
    routes = [*_Rewrap(house, house.urls.relay, None).routes(), *_health_routes(house)]
    return Door(routes, unauthenticated, house, origin=house.urls.relay)
