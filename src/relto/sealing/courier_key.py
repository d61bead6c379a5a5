"""The content key of a courier bundle: wrapped for the recipient's key service, and what it seals.

Rules kept here:
 1. Each bundle has its own random key. A file is sealed with AES-256-GCM, its place in the bundle as nonce and its name
    as additional data; no two files of a bundle have the same place.
 2. The key is wrapped like a share and bound to a policy that names the bundle and nothing else. A key service opens it
    only under such a policy, so the way to open bundles opens no share: whoever does not know a share cannot bind it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from relto.base.canonical import Json
from relto.base.errors import NotVerified
from relto.base.nations import Nation
from relto.sealing.key_access import KeyAccess, read_key_access
from relto.sealing.policy import build_policy, read_policy
from relto.sealing.shares import SHARE_BYTES
from relto.sealing.wrapping import wrap_share

KEY_BYTES = SHARE_BYTES
COURIER_ATTRIBUTE = "https://relto.invalid/attr/carried/value/courier-bundle"
_NONCE_BYTES = 12


def courier_policy(sender: Nation, recipient: Nation, number: int) -> str:
    """The policy text that the key of this bundle is bound to."""
    return build_policy(f"courier-{sender}-{recipient}-{number}", [COURIER_ATTRIBUTE])


def check_courier_policy(policy_text: str, recipient: Nation) -> None:
    """Raises NotVerified("courier.key") unless the policy is that of a courier bundle for this nation."""
    parts = read_policy(policy_text).uuid.split("-")
    sound = len(parts) == 4 and parts[3].isdecimal() and len(parts[3]) < len(str(2**63))  # noqa: PLR2004  the name's parts
    if not sound or policy_text != courier_policy(Nation(parts[1]), recipient, int(parts[3])):
        raise NotVerified("courier.key", field="policy", expected="the policy of a courier bundle for this nation")


def wrap_courier_key(
    key: bytes, *, pem: str, kid: str, url: str, policy_text: str, random: Callable[[int], bytes]
) -> dict[str, Json]:
    """The key access object of a bundle's manifest."""
    wrapped = wrap_share(key, public_key_pem=pem, kid=kid, url=url, sid="", policy_text=policy_text, random=random)
    return {name: value for name, value in wrapped.as_json().items() if isinstance(value, str | dict)}


def read_courier_key(found: Mapping[str, Json]) -> KeyAccess:
    """The key access object of a manifest. Raises MalformedInput."""
    return read_key_access(found, field="key")


def seal_file(key: bytes, place: int, name: str, data: bytes) -> bytes:
    """The file at this place of the bundle, sealed."""
    return AESGCM(key).encrypt(place.to_bytes(_NONCE_BYTES, "big"), data, name.encode("ascii"))


def open_file(key: bytes, place: int, name: str, sealed: bytes) -> bytes:
    """What was sealed. Raises NotVerified("courier.seal")."""
    try:
        return AESGCM(key).decrypt(place.to_bytes(_NONCE_BYTES, "big"), sealed, name.encode("ascii"))
    except (InvalidTag, ValueError) as error:
        raise NotVerified("courier.seal", field=name, expected="what the sender sealed at this place") from error
