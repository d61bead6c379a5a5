"""The agreement bundle: the agreement as data, opened only when everything about it holds (design.md 6, policy.md 7).

Rules enforced here, in this order; any of them refuses the bundle whole and changes nothing:
 1. The file has its form; the manifest is signed by every party's authority; each file is the one the manifest names.
 2. The version is higher than the active one and supersedes exactly it; the bundle has not expired, and was written
    for this node's engine.
 3. Each JSON file fits its schema; levels, rows, provisions and gates refer only to what the bundle carries.
 4. The Cedar schema and policies parse and fit each other; the policy text is exactly what the list of gates gives.
 5. On generated cases the deciding and the explaining form agree.
 6. A live node refuses a bundle in which a gate rests on an unconfirmed rule; a training node runs it and says so.
    Confirmed is what the bundle says, or what the authorities state by signature beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, Literal

from relto.base.errors import Conflict, MalformedInput, NotVerified, Refused
from relto.base.instants import Instant, Period
from relto.base.nations import Nation
from relto.labels.mapping import EquivalenceTable
from relto.labels.policy import PolicySet
from relto.rules.builtin import engine_name
from relto.rules.confirmations import NOBODY_CONFIRMED, Confirmations, confirmed_provisions
from relto.rules.engine import Engine
from relto.rules.facts import Action
from relto.rules.gates import Gate, GateList, read_gates
from relto.rules.generated_cases import forms_agree
from relto.rules.groups import NO_GROUPS, Groups, read_groups
from relto.rules.levels import Ranks, read_equivalence, read_schemes, scheme_file
from relto.rules.limits import Limits
from relto.rules.loosenings import LOOSENINGS, Consent, read_consents
from relto.rules.manifest import Manifest, open_manifest, read_draft
from relto.rules.overlay_name import OverlayName
from relto.rules.parties import Party, Programme, read_parties, read_programmes
from relto.rules.provisions import Provision, Standing, read_provisions, standing
from relto.rules.shapes import read_shape
from relto.signing.keys import StatementPublicKey

NodeKind = Literal["training", "live"]
POLICIES = "policies.cedar"
SCHEMA = "schema.cedarschema"
JSON_FILES = ("gates", "limits", "equivalence", "provisions", "parties", "programmes")
GROUPS = "groups.json"
OPTIONAL = frozenset({GROUPS, LOOSENINGS})


@dataclass(frozen=True)
class Bundle:
    """An opened agreement bundle. Immutable; `digest` covers every byte that the authorities signed."""

    manifest: Manifest
    policies: PolicySet
    equivalence: EquivalenceTable
    limits: Limits
    gates: GateList
    provisions: Mapping[str, Provision]
    parties: Mapping[Nation, Party]
    programmes: Mapping[str, Programme]
    ranks: Ranks
    engine: Engine
    texts: Mapping[str, str]
    confirmations: Confirmations = NOBODY_CONFIRMED
    groups: Groups = NO_GROUPS
    consents: tuple[Consent, ...] = ()
    overlay: OverlayName | None = None

    @property
    def version(self) -> int:
        """The bundle's version; it only grows."""
        return self.manifest.version

    @property
    def agreement(self) -> str:
        """The agreement, such as IND-USA."""
        return self.manifest.agreement

    @property
    def effective_from(self) -> Instant:
        """The one instant from which both nodes follow it."""
        return self.manifest.effective_from

    @property
    def expires(self) -> Instant:
        """The instant from which it stops cross-border actions; never national ones."""
        return self.manifest.expires

    @property
    def period(self) -> Period:
        """From `effective_from` to `expires`."""
        return Period(self.manifest.effective_from, self.manifest.expires)

    @cached_property
    def boundaries(self) -> tuple[Instant, ...]:
        """Every instant at which something of this bundle itself begins or ceases to hold."""
        periods = [self.period, *(row.valid for row in self.groups.rows)]
        periods += (row.valid for row in self.equivalence.rows)
        return tuple(moment for period in periods for moment in (period.start, period.end) if moment is not None)

    @property
    def digest(self) -> str:
        """Lower-case hex SHA-256 of the signed manifest."""
        return self.manifest.digest

    def provision(self, identity: str) -> Provision:
        """The provision with this id. Raises MalformedInput when the bundle does not carry it."""
        if identity not in self.provisions:
            raise MalformedInput(
                "provisions.unknown", field="provision", expected="a provision that the bundle carries"
            )
        return self.provisions[identity]

    def standing(self, rule: str, nation: Nation) -> Standing:
        """How well a rule is founded for a nation: evidence, unconfirmed, gaps."""
        found = self._standings.get((rule, nation))
        if found is None:
            found = standing(self.gates.by_rule(rule).provisions, nation, self.provisions, self._stated)
            self._standings[rule, nation] = found
        return found

    @cached_property
    def _standings(self) -> dict[tuple[str, Nation], Standing]:
        """What was found so far: a decision asks for each of its rules, and a bundle never changes."""
        return {}

    def is_confirmed(self, provision: str) -> bool:
        """Whether a provision counts as confirmed: in the bundle itself, or by the authorities' signed statements."""
        return self.provisions[provision].confirmed or provision in self._stated

    def is_confirmed_beside(self, provision: str) -> bool:
        """Whether the authorities confirmed a provision that the bundle itself does not call confirmed."""
        return provision in self._stated and not self.provisions[provision].confirmed

    @cached_property
    def _stated(self) -> frozenset[str]:
        return confirmed_provisions(self.provisions, tuple(self.parties), self.confirmations)

    def gates_of_action(self, action: str) -> tuple[Gate, ...]:
        """The gates of one action, in order."""
        return self._gates_of_actions.get(action, ())

    @cached_property
    def _gates_of_actions(self) -> dict[str, tuple[Gate, ...]]:
        return {action: self.gates.of_action(action) for action in Action}

    def unconfirmed_rules(self, nation: Nation | None = None) -> tuple[str, ...]:
        """The rules that rest on something unconfirmed for `nation`, or for any party when None."""
        nations = tuple(self.parties) if nation is None else (nation,)
        return tuple(
            gate.rule
            for gate in self.gates.gates
            if any(self.standing(gate.rule, party).unconfirmed for party in nations)
        )

    def unconfirmed_count(self, nation: Nation | None = None) -> tuple[int, int]:
        """(unconfirmed rules, all rules), for one nation or for any party: "N of M rules are unconfirmed"."""
        return len(self.unconfirmed_rules(nation)), len(self.gates.gates)


def open_bundle(
    data: bytes,
    *,
    authorities: Mapping[Nation, StatementPublicKey],
    at: Instant,
    active_version: int | None,
    node_kind: NodeKind,
    confirmations: Confirmations = NOBODY_CONFIRMED,
) -> Bundle:
    """Check a bundle that is about to be activated.

    `authorities`: the trusted key of each party's authority, from outside the bundle. `at`: now. `active_version`: the
    last activated version, None on a new node. `confirmations`: what the authorities confirmed beside the bundle.
    Raises NotVerified (signatures, digests, parties), MalformedInput or TooLarge (form, schemas, Cedar, references),
    Conflict ("bundle.version", "bundle.supersedes", "bundle.expired", "bundle.engine"), Refused ("bundle.unconfirmed",
    live nodes).
    """
    manifest, texts = open_manifest(data, authorities)
    if active_version is not None and manifest.version <= active_version:
        expected = f"higher than {active_version}"
        raise Conflict("bundle.version", field="manifest.bundle_version", found=manifest.version, expected=expected)
    if active_version is not None and manifest.supersedes != active_version:
        expected = f"{active_version}, the active version"
        raise Conflict("bundle.supersedes", field="manifest.supersedes", found=manifest.supersedes, expected=expected)
    if at >= manifest.expires:
        raise Conflict("bundle.expired", field="manifest.expires", expected="a bundle that has not expired")
    _check_engine(manifest)
    bundle = _opened(manifest, texts, authorities, node_kind, confirmations)
    _forms_agree(texts[POLICIES], texts[SCHEMA], texts["gates.json"])
    return bundle


def reopen_bundle(
    data: bytes,
    *,
    authorities: Mapping[Nation, StatementPublicKey],
    node_kind: NodeKind,
    confirmations: Confirmations = NOBODY_CONFIRMED,
) -> Bundle:
    """Check a bundle that was activated before: everything but version, expiry and the generated cases.

    An expired bundle still serves national decisions and the replay of old ones. The generated cases were decided
    before it was activated, and each decision still compares both forms. Raises as `open_bundle` does.
    """
    manifest, texts = open_manifest(data, authorities)
    return _opened(manifest, texts, authorities, node_kind, confirmations)


def read_rules(data: bytes) -> Bundle:
    """What a bundle or a draft says, signed or not: to compare and to prove before anybody signs, never to decide by.

    Its `digest` is empty. Raises MalformedInput or TooLarge, NotVerified("bundle.file").
    """
    manifest, texts = read_draft(data)
    return _opened(manifest, texts, None, "training", NOBODY_CONFIRMED)


def _opened(
    manifest: Manifest,
    texts: Mapping[str, str],
    authorities: Mapping[Nation, StatementPublicKey] | None,
    node_kind: NodeKind,
    confirmations: Confirmations,
) -> Bundle:
    expected = {POLICIES, SCHEMA, *(f"{name}.json" for name in JSON_FILES), *map(scheme_file, manifest.parties)}
    for name in sorted(expected ^ (texts.keys() - OPTIONAL)):
        raise MalformedInput("bundle.files", field=name, expected="exactly: " + ", ".join(sorted(expected)))
    content: dict[str, dict[str, Any]] = {
        name: read_shape(texts[f"{name}.json"], name, field=f"{name}.json") for name in JSON_FILES
    }
    gates, engine = _engine(texts[POLICIES], texts[SCHEMA], texts["gates.json"])
    provisions = read_provisions(content["provisions"]["provisions"])
    limits = Limits(content["limits"])
    parties = read_parties(content["parties"])
    if authorities is not None:
        _check_authorities(parties, authorities)
    policies = read_schemes({nation: texts[scheme_file(nation)] for nation in manifest.parties})
    limits.check_wrappings(policies)
    equivalence = read_equivalence(content["equivalence"], policies)
    bundle = Bundle(
        manifest=manifest,
        policies=policies,
        equivalence=equivalence,
        limits=limits,
        gates=gates,
        provisions=provisions,
        parties=parties,
        programmes=read_programmes(content["programmes"], frozenset(parties)),
        ranks=Ranks(policies, equivalence, limits.levels("unregistered_container_max_level")),
        engine=engine,
        texts=dict(texts),
        confirmations=confirmations,
        groups=_groups(texts, frozenset(parties)),
        consents=_consents(texts, parties, provisions),
    )
    unconfirmed = bundle.unconfirmed_rules()
    if node_kind == "live" and unconfirmed:
        raise Refused(
            "bundle.unconfirmed",
            field=unconfirmed[0],
            found=len(unconfirmed),
            expected="every rule confirmed for every party",
        )
    return bundle


def _groups(texts: Mapping[str, str], parties: frozenset[Nation]) -> Groups:
    return read_groups(read_shape(texts[GROUPS], "groups", field=GROUPS), parties) if GROUPS in texts else NO_GROUPS


def _consents(
    texts: Mapping[str, str], parties: Mapping[Nation, Party], provisions: Mapping[str, Provision]
) -> tuple[Consent, ...]:
    if LOOSENINGS not in texts:
        return ()
    return read_consents(read_shape(texts[LOOSENINGS], "loosenings", field=LOOSENINGS), parties, provisions)


@lru_cache(maxsize=8)
def _engine(policies: str, schema: str, gates_text: str) -> tuple[GateList, Engine]:
    """The compiled rules; the same three texts give the same answer, so it is remembered (no refusal is)."""
    gates = read_gates(read_shape(gates_text, "gates", field="gates.json"))
    return gates, Engine(policies, schema, gates)


def _check_engine(manifest: Manifest) -> None:
    """The rules were proven on one engine; another product or major version may read them otherwise."""
    own = engine_name()
    product, _, version = manifest.engine.partition(" ")
    if (product, version.partition(".")[0]) != (own.partition(" ")[0], own.partition(" ")[2].partition(".")[0]):
        raise Conflict("bundle.engine", field="manifest.engine", found=manifest.engine, expected=own)


@lru_cache(maxsize=8)
def _forms_agree(policies: str, schema: str, gates_text: str) -> None:
    """The generated cases are the same for the same rules, so an agreement is remembered (no refusal is)."""
    forms_agree(_engine(policies, schema, gates_text)[1])


def _check_authorities(parties: Mapping[Nation, Party], authorities: Mapping[Nation, StatementPublicKey]) -> None:
    if parties.keys() != authorities.keys():
        raise NotVerified("bundle.parties", field="parties.json", expected=", ".join(sorted(authorities)))
    for nation, key in authorities.items():
        if key not in parties[nation].authority_keys:
            raise NotVerified("bundle.authority", field=f"parties.json/{nation}", expected="the pinned authority's key")
