"""The parties' addresses and public keys, and the joint programmes with their agreed facilities."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from relto.base.errors import MalformedInput
from relto.base.nations import Nation, read_nation
from relto.rules.custodians import Custodians, check_apart, read_custodians
from relto.signing.keys import StatementPublicKey


@dataclass(frozen=True, slots=True)
class ServiceKey:
    """A public key of a nation's key service: identifier, algorithm (such as "rsa:2048") and PEM text."""

    kid: str
    algorithm: str
    pem: str


@dataclass(frozen=True, slots=True)
class Party:
    """One nation's authority, node, key service, log and witnesses.

    `link_ca_fingerprints`: hex SHA-256 of the DER certificates of the authorities that issue the link's certificates.
    `log_vkeys`, `witness_vkeys`, `cosigner_vkeys`: note verifier keys (C2SP signed-note) of the log, of the authority's
    witness and of the node as a cosigner of its partner's log. `custodians`: who may recover, None when nobody may.
    """

    nation: Nation
    authority_keys: tuple[StatementPublicKey, ...]
    node_keys: tuple[StatementPublicKey, ...]
    link_ca_fingerprints: tuple[str, ...]
    link_url: str | None
    kas_url: str
    relay_url: str
    kas_keys: tuple[ServiceKey, ...]
    log_origin: str
    log_vkeys: tuple[str, ...]
    witness_vkeys: tuple[str, ...]
    cosigner_vkeys: tuple[str, ...]
    custodians: Custodians | None = None


@dataclass(frozen=True, slots=True)
class Programme:
    """A joint programme and its list of cleared facilities ("Basic List", MIS-22): code -> nation."""

    code: str
    nations: frozenset[Nation]
    facilities: Mapping[str, Nation]


def read_parties(value: Mapping[str, Any]) -> dict[Nation, Party]:
    """The parties of a checked `parties.json`. Raises MalformedInput or NotVerified for a key that is not as stated."""
    parties = {
        read_nation(nation): _party(read_nation(nation), entry) for nation, entry in sorted(value["parties"].items())
    }
    check_apart(
        [party.custodians for party in parties.values() if party.custodians is not None],
        [key.pem for party in parties.values() for key in party.kas_keys],
    )
    return parties


def _party(nation: Nation, entry: Mapping[str, Any]) -> Party:
    def keys(member: str) -> tuple[StatementPublicKey, ...]:
        return tuple(
            StatementPublicKey.from_dict(key, field=f"parties.json/{nation}/{member}") for key in entry[member]
        )

    return Party(
        nation=nation,
        authority_keys=keys("authority_keys"),
        node_keys=keys("node_keys"),
        link_ca_fingerprints=tuple(entry["link_ca_fingerprints"]),
        link_url=entry.get("link_url"),
        kas_url=entry["kas_url"],
        relay_url=entry["relay_url"],
        kas_keys=tuple(ServiceKey(key["kid"], key["algorithm"], key["pem"]) for key in entry["kas_keys"]),
        log_origin=entry["log"]["origin"],
        log_vkeys=tuple(entry["log"]["vkeys"]),
        witness_vkeys=tuple(entry["witness_vkeys"]),
        cosigner_vkeys=tuple(entry["cosigner_vkeys"]),
        custodians=read_custodians(nation, entry),
    )


def read_programmes(value: Mapping[str, Any], nations: frozenset[Nation]) -> dict[str, Programme]:
    """The programmes of a checked `programmes.json`.

    Raises MalformedInput for a doubled code, a nation that is no party, or a facility of a nation outside the
    programme.
    """
    programmes: dict[str, Programme] = {}
    for entry in value["programmes"]:
        programme = Programme(
            code=entry["code"],
            nations=frozenset(read_nation(nation) for nation in entry["nations"]),
            facilities={facility["code"]: read_nation(facility["nation"]) for facility in entry["facilities"]},
        )
        doubled = programme.code in programmes or len(programme.facilities) != len(entry["facilities"])
        if doubled or not programme.nations <= nations or not set(programme.facilities.values()) <= programme.nations:
            raise MalformedInput(
                "programmes", field=f"programmes.json/{programme.code}", expected="each code once, and parties only"
            )
        programmes[programme.code] = programme
    return programmes
