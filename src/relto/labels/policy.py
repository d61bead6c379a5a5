"""A nation's classification policy as data: its levels, its category tag sets, its marking words, and their sources.

Every level and caveat says where it was found (`source`), how well it is known (`evidence`, the scale of domain.md
section 0.1) and whether an authority stands behind it (`confirmed`). An absent statement of release means "not
releasable until decided" (trap T1): a policy in which absence means "no restriction" is refused until its rules are
built.

Rules that loading enforces are in `relto.labels.policy_data`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from relto.base.errors import MalformedInput, UnknownValue
from relto.base.nations import Nation
from relto.labels.control_rules import NO_CONTROL_RULES, ControlRules
from relto.labels.levels import Level, PolicyId
from relto.labels.provenance import Provenance

TagKind = Literal["RESTRICTIVE", "PERMISSIVE", "INFORMATIVE"]
TagRole = Literal["release", "owner", "caveats"]


@dataclass(frozen=True, slots=True)
class LevelEntry:
    """A level as the policy describes it. `markings`: language -> word; `lacv`: its encoded value (SPIF 2.1).

    `also_read`: further words by language, which are understood and never written.
    """

    level: Level
    lacv: int
    may_be_public: bool
    markings: Mapping[str, str]
    portion: str
    provenance: Provenance
    also_read: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Caveat:
    """A restrictive dissemination control: banner word, portion token, and the lowest level it may stand on."""

    name: str
    portion: str
    lowest_level: str | None
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class TagSet:
    """A category tag set of the policy and what it expresses in a label."""

    oid: str
    name: str
    kind: TagKind
    role: TagRole


@dataclass(frozen=True)
class ClassificationPolicy:
    """One version of one nation's policy."""

    identity: PolicyId
    nation: Nation
    source: str
    entries: tuple[LevelEntry, ...]
    tag_sets: tuple[TagSet, ...]
    caveats: tuple[Caveat, ...]
    dissemination_order: tuple[str, ...]
    training_lines: Mapping[str, str]
    control_rules: ControlRules = NO_CONTROL_RULES

    @property
    def oid(self) -> str:
        """The policy's object identifier."""
        return self.identity.oid

    @property
    def name(self) -> str:
        """The policy's name, as a STANAG 4774 PolicyIdentifier writes it."""
        return self.identity.name

    @property
    def version(self) -> int:
        """The policy's version, from 1."""
        return self.identity.version

    @property
    def levels(self) -> tuple[Level, ...]:
        """All levels, lowest first."""
        return tuple(sorted(entry.level for entry in self.entries))

    def level(self, name: str, *, field: str = "level") -> Level:
        """The level of this name. Raises UnknownValue that names `field` and lists the policy's levels."""
        return self.entry(name, field=field).level

    def entry(self, name: str, *, field: str = "level") -> LevelEntry:
        """All that the policy says about a level. Raises UnknownValue that names `field` and lists the levels."""
        for entry in self.entries:
            if entry.level.name == name:
                return entry
        known = ", ".join(level.name for level in reversed(self.levels))
        raise UnknownValue("level", field=field, expected=f"a level of policy {self.name}: {known}")

    def caveat(self, name: str) -> Caveat:
        """The caveat of this name. Raises UnknownValue."""
        for caveat in self.caveats:
            if caveat.name == name:
                return caveat
        known = ", ".join(caveat.name for caveat in self.caveats) or "none"
        raise UnknownValue("caveat", field="caveats", expected=f"a caveat of policy {self.name}: {known}")

    def tag_set(self, role: TagRole) -> TagSet:
        """The tag set that expresses `role`. Raises UnknownValue when the policy has none."""
        for tag_set in self.tag_sets:
            if tag_set.role == role:
                return tag_set
        raise UnknownValue("tag_set", field="tag_sets", found=role, expected=f"a tag set of policy {self.name}")


class PolicySet:
    """The policies a node knows, one version of each; looked up by object identifier, nation or name."""

    def __init__(self, policies: Iterable[ClassificationPolicy]) -> None:
        """Raises MalformedInput when two policies share an object identifier, a nation or a name."""
        self._by_oid: dict[str, ClassificationPolicy] = {}
        self._by_code: dict[str, ClassificationPolicy] = {}
        for policy in policies:
            codes = {policy.nation, policy.name.casefold()}
            if policy.oid in self._by_oid or codes & set(self._by_code):
                raise MalformedInput("policy.duplicate", field="policies", expected="different oids, nations, names")
            self._by_oid[policy.oid] = policy
            self._by_code |= dict.fromkeys(codes, policy)

    def __iter__(self) -> Iterator[ClassificationPolicy]:
        """The policies, in the order they were given."""
        return iter(self._by_oid.values())

    def of(self, identity: PolicyId) -> ClassificationPolicy:
        """The policy of exactly this identity. Raises UnknownValue for another oid or another version."""
        policy = self.by_oid(identity.oid)
        if policy.identity != identity:
            raise UnknownValue("policy", field="policy.version", found=identity.version, expected=str(policy.version))
        return policy

    def by_oid(self, oid: str) -> ClassificationPolicy:
        """The policy with this object identifier. Raises UnknownValue."""
        return self._found(self._by_oid.get(oid))

    def by_nation(self, nation: Nation) -> ClassificationPolicy:
        """The policy of this nation. Raises UnknownValue."""
        found = self._by_code.get(nation)
        return self._found(found if found is not None and found.nation == nation else None)

    def by_name(self, name: str) -> ClassificationPolicy:
        """The policy of this name, letter case ignored. Raises UnknownValue."""
        found = self._by_code.get(name.casefold())
        return self._found(found if found is not None and found.name.casefold() == name.casefold() else None)

    def find(self, code: str) -> ClassificationPolicy:
        """The policy whose oid, nation code or name this is. Raises UnknownValue."""
        return self._found(self._by_oid.get(code) or self._by_code.get(code) or self._by_code.get(code.casefold()))

    def _found(self, policy: ClassificationPolicy | None) -> ClassificationPolicy:
        if policy is None:
            known = ", ".join(sorted(policy.name for policy in self._by_oid.values())) or "none"
            raise UnknownValue("policy", field="policy", expected=f"one of the loaded policies: {known}")
        return policy
