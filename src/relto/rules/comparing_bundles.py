"""What two bundles (or drafts) differ in, piece by piece: for those who sign, and for the history of what was in force.

Promises: every difference of content is told, in the order of the files; a rule's condition is compared term by term,
so that one that was taken out of a long condition stands alone; things with an id (rules, provisions, keys, rows) are
compared by it, never by their place in a list. Values are the bundle's own, as JSON. Nothing here says whether a
change weakens anything: that is what `relto rules prove` is for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from relto.base.canonical import Json, read_json
from relto.rules.manifest import read_proposed

ChangeKind = Literal["added", "removed", "changed"]
MANIFEST = "manifest"
_IDENTITIES = ("rule", "id", "key_id", "kid", "code", "number", "name")
_ROW = ("from_policy", "from_level", "to_policy")
_CONDITIONS = frozenset({"holds", "when"})
_MADE, _MADE_FROM = "policies.cedar", "gates.json"
"""The one is made from the other term by term, so its changes are told there; a text that is not made so stands out."""


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. `part`: the file without its ending, or "manifest"; `place`: the ids and members that lead there.

    `before`, `after`: the values, None where there is none.
    """

    part: str
    place: tuple[str, ...]
    kind: ChangeKind
    before: Json
    after: Json

    def as_dict(self) -> dict[str, Json]:
        """The change as JSON."""
        return {
            "part": self.part,
            "place": list[Json](self.place),
            "kind": self.kind,
            "before": self.before,
            "after": self.after,
        }


def compare_bundles(old: bytes, new: bytes) -> list[Change]:
    """What NEW changes of OLD; either may be a draft, and nobody's signature is checked.

    Raises MalformedInput or TooLarge for what is no bundle file, NotVerified("bundle.file").
    """
    (before, old_texts), (after, new_texts) = read_proposed(old), read_proposed(new)
    changes = list(_compare(MANIFEST, (), _stated(before), _stated(after)))
    told = {_MADE} if old_texts.get(_MADE_FROM) != new_texts.get(_MADE_FROM) else set()
    for name in sorted((old_texts.keys() | new_texts.keys()) - told):
        part = name.rpartition(".")[0]
        one, other = _content(name, old_texts.get(name)), _content(name, new_texts.get(name))
        changes += _compare(part, (), one, other)
    return changes


def counts_by_part(changes: Sequence[Change]) -> dict[str, int]:
    """How many differences each part has."""
    found: dict[str, int] = {}
    for change in changes:
        found[change.part] = found.get(change.part, 0) + 1
    return found


def _stated(body: Mapping[str, Json]) -> dict[str, Json]:
    return {name: value for name, value in body.items() if name not in ("files", "type", "version")}


def _content(name: str, text: str | None) -> Json:
    if text is None:
        return None
    return read_json(text, field=name) if name.endswith(".json") else text


def _compare(part: str, place: tuple[str, ...], before: Json, after: Json) -> Iterator[Change]:
    if before == after and type(before) is type(after):
        return
    if isinstance(before, str) and isinstance(after, str) and place and place[-1] in _CONDITIONS:
        yield from _compare_sets(part, place, terms_of(before), terms_of(after))
        return
    one, other = _by_identity(before, after)
    if one is None or other is None:
        yield from _compare_values(part, place, before, after)
        return
    for name in [*one, *(name for name in other if name not in one)]:
        if name not in other:
            yield Change(part, (*place, name), "removed", one[name], None)
        elif name not in one:
            yield Change(part, (*place, name), "added", None, other[name])
        else:
            yield from _compare(part, (*place, name), one[name], other[name])


def _compare_values(part: str, place: tuple[str, ...], before: Json, after: Json) -> Iterator[Change]:
    if isinstance(before, list) and isinstance(after, list) and all(isinstance(x, str) for x in [*before, *after]):
        found = list(_compare_sets(part, place, [str(x) for x in before], [str(x) for x in after]))
        if found:
            yield from found
            return
    if before is None and not place:
        yield Change(part, place, "added", None, after)
    elif after is None and not place:
        yield Change(part, place, "removed", before, None)
    else:
        yield Change(part, place, "changed", before, after)


def _compare_sets(part: str, place: tuple[str, ...], before: Sequence[str], after: Sequence[str]) -> Iterator[Change]:
    for term in before:
        if term not in after:
            yield Change(part, place, "removed", term, None)
    for term in after:
        if term not in before:
            yield Change(part, place, "added", None, term)


def _by_identity(before: Json, after: Json) -> tuple[Mapping[str, Json] | None, Mapping[str, Json] | None]:
    """Both as members by name; None for both when they have none, or not the same kind of them."""
    if isinstance(before, dict) and isinstance(after, dict):
        return before, after
    if isinstance(before, list) and isinstance(after, list):
        for names in (_ROW, (*_ROW, "valid_from"), *((name,) for name in _IDENTITIES)):
            one, other = _keyed(before, names), _keyed(after, names)
            if one is not None and other is not None:
                return one, other
    return None, None


def _keyed(entries: Sequence[Json], names: tuple[str, ...]) -> dict[str, Json] | None:
    found: dict[str, Json] = {}
    for entry in entries:
        if not isinstance(entry, dict) or not all(isinstance(entry.get(name), str | int) for name in names):
            return None
        found[" ".join(str(entry[name]) for name in names)] = entry
    return found if len(found) == len(entries) else None


def terms_of(condition: str) -> list[str]:
    """The terms of a condition that must all hold: what `&&` joins outside of parentheses, brackets and texts."""
    terms, start, depth, quoted, position = [], 0, 0, False, 0
    while position < len(condition):
        letter = condition[position]
        if quoted:
            position += letter == "\\"
            quoted = letter != '"'
        elif letter == '"':
            quoted = True
        elif letter in "([{":
            depth += 1
        elif letter in ")]}":
            depth -= 1
        elif depth == 0 and condition.startswith("||", position):
            return [condition.strip()]  # a condition of alternatives is one term
        elif depth == 0 and condition.startswith("&&", position):
            terms.append(condition[start:position].strip())
            position += 1
            start = position + 1
        position += 1
    return [*terms, condition[start:].strip()]
