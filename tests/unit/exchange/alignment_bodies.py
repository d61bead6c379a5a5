"""One body of each kind of alignment statement, for the golden files; a new kind adds its own line here."""

from __future__ import annotations

from relto.base.canonical import Json

ENTRY = "ale_" + "a" * 24
ALIGNMENT_BODIES: dict[str, dict[str, Json]] = {
    "relation": {
        "topic": "register",
        "of": "USA",
        "to": "IND",
        "provisions": {"IND": ["LIM-34"], "USA": ["LIM-12"]},
        "relation": "stricter",
        "reason": "monthly",
        "confidence": "low",
        "texts": {"LIM-12": "a" * 64, "LIM-34": "b" * 64},
    },
    "divergence": {
        "question": "Who counts, and when?",
        "topic": "register",
        "provisions": ["LIM-12", "LIM-34"],
        "owner": "IND",
        "options": ["count together"],
        "state": "in_review",
    },
    "comment": {"about": ENTRY, "clause": "2", "text": "see chapter 5"},
    "signature": {"about": ENTRY, "line": "USA", "number": 2, "digest": "e" * 64, "word": "signed"},
    "rehearsed": {
        "about": ENTRY,
        "draft": "d" * 64,
        "report": "f" * 64,
        "scenario": "lost_courier",
        "in_force": {"steps": 20, "refused": 3, "errors": 0, "undone": 1},
        "proposed": {"steps": 20, "refused": 4, "errors": 1, "undone": 1},
        "differences": {"permitted": 0, "refused": 1, "delayed": 2},
    },
}
