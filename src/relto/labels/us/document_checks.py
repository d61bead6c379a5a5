"""A declared banner beside the portions of its document (labels.md 7.4): every place where it does not cover them.

The banner may protect more than the portions; above every portion in level, SCI or FOUO it needs the reason for
compilation (32 CFR 2001.24(g)). It may release to fewer than the portions allow only with that reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from relto.labels.us import codes as countries
from relto.labels.us.faults import Fault, fault
from relto.labels.us.rolling_up import CARRIED, fgi_of
from relto.labels.us.shared_release import (
    SharedRelease,
    excludes_release,
    home_of,
    release_list,
    shared_release,
    widens,
    with_banner_list,
)
from relto.labels.us.tokens import MarkLevel
from relto.labels.us.values import (
    Compartment,
    ConcealedFgi,
    Foreign,
    Joint,
    Marking,
    MarkingParts,
    OpenFgi,
    Programme,
    SciControl,
    UnitedStates,
)

_Tree = dict[str, dict[str, frozenset[str]]]


def check_document_marks(
    banner: Marking, portions: Sequence[Marking | None], *, has_compilation_reason: bool = False
) -> tuple[Fault, ...]:
    """Every fault of the banner beside its portions; None is a portion without a mark. Portions count from 0."""
    if not portions:
        return (fault("no_portions"),)
    found = [fault("portion_unmarked", number) for number, portion in enumerate(portions) if portion is None]
    marked = [(number, with_banner_list(portion, banner)) for number, portion in enumerate(portions) if portion]
    for number, portion in marked:
        found += [fault(code, number) for code in _uncovered(banner, portion)]
    if marked:
        found += _release_faults(banner, marked, has_reason=has_compilation_reason)
    if marked and not has_compilation_reason:
        found += [fault(code) for code in _above_all(banner, [portion for _, portion in marked])]
    return tuple(found)


def _uncovered(banner: Marking, portion: Marking) -> Iterator[str]:
    """Codes of what the portion has and the banner lacks."""
    if portion.level > banner.level:
        foreign = portion.level is MarkLevel.R
        yield "banner_foreign_level" if foreign else "banner_level"
    for name in CARRIED:
        if (
            name in portion.dissem
            and name not in banner.dissem
            and not (name == "NOFORN" and _is_cui_of(portion, banner))
        ):
            yield f"banner_{name.lower()}"
    yield from _uncovered_compartments(banner, portion)
    if not _covers_nuclear(banner, portion):
        yield "banner_nuclear"
    if not banner.is_classified and portion.ucni - banner.ucni:
        yield "banner_ucni"
    yield from _uncovered_other(banner, portion)
    if not banner.is_classified and portion.cui is not None and not _covers_cui(banner, portion):
        yield "banner_cui"
    if portion.nato - banner.nato:
        yield "rollup_nato"
    yield from _uncovered_fgi(banner, portion)
    if portion.rel_as_banner:
        yield "banner_rel_unresolved"


def _uncovered_compartments(banner: Marking, portion: Marking) -> Iterator[str]:
    if not _covers(_sci_tree(banner.sci), _sci_tree(portion.sci)):
        yield "banner_sci"
    named = _covers(_programme_tree(banner.programmes), _programme_tree(portion.programmes))
    covered = banner.multiple_programmes or (named and not portion.multiple_programmes)
    if not covered or (portion.hvsaco and not banner.hvsaco):
        yield "banner_sap"


def _is_cui_of(portion: Marking, banner: Marking) -> bool:
    """A CUI portion in an unclassified document is compared as CUI."""
    return portion.cui is not None and not banner.is_classified


def _covers_cui(banner: Marking, portion: Marking) -> bool:
    if banner.cui is None or portion.cui is None:
        return False
    return set(portion.cui.categories) <= set(banner.cui.categories) and portion.dissem <= banner.dissem


def _uncovered_other(banner: Marking, portion: Marking) -> Iterator[str]:
    stronger = {"EXDIS": "NODIS", "SBU": "SBU_NOFORN", "LES": "LES_NOFORN"}
    named = {"LIMDIS", "EXDIS", "NODIS"}
    missing = {
        name
        for name in portion.other - banner.other
        if stronger.get(name) not in banner.other and not (name.startswith("SBU") and banner.is_classified)
    }
    yield from sorted(f"banner_{name.lower()}" for name in missing & named)
    if missing - named or set(portion.accm) - set(banner.accm):
        yield "banner_other"


def _uncovered_fgi(banner: Marking, portion: Marking) -> Iterator[str]:
    needed = fgi_of([portion])
    if not isinstance(banner.owner, UnitedStates):
        yield from _foreign_beside(banner.owner, needed)
        return
    if needed is None or not banner.is_classified or isinstance(banner.fgi, ConcealedFgi):
        return
    if isinstance(needed, ConcealedFgi):
        yield "banner_fgi_concealed"
    elif banner.fgi is None or not set(needed.codes) <= set(banner.fgi.codes):
        yield "banner_fgi_open"


def _foreign_beside(owner: Foreign | Joint, needed: OpenFgi | ConcealedFgi | None) -> Iterator[str]:
    """A foreign or joint banner has no FGI field: other sources than its owners have no place in it."""
    owners = set(owner.codes) if isinstance(owner, Joint) else {owner.code}
    if needed is None or countries.CONCEALED_OWNER in owners:
        return
    if isinstance(needed, ConcealedFgi):
        yield "banner_fgi_concealed"
    elif not set(needed.codes) <= owners:
        yield "banner_fgi_open"


def _release_faults(banner: Marking, marked: Sequence[tuple[int, Marking]], *, has_reason: bool) -> list[Fault]:
    portions = [portion for _, portion in marked]
    shared = shared_release(portions, banner.owner)
    found = []
    claimed = release_list(banner)
    if claimed and shared.blocked_by:
        found += [fault("banner_rel", marked[number][0]) for number in shared.blocked_by]
    elif claimed and any(portion.is_classified or portion.cui for portion in portions):
        code = _list_fault(claimed, shared, has_reason=has_reason)
        found += [fault(code)] if code else []
    if "RELIDO" in banner.dissem:
        found += [
            fault("banner_relido", number)
            for number, portion in marked
            if portion.is_classified and "RELIDO" not in portion.dissem
        ]
    if banner.display_only:
        found += [fault(code, number) for number, portion in marked if (code := _display_fault(banner, portion))]
    return found


def _list_fault(claimed: tuple[str, ...], shared: SharedRelease, *, has_reason: bool) -> str | None:
    if shared.unknown:
        return "banner_group"
    wider = widens(claimed, shared.rel_to)
    if wider is None:
        return "banner_group"
    narrower = widens(shared.rel_to, claimed)
    return "banner_rel_list" if wider or (narrower is not False and not has_reason) else None


def _display_fault(banner: MarkingParts, portion: Marking) -> str | None:
    """The code, when the banner shows to someone to whom this portion may not be shown."""
    if not portion.is_classified:
        return "banner_display" if excludes_release(portion) and "NOFORN" in portion.dissem else None
    wider = widens(banner.display_only, [*release_list(portion), *portion.display_only, *home_of(portion.owner)])
    return "banner_group" if wider is None else "banner_display" if wider else None


def _above_all(banner: Marking, portions: Sequence[Marking]) -> Iterator[str]:
    highest = max(portion.level for portion in portions)
    if highest is MarkLevel.R and banner.has_us_owner:
        highest = MarkLevel.C
    if banner.level > highest:
        yield "compilation_level"
    controls = tuple(control for portion in portions for control in portion.sci)
    if not _covers(_sci_tree(controls), _sci_tree(banner.sci)):
        yield "compilation_sci"
    if "FOUO" in banner.dissem and not any("FOUO" in portion.dissem for portion in portions):
        yield "compilation_fouo"


def _covers_nuclear(banner: Marking, portion: Marking) -> bool:
    shown = {mark.kind: mark for mark in banner.nuclear}
    return all(
        mark.kind in shown
        and (shown[mark.kind].cnwdi or not mark.cnwdi)
        and set(mark.sigmas) <= set(shown[mark.kind].sigmas)
        for mark in portion.nuclear
    )


def _sci_tree(controls: Sequence[SciControl]) -> _Tree:
    found: _Tree = {}
    for control in controls:
        _grow(found.setdefault(control.system, {}), control.compartments)
    return found


def _programme_tree(programmes: Sequence[Programme]) -> _Tree:
    found: _Tree = {}
    for programme in programmes:
        _grow(found.setdefault(programme.name, {}), programme.compartments)
    return found


def _grow(branch: dict[str, frozenset[str]], compartments: Sequence[Compartment]) -> None:
    for compartment in compartments:
        branch[compartment.name] = branch.get(compartment.name, frozenset()) | set(compartment.subs)


def _covers(whole: _Tree, part: _Tree) -> bool:
    return all(
        name in whole
        and all(inner in whole[name] and subs <= whole[name][inner] for inner, subs in compartments.items())
        for name, compartments in part.items()
    )
