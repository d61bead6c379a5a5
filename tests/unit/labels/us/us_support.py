"""Strategies for US markings that their rules allow."""

from __future__ import annotations

from datetime import date
from typing import Any

from hypothesis import strategies as st

from relto.labels.us.authority import AuthorityBlock, validate_authority
from relto.labels.us.declassification import NOT_APPLICABLE, Declassification
from relto.labels.us.faults import MarkingFaults
from relto.labels.us.tokens import DISSEM_BY_NAME, NATO_CONTROLS, OTHER_BY_NAME, MarkLevel
from relto.labels.us.values import (
    Compartment,
    ConcealedFgi,
    Cui,
    Foreign,
    Joint,
    Marking,
    Nuclear,
    OpenFgi,
    Programme,
    SciControl,
    UnitedStates,
)

WORDS = st.text("ABCXYZ0189", min_size=1, max_size=4)
NATIONS = st.sampled_from(["AUS", "CAN", "DEU", "FRA", "GBR", "IND", "NZL"])
CODES = NATIONS | st.sampled_from(["ACGU", "FVEY", "NATO", "TEYE"])
COMPARTMENTS = st.lists(
    st.builds(Compartment, WORDS, st.lists(WORDS, max_size=2).map(tuple)), max_size=2, unique_by=lambda part: part.name
).map(tuple)
OWNERS = st.one_of(
    st.just(UnitedStates()),
    st.just(UnitedStates()),
    st.builds(Foreign, st.sampled_from(["GBR", "IND", "NATO", "FGI"])),
    st.lists(NATIONS | st.just("USA"), min_size=2, max_size=3, unique=True).map(tuple).map(Joint),
)


def _lists(codes: st.SearchStrategy[str]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.just(()) | st.lists(codes, min_size=1, max_size=3, unique=True).map(tuple)


def _usa_first(codes: tuple[str, ...]) -> tuple[str, ...]:
    return ("USA", *codes) if codes else ()


@st.composite
def markings(draw: st.DrawFn, owners: st.SearchStrategy[Any] = OWNERS) -> Marking:
    """Markings of every kind; whether their rules allow them is for the test to ask."""
    owner = draw(owners)
    levels = [level for level in MarkLevel if level is not MarkLevel.R or isinstance(owner, Foreign)]
    is_us = isinstance(owner, UnitedStates)
    level = draw(st.sampled_from(levels))
    few = st.booleans()
    members: dict[str, Any] = {"owner": owner, "level": level}
    if is_us and level is MarkLevel.U and draw(few):
        members["cui"] = Cui(
            tuple(draw(st.lists(st.sampled_from(["SP-CTI", "PRVCY", "SP-EXPT", "PROCURE"]), max_size=3)))
        )
        members["dissem"] = draw(
            st.frozensets(st.sampled_from(["FED_ONLY", "FEDCON", "NOFORN", "DL_ONLY"]), max_size=2)
        )
        return Marking(**members)
    if owner == Foreign("NATO") and draw(few):
        members["nato"] = draw(st.frozensets(st.sampled_from(NATO_CONTROLS), max_size=2))
    if draw(few):
        names = st.sampled_from(["SI", "TK", "HCS", "KDK", "COMINT", "KLONDIKE", "BUR", "ABC"])
        members["sci"] = tuple(draw(st.lists(st.builds(SciControl, names, COMPARTMENTS), max_size=2)))
    if draw(few):
        names = st.sampled_from(["BP", "BUTTERED POPCORN", "GB", "TC"])
        members["programmes"] = tuple(draw(st.lists(st.builds(Programme, names, COMPARTMENTS), max_size=3)))
    elif draw(few):
        members["multiple_programmes"] = draw(few)
        members["hvsaco"] = draw(few)
    if draw(few):
        sigmas = st.lists(st.integers(1, 99), max_size=2).map(tuple)
        nuclear = st.builds(Nuclear, st.sampled_from(["RD", "FRD"]), st.booleans(), sigmas) | st.just(Nuclear("TFNI"))
        members["nuclear"] = tuple(draw(st.lists(nuclear, max_size=2)))
    if level is MarkLevel.U:
        members["ucni"] = draw(st.frozensets(st.sampled_from(["DOD", "DOE"]), max_size=1))
    if is_us:
        members["fgi"] = draw(
            st.none() | st.just(ConcealedFgi()) | st.builds(OpenFgi, st.lists(CODES, min_size=1, max_size=3).map(tuple))
        )
    names = st.sampled_from(sorted(set(DISSEM_BY_NAME) - {"FOUO", "FED_ONLY", "FEDCON", "DL_ONLY"}))
    members["dissem"] = draw(st.frozensets(names, max_size=2))
    members["rel_to"] = _usa_first(draw(_lists(CODES)))
    members["display_only"] = draw(_lists(CODES))
    members["other"] = draw(st.frozensets(st.sampled_from(sorted(OTHER_BY_NAME)), max_size=2))
    members["accm"] = tuple(draw(st.lists(st.sampled_from(["LEMONADE", "PARTY FAVORS", "BA-Z9"]), max_size=2)))
    return Marking(**members)


LINES = st.text(st.characters(categories=("L", "N", "P")), min_size=1, max_size=40)
EVENTS = st.sampled_from(["completion of the test", "Withdrawal or sale", "End of mission, phase 2"])


@st.composite
def authority_blocks(draw: st.DrawFn) -> AuthorityBlock:
    ends = st.one_of(
        st.builds(
            Declassification,
            st.lists(st.sampled_from(["25X1", "25X4", "50X1"]), max_size=2).map(tuple),
            st.dates(date(1, 1, 1), date(9999, 12, 31)),
            st.none() | EVENTS,
        ),
        st.builds(Declassification, event=EVENTS),
        st.builds(Declassification, st.sampled_from([("50X1-HUM",), ("50X2-WMD",)])),
        st.builds(Declassification, not_applicable=st.sampled_from(sorted(NOT_APPLICABLE))),
    )
    derived = draw(st.none() | LINES)
    reason = () if derived is not None else tuple(draw(st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=3)))
    block = AuthorityBlock(draw(LINES), draw(ends), derived, reason)
    assert validate_authority(block) == ()
    return block


def codes_of(read: Any, *arguments: Any, **named: Any) -> list[str]:
    """The codes of the faults that the call raises; empty when it answers."""
    try:
        read(*arguments, **named)
    except MarkingFaults as wrong:
        return [fault.code for fault in wrong.faults]
    return []
