"""`relto register`: what is held where, copies and their movements, translations, and the lines of all of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from relto.adapters.words import sentence
from relto.base.errors import NotAvailable
from relto.cli.files import write_file
from relto.cli.inventories import inventory
from relto.cli.output import answer, answer_rows, language, words
from relto.cli.profile import open_client
from relto.procedures.register_rules import (
    INVENTORY_MONTHS,
    RECEIPT_DAYS,
    RECORD_YEARS,
    RECORDS,
    SIGNATORIES,
    WORKING_PAPER_DAYS,
)

_FORMS = click.Choice(["physical", "digital", "working_paper"])
_MEDIA = click.Choice(["courier", "freight", "electronic"])
_METHODS = click.Choice(["burning", "shredding", "pulping", "melting", "chemical", "pulverising", "erasure"])
_COPY = click.argument("copy")
_ON = click.option("--on", "done_on", required=True, metavar="DAY", help="On which day, as year-month-day.")
_REASON = click.option("--reason", default="", help="Why; it stays at your node. Write no classified words.")
_KEPT_BY = click.option("--custodian", required=True, help="Who keeps it: security_officer, engineer or a pseudonym.")
_PLACE = click.option("--location", required=True, help="Where it is kept. Write no classified words.")
_COUNTED = frozenset({SIGNATORIES, INVENTORY_MONTHS, RECORD_YEARS, WORKING_PAPER_DAYS, RECEIPT_DAYS})
_REGISTER_LINES = ("number", "direction", "banner", "counterpart", "at", "state", "item")


@click.group("register", invoke_without_command=True)
@click.pass_context
def register(context: click.Context) -> None:
    """The control register: transfers, copies, movements, inventories; no titles. Alone it lists the transfers."""
    if context.invoked_subcommand is None:
        context.invoke(list_lines)


@register.command("list")
def list_lines() -> None:
    """The numbered lines of transfers: directions, markings, the other side."""
    with open_client() as node:
        rows = [row.raw for row in node.register()]
    answer_rows(rows, _REGISTER_LINES, words("cli.empty", "register"))


@register.command("holdings")
def holdings() -> None:
    """What is held where: each item with its copies, their places, and what is open about them."""
    with open_client() as node:
        found = [one.raw for one in node.holdings()]
    rows = [{**one, "copies": _in_short(one["copies"])} for one in found]
    columns = ("control_number", "banner", "state", "copies", "item")
    answer_rows(rows, columns, words("cli.empty", "holdings"))


@register.command("item")
@click.argument("item")
def show_item(item: str) -> None:
    """One item with its copies, its translations, and what the rules ask of its register."""
    with open_client() as node:
        found = node.holding(item).raw
    answer(found, "\n".join([f"{found['control_number']} {found['banner']}", *_copy_rows(found), *_rules(found)]))


@register.command("show")
@_COPY
def show_copy(copy: str) -> None:
    """One copy with its lines, oldest first."""
    with open_client() as node:
        found = node.item_copy(copy).raw
    _told(found)


@register.command("line")
@click.argument("number")
def show_line(number: str) -> None:
    """One line by its number, of a transfer (USA-2026-000001) or of a copy (USA-C014-2026-000001)."""
    with open_client() as node:
        lines = [dict(row.raw) for row in node.register()]
        for one in node.holdings():
            lines += [{**line.raw, "copy": copy.id, "item": copy.item} for copy in one.copies for line in copy.events]
    found = next((line for line in lines if line["number"] == number), None)
    if found is None:
        raise NotAvailable("line", field="number")
    answer(found)


@register.command("copy")
@click.argument("item")
@click.option("--form", type=_FORMS, required=True, help="What it is.")
@click.option("--facility", required=True, help="Where it is: a facility of your company.")
@_KEPT_BY
@click.option("--location", default="", help="Where exactly it is kept. Write no classified words.")
@click.option("--number", type=int, help="The copy number that stands on it.")
def record(item: str, **given: Any) -> None:
    """Put a copy of ITEM that exists on record (security officer)."""
    with open_client() as node:
        _told(node.record_copy(item, **given).raw)


@register.command("reproduce")
@click.argument("item")
@click.option("--form", type=_FORMS, required=True, help="What was made.")
@click.option("--count", type=int, required=True, help="How many: as few as the work needs.")
@click.option("--number", "numbers", type=int, multiple=True, help="The number of each copy, once for each.")
@click.option("--from-copy", "source", default="", help="The copy they were made from; else the sealed original.")
@click.option("--authority", required=True, help="Who allowed it, by a reference.")
@click.option("--consent", default="", help="The reference of the originator's written approval.")
@click.option("--facility", required=True, help="Where they are.")
@_KEPT_BY
@click.option("--location", default="", help="Where exactly they are kept.")
@click.option("--reason", required=True, help="Why so many.")
def reproduce(item: str, **made: Any) -> None:
    """Record that copies of ITEM were made (security officer)."""
    with open_client() as node:
        found = node.reproduce(item, **made).raw
    answer(found, "\n".join([*_copy_rows(found), f"entry: {found['entry']}"]))


@register.command("translate")
@click.argument("item")
@click.argument("derived")
@click.option("--into", "language", required=True, help="The language, such as hi.")
@click.option("--translator", required=True, help="Who made it: a pseudonym of your company.")
def translate(item: str, derived: str, language: str, translator: str) -> None:
    """Record that DERIVED, an item sealed here, is a translation of ITEM; its label protects at least as much."""
    with open_client() as node:
        found = node.record_translation(item, derived, language, translator).raw
    answer(found, f"{found['item']} -> {derived} ({language})\nentry: {found['entry']}")


@register.command("move")
@_COPY
@click.option("--to", "facility", default="", help="Another facility of your company, to which it is sent.")
@click.option("--medium", type=_MEDIA, help="How it is sent there.")
@click.option("--reference", default="", help="The paper it travels under, such as a courier certificate.")
@click.option("--custodian", default="", help="Inside its facility: who takes it over.")
@click.option("--location", default="", help="Inside its facility: where it is kept from now on.")
@_REASON
def move(copy: str, facility: str, medium: str | None, **given: str) -> None:
    """Hand a copy over inside its facility, or send it to another one with --to (security officer)."""
    step = "dispatch" if facility else "hand_over"
    with open_client() as node:
        _told(node.take_copy_step(copy, step, facility=facility, medium=medium or "", **given).raw)


@register.command("arrive")
@_COPY
@_KEPT_BY
@_PLACE
def arrive(copy: str, custodian: str, location: str) -> None:
    """Record that a copy arrived where it was sent (security officer)."""
    with open_client() as node:
        _told(node.take_copy_step(copy, "arrive", custodian=custodian, location=location).raw)


@register.command("destroy")
@_COPY
@click.option("--method", type=_METHODS, required=True, help="How it was destroyed.")
@_ON
@click.option("--witness", default="", help="The pseudonym of the second person, who then signs with `witness`.")
@_REASON
def destroy(copy: str, method: str, done_on: str, witness: str, reason: str) -> None:
    """Record the destruction of a copy; where two must sign, it waits for the second one (security officer)."""
    with open_client() as node:
        given = {"method": method, "done_on": done_on, "witness": witness, "reason": reason}
        _told(node.take_copy_step(copy, "destroy", **given).raw)


@register.command("witness")
@_COPY
def witness(copy: str) -> None:
    """Sign the destruction of a copy as the second person, whom the first one named."""
    with open_client() as node:
        _told(node.take_copy_step(copy, "witness").raw)


@register.command("certificate")
@_COPY
@click.option("--output", required=True, type=click.Path(path_type=Path), help="The new file to write it into.")
def certificate(copy: str, output: Path) -> None:
    """Write the signed certificate of a copy's destruction into a file."""
    with open_client() as node:
        lines = node.item_copy(copy).events
    found = next((line.details["certificate"] for line in reversed(lines) if line.details.get("certificate")), "")
    if not found:
        raise NotAvailable("certificate", field="copy")
    answer({"file": str(write_file(output, found.encode("utf-8"), "output"))})


@register.command("return")
@_COPY
@click.option("--recipient", required=True, help="Who got it back, by a code.")
@_ON
@click.option("--reference", default="", help="The receipt, by its reference.")
@_REASON
def give_back(copy: str, **given: str) -> None:
    """Record that a copy was given back (security officer)."""
    with open_client() as node:
        _told(node.take_copy_step(copy, "give_back", **given).raw)


@register.command("lost")
@_COPY
@click.option("--reason", required=True, help="What is known; it stays at your node. Write no classified words.")
def lost(copy: str, reason: str) -> None:
    """Report a suspected loss (security officer)."""
    with open_client() as node:
        _told(node.take_copy_step(copy, "suspect", reason=reason).raw)


@register.command("found")
@_COPY
@_KEPT_BY
@_PLACE
@_REASON
def found_again(copy: str, **given: str) -> None:
    """Record that a copy which was suspected lost was found (security officer)."""
    with open_client() as node:
        _told(node.take_copy_step(copy, "find", **given).raw)


register.add_command(inventory)


def _told(found: Mapping[str, Any]) -> None:
    """A copy: what it is, where it is, and its lines."""
    number = f" {found['number']}" if found["number"] is not None else ""
    place = " ".join(found[name] for name in ("facility", "custodian", "location") if found[name])
    matters = ", ".join(words("copy_matter", code) for code in found["open_matters"])
    lines = [
        f"{found['id']}{number}: {words('copy_form', found['form'])}, {words('state.copy', found['state'])}",
        place,
        *([matters] if matters else []),
        *(
            "  ".join(str(line[name]) for name in ("number", "at", "step", "facility", "location") if line[name])
            for line in found["events"]
        ),
        *([f"entry: {found['entry']}"] if found["entry"] else []),
    ]
    answer(found, "\n".join(lines))


def _in_short(copies: list[Mapping[str, Any]]) -> str:
    return "; ".join(
        f"{one['number'] or one['form']} {words('state.copy', one['state'])} {one['facility']}" for one in copies
    )


def _copy_rows(found: Mapping[str, Any]) -> list[str]:
    return [
        f"  {one['id']} {one['number'] or ''} {words('copy_form', one['form'])}: "
        f"{words('state.copy', one['state'])}, {one['facility']} {one['custodian']} {one['location']}"
        for one in found["copies"]
    ] or [words("cli.empty", "copies")]


def _rules(found: Mapping[str, Any]) -> list[str]:
    """What the rules ask: the number with its citation, or that no rule is loaded."""
    told = []
    for one in found["demands"]:
        loaded = f"{_asked(one)} ({one['citation']})" if one["value"] is not None else words("words", "no_rule")
        told.append(f"  {words('demand', one['demand'])}: {loaded}")
    return told


def _asked(demand: Mapping[str, Any]) -> str:
    """What a loaded rule asks, with its unit; where the number only says yes or no, that."""
    if demand["demand"] == RECORDS:
        named = [words("register_record", event) for event in demand["events"]]
        return ", ".join(named) or words("demand_value", "nothing")
    if demand["demand"] in _COUNTED:
        return sentence(f"demand_value.{demand['demand']}", language(), value=demand["value"])
    return words("demand_value", "asked" if demand["value"] else "not_asked")
