"""Capability 12 (domain.md section 9): equivalence translator that can say "none".

Accept: Indian RESTRICTED -> US returns "no US level; handling per profile", never CONFIDENTIAL silently.
"""

from __future__ import annotations

from typing import Any

import pytest

from relto.services.label_questions import ask
from tests.support.houses import IND, USA
from tests.support.two_houses import TwoHouses

pytestmark = pytest.mark.django_db
RESTRICTED = {"text": "//IND RESTRICTED//REL TO USA, IND", "policy": "IND"}


def test_indian_restricted_has_no_american_level_and_is_handled_as_the_bundle_says(two: TwoHouses) -> None:
    """On both nodes, with whose word it is: an unconfirmed default, never the treaty's table."""
    for nation in (USA, IND):
        with two.at(nation) as node:
            found: Any = ask(node.house, "map", {"label": RESTRICTED, "to": "USA"}, "en")
            assert (found["outcome"], found["level"]) == ("no_equivalent", None)
            assert found["handling"] == "as_confidential"
            row = found["row"]
            assert (row["to_level"], row["confirmed"], row["citation"]) == (None, False, "GSO-51, GSO-53")
            assert "not the treaty's table" in row["source"]
            secret: Any = ask(
                node.house, "map", {"label": {"text": "//IND SECRET", "policy": "IND"}, "to": "USA"}, "en"
            )
            assert (secret["outcome"], secret["level"]) == ("mapped", "SECRET")
