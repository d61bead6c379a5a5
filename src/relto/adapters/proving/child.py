"""The process in which rule sets are proved: `python -I child.py <question >answer`.

It has the question on standard input, as one JSON object, and gives one JSON object on standard output. Before it
reads the question it takes its limits: processor time, memory, no core dump, and no file may grow.
"""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path

MAX_ADDRESS_SPACE = 3 << 30
MAX_CPU_SECONDS = 90


def main() -> int:
    """Read, answer, end."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[3]))
    # Where no memory may be writable and executable, z3's callbacks are made in a small file: before no file may grow.
    import z3  # noqa: F401, PLC0415

    from relto.adapters.proving.answering import answered  # noqa: PLC0415  after the path is set
    from relto.base.errors import ReltoError  # noqa: PLC0415
    from relto.ports.proving import ProofQuestion  # noqa: PLC0415

    take_limits()
    asked = json.loads(sys.stdin.buffer.read())
    draft, before, overlay = (None if text is None else text.encode() for text in asked["texts"])
    found: dict[str, object]
    try:
        found = {"proof": answered(ProofQuestion(draft or b"", before, asked["today"], overlay))}
    except ReltoError as error:
        found = {"error": error.as_dict()}
    sys.stdout.buffer.write(json.dumps(found, ensure_ascii=True).encode("ascii"))
    sys.stdout.buffer.flush()
    return 0


def take_limits() -> None:
    """From here on this process may compute so much and no more."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_CPU_SECONDS, MAX_CPU_SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_AS, (MAX_ADDRESS_SPACE, MAX_ADDRESS_SPACE))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


if __name__ == "__main__":
    sys.exit(main())
