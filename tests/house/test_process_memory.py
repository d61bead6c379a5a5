"""What a process keeps in memory between requests is in the table of docs/explanation/processes.md, with why it may.

Looked for: names of a module that hold something that can change (an empty container, a lock, a semaphore). What is a
function of its arguments alone (lru_cache) needs no place there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
SOURCE = PROJECT / "src" / "relto"
PAGE = PROJECT / "docs" / "explanation" / "processes.md"
OF_SERVERS = (
    "adapters",
    "api",
    "exchange",
    "kas",
    "ledger",
    "link",
    "node",
    "rules",
    "sealing",
    "services",
    "store",
    "web",
)
HOLDS = (
    r"\{\}|\[\]|(?:dict|list|set)\(\)|(?:\w+\.)?"
    r"(?:\w+\.)?(?:OrderedDict|defaultdict|Counter|deque|Lock|RLock|(?:Bounded)?Semaphore|Event|local)\(.*\)"
)
CHANGING = re.compile(rf"^(\w+)(?:: [^=\n]+)? = (?:{HOLDS})(?:  #.*)?$", re.MULTILINE)


def kept() -> Iterator[str]:
    for floor in OF_SERVERS:
        for file in sorted((SOURCE / floor).rglob("*.py")):
            module = ".".join(file.relative_to(SOURCE).with_suffix("").parts)
            for found in CHANGING.finditer(file.read_text("utf-8")):
                yield f"{module}.{found[1]}"


def test_the_memory_of_every_process_is_in_the_table() -> None:
    told = set(re.findall(r"`([a-z0-9_.]+\.[A-Za-z_]+)`", PAGE.read_text("utf-8")))
    found = set(kept())
    assert found, "nothing was looked at"
    assert not sorted(found - told), (
        "say in docs/explanation/processes.md what it is, and why no other process needs it"
    )


def test_what_the_table_names_is_there() -> None:
    for module, name in re.findall(r"^\| `([a-z0-9_.]+)\.([A-Za-z_]+)`", PAGE.read_text("utf-8"), re.MULTILINE):
        file = SOURCE / f"{module.replace('.', '/')}.py"
        assert file.is_file(), f"{module}: no such module"
        assert re.search(rf"\b{name}\b", file.read_text("utf-8")), f"{module}.{name}"
