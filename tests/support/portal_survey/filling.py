"""What the demo does not leave behind: a dossier of each procedure, a question and a proposal of the co-chairs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from relto.base.errors import ReltoError
from relto.client import NodeClient

_PAIR = ("LIM-12", "LIM-34")


def fill(profiles: dict[str, Path]) -> int:
    """Whoever may begin a procedure begins one, incomplete as a first draft is; how many dossiers there are then."""
    begun = 0
    for path in profiles.values():
        with _node(path) as node:
            for procedure in node.procedures():
                try:
                    node.begin_dossier(procedure.code, {})
                    begun += 1
                except ReltoError:  # not hers to begin: the portal offers it to nobody of her role
                    continue
    with _node(profiles["usa-co_chair"]) as node:
        raised = node.state_divergence(
            "Who counts the inventory, and when?", list(_PAIR), "IND", options=["count together"]
        )
        node.state_relation(list(_PAIR), "IND", "stricter", reason="counted once a month", confidence="low")
        node.note_alignment(raised.entry, "to be asked at home")
        clause = {
            "code": "1",
            "heading": "Inventory",
            "text": {"en": "Both count once a year.", "hi": "दोनों वर्ष में एक बार गिनें।"},
        }
        proposed = node.propose(
            "Counting the inventory", "register", clauses=[clause], divergences=[raised.entry], provisions=list(_PAIR)
        )
        node.comment_alignment(proposed.entry, "from which day?", "1")
        _meet(node, raised.entry)
    return begun


def _meet(node: NodeClient, question: str) -> None:
    """A planned meeting with an action, a new edition of a text of the own law, a joint template."""
    starts = datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0) + timedelta(days=40)
    ends = starts + timedelta(hours=6)
    planned = node.plan_meeting("USA", "Washington", starts, ends, "America/New_York", form="in_person")
    node.state_action(question, {"en": "Count together once."}, "IND", "registrar", f"{starts.date()}")
    text = node.law_texts()[0].text
    node.state_law_change(
        text,
        "a later edition",
        replaces=text,
        in_force_from=f"{starts.date()}",
        citation="the whole",
        evidence="unverified",
        consultation_until=f"{(starts - timedelta(days=5)).date()}",
    )
    node.propose_draft(node.template_drafts()[0].code)
    assert node.meeting(planned.entry)


@contextmanager
def _node(profile: Path) -> Iterator[NodeClient]:
    told = json.loads(profile.read_text("utf-8"))
    node = NodeClient(told["node"], told["client_id"], told["client_secret"])
    try:
        yield node
    finally:
        node.close()
