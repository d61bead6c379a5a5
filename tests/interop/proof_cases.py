"""Proofs that relto makes, as plain JSON for other people's verifiers, and damaged copies of each."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Sequence
from typing import Any

from relto.ledger.tiles import TileReader

Case = dict[str, Any]
SAMPLED_SIZES = (1, 2, 3, 7, 8, 9, 255, 256, 257)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def inclusion(reader: TileReader, index: int, size: int) -> Case:
    return {
        "kind": "inclusion",
        "size": size,
        "index": index,
        "entry": _text(reader.entry(index)),
        "path": [_text(item) for item in reader.inclusion_path(index, size)],
        "root": _text(reader.root(size)),
    }


def consistency(reader: TileReader, old: int, size: int) -> Case:
    return {
        "kind": "consistency",
        "old": old,
        "size": size,
        "oldRoot": _text(reader.root(old)),
        "path": [_text(item) for item in reader.consistency_path(old, size)],
        "root": _text(reader.root(size)),
    }


def inclusion_cases(reader: TileReader) -> list[Case]:
    """Every entry in the whole tree, and first, middle and last in trees of telling sizes."""
    cases = [inclusion(reader, index, reader.size) for index in range(reader.size)]
    for size in SAMPLED_SIZES:
        cases += [inclusion(reader, index, size) for index in sorted({0, size // 2, size - 1})]
    return cases


def consistency_cases(reader: TileReader) -> list[Case]:
    """From every telling size to every later one and to the whole."""
    sizes = (*SAMPLED_SIZES, reader.size)
    return [consistency(reader, old, size) for size in sizes for old in sizes if old <= size]


def _flip(text: str, chance: random.Random) -> str:
    data = bytearray(base64.b64decode(text))
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return _text(bytes(data))


def damaged(cases: Sequence[Case]) -> list[Case]:
    """For each case one copy for each member that a forger could change: one bit, or one step of an index."""
    chance = random.Random(11)  # noqa: S311  which bit is damaged must be the same in each run
    made: list[Case] = []
    for case in cases:
        made += [case | {name: _flip(case[name], chance)} for name in ("entry", "root", "oldRoot") if name in case]
        path = case["path"]
        if path:
            at = chance.randrange(len(path))
            made += [
                case | {"path": [*path[:at], _flip(path[at], chance), *path[at + 1 :]]},
                case | {"path": path[:-1]},
                case | {"path": [*path, path[0]]},
            ]
        if case["kind"] == "inclusion":
            made.append(case | {"index": (case["index"] + 1) % max(2, case["size"])})
    return made


def as_lines(cases: Sequence[Case]) -> str:
    return "".join(f"{json.dumps(case)}\n" for case in cases)
