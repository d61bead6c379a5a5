"""An invented case of each action as a file's content, to try a bundle on: nobody and nothing in it exists."""

from __future__ import annotations

from typing import Any

from relto.base.canonical import Json

_AT, _STATUS_AT = "2026-11-22T14:00:00Z", "2026-11-22T11:00:00Z"
_START, _END = "2026-11-12T14:00:00Z", "2026-12-12T14:00:00Z"
_ITEM, _PERSON = "00000000-0000-4000-8000-000000000001", "prs_" + "a" * 24


def example_case(action: str) -> dict[str, Json]:
    """A US item at SECRET for an engineer of an Indian facility; of a retransfer, passed on to a third nation."""
    onward = action == "retransfer"
    third = "FRA" if onward else "IND"
    facility = f"{third}-F001"
    period: list[Json] = [_START, _END]
    level = _level(third)
    state = {"release": "proposed", "accept": "released", "supply_share": "released"}.get(action, "accepted")
    assured: dict[str, Any] = {"valid": period, "status_at": _STATUS_AT, "suspended": False}
    person: dict[str, Json] = {
        "kind": "PersonFacts", "pseudonym": _PERSON, "nation": third, "facility": facility, "level": level,
        "caveats": [], "programmes": ["EXAMPLE"], **assured,
    }  # fmt: skip
    authorisations: list[Json] = [
        {
            "kind": kind,
            "reference": f"EXAMPLE-{kind}",
            "nation": third,
            "item": _ITEM,
            "programme": None,
            "valid": period,
        }
        for kind in ("disclosure", "export")
    ]
    consent: dict[str, Json] = {
        "kind": "ConsentFacts", "reference": "EXAMPLE-consent", "by": "USA", "item": _ITEM, "nation": third,
        "facility": facility, "valid": period,
    }  # fmt: skip
    facts: dict[str, Json] = {
        "node": "IND" if action in ("accept", "open", "retransfer") else "USA",
        "item": {
            "kind": "ItemFacts", "item": _ITEM, "owners": ["USA"], "level": _level("USA"),
            "audience": {"kind": "Only", "nations": ["FRA", "IND", "USA"] if onward else ["IND", "USA"]}, "caveats": [],
            "programme": "EXAMPLE", "export_controlled": True, "physical": True, "registered": True,
        },
        "facility": {
            "kind": "FacilityFacts", "code": facility, "nation": third, "level": level, "safeguarding": level, **assured
        },
        "people": [] if onward else [person],
        "releaser": "IND" if onward else "USA",
        "channel": "link",
        "authorisations": authorisations,
        "consents": [consent] if onward else [],
        "listings": [] if onward else [
            {"kind": "ListingFacts", "pseudonym": _PERSON, "item": _ITEM, "reason": "EXAMPLE", "valid": period}
        ],
        "release": {
            "kind": "ReleaseFacts", "release": "REL-EXAMPLE", "item": _ITEM, "recipient": "IND",
            "facility": "IND-F001", "mode": "live", "state": state, "valid": period,
        },
    }  # fmt: skip
    return {"action": action, "at": _AT, "facts": facts}


def _level(nation: str) -> dict[str, Json]:
    policy = {"USA": "2.999.840.1", "IND": "2.999.356.1"}.get(nation, "2.999.250.1")
    return {"kind": "LevelCode", "policy": policy, "name": "SECRET"}
