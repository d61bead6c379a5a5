"""Holdings as a file: columns (NPZ, the archive of NumPy arrays) for any size, or lines of JSON for a small world.

Everything is bounded before it is read; nothing in a file is ever run (arrays of objects are refused). What does not
fit is refused naming the field. A JSON line is one facility, person, set of papers, item or listing; words and sets
are written out, and instants are seconds since 1970.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterable, Mapping
from typing import IO, Any

import numpy as np

from relto.base.errors import MalformedInput, TooLarge
from relto.rules.impact.holdings import COUNTS, GROUPS, KINDS, SETS, STATES, WORDS, Column, Holdings

FORMAT = 1
LARGEST_COLUMNS = 8 * 2**30
LARGEST_LINES = 64 * 2**20


def write_holdings(holdings: Holdings, stream: IO[bytes]) -> None:
    """Write columns; not compressed, so that reading is quick."""
    arrays: dict[str, Any] = {"format": np.array(FORMAT), "everyone": holdings.everyone}
    arrays |= {f"words.{name}": np.array(holdings.words[name], dtype=np.str_) for name in WORDS}
    arrays |= {f"sets.{name}": holdings.sets[name] for name in SETS}
    arrays |= {f"counts.{name}": np.array(holdings.counts[name]) for name in COUNTS}
    arrays |= {f"names.{group}": names for group, names in holdings.names.items()}
    arrays |= holdings.columns
    np.savez(stream, **arrays)


def read_holdings(stream: IO[bytes]) -> Holdings:
    """Holdings of either form, told apart by their first bytes. Raises MalformedInput or TooLarge naming the field."""
    first = stream.read(2)
    stream.seek(0)
    if first == b"PK":
        return _read_columns(stream)
    data = stream.read(LARGEST_LINES + 1)
    if len(data) > LARGEST_LINES:
        raise TooLarge("holdings", field="holdings", expected=f"at most {LARGEST_LINES} bytes of lines, or columns")
    return read_lines(data.splitlines())


def _read_columns(stream: IO[bytes]) -> Holdings:
    wanted = {"format", "everyone", *(f"{group}.{name}" for group, columns in GROUPS.items() for name in columns)}
    wanted |= {f"words.{name}" for name in WORDS} | {f"sets.{name}" for name in SETS}
    wanted |= {f"counts.{name}" for name in COUNTS}
    try:
        with zipfile.ZipFile(stream) as archive:
            size = sum(one.file_size for one in archive.infolist())
            names = [one.filename.removesuffix(".npy") for one in archive.infolist()]
        if size > LARGEST_COLUMNS:
            raise TooLarge("holdings", field="holdings", found=size, expected=f"at most {LARGEST_COLUMNS} bytes")
        for name in sorted(wanted ^ set(names) - {"names.person", "names.item"}):
            raise _malformed(name[:60], "exactly the columns of the format, each once")
        stream.seek(0)
        with np.load(stream, allow_pickle=False) as found:
            arrays = {name: np.asarray(found[name]) for name in names}
    except (ValueError, OSError, EOFError, zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise _malformed("holdings", "an archive of NumPy arrays") from error
    for name, array in arrays.items():
        shape = 0 if name == "format" or name.startswith("counts.") else 2 if name.startswith("sets.") else 1
        if array.ndim != shape or array.dtype.kind not in ("US" if name.startswith(("words.", "names.")) else "ib"):
            raise _malformed(name, "an array of the format's kind")
    if int(arrays["format"]) != FORMAT:
        raise _malformed("format", str(FORMAT))
    return Holdings(
        columns={f"{group}.{name}": arrays[f"{group}.{name}"] for group, columns in GROUPS.items() for name in columns},
        words={name: tuple(str(word) for word in arrays[f"words.{name}"]) for name in WORDS},
        sets={name: arrays[f"sets.{name}"] for name in SETS},
        everyone=arrays["everyone"],
        counts={name: int(arrays[f"counts.{name}"]) for name in COUNTS},
        names={name.removeprefix("names."): arrays[name] for name in names if name.startswith("names.")},
    )


_VALID: Mapping[str, type] = {"valid_from": int, "valid_until": int, "status_at": int, "suspended": bool}
_MEMBERS: Mapping[str, Mapping[str, Any]] = {
    "facility": {"code": str, "nation": str, "level": "level", "safeguarding": "level", **_VALID},
    "person": {"pseudonym": str, "facility": str, "level": "level", "caveats": list, "programmes": list, **_VALID},
    "item": {
        "code": str, "list": str, "owners": list, "releaser": str, "level": "level", "audience": "audience",
        "caveats": list, "programme": "word", "papers": str, "export": bool, "physical": bool, "registered": bool,
    },
    "release": {"papers": str, "facility": str, "state": str, "from": int, "until": int},
    "authorisation": {"papers": str, "kind": str, "nation": str, "programme": "word", "from": int, "until": int},
    "consent": {"papers": str, "by": str, "facility": str, "from": int, "until": int},
    "listing": {"list": str, "person": str, "reason": bool, "from": int, "until": int},
}  # fmt: skip


def read_lines(lines: Iterable[bytes]) -> Holdings:
    """Holdings of JSON lines, each an object with a `type` and the members of the format. Raises MalformedInput."""
    rows: dict[str, list[dict[str, Any]]] = {group: [] for group in GROUPS}
    for number, line in enumerate(lines, start=1):
        if line.strip():
            group, row = _line(line, f"line {number}")
            rows[group].append(row)
    return _World(rows).holdings()


def holdings_of_rows(rows: Mapping[str, Iterable[Mapping[str, Any]]]) -> Holdings:
    """Holdings of rows by group, with the members of the lines' format. Raises MalformedInput."""
    read: dict[str, list[dict[str, Any]]] = {}
    for group, members in _MEMBERS.items():
        read[group] = [dict(row) for row in rows.get(group, ())]
        for row in read[group]:
            if row.keys() != members.keys() or not all(_fits(row[name], kind) for name, kind in members.items()):
                raise _malformed(group, "exactly the members of a " + group)
    return _World(read).holdings()


def _line(line: bytes, field: str) -> tuple[str, dict[str, Any]]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise _malformed(field, "a JSON object") from error
    group = row.pop("type", None) if isinstance(row, dict) else None
    if not isinstance(group, str) or group not in _MEMBERS:
        raise _malformed(f"{field}, type", "one of " + ", ".join(_MEMBERS))
    members = _MEMBERS[group]
    for name in sorted(members.keys() ^ row.keys()):
        raise _malformed(f"{field}, {name[:60]}", "exactly the members of a " + group)
    for name, kind in members.items():
        if not _fits(row[name], kind):
            raise _malformed(f"{field}, {group}.{name}", "a value of its kind")
    return group, row


def _fits(value: Any, kind: Any) -> bool:
    if kind == "level":
        return value is None or (_texts(value) and len(value) == 2)  # noqa: PLR2004  policy and name
    if kind == "audience":
        return value == "everyone" or _texts(value)
    if kind == "word":
        return value is None or isinstance(value, str)
    if kind is list:
        return _texts(value)
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**62
    return isinstance(value, kind)


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


class _World:
    """The rows of a small world on their way into columns."""

    def __init__(self, rows: Mapping[str, list[dict[str, Any]]]) -> None:
        self._rows = rows
        every = [row for group in rows.values() for row in group]
        self._words = {
            "nations": _sorted(
                [row[name] for row in every for name in ("nation", "releaser", "by") if name in row]
                + [one for row in rows["item"] for one in row["owners"]]
                + [one for row in rows["item"] if row["audience"] != "everyone" for one in row["audience"]]
            ),
            "programmes": _sorted(
                [row["programme"] for row in every if row.get("programme") is not None]
                + [one for row in rows["person"] for one in row["programmes"]]
            ),
            "caveats": _sorted(one for row in rows["item"] + rows["person"] for one in row["caveats"]),
            "facilities": [row["code"] for row in rows["facility"]],
            "people": [row["pseudonym"] for row in rows["person"]],
            "items": [row["code"] for row in rows["item"]],
            "lists": _sorted(row["list"] for row in rows["item"] + rows["listing"]),
            "papers": _sorted(row["papers"] for group in rows.values() for row in group if "papers" in row),
            "states": list(STATES),
            "kinds": list(KINDS),
        }
        self._places = {name: {word: place for place, word in enumerate(words)} for name, words in self._words.items()}
        levels = {tuple(row[name]) for row in every for name in ("level", "safeguarding") if row.get(name)}
        self._levels = {level: place for place, level in enumerate(sorted(levels))}
        self._sets: dict[str, dict[tuple[str, ...], int]] = {name: {} for name in SETS}

    def holdings(self) -> Holdings:
        for name in ("people", "items"):
            if len(self._places[name]) != len(self._words[name]):
                raise _malformed(name, "each once")
        columns = {
            f"{group}.{name}": self._column(group, name, of)
            for group, all_of in GROUPS.items()
            for name, of in all_of.items()
        }
        everyone = [members == ("everyone",) for members in self._sets["audiences"]]
        return Holdings(
            columns=columns,
            words={name: tuple(self._words[name]) for name in ("nations", "programmes", "caveats", "facilities")}
            | {"policies": tuple(one for one, _ in self._levels), "level_names": tuple(one for _, one in self._levels)},
            sets={name: self._matrix(name) for name in SETS},
            everyone=np.array(everyone, dtype=bool),
            counts={name: len(self._words[name]) for name in COUNTS},
            names={
                "person": np.array(self._words["people"], dtype=np.str_),
                "item": np.array(self._words["items"], dtype=np.str_),
            },
        )

    def _column(self, group: str, name: str, of: str) -> Column:
        values = [self._number(f"{group}.{name}", row[name], of) for row in self._rows[group]]
        return np.array(values, dtype=bool if of == "flag" else np.int64)

    def _number(self, field: str, value: Any, of: str) -> int | bool:
        if of in ("flag", "seconds"):
            return value  # type: ignore[no-any-return]
        if of == "levels":
            return -1 if value is None else self._levels[tuple(value)]
        if of in SETS:
            members = ("everyone",) if value == "everyone" else tuple(sorted(set(value)))
            return self._sets[of].setdefault(members, len(self._sets[of]))
        if value is None:
            return -1
        if value not in self._places[of]:
            raise _malformed(field, "one of the " + of)
        return self._places[of][value]

    def _matrix(self, name: str) -> Column:
        places = self._places[SETS[name]]
        matrix = np.zeros((len(self._sets[name]), len(places)), dtype=bool)
        for row, members in enumerate(self._sets[name]):
            if members != ("everyone",) or name != "audiences":
                matrix[row, [places[word] for word in members]] = True
        return matrix


def _sorted(words: Iterable[str]) -> list[str]:
    return sorted(set(words))


def _malformed(field: str, expected: str) -> MalformedInput:
    return MalformedInput("holdings", field=field, expected=expected)
