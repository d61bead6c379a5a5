from __future__ import annotations

import re
from pathlib import Path

import pytest

from relto.store.models import Arrival, ReleaseCase
from tests.support.houses import FACILITY, IND
from tests.unit.web.portal import ASSURED, Portal


def _gates(page: str) -> list[str]:
    return re.findall(r'name="accepts" type="checkbox" value="([a-z_]+)"', page)


def test_a_release_officer_accepts_each_gap_by_name_and_gets_a_receipt(portal: Portal) -> None:
    item = portal.seal()
    portal.partner_vouches()
    portal.authorise(item)
    case = portal.ask(item)
    officer = portal.as_person("release_officer")
    assert case in officer.get("/en/desk/").content.decode()
    page = officer.get(f"/en/cases/{case}/").content.decode()
    assert not re.search(r"<input[^>]* checked", page)
    assert "SECRET//REL TO USA, IND" in page
    gates = _gates(page)
    assert "disclosure_authorisation" in gates
    decision = {"outcome": "release", "reason": "The programme needs it.", "accepts": gates[1:]}
    again = officer.post(f"/en/cases/{case}/", decision)
    assert again.status_code == 422
    said = again.content.decode()
    assert 'href="#field-accepts"' in said
    assert "The programme needs it." in said, "what was written is kept"
    assert ReleaseCase.objects.get().state == "asked"
    signed = officer.post(f"/en/cases/{case}/", {**decision, "accepts": gates})
    assert signed.status_code == 302
    receipt = officer.get(signed["Location"]).content.decode()
    assert re.search(r'id="receipt"', receipt)
    assert re.search(r"ent_\w+", receipt)
    assert ReleaseCase.objects.get().state == "released"
    watching = portal.as_person("security_officer").get(f"/hi/cases/{case}/")
    assert watching.status_code == 200
    assert b'name="outcome"' not in watching.content


def test_a_gate_that_fails_makes_a_refusal_with_a_reference_and_reasons(portal: Portal) -> None:
    item = portal.seal()
    portal.partner_vouches()
    case = portal.ask(item)
    officer = portal.as_person("release_officer")
    page = officer.get(f"/en/cases/{case}/").content.decode()
    assert "relto-verdict--fails" in page
    answer = officer.post(
        f"/en/cases/{case}/", {"outcome": "release", "reason": "It should be.", "accepts": _gates(page)}
    )
    assert answer.status_code == 403
    said = answer.content.decode()
    assert "Missing: Disclosure authorisation" in said
    reference = re.search(r"dec_\w+", said)
    assert reference
    reasons = officer.get(f"/en/company/refusals/{reference[0]}/").content.decode()
    assert "R02-disclosure-authorised" in reasons
    assert "32 CFR" in reasons
    own = portal.as_person("security_officer").get(f"/hi/company/refusals/{reference[0]}/")
    assert own.status_code == 200
    assert portal.as_person("colleague").get(f"/en/company/refusals/{reference[0]}/").status_code == 404
    refused = officer.post(f"/en/cases/{case}/", {"outcome": "refuse", "reason": "Not authorised."})
    assert refused.status_code == 302
    assert ReleaseCase.objects.get().state == "refused"


def test_a_request_for_release_needs_a_reader_with_a_reason(portal: Portal) -> None:
    item = portal.seal()
    portal.partner_vouches()
    officer = portal.as_person("security_officer")
    path = f"/en/documents/{item.id}/release/"
    assert FACILITY[IND] in officer.get(path).content.decode()
    answer = officer.post(path, {"facility": FACILITY[IND], "purpose": "Joint hull tests"})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert f'href="#field-reader_{ASSURED}"' in page
    assert "Joint hull tests" in page
    assert portal.as_person("engineer").get(path).status_code == 404


@pytest.mark.parametrize("path", ["arrivals/arr_nothing/", "cases/rel_nothing/", "company/refusals/dec_nothing/"])
def test_an_unknown_thing_is_not_available(portal: Portal, tmp_path: Path, path: str) -> None:
    assert Arrival.objects.count() == 0
    assert portal.as_person("release_officer").get(f"/en/{path}").status_code == 404
