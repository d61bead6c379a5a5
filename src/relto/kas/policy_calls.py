"""The policy calls that stock clients make before they seal or open (OpenTDF, policy): attributes and key services.

Bounds: 1 to 250 names in a question, a page of at most 1,000 key services. An unknown name is not_found, whole.
Answers are proto3 JSON; identifiers are derived from the names, so the same thing has the same one for ever.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from relto.base.canonical import Json
from relto.base.errors import NotAvailable
from relto.kas.failures import RequestFailure
from relto.labels.attributes import NAMESPACE
from relto.procedures.actors import Actor
from relto.services.house import House
from relto.services.policy_attributes import Attribute, AttributeValue, attribute_values
from relto.services.service_keys import ServiceKeyView, service_keys

MAX_FQNS = 250
MAX_PAGE = 1000
_MAX_NAME = 2048
_MAX_OFFSET = 2**31 - 1
_ALGORITHMS: Mapping[str, str] = {
    "rsa:2048": "ALGORITHM_RSA_2048",
    "rsa:4096": "ALGORITHM_RSA_4096",
    "ec:secp256r1": "ALGORITHM_EC_P256",
    "ec:secp384r1": "ALGORITHM_EC_P384",
    "ec:secp521r1": "ALGORITHM_EC_P521",
    "hpqt:secp256r1-mlkem768": "ALGORITHM_HPQT_SECP256R1_MLKEM768",
    "hpqt:secp384r1-mlkem1024": "ALGORITHM_HPQT_SECP384R1_MLKEM1024",
    "mlkem:768": "ALGORITHM_MLKEM_768",
    "mlkem:1024": "ALGORITHM_MLKEM_1024",
}


def attribute_values_by_fqns(house: House, actor: Actor, document: Mapping[str, Json]) -> dict[str, Json]:
    """policy.attributes.GetAttributeValuesByFqnsResponse. Raises RequestFailure."""
    found = _asked_values(house, actor, document)
    return {
        "fqnAttributeValues": {
            fqn: {"attribute": _attribute(house, one.attribute), "value": _value(house, one)}
            for fqn, one in found.items()
        }
    }


def key_mappings_by_fqns(house: House, actor: Actor, document: Mapping[str, Json]) -> dict[str, Json]:
    """policy.attributes.GetKeyMappingsByFqnsResponse: the rule and the keys of each value. Raises RequestFailure."""
    found = _asked_values(house, actor, document)
    return {
        "fqnKeyMappings": {
            fqn: {"rule": _rule(one.attribute), "keys": _keys(house, one.key)} for fqn, one in found.items()
        }
    }


def key_access_servers(house: House, document: Mapping[str, Json]) -> dict[str, Json]:
    """policy.kasregistry.ListKeyAccessServersResponse: this node's own two origins, and no other node's."""
    page = document.get("pagination")
    if page is not None and not isinstance(page, dict):
        raise _invalid()
    limit = _integer(page or {}, "limit", MAX_PAGE) or MAX_PAGE
    offset = _integer(page or {}, "offset", _MAX_OFFSET)
    own: list[Json] = [
        _simple_key(house, view) for view in service_keys(purpose="wrapping") if view.algorithm in _ALGORITHMS
    ]
    servers: list[Json] = [
        _server("key-service", house.urls.key_service, "SOURCE_TYPE_INTERNAL", own),
        _server("relay", house.urls.relay, "SOURCE_TYPE_EXTERNAL", []),
    ]
    end = offset + limit
    return {
        "keyAccessServers": servers[offset:end],
        "pagination": {
            "currentOffset": offset,
            "nextOffset": end if end < len(servers) else 0,
            "total": len(servers),
        },
    }


def _asked_values(house: House, actor: Actor, document: Mapping[str, Json]) -> dict[str, AttributeValue]:
    fqns = document.get("fqns")
    if not isinstance(fqns, list) or not 1 <= len(fqns) <= MAX_FQNS:
        raise _invalid()
    names = tuple(name for name in fqns if isinstance(name, str) and 0 < len(name) <= _MAX_NAME)
    if len(names) != len(fqns):
        raise _invalid()
    try:
        return attribute_values(house, actor, names)
    except NotAvailable as error:
        raise RequestFailure("not_found", "attribute value not found") from error


def _invalid() -> RequestFailure:
    return RequestFailure("invalid_argument", "invalid request body")


def _integer(holder: Mapping[str, Json], name: str, largest: int) -> int:
    """A proto3 integer, which JSON may carry as a string of digits; absent is 0."""
    value = holder.get(name) or 0
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= len(str(largest)):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= largest:
        raise _invalid()
    return value


def _id(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, name))


def _rule(attribute: Attribute) -> str:
    return f"ATTRIBUTE_RULE_TYPE_ENUM_{attribute.rule.value}"


def _keys(house: House, key: ServiceKeyView | None) -> list[Json]:
    return [] if key is None else [_simple_key(house, key)]


def _attribute(house: House, attribute: Attribute) -> dict[str, Json]:
    own = [AttributeValue(attribute, value, None) for value in attribute.values]
    return {
        "id": _id(attribute.fqn),
        "namespace": {
            "id": _id(NAMESPACE),
            "name": NAMESPACE.removeprefix("https://"),
            "fqn": NAMESPACE,
            "active": True,
        },
        "name": attribute.name,
        "rule": _rule(attribute),
        "values": [_value(house, one) for one in own],
        "fqn": attribute.fqn,
        "active": True,
    }


def _value(house: House, one: AttributeValue) -> dict[str, Json]:
    written: dict[str, Json] = {"id": _id(one.fqn), "value": one.value, "fqn": one.fqn, "active": True}
    if one.key is not None:
        written["kasKeys"] = _keys(house, one.key)
    return written


def _simple_key(house: House, key: ServiceKeyView) -> dict[str, Json]:
    origin = house.urls.key_service
    public: dict[str, Json] = {"algorithm": _ALGORITHMS[key.algorithm], "kid": key.kid, "pem": key.public_pem}
    return {"kasUri": origin, "publicKey": public, "kasId": _id(origin)}


def _server(name: str, origin: str, source: str, keys: list[Json]) -> dict[str, Json]:
    return {"id": _id(origin), "uri": origin, "sourceType": source, "kasKeys": keys, "name": name}
