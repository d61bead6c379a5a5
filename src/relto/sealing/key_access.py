"""Key access objects: one wrapped share each, as manifests and requests carry them (OpenTDF spec, key access)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from relto.base.canonical import Json
from relto.base.errors import MalformedInput
from relto.sealing.encoding import DEFAULT_MAX_TEXT, member_text

MAX_WRAPPED_TEXT = 4096
MAX_URL = 2048
MAX_SHORT = 256


@dataclass(frozen=True, slots=True)
class KeyAccess:
    """One key access object; texts exactly as written. `binding_hash` is base64, `sid` "" names the only split."""

    type: str
    url: str
    kid: str
    sid: str
    wrapped_key: str
    binding_hash: str
    binding_algorithm: str = "HS256"
    encrypted_metadata: str = ""
    ephemeral_public_key: str = ""
    protocol: str = "kas"
    schema_version: str = "1.0"

    def as_json(self) -> dict[str, object]:
        """The members every client reads; optional ones only when they say something."""
        written: dict[str, object] = {
            "type": self.type,
            "url": self.url,
            "protocol": self.protocol,
            "wrappedKey": self.wrapped_key,
            "policyBinding": {"alg": self.binding_algorithm, "hash": self.binding_hash},
            "kid": self.kid,
            "sid": self.sid,
        }
        if self.schema_version:
            written["schemaVersion"] = self.schema_version
        if self.encrypted_metadata:
            written["encryptedMetadata"] = self.encrypted_metadata
        if self.ephemeral_public_key:
            written["ephemeralPublicKey"] = self.ephemeral_public_key
        return written

    def plain_json(self) -> dict[str, Json]:
        """The same with plain values alone, for a canonical document."""
        return {
            name: {str(part): str(one) for part, one in value.items()} if isinstance(value, dict) else str(value)
            for name, value in self.as_json().items()
        }


def read_key_access(found: Mapping[str, object], *, field: str) -> KeyAccess:
    """One key access object of a manifest; unknown members are ignored. Raises MalformedInput or TooLarge."""

    def text(name: str, default: str | None = None, max_length: int = MAX_SHORT) -> str:
        return member_text(found, name, field=field, default=default, max_length=max_length)

    binding_hash, binding_algorithm = read_binding(found.get("policyBinding"), field=f"{field}.policyBinding")
    return KeyAccess(
        type=text("type"),
        url=text("url", max_length=MAX_URL),
        kid=text("kid", ""),
        sid=text("sid", ""),
        wrapped_key=text("wrappedKey", max_length=MAX_WRAPPED_TEXT),
        binding_hash=binding_hash,
        binding_algorithm=binding_algorithm,
        encrypted_metadata=text("encryptedMetadata", "", DEFAULT_MAX_TEXT),
        ephemeral_public_key=text("ephemeralPublicKey", "", MAX_WRAPPED_TEXT),
        protocol=text("protocol", "kas"),
        schema_version=text("schemaVersion", ""),
    )


def read_binding(found: object, *, field: str) -> tuple[str, str]:
    """Hash text and algorithm of a policy binding: an object, or in legacy files the bare hash."""
    if isinstance(found, str):
        found = {"hash": found}
    if not isinstance(found, Mapping):
        raise MalformedInput("binding", field=field, expected="an object with alg and hash, or the hash")
    algorithm = member_text(found, "alg", field=field, default="", max_length=MAX_SHORT)
    if not algorithm:
        algorithm = member_text(found, "algorithm", field=field, default="HS256", max_length=MAX_SHORT)
    return member_text(found, "hash", field=field, max_length=MAX_SHORT), algorithm
