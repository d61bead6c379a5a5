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
    "meeting": {
        "number": "JWG-2026-1",
        "host": "IND",
        "place": "New Delhi",
        "starts": "2026-12-02T04:30:00Z",
        "ends": "2026-12-03T11:30:00Z",
        "zone": "Asia/Kolkata",
        "format": "in_person",
        "per_year": 2,
        "agenda": [{"entry": ENTRY, "title": "Who counts, and when?", "owner": "IND", "why": "divergence_open"}],
        "minutes": [{"entry": ENTRY, "text": {"en": "Both sides count.", "hi": "दोनों पक्ष गिनते हैं।"}}],
        "decisions": [{"code": "D1", "entry": ENTRY, "text": {"en": "Each side counts once a year."}}],
        "state": "held",
        "reason": "",
        "on": "a" * 64,
    },
    "action": {
        "about": ENTRY,
        "what": {"en": "Draft the joint text.", "hi": "संयुक्त पाठ का मसौदा बनाना।"},
        "owner": "USA",
        "role": "co_chair",
        "due": "2027-01-15",
        "state": "done",
        "done": {"en": "The draft is tabled."},
        "on": "",
    },
    "law_change": {
        "nation": "IND",
        "source": "A manual",
        "edition": "2025",
        "replaces": "2014",
        "published": "2025-07-03",
        "in_force_from": "2025-07-03",
        "citation": "A manual, 2025",
        "evidence": "secondary",
        "confirmed": False,
        "provisions": [{"provision": "LIM-34", "word": "changed", "topic": "register", "text": "not read"}],
        "consultation_until": "2027-01-31",
        "state": "consulting",
    },
}
