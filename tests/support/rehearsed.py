"""After-action reports as a rehearsal writes them, for stories that only need their digests and counts."""

from __future__ import annotations

from relto.base.canonical import canonical_bytes, sha256_hex


def report_of(draft: bytes, *, permitted: int = 0, refused: int = 0) -> bytes:
    """The report of a rehearsal of this draft: so many steps it would permit, or refuse, that are not so today."""
    course = {"steps": 12, "refused": 2, "errors": 0, "undone": 0}
    counts = {
        "in_force": course,
        "proposed": {**course, "refused": 2 - permitted + refused},
        "differences": {"permitted": permitted, "refused": refused, "delayed": 0},
    }
    return canonical_bytes(
        {
            "type": "relto-rehearsal-report",
            "version": 1,
            "scenario": "lost_courier",
            "draft": sha256_hex(draft),
            "counts": counts,
        }
    )
