"""What an originating node registers and signs of a manifest, and a release's new manifest over the same payload.

Whoever holds a payload key could forge a weaker policy around it, so a key service releases a share only for a manifest
that is registered. Any change of policy, key access (type, url, kid, sid, wrapped key, binding), assertions or
integrity information changes the fingerprint. Encodings that clients may rewrite on the way (base64 alphabet, hex or
raw binding) do not: digests are over the bytes.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from relto.base.canonical import Json, canonical_bytes, sha256_hex
from relto.base.errors import MalformedInput, ReltoError
from relto.sealing.encoding import member_list, member_text, read_any_base64
from relto.sealing.integrity import Integrity, verify_root
from relto.sealing.key_access import KeyAccess
from relto.sealing.manifest import MAX_KEY_ACCESS, Manifest, build_manifest
from relto.sealing.policy import read_policy
from relto.sealing.wrapping import binding_bytes

NIL_UUID = str(uuid.UUID(int=0))


@dataclass(frozen=True, slots=True)
class ManifestFingerprint:
    """Lower-case hex SHA-256 digests of the parts of one manifest; `key_access_entries` has one per object in order."""

    uuid: str
    policy_digest: str
    key_access_digest: str
    payload_digest: str
    assertions_digest: str
    key_access_entries: tuple[str, ...]

    def as_dict(self) -> dict[str, Json]:
        """Plain JSON for a statement to sign; `from_dict` reads it back."""
        return {
            "uuid": self.uuid,
            "policy_digest": self.policy_digest,
            "key_access_digest": self.key_access_digest,
            "payload_digest": self.payload_digest,
            "assertions_digest": self.assertions_digest,
            "key_access_entries": list(self.key_access_entries),
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, object]) -> ManifestFingerprint:
        """The value `as_dict` gave. Raises MalformedInput."""
        field = "fingerprint"
        entries = member_list(stored, "key_access_entries", field=field, max_items=MAX_KEY_ACCESS, min_items=1)
        if not all(isinstance(entry, str) for entry in entries):
            raise MalformedInput("fingerprint", field="fingerprint.key_access_entries", expected="hex digests")
        return cls(
            uuid=member_text(stored, "uuid", field=field),
            policy_digest=member_text(stored, "policy_digest", field=field),
            key_access_digest=member_text(stored, "key_access_digest", field=field),
            payload_digest=member_text(stored, "payload_digest", field=field),
            assertions_digest=member_text(stored, "assertions_digest", field=field),
            key_access_entries=tuple(str(entry) for entry in entries),
        )

    def covers(self, key_access: KeyAccess, policy_text: str) -> bool:
        """True when a rewrap request's key access object and policy string are those of this manifest."""
        return (
            policy_digest(policy_text) == self.policy_digest
            and key_access_entry_digest(key_access) in self.key_access_entries
        )


def container_identity(policy_uuid: str, key_access: KeyAccess) -> str:
    """What a container is known by: its policy's uuid, or, when that is the nil UUID, one made of its key access.

    Some clients write the nil UUID (RFC 9562 section 5.9) into every policy; each of their containers still has a key
    of its own, so the digest of its one key access object gives it a UUID of version 8 (section 5.8).
    """
    if policy_uuid != NIL_UUID:
        return policy_uuid
    made = bytearray(bytes.fromhex(key_access_entry_digest(key_access))[:16])
    made[6], made[8] = made[6] & 0x0F | 0x80, made[8] & 0x3F | 0x80
    return str(uuid.UUID(bytes=bytes(made)))


def policy_digest(policy_text: str) -> str:
    """Digest of the policy string exactly as written."""
    return sha256_hex(policy_text.encode("utf-8", "surrogatepass"))


@lru_cache(maxsize=512)
def key_access_entry_digest(key_access: KeyAccess) -> str:
    """Digest of one key access object over the members that a rewrap request carries."""
    return sha256_hex(
        canonical_bytes(
            {
                "type": key_access.type,
                "url": key_access.url,
                "kid": key_access.kid,
                "sid": key_access.sid,
                "wrapped_key": read_any_base64(key_access.wrapped_key, field="wrappedKey").hex(),
                "binding": _binding_text(key_access.binding_hash),
                "ephemeral_public_key": "".join(key_access.ephemeral_public_key.split()),
            }
        )
    )


def _binding_text(binding_hash: str) -> str:
    try:
        return binding_bytes(binding_hash).hex()
    except ReltoError:
        # A binding that is no digest opens nothing, but the manifest still has a fingerprint.
        return f"unread:{binding_hash}"


def payload_digest(integrity: Integrity) -> str:
    """Digest of the root signature and the segment table: the same for every manifest over one payload."""
    digest = hashlib.sha256()
    head = {
        "root_signature": integrity.root_signature,
        "root_algorithm": integrity.root_algorithm,
        "segment_hash_algorithm": integrity.segment_hash_algorithm,
        "legacy": integrity.legacy,
        "segments": len(integrity.segments),
    }
    digest.update(canonical_bytes(head))
    for row in integrity.segments:
        digest.update(canonical_bytes([row.hash, row.segment_size, row.encrypted_size]))
    return digest.hexdigest()


def manifest_fingerprint(manifest: Manifest) -> ManifestFingerprint:
    """The fingerprint of a parsed manifest. Raises MalformedInput when its policy cannot be read."""
    entries = tuple(key_access_entry_digest(item) for item in manifest.key_access)
    protocols = [[item.protocol, item.encrypted_metadata, item.binding_algorithm] for item in manifest.key_access]
    return ManifestFingerprint(
        uuid=container_identity(read_policy(manifest.policy_text).uuid, manifest.key_access[0]),
        policy_digest=policy_digest(manifest.policy_text),
        key_access_digest=sha256_hex(canonical_bytes({"entries": list(entries), "carried": protocols})),
        payload_digest=payload_digest(manifest.integrity),
        assertions_digest=sha256_hex(
            canonical_bytes({"mime_type": manifest.mime_type, "assertions": list(manifest.assertions)})
        ),
        key_access_entries=entries,
    )


def two_share_manifest(
    original: Manifest,
    *,
    payload_key: bytes,
    policy_text: str,
    key_access: Sequence[KeyAccess],
    assertions: Sequence[Mapping[str, Json]] = (),
) -> bytes:
    """A release: a new manifest with its own policy and shares over the same, unchanged payload.

    The payload key must verify the original's root signature, or NotVerified("root") is raised; the table and the
    signature are taken over as they are, so the payload digest stays the same.
    """
    verify_root(original.integrity, payload_key)
    read_policy(policy_text)
    return build_manifest(policy_text, key_access, original.integrity, assertions, original.mime_type)
