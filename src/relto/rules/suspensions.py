"""What an overlay suspends, as rules like all others: named, explained in two languages, and proved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from relto.rules.facts import Action
from relto.rules.gates import Gate, Saying

GATE = "national_suspension"
REMEDY = "lift_national_suspension"
_ALL = tuple(action.value for action in Action)
_SAYS: Mapping[str, tuple[str, str]] = {
    "action": (
        "This nation's authority has not suspended this action at its node.",
        "इस राष्ट्र के प्राधिकरण ने अपने नोड पर यह कार्य निलंबित नहीं किया है।",
    ),
    "programme": (
        "This nation's authority has not suspended the item's programme at its node.",
        "इस राष्ट्र के प्राधिकरण ने अपने नोड पर मद का कार्यक्रम निलंबित नहीं किया है।",
    ),
    "facility": (
        "This nation's authority has not suspended this facility at its node.",
        "इस राष्ट्र के प्राधिकरण ने अपने नोड पर यह प्रतिष्ठान निलंबित नहीं किया है।",
    ),
}


def suspending_gates(version: int, provision: str, suspended: Mapping[str, Sequence[str]]) -> list[Gate]:
    """The rules of one overlay's suspensions: `actions`, `programmes`, `facilities`. A code with a quote is escaped."""
    found = []
    if suspended["actions"]:
        found.append(_gate(version, "action", provision, tuple(suspended["actions"]), "false"))
    for kind, attribute in (("programme", "resource.programme"), ("facility", "principal.facility.code")):
        codes = suspended[f"{kind[:-1]}ies" if kind.endswith("y") else f"{kind}s"]
        if codes:
            listed = ", ".join(_quoted(code) for code in codes)
            found.append(_gate(version, kind, provision, _ALL, f"![{listed}].contains({attribute})"))
    return found


def _gate(version: int, kind: str, provision: str, actions: tuple[str, ...], holds: str) -> Gate:
    english, hindi = _SAYS[kind]
    return Gate(
        gate=GATE,
        rule=f"N{version}-{kind}-suspended",
        actions=actions,
        applies=(),
        holds=holds,
        says={"en": Saying(english, reviewed=True), "hi": Saying(hindi, reviewed=False)},
        remedy=REMEDY,
        who="own_authority",
        provisions=(provision,),
        facts=(),
    )


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
