"""Rewrite the page of what the doctor finds from the table of its codes; a test compares it with what is committed."""

from __future__ import annotations

from pathlib import Path

from relto.adapters.words import sentence
from relto.node.doctor.troubles import KINDS, LOOKS

PROJECT = Path(__file__).resolve().parents[1]
PAGE = PROJECT / "docs" / "reference" / "doctor.md"
INTRODUCTION = """# What the doctor finds

<!-- Written by `make reference` from the table of the doctor's codes; edit that, not this page. -->

`relto node doctor FOLDER` looks at a node and changes nothing; [operate a node](../how-to/operate-a-node.md) says when
to
call it. It works on a stopped node, beside a running one, and on one whose settings do not parse: what could not be
looked at is listed. Each trouble names the setting or thing, what was expected, what was found, and the command or edit
that mends it. The exit status is 0 when all is well, 1 when something is to be done and nothing stops the node, 2 when
something stops the node, one of its doors or its border.

In a fix, `FOLDER` is the node's folder, `THING` the setting or path that was named, `EXPECTED` what was expected; other
words in capitals are yours to fill in. A node that is restored goes through
[restore a node](../how-to/restore-a-node.md).
"""


def page() -> str:
    """The whole page."""
    parts = [INTRODUCTION.strip()]
    for look in LOOKS:
        words = sentence(f"doctor_look.{look}")
        parts.append(f"## {words[0].upper()}{words[1:]}")
        parts.append("| code | what is wrong | stops | what mends it |\n|---|---|---|---|\n" + "\n".join(_rows(look)))
    return "\n\n".join(parts) + "\n"


def _rows(look: str) -> list[str]:
    return [
        f"| `{code}` | {sentence(f'doctor.{code}')} | {'yes' if kind.stops else 'no'}"
        f" | `{kind.fix.format(folder='FOLDER', thing='THING', expected='EXPECTED')}` |"
        for code, kind in KINDS.items()
        if kind.look == look
    ]


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
    print(PAGE.relative_to(PROJECT))
