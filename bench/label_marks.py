"""Markings parsed and labels joined in a second, beside a regular expression and json.loads over the same texts.

The expression only splits a banner at its separators and names the level; it checks no rule. json.loads reads the label
object that the answer of the same line holds: the least that any answer in JSON costs its reader.

    python bench/label_marks.py [--quick]
"""

from __future__ import annotations

import itertools
import json
import re
from datetime import UTC, datetime
from typing import Any

from measuring import arguments, beside, heading, rates

from relto.adapters.label_answers import answer_label, training_surroundings
from relto.labels.answering.given import read_given
from relto.labels.joining import Undecided, join
from relto.labels.us.reading import parse_banner
from relto.labels.us.writing import render_banner

BANNERS = (
    "SECRET//REL TO USA, IND",
    "TOP SECRET//SI-G ABCD/TK//ORCON/NOFORN",
    "//JOINT SECRET IND USA//REL TO USA, IND",
    "CONFIDENTIAL//FGI IND//REL TO USA, IND",
    "SECRET//NOFORN",
)
SPLIT = re.compile(r"(?P<owner>//)?(?P<level>TOP SECRET|SECRET|CONFIDENTIAL|UNCLASSIFIED|[A-Z ]+?)(?P<rest>//.*)?\Z")
PARTS = 10


def main() -> None:
    """Print the table."""
    given = arguments(__doc__ or "")
    holding = training_surroundings(datetime(2026, 11, 22, tzinfo=UTC))
    lines = [{"kind": "banner", "policy": "USA", "text": text} for text in BANNERS]
    answered: list[Any] = [answer_label("parse", line, holding) for line in lines]
    if not all(one["ok"] for one in answered):
        raise SystemExit("a measured banner is not a right one")
    objects = [json.dumps(one["label"]) for one in answered]
    markings = [parse_banner(text) for text in BANNERS]
    labels = [
        read_given({"text": text, "kind": "banner"}, holding).label
        for text in itertools.islice(itertools.cycle((BANNERS[0], "CONFIDENTIAL//REL TO USA, GBR, IND")), PARTS)
    ]
    if isinstance(join(labels), Undecided):
        raise SystemExit("the measured labels have no join")
    audiences = [frozenset(label.release.nations) for label in labels if hasattr(label.release, "nations")]

    works = {
        "regular expression alone": lambda: sum(SPLIT.match(text) is not None for text in BANNERS),
        "json.loads of the label object": lambda: sum(bool(json.loads(text)) for text in objects),
        "frozenset intersection of the audiences": lambda: bool(frozenset.intersection(*audiences)) and PARTS,
        "parse_banner": lambda: sum(bool(parse_banner(text)) for text in BANNERS),
        "render_banner": lambda: sum(bool(render_banner(marking)) for marking in markings),
        "a batch line: parsed, checked, rendered": lambda: sum(
            bool(answer_label("parse", line, holding)["ok"]) for line in lines
        ),
        "labels joined": lambda: bool(join(labels)) and PARTS,
        "labels joined, then checked against the policy": lambda: (
            bool(join(labels, policies=holding.policies)) and PARTS
        ),
    }
    speed = rates(works, seconds=0.4 if given.quick else 4, rounds=2 if given.quick else 4)
    heading(f"one thread; {len(BANNERS)} banners of 14 to 41 characters; joins of {PARTS} labels, counted in labels")
    pairs = {
        "parse_banner": "regular expression alone",
        "render_banner": "regular expression alone",
        "a batch line: parsed, checked, rendered": "json.loads of the label object",
        "labels joined": "frozenset intersection of the audiences",
        "labels joined, then checked against the policy": "frozenset intersection of the audiences",
    }
    beside(speed, pairs, "a second")


if __name__ == "__main__":
    main()
