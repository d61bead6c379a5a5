"""What a key service sees of a joint item's manifests: that it holds one share of each, and never the payload key.

A client that seals could cheat: give one nation the whole key as its share, or all of it across the two manifests. So
each service, the sealer's before registration and the co-owner's before acceptance, unwraps its own share of each
manifest and sees that neither these shares nor their sum open the payload, that no share is empty of randomness or
used twice, here or in another joint item, and that both manifests are over one payload. A share that two items have in
common would let one nation, from the key of the first that its people opened, open the second alone. The label
assertion only readers can check.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from datetime import timedelta

from relto.base.errors import MalformedInput, NotVerified
from relto.sealing.integrity import Integrity, verify_root
from relto.sealing.manifest import Manifest, parse_manifest
from relto.sealing.policy import read_policy
from relto.sealing.registration import payload_digest
from relto.sealing.shares import SHARE_BYTES, combine
from relto.services.house import House
from relto.services.service_keys import KeyRing
from relto.store.models import SingleUse

_SPLITS = 2
_PURPOSE = "joint-share"
_MARK = b"relto joint share\x00"
_HALF = 32  # of a SHA-256 in hex: 128 bits tell two random shares apart
_FOR_EVER = timedelta(days=365 * 100)


def check_joint_manifests(house: House, keyring: KeyRing, manifests: Sequence[bytes]) -> None:
    """One or both manifests of a joint item hold, as far as this service can see.

    Raises MalformedInput("joint_shares") for another form than two shares of which one is ours, NotVerified("share")
    for one that does not unwrap or is not bound to its policy, NotVerified("joint_shares") for a key that is not split,
    NotVerified("joint_payload") for two payloads.
    """
    parsed = [parse_manifest(content) for content in manifests]
    own = [_own_share(keyring, manifest) for manifest in parsed]
    digests = {payload_digest(manifest.integrity) for manifest in parsed}
    if len(digests) != 1:
        raise NotVerified("joint_payload", field="integrityInformation", expected="one payload under both manifests")
    # A share of zeros is no share: the other nation's would be the key itself.
    known = [bytes(SHARE_BYTES)]
    for share in own:
        if any(hmac.compare_digest(share, before) for before in known):
            raise NotVerified("joint_shares", field="keyAccess", expected="fresh shares in each manifest")
        known.append(share)
    whole = [*own, combine(own)] if len(own) > 1 else own
    if any(_opens(share, parsed[0].integrity) for share in whole):
        raise NotVerified("joint_shares", field="keyAccess", expected="a key that neither nation holds alone")
    house.commit(lambda: _require_fresh(house, [*zip(own, parsed, strict=True)]))


def _require_fresh(house: House, own: Sequence[tuple[bytes, Manifest]]) -> None:
    """No share was seen in another manifest before; a digest of each is kept, from which nobody learns the share."""
    for share, manifest in own:
        mark = hashlib.sha256(_MARK + share).hexdigest()[:_HALF]
        policy = hashlib.sha256(read_policy(manifest.policy_text).uuid.encode()).hexdigest()[:_HALF]
        seen = SingleUse.objects.filter(purpose=_PURPOSE, value__startswith=mark)
        if seen.exclude(value=mark + policy).exists():
            raise NotVerified("joint_shares", field="keyAccess", expected="fresh shares in each manifest")
        SingleUse.objects.get_or_create(
            purpose=_PURPOSE, value=mark + policy, defaults={"expires_at": house.now() + _FOR_EVER}
        )


def _own_share(keyring: KeyRing, manifest: Manifest) -> bytes:
    """The one share of the manifest that this service can unwrap."""
    split_ids = {item.sid for item in manifest.key_access}
    ours = [item for item in manifest.key_access if keyring.holds(item.kid)]
    if len(manifest.key_access) != _SPLITS or len(split_ids) != _SPLITS or len(ours) != 1:
        raise MalformedInput("joint_shares", field="keyAccess", expected="two shares, one for each nation's service")
    return keyring.unwrap(ours[0].kid, ours[0], manifest.policy_text)


def _opens(key: bytes, integrity: Integrity) -> bool:
    try:
        verify_root(integrity, key)
    except NotVerified:
        return False
    return True
