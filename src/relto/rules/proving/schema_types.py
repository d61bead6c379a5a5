"""The types of the schema that relto ships, for the prover.

A bundle that carries another schema is refused by name: the prover covers this one. That the types below are those of
the schema's text is established by Cedar itself (tests/unit/rules/proving/test_schema_types.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from relto.base.errors import MalformedInput
from relto.rules.builtin import package_data

_LONG, _TEXT, _TRUTH, _SET = "Long", "String", "Boolean", "Set<String>"
_ASSURANCE = {"validFrom": _LONG, "validUntil": _LONG, "statusAt": _LONG, "suspended": _TRUTH}
_PERIOD = {"from": _LONG, "until": _LONG}
_AUTHORISATION = {"nation": _TEXT, "item": _TEXT, "programme": _TEXT, **_PERIOD}
_FACILITY = {
    "code": _TEXT,
    "nation": _TEXT,
    "rank": _LONG,
    "safeguarding": _LONG,
    "programmes": _SET,
    **_ASSURANCE,
}
TYPES: Mapping[str, Any] = {
    "principal": {
        "pseudonym": _TEXT,
        "nation": _TEXT,
        "facility": _FACILITY,
        "rank": _LONG,
        "caveats": _SET,
        "programmes": _SET,
        **_ASSURANCE,
    },
    "resource": {
        "code": _TEXT,
        "label": {"rank": _LONG},
        "owners": _SET,
        "everyone": _TRUTH,
        "audience": _SET,
        "caveats": _SET,
        "programme": _TEXT,
        "exportControlled": _TRUTH,
        "physical": _TRUTH,
        "registered": _TRUTH,
    },
    "context": {
        **dict.fromkeys(("now", "statusMaxAge", "unregisteredMaxRank"), _LONG),
        **dict.fromkeys(("node", "owner", "releaser", "channel"), _TEXT),
        "channels": _SET,
        "agreement": {"parties": _SET, **_PERIOD},
        "disclosure": _AUTHORISATION,
        "export": _AUTHORISATION,
        "consent": {"by": _TEXT, "item": _TEXT, "nation": _TEXT, "facility": _TEXT, **_PERIOD},
        "listing": {"person": _TEXT, "item": _TEXT, "reason": _TEXT, **_PERIOD},
        "release": {"item": _TEXT, "nation": _TEXT, "facility": _TEXT, "state": _TEXT, **_PERIOD},
    },
}


def require_shipped_schema(text: str) -> None:
    """Raises MalformedInput("proof.schema") for any other schema than the shipped one."""
    if text != package_data("schema.cedarschema").decode("utf-8"):
        raise MalformedInput("proof.schema", field="schema.cedarschema", expected="the schema that this version ships")
