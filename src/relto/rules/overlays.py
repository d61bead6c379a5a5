"""National overlays: one authority tightens or suspends for its own node's decisions, alone and at once (design 2).

Rules enforced here:
 1. An overlay is a statement of one nation's authority, signed with both algorithms of its key: for one agreement, a
    range of its versions, from an instant on, perhaps until another. Its version only grows; one that changes nothing
    withdraws what it had said before.
 2. It may add rules, put another condition into a rule, lower the limits that decisions read, drop facilities from
    lists and equivalents of levels, and suspend actions, programmes and facilities. It carries no keys and no levels.
 3. It is put on a bundle whole or not at all: whatever it names must be there.
That it only tightens is not read here but proved (relto.rules.proving.proof.prove_overlay), before a node follows it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from relto.base.canonical import Json, canonical_bytes, read_object, sha256_hex
from relto.base.errors import Conflict, MalformedInput
from relto.base.instants import Instant, instant_text, read_instant
from relto.base.nations import Nation, read_nation
from relto.rules.bundle import POLICIES, SCHEMA, Bundle
from relto.rules.engine import Engine
from relto.rules.gates import Gate, GateList, policy_text, read_gate
from relto.rules.levels import Ranks
from relto.rules.limits import Limits
from relto.rules.overlay_name import OverlayName
from relto.rules.parties import Programme
from relto.rules.provisions import Provision, read_provisions
from relto.rules.shapes import check_shape, read_shape
from relto.rules.suspensions import suspending_gates
from relto.signing.keys import StatementKey, StatementPublicKey
from relto.signing.statements import read_statement, sign_statement

KIND = "national-overlay"
VERSIONS = (1,)
LARGEST_OVERLAY = 1 << 20
_CHANGES = ("gates", "conditions", "limits", "drop_listings", "drop_equivalents")
_UNREGISTERED = "unregistered_container_max_level"


@dataclass(frozen=True)
class Overlay:
    """A read overlay. `body`: as schemas/overlay.json; `digest`: hex SHA-256 of its canonical text."""

    nation: Nation
    agreement: str
    version: int
    base_from: int
    base_to: int | None
    effective_from: Instant
    ends: Instant | None
    body: Mapping[str, Any]
    digest: str

    @property
    def is_withdrawal(self) -> bool:
        """True when it changes nothing: what an earlier version said holds no longer."""
        return not self.changes

    @property
    def changes(self) -> tuple[str, ...]:
        """The members that change something, such as "limits" and "suspend"."""
        suspended = ("suspend",) if any(self.body["suspend"].values()) else ()
        return (*(name for name in _CHANGES if self.body[name]), *suspended)

    @property
    def added_rules(self) -> tuple[str, ...]:
        """The ids of the rules that it adds, suspensions included."""
        stated = [str(gate["rule"]) for gate in self.body["gates"]]
        return (*stated, *(gate.rule for gate in suspending_gates(self.version, "", self.body["suspend"])))

    def ended(self, at: Instant) -> bool:
        """True from its end on."""
        return self.ends is not None and at >= self.ends

    def text(self) -> bytes:
        """The canonical text that the digest covers."""
        return canonical_bytes(self.body)


def sign_overlay(body: Mapping[str, Json], key: StatementKey) -> bytes:
    """The statement of an overlay. Raises MalformedInput when the body does not fit schemas/overlay.json."""
    overlay = read_overlay_body(canonical_bytes({"type": KIND, "version": VERSIONS[-1], **body}))
    stated = {name: value for name, value in overlay.body.items() if name not in ("type", "version")}
    return sign_statement(KIND, VERSIONS[-1], stated, [key])


def open_overlay(data: bytes, authority: StatementPublicKey, nation: Nation) -> Overlay:
    """Verify and read an overlay of this nation.

    Raises NotVerified("signature"), MalformedInput or TooLarge for another form, Conflict("overlay.nation").
    """
    statement = read_statement(data, kind=KIND, versions=VERSIONS, trusted=[authority], max_bytes=LARGEST_OVERLAY)
    overlay = read_overlay_body(canonical_bytes(statement.body))
    if overlay.nation != nation:
        raise Conflict("overlay.nation", field="overlay.nation", found=overlay.nation, expected=nation)
    return overlay


def read_overlay_body(data: bytes) -> Overlay:
    """What an overlay says, signed or not. Raises MalformedInput or TooLarge."""
    body = read_object(data, field="overlay", max_bytes=LARGEST_OVERLAY)
    check_shape(body, "overlay", field="overlay")
    value: dict[str, Any] = dict(body)
    base, ends = value["base"], value["ends"]
    overlay = Overlay(
        nation=read_nation(value["nation"], field="overlay.nation"),
        agreement=value["agreement"],
        version=value["overlay_version"],
        base_from=base["from"],
        base_to=base["to"],
        effective_from=read_instant(value["effective_from"], field="overlay.effective_from"),
        ends=None if ends is None else read_instant(ends, field="overlay.ends"),
        body=value,
        digest=sha256_hex(canonical_bytes(value)),
    )
    if overlay.ends is not None and overlay.ends <= overlay.effective_from:
        raise MalformedInput("overlay.period", field="overlay.ends", expected="an end after its beginning")
    for gate in value["gates"]:
        if not gate["rule"].startswith(f"N{overlay.version}-"):
            expected = f"N{overlay.version}-…, so that a rule's id says which overlay it is from"
            raise MalformedInput("overlay.rule", field=gate["rule"], expected=expected)
    return overlay


def combined(bundle: Bundle, overlay: Overlay) -> Bundle:
    """The bundle with the overlay on it: what this nation's node decides by.

    Raises Conflict("overlay.agreement", "overlay.base") when it is for another agreement or version, MalformedInput
    naming what the bundle does not have, or what does not compile.
    """
    if overlay.agreement != bundle.agreement or overlay.nation not in bundle.parties:
        raise Conflict("overlay.agreement", field="overlay.agreement", expected=bundle.agreement)
    if bundle.version < overlay.base_from or (overlay.base_to is not None and bundle.version > overlay.base_to):
        raise Conflict("overlay.base", field="overlay.base", found=bundle.version, expected="a version that it is for")
    name = OverlayName(overlay.nation, overlay.version, overlay.digest)
    if overlay.is_withdrawal:
        return dataclasses.replace(bundle, overlay=name)
    body = overlay.body
    provisions = {**bundle.provisions, **_provisions(overlay)}
    gates = _gates(bundle, overlay)
    for gate in gates.gates:
        for identity in gate.provisions:
            if identity not in provisions:
                raise MalformedInput("provisions.unknown", field=identity, expected="a provision of bundle or overlay")
    text = policy_text(gates)
    limits = _limits(bundle, overlay)
    equivalence = dataclasses.replace(bundle.equivalence, rows=tuple(_kept_rows(bundle, body["drop_equivalents"])))
    return dataclasses.replace(
        bundle,
        gates=gates,
        engine=Engine(text, bundle.texts[SCHEMA], gates),
        texts={**bundle.texts, POLICIES: text},
        provisions=provisions,
        limits=limits,
        equivalence=equivalence,
        programmes=_programmes(bundle, body["drop_listings"]),
        ranks=Ranks(bundle.policies, equivalence, limits.levels(_UNREGISTERED)),
        overlay=name,
    )


def _provisions(overlay: Overlay) -> dict[str, Provision]:
    """The overlay's own records, and the overlay itself: signed by the authority, so its text was read."""
    itself = Provision(
        id=f"OVERLAY-{overlay.nation}-{overlay.version}",
        nation=overlay.nation,
        topic="overlay",
        title=f"National overlay {overlay.version} of {overlay.nation}",
        requirement=overlay.body["reason"],
        citation=None,
        source=f"signed by the authority of {overlay.nation}, effective {instant_text(overlay.effective_from)}",
        evidence="read",
        confirmed=True,
        basis="direct",
        record={},
    )
    return {**read_provisions(overlay.body["provisions"]), itself.id: itself}


def _gates(bundle: Bundle, overlay: Overlay) -> GateList:
    replaced = {entry["rule"]: entry["holds"] for entry in overlay.body["conditions"]}
    known = {gate.rule for gate in bundle.gates.gates}
    for rule in replaced:
        if rule not in known:
            raise MalformedInput("overlay.unknown", field=rule, expected="a rule of the bundle")
    kept = [
        dataclasses.replace(gate, holds=replaced[gate.rule]) if gate.rule in replaced else gate
        for gate in bundle.gates.gates
    ]
    added = [*map(read_gate, overlay.body["gates"]), *_suspending(bundle, overlay)]
    rules = [gate.rule for gate in added]
    if len(set(rules)) != len(rules):
        raise MalformedInput("gates.rule", field="overlay.gates", expected="each rule id once")
    for gate in added:
        if not set(gate.applies) <= bundle.gates.conditions.keys():
            raise MalformedInput("gates.condition", field=gate.rule, expected="conditions that the bundle defines")
    return GateList((*kept, *added), bundle.gates.conditions)


def _suspending(bundle: Bundle, overlay: Overlay) -> Sequence[Gate]:
    suspended = overlay.body["suspend"]
    for code in suspended["programmes"]:
        if code not in bundle.programmes:
            raise MalformedInput("overlay.unknown", field=code, expected="a programme of the bundle")
    return suspending_gates(overlay.version, f"OVERLAY-{overlay.nation}-{overlay.version}", suspended)


def _limits(bundle: Bundle, overlay: Overlay) -> Limits:
    changes = dict(overlay.body["limits"])
    if not changes:
        return bundle.limits
    table = read_shape(bundle.texts["limits.json"], "limits", field="limits.json")
    said = {"source": f"national overlay {overlay.version} of {overlay.nation}", "citation": None, "evidence": "read"}
    if _UNREGISTERED in changes:
        own = bundle.policies.by_nation(overlay.nation)
        level = own.level(changes[_UNREGISTERED]).name
        others = [one for one in table["limits"][_UNREGISTERED]["value"] if one["policy"] != own.oid]
        changes[_UNREGISTERED] = [*others, {"policy": own.oid, "level": level}]
    for code, change in changes.items():
        known = table["limits"].get(code)
        if known is None:
            raise MalformedInput("limits.code", field=code, expected="a limit that the bundle defines")
        known |= {**(change if isinstance(change, Mapping) else {"value": change}), **said}
    check_shape(table, "limits", field="overlay.limits")
    return Limits(table)


def _kept_rows(bundle: Bundle, dropped: Sequence[Mapping[str, str]]) -> Iterator[Any]:
    nations = {policy.oid: policy.nation for policy in bundle.policies}
    gone = {(one["from_nation"], one["from_level"], one["to_nation"]) for one in dropped}
    found = set()
    for row in bundle.equivalence.rows:
        name = (nations[row.from_level.policy_oid], row.from_level.name, nations[row.to_policy_oid])
        if name in gone:
            found.add(name)
        else:
            yield row
    for missing in sorted(gone - found):
        raise MalformedInput("overlay.unknown", field="/".join(missing), expected="an equivalent of the bundle")


def _programmes(bundle: Bundle, dropped: Sequence[Mapping[str, str]]) -> dict[str, Programme]:
    programmes = dict(bundle.programmes)
    for one in dropped:
        programme, facility = programmes.get(one["programme"]), one["facility"]
        if programme is None or facility not in programme.facilities:
            raise MalformedInput("overlay.unknown", field=facility, expected="a facility on the programme's list")
        kept = {code: nation for code, nation in programme.facilities.items() if code != facility}
        programmes[programme.code] = dataclasses.replace(programme, facilities=kept)
    return programmes
