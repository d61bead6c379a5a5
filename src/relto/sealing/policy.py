"""The policy string of a container: base64 of a JSON object, opaque to everything but this module.

The key binding is computed over the string exactly as received, so it is read here and never written again from what
was read. Written form: standard alphabet, padded, no line breaks; otherwise some clients cannot open the file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from relto.base.canonical import read_object
from relto.base.errors import MalformedInput
from relto.sealing.encoding import (
    as_object,
    base64_text,
    member_list,
    member_text,
    read_base64,
    refuse_unspeakable,
)

MAX_POLICY_BYTES = 128 * 1024
MAX_ATTRIBUTES = 250
MAX_DISSEMINATION = 1000
MAX_NAME = 2048
_KEPT_TEXT = 16 * 1024
_UUID = re.compile(r"\A[0-9A-Za-z][0-9A-Za-z._:-]{0,127}\Z")


@dataclass(frozen=True, slots=True)
class TdfPolicy:
    """What a policy says: its identifier, the attribute value FQNs as written, and the people it is limited to."""

    uuid: str
    attributes: tuple[str, ...]
    dissem: tuple[str, ...]


def build_policy(uuid: str, attributes: Sequence[str], dissem: Sequence[str] = ()) -> str:
    """The base64 policy text for these attribute value FQNs. Raises MalformedInput."""
    if not _UUID.match(uuid):
        raise MalformedInput("policy.uuid", field="policy.uuid", expected="an identifier such as a UUID")
    body = {
        "dataAttributes": [
            {"attribute": name, "displayName": "", "isDefault": False, "pubKey": "", "kasURL": ""}
            for name in attributes
        ],
        "dissem": list(dissem),
    }
    text = json.dumps({"uuid": uuid, "body": body}, separators=(",", ":"), ensure_ascii=True)
    policy_text = base64_text(text.encode("ascii"))
    read_policy(policy_text)
    return policy_text


def read_policy(text: str) -> TdfPolicy:
    """What the policy string says. Raises MalformedInput or TooLarge; the string itself is never re-encoded."""
    return _read_again(text) if len(text) <= _KEPT_TEXT else _read(text)


def _read(text: str) -> TdfPolicy:
    document = read_object(
        read_base64(text, field="policy", max_bytes=MAX_POLICY_BYTES), field="policy", max_bytes=MAX_POLICY_BYTES
    )
    refuse_unspeakable(document, field="policy")
    uuid = member_text(document, "uuid", field="policy", max_length=128)
    if not _UUID.match(uuid):
        raise MalformedInput("policy.uuid", field="policy.uuid", expected="an identifier such as a UUID")
    body = as_object(document.get("body"), field="policy.body")
    attributes = member_list(body, "dataAttributes", field="policy.body", max_items=MAX_ATTRIBUTES)
    dissem = member_list(body, "dissem", field="policy.body", max_items=MAX_DISSEMINATION)
    return TdfPolicy(
        uuid=uuid,
        attributes=tuple(_attribute_name(item) for item in attributes),
        dissem=tuple(_person(item) for item in dissem),
    )


_read_again = lru_cache(maxsize=512)(_read)
"""The same text says the same for ever; what cannot be read is not kept."""


def _attribute_name(item: object) -> str:
    field = "policy.body.dataAttributes"
    name = member_text(as_object(item, field=field), "attribute", field=field, max_length=MAX_NAME)
    if not name:
        raise MalformedInput("policy.attribute", field=field, expected="an attribute value FQN")
    return name


def _person(item: object) -> str:
    if not isinstance(item, str) or not item or len(item) > MAX_NAME:
        raise MalformedInput("policy.dissem", field="policy.body.dissem", expected="an array of identifiers")
    return item
