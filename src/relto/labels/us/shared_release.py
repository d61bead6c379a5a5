"""What the portions of a document allow in common (ISM-00088, 00132, 00318, 00320; labels.md 7.4, trap T2).

1. A banner may be REL TO only if every classified portion has a list and no unclassified portion excludes release.
2. Lists are intersected after expansion from the dated table. A group that the table does not expand makes the answer
   unknown, unless all lists say the same: it is never taken for everyone, and never guessed.
3. Each portion's owners are in its audience. A common list that the document's own owners are not in, or that names
   nobody beside them, is no REL TO.
4. A portion without any statement is not releasable.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import reduce

from relto.labels.us import codes as countries
from relto.labels.us.tokens import CUI_ALONE
from relto.labels.us.values import Joint, Marking, MarkingParts, MarkOwner, UnitedStates

NOFORN_OTHERS = frozenset({"SBU_NOFORN", "LES_NOFORN"})


@dataclass(frozen=True, slots=True)
class SharedRelease:
    """`unknown`: a group cannot be expanded. `blocked_by`: the portions without which a release would be possible."""

    rel_to: tuple[str, ...] = ()
    display_only: tuple[str, ...] = ()
    relido: bool = False
    unknown: bool = False
    blocked_by: tuple[int, ...] = ()


def with_banner_list(portion: Marking, banner: MarkingParts | None) -> Marking:
    """The portion with the banner's list in place of a bare REL; as it is when there is no such list."""
    if not portion.rel_as_banner or banner is None or not banner.rel_to:
        return portion
    return replace(portion, rel_to=banner.rel_to, rel_as_banner=False)


def release_list(portion: MarkingParts) -> tuple[str, ...]:
    """REL TO, or the EYES ONLY list of an old document."""
    return portion.rel_to or portion.eyes


def excludes_release(portion: MarkingParts) -> bool:
    """True for a portion that keeps REL TO out of the banner, whatever its level."""
    if "NOFORN" in portion.dissem or portion.other & NOFORN_OTHERS or portion.dissem & CUI_ALONE:
        return True
    return not portion.is_classified and bool(portion.display_only or "RELIDO" in portion.dissem)


def home_of(owner: MarkOwner) -> frozenset[str]:
    """The nations that own it; none for a group or a concealed owner, whose nations are not known here."""
    if isinstance(owner, UnitedStates):
        return frozenset({countries.UNITED_STATES})
    codes = owner.codes if isinstance(owner, Joint) else (owner.code,)
    return frozenset(code for code in codes if code in countries.TRIGRAPHS)


def shared_release(portions: Sequence[MarkingParts], owner: MarkOwner) -> SharedRelease:
    """What all portions of a document of that owner allow; bare REL must have been resolved before."""
    has_classified = any(portion.is_classified for portion in portions)
    decides = [portion.is_classified if has_classified else portion.cui is not None for portion in portions]
    deciding = [portion for portion, is_one in zip(portions, decides, strict=True) if is_one]
    blocked = tuple(
        number
        for number, (portion, is_one) in enumerate(zip(portions, decides, strict=True))
        if excludes_release(portion) or (is_one and not release_list(portion))
    )
    relido = bool(deciding) and all("RELIDO" in portion.dissem for portion in deciding)
    if not deciding or any("NOFORN" in portion.dissem for portion in portions):
        return SharedRelease(blocked_by=blocked)
    deciding += [
        portion for portion, is_one in zip(portions, decides, strict=True) if not is_one and release_list(portion)
    ]
    home = home_of(owner)
    rel = () if blocked else _shared_list(deciding, home)
    if rel is None:
        return SharedRelease(relido=relido, unknown=True, blocked_by=blocked)
    display = _shared_display(deciding, home, rel)
    if display is None:
        return SharedRelease(rel, relido=relido, unknown=True, blocked_by=blocked)
    return SharedRelease(rel, display, relido, blocked_by=blocked)


def widens(claimed: Iterable[str], allowed: Iterable[str]) -> bool | None:
    """True when the claimed list reaches a nation that the allowed one does not; None when a group is unknown."""
    claimed, allowed = set(claimed), set(allowed)
    if claimed <= allowed:
        return False
    reached, permitted = countries.expand(claimed), countries.expand(allowed)
    if reached is None or permitted is None:
        return None
    return not reached <= permitted


def _shared_list(deciding: Sequence[MarkingParts], home: frozenset[str]) -> tuple[str, ...] | None:
    """The codes in all lists: as written when all are the same, else nations; () for nobody beyond home."""
    lists = {release_list(portion) for portion in deciding}
    if len(lists) == 1:
        return lists.pop()
    shared = _intersection([(release_list(portion), portion.owner) for portion in deciding])
    if shared is None:
        return None
    return countries.release_order(shared) if home < shared else ()


def _intersection(lists: Iterable[tuple[Iterable[str], MarkOwner]]) -> frozenset[str] | None:
    """The nations that every list with its owners reaches; None when a group cannot be expanded."""
    found = []
    for codes, owner in lists:
        nations = countries.expand(codes)
        if nations is None:
            return None
        found.append(nations | home_of(owner))
    return reduce(frozenset.intersection, found)


def _shared_display(
    deciding: Sequence[MarkingParts], home: frozenset[str], rel: tuple[str, ...]
) -> tuple[str, ...] | None:
    """Who may be shown the whole beyond those who may have it."""
    if not any(portion.display_only for portion in deciding):
        return ()
    if any(not (release_list(portion) or portion.display_only) or excludes_release(portion) for portion in deciding):
        return ()
    if len({(release_list(portion), portion.display_only) for portion in deciding}) == 1:
        return deciding[0].display_only
    shared = _intersection([((*release_list(portion), *portion.display_only), portion.owner) for portion in deciding])
    released = countries.expand(rel)
    return None if shared is None or released is None else countries.ordered(shared - released - home)
