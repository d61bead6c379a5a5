"""Incident reports as officers file them, and what goes wrong with them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any

from relto.base.instants import instant_text
from relto.base.nations import Nation
from relto.procedures.procedure import Taken
from tests.support.form_corpus import Fault, Filed
from tests.support.known import FACILITY, IND, NOW, PROGRAMME, USA, known, pseudonym

WEAKNESS = "The inner door of the store was left unlocked over noon."
_OWN_PEOPLE = {USA: 1, IND: 11}


def item(random: Random) -> str:
    """An item's id."""
    return "itm_" + "".join(random.choice("abcdefghij234567") for _ in range(24))


def report(random: Random, nation: Nation, *, kind: str = "loss") -> dict[str, Any]:
    """A whole report of the loss of an item of the partner, or of another kind of incident."""
    partner = IND if nation == USA else USA
    level = random.choice(("CONFIDENTIAL", "SECRET"))
    answers: dict[str, Any] = {
        "kind": kind,
        "noticed": instant_text(NOW - timedelta(hours=random.randint(1, 48))),
        "source": random.choice(("person", "inventory", "system")),
        "happened_from": (NOW - timedelta(days=random.randint(5, 30))).date().isoformat(),
        "happened_until": (NOW - timedelta(days=3)).date().isoformat(),
        "facility": FACILITY[nation],
        "programme": PROGRAMME,
        "holds_partner_information": True,
        "partner": str(partner),
        "partner_facility": FACILITY[partner],
        "partner_items": [{"reference": f"Control number {random.randint(1, 999)}", "level": f"{partner}:{level}"}],
        "items": [{"item": item(random), "level": f"{partner}:{level}", "copy": random.randint(1, 9)}],
        "circumstances": "The copy was not in its container at the count.",
        "vulnerability": WEAKNESS,
        "persons": [{"person": pseudonym(_OWN_PEOPLE[nation]), "part": "had_access"}],
    }
    if kind == "cyber":
        answers |= {"classified_system": True, "technique": "A stolen token was used.", "sample_isolated": True}
    return answers


def clean(random: Random) -> Filed:
    """A report alone, or one with the step that is taken with it: each in turn."""
    nation = random.choice((USA, IND))
    return random.choice((_reported, _told, _reported_at_last, _contained))(random, nation)


def _reported(random: Random, nation: Nation) -> Filed:
    kind = random.choice(("loss", "compromise", "cyber"))
    return Filed("incident", report(random, nation, kind=kind), known(nation), number="INC-2026-0001")


def _told(random: Random, nation: Nation) -> Filed:
    told = {"circumstances": "A copy with this control number is missing.", "measures": "The store was closed."}
    return Filed("incident", report(random, nation), known(nation), step="tell_originator", step_answers=told)


def _reported_at_last(random: Random, nation: Nation) -> Filed:
    final = {
        "facts": "The copy was taken out and not brought back.",
        "probability": "possible",
        "responsibility": "nobody",
        "reasons": "No entry names anybody.",
        "actions": [{"action": "The lock is changed.", "due": (NOW + timedelta(days=30)).date().isoformat()}],
    }
    return Filed("incident", report(random, nation), known(nation), step="report_final", step_answers=final)


def _contained(random: Random, nation: Nation) -> Filed:
    contained = {"people": [{"person": pseudonym(_OWN_PEOPLE[nation])}], "reason": "Until the inquiry ends."}
    return Filed("incident", report(random, nation), known(nation), step="contain", step_answers=contained)


def _cyber(random: Random, nation: Nation = USA, **answers: Any) -> Filed:
    given = {
        "reported_to": "The agency",
        "contained": "The system is off the network.",
        "technology_security": instant_text(NOW),
        "investigators": instant_text(NOW),
    } | answers
    given = {code: value for code, value in given.items() if value is not None}
    told = Taken("tell_originator", "suspected", NOW, "asking", "prs_a")
    form = report(random, nation, kind="cyber") | {"espionage": True}
    return Filed("incident", form, known(nation), step="report_initial", step_answers=given, steps=(told,))


def _changed(**answers: Any) -> Callable[[Random, Filed], Filed]:
    return lambda _, filed: filed.with_answers(**answers)


def _partner_of(filed: Filed) -> str:
    return str(filed.answers["partner"])


def _closing(*steps: Taken) -> Callable[[Random, Filed], Filed]:
    def spoil(random: Random, _: Filed) -> Filed:
        return Filed(
            "incident",
            report(random, USA),
            known(USA),
            step="close",
            step_answers={"lessons": "Count at noon."},
            state="final",
            steps=steps,
        )

    return spoil


_FINAL = Taken(
    "report_final",
    "final",
    NOW,
    "asking",
    "prs_a",
    {"actions": [{"action": "The lock is changed.", "due": "2026-12-24"}]},
)
CLEAN = clean
FAULTS = (
    Fault(
        "noticed-tomorrow",
        "The incident was noticed on a day to come.",
        "incident.noticed_in_future",
        _changed(noticed=instant_text(NOW + timedelta(days=1))),
    ),
    Fault(
        "days-swapped",
        "The first day on which it can have happened is after the last.",
        "incident.dates_reversed",
        _changed(happened_from=NOW.date().isoformat()),
    ),
    Fault(
        "wrong-plant",
        "The partner's facility stands where the own one belongs.",
        "incident.facility_not_own",
        lambda _, filed: filed.with_answers(facility=filed.answers["partner_facility"]),
    ),
    Fault(
        "own-plant-as-originator",
        "The own facility stands as the originator's.",
        "incident.partner_facility_not_theirs",
        lambda _, filed: filed.with_answers(partner_facility=filed.answers["facility"]),
    ),
    Fault(
        "own-nation-as-partner",
        "The own nation is named as the partner.",
        "incident.partner_is_own",
        lambda _, filed: filed.with_answers(partner=str(filed.known.nation)),
    ),
    Fault(
        "no-such-programme",
        "The programme is not on the register.",
        "incident.programme_unknown",
        _changed(programme="SILENT-HERON"),
    ),
    Fault(
        "own-level-for-partners-item",
        "The partner's item bears an own level.",
        "incident.level_not_partners",
        lambda _, filed: filed.with_row("partner_items", 0, level=f"{filed.known.nation}:SECRET"),
    ),
    Fault(
        "no-such-level",
        "An item bears a level that no policy has.",
        "incident.level_unknown",
        lambda _, filed: filed.with_row("partner_items", 0, level=f"{_partner_of(filed)}:VERY SECRET"),
    ),
    Fault(
        "partners-item-denied",
        "An item bears the partner's level, and the form says that nothing of the partner is concerned.",
        "incident.partner_information_not_said",
        _changed(holds_partner_information=False, partner=None, partner_facility=None, partner_items=None),
    ),
    Fault(
        "loss-of-nothing",
        "A loss names nothing that is lost.",
        "incident.nothing_named",
        _changed(
            kind="loss",
            classified_system=None,
            technique=None,
            sample_isolated=None,
            items=None,
            holds_partner_information=False,
            partner=None,
            partner_facility=None,
            partner_items=None,
        ),
    ),
    Fault(
        "same-copy-twice",
        "The same copy is named twice.",
        "incident.item_twice",
        lambda _, filed: filed.with_answers(items=[*filed.answers["items"], *filed.answers["items"]]),
    ),
    Fault(
        "foreign-person",
        "A person of the partner stands among the own people.",
        "incident.person_unknown",
        lambda _, filed: filed.with_row(
            "persons", 0, person=pseudonym(_OWN_PEOPLE[IND if filed.known.nation == USA else USA])
        ),
    ),
    Fault(
        "name-in-reference",
        "The reference that the partner is sent names a person of the register.",
        "incident.person_named",
        lambda _, filed: filed.with_row(
            "partner_items", 0, reference=f"Copy of {next(iter(filed.known.roster.values()))}"
        ),
    ),
    Fault(
        "weakness-told",
        "The notice to the originator repeats the vulnerability.",
        "incident.vulnerability_told",
        lambda random, filed: _told(random, filed.known.nation).with_step_answers(
            circumstances=f"It is missing. {WEAKNESS}"
        ),
    ),
    Fault(
        "technology-security-left-out",
        "A cyber incident with foreign information was not reported to the Director DTSA.",
        "incident.technology_security_not_told",
        lambda random, _: _cyber(random, technology_security=None),
    ),
    Fault(
        "investigators-left-out",
        "Espionage is possible, and the FBI was not told.",
        "incident.investigators_not_told",
        lambda random, _: _cyber(random, investigators=None),
    ),
    Fault(
        "technique-left-out",
        "A cyber incident on a classified system does not say how it was done.",
        "incident.technique_missing",
        lambda random, _: _cyber(random).with_answers(technique=None),
    ),
    Fault(
        "action-due-yesterday",
        "A corrective action is due on a day that has passed.",
        "incident.action_due_past",
        lambda random, filed: _reported_at_last(random, filed.known.nation).with_step_answers(
            actions=[{"action": "The lock is changed.", "due": (NOW - timedelta(days=1)).date().isoformat()}]
        ),
    ),
    Fault(
        "closed-with-open-action",
        "The incident is closed while a corrective action is open.",
        "incident.actions_open",
        _closing(_FINAL),
    ),
    Fault(
        "closed-without-telling",
        "The incident is closed before the partner was sent the findings.",
        "incident.partner_waits_for_findings",
        _closing(),
    ),
    Fault(
        "nothing-contained",
        "A containment names neither a person nor a release.",
        "incident.nothing_contained",
        lambda random, filed: _contained(random, filed.known.nation).with_step_answers(people=None),
    ),
)
