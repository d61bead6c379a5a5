"""Reads a scenario file and refuses, by field, what it cannot carry out.

First the form (`scenario.schema.json`, the format's one definition, with what each act is told), then what a form
cannot say: days never go back, every name is given before it is used, each inject is mended by a later step, each part
and company is of the cast.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any, Final

from relto.base.canonical import sha256_hex
from relto.base.errors import MalformedInput, NotAvailable
from relto.base.json_schemas import JsonSchema
from relto.rehearsal.scenario import (
    AT_AUTHORITY,
    AT_COMPANY,
    CONTROL,
    DONE,
    NATIONS,
    CastCompany,
    CourseStep,
    Part,
    Scenario,
)
from relto.rehearsal.yaml_reading import read_yaml

_GIVES: Final[Mapping[str, str]] = {"begin": "dossier", "seal": "item", "ask": "case"}
"""Act -> what it gives a name to (its member `as`)."""
_USES: Final = ("dossier", "item", "case")
_BY_CONTROL: Final = frozenset({"agree", "link", "wait"})
_PLACEHOLDER = re.compile(r"\$\{([^${}]*)\}")
_KNOWN_PLACEHOLDER = re.compile(
    r"programme|(facility|company)\.[a-z][a-z0-9_]{0,31}|(dossier|item|number)\.[a-z][a-z0-9_]{0,31}"
    r"|person\.(USA|IND)\.[a-z_]{3,24}(@[a-z][a-z0-9_]{0,31})?|(date|instant)\.-?[0-9]{1,3}"
)


def shipped() -> tuple[str, ...]:
    """The codes of the scenarios that ship with relto, in the order of their names."""
    folder = resources.files("relto.rehearsal").joinpath("scenarios")
    return tuple(sorted(one.name.removesuffix(".yaml") for one in folder.iterdir() if one.name.endswith(".yaml")))


def shipped_file(code: str) -> bytes:
    """The file of a shipped scenario. Raises NotAvailable("scenario")."""
    if code not in shipped():
        raise NotAvailable("scenario", field="scenario", expected=", ".join(shipped()))
    return resources.files("relto.rehearsal").joinpath("scenarios", f"{code}.yaml").read_bytes()


def read_scenario(data: bytes) -> Scenario:
    """The scenario of a file. Raises MalformedInput or TooLarge naming the field, by its path from the top."""
    told = read_yaml(data, field="scenario")
    _fits(_schema(""), told, ())
    companies = [_company(one) for one in told["cast"]["companies"]]
    _require_companies(companies)
    course: list[CourseStep] = []
    for number, one in enumerate(told["course"]):
        _fits(_schema(one["do"]), one.get("with", {}), ("course", number, "with"))
        course.append(_step(one, course[-1].hour if course else 0, f"course.{number}"))
    _require_sound(course, companies)
    parts = sorted({part for step in course for part in _parts_of(step)}, key=str)
    _require_parts(parts, companies, course)
    return Scenario(
        told["scenario"], sha256_hex(data), told["title"], told["trains"], tuple(companies), tuple(course), tuple(parts)
    )


def read_part(text: str, field: str) -> Part:
    """A part as a scenario names it. Raises MalformedInput("scenario.part")."""
    nation, _, rest = text.partition(".")
    part, _, company = rest.partition("@")
    known = part in AT_COMPANY or (part in AT_AUTHORITY and not company)
    if nation not in NATIONS or not known:
        expected = ", ".join((*AT_COMPANY, *AT_AUTHORITY))
        raise MalformedInput("scenario.part", field=field, found=text, expected=f"NATION.ROLE, of {expected}")
    return Part(nation, part, company)


def placeholders(value: object) -> Iterator[str]:
    """Every `${...}` in the texts of a value, at any depth."""
    if isinstance(value, str):
        yield from _PLACEHOLDER.findall(value)
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from placeholders(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from placeholders(one)


@cache
def _schema(act: str) -> JsonSchema:
    """The schema of the whole file but for what acts are told, or of what one act is told."""
    whole = json.loads(resources.files("relto.rehearsal").joinpath("scenario.schema.json").read_bytes())
    if act:
        return JsonSchema({**whole["$defs"][f"act_{act}"], "$defs": whole["$defs"]})
    del whole["$defs"]["step"]["allOf"]  # each act's own is asked by itself, so that the fault is named precisely
    return JsonSchema(whole)


def _fits(schema: JsonSchema, value: object, above: Sequence[str | int]) -> None:
    fault = schema.fault(value)
    if fault is not None:
        field = ".".join(str(one) for one in (*above, *fault.path)) or "scenario"
        expected = f"{fault.keyword}: {json.dumps(fault.demands, ensure_ascii=False)[:200]}"
        raise MalformedInput("scenario", field=field, expected=expected)


def _company(told: Mapping[str, Any]) -> CastCompany:
    return CastCompany(told["name"], told["nation"], told["level"], told.get("listed", True), told.get("vouched", True))


def _step(told: Mapping[str, Any], before: int, field: str) -> CourseStep:
    hour = 24 * told["day"] + told.get("hour", 0) if "day" in told else before
    if hour < before or ("hour" in told and "day" not in told):
        raise MalformedInput("scenario.day", field=f"{field}.day", expected="the day before it, or a later one")
    who = told.get("who", CONTROL)
    act = told["do"]
    if (who == CONTROL) != (act in _BY_CONTROL):
        expected = "control" if act in _BY_CONTROL else "who does it, such as IND.engineer"
        raise MalformedInput("scenario.who", field=f"{field}.who", expected=expected)
    expect, rule = told.get("expect", DONE), told.get("rule", "")
    if rule and expect == DONE:
        raise MalformedInput("scenario.rule", field=f"{field}.rule", expected="a rule only of a step that is refused")
    return CourseStep(
        id=told["id"],
        hour=hour,
        who=None if who == CONTROL else read_part(who, f"{field}.who"),
        act=act,
        given=told.get("with", {}),
        expect=expect,
        rule=rule,
        inject=told.get("inject", ""),
        mended_by=told.get("mended_by", ""),
        says=told.get("says", {}),
    )


def _require_companies(companies: Sequence[CastCompany]) -> None:
    names = [one.name for one in companies]
    if len(set(names)) != len(names) or {one.nation for one in companies} != set(NATIONS):
        expected = "each name once, and a company of each nation"
        raise MalformedInput("scenario.companies", field="cast.companies", expected=expected)


def _require_sound(course: Sequence[CourseStep], companies: Sequence[CastCompany]) -> None:
    """Names in order, injects mended later, companies of the cast."""
    known: dict[str, set[str]] = {"dossier": set(), "item": set(), "case": set()}
    seen: set[str] = set()
    here = {one.name for one in companies}
    later = {step.id: number for number, step in enumerate(course)}
    for number, step in enumerate(course):
        field = f"course.{number}"
        if step.id in seen:
            raise MalformedInput("scenario.id", field=f"{field}.id", found=step.id, expected="each id once")
        seen.add(step.id)
        for kind in _USES:
            named = step.given.get(kind)
            if named is not None and named not in known[kind]:
                raise MalformedInput(
                    "scenario.name", field=f"{field}.with.{kind}", found=named, expected="a name given before"
                )
        if step.act == "ask" and step.given["to"] not in here:
            raise MalformedInput("scenario.company", field=f"{field}.with.to", expected=", ".join(sorted(here)))
        _require_placeholders(step, known, here, field)
        mended = later.get(step.mended_by, 0) > number
        if (step.inject and not mended) or (step.mended_by and not step.inject):
            expected = "the id of a later step, beside an inject"
            raise MalformedInput("scenario.mended_by", field=f"{field}.mended_by", expected=expected)
        if step.act in _GIVES:
            known[_GIVES[step.act]].add(step.given["as"])


def _require_placeholders(step: CourseStep, known: Mapping[str, set[str]], companies: set[str], field: str) -> None:
    for one in placeholders(step.given):
        kind, _, name = one.partition(".")
        sound = _KNOWN_PLACEHOLDER.fullmatch(one) is not None
        if kind in ("facility", "company"):
            sound = sound and name in companies
        elif kind in ("dossier", "item"):
            sound = sound and name in known[kind]
        elif kind == "number":
            sound = sound and name in known["case"] | known["dossier"]
        if not sound:
            expected = "one that the reference names, of names given before"
            raise MalformedInput("scenario.placeholder", field=f"{field}.with", found=one[:80], expected=expected)


def _parts_of(step: CourseStep) -> Iterator[Part]:
    """Everybody whom a step names."""
    if step.who is not None:
        yield step.who
    field = f"step {step.id}"
    for reader in step.given.get("readers", ()):
        yield read_part(reader, f"{field}.with.readers")
    if step.act == "assign":
        yield read_part(step.given["person"], f"{field}.with.person")
    if step.given.get("kind") == "person":
        yield read_part(step.given["subject"], f"{field}.with.subject")
    for one in placeholders(step.given):
        if one.startswith("person."):
            yield read_part(one.removeprefix("person."), f"{field}.with")


def _require_parts(parts: Sequence[Part], companies: Sequence[CastCompany], course: Sequence[CourseStep]) -> None:
    by_name = {one.name: one.nation for one in companies}
    for part in parts:
        if part.company and by_name.get(part.company) != part.nation:
            field = next(f"course.{number}" for number, step in enumerate(course) if part in set(_parts_of(step)))
            expected = "a company of the cast, of that nation"
            raise MalformedInput("scenario.company", field=field, found=str(part), expected=expected)
    for number, step in enumerate(course):
        if step.given.get("kind") == "facility" and step.given["subject"] not in by_name:
            expected = ", ".join(sorted(by_name))
            raise MalformedInput("scenario.company", field=f"course.{number}.with.subject", expected=expected)
