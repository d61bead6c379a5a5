"""A dossier as data: taken away with its proof, filled in elsewhere, taken over from other records."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from relto.adapters.log_files import FolderLogFiles
from relto.base.errors import MalformedInput, NotAvailable, NotVerified, Refused, ReltoError, TooLarge
from relto.base.instants import instant_text
from relto.client.dossier_files import verify_dossier_file
from relto.ledger.notes import KeyType, NoteKey, read_vkey
from relto.ledger.quorum import Policy, PolicyLog
from relto.procedures.actors import Role
from relto.services import dossiers
from relto.services.dossiers.exporting import export_dossier, form_as_schema
from relto.services.dossiers.importing import MOST_LINES, import_form, take_over
from relto.services.sequencing import LogKeys, sequence
from relto.store.models import Dossier, DossierStep, LedgerEntry
from tests.support.houses import COMPANY, START, USA, Node
from tests.unit.services.dossiers.test_on_one_node import SAMPLE, answers, begun

pytestmark = pytest.mark.django_db


def officer(node: Node) -> Any:
    return node.actor("security_officer")


def line(node: Node, *steps: str, day: int = 1, **changes: Any) -> bytes:
    opened = START - timedelta(days=100 - day)
    record = {
        "procedure": SAMPLE,
        "answers": answers(node, **changes),
        "opened": instant_text(opened),
        "steps": [{"step": step, "at": instant_text(opened + timedelta(days=n))} for n, step in enumerate(steps, 1)],
    }
    return json.dumps(record).encode()


def test_what_is_taken_away_verifies_with_keys_from_elsewhere_and_with_the_log(usa: Node, tmp_path: Path) -> None:
    view = begun(usa)
    dossiers.take(usa.house, officer(usa), view.number, "endorse")
    files = FolderLogFiles(tmp_path / "log")
    origin = usa.house.ledger_origin
    made = [NoteKey.from_seed(origin, kind, bytes(32)) for kind in (KeyType.ED25519, KeyType.MLDSA44_COSIGNATURE)]
    sequence(usa.house, LogKeys(*made), files, "sequencer")
    data = export_dossier(usa.house, officer(usa), view.number, files)
    policy = Policy(tuple(PolicyLog(read_vkey(key.vkey)) for key in made), {}, {}, "none")
    found = verify_dossier_file(data, node_keys=[usa.house.node_key.public], policy=policy)
    assert found.record["number"] == view.number
    assert found.record["answers"]["people"][0]["name"] == "Name of engineer"
    assert [step["step"] for step in found.record["steps"]] == ["endorse"]
    assert len(found.proven) == 2
    assert not found.unproven


def test_without_the_log_it_still_verifies_and_claims_no_proof(usa: Node) -> None:
    data = export_dossier(usa.house, officer(usa), begun(usa).number)
    found = verify_dossier_file(data, node_keys=[usa.house.node_key.public])
    assert (found.proven, len(found.unproven)) == ((), 1)


def test_nothing_in_the_file_can_be_changed(usa: Node) -> None:
    view = begun(usa)
    dossiers.take(usa.house, officer(usa), view.number, "endorse")
    whole = json.loads(export_dossier(usa.house, officer(usa), view.number))
    trusted = [usa.house.node_key.public]
    spoiled: list[dict[str, Any]] = []
    for name, value in (("salt", "00" * 32), ("leaf", whole["entries"][1]["leaf"]), ("details", {"step": "approve"})):
        entries = [{**whole["entries"][0], name: value}, *whole["entries"][1:]]
        spoiled.append({**whole, "entries": entries})
    spoiled.append({**whole, "entries": whole["entries"][:1]})
    record = {**whole["record"], "payload": whole["record"]["payload"][:-8] + "AAAAAAA="}
    spoiled.append({**whole, "record": record})
    for value in spoiled:
        with pytest.raises((NotVerified, MalformedInput)):
            verify_dossier_file(json.dumps(value).encode(), node_keys=trusted)
    with pytest.raises(NotVerified):
        verify_dossier_file(json.dumps(whole).encode(), node_keys=[])


def test_who_may_not_see_a_dossier_cannot_take_it_away(usa: Node) -> None:
    with pytest.raises(NotAvailable):
        export_dossier(usa.house, usa.actor("operator"), begun(usa).number)


def test_a_form_filled_elsewhere_begins_a_dossier_and_all_findings_are_told(usa: Node) -> None:
    given = {"procedure": SAMPLE, "answers": answers(usa, ends="2027-02-01")}
    made = import_form(usa.house, officer(usa), json.dumps(given).encode())
    assert made.view is not None
    assert made.view.state == "draft"
    assert {one.finding.code for one in made.findings} == {"sample_request.order"}


def test_a_form_that_cannot_be_read_begins_nothing_and_says_why(usa: Node) -> None:
    given = {"procedure": SAMPLE, "answers": answers(usa, ends="tomorrow", shoe_size=43)}
    made = import_form(usa.house, officer(usa), json.dumps(given).encode())
    assert made.view is None
    assert {"form.shape", "form.unknown"} <= {one.finding.code for one in made.findings}
    assert not Dossier.objects.exists()
    for data in (b"[]", b"{}", b"{" * 100, b'{"procedure": 1, "answers": {}}'):
        with pytest.raises(ReltoError):
            import_form(usa.house, officer(usa), data)


def test_records_are_taken_over_with_their_past_and_who_took_them_over(usa: Node) -> None:
    registrar = usa.actor("registrar")
    done = take_over(
        usa.house, registrar, [line(usa, "endorse", "submit", "approve", "close"), line(usa, "endorse", day=2)]
    )
    assert done.numbers == ("SRQ-2026-0001", "SRQ-2026-0002")
    detail = dossiers.dossier(usa.house, officer(usa), "SRQ-2026-0001")
    assert (detail.view.state, detail.view.is_open, detail.view.company) == ("closed", False, COMPANY[USA])
    assert {step.role for step in detail.steps} == {"taken_over"}
    assert [step.by for step in detail.steps] == [registrar.person, registrar.person, "IND", registrar.person]
    assert [step.state for step in detail.steps] == ["endorsed", "submitted", "approved", "closed"]
    entry = LedgerEntry.objects.get(entry=detail.view.entry)
    assert entry.event == "dossier:begun"
    assert len(str(entry.details["taken_over_sha256"])) == 64
    waiting = dossiers.queue(usa.house, registrar)
    assert [row.view.number for row in waiting if row.where == "here"] == ["SRQ-2026-0002"]
    assert begun(usa).number == "SRQ-2026-0003"


def test_the_same_line_again_is_known_and_nothing_is_doubled(usa: Node) -> None:
    lines = [line(usa, "endorse", day=day) for day in range(1, 6)]
    registrar = usa.actor("registrar")
    assert len(take_over(usa.house, registrar, lines[:3]).numbers) == 3
    again = take_over(usa.house, registrar, [*lines, lines[4]])
    assert (len(again.numbers), again.known) == (2, 4)
    assert Dossier.objects.count() == 5
    assert DossierStep.objects.count() == 5


def test_a_line_that_cannot_be_taken_over_is_told_and_holds_nothing_up(usa: Node) -> None:
    future = json.loads(line(usa, "endorse"))
    future["steps"][0]["at"] = "2099-01-01T00:00:00Z"
    lines = [
        b"no json",
        line(usa, "endorse"),
        line(usa, "approve"),  # not from the start
        line(usa, "endorse", "submit"),  # open, and the partner would have to know
        json.dumps(future).encode(),
        line(usa, begins="soon"),
        line(usa, partner="FRA"),
    ]
    done = take_over(usa.house, usa.actor("registrar"), lines)
    assert len(done.numbers) == 1
    assert [(one.line, one.code) for one in done.refused] == [
        (0, "malformed.json.syntax"),
        (2, "conflict.state"),
        (3, "conflict.taken_over_open"),
        (4, "malformed.instant"),
        (5, "malformed.answers"),
        (6, "unknown.partner"),
    ]


def test_only_who_keeps_records_takes_them_over_and_a_company_only_its_own(usa: Node) -> None:
    for who in ("engineer", "operator"):
        with pytest.raises(Refused):
            take_over(usa.house, usa.actor(who), [line(usa)])
    take_over(usa.house, officer(usa), [line(usa, "endorse", facility="USA-F099")])
    assert Dossier.objects.get().company == COMPANY[USA]
    with pytest.raises(TooLarge):
        take_over(usa.house, officer(usa), [b"{}"] * (MOST_LINES + 1))


def test_a_programme_can_ask_for_the_shape_of_a_form(usa: Node) -> None:
    schema = form_as_schema(SAMPLE)
    assert schema["required"] == ["partner", "facility", "host", "begins", "ends"]
    assert form_as_schema(SAMPLE, "approve")["required"] == ["remark"]
    assert form_as_schema(SAMPLE, "submit")["additionalProperties"] is False
    with pytest.raises(MalformedInput):
        form_as_schema(SAMPLE, "fly")
    assert Role.REGISTRAR in usa.actor("registrar").roles


def test_a_company_takes_over_nothing_that_an_authority_did(usa: Node) -> None:
    """An earlier record is no way round the two people of the authority: nor its grants, nor its lists."""
    lines = [line(usa, "endorse", "submit", "approve", "close"), line(usa, "endorse", "withdraw")]
    done = take_over(usa.house, officer(usa), lines)
    assert [(one.line, one.code) for one in done.refused] == [(0, "refused.role")]
    assert len(done.numbers) == 1
    guide = {"procedure": "programme_security", "answers": {}, "opened": "2026-01-01T00:00:00Z"}
    assert take_over(usa.house, officer(usa), [json.dumps(guide).encode()]).refused[0].code == "refused.role"


def test_no_list_that_binds_all_is_taken_over(usa: Node) -> None:
    """What binds every company was approved by two people of two nations, and not by the registrar who records it."""
    at = "2026-01-01T00:00:00Z"
    steps = [{"step": one, "at": at} for one in ("propose", "approve")]
    given = {"procedure": "programme_security", "answers": {"partner": "IND"}, "opened": at, "steps": steps}
    done = take_over(usa.house, usa.actor("registrar"), [json.dumps(given).encode()])
    assert [one.code for one in done.refused] == ["conflict.taken_over_open"]


def test_days_beyond_every_calendar_are_not_read(usa: Node) -> None:
    for day in ("0001-01-01", "1899-12-31", "3000-01-01", "9999-12-31"):
        with pytest.raises(ReltoError) as refused:
            dossiers.begin(usa.house, officer(usa), SAMPLE, answers(usa, begins=day))
        assert refused.value.field == "begins"
