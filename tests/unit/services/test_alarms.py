"""What an operator is woken for: each alarm rests on the node's own records, and says who acts and what to do."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import click
import pytest
import yaml

from relto.adapters.telemetry_names import EVENTS, INSTRUMENTS, Measure, Vocabulary
from relto.adapters.words import catalogue
from relto.base.nations import Nation
from relto.cli.main import relto
from relto.ports.partners import PartnerLink
from relto.procedures.actors import Role
from relto.services.alarms import ALARMS, BY_CODE, runbook_text, standing_alarms
from relto.services.node_measures import measured
from relto.store.models import (
    Checkpoint,
    EmergencyRole,
    LedgerCheck,
    LedgerEntry,
    LogEvidence,
    OutboxMessage,
    Person,
    Quarantine,
    Reconciliation,
)
from tests.support.houses import Node
from tools import write_alarms

IND = Nation("IND")


def _measured(usa: Node) -> list[Measure]:
    """Of a node that has a partner; the link itself is not asked."""
    return measured(replace(usa.house, partners={IND: cast("PartnerLink", None)}))


def _raised(usa: Node) -> set[str]:
    return {one.alarm.code for one in standing_alarms(_measured(usa))}


def _late_entries(usa: Node) -> None:
    LedgerEntry.objects.update(recorded_at=usa.house.now() - timedelta(minutes=6))


def _quarantine(usa: Node) -> None:
    Quarantine.objects.create(id="qua_1", since=usa.house.now(), findings=[])


def _stuck_message(usa: Node) -> None:
    at = usa.house.now() - timedelta(hours=1)
    OutboxMessage.objects.create(
        id="msg_1",
        partner="IND",
        sequence=99,
        kind="release",
        envelope=b"{}",
        digest="0" * 64,
        state="waiting",
        run_after=at,
        created_at=at,
    )


def _difference(usa: Node) -> None:
    at = usa.house.now()
    for state, ended in (("agree", at - timedelta(days=1)), ("differ", at)):
        Reconciliation.objects.create(
            id=f"rcn_{state}",
            partner="IND",
            programme="JOINT-1",
            side="asker",
            state=state,
            started_at=ended,
            ended_at=ended,
            entry="ent_1",
        )


def _contradiction(usa: Node) -> None:
    LogEvidence.objects.create(origin="x", size=1, root="0" * 64, kind="fork", note="", at=usa.house.now())


def _damage(usa: Node) -> None:
    LedgerCheck.objects.create(
        finished_at=usa.house.now(), size=1, counts={"leaf": 2}, named=[], digest="0" * 64, entry=""
    )


def _emergency(usa: Node) -> None:
    person, now = Person.objects.first(), usa.house.now()
    assert person is not None
    EmergencyRole.objects.create(
        id="eme_1",
        person=person,
        role="registrar",
        reason="r",
        hours=8,
        asked_by="a",
        asked_at=now,
        confirmed_by="b",
        until=now + timedelta(hours=8),
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("befalls", "codes"),
    [
        (_late_entries, {"witness_late", "sequencer_stuck"}),
        (_quarantine, {"quarantined"}),
        (_stuck_message, {"queue_stuck"}),
        (_difference, {"one_sided_entry"}),
        (_contradiction, {"log_contradiction"}),
        (_damage, {"ledger_damaged"}),
        (_emergency, {"emergency_role"}),
    ],
)
def test_what_befalls_a_node_raises_its_alarm(usa: Node, befalls: Callable[[Node], None], codes: set[str]) -> None:
    before = _raised(usa)
    befalls(usa)
    assert codes <= _raised(usa) - before


@pytest.mark.django_db
def test_what_was_cosigned_and_agreed_is_late_no_more(usa: Node) -> None:
    for index, entry in enumerate(LedgerEntry.objects.order_by("serial")):
        entry.index, entry.recorded_at = index, usa.house.now() - timedelta(days=1)
        entry.save()
    now = usa.house.now()
    size = LedgerEntry.objects.count()
    Checkpoint.objects.create(size=size, root=b"", note="", signed_at=now, witnessed_at=now, agreed_at=now)
    assert not _raised(usa) & {"witness_late", "sequencer_stuck", "partner_late"}
    LedgerEntry.objects.filter(index=size - 1).update(index=size + 1)
    assert _raised(usa) >= {"witness_late", "partner_late"}


@pytest.mark.django_db
def test_every_number_is_one_that_may_be_told(usa: Node) -> None:
    known = Vocabulary(partner=["IND", "USA"])
    for one in _measured(usa):
        assert known.bound(one.name, one.attributes) == one.attributes
        assert INSTRUMENTS[one.name].kind == "gauge"


@pytest.mark.parametrize("alarm", [one for one in ALARMS if one.instrument], ids=lambda one: one.code)
def test_an_alarm_stands_past_its_bound_and_not_at_it(alarm: Any) -> None:
    bound = alarm.above if alarm.above is not None else alarm.below
    past = bound + 1e-6 if alarm.above is not None else bound - 1e-6
    assert set(alarm.only) <= set(INSTRUMENTS[alarm.instrument].attributes)
    assert not alarm.holds(Measure(alarm.instrument, bound, dict(alarm.only)))
    assert alarm.holds(Measure(alarm.instrument, past, dict(alarm.only)))


def test_of_two_alarms_on_one_number_the_graver_stands() -> None:
    found = standing_alarms([Measure("relto.disk.free", 0.01, {})])
    assert [one.alarm.code for one in found] == ["disk_full"]


def test_each_alarm_says_in_both_languages_what_is_wrong_who_acts_and_what_to_do() -> None:
    assert len(BY_CODE) == len(ALARMS)
    for one in ALARMS:
        assert one.who in set(Role)
        for language in ("en", "hi"):
            assert {f"alarm.{one.code}", f"alarm_act.{one.code}"} <= set(catalogue(language))


def test_what_a_runbook_names_is_there() -> None:
    for one in ALARMS:
        said = catalogue("en")[f"alarm_act.{one.code}"].text
        for command in re.findall(r"`relto ([a-z -]+?)(?: [A-Z]+)?`", said):
            found: Any = relto
            for word in command.split():
                found = found.get_command(click.Context(found), word)
                assert found is not None, command
        for page in re.findall(r"\]\(([^)#]+)", said):
            assert (write_alarms.PAGE.parent / page).is_file(), page
        for code in re.findall(r"`([a-z_]+\.[a-z_]+)(?: [a-z]+)?`", said):
            assert code in EVENTS | {"urls.link"}, code
        assert not {"](", "`"} & set(re.findall(r"\]\(|`", runbook_text(said)))


def test_what_only_a_collector_asks_names_what_is_told() -> None:
    told = {one.prometheus + end for one in INSTRUMENTS.values() for end in ("", "_bucket", "_count", "_sum")}
    for one in ALARMS:
        for name in re.findall(r"relto_[a-z_]+", one.query):
            assert name in told, name
        for codes in re.findall(r'code=~"([^"]+)"', one.query):
            assert {code.replace("[.]", ".") for code in codes.split("|")} <= EVENTS


def test_the_page_and_the_rules_are_made_from_the_table() -> None:
    assert write_alarms.PAGE.read_text("utf-8") == write_alarms.page(), "run python -m tools.write_alarms"
    assert write_alarms.RULES.read_text("utf-8") == write_alarms.rules(), "run python -m tools.write_alarms"
    rules = yaml.safe_load(Path(write_alarms.RULES).read_text("utf-8"))["groups"][0]["rules"]
    assert [one["alert"] for one in rules] == [one.code for one in ALARMS]
