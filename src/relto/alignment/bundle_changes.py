"""The executable half of a proposal: single operations on the members of a bundle file (RFC 6902).

An operation names the member (`equivalence.json`), the place in it (a JSON Pointer, RFC 6901) and the value. Only add,
remove, replace and test are taken: move and copy say nothing that these do not, and copies of copies grow without
bound. The path "" is the member itself: an optional member is added or removed whole, and a text is replaced whole.

Promises: what `changes_between` finds turns the one set of members into the other, exactly; an operation that does not
apply refuses all of them, naming its number; what was given is never changed in place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Final

import jsonpatch
import jsonpointer

from relto.base.canonical import Json, canonical_bytes, read_json
from relto.base.errors import Conflict, MalformedInput, TooLarge, UnknownValue
from relto.rules.shapes import LARGEST_FILE

ADD, REMOVE, REPLACE, TEST = "add", "remove", "replace", "test"
OPERATIONS: Final = (ADD, REMOVE, REPLACE, TEST)
MOST_CHANGES: Final = 200
LONGEST_PATH: Final = 512


@dataclass(frozen=True, slots=True)
class Change:
    """One operation. `value`: None for a removal, which takes none (and may be the value null of the others)."""

    member: str
    op: str
    path: str
    value: Json = None

    def body(self) -> dict[str, Json]:
        """As it stands in the statement."""
        said: dict[str, Json] = {"member": self.member, "op": self.op, "path": self.path}
        return said if self.op == REMOVE else {**said, "value": self.value}

    def operation(self) -> dict[str, Json]:
        """As RFC 6902 writes it."""
        said: dict[str, Json] = {"op": self.op, "path": self.path}
        return said if self.op == REMOVE else {**said, "value": self.value}


def read_changes(given: Sequence[Mapping[str, Any]], *, field: str = "change") -> tuple[Change, ...]:
    """The operations in their order. Raises TooLarge, MalformedInput or UnknownValue naming the place, as change/3."""
    if len(given) > MOST_CHANGES:
        raise TooLarge("proposal.changes", field=field, found=len(given), expected=f"at most {MOST_CHANGES} operations")
    return tuple(_change(one, f"{field}/{number}") for number, one in enumerate(given))


def _change(one: Mapping[str, Any], field: str) -> Change:
    member, op, path = one.get("member"), one.get("op"), one.get("path")
    if op not in OPERATIONS:
        raise UnknownValue("proposal.operation", field=f"{field}/op", expected=", ".join(OPERATIONS))
    if not isinstance(member, str) or not member or not isinstance(path, str) or len(path) > LONGEST_PATH:
        raise MalformedInput("proposal.operation", field=field, expected="a member of the bundle and a path in it")
    if (op == REMOVE) == ("value" in one):
        raise MalformedInput("proposal.operation", field=f"{field}/value", expected="a value, but for a removal")
    try:
        jsonpointer.JsonPointer(path)
    except jsonpointer.JsonPointerException as error:
        raise MalformedInput("proposal.path", field=f"{field}/path", expected="a JSON Pointer (RFC 6901)") from error
    return Change(member, str(op), path, one.get("value"))


def changed_members(members: Mapping[str, str], changes: Sequence[Change], *, field: str = "change") -> dict[str, str]:
    """The texts of a bundle's members after the operations; a member that none of them names keeps its very bytes.

    Raises Conflict("proposal.change") for an operation that does not apply, Conflict("proposal.test") for a test that
    does not hold, each naming its place; MalformedInput for a member that is no JSON.
    """
    content: dict[str, Json] = {}
    present = set(members)
    for number, change in enumerate(changes):
        place, name = f"{field}/{number}", change.member
        whole = change.path == ""
        if name not in present and not (whole and change.op == ADD):
            raise _refused(place)
        if name in present and name not in content:
            content[name] = content_of(name, members[name])
        if whole and change.op == REMOVE:
            present.discard(name)
            del content[name]
        else:
            content[name] = applied(content.get(name), change, place)
            present.add(name)
    return {name: _text(name, content[name]) if name in content else members[name] for name in sorted(present)}


def applied(document: Json, change: Change, field: str) -> Json:
    """The document after one operation, which may have changed it in place. Raises as `changed_members`."""
    try:
        result: Json = jsonpatch.JsonPatch([change.operation()]).apply(document, in_place=True)
    except jsonpatch.JsonPatchTestFailed as error:
        raise Conflict("proposal.test", field=field, expected="the value that the operation tests for") from error
    except (jsonpatch.JsonPatchException, jsonpointer.JsonPointerException, TypeError) as error:
        raise _refused(field) from error
    return result


def value_at(document: Json, path: str) -> Json:
    """The value at a JSON Pointer; None where there is none."""
    found: Json = jsonpointer.resolve_pointer(document, path, None)
    return None if isinstance(found, jsonpointer.EndOfList) else found


def changes_between(old: Mapping[str, str], new: Mapping[str, str]) -> tuple[Change, ...]:
    """The operations that turn the members of `old` into those of `new`.

    Members without an ending .json are replaced whole; the same JSON in other bytes is no difference. Raises
    MalformedInput for a member that is no JSON.
    """
    return tuple(
        change
        for name in sorted(old.keys() | new.keys())
        for change in _member_changes(name, old.get(name), new.get(name))
    )


def _member_changes(name: str, old: str | None, new: str | None) -> Iterator[Change]:
    if old == new:
        return
    if new is None:
        yield Change(name, REMOVE, "")
    elif old is None:
        yield Change(name, ADD, "", content_of(name, new))
    else:
        for op, path, value in between(content_of(name, old), content_of(name, new)):
            yield Change(name, op, path, value)


def between(old: Json, new: Json, path: str = "") -> Iterator[tuple[str, str, Json]]:
    """(operation, path, value) of each step from one JSON value to another; entries of lists are matched by content."""
    if isinstance(old, dict) and isinstance(new, dict):
        for name in sorted(old.keys() | new.keys()):
            place = f"{path}/{jsonpointer.escape(name)}"
            if name not in new:
                yield REMOVE, place, None
            elif name not in old:
                yield ADD, place, new[name]
            else:
                yield from between(old[name], new[name], place)
    elif isinstance(old, list) and isinstance(new, list):
        yield from _between_lists(old, new, path)
    elif canonical_bytes([old]) != canonical_bytes([new]):
        yield REPLACE, path, new


def _between_lists(old: list[Json], new: list[Json], path: str) -> Iterator[tuple[str, str, Json]]:
    """Where the lists pull apart; positions are those at the time of each step, from the front to the back."""
    before, after = ([canonical_bytes([one]) for one in entries] for entries in (old, new))
    shift = 0
    for tag, start, end, other, until in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        paired = min(end - start, until - other)
        for step in range(paired):
            yield from between(old[start + step], new[other + step], f"{path}/{start + step + shift}")
        for _ in range(start + paired, end):
            yield REMOVE, f"{path}/{start + paired + shift}", None
        for step in range(other + paired, until):
            yield ADD, f"{path}/{start + shift + step - other}", new[step]
        shift += (until - other) - (end - start)


def content_of(name: str, text: str) -> Json:
    """A member as a value: JSON where its name says so, else the text. Raises MalformedInput or TooLarge."""
    return read_json(text, field=name, max_bytes=LARGEST_FILE) if name.endswith(".json") else text


def _text(name: str, content: Json) -> str:
    if name.endswith(".json"):
        return canonical_bytes([content])[1:-1].decode("utf-8")
    if not isinstance(content, str):
        raise MalformedInput("proposal.text", field=name, expected="a text")
    return content


def _refused(field: str) -> Conflict:
    return Conflict("proposal.change", field=field, expected="an operation on what the bundle carries there")
