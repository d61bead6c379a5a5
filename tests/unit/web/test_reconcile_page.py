"""Do the two registers agree? The authority asks on a page, reads who must act, and takes the certificate away."""

from __future__ import annotations

import json
from typing import Any

import pytest

from relto.base.errors import Unreachable
from relto.client.certificates import verify_certificate
from relto.ledger.findings import Outcome
from relto.store.models import Reconciliation
from tests.support.houses import PROGRAMME
from tests.unit.services.reconciled import Mirror
from tests.unit.web.portal import Portal
from tests.unit.web.scenes import PARTNER, received, scene_of

PAGE = f"/en/reconcile/{PROGRAMME}/"


def mirrored(portal: Portal) -> Mirror:
    """A release of the partner arrived here; the partner declares what this node does."""
    peer = scene_of(portal).peer
    received(portal, peer)
    mirror = Mirror(PARTNER, portal.node.house)
    peer.reconcile = mirror.reconcile  # type: ignore[attr-defined]
    return mirror


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("Do the two registers agree?", "Not compared yet.", "when somebody asks for it here")),
        ("hi", ("क्या दोनों पंजियाँ मेल खाती हैं?", "अभी तुलना नहीं हुई।", "पहली तुलना तब होगी")),
    ],
)
def test_before_the_first_comparison_the_page_says_so(portal: Portal, language: str, words: tuple[str, ...]) -> None:
    page = portal.as_person("inspector").get(f"/{language}/reconcile/{PROGRAMME}/").content.decode()
    assert all(word in page for word in words)
    listed = portal.as_person("registrar").get(f"/{language}/reconcile/").content.decode()
    assert words[1] in listed
    assert PROGRAMME in listed


def test_the_page_is_for_the_authority_and_an_unknown_programme_looks_the_same(portal: Portal) -> None:
    unknown = portal.as_person("inspector").get("/en/reconcile/GRANITE-FINCH/")
    assert unknown.status_code == 404
    for who in ("engineer", "security_officer", "operator", "co_chair"):
        assert portal.as_person(who).get(PAGE).status_code == 404
        assert portal.as_person(who).post(PAGE, {"partner": PARTNER}).status_code == 404


def test_an_officer_compares_and_takes_the_certificate_away(portal: Portal) -> None:
    mirrored(portal)
    browser = portal.as_person("release_officer")
    assert browser.post(PAGE, {"partner": PARTNER}).status_code == 302
    page = browser.get(PAGE).content.decode()
    assert "The two registers agree" in page
    assert "Titles, file names and people" in page
    row = Reconciliation.objects.get()
    form = browser.get(f"{PAGE}{row.id}/certificate.pdf")
    assert (form.status_code, form.content[:5]) == (200, b"%PDF-")
    signed = browser.get(f"{PAGE}{row.id}/certificate.json").content
    assert verify_certificate(signed, []).outcome is Outcome.NOT_AUTHENTICATED
    assert json.loads(signed)["payloadType"] == "application/vnd.relto.reconciliation-certificate.v1+json"
    for wrong in (f"{PAGE}{row.id}/certificate.doc", f"{PAGE}rcn_x/certificate.pdf"):
        assert browser.get(wrong).status_code == 404


def test_what_differs_stands_on_the_page_with_who_must_act(portal: Portal) -> None:
    mirror = mirrored(portal)
    mirror.records = lambda records: records[1:]
    browser = portal.as_person("inspector")
    browser.post(PAGE, {"partner": PARTNER})
    page = browser.get("/hi" + PAGE[3:]).content.decode()
    for said in ("दोनों पंजियों में अंतर है", "यह अभिलेख केवल USA के पास है", "हस्ताक्षरित संदेश दूसरे पक्ष को दिखाएँ"):
        assert said in page
    assert str(Reconciliation.objects.get().own_records[0]["id"]) in page
    desk = portal.as_person("release_officer").get("/en/desk/").content.decode()
    assert "The registers of a programme do not agree" in desk
    assert PAGE in desk


def test_a_partner_that_does_not_answer_is_said_on_the_page(portal: Portal) -> None:
    def silent(_: bytes) -> Any:
        raise Unreachable("partner")

    scene_of(portal).peer.reconcile = silent  # type: ignore[attr-defined]
    page = portal.as_person("inspector").post(PAGE, {"partner": PARTNER}).content.decode()
    assert "unreachable.partner" in page
    assert not Reconciliation.objects.exists()
