"""What careful officers file when something crosses to the other nation, and what is known then."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any, Final

from relto.base.instants import Period, instant_text, read_instant
from relto.base.nations import Nation
from relto.procedures.known import AuthorisationKnown, ItemCover, Known
from tests.support.form_corpus import Filed
from tests.support.known import COMPANY, FACILITY, IND, NOW, PROGRAMME, USA, YEAR, known, person, pseudonym

OTHER: Final = {USA: IND, IND: USA}
REPRESENTATIVE: Final = {USA: pseudonym(9), IND: pseudonym(19)}
COURIER: Final = {USA: pseudonym(1), IND: pseudonym(11)}
PLACE: Final = {USA: "Dayton", IND: "Bengaluru"}
ITEM: Final = "itm_" + "a" * 24
SECOND_ITEM: Final = "itm_" + "b" * 24
LICENCE: Final = "aut_" + "c" * 24
TRAINING: Final = "MARKINGS ARE FOR TRAINING PURPOSES ONLY"

Spoil = Callable[[Random, Filed], Filed]


def facts(sender: Nation, **changes: Any) -> Known:
    """What the sender's node knows: its representative, two items released to the partner, one licence."""
    usual = known(sender)
    own = person(9 if sender == USA else 19, sender, company="", facility="")
    official = replace(own, roles=frozenset({"government_representative"}))
    valid = Period(NOW - YEAR, NOW + YEAR)
    facts: dict[str, Any] = {
        "people": {**usual.people, REPRESENTATIVE[sender]: official},
        "covers": {
            one: ItemCover(one, f"{sender}:CONFIDENTIAL", exact=True, by_class=True) for one in (ITEM, SECOND_ITEM)
        },
        "authorisations": {
            LICENCE: AuthorisationKnown(LICENCE, "export", OTHER[sender], PROGRAMME, "", valid, withdrawn=False)
        },
    }
    return replace(usual, **(facts | changes))


def sender_of(filed: Filed) -> Nation:
    """The nation that sends."""
    return filed.known.nation


def lines(random: Random, level: str) -> list[dict[str, Any]]:
    """One line of a released item, and sometimes one of an article that a licence names."""
    every: list[dict[str, Any]] = [
        {
            "nomenclature": "Interface document, training copy",
            "identification": f"TRG-{random.randint(100, 999)}",
            "quantity": 1,
            "line_level": level,
            "cover": "release",
            "item": ITEM,
        }
    ]
    if random.random() < 0.5:
        every.append(
            {
                "nomenclature": "Connector, training article",
                "identification": f"SN-{random.randint(1000, 9999)}",
                "quantity": random.randint(1, 4),
                "line_level": level,
                "cover": "licence_line",
                "authorisation": LICENCE,
                "licence_line": "Line 4, connector of this serial",
            }
        )
    return every


def parties(random: Random, sender: Nation) -> dict[str, Any]:
    """What every one of these forms says of both sides and of the package."""
    level = f"{sender}:{random.choice(('CONFIDENTIAL', 'SECRET'))}"
    leaves = NOW + timedelta(days=random.randint(30, 90), hours=random.randint(0, 9))
    return {
        "partner": OTHER[sender],
        "programme": PROGRAMME,
        "company": COMPANY[sender],
        "sender_facility": FACILITY[sender],
        "recipient_facility": FACILITY[OTHER[sender]],
        "sender_representative": REPRESENTATIVE[sender],
        "level": level,
        "packages": random.randint(1, 3),
        "items": lines(random, level),
        "certified_by": "The empowered official",
        "certified_on": str(NOW.date()),
        "departure": instant_text(leaves),
        "arrival": instant_text(leaves + timedelta(days=1)),
    }


def stages(sender: Nation, **changes: Any) -> list[dict[str, Any]]:
    """By road to the airport and by air to the other nation."""
    other = OTHER[sender]
    at_home = {"from_place": PLACE[sender], "from_country": sender, "to_place": "Airport", "to_country": sender}
    abroad = {"from_place": "Airport", "from_country": sender, "to_place": PLACE[other], "to_country": other}
    return [{**at_home, "mode": "road", **changes}, {**abroad, "mode": "air", **changes}]


def later(filed: Filed, field: str, **by: float) -> str:
    """The instant of a field, moved."""
    return instant_text(read_instant(filed.answers[field]) + timedelta(**by))


def answers(**changes: Any) -> Spoil:
    """Spoil answers of the form."""
    return lambda _, filed: filed.with_answers(**changes)


def row(rows: str, number: int, **changes: Any) -> Spoil:
    """Spoil a row of the form."""
    return lambda _, filed: filed.with_row(rows, number, **changes)


def facility(whose: str, **changes: Any) -> Spoil:
    """Change what is known of the "sender" or "recipient" facility."""

    def spoil(_: Random, filed: Filed) -> Filed:
        nation = sender_of(filed) if whose == "sender" else OTHER[sender_of(filed)]
        held = dict(filed.known.facilities)
        held[FACILITY[nation]] = replace(held[FACILITY[nation]], **_of(nation, changes))
        return filed.with_known(facilities=held)

    return spoil


def person_known(field: str, **changes: Any) -> Spoil:
    """Change what is known of the person whom a field names."""

    def spoil(_: Random, filed: Filed) -> Filed:
        people: dict[str, Any] = dict(filed.known.people)
        found = people[filed.answers[field]]
        people[found.pseudonym] = replace(found, **_of(found.nation, changes))
        return filed.with_known(people=people)

    return spoil


def cover(**changes: Any) -> Spoil:
    """Change what covers the item of the first line."""

    def spoil(_: Random, filed: Filed) -> Filed:
        return filed.with_known(covers={ITEM: replace(filed.known.covers[ITEM], **changes)})

    return spoil


def at_step(spoil: Spoil, step: str, **given: Any) -> Spoil:
    """The fault shows when a step is taken."""

    def spoiled(random: Random, filed: Filed) -> Filed:
        return replace(spoil(random, filed), step=step, step_answers=given)

    return spoiled


def _of(nation: Nation, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Levels are written without their nation."""
    return {
        name: f"{nation}:{value}" if name in {"level", "safeguarding"} and value else value
        for name, value in changes.items()
    }
