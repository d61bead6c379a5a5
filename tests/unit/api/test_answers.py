"""The path through the API: announce, seal, hand in, ask, see the gates, be refused, be told why, decide."""

from __future__ import annotations

import dataclasses
import io
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import RequestFactory
from pytest_django import Settings

from relto.api.streams import body_chunks
from relto.base.errors import NotAuthenticated, Refused
from relto.client.sealing import SealingOrder, ServiceKey, sealed_container
from relto.sealing.archive import open_archive
from relto.sealing.manifest import Manifest
from relto.sealing.opening import read_container
from relto.services import openings
from relto.services.sign_in_links import redeem
from relto.store.models import Account, Assurance
from tests.support.houses import COMPANY, FACILITY, IND, PROGRAMME, START, USA, YEAR, nationhood
from tests.unit.api.door import OTHER_COMPANY, OTHER_FACILITY, Answered, Door

LABEL = {"nation": "USA", "level": "SECRET", "audience": ["USA", "IND"], "caveats": []}
DESCRIBED = {"title": "Hull vibration", "file_name": "hull.pdf", "media_type": "application/pdf"}
DATES = {"valid_from": "2026-11-21T00:00:00Z", "valid_until": "2027-11-21T00:00:00Z"}
READER = "prs_" + "b" * 24


def announce(door: Door, who: str = "engineer", **changed: Any) -> Answered:
    body = {**DESCRIBED, "programme": PROGRAMME, "label": LABEL, "export_controlled": True, **changed}
    return door.call(who, "POST", "/items", body)


def seal(door: Door) -> dict[str, Any]:
    announced = announce(door).json
    own = nationhood(USA)
    key = ServiceKey(own.urls.key_service, own.kid, str(own.as_party()["kas_keys"][0]["pem"]))  # type: ignore[index,call-overload]
    order = SealingOrder(announced["policy"], announced["label_xml"], DESCRIBED["media_type"], key)
    container = b"".join(sealed_container(io.BytesIO(b"MARKINGS ARE FOR TRAINING PURPOSES ONLY"), order))
    found = door.call(
        "engineer", "PUT", f"/items/{announced['id']}/container", container, content_type="application/octet-stream"
    )
    assert found.status == 200, found.content
    return {**found.json, "container": container}


def manifest_of(container: bytes) -> Manifest:
    return read_container(open_archive(io.BytesIO(container)))


def vouched_reader() -> None:
    """The partner's word on its facility and one person, as if it had come over the link."""
    for kind, subject in (("facility", FACILITY[IND]), ("person", READER)):
        Assurance.objects.create(
            id=f"asr_{kind}",
            direction="received",
            issuer="IND",
            recipient="USA",
            subject_kind=kind,
            subject=subject,
            facility=FACILITY[IND],
            level="SECRET",
            safeguarding_level="SECRET",
            valid_from=START - YEAR,
            valid_until=START + YEAR,
            status="valid",
            status_at=START - timedelta(hours=1),
            statement=b"",
        )


def test_a_document_from_the_desk_to_the_authority_s_decision(door: Door) -> None:
    item = seal(door)
    assert item["state"] == "registered"
    assert item["banner"] == "SECRET//REL TO USA, IND"
    assert item["entry"].startswith("ent_")
    entry = door.call("engineer", "GET", f"/ledger/entries/{item['entry']}").json
    assert (entry["event"], entry["state"], entry["index"]) == ("item:registered", "recorded", None)
    given = door.call("engineer", "GET", f"/items/{item['id']}/container")
    assert given.response.streaming
    content = given.content
    assert len(content) == int(given.response.headers["Content-Length"])
    assert manifest_of(content) == manifest_of(item["container"])
    assert "hull" not in str(given.response.headers)
    page = door.call("engineer", "GET", f"/items/{item['id']}/container", Range="bytes=30-99")
    assert (page.status, page.content) == (206, content[30:100])
    assert page.response.headers["Content-Range"] == f"bytes 30-99/{len(content)}"
    assert door.call("engineer", "GET", f"/items/{item['id']}/container", Range="bytes=-7").content == content[-7:]
    behind = door.call("engineer", "GET", f"/items/{item['id']}/container", Range=f"bytes={len(content)}-")
    assert (behind.status, behind.json["code"]) == (416, "out_of_range.container")
    assert behind.response.headers["Content-Range"] == f"bytes */{len(content)}"

    vouched_reader()
    asked = door.call(
        "security_officer",
        "POST",
        f"/items/{item['id']}/release-requests",
        {
            "nation": "IND",
            "facility": FACILITY[IND],
            "readers": [{"pseudonym": READER, "reason": "analyses the data"}],
            "purpose": "joint analysis",
        },
    )
    assert (asked.status, asked.json["state"]) == (201, "asked")
    case = f"/cases/{asked.json['id']}"
    seen = door.call("release_officer", "GET", case).json
    standing = {gate["gate"] for gate in seen["gates"] if gate["outcome"] == "fails"}
    assert standing == {"disclosure_authorisation", "export_authorisation"}
    assert all(gate["provisions"][0]["id"] and gate["text"] for gate in seen["gates"])
    assert not any(gate["sentence"] for gate in seen["gates"] if gate["outcome"] == "holds")

    decision = {"outcome": "release", "reason": "all gates hold", "accepts": []}
    stopped = door.call("release_officer", "POST", f"{case}/decision", decision)
    assert (stopped.status, stopped.json["code"]) == (403, "refused.gates")
    why = door.call("release_officer", "GET", f"/refusals/{stopped.json['details']['reference']}").json
    assert why["gates"][0]["rule"] == "R02-disclosure-authorised"
    assert "release officer can grant one" in why["sentence"]

    for kind, who in (("disclosure", "registrar"), ("export", "security_officer")):
        stated = {"kind": kind, "reference": "REF-1", "nation": "IND", "programme": PROGRAMME, "item": None, **DATES}
        assert door.call(who, "POST", "/authorisations", stated).status == 201
    unnamed = door.call("release_officer", "POST", f"{case}/decision", decision)
    assert (unnamed.status, unnamed.json["field"]) == (400, "accepts")
    accepts = sorted({gate["gate"] for gate in seen["gates"] if gate["needs_acceptance"]})
    assert len(accepts) < len({gate["gate"] for gate in seen["gates"] if gate["unconfirmed"]})
    decided = door.call("release_officer", "POST", f"{case}/decision", {**decision, "accepts": accepts})
    assert (decided.status, decided.json["state"]) == (200, "released")
    assert decided.json["entries"]["release:decided"] == decided.json["entry"]
    assert door.call("security_officer", "GET", "/cases").json[0]["number"] == decided.json["number"]
    assert door.call("inspector", "GET", "/register").json[0]["uuid"] == item["uuid"]


def test_a_refused_person_reads_one_sentence_and_her_security_officer_the_facts(door: Door) -> None:
    item = seal(door)
    manifest = manifest_of(item["container"])
    with pytest.raises(Refused) as refused:
        openings.open_at_home(
            door.node.house,
            door.node.actor("colleague"),
            policy_uuid=item["uuid"],
            policy_text=manifest.policy_text,
            key_access=manifest.key_access[0],
        )
    reference = refused.value.reference
    own = door.call("colleague", "GET", f"/refusals/{reference}").json
    assert own["view"] == "asker"
    assert own["sentence"].startswith("You are not assigned to this item's programme.")
    assert own["gates"][0]["rule"] == "R12-programme-member"
    assert all(gate["provisions"] == [] and gate["facts"] == {} for gate in own["gates"])
    assert own["entry"].startswith("ent_")
    hindi = door.call("colleague", "GET", f"/refusals/{reference}", language="hi-IN, en;q=0.5").json
    assert hindi["sentence"].startswith("आप इस मद के कार्यक्रम में नियुक्त नहीं हैं।")
    full = door.call("security_officer", "GET", f"/refusals/{reference}").json
    assert full["view"] == "officer"
    assert full["sentence"].startswith("The person is not assigned to MONSOON-LARK.")
    assert full["gates"][0]["provisions"][0]["citation"]
    for who in ("stranger", "other_security_officer", "release_officer"):
        assert door.call(who, "GET", f"/refusals/{reference}").status == 404

    openings.open_at_home(
        door.node.house,
        door.node.actor("engineer"),
        policy_uuid=item["uuid"],
        policy_text=manifest.policy_text,
        key_access=manifest.key_access[0],
    )
    opened = door.call("engineer", "GET", f"/items/{item['id']}").json["last_opening"]
    assert (opened["person"], opened["permitted"]) == (door.node.people["engineer"], True)
    assert door.call("engineer", "GET", f"/items/{item['id']}/may-open").json["permitted"]


def test_another_company_s_item_looks_like_none(door: Door) -> None:
    item = seal(door)
    for path in ("", "/container", "/may-open"):
        known = door.call("stranger", "GET", f"/items/{item['id']}{path}")
        unknown = door.call("stranger", "GET", f"/items/itm_{'a' * 24}{path}")
        assert (known.status, known.content) == (unknown.status, unknown.content)
        assert known.status == 404
    assert door.call("stranger", "GET", "/items").json == []
    stranger = door.node.people["stranger"]
    assigned = {"person": stranger, "reason": "r"}
    assert door.call("security_officer", "POST", f"/programmes/{PROGRAMME}/members", assigned).status == 404


def test_what_is_malformed_is_named_and_changes_nothing(door: Door) -> None:
    for who in ("engineer", "co_chair", "registrar"):
        door.token(who)
    before = door.call("inspector", "GET", "/ledger").json["waiting"]
    wrong: list[tuple[Answered, int, str, str]] = [
        (announce(door, title=7), 400, "malformed.member", "title"),
        (announce(door, title="T" * 501), 413, "too_large.member", "title"),
        (announce(door, more=1), 400, "malformed.member", "more"),
        (announce(door, export_controlled="yes"), 400, "malformed.member", "export_controlled"),
        (announce(door, label={**LABEL, "audience": "nobody"}), 400, "malformed.member", "label.audience"),
        (announce(door, label={"level": "SECRET"}), 400, "malformed.member", "label.audience"),
        (announce(door, label={**LABEL, "level": "VERY SECRET"}), 422, "unknown.level", "level"),
        (announce(door, label={**LABEL, "nation": "IND"}), 422, "unknown.label.policy", "label.nation"),
        (announce(door, label={**LABEL, "audience": ["IND"]}), 400, "malformed", "label.audience"),
        (door.call("engineer", "POST", "/items", b"{nope"), 400, "malformed.json", "body"),
        (door.call("engineer", "POST", "/items", b'{"title":1,"title":2}'), 400, "malformed.json", "body"),
        (door.call("engineer", "POST", "/items", b"[]"), 400, "malformed", "body"),
        (door.call("engineer", "POST", "/items", b" " * 3_000_000), 413, "too_large.body", "body"),
        (door.call("co_chair", "POST", "/bundles", b"{}"), 400, "malformed", ""),
        (door.call("co_chair", "POST", "/bundles", bytes(17 * 1024 * 1024)), 413, "too_large.body", "body"),
        (door.call("registrar", "POST", f"/people/{'p' * 40}/roles", {"role": "x"}), 413, "too_large.member", "person"),
        (door.call("engineer", "PATCH", "/me"), 405, "malformed.method", "method"),
        (door.call("engineer", "GET", "/me", host="ind.localhost:8100"), 400, "malformed.host", "Host"),
        (door.call("engineer", "GET", "/nothing"), 404, "not_available.path", ""),
    ]
    for found, status, code, field in wrong:
        assert found.status == status, found.content
        assert found.json["code"].startswith(code)
        assert field in found.json.get("field", "")
        assert found.json["message"]
    # The one refused bundle of an authenticated co-chair is recorded; nothing else was.
    assert door.call("inspector", "GET", "/ledger").json["waiting"] == before + 1


def test_every_answer_carries_the_headers_and_sets_no_cookie(door: Door) -> None:
    for found in (door.call(None, "GET", "/node"), door.call(None, "GET", "/me"), door.call("inspector", "GET", "/x")):
        headers = found.response.headers
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert not found.response.cookies
    assert door.call(None, "GET", "/me").response.headers["WWW-Authenticate"].startswith("Bearer")


def test_what_nobody_expected_tells_nothing(
    door: Door, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(*_: object) -> None:
        raise ValueError("Hull vibration")

    monkeypatch.setattr("relto.api.items.items.my_items", fails)
    found = door.call("engineer", "GET", "/items")
    assert (found.status, found.json["code"]) == (500, "internal")
    assert "Hull" not in found.content.decode() + caplog.text
    assert "test_answers.py" in caplog.text


def test_a_chunked_body_is_read_to_its_end(door: Door) -> None:
    request = RequestFactory().generic("PUT", "/x", b"")
    request.META["CONTENT_LENGTH"] = ""
    request.META["wsgi.input"], request.META["wsgi.input_terminated"] = io.BytesIO(bytes(3_000_000)), True
    assert [len(chunk) for chunk in body_chunks(request)] == [1048576, 1048576, 902848]


def test_sign_in_links_work_once_within_the_hour_and_only_while_training(door: Door) -> None:
    house, engineer = door.node.house, door.node.people["engineer"]
    made = door.call("registrar", "POST", f"/people/{engineer}/sign-in-links").json
    assert made["path"].startswith("/sign-in/")
    token = made["path"].removeprefix("/sign-in/")
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,50}", token), "short enough to be read out or typed"
    account = Account.objects.get(pk=redeem(house, token))
    assert account.person_id == engineer
    assert account.username.startswith("usa-f014-engineer-")
    second = door.call("registrar", "POST", f"/people/{engineer}/sign-in-links").json["path"].removeprefix("/sign-in/")
    one_letter_off = [second[:at] + ("A" if second[at] != "A" else "B") + second[at + 1 :] for at in range(len(second))]
    wrong = [token, token + "x", second + "=", second[:-1], "", "x" * 2000, "\u0967" * 48, "A" * 48, *one_letter_off]
    for worthless in wrong:
        with pytest.raises(NotAuthenticated):
            redeem(house, worthless)
    door.node.clock.forward(minutes=61)
    with pytest.raises(NotAuthenticated):
        redeem(house, second)
    with pytest.raises(Refused):
        redeem(dataclasses.replace(house, kind="live"), second)


def test_a_link_of_another_node_s_secret_signs_nobody_in(door: Door, settings: Settings) -> None:
    engineer = door.node.people["engineer"]
    made = door.call("registrar", "POST", f"/people/{engineer}/sign-in-links").json
    settings.SECRET_KEY = "another node's"
    with pytest.raises(NotAuthenticated):
        redeem(door.node.house, made["path"].removeprefix("/sign-in/"))


def test_a_registrar_finds_what_she_kept_and_a_security_officer_her_company_s(door: Door) -> None:
    def seen(who: str, path: str, member: str) -> set[str]:
        return {row[member] for row in door.call(who, "GET", path).json}

    own, other = {COMPANY[USA]}, {OTHER_COMPANY}
    assert seen("registrar", "/companies", "code") == own | other
    assert seen("security_officer", "/companies", "code") == own
    assert seen("release_officer", "/companies", "code") == set()
    assert seen("registrar", "/facilities", "code") == {FACILITY[USA], OTHER_FACILITY}
    assert seen("other_security_officer", "/facilities", "code") == {OTHER_FACILITY}
    people = door.node.people
    assert seen("registrar", "/people", "person") == set(people.values())
    assert seen("other_security_officer", "/people", "person") == {
        people["stranger"],
        people["other_security_officer"],
    }
    (herself,) = door.call("engineer", "GET", "/people").json
    assert (herself["person"], herself["name"]) == (people["engineer"], "Name of engineer")
    assert herself["roles"] == ["engineer"]
    assert PROGRAMME in herself["programmes"]


def test_a_revoked_credential_ends_with_its_tokens(door: Door) -> None:
    engineer, colleague = (door.node.people[who] for who in ("engineer", "colleague"))
    assert door.call("engineer", "GET", "/me").status == 200
    (held,) = door.call("registrar", "GET", f"/people/{engineer}/credentials").json
    assert held["revoked_at"] is None
    assert "client_secret" not in held
    place = f"/credentials/{held['client_id']}"
    assert door.call("registrar", "DELETE", f"/people/{colleague}{place}").status == 404
    assert door.call("engineer", "GET", "/me").status == 200
    revoked = door.call("registrar", "DELETE", f"/people/{engineer}{place}").json
    assert revoked["revoked_at"]
    entry = door.call("registrar", "GET", f"/ledger/entries/{revoked['entry']}").json
    assert entry["event"] == "credential:revoked"
    assert door.call("engineer", "GET", "/me").status == 401
    again = door.call("registrar", "DELETE", f"/people/{engineer}{place}")
    assert (again.status, again.json["code"]) == (409, "conflict.revoked")
    (held,) = door.call("registrar", "GET", f"/people/{engineer}/credentials").json
    assert held["revoked_at"] == revoked["revoked_at"]
    assert door.call("registrar", "GET", f"/people/{READER}/credentials").status == 404
