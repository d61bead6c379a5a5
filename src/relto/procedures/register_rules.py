"""What each nation's rules demand of its register: copy numbers, records, consent, signatories, inventories (GSO-17).

Promises: every demand is a row of data with its provision, citation, evidence and whether it is confirmed; a row counts
from the day it names and not after the day on which its source was replaced; what no row of the holder's own nation
answers is a gap, "no rule loaded", and never the other nation's number (design section 6). The shipped rows are
32 CFR 117.15(e), 117.19 and 2001.54 as read for the United States (USR-06, ISA-27, LIM-11 to LIM-15), and one heading
of the Indian manual of 2014, which its successor replaced on 3 July 2025 (LIM-34).

Levels are those of the holder's own policy: what came from another nation is looked up by its equivalent there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib import resources
from typing import Any, Final

from relto.base.canonical import read_object
from relto.base.errors import MalformedInput
from relto.base.nations import read_nation

COPY_NUMBER: Final = "copy_number"
RECORDS: Final = "records"
REPRODUCTION_CONSENT: Final = "reproduction_consent"
SIGNATORIES: Final = "destruction_signatories"
INVENTORY_MONTHS: Final = "inventory_months"
RECORD_YEARS: Final = "destruction_record_years"
WORKING_PAPER_DAYS: Final = "working_paper_days"
RECEIPT_DAYS: Final = "receipt_days"
TRANSLATION: Final = "translation"
DEMANDS: Final = (
    COPY_NUMBER,
    RECORDS,
    REPRODUCTION_CONSENT,
    SIGNATORIES,
    INVENTORY_MONTHS,
    RECORD_YEARS,
    WORKING_PAPER_DAYS,
    RECEIPT_DAYS,
    TRANSLATION,
)
OWN, FOREIGN, ANY = "own", "foreign", "any"
_MEMBERS = frozenset(
    {"nation", "about", "level", "demand", "value", "provision", "citation", "source", "evidence", "confirmed"}
)
_OPTIONAL = frozenset({"events", "superseded_from"})
_EVIDENCE = frozenset({"read", "excerpt", "secondary", "inference"})
_MOST_RULES = 1024
_DAY = re.compile(r"\A\d{4}-\d{2}-\d{2}\Z")


@dataclass(frozen=True, slots=True)
class RegisterRule:
    """One row: what `demand` means for information `about` own or foreign sources at `level` ("" is every level).

    `value`: a number of the demand's own unit (persons, months, years, days), or 1 demanded and 0 not demanded.
    `events`: of `records`, what must be on record. `superseded_from`: the first day on which it no longer counts.
    """

    nation: str
    about: str
    level: str
    demand: str
    value: int
    events: tuple[str, ...]
    provision: str
    citation: str
    source: str
    evidence: str
    confirmed: bool
    superseded_from: date | None = None


@dataclass(frozen=True, slots=True)
class Demand:
    """What is demanded in one case. `value` None: no rule is loaded, and `provision` names the gap where it has one."""

    demand: str
    nation: str
    value: int | None
    events: tuple[str, ...] = ()
    provision: str = ""
    citation: str = ""
    evidence: str = "none"
    confirmed: bool = False

    @property
    def is_gap(self) -> bool:
        """True when no rule is loaded."""
        return self.value is None


@dataclass(frozen=True, slots=True)
class RegisterRules:
    """All rows, and the gaps that the rulebook names."""

    rules: tuple[RegisterRule, ...]
    gaps: Mapping[tuple[str, str], str]

    def demand(self, nation: str, demand: str, *, level: str, foreign: bool, on: date) -> Demand:
        """What the nation's rules demand of this level on that day; the row that names most is taken."""
        about = FOREIGN if foreign else OWN
        found = [
            rule
            for rule in self.rules
            if (rule.nation, rule.demand) == (nation, demand)
            if rule.about in {ANY, about} and rule.level in {"", level}
            if rule.superseded_from is None or on < rule.superseded_from
        ]
        if not found:
            return Demand(demand, nation, None, provision=self.gaps.get((nation, demand), ""))
        rule = max(found, key=lambda one: (bool(one.level), one.about != ANY))
        return Demand(
            demand, nation, rule.value, rule.events, rule.provision, rule.citation, rule.evidence, rule.confirmed
        )

    def all_demands(self, nation: str, *, level: str, foreign: bool, on: date) -> tuple[Demand, ...]:
        """Every demand in the fixed order, gaps included: what a page shows beside a form."""
        return tuple(self.demand(nation, one, level=level, foreign=foreign, on=on) for one in DEMANDS)


def read_register_rules(data: bytes | str) -> RegisterRules:
    """Rules from their JSON form. Raises MalformedInput naming the member; nothing unknown is read over."""
    document = read_object(data, field="register_rules")
    rows, gaps = document.get("rules"), document.get("gaps")
    stated = (document.get("type"), document.get("version"))
    if stated != ("register-rules", 1) or not isinstance(rows, list) or not isinstance(gaps, list):
        raise MalformedInput("register_rules", field="type", expected="register-rules of version 1")
    if len(rows) > _MOST_RULES or len(gaps) > _MOST_RULES:
        raise MalformedInput("register_rules", field="rules", expected=f"at most {_MOST_RULES} rows")
    rules = tuple(_rule(row) for row in rows)
    keys = [(rule.nation, rule.about, rule.level, rule.demand, rule.superseded_from) for rule in rules]
    if len(set(keys)) != len(keys):
        raise MalformedInput("register_rules", field="rules", expected="each row once")
    return RegisterRules(rules, dict(_gaps(gaps)))


@lru_cache(maxsize=1)
def shipped_register_rules() -> RegisterRules:
    """The rules that come with this package, until an agreement bundle or a nation's own file carries them."""
    data = resources.files("relto.procedures").joinpath("data", "register_rules.json").read_bytes()
    return read_register_rules(data)


def _rule(row: object) -> RegisterRule:
    if not isinstance(row, dict) or not set(row) >= _MEMBERS or not set(row) <= _MEMBERS | _OPTIONAL:
        raise MalformedInput("register_rules", field="rules", expected=", ".join(sorted(_MEMBERS)))
    events, until = row.get("events", []), row.get("superseded_from")
    texts = ("about", "level", "demand", "provision", "citation", "source", "evidence")
    known = (
        all(isinstance(row[name], str) for name in texts)
        and row["about"] in {OWN, FOREIGN, ANY}
        and row["demand"] in DEMANDS
        and row["evidence"] in _EVIDENCE
        and type(row["value"]) is int
        and row["value"] >= 0
        and isinstance(row["confirmed"], bool)
        and not (row["confirmed"] and row["evidence"] != "read")
        and isinstance(events, list)
        and all(isinstance(event, str) for event in events)
        and (until is None or (isinstance(until, str) and bool(_DAY.match(until))))
    )
    if not known:
        raise MalformedInput("register_rules", field="rules", found=str(row["provision"])[:32], expected="a known rule")
    given: dict[str, Any] = {name: row[name] for name in _MEMBERS}
    given["nation"] = read_nation(row["nation"], field="rules.nation")
    return RegisterRule(**given, events=tuple(events), superseded_from=date.fromisoformat(until) if until else None)


def _gaps(rows: Iterable[object]) -> Iterable[tuple[tuple[str, str], str]]:
    for row in rows:
        if not isinstance(row, dict) or set(row) != {"nation", "demand", "provision"} or row["demand"] not in DEMANDS:
            raise MalformedInput("register_rules", field="gaps", expected="nation, demand, provision")
        yield (read_nation(row["nation"], field="gaps.nation"), str(row["demand"])), str(row["provision"])
