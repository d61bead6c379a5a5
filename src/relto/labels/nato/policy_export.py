"""relto's own policies as SPIF 2.1, so that other people's software can check and show relto's labels.

What the file says is what relto decides by, as far as a SPIF can say it:
 1. An absent release is not valid in it: every level requires a value of the release tag set (trap T1). "Everyone"
    excludes every level that may not be public, and stands beside no nation.
 2. A caveat excludes the levels below the lowest it may stand on.
 3. Only the nations that are given appear, so the file is a partial SPIF of what two nations agreed on.
 4. An equivalence is directed and dated, a SPIF's is only directed: rows from this policy that hold at the given
    instant are exported, as `encrypt` (applied by the originator). A row to this policy stands in the other policy's
    file alone: `decrypt` here could be taken for its inverse (trap T9). Nothing asks that a value be discarded.
 5. Further controls are in it as far as the policy names them (`control_export`).
 6. The words of each language are in it, as are the portion marks. NOFORN, owners and the order of controls are relto's
    own grammar and not a SPIF's: a banner comes from `relto.labels.markings`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC

from relto.base.errors import MalformedInput
from relto.base.instants import Instant
from relto.base.nations import Nation, read_nation
from relto.labels.mapping import EquivalenceTable
from relto.labels.nato.control_export import control_tag_sets
from relto.labels.nato.spif import (
    CategoryReference,
    CategoryTag,
    CategoryTagSet,
    CategoryValue,
    Classification,
    EquivalentClassification,
    EquivalentPolicy,
    Issue,
    Marking,
    MarkingData,
    MarkingQualifier,
    NamedPolicy,
    Qualifier,
    QualifierCode,
    RequiredCategory,
    Spif,
    TagType,
)
from relto.labels.policy import ClassificationPolicy, LevelEntry, TagSet
from relto.labels.stanag4774 import EVERYONE

CLEARANCE_SYNTAX_OID = "1.3.26.0.4774.5.24.1"  # privilegeId and rbacId, ADatP-4774.1 Table 1
_PERMISSIVE = TagType("permissive")
_RESTRICTIVE = TagType("restrictive")
_INFORMATIVE = TagType("tagType7", tag7_encoding="securityAttributes")
_HIDDEN = Marking((MarkingData(None, ("noNameDisplay",)),))


def spif_of_policy(
    policy: ClassificationPolicy,
    nations: Iterable[Nation],
    at: Instant,
    *,
    originator_dn: str,
    key_identifier: str,
    table: EquivalenceTable | None = None,
) -> Spif:
    """The policy as it stands at an instant, with these nations as values of release and ownership.

    `originator_dn`: an RFC 4514 name of who issues the file; `key_identifier`: of the key that signs it. Raises
    MalformedInput for no nation or an instant without a zone.
    """
    named = tuple(sorted({read_nation(nation) for nation in nations}, key=lambda code: (code != policy.nation, code)))
    if not named or at.tzinfo is None:
        raise MalformedInput("spif.export", field="nations", expected="nations, and an instant with its zone")
    equivalents = _equivalents(policy, table, at)
    return Spif(
        issue=Issue(
            creation_date=at.astimezone(UTC).strftime("%Y%m%d%H%M%SZ"),
            originator_dn=originator_dn,
            key_identifier=key_identifier,
            privilege_id=CLEARANCE_SYNTAX_OID,
            rbac_id=CLEARANCE_SYNTAX_OID,
            version=policy.version,
        ),
        policy=NamedPolicy(policy.name, policy.oid, _HIDDEN),
        classifications=tuple(
            _classification(entry, policy, equivalents.get(entry.lacv, ()))
            for entry in sorted(policy.entries, key=lambda entry: entry.level)
        ),
        tag_sets=tuple(tag_set for tag_set in _tag_sets(policy, named) if tag_set.tags[0].values),
        equivalent_policies=_equivalent_policies(equivalents.values(), table),
        marking=Marking((), (_qualifiers(separator="//"),)),
    )


def _classification(
    entry: LevelEntry, policy: ClassificationPolicy, equivalents: Sequence[EquivalentClassification]
) -> Classification:
    phrases = [
        MarkingData(word, ("pageTopBottom", "documentStart", "documentEnd"), None if language == "en" else language)
        for language, word in sorted(entry.markings.items(), key=lambda item: (item[0] != "en", item[0]))
    ]
    release = CategoryReference(policy.tag_set("release").name, _PERMISSIVE, None)
    return Classification(
        name=entry.level.name,
        lacv=entry.lacv,
        hierarchy=entry.level.hierarchy,
        equivalents=tuple(equivalents),
        marking=Marking((*phrases, MarkingData(entry.portion, ("portionMarking",)))),
        required=(RequiredCategory("oneOrMore", (release,)),),
    )


def _tag_sets(policy: ClassificationPolicy, nations: Sequence[Nation]) -> Iterable[CategoryTagSet]:
    yield from control_tag_sets(policy, nations)
    yield _tag_set(policy.tag_set("caveats"), _RESTRICTIVE, _caveats(policy), _qualifiers(separator="/"))
    release = policy.tag_set("release")
    classified = tuple(entry.level.name for entry in policy.entries if not entry.may_be_public)
    everyone = CategoryValue(
        name=EVERYONE,
        lacv=EVERYONE,
        marking=_HIDDEN,
        excluded_classes=classified,
        excluded=(CategoryReference(release.name, _PERMISSIVE, None),),
    )
    nation_values = tuple(CategoryValue(nation, nation) for nation in nations)
    yield _tag_set(release, _PERMISSIVE, (*nation_values, everyone), _qualifiers(prefix="REL TO ", separator=", "))
    owners = tuple(CategoryValue(nation, nation, marking=_HIDDEN) for nation in nations)
    yield _tag_set(policy.tag_set("owner"), _INFORMATIVE, owners)


def _caveats(policy: ClassificationPolicy) -> tuple[CategoryValue, ...]:
    found = []
    for caveat in policy.caveats:
        lowest = None if caveat.lowest_level is None else policy.level(caveat.lowest_level)
        below = [level.name for level in policy.levels if lowest is not None and level < lowest]
        phrases = MarkingData(caveat.portion, ("portionMarking",))
        found.append(
            CategoryValue(caveat.name, caveat.name, marking=Marking((phrases,)), excluded_classes=tuple(below))
        )
    order = {name: place for place, name in enumerate(policy.dissemination_order)}
    return tuple(sorted(found, key=lambda value: order[value.name]))


def _tag_set(
    tag_set: TagSet, tag_type: TagType, values: tuple[CategoryValue, ...], *qualifiers: MarkingQualifier
) -> CategoryTagSet:
    tag = CategoryTag(tag_type, values, name=tag_set.name, qualifiers=qualifiers)
    return CategoryTagSet(tag_set.name, tag_set.oid, (tag,))


def _qualifiers(**texts: str) -> MarkingQualifier:
    codes: tuple[QualifierCode, ...] = ("prefix", "separator")
    return MarkingQualifier(None, tuple(Qualifier(code, texts[code]) for code in codes if code in texts))


def _equivalents(
    policy: ClassificationPolicy, table: EquivalenceTable | None, at: Instant
) -> dict[int, tuple[EquivalentClassification, ...]]:
    """By the lacv of this policy's level: what rows that hold at the instant say."""
    found: dict[int, list[EquivalentClassification]] = {}
    for row in () if table is None else table.rows:
        if (
            table is None
            or row.from_level.policy_oid != policy.oid
            or row.to_level is None
            or not row.valid.holds_at(at)
        ):
            continue
        other = table.policies.by_oid(row.to_level.policy_oid)
        equivalent = EquivalentClassification(other.name, other.entry(row.to_level.name).lacv, "encrypt")
        found.setdefault(policy.entry(row.from_level.name).lacv, []).append(equivalent)
    return {lacv: tuple(sorted(rows, key=lambda row: row.policy_name)) for lacv, rows in found.items()}


def _equivalent_policies(
    equivalents: Iterable[Sequence[EquivalentClassification]], table: EquivalenceTable | None
) -> tuple[EquivalentPolicy, ...]:
    names = {equivalent.policy_name for found in equivalents for equivalent in found}
    if table is None:
        return ()
    return tuple(EquivalentPolicy(name, table.policies.by_name(name).oid) for name in sorted(names))
