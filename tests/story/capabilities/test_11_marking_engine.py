"""Capability 11 (domain.md section 9): marking engine, both countries' renderings.

Accept: portions (U), (S//REL TO USA, IND) and IND-origin CONFIDENTIAL give banner SECRET, "THIS DOCUMENT CONTAINS
INDIA INFORMATION" and, in demo mode, the training line.
"""

from __future__ import annotations

from typing import Any

import pytest

from relto.labels.checking.check import check_document
from relto.labels.checking.document import Block, DocumentText, Page
from relto.labels.markings import training_line
from relto.labels.us.reading import parse_portion
from relto.labels.us.rolling_up import roll_up
from relto.labels.us.writing import render_banner
from relto.services.label_questions import ask, surroundings
from tests.support.houses import IND, USA
from tests.support.two_houses import TwoHouses
from tests.support.two_releases import released

pytestmark = pytest.mark.django_db
STATEMENT = "THIS DOCUMENT CONTAINS INDIA INFORMATION"
AUTHORITY = "Classified By: A. Trainer, cell\nDerived From: Guide 7\nDeclassify On: 20480101"


def faults(*texts: str) -> list[str]:
    blocks = tuple(Block("body", place, tuple(text.split("\n"))) for place, text in enumerate(texts, start=1))
    return [found.code for found in check_document(DocumentText("text", (Page(1, blocks),))).findings]


def test_two_american_portions_and_an_indian_one_give_the_banner_the_statement_and_the_training_line(
    two: TwoHouses,
) -> None:
    """The Indian portion is that of a document which India's node released to the USA's."""
    _, _, arrival = released(two, IND, label={"level": "CONFIDENTIAL", "audience": ["USA", "IND"]})
    with two.at(USA) as node:
        rendered: Any = ask(node.house, "join", {"labels": [dict(arrival.item.label)]}, "en")["rendered"]
        indian = rendered["USA"]["portion"]
        policies = surroundings(node.house).policies
        assert training_line(policies.by_nation(USA)) == "MARKINGS ARE FOR TRAINING PURPOSES ONLY"
    assert indian == "(//IND C//REL TO USA, IND)"
    with two.at(IND) as node:
        at_home: Any = ask(node.house, "join", {"labels": [dict(arrival.item.label)]}, "hi")["rendered"]
        assert at_home["USA"]["portion"] == indian, "both nodes render the same mark"
        assert "गोपनीय" in at_home["IND"]["banner"]
    banner = render_banner(roll_up([parse_portion(one) for one in ("(U)", "(S//REL TO USA, IND)", indian)]))
    assert banner == "SECRET//FGI IND//REL TO USA, IND"
    portions = ("(U) Title of it", "(S//REL TO USA, IND) The rotor hums.", f"{indian} So does the dome.", AUTHORITY)
    assert faults(banner, STATEMENT, *portions, banner) == []
    assert faults(banner, *portions, banner) == ["statement_missing"]
