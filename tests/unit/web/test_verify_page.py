"""A signed file is judged by the nations' keys, by whoever has it, and nothing is told that is not in it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from relto.services import active_bundle
from relto.signing.statements import sign_statement
from relto.store.models import Reconciliation, SentForm
from tests.support.houses import IND, PROGRAMME
from tests.support.survey import register_survey
from tests.unit.web.portal import Portal
from tests.unit.web.scenes import scene_of
from tests.unit.web.test_dossier_pages import submitted
from tests.unit.web.test_reconcile_page import mirrored

PAGE = "/en/verify/"
BODY: dict[str, Any] = {"message": "msg_" + "a" * 24, "received_at": "2026-11-22T08:00:00Z", "entry": "ent_" + "b" * 24}


@pytest.fixture(autouse=True)
def _uncounted() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def _receipt(portal: Portal) -> bytes:
    return sign_statement("technical-receipt", 1, BODY, [portal.node.house.node_key])


def _give(data: bytes, browser: Client | None = None) -> Any:
    return (browser or Client(enforce_csrf_checks=True)).post(PAGE, {"file": SimpleUploadedFile("a.json", data)})


def _verdict(answer: Any) -> str:
    found = re.search(r'relto-verdict__main">([^<]+)<', answer.content.decode())
    return found[1].split(":")[0] if found else ""


def test_what_this_node_signed_holds_for_a_visitor_and_for_somebody_signed_in(portal: Portal) -> None:
    answer = _give(_receipt(portal))
    assert (answer.status_code, _verdict(answer)) == (200, "Yes")
    page = answer.content.decode()
    assert "USA/node" in page
    assert "technical-receipt" in page
    assert BODY["message"] not in page, "what is in it is the reader's own"
    assert _verdict(_give(_receipt(portal), portal.as_person("inspector"))) == "Yes"
    assert not SentForm.objects.exists()


def test_what_the_partner_signed_holds_while_the_agreement_names_its_key(portal: Portal) -> None:
    peer = scene_of(portal).peer
    signed = sign_statement("technical-receipt", 1, BODY, [peer.key])
    assert _verdict(_give(signed)) == "Yes"
    assert "IND/node" in _give(signed).content.decode()
    assert IND in active_bundle.active(portal.node.house).parties


def test_what_was_changed_or_signed_by_others_or_is_something_else_does_not_hold(portal: Portal) -> None:
    whole = _receipt(portal)
    envelope = json.loads(whole)
    other = json.loads(
        sign_statement("technical-receipt", 1, BODY | {"entry": "ent_" + "c" * 24}, [portal.node.house.node_key])
    )
    half = envelope | {"signatures": envelope["signatures"][:1]}
    for what, data in {
        "another's text under our signatures": json.dumps(envelope | {"payload": other["payload"]}).encode(),
        "one algorithm of two": json.dumps(half).encode(),
        "cut off": whole[:-20],
        "no JSON": b"%PDF-1.7",
        "another JSON": b'{"a": 1}',
        "deep": b"[" * 5000,
        "an export that is none": b'{"type": "dossier-export", "version": 1, "entries": [], "record": {}}',
        "a certificate that is none": sign_statement("reconciliation-certificate", 1, {}, [portal.node.house.node_key]),
    }.items():
        answer = _give(data)
        assert (answer.status_code, _verdict(answer)) == (200, "No"), what
        assert "Traceback" not in answer.content.decode()


def test_a_certificate_of_two_registers_holds_by_the_keys_of_both_nodes(portal: Portal) -> None:
    mirrored(portal)
    officer = portal.as_person("release_officer")
    assert officer.post(f"/en/reconcile/{PROGRAMME}/", {"partner": IND}).status_code == 302
    row = Reconciliation.objects.get()
    signed = officer.get(f"/en/reconcile/{PROGRAMME}/{row.id}/certificate.json").content
    answer = _give(signed)
    assert _verdict(answer) == "Yes"
    page = answer.content.decode()
    assert all(owner in page for owner in ("USA/node", "IND/node"))
    assert PROGRAMME not in page, "what is in it is the reader's own"
    half = json.loads(signed)
    half["signatures"] = half["signatures"][: len(half["signatures"]) // 2]
    assert _verdict(_give(json.dumps(half).encode())) == "No", "one node's word on two registers is not enough"


def test_an_export_of_a_dossier_holds_until_the_entries_of_its_steps_are_gone(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    register_survey(monkeypatch)
    dossier = submitted(portal)
    taken = portal.as_person("security_officer").get(f"/en/dossiers/{dossier.id}/data.json")
    assert taken.status_code == 200
    whole = taken.content
    answer = _give(whole)
    assert _verdict(answer) == "Yes"
    assert "USA/node" in answer.content.decode()
    assert dossier.number not in answer.content.decode()
    changed = json.loads(whole)
    changed["entries"] = []
    assert _verdict(_give(json.dumps(changed).encode())) == "No", "steps whose entries are gone"


def test_it_is_bounded_in_size_and_in_number_and_says_so(portal: Portal) -> None:
    assert Client().get("/hi/verify/").status_code == 200
    for data in (b"", b"x" * (4 * 1024 * 1024 + 1)):
        assert _give(data).status_code == 422
    assert Client().post(PAGE, {}).status_code == 422
    answers = [_give(b"{}").status_code for _ in range(10)]
    assert answers[0] == 200
    assert answers[-1] == 429
    assert portal
