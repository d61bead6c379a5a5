"""The laws of labels (labels.md section 11) as checks that tests and `make accept` share.

`Choose` is any way to choose one of several: a random generator, or a hypothesis draw. `check_laws(cases, seed)` tries
that many random cases and raises AssertionError at the first that breaks a law.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from importlib import resources
from typing import Any, Final, TypeVar

from relto.base.canonical import canonical_bytes, read_object
from relto.base.instants import Period
from relto.base.nations import Nation
from relto.labels.access import Circumstances, Denied, Permitted, decide_access
from relto.labels.audience import Audience, Everyone, Only
from relto.labels.clearance import Clearance, Held, Purpose, decide
from relto.labels.controls import (
    COMPARTMENT_KINDS,
    Category,
    ConcealedForeignInformation,
    Controls,
    ForeignInformation,
    NoForeignInformation,
    OpenForeignInformation,
    Path,
)
from relto.labels.joining import Undecided, dominates, join
from relto.labels.label import Label, label_as_dict, label_from_dict
from relto.labels.label_set import Alternative, HomeComing, label_set
from relto.labels.mapping import EquivalenceTable, Mapped, NeedsPerson, NoEquivalent
from relto.labels.policy import ClassificationPolicy, PolicySet
from relto.labels.policy_data import load_policy

T = TypeVar("T")
Choose = Callable[[Sequence[Any]], Any]

_DATA = resources.files("relto.labels").joinpath("data")
USA: Final = load_policy(_DATA.joinpath("usa.json").read_bytes())
IND: Final = load_policy(_DATA.joinpath("ind.json").read_bytes())
POLICIES: Final = PolicySet([USA, IND])
NATIONS: Final = tuple(map(Nation, ("USA", "IND", "GBR")))
AT: Final = datetime(2026, 12, 1, tzinfo=UTC)
CREATED: Final = (datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC))
REVIEW: Final = (datetime(2036, 1, 1, tzinfo=UTC), datetime(2046, 1, 1, tzinfo=UTC))
CAVEATS: Final = ("ORCON", "PROPIN")
DISSEM: Final = ("LIMDIS", "FISA")
PATHS: Final[dict[str, tuple[Path, ...]]] = {
    "sci": (("SI",), ("SI", "G"), ("TK",)),
    "sap": (("BP",),),
    "aea": (("RD",), ("RD", "CNWDI")),
}
CUI, ACCM = "2.999.840.1.4", "2.999.840.1.5"
VALUES: Final = ("ONE", "TWO")


def some(choose: Choose, of: Sequence[T]) -> frozenset[T]:
    """Any subset."""
    return frozenset(item for item in of if choose((False, True)))


def any_controls(choose: Choose, level: str, shown: Sequence[Nation]) -> Controls:
    """Controls that the policy of the United States allows at that level; `shown` may be named for display."""
    classified, top = level != "UNCLASSIFIED", level == "TOP SECRET"
    foreign: Sequence[ForeignInformation] = (
        NoForeignInformation(),
        NoForeignInformation(),
        OpenForeignInformation(frozenset({"GBR"})),
        OpenForeignInformation(frozenset({"FRA", "NATO"})),
        ConcealedForeignInformation(),
    )
    tag_sets = ((CUI, some(choose, VALUES)), (ACCM, some(choose, VALUES)))
    display = frozenset[Nation]() if choose((True, False)) else some(choose, shown)
    return Controls(
        categories=tuple(Category(oid, "RESTRICTIVE", values) for oid, values in tag_sets if values),
        display_to=display,
        dissem=some(choose, DISSEM),
        fgi=choose(foreign),
        **{kind: some(choose, PATHS[kind]) if top else frozenset[Path]() for kind in COMPARTMENT_KINDS},
        relido=classified and not display and choose((False, False, True)),
    )


def any_us_label(choose: Choose) -> Label:
    """A valid label of the United States: any level, release, caveats and, in half of the cases, further controls."""
    level = choose([entry.level.name for entry in USA.entries])
    kind = choose(("only", "unstated", "everyone") if USA.entry(level).may_be_public else ("only", "unstated"))
    others = some(choose, NATIONS[1:])
    release: Audience = Everyone() if kind == "everyone" else Only(frozenset({Nation("USA")}))
    if kind == "only":
        release = Only(others | {Nation("USA")})
    closed = kind == "only" and not others
    outside = [n for n in NATIONS if not release.covers(n)]
    controls = Controls()
    if choose((False, True)):
        controls = any_controls(choose, level, () if closed else outside)
        controls = replace(controls, relido=controls.relido and not closed and kind != "everyone")
    caveats = some(choose, CAVEATS if level != "UNCLASSIFIED" else ("PROPIN",))
    return us_label(
        level,
        release,
        caveats=caveats,
        controls=controls,
        release_stated=kind != "unstated",
        created=choose(CREATED),
        review_by=choose(REVIEW),
    )


def us_label(level: str, release: Audience, policy: ClassificationPolicy = USA, **changes: Any) -> Label:
    """A label with the members that the laws do not turn on."""
    members: dict[str, Any] = {
        "policy": policy.identity,
        "owner": (policy.nation,),
        "level": policy.level(level),
        "release": release,
        "caveats": frozenset(),
        "created": CREATED[0],
        "originator_id": "urn:example:node",
        "review_by": REVIEW[0],
    }
    return Label(**(members | changes))


def any_clearance(choose: Choose) -> Clearance:
    """A clearance of the United States whose levels were expanded "up to" one, as an authority issues them."""
    height = choose(range(len(USA.levels) + 1))
    held = Held(
        restrictive=frozenset((oid, value) for oid in (CUI, ACCM) for value in some(choose, VALUES)),
        dissem=some(choose, DISSEM),
        sci=some(choose, PATHS["sci"]),
        sap=some(choose, PATHS["sap"]),
        aea=some(choose, PATHS["aea"]),
    )
    return us_clearance(height, some(choose, CAVEATS), choose(NATIONS), held=held)


def us_clearance(height: int, caveats: frozenset[str], nation: Nation, **changes: Any) -> Clearance:
    """Cleared for the lowest `height` levels."""
    return Clearance(
        subject="psn_aaaaaaaaaaaaaaaaaaaaaaaa",
        policy=USA.identity,
        levels=frozenset(USA.levels[:height]),
        caveats=caveats,
        nation=nation,
        valid=Period(CREATED[0], REVIEW[1]),
        **changes,
    )


def may_read(label: Label, clearance: Clearance) -> bool:
    """True when nothing stands against receiving it."""
    return not decide(label, clearance, AT)


def check_join(one: Label, other: Label, third: Label) -> Label:
    """Property 1: join is idempotent, commutative, associative, and the least label above its parts."""
    joined = join([one, other], policies=POLICIES)
    assert isinstance(joined, Label)
    assert join([joined, one]) == joined == join([other, one])
    right = join([other, third])
    assert isinstance(right, Label)
    assert join([joined, third]) == join([one, right]) == join([one, other, third])
    assert dominates(joined, one)
    assert dominates(joined, other)
    if dominates(third, one) and dominates(third, other):
        assert dominates(third, joined)
    return joined


def check_readers(joined: Label, one: Label, other: Label, clearance: Clearance) -> None:
    """Properties 2 and 3: who may read the whole may read each part; dominating labels never add a reader."""
    purposes: tuple[Purpose, ...] = ("release", "display")
    for purpose in purposes:
        if not decide(joined, clearance, AT, purpose):
            assert not decide(one, clearance, AT, purpose)
            assert not decide(other, clearance, AT, purpose)
        if dominates(one, other) and not decide(one, clearance, AT, purpose):
            assert not decide(other, clearance, AT, purpose)


def check_translation(label: Label, table: EquivalenceTable, target: ClassificationPolicy) -> None:
    """Property 4: no lower, no wider, nothing dropped; at home the originator's label, byte for byte."""
    labels = label_set(label, AT)
    home = canonical_bytes(label_as_dict(label))
    found = labels.translated(table, target, AT)
    assert isinstance(found, Mapped | NoEquivalent | NeedsPerson)
    if isinstance(found, Mapped):
        assert found.label.level.name == label.level.name
        assert found.label.release == label.release
        assert found.label.display == label.display
        assert not label.caveats
        assert not replace(label.controls, display_to=frozenset()).decides
        labels = labels.with_alternative(Alternative(found.label, "table-1"), AT)
        assert labels.label_for(target.identity) == found.label
    back = labels.translated(table, POLICIES.of(label.policy), AT)
    assert isinstance(back, HomeComing)
    assert canonical_bytes(label_as_dict(back.label)) == home


def check_bytes(one: Label, other: Label) -> None:
    """Property 6: equal labels have equal bytes, unequal ones unequal bytes, and a label comes back from its bytes."""
    written = canonical_bytes(label_as_dict(one))
    assert (written == canonical_bytes(label_as_dict(other))) == (one == other)
    assert label_from_dict(read_object(written), POLICIES, controls_known=True) == one


def check_total(label: Label, clearance: Clearance, *, binding_verified: bool) -> None:
    """Property 9: each input gives permit, deny with reasons, or Undecided; a permit never goes beyond `decide`."""
    circumstances = Circumstances(AT, binding_verified, POLICIES, granted_subjects=frozenset({clearance.subject}))
    answer = decide_access(label_set(label, AT), clearance, circumstances)
    assert isinstance(answer, Permitted | Denied | Undecided)
    assert isinstance(answer, Permitted) == (binding_verified and may_read(label, clearance))
    assert not isinstance(answer, Denied) or answer.reasons


def equivalence_rows() -> list[dict[str, Any]]:
    """The working default of labels.md section 9."""
    levels = ("TOP SECRET", "SECRET", "CONFIDENTIAL", "UNCLASSIFIED")
    pairs = [(a, level, b, level) for a, b in (("USA", "IND"), ("IND", "USA")) for level in levels]
    return [_row(*pair) for pair in pairs] + [_row("IND", "RESTRICTED", "USA", None)]


def _row(origin: str, level: str, target: str, to_level: str | None) -> dict[str, Any]:
    return {
        "from_policy": origin,
        "from_level": level,
        "to_policy": target,
        "to_level": to_level,
        "handling": "as_equivalent" if to_level else "as_confidential",
        "source": "working default",
        "citation": None,
        "evidence": "inference",
        "confirmed": False,
        "valid_from": "2026-01-01T00:00:00Z",
        "valid_to": None,
    }


TABLE: Final = EquivalenceTable.from_rows(equivalence_rows(), POLICIES)


def check_label_alone(label: Label, other: Label, clearance: Clearance) -> None:
    """The laws of one label: translation, bytes, total decisions, and that it is its own join."""
    assert join([label]) == label == join([label, label])
    check_translation(label, TABLE, IND)
    check_bytes(label, other)
    for binding_verified in (True, False):
        check_total(label, clearance, binding_verified=binding_verified)


def check_together(one: Label, other: Label, third: Label, clearance: Clearance) -> None:
    """The laws of several labels: their join, and its readers."""
    check_readers(check_join(one, other, third), one, other, clearance)


def check_laws(cases: int, seed: int) -> None:
    """Every law on that many random cases. Raises AssertionError that names the case, which `seed` brings back.

    Labels are drawn fresh for every hundred cases, and each case is a fresh choice of three of these and a clearance.
    """
    chance = random.Random(seed)  # noqa: S311  cases, not secrets
    labels: list[Label] = []
    clearances: list[Clearance] = []
    for case in range(cases):
        try:
            if case % 100 == 0:
                labels = [any_us_label(chance.choice) for _ in range(20)]
                clearances = [any_clearance(chance.choice) for _ in range(20)]
                for label in labels:
                    check_label_alone(label, chance.choice(labels), chance.choice(clearances))
            one, other, third = (chance.choice(labels) for _ in range(3))
            check_together(one, other, third, chance.choice(clearances))
        except AssertionError as error:
            raise AssertionError(f"seed {seed}, case {case}") from error
