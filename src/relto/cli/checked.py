"""What was stated of a document's markings when it was sealed, as the command says it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from relto.adapters.words import sentence
from relto.cli.output import language, words


def check_lines(check: Mapping[str, Any] | None) -> Iterator[str]:
    """What was stated of an item's markings when it was sealed; nothing for a received one."""
    if check is None:
        return
    faults = sum(each["count"] for each in check["faults"])
    why = words("check.why", check["why"]) if check["why"] else ""
    yield sentence(
        f"check.said.{check['outcome']}",
        language(),
        faults=faults,
        why=why,
        reason=check["reason"],
        by=check["by"],
        checker=check["checker"],
    )
    for each in check["faults"]:
        rule = f" [{each['rule']}]" if each["rule"] else ""
        yield f"  {each['count']} x {each['message'] or each['code']}{rule}"
    for kind, count in check["not_read"].items():
        yield f"  {words('check.unread', kind)}: {count}"
