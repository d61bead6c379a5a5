"""From party records to an agreement bundle: what two authorities do at a table, not inside a node."""

from __future__ import annotations

from collections.abc import Sequence

from relto.base.canonical import Json, read_object
from relto.base.errors import Conflict, MalformedInput, UnknownValue
from relto.base.ids import read_code
from relto.base.instants import Instant, instant_text
from relto.base.nations import Nation, read_nation
from relto.node.draft_changes import changed_equivalence, changed_limits, custodian_entries, scheme_of
from relto.node.party import read_party
from relto.rules.authority_keys import AuthorityKeys, rotation_nation
from relto.rules.bundle import Bundle, open_bundle
from relto.rules.facts import LevelCode
from relto.rules.gates import read_gates
from relto.rules.limits import REGISTERED, RELEASED
from relto.rules.manifest import read_proposed
from relto.rules.shapes import read_shape
from relto.rules.training import build_training_bundle

_NATIONS = 2


def draft_training_bundle(  # noqa: PLR0913  a draft has this many independent parts
    records: Sequence[bytes],
    programme: str,
    facilities: Sequence[str],
    *,
    version: int,
    effective_from: Instant,
    expires: Instant,
    limits: Sequence[str] = (),
    equivalents: Sequence[str] = (),
    custodians: Sequence[bytes] = (),
    quorums: Sequence[str] = (),
    rotations: Sequence[bytes] = (),
) -> bytes:
    """An unsigned training bundle between the nodes of these party records, with one joint programme.

    `facilities`: NATION:CODE of each cleared facility; `limits`: CODE=NUMBER UNIT in place of the training default;
    `equivalents`: NATION:LEVEL=NATION:LEVEL, a level that the two sides agree to treat as one of the other's.
    `custodians`: public files of those who may recover; `quorums`: NATION=NUMBER, how many of them it takes.
    `rotations`: statements by which authorities replaced the keys of these records, in order; the draft names the
    newest key of each. Raises MalformedInput or
    UnknownValue naming what does not fit.
    """
    named = custodian_entries(custodians, quorums)
    parties = {read_party(record).nation: bundle_party(record) for record in records}
    for whose, chain in authority_chains(records, rotations).items():
        parties[whose]["authority_keys"] = [dict[str, Json](chain.newest.key.as_dict())]
    for whose, custodians_entry in named.items():
        if whose not in parties:
            raise UnknownValue("nation", field="custodian", found=whose, expected=" or ".join(sorted(parties)))
        parties[whose]["custodians"] = custodians_entry
    if len(parties) != _NATIONS or len(records) != _NATIONS:
        raise MalformedInput("parties", field="party", found=len(parties), expected="the records of two nations")
    listed: list[Json] = []
    for facility in facilities:
        nation, colon, code = facility.partition(":")
        if not colon:
            raise MalformedInput(
                "facility", field="facility", found=facility, expected="NATION:CODE, such as IND:IND-F007"
            )
        owner = read_nation(nation, field="facility")
        if owner not in parties:
            raise UnknownValue("nation", field="facility", found=owner, expected=" or ".join(sorted(parties)))
        listed.append({"code": read_code(code, field="facility"), "nation": owner})
    entry: dict[str, Json] = {
        "code": read_code(programme, field="programme"),
        "nations": list[Json](sorted(parties)),
        "facilities": listed,
    }
    return build_training_bundle(
        parties=parties,
        programmes=[entry],
        schemes={nation: scheme_of(nation) for nation in parties},
        version=version,
        supersedes=version - 1 if version > 1 else None,
        effective_from=effective_from,
        expires=expires,
        limits=changed_limits(limits) if limits else None,
        equivalence=changed_equivalence(equivalents, effective_from) if equivalents else None,
    )


def bundle_party(record: bytes) -> dict[str, Json]:
    """A party record in the form of the bundle's parties.json."""
    party = read_object(record, field="party record")
    link, ledger, witness, cosigner = (_part(party, name) for name in ("link", "ledger", "witness", "cosigner"))
    return {
        "authority_keys": [party.get("authority")],
        "node_keys": [party.get("node")],
        "link_ca_fingerprints": [link.get("ca_sha256")],
        "link_url": link.get("url"),
        "kas_url": party.get("key_service_url"),
        "relay_url": party.get("relay_url"),
        "kas_keys": party.get("service_keys"),
        "log": {"origin": ledger.get("origin"), "vkeys": ledger.get("vkeys")},
        "witness_vkeys": witness.get("vkeys"),
        "cosigner_vkeys": cosigner.get("vkeys"),
    }


def _part(party: dict[str, Json], name: str) -> dict[str, Json]:
    part = party.get(name)
    if not isinstance(part, dict):
        raise MalformedInput("party", field=f"party.{name}", expected="an object")
    return part


def authority_chains(records: Sequence[bytes], rotations: Sequence[bytes]) -> dict[Nation, AuthorityKeys]:
    """The keys of each authority: that of its party record, and those of the rotations that follow it.

    Raises Conflict, MalformedInput or NotVerified for a rotation that does not follow.
    """
    chains = {party.nation: AuthorityKeys.pinned(party.nation, party.authority) for party in map(read_party, records)}
    for rotation in rotations:
        nation = rotation_nation(rotation)
        if nation not in chains:
            expected = " or ".join(sorted(chains))
            raise Conflict("rotation.nation", field="rotation.nation", found=nation, expected=expected)
        chains[nation] = chains[nation].followed_by(rotation)
    return chains


def bundle_summary(
    file: bytes, records: Sequence[bytes], at: Instant, rotations: Sequence[bytes] = ()
) -> dict[str, Json]:
    """What a checked bundle says, in codes. Raises what `open_bundle` raises."""
    authorities = {nation: chain.current(at).key for nation, chain in authority_chains(records, rotations).items()}
    bundle = open_bundle(file, authorities=authorities, at=at, active_version=None, node_kind="training")
    unconfirmed, total = bundle.unconfirmed_count()
    return {
        "agreement": bundle.agreement,
        "bundle_version": bundle.version,
        "digest": bundle.digest,
        "effective_from": instant_text(bundle.effective_from),
        "expires": instant_text(bundle.expires),
        "gates": list[Json](gate.rule for gate in bundle.gates.gates),
        "minimum_wrapping": _minimum_wrapping(bundle),
        "programmes": list[Json](sorted(bundle.programmes)),
        "rules_unconfirmed": unconfirmed,
        "rules": total,
    }


def _minimum_wrapping(bundle: Bundle) -> dict[str, Json]:
    """The weakest wrapping by level, at registration and across the border; a level without one has no rule loaded."""
    found: dict[str, Json] = {}
    for policy in bundle.policies:
        for level in policy.levels:
            code = LevelCode(policy.oid, level.name)
            found[f"{policy.nation} {level.name}"] = {
                said: bundle.limits.minimum_wrapping(limit, code) or "no rule loaded"
                for said, limit in (("registered", REGISTERED), ("released", RELEASED))
            }
    return found


def draft_summary(file: bytes) -> dict[str, Json]:
    """What a bundle file says, for those who read before they sign; whose signatures it bears is not checked.

    Raises MalformedInput, NotVerified("bundle.file") when a file is not the one that the manifest names.
    """
    body, texts = read_proposed(file)
    gates = read_gates(read_shape(texts["gates.json"], "gates", field="gates.json"))
    programmes = read_shape(texts["programmes.json"], "programmes", field="programmes.json")["programmes"]
    said: dict[str, Json] = {
        name: body[name] for name in ("agreement", "bundle_version", "supersedes", "effective_from", "expires")
    }
    return {
        **said,
        "gates": list[Json]({"rule": gate.rule, "says": gate.says["en"].text} for gate in gates.gates),
        "programmes": programmes,
        "signatures": "not checked",
    }
