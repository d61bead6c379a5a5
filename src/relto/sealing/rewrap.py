"""The JSON of the key access protocol: rewrap requests and answers (OpenTDF, kas.AccessService/Rewrap), v2 and v1.

Read leniently as proto3 JSON demands (unknown members ignored, lowerCamel and snake names, both base64 alphabets,
a bare policy binding), but bounded. The policy body stays the string it came as. Error texts are those that clients
match; "bad request" stands for every unwrap, binding or policy failure, and for nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from relto.base.canonical import Json
from relto.base.errors import MalformedInput, UnknownValue
from relto.sealing.encoding import (
    DEFAULT_MAX_TEXT,
    as_object,
    base64_text,
    member_list,
    member_text,
    read_any_base64,
    refuse_unspeakable,
)
from relto.sealing.key_access import MAX_SHORT, MAX_URL, MAX_WRAPPED_TEXT, KeyAccess, read_binding
from relto.sealing.keys import load_public_key
from relto.sealing.manifest import MAX_POLICY_TEXT

BAD_REQUEST = "rpc error: code = InvalidArgument desc = bad request"
FORBIDDEN = "rpc error: code = PermissionDenied desc = forbidden"
UNAVAILABLE = "rpc error: code = Internal desc = service unavailable"
OBLIGATIONS = "X-Required-Obligations"
POLICY_ID = "policy"
MAX_POLICIES = 64
MAX_OBJECTS = 64
MAX_RESULTS = MAX_POLICIES * MAX_OBJECTS


@dataclass(frozen=True, slots=True)
class RequestedPolicy:
    """One policy of a request: its id to echo, its string, and the key access objects under it with their ids."""

    id: str
    body: str
    key_access: tuple[tuple[str, KeyAccess], ...]


@dataclass(frozen=True, slots=True)
class RewrapRequest:
    """What a client asks. `version` 1: one object, answered as `entityWrappedKey`, failures as whole-request errors."""

    client_public_key: str
    policies: tuple[RequestedPolicy, ...]
    version: int = 2


@dataclass(frozen=True, slots=True)
class RewrapResult:
    """One result of an answer: the wrapped share, or the service's error text."""

    policy_id: str
    key_access_object_id: str
    wrapped: bytes | None
    error: str = ""
    obligations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RewrapAnswer:
    """An answer as a client reads it."""

    results: tuple[RewrapResult, ...]
    session_public_key: str | None = None


def key_access_object_id(position: int) -> str:
    """The id a request gives the object at this position of the manifest."""
    return f"kao-{position}"


def build_rewrap_request(
    key_access: Mapping[int, KeyAccess] | Sequence[KeyAccess], policy_text: str, client_public_pem: str
) -> dict[str, Json]:
    """The unsigned request for objects of one manifest, ids by position; the caller signs it into a token."""
    chosen = key_access.items() if isinstance(key_access, Mapping) else enumerate(key_access)
    objects: list[Json] = [
        {"keyAccessObjectId": key_access_object_id(position), "keyAccessObject": item.as_json()}  # type: ignore[dict-item]
        for position, item in chosen
    ]
    return {
        "clientPublicKey": client_public_pem,
        "requests": [{"keyAccessObjects": objects, "policy": {"id": POLICY_ID, "body": policy_text}}],
    }


def parse_rewrap_request(document: Mapping[str, object]) -> RewrapRequest:
    """A request body of either version. Raises MalformedInput, TooLarge; UnknownValue for the client key's kind."""
    refuse_unspeakable(dict(document), field="requestBody")  # type: ignore[arg-type]
    client_key = _either(document, "clientPublicKey", "client_public_key", max_length=MAX_WRAPPED_TEXT)
    _check_client_key(client_key)
    requests = member_list(document, "requests", field="requestBody", max_items=MAX_POLICIES)
    if requests:
        return RewrapRequest(client_key, tuple(_read_policy_request(item) for item in requests))
    found = document.get("keyAccess", document.get("key_access"))
    body = _either(document, "policy", max_length=MAX_POLICY_TEXT)
    item = _read_object(as_object(found, field="requestBody.keyAccess"))
    policy = RequestedPolicy(POLICY_ID, body, ((key_access_object_id(0), item),))
    return RewrapRequest(client_key, (policy,), version=1)


def _check_client_key(pem: str) -> None:
    try:
        load_public_key(pem)
    except UnknownValue as error:
        expected = "a key of a supported type"
        raise UnknownValue("client_public_key", field="clientPublicKey", expected=expected) from error
    except MalformedInput as error:
        raise MalformedInput("client_public_key", field="clientPublicKey", expected="a PEM public key") from error


def _read_policy_request(found: object) -> RequestedPolicy:
    request = as_object(found, field="requests")
    policy = as_object(request.get("policy"), field="requests.policy")
    name = "keyAccessObjects" if "keyAccessObjects" in request else "key_access_objects"
    objects = member_list(request, name, field="requests", max_items=MAX_OBJECTS, min_items=1)
    read = []
    for position, entry in enumerate(objects):
        holder = as_object(entry, field="keyAccessObjects")
        identifier = _either(
            holder, "keyAccessObjectId", "key_access_object_id", default=key_access_object_id(position)
        )
        inner = holder.get("keyAccessObject", holder.get("key_access_object"))
        read.append((identifier, _read_again(as_object(inner, field="keyAccessObject"))))
    if len({identifier for identifier, _ in read}) != len(read):
        raise MalformedInput("rewrap.object_id", field="keyAccessObjectId", expected="each id once")
    policy_id = _either(policy, "id")
    if not policy_id:
        raise MalformedInput("rewrap.policy_id", field="policy.id", expected="an id to echo")
    return RequestedPolicy(policy_id, _either(policy, "body", max_length=MAX_POLICY_TEXT), tuple(read))


def _read_again(found: Mapping[str, object]) -> KeyAccess:
    """`_read_object`, whose answer for an object of the very same texts is kept; what cannot be read is not."""
    parts: list[tuple[str, object]] = []
    for name, value in found.items():
        inner = tuple(value.items()) if isinstance(value, dict) else value
        if type(inner) not in (str, tuple) or (type(inner) is tuple and not all(type(one) is str for _, one in inner)):
            return _read_object(found)
        parts.append((name, inner))
    if sum(len(one) for _, one in parts if type(one) is str) > MAX_WRAPPED_TEXT:
        return _read_object(found)
    return _read_parts(tuple(parts))


@lru_cache(maxsize=512)
def _read_parts(parts: tuple[tuple[str, object], ...]) -> KeyAccess:
    return _read_object({name: dict(value) if isinstance(value, tuple) else value for name, value in parts})


def _read_object(found: Mapping[str, object]) -> KeyAccess:
    wrapped = _either(found, "wrappedKey", "wrapped_key", max_length=MAX_WRAPPED_TEXT)
    binding = found.get("policyBinding", found.get("policy_binding"))
    binding_hash, binding_algorithm = read_binding(binding, field="keyAccessObject.policyBinding")
    return KeyAccess(
        type=_either(found, "type", "keyType", "key_type", default="wrapped"),
        url=_either(found, "url", "kasUrl", "kas_url", default="", max_length=MAX_URL),
        kid=_either(found, "kid", default=""),
        sid=_either(found, "sid", "splitId", "split_id", default=""),
        wrapped_key=base64_text(read_any_base64(wrapped, field="wrappedKey")),
        binding_hash=binding_hash,
        binding_algorithm=binding_algorithm,
        encrypted_metadata=_either(
            found, "encryptedMetadata", "encrypted_metadata", default="", max_length=DEFAULT_MAX_TEXT
        ),
        ephemeral_public_key=_either(
            found, "ephemeralPublicKey", "ephemeral_public_key", default="", max_length=MAX_WRAPPED_TEXT
        ),
        protocol=_either(found, "protocol", default="kas"),
        schema_version="",
    )


def _either(holder: Mapping[str, object], *names: str, default: str | None = None, max_length: int = MAX_SHORT) -> str:
    """The text under the first of these names that is present."""
    for name in names[:-1]:
        if holder.get(name) is not None:
            return member_text(holder, name, field="requestBody", max_length=max_length)
    if holder.get(names[-1]) is None and default is None:
        raise MalformedInput("member.missing", field=f"requestBody.{names[0]}", expected="a string")
    return member_text(holder, names[-1], field="requestBody", default=default, max_length=max_length)


def permit_result(object_id: str, wrapped: bytes, obligations: Sequence[str] = ()) -> dict[str, Json]:
    """The result that carries a share wrapped for the session; the metadata list is there even when empty."""
    return {
        "keyAccessObjectId": object_id,
        "status": "permit",
        "kasWrappedKey": base64_text(wrapped),
        "metadata": {OBLIGATIONS: list(obligations)},
    }


def fail_result(object_id: str, error: str, obligations: Sequence[str] = ()) -> dict[str, Json]:
    """A result without a share: `error` is BAD_REQUEST, FORBIDDEN or UNAVAILABLE."""
    return {
        "keyAccessObjectId": object_id,
        "status": "fail",
        "error": error,
        "metadata": {OBLIGATIONS: list(obligations)},
    }


def build_rewrap_answer(
    responses: Sequence[tuple[str, Sequence[Mapping[str, Json]]]],
    *,
    session_public_key: str | None = None,
    version: int = 2,
) -> dict[str, Json]:
    """The answer over (policy id, results); for a v1 request the one wrapped share also as `entityWrappedKey`."""
    answer: dict[str, Json] = {
        "responses": [
            {"policyId": policy_id, "results": [dict(result) for result in results]} for policy_id, results in responses
        ]
    }
    if session_public_key:
        answer["sessionPublicKey"] = session_public_key
    if version == 1 and responses and responses[0][1] and "kasWrappedKey" in responses[0][1][0]:
        answer["entityWrappedKey"] = responses[0][1][0]["kasWrappedKey"]
    return answer


def parse_rewrap_answer(document: Mapping[str, object]) -> RewrapAnswer:
    """An answer of any key service. Raises MalformedInput or TooLarge."""
    results: list[RewrapResult] = []
    for entry in member_list(document, "responses", field="answer", max_items=MAX_POLICIES):
        response = as_object(entry, field="responses")
        policy_id = _either(response, "policyId", "policy_id", default="")
        found = member_list(response, "results", field="responses", max_items=MAX_OBJECTS)
        results.extend(_read_result(as_object(item, field="results"), policy_id) for item in found)
    session = _either(document, "sessionPublicKey", "session_public_key", default="", max_length=MAX_WRAPPED_TEXT)
    return RewrapAnswer(tuple(results), session or None)


def _read_result(found: Mapping[str, object], policy_id: str) -> RewrapResult:
    wrapped = _either(found, "kasWrappedKey", "kas_wrapped_key", default="", max_length=MAX_WRAPPED_TEXT)
    permitted = _either(found, "status", default="") == "permit"
    metadata = found.get("metadata")
    obligations = metadata.get(OBLIGATIONS) if isinstance(metadata, Mapping) else None
    return RewrapResult(
        policy_id=policy_id,
        key_access_object_id=_either(found, "keyAccessObjectId", "key_access_object_id", default=""),
        wrapped=read_any_base64(wrapped, field="kasWrappedKey") if permitted and wrapped else None,
        error=_either(found, "error", default="", max_length=1024),
        obligations=tuple(item for item in obligations[:MAX_OBJECTS] if isinstance(item, str))
        if isinstance(obligations, list)
        else (),
    )
