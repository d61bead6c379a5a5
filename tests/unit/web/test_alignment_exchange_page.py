"""The page of the alignment's files: taken away by the authority's people, weighed and said by a co-chair."""

from __future__ import annotations

import json

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import Client

from relto.services.alignment import saying
from relto.store.models import AlignmentStatement
from tests.unit.web.portal import Portal


def taken(browser: Client, form: str) -> bytes:
    """The file that a link of the page gives."""
    answer = browser.get(f"/en/alignment/exchange/file/?as={form}")
    assert answer.status_code == 200
    assert f'filename="alignment-IND-USA-1.{form}"' in answer["Content-Disposition"]
    return b"".join(answer.streaming_content)  # type: ignore[attr-defined]


def test_a_file_is_taken_away_changed_weighed_and_said(portal: Portal) -> None:
    house, chair = portal.node.house, portal.node.actor("co_chair")
    saying.raise_divergence(house, chair, question="Who counts?", provisions=["USR-66", "IND-27.1"], owner="IND")
    browser = portal.as_person("co_chair")
    content = json.loads(taken(browser, "json"))
    content["divergences"][0]["question"] = "Who counts, and when?"

    def send(step: str, status: int = 200) -> str:
        file = SimpleUploadedFile("rows.json", json.dumps(content).encode(), "application/json")
        answer = browser.post("/en/alignment/exchange/", {"file": file, "as": "json", "step": step})
        assert answer.status_code == status
        return answer.content.decode()

    assert "Nothing is said yet" in send("weigh")
    assert AlignmentStatement.objects.count() == 1
    assert "the partner is told" in send("say")
    assert AlignmentStatement.objects.count() == 2
    content["divergences"][0]["owner"] = "GBR"
    assert "Nothing can be said from this file" in send("weigh")
    assert "Rows of this file are refused" in send("say", 422)
    assert AlignmentStatement.objects.count() == 2


def test_the_page_is_for_the_authority_and_reading_in_for_the_co_chair(portal: Portal) -> None:
    for who in ("inspector", "registrar"):
        assert "Take both rule books away" in portal.as_person(who).get("/en/alignment/exchange/").content.decode()
        assert portal.as_person(who).post("/en/alignment/exchange/", {}).status_code == 404
    assert "नियम पुस्तिकाएँ" in portal.as_person("co_chair").get("/hi/alignment/exchange/").content.decode()
    for who in ("engineer", "security_officer"):
        assert portal.as_person(who).get("/en/alignment/exchange/").status_code == 404
        assert portal.as_person(who).get("/en/alignment/exchange/file/?as=json").status_code == 404
