"""The agreement that the key service's stories take place under: signed by both authorities, stored, in force."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from functools import cache
from importlib import resources

from relto.base.nations import Nation
from relto.rules.bundle import Bundle, reopen_bundle
from relto.rules.manifest import sign_bundle
from relto.rules.training import build_training_bundle
from relto.sealing.keys import generate_service_key, public_key_of
from relto.services.service_keys import current_wrapping_key
from relto.signing.keys import StatementKey
from relto.store.models import AgreementBundle
from tests.unit.services_kas.node import START, USA, Node

IND = Nation("IND")
PROGRAMME = "MONSOON-LARK"
INDIAN_KEY = generate_service_key("ec:secp256r1")
INDIAN_SERVICE, INDIAN_RELAY = "http://ind.localhost:8201", "http://ind.localhost:8202"
ORIGINS = {USA: ("http://usa.localhost:8101", "http://usa.localhost:8102"), IND: (INDIAN_SERVICE, INDIAN_RELAY)}


@cache
def authority(nation: str) -> StatementKey:
    return StatementKey.from_seeds(f"{nation}/authority", nation.encode() * 10 + b"AU", nation.encode() * 10 + b"BU")


AUTHORITIES = {nation: authority(nation).public for nation in (USA, IND)}


@cache
def node_key(nation: str) -> StatementKey:
    return StatementKey.from_seeds(f"{nation}/node", bytes(32), bytes(32))


@cache
def signed_agreement(kid: str, pem: str) -> bytes:
    """The agreement of both authorities that names the two nodes' origins, this American key, and a joint programme."""
    keys = {USA: (kid, pem), IND: ("ind-ec-1", public_key_of(INDIAN_KEY))}
    parties = {
        nation: {
            "authority_keys": [dict(authority(nation).public.as_dict())],
            "node_keys": [dict(node_key(nation).public.as_dict())],
            "link_ca_fingerprints": ["0" * 64],
            "kas_url": ORIGINS[nation][0],
            "relay_url": ORIGINS[nation][1],
            "kas_keys": [{"kid": keys[nation][0], "algorithm": "ec:secp256r1", "pem": keys[nation][1]}],
            "log": {"origin": f"{nation.lower()}.localhost/ledger", "vkeys": [f"{nation.lower()}+00000000+AQ=="]},
            "cosigner_vkeys": [f"{nation.lower()}.localhost/cosigner+00000000+AQ=="],
            "witness_vkeys": [f"witness.{nation.lower()}+00000000+AQ=="],
        }
        for nation in (USA, IND)
    }
    data = resources.files("relto.labels").joinpath("data")
    file = build_training_bundle(
        parties=parties,  # type: ignore[arg-type]
        programmes=[
            {
                "code": PROGRAMME,
                "nations": ["IND", "USA"],
                "facilities": [{"code": "USA-F001", "nation": "USA"}, {"code": "IND-F001", "nation": "IND"}],
            }
        ],
        schemes={nation: data.joinpath(f"{nation.lower()}.json").read_bytes() for nation in (USA, IND)},
        version=1,
        supersedes=None,
        effective_from=START - timedelta(days=1),
        expires=START + timedelta(days=300),
    )
    return sign_bundle(sign_bundle(file, authority(USA)), authority(IND))


@cache
def opened_agreement(signed: bytes) -> Bundle:
    """The same, opened as a node opens it."""
    return reopen_bundle(signed, authorities=AUTHORITIES, node_kind="training")


def agree(node: Node, *, names_own_key: bool = False) -> Node:
    """The node follows the agreement. `names_own_key`: it names the node's present key, which a release needs."""
    own = current_wrapping_key("ec:secp256r1") if names_own_key else None
    kid, pem = (own.kid, own.public_pem) if own is not None else ("usa-ec-0", public_key_of(INDIAN_KEY))
    signed = signed_agreement(kid, pem)
    opened = opened_agreement(signed)
    AgreementBundle.objects.create(
        agreement=opened.agreement,
        version=opened.version,
        digest=opened.digest,
        file=signed,
        effective_from=opened.effective_from,
        expires=opened.expires,
        activated_at=START,
    )
    return dataclasses.replace(node, house=dataclasses.replace(node.house, authorities=AUTHORITIES))
