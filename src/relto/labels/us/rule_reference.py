"""The reference page of all rules of US markings, written from the rule table so that it cannot drift.

`docs/reference/marking-rules.md` is this text; a test compares them.
"""

from __future__ import annotations

from typing import Final

from relto.labels.us.codes import TETRAGRAPH_VERSION, tetragraph_rows
from relto.labels.us.faults import RULES, Rule

_INTRODUCTION: Final = """# Rules of US markings

<!-- Written from the rule table (labels/us/data/rules.json) by relto.labels.us.rule_reference; edit the table. -->

Each row is one fault that relto reports, with its source. `DoDM-5200.01-V2-E4` is Enclosure 4 of DoD Manual 5200.01
Volume 2 (`A2`, `A3`: its appendices), with paragraphs as a published test suite cites them: the manual itself was not
read. `ISM-` numbers are rules of IC ISM.XML V10. `relto-request` concerns a request, not a marking. A dash stands where
the source names no paragraph.

Reading: *all* profiles, *strict* (`dod-strict` and `ism` only), *not-lenient* (all but `dod-lenient`). One mistake is
reported once: a fault is left out where one that is named under *covered by* is reported."""
_HEAD: Final = (
    "| code | source | paragraph | reading | what is wrong | how to put it right |",
    "|---|---|---|---|---|---|",
)
_GROUPS: Final = {
    "reading": "Reading the text",
    "marking": "One marking",
    "document": "A banner and the portions of its document",
    "authority": "The authority block",
    "request": "Requests",
}


def rules_page() -> str:
    """The whole page."""
    parts = [_INTRODUCTION]
    for group, title in _GROUPS.items():
        rows = [_row(rule) for rule in RULES.values() if rule.group == group]
        parts.append("\n".join([f"## {title}\n", *_HEAD, *rows]))
    groups = "\n".join(f"| {name} | {members} | {source} |" for name, members, source in tetragraph_rows())
    parts.append(
        f"## Groups of nations\n\nVersion {TETRAGRAPH_VERSION} of the table. A group without members is never expanded."
        "\n\n"
        f"| group | members | source |\n|---|---|---|\n{groups}"
    )
    return "\n\n".join(parts) + "\n"


def _row(rule: Rule) -> str:
    source = ", ".join([rule.rule, *rule.also])
    covered = f"; covered by {', '.join(sorted(rule.covered_by))}" if rule.covered_by else ""
    dash = "—" if rule.paragraph == "-" else rule.paragraph
    cells = (f"`{rule.code}`", source, dash, rule.reading + covered, rule.message, rule.fix)
    return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"
