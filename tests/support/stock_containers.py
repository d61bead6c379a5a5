"""A container as a stock OpenTDF client makes it: its own identifier, no label inside, one share for one service."""

from __future__ import annotations

import io
import os
import uuid
from collections.abc import Sequence

from relto.client.sealing import ServiceKey
from relto.labels.attributes import NAMESPACE
from relto.sealing.archive import ContainerWriter
from relto.sealing.manifest import build_manifest
from relto.sealing.payload import PayloadSealer
from relto.sealing.policy import build_policy
from relto.sealing.wrapping import wrap_share

# The attributes for the label {"level": "SECRET", "audience": ["USA", "IND"]} and the programme of the demo.
SECRET_FOR_BOTH = (
    "classification/value/usa-secret",
    "owner/value/usa",
    "programme/value/monsoon-lark",
    "releasable-to/value/ind",
    "releasable-to/value/usa",
)


def attribute_names(attributes: Sequence[str]) -> list[str]:
    """The full names of attribute values."""
    return [f"{NAMESPACE}/attr/{attribute}" for attribute in attributes]


def stock_container(
    plain: bytes, key: ServiceKey, attributes: Sequence[str] = SECRET_FOR_BOTH, identity: str = ""
) -> bytes:
    """The sealed bytes; `attributes` without the namespace; `identity` in place of a fresh uuid."""
    out, payload_key = io.BytesIO(), os.urandom(32)
    container = ContainerWriter(out)
    sealer = PayloadSealer(container, payload_key, random=os.urandom)
    sealer.write(plain)
    sealed = sealer.finish()
    policy = build_policy(identity or str(uuid.uuid4()), attribute_names(attributes))
    share = wrap_share(
        payload_key,
        public_key_pem=key.pem,
        kid=key.kid,
        url=key.url,
        sid="",
        policy_text=policy,
        random=os.urandom,
    )
    container.finish(build_manifest(policy, [share], sealed, [], "application/octet-stream"), sealed.crc32)
    return out.getvalue()
