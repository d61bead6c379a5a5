"""`relto label convert --spif FILE [LABEL]`: a policy file described, or a label of its policy looked at under it."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from relto.base.canonical import canonical_bytes
from relto.base.errors import MalformedInput
from relto.cli.files import read_file
from relto.cli.output import answer, language, table

_NOT_OK = 1
_JOINERS = "\u200c\u200d"  # Devanagari is written with them
_ELSEWHERE = (
    *("target", "originator", "review_by", "created", "nations", "originator_dn", "key_identifier", "kind"),
    *("bundle", "parties"),
)


def show_under_policy(
    label: str | None,
    *,
    spif: str,
    clearance: str | None,
    marking_language: str | None,
    partial: bool,
    lenient: bool,
    **stated: Any,
) -> None:
    """Answer about the policy in the file `spif`, and the label in the file that `label` names after @.

    Raises MalformedInput for a file that cannot be read, and for options of another conversion.
    """
    from relto.adapters.policy_answers import answer_under_policy

    for name in _ELSEWHERE:
        if stated[name]:
            option = "to" if name == "target" else name
            raise MalformedInput("usage", field=option, expected="no such option beside --spif")
    if label is None and (clearance is not None or marking_language is not None or lenient):
        raise MalformedInput("usage", field="label", expected="@FILE with a label as XML")
    if label is not None and not label.startswith("@"):
        raise MalformedInput("usage", field="label", expected="@FILE with a label as XML; a marking is of no policy")
    found = answer_under_policy(
        read_file(spif, "spif"),
        None if label is None else read_file(label.removeprefix("@"), "label"),
        datetime.now(UTC).replace(microsecond=0),
        language(),
        clearance=None if clearance is None else read_file(clearance, "clearance"),
        marking_language=marking_language,
        partial=partial,
        lenient=lenient,
    )
    lines = _policy_lines(found) if found.get("outcome") == "described" else _label_lines(found)
    answer(found, "\n".join(lines))
    if not found["ok"]:
        sys.exit(_NOT_OK)


def _seen(text: str) -> str:
    """Text of others for a terminal: what nobody sees (controls, direction marks) is shown as a replacement."""
    hidden = {letter for letter in text if unicodedata.category(letter) in {"Cc", "Cf"} and letter not in _JOINERS}
    return "".join("\ufffd" if letter in hidden else letter for letter in text)


def _policy_lines(found: Mapping[str, Any]) -> Iterator[str]:
    yield _seen(f"{found['policy']} ({found['policy_oid']})")
    issue = f"version {found['version']}, {found['created']}, {found['issued_by']}"
    yield _seen(f"  SPIF {found['schema_version']}, {issue}")
    period = f"{found['not_before'] or '-'} to {found['not_after'] or '-'}"
    yield f"  valid: {period}, {'in force' if found['in_force'] else 'not in force'}"
    levels = [[str(one["hierarchy"]), _seen(one["name"]), _obsolete(one["obsolete"])] for one in found["levels"]]
    yield table([["hierarchy", "level", "use"], *levels])
    for one in found["categories"]:
        obsolete = f" (obsolete: {', '.join(one['obsolete'])})" if one["obsolete"] else ""
        yield _seen(f"{one['tag_name']} [{one['type'] or 'no label carries it'}] {one['oid']}")
        yield _seen(f"  {', '.join(one['values']) or '-'}{obsolete}")
    for name in ("privacy_marks", "equivalent_policies"):
        if found[name]:
            yield _seen(f"{name.replace('_', ' ')}: {', '.join(found[name])}")


def _obsolete(obsolete: bool) -> str:  # noqa: FBT001  a word for a member of the answer
    return "obsolete" if obsolete else "current"


def _label_lines(found: Mapping[str, Any]) -> Iterator[str]:
    if "outcome" in found:
        yield f"{found['policy']} {found['classification']}: {found['outcome'].replace('_', ' ')}"
        for name, text in found["rendered"].items():
            yield _seen(f"{name}: {text or '-'}")
    if "access" in found:
        yield f"access: {found['access']['decision']}"
    if found.get("departures"):
        yield canonical_bytes(found["departures"]).decode("utf-8")
    for fault in (*found["faults"], *found.get("notices", ())):
        about = ": ".join(part for part in (fault.get("element"), fault.get("found")) if part)
        yield f"{fault['message']}" + (f" ({about})" if about else "")
        yield f"  {fault['rule']}" + (f", {fault['paragraph']}" if fault["paragraph"] != "-" else "")
        yield f"  -> {fault['fix']}"
