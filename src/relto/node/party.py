"""A node's party record: its public keys and addresses, as the agreement bundle lists them.

And what is pinned at pairing.
"""

from __future__ import annotations

from dataclasses import dataclass

from relto.base.canonical import Json, canonical_bytes, read_object
from relto.base.errors import MalformedInput
from relto.base.nations import Nation, read_nation
from relto.ledger.notes import read_vkey
from relto.node.certificates import certificate_sha256
from relto.node.folder import NodeFolder
from relto.node.settings import is_origin
from relto.signing.keys import StatementPublicKey

_LARGEST = 256 * 1024
_SERVICE_KEY = ("kid", "algorithm", "pem")


@dataclass(frozen=True, slots=True)
class Log:
    """A node's log: its origin line and its verifier keys."""

    origin: str
    vkeys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Party:
    """The members of a party record that a partner pins."""

    nation: Nation
    authority: StatementPublicKey
    link_url: str
    link_authority_pem: str
    log: Log


def read_party(data: bytes) -> Party:
    """The pinned members of a party record, all of which is checked. Raises MalformedInput naming the member."""
    record = read_object(data, field="party record", max_bytes=_LARGEST)
    nation = read_nation(record.get("nation"), field="party.nation")
    authority = StatementPublicKey.from_dict(record.get("authority"), field="party.authority")
    link = record.get("link")
    if not isinstance(link, dict):
        raise MalformedInput("party", field="party.link", expected="url, ca_pem and ca_sha256")
    url, pem, digest = link.get("url"), link.get("ca_pem"), link.get("ca_sha256")
    if not isinstance(url, str) or not is_origin(url, schemes=("https",)):
        raise MalformedInput("party", field="party.link.url", expected="https://host:port")
    if not isinstance(pem, str):
        raise MalformedInput("party", field="party.link.ca_pem", expected="a PEM certificate")
    try:
        found = certificate_sha256(pem.encode("ascii"))
    except ValueError as error:
        raise MalformedInput("party", field="party.link.ca_pem", expected="a PEM certificate") from error
    if digest != found:
        raise MalformedInput("party", field="party.link.ca_sha256", expected="the fingerprint of ca_pem")
    if authority.owner != f"{nation}/authority":
        raise MalformedInput("party", field="party.authority.owner", expected=f"{nation}/authority")
    _check_addresses(record)
    _check_node(record, nation)
    read_cosigners(data)
    return Party(nation, authority, url, pem, _log(record))


def _check_addresses(record: dict[str, Json]) -> None:
    for member in ("portal_url", "key_service_url", "relay_url"):
        if not is_origin(record.get(member)):
            raise MalformedInput("party", field=f"party.{member}", expected="scheme://host:port")


def _check_node(record: dict[str, Json], nation: Nation) -> None:
    node = StatementPublicKey.from_dict(record.get("node"), field="party.node")
    if node.owner != f"{nation}/node":
        raise MalformedInput("party", field="party.node.owner", expected=f"{nation}/node")
    keys = record.get("service_keys")
    if not isinstance(keys, list) or not keys:
        raise MalformedInput("party", field="party.service_keys", expected="a list of kid, algorithm and pem")
    for position, key in enumerate(keys):
        if not isinstance(key, dict) or not all(isinstance(key.get(name), str) for name in _SERVICE_KEY):
            raise MalformedInput("party", field=f"party.service_keys[{position}]", expected=", ".join(_SERVICE_KEY))


def _log(record: dict[str, Json]) -> Log:
    ledger = record.get("ledger")
    origin = ledger.get("origin") if isinstance(ledger, dict) else None
    if not isinstance(ledger, dict) or not isinstance(origin, str) or not origin.isprintable() or not origin:
        raise MalformedInput("party", field="party.ledger.origin", expected="the origin line of the node's log")
    return Log(origin, _vkeys(ledger, "ledger"))


@dataclass(frozen=True, slots=True)
class Cosigners:
    """The cosigners that a party record names: the authority's witness and the node itself."""

    witness_name: str
    witness_url: str
    witness_vkeys: tuple[str, ...]
    node_vkeys: tuple[str, ...]


def read_cosigners(data: bytes) -> Cosigners:
    """The cosigners of a party record. Raises MalformedInput naming the member."""
    record = read_object(data, field="party record", max_bytes=_LARGEST)
    witness, node = record.get("witness"), record.get("cosigner")
    if not isinstance(witness, dict) or not isinstance(node, dict):
        raise MalformedInput("party", field="party.witness", expected="witness and cosigner")
    name, url = witness.get("name"), witness.get("url")
    if not isinstance(name, str) or not isinstance(url, str):
        raise MalformedInput("party", field="party.witness", expected="name and url as texts")
    return Cosigners(name, url, _vkeys(witness, "witness"), _vkeys(node, "cosigner"))


def _vkeys(holder: dict[str, Json], member: str) -> tuple[str, ...]:
    vkeys = holder.get("vkeys")
    if not isinstance(vkeys, list) or not vkeys:
        raise MalformedInput("party", field=f"party.{member}.vkeys", expected="a list of verifier keys")
    for vkey in vkeys:
        try:
            read_vkey(str(vkey))
        except MalformedInput as error:
            raise MalformedInput("party", field=f"party.{member}.vkeys", expected=error.expected) from error
    return tuple(str(vkey) for vkey in vkeys)


def pin_partner(folder: NodeFolder, data: bytes, own_nation: Nation) -> Party:
    """Pin a partner's authority key and link authority.

    Raises MalformedInput for an unfit record, or the own nation's.
    """
    party = read_party(data)
    if party.nation == own_nation:
        raise MalformedInput("own_nation", field="party.nation", found=party.nation, expected="another nation's record")
    folder.partner(party.nation).write_bytes(canonical_bytes(read_object(data, field="party record")))
    folder.partner_link_authority(party.nation).write_text(party.link_authority_pem, encoding="ascii")
    return party


def pinned_partners(folder: NodeFolder) -> list[Party]:
    """The partners pinned so far, by nation."""
    places = sorted((folder.root / "partners").glob("???.json"))
    return [read_party(place.read_bytes()) for place in places]


def party_record(members: dict[str, Json]) -> bytes:
    """The canonical bytes of a party record."""
    return canonical_bytes(members)
