"""Who may call what: every operation of the document, every role, nobody, and the people of another company."""

from __future__ import annotations

import json
from typing import Any

from tests.unit.api.door import Door

PERSON, ITEM, CASE = "prs_" + "a" * 24, "itm_" + "a" * 24, "rel_" + "a" * 24
WHEN = {"valid_from": "2026-11-22T00:00:00Z", "valid_until": "2027-11-22T00:00:00Z"}
LABEL = {"level": "SECRET", "audience": ["USA", "IND"]}
EVERYBODY = frozenset(
    {"engineer", "security_officer", "release_officer", "registrar", "co_chair", "inspector", "operator"}
)
LAW = {
    "source": "A manual",
    "edition": "2027",
    "replaces": "2014",
    "in_force_from": "2027-01-01",
    "citation": "A manual",
    "evidence": "read",
    "consultation_until": "2027-01-31",
}
TEMPLATE = {"code": "c", "title": {"en": "T"}, "paper": "other", "basis": "agreed", "fields": [], "clauses": []}
AUTHORITY = {"co_chair", "release_officer", "registrar", "inspector"}
TEMPLATE_USERS = AUTHORITY | {"security_officer"}
WEIGHERS, PERIOD = {"co_chair", "release_officer", "inspector"}, "since=2026-11-22T00:00:00Z&until=2026-11-22T00:00:01Z"
REGISTRAR, COMPANY = {"registrar"}, {"engineer", "security_officer"}
AUTHORISATION = {"reference": "DSP5-1", "nation": "IND", "programme": "MONSOON-LARK", **WHEN}
ANNOUNCED = {"title": "A title", "file_name": "a.pdf", "media_type": "application/pdf", "programme": "MONSOON-LARK"}
REASON = {"reason": "no longer needed"}
DOSSIER = "dos_" + "a" * 24
ASKED, SUBJECT = "tpr_" + "a" * 24, {"kind": "facility", "subject": "USA-F404"}
THIRD = {"nation": "FRA", "recipient": "FRA-F001"}
OFFICE, OFFICERS = {"registrar", "security_officer"}, {"security_officer", "release_officer"}
KEEPERS = {"security_officer", "release_officer", "registrar", "inspector"}
RECONCILING = {"release_officer", "registrar", "inspector"}
COPY = {"form": "physical", "facility": "USA-F014", "custodian": "security_officer"}
COURIER_READERS = {"operator", "registrar", "release_officer", "inspector"}
MEDIUM = {
    "medium": "M-1",
    "partner": "IND",
    "direction": "out",
    "number": 1,
    "step": "packed",
    "performer": "courier/C-114",
}
SUBMITTED = b"\r\n".join(
    (
        b"--between",
        b'Content-Disposition: form-data; name="announcement"',
        b"",
        json.dumps({**ANNOUNCED, "label": LABEL, "export_controlled": True}).encode(),
        b"--between",
        b'Content-Disposition: form-data; name="container"',
        b"",
        b"no archive",
        b"--between--",
    )
)

PLANNED = {
    "host": "IND",
    "place": "New Delhi",
    "starts": "2026-12-02T04:00:00Z",
    "ends": "2026-12-02T10:00:00Z",
    "zone": "Asia/Kolkata",
    "form": "in_person",
}
OWED = {"about": "ale_x", "what": {"en": "W"}, "owner": "IND", "role": "co_chair", "due": "2026-12-18"}
_BANNER = {"kind": "banner", "policy": "USA", "text": "SECRET"}
# path of the document, path called, method, body, roles that are let in
OPERATIONS: list[tuple[str, str, str, Any, set[str] | frozenset[str]]] = [
    ("/me", "/me", "GET", None, EVERYBODY),
    ("/waiting", "/waiting", "GET", None, EVERYBODY),
    ("/search", "/search", "POST", {"text": "MONSOON"}, EVERYBODY),
    ("/labels/parse", "/labels/parse", "POST", {"kind": "banner", "policy": "USA", "text": "SECRET"}, EVERYBODY),
    ("/labels/render", "/labels/render", "POST", {"label": {}}, EVERYBODY),
    ("/labels/join", "/labels/join", "POST", {"labels": [_BANNER, _BANNER]}, EVERYBODY),
    ("/labels/map", "/labels/map", "POST", {"label": _BANNER, "to": "IND"}, EVERYBODY),
    ("/labels/convert", "/labels/convert", "POST", {"label": _BANNER, "to": "banner"}, EVERYBODY),
    ("/labels/batch", "/labels/batch", "POST", {"operation": "parse", "lines": [_BANNER]}, EVERYBODY),
    ("/courier/bundles", "/courier/bundles", "GET", None, COURIER_READERS),
    ("/courier/overdue", "/courier/overdue", "GET", None, COURIER_READERS),
    ("/courier/media", "/courier/media", "GET", None, COURIER_READERS),
    ("/courier/media", "/courier/media", "POST", MEDIUM, {"operator", "registrar", "release_officer"}),
    ("/courier/arrivals", "/courier/arrivals", "POST", b"no bundle", {"operator"}),
    ("/courier/{partner}/bundles", "/courier/IND/bundles", "POST", {}, {"operator"}),
    ("/courier/{partner}/bundles/{number}/file", "/courier/IND/bundles/1/file", "GET", None, {"operator"}),
    ("/courier/{partner}/{direction}/{number}", "/courier/IND/out/1", "GET", None, COURIER_READERS),
    ("/bundles", "/bundles", "POST", b"{}", {"co_chair"}),
    ("/bundles/proofs", "/bundles/proofs", "POST", b"{}", AUTHORITY),
    ("/bundles/impacts", "/bundles/impacts", "POST", b"{}", WEIGHERS),
    ("/bundles/replays", f"/bundles/replays?{PERIOD}", "POST", b"{}", WEIGHERS),
    ("/replays", f"/replays?{PERIOD}", "GET", None, WEIGHERS),
    (
        "/decisions/{reference}/what-if",
        "/decisions/dec_x/what-if",
        "GET",
        None,
        {"security_officer", "release_officer", "inspector"},
    ),
    ("/alignment/entries", "/alignment/entries", "GET", None, AUTHORITY),
    ("/alignment/entries/{entry}", "/alignment/entries/ale_x", "GET", None, AUTHORITY),
    ("/alignment/coverage", "/alignment/coverage", "GET", None, AUTHORITY),
    ("/alignment/exchange", "/alignment/exchange", "GET", None, AUTHORITY),
    ("/alignment/measures", "/alignment/measures", "GET", None, AUTHORITY),
    (
        "/alignment/annual-report",
        "/alignment/annual-report?year=2026",
        "GET",
        None,
        {"co_chair", "inspector"},
    ),
    ("/alignment/exchange", "/alignment/exchange", "POST", b"{}", {"co_chair"}),
    (
        "/alignment/relations",
        "/alignment/relations",
        "POST",
        {"provisions": ["A"], "to": "IND", "relation": "equal", "reason": "R", "confidence": "low"},
        {"co_chair"},
    ),
    (
        "/alignment/divergences",
        "/alignment/divergences",
        "POST",
        {"question": "Q", "provisions": ["A"], "owner": "IND"},
        {"co_chair"},
    ),
    (
        "/alignment/entries/{entry}/comments",
        "/alignment/entries/ale_x/comments",
        "POST",
        {"text": "T"},
        {"co_chair"},
    ),
    ("/alignment/entries/{entry}/notes", "/alignment/entries/ale_x/notes", "POST", {"text": "T"}, {"co_chair"}),
    (
        "/alignment/entries/{entry}/signatures",
        "/alignment/entries/ale_x/signatures",
        "POST",
        {"digest": "0" * 64},
        {"co_chair"},
    ),
    ("/alignment/entries/{entry}/signatures", "/alignment/entries/ale_x/signatures", "GET", None, AUTHORITY),
    ("/alignment/proposals", "/alignment/proposals", "GET", None, AUTHORITY),
    ("/alignment/proposals", "/alignment/proposals", "POST", {"title": "T", "topic": "register"}, {"co_chair"}),
    ("/alignment/proposals/{entry}", "/alignment/proposals/ale_x", "GET", None, AUTHORITY),
    ("/alignment/proposals/{entry}/withdrawal", "/alignment/proposals/ale_x/withdrawal", "POST", None, {"co_chair"}),
    (
        "/alignment/proposals/{entry}/positions",
        "/alignment/proposals/ale_x/positions",
        "POST",
        {"digest": "0" * 64, "position": "no_objection"},
        {"co_chair"},
    ),
    (
        "/alignment/comments/{comment}/resolution",
        "/alignment/comments/ale_x/resolution",
        "POST",
        {"resolution": "accepted"},
        {"co_chair"},
    ),
    ("/alignment/proposals/{entry}/proofs", "/alignment/proposals/ale_x/proofs", "POST", {}, {"co_chair"}),
    ("/alignment/proposals/{entry}/impact", "/alignment/proposals/ale_x/impact", "GET", None, WEIGHERS),
    ("/alignment/proposals/{entry}/draft", "/alignment/proposals/ale_x/draft", "GET", None, AUTHORITY),
    ("/alignment/proposals/{entry}/rehearsals", "/alignment/proposals/ale_x/rehearsals", "POST", b"{}", {"co_chair"}),
    ("/alignment/law-texts", "/alignment/law-texts", "GET", None, AUTHORITY),
    ("/alignment/laws", "/alignment/laws", "GET", None, AUTHORITY),
    ("/alignment/laws", "/alignment/laws", "POST", LAW, {"co_chair"}),
    ("/alignment/laws/{entry}", "/alignment/laws/ale_x", "GET", None, AUTHORITY),
    (
        "/alignment/laws/{entry}/answer",
        "/alignment/laws/ale_x/answer",
        "POST",
        {"position": "no_objection"},
        {"co_chair"},
    ),
    ("/alignment/laws/{entry}/end", "/alignment/laws/ale_x/end", "POST", {"state": "closed"}, {"co_chair"}),
    ("/alignment/laws/{entry}/notice", "/alignment/laws/ale_x/notice", "GET", None, AUTHORITY),
    ("/templates", "/templates", "GET", None, TEMPLATE_USERS),
    ("/templates", "/templates", "POST", TEMPLATE, {"co_chair"}),
    ("/templates/drafts", "/templates/drafts", "GET", None, TEMPLATE_USERS),
    ("/templates/drafts/{code}", "/templates/drafts/visit_letter", "POST", None, {"co_chair"}),
    ("/templates/validations", "/templates/validations", "POST", {"document": {}}, TEMPLATE_USERS),
    ("/templates/papers", "/templates/papers", "POST", {"document": {}}, TEMPLATE_USERS),
    ("/templates/{entry}", "/templates/ale_x", "GET", None, TEMPLATE_USERS),
    (
        "/templates/{entry}/comparison",
        "/templates/ale_x/comparison?older=v1&newer=v2",
        "GET",
        None,
        TEMPLATE_USERS,
    ),
    ("/templates/{entry}/documents", "/templates/ale_x/documents", "POST", {"values": {}}, TEMPLATE_USERS),
    ("/alignment/meetings", "/alignment/meetings", "GET", None, AUTHORITY),
    ("/alignment/meetings", "/alignment/meetings", "POST", PLANNED, {"co_chair"}),
    ("/alignment/meetings/{entry}", "/alignment/meetings/ale_x", "GET", None, AUTHORITY),
    ("/alignment/meetings/{entry}/offers", "/alignment/meetings/ale_x/offers", "GET", None, AUTHORITY),
    ("/alignment/meetings/{entry}/agenda", "/alignment/meetings/ale_x/agenda", "PUT", {"items": []}, {"co_chair"}),
    (
        "/alignment/meetings/{entry}/minutes",
        "/alignment/meetings/ale_x/minutes",
        "PUT",
        {"minutes": [], "decisions": []},
        {"co_chair"},
    ),
    (
        "/alignment/meetings/{entry}/cancellation",
        "/alignment/meetings/ale_x/cancellation",
        "POST",
        {"reason": "R"},
        {"co_chair"},
    ),
    (
        "/alignment/meetings/{entry}/papers/{paper_code}",
        "/alignment/meetings/ale_x/papers/pack",
        "GET",
        None,
        AUTHORITY,
    ),
    ("/alignment/meetings/{entry}/calendar", "/alignment/meetings/ale_x/calendar", "GET", None, AUTHORITY),
    ("/alignment/next-meeting", "/alignment/next-meeting", "GET", None, AUTHORITY),
    ("/alignment/decisions", "/alignment/decisions", "GET", None, AUTHORITY),
    ("/alignment/actions", "/alignment/actions", "GET", None, AUTHORITY),
    ("/alignment/actions", "/alignment/actions", "POST", OWED, {"co_chair"}),
    ("/alignment/actions/{entry}", "/alignment/actions/ale_x", "GET", None, AUTHORITY),
    (
        "/alignment/actions/{entry}/closing",
        "/alignment/actions/ale_x/closing",
        "POST",
        {"state": "done", "done": {"en": "D"}},
        {"co_chair"},
    ),
    ("/alignment/action-list", "/alignment/action-list", "GET", None, AUTHORITY),
    ("/alignment/roadmap", "/alignment/roadmap", "GET", None, AUTHORITY),
    ("/overlays", "/overlays", "POST", b"{}", {"co_chair"}),
    ("/overlays", "/overlays", "GET", None, EVERYBODY),
    ("/bundles/{version}/proof", "/bundles/1/proof", "GET", None, AUTHORITY),
    ("/bundles/active", "/bundles/active", "GET", None, EVERYBODY),
    ("/bundles/active/file", "/bundles/active/file", "GET", None, EVERYBODY),
    ("/bundles", "/bundles", "GET", None, EVERYBODY),
    ("/bundles/{version}/changes", "/bundles/1/changes", "GET", None, EVERYBODY),
    ("/bundles/{version}/file", "/bundles/1/file", "GET", None, EVERYBODY),
    ("/authority-statements", "/authority-statements", "POST", b"{}", {"co_chair"}),
    ("/authority-statements", "/authority-statements", "GET", None, EVERYBODY),
    ("/companies", "/companies", "POST", {"code": "USA-C050", "title": "T", "kind": "private"}, REGISTRAR),
    (
        "/facilities",
        "/facilities",
        "POST",
        {"code": "USA-F050", "company": "USA-C014", "level": "SECRET", **WHEN},
        REGISTRAR,
    ),
    ("/companies", "/companies", "GET", None, EVERYBODY),
    ("/facilities", "/facilities", "GET", None, EVERYBODY),
    ("/people", "/people", "GET", None, EVERYBODY),
    ("/people", "/people", "POST", {"name": "N", "roles": ["inspector"]}, REGISTRAR),
    ("/people/{person}/credentials", f"/people/{PERSON}/credentials", "POST", {"days": 3}, REGISTRAR),
    ("/people/{person}/credentials", f"/people/{PERSON}/credentials", "GET", None, REGISTRAR),
    (
        "/people/{person}/credentials/{client_id}",
        f"/people/{PERSON}/credentials/cli_{'a' * 24}",
        "DELETE",
        None,
        REGISTRAR,
    ),
    ("/people/{person}/account", f"/people/{PERSON}/account", "POST", None, REGISTRAR),
    ("/people/{person}/sessions", f"/people/{PERSON}/sessions", "GET", None, REGISTRAR),
    ("/people/{person}/sessions", f"/people/{PERSON}/sessions", "DELETE", None, REGISTRAR),
    ("/people/{person}/bindings", f"/people/{PERSON}/bindings", "GET", None, REGISTRAR),
    (
        "/people/{person}/bindings",
        f"/people/{PERSON}/bindings",
        "POST",
        {"kind": "oidc", "code": "who-" + "a" * 52},
        REGISTRAR,
    ),
    (
        "/people/{person}/bindings/{binding}",
        f"/people/{PERSON}/bindings/bnd_{'a' * 24}",
        "DELETE",
        None,
        REGISTRAR,
    ),
    ("/people/{person}/roles", f"/people/{PERSON}/roles", "POST", {"role": "engineer"}, REGISTRAR),
    (
        "/people/{person}/role-changes",
        f"/people/{PERSON}/role-changes",
        "POST",
        {"role": "inspector", "does": "grant"},
        REGISTRAR,
    ),
    ("/role-changes", "/role-changes", "GET", None, {"registrar", "co_chair", "inspector", "operator"}),
    ("/role-changes/{change}/confirmation", f"/role-changes/rch_{'a' * 24}/confirmation", "POST", None, EVERYBODY),
    ("/role-changes/{change}/refusal", f"/role-changes/rch_{'a' * 24}/refusal", "POST", None, EVERYBODY),
    (
        "/emergency-roles",
        "/emergency-roles",
        "POST",
        {"person": PERSON, "role": "inspector", "reason": "nobody answers", "hours": 2},
        {"operator"},
    ),
    ("/emergency-roles", "/emergency-roles", "GET", None, {*AUTHORITY, "operator"}),
    (
        "/emergency-roles/{emergency}/confirmation",
        f"/emergency-roles/emr_{'a' * 24}/confirmation",
        "POST",
        None,
        {*AUTHORITY, "operator"},
    ),
    (
        "/emergency-roles/{emergency}/end",
        f"/emergency-roles/emr_{'a' * 24}/end",
        "POST",
        None,
        {"co_chair", "inspector", "registrar", "operator"},
    ),
    ("/me/tokens", "/me/tokens", "GET", None, EVERYBODY),
    ("/me/tokens/{token}", f"/me/tokens/pat_{'a' * 24}", "DELETE", None, EVERYBODY),
    ("/people/{person}/sign-in-links", f"/people/{PERSON}/sign-in-links", "POST", None, REGISTRAR),
    ("/programmes", "/programmes", "POST", {"code": "GRANITE-FINCH", "title": "T"}, REGISTRAR),
    ("/programmes", "/programmes", "GET", None, EVERYBODY),
    (
        "/programmes/{programme}/members",
        "/programmes/MONSOON-LARK/members",
        "POST",
        {"person": PERSON, "reason": "works on it"},
        {"registrar", "security_officer"},
    ),
    (
        "/assurances",
        "/assurances",
        "POST",
        {"subject_kind": "person", "subject": PERSON, "recipient": "IND", "valid_until": WHEN["valid_until"]},
        REGISTRAR,
    ),
    ("/assurances", "/assurances", "GET", None, EVERYBODY),
    ("/assurances/{assurance}/renewal", "/assurances/asr_x/renewal", "POST", None, REGISTRAR),
    ("/assurances/{assurance}/revocation", "/assurances/asr_x/revocation", "POST", None, REGISTRAR),
    ("/authorisations", "/authorisations", "POST", {"kind": "disclosure", **AUTHORISATION}, REGISTRAR),
    ("/authorisations", "/authorisations", "POST", {"kind": "export", **AUTHORISATION}, {"security_officer"}),
    ("/authorisations", "/authorisations", "GET", None, EVERYBODY),
    ("/items", "/items", "POST", {**ANNOUNCED, "label": LABEL, "export_controlled": True}, COMPANY),
    ("/items", "/items", "GET", None, EVERYBODY),
    ("/items/submissions", "/items/submissions", "POST", SUBMITTED, COMPANY),
    ("/items/{item}", f"/items/{ITEM}", "GET", None, EVERYBODY),
    ("/items/{item}/container", f"/items/{ITEM}/container", "PUT", b"no archive", COMPANY),
    ("/items/{item}/partner-manifest", f"/items/{ITEM}/partner-manifest", "PUT", b"{}", COMPANY),
    ("/items/{item}/container", f"/items/{ITEM}/container", "GET", None, COMPANY),
    ("/dossiers/{dossier}/amendments", f"/dossiers/{DOSSIER}/amendments", "GET", None, EVERYBODY),
    ("/items/{item}/may-share", f"/items/{ITEM}/may-share?facility=IND-F007", "GET", None, COMPANY),
    ("/items/{item}/may-open", f"/items/{ITEM}/may-open", "GET", None, COMPANY),
    (
        "/items/{item}/release-requests",
        f"/items/{ITEM}/release-requests",
        "POST",
        {"nation": "IND", "facility": "IND-F007", "readers": [{"pseudonym": PERSON, "reason": "r"}], "purpose": "p"},
        {"security_officer"},
    ),
    ("/cases", "/cases", "GET", None, {"release_officer", "security_officer"}),
    ("/cases/{case}", f"/cases/{CASE}", "GET", None, EVERYBODY),
    (
        "/cases/{case}/decision",
        f"/cases/{CASE}/decision",
        "POST",
        {"outcome": "release", "reason": "r"},
        {"release_officer"},
    ),
    ("/arrivals", "/arrivals", "GET", None, {"release_officer", "security_officer"}),
    ("/arrivals/{arrival}", f"/arrivals/{CASE}", "GET", None, EVERYBODY),
    (
        "/arrivals/{arrival}/decision",
        f"/arrivals/{CASE}/decision",
        "POST",
        {"outcome": "accept", "reason": "r"},
        {"release_officer"},
    ),
    ("/cases/{case}/withdrawal", f"/cases/{CASE}/withdrawal", "POST", REASON, {"release_officer"}),
    ("/arrivals/{arrival}/withdrawal", f"/arrivals/{CASE}/withdrawal", "POST", REASON, {"release_officer"}),
    (
        "/arrivals/{arrival}/disposition",
        f"/arrivals/{CASE}/disposition",
        "POST",
        {"outcome": "destroyed", **REASON},
        {"security_officer"},
    ),
    ("/authorisations/{authorisation}/withdrawal", "/authorisations/aut_x/withdrawal", "POST", REASON, OFFICE),
    ("/suspensions/consequences", "/suspensions/consequences?kind=facility&subject=USA-F099", "GET", None, REGISTRAR),
    ("/suspensions", "/suspensions", "POST", {**SUBJECT, **REASON}, REGISTRAR),
    ("/suspensions/end", "/suspensions/end", "POST", {**SUBJECT, **REASON}, REGISTRAR),
    ("/assurances/{assurance}/affected", "/assurances/asr_x/affected", "GET", None, {"release_officer", "registrar"}),
    (
        "/programmes/{programme}/members/end",
        "/programmes/MONSOON-LARK/members/end",
        "POST",
        {"person": PERSON, **REASON},
        OFFICE,
    ),
    ("/third-party-requests", "/third-party-requests", "GET", None, OFFICERS),
    (
        "/third-party-requests",
        "/third-party-requests",
        "POST",
        {"item": ITEM, **THIRD, "purpose": "p", **WHEN},
        {"security_officer"},
    ),
    ("/third-party-requests/{third_party_request}", f"/third-party-requests/{ASKED}", "GET", None, EVERYBODY),
    *(
        (
            f"/third-party-requests/{{third_party_request}}/{verb}",
            f"/third-party-requests/{ASKED}/{verb}",
            "POST",
            {**outcome, **REASON},
            {"release_officer"},
        )
        for verb, outcome in (
            ("forwarding", {"outcome": "forward"}),
            ("decision", {"outcome": "consent"}),
            ("withdrawal", {}),
            ("retransfer", {}),
        )
    ),
    ("/procedures", "/procedures", "GET", None, EVERYBODY),
    ("/procedures/{procedure}", "/procedures/incident", "GET", None, EVERYBODY),
    ("/dossiers", "/dossiers", "GET", None, EVERYBODY),
    ("/dossiers", "/dossiers", "POST", {"procedure": "self_inspection"}, {"security_officer"}),
    ("/dossiers/check", "/dossiers/check", "POST", {"procedure": "self_inspection"}, {"security_officer"}),
    ("/dossiers/{dossier}", f"/dossiers/{DOSSIER}", "GET", None, EVERYBODY),
    ("/dossiers/{dossier}", f"/dossiers/{DOSSIER}", "PUT", {"answers": {}}, EVERYBODY),
    ("/dossiers/{dossier}/findings", f"/dossiers/{DOSSIER}/findings", "GET", None, EVERYBODY),
    ("/dossiers/{dossier}/steps/{step}", f"/dossiers/{DOSSIER}/steps/sign", "POST", {}, EVERYBODY),
    ("/procedures/{procedure}/schema", "/procedures/incident/schema", "GET", None, EVERYBODY),
    (
        "/dossiers/imports",
        "/dossiers/imports",
        "POST",
        {"procedure": "self_inspection", "answers": {}},
        {"security_officer"},
    ),
    ("/dossiers/taken-over", "/dossiers/taken-over", "POST", {}, {"registrar", "security_officer"}),
    ("/dossiers/{dossier}/export", f"/dossiers/{DOSSIER}/export", "GET", None, EVERYBODY),
    ("/dossiers/{dossier}/papers/{paper_code}", f"/dossiers/{DOSSIER}/papers/request", "GET", None, EVERYBODY),
    ("/calendar-feed", "/calendar-feed", "POST", {}, EVERYBODY),
    ("/calendar-feed", "/calendar-feed", "DELETE", None, EVERYBODY),
    ("/mail-notices", "/mail-notices", "PUT", {"address": "a@b.example"}, EVERYBODY),
    ("/mail-notices", "/mail-notices", "DELETE", None, EVERYBODY),
    ("/queue", "/queue", "GET", None, EVERYBODY),
    ("/dossier-statistics", "/dossier-statistics", "GET", None, {*AUTHORITY, "security_officer"}),
    ("/items/{item}/may-retransfer", f"/items/{ITEM}/may-retransfer", "POST", THIRD, OFFICERS),
    ("/register", "/register", "GET", None, {"security_officer", "release_officer", "registrar", "inspector"}),
    ("/register/holdings", "/register/holdings", "GET", None, KEEPERS),
    ("/register/items/{item}", f"/register/items/{ITEM}", "GET", None, KEEPERS),
    ("/register/items/{item}/copies", f"/register/items/{ITEM}/copies", "POST", COPY, {"security_officer"}),
    (
        "/register/items/{item}/reproductions",
        f"/register/items/{ITEM}/reproductions",
        "POST",
        {**COPY, "count": 1, "authority": "PSI-4", **REASON},
        {"security_officer"},
    ),
    (
        "/register/items/{item}/translations",
        f"/register/items/{ITEM}/translations",
        "POST",
        {"derived": ITEM, "language": "hi", "translator": PERSON},
        {"security_officer"},
    ),
    ("/register/copies/{copy_id}", "/register/copies/cpy_x", "GET", None, EVERYBODY),
    ("/register/copies/{copy_id}/steps", "/register/copies/cpy_x/steps", "POST", {"step": "witness"}, COMPANY),
    ("/register/inventories", "/register/inventories", "GET", None, KEEPERS),
    (
        "/register/inventories",
        "/register/inventories",
        "POST",
        {"as_of": "2026-11-22T00:00:00Z"},
        {"security_officer"},
    ),
    ("/register/inventories/{inventory}", "/register/inventories/inv_x", "GET", None, KEEPERS),
    (
        "/register/inventories/{inventory}/checks",
        "/register/inventories/inv_x/checks",
        "POST",
        {"result": "found", "copy_id": "cpy_x"},
        {"security_officer"},
    ),
    (
        "/register/inventories/{inventory}/signature",
        "/register/inventories/inv_x/signature",
        "POST",
        None,
        {"security_officer"},
    ),
    ("/custody/{item}", f"/custody/{ITEM}", "GET", None, KEEPERS),
    ("/refusals/{reference}", "/refusals/dec_x", "GET", None, EVERYBODY),
    ("/decisions/{reference}/replay", "/decisions/dec_x/replay", "GET", None, {"inspector"}),
    ("/decisions", "/decisions", "GET", None, EVERYBODY),
    ("/decisions/{reference}", "/decisions/dec_x", "GET", None, EVERYBODY),
    ("/decisions/{reference}/as-of", "/decisions/dec_x/as-of", "GET", None, {"inspector"}),
    ("/rules", "/rules", "GET", None, EVERYBODY),
    ("/reconciliations", "/reconciliations", "POST", {"programme": "GRANITE-FINCH"}, RECONCILING),
    ("/reconciliations", "/reconciliations", "GET", None, RECONCILING),
    ("/reconciliations/{run}", "/reconciliations/rcn_x", "GET", None, RECONCILING),
    ("/reconciliations/{run}/certificate", "/reconciliations/rcn_x/certificate", "GET", None, RECONCILING),
    ("/recoveries", "/recoveries", "POST", b"{}", {"release_officer", "registrar"}),
    ("/recoveries", "/recoveries", "GET", None, {"release_officer", "registrar", "co_chair", "inspector"}),
    ("/ledger", "/ledger", "GET", None, EVERYBODY),
    ("/ledger/entries/{entry}", "/ledger/entries/ent_x", "GET", None, EVERYBODY),
    ("/ledger/export", "/ledger/export", "GET", None, {"inspector"}),
]


def test_each_operation_lets_in_its_roles_and_nobody_else(door: Door) -> None:
    for _, path, method, body, allowed in OPERATIONS:
        kind = "multipart/form-data; boundary=between" if body is SUBMITTED else "application/json"
        assert door.call(None, method, path, body, content_type=kind).status == 401, (method, path)
        for who in sorted(EVERYBODY):
            found = door.call(who, method, path, body, content_type=kind)
            told = (method, path, who, found.status)
            if who in allowed:
                assert found.status not in {401, 403, 405, 500}, told
            elif method == "POST" or path not in {"/cases", "/arrivals", "/register", "/third-party-requests"}:
                assert (found.status, found.json["code"]) == (403, "refused.role"), told
            else:
                assert found.status == 403 or found.json == [], told


def test_the_matrix_names_every_operation_of_the_document(door: Door) -> None:
    document = door.call(None, "GET", "/openapi.json").json
    promised = {
        (path.removeprefix("/api/v1"), method.upper())
        for path, operations in document["paths"].items()
        for method in operations
    }
    assert {(path, method) for path, _, method, _, _ in OPERATIONS} | {("/node", "GET")} == promised
