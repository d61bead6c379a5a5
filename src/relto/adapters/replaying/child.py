"""The process in which recorded decisions are made again: `python -I child.py <chunks >answers`.

It reads values that its own parent wrote, one after the other: (rule sets, records), and answers each with what came
out, or with the error. It gets no credential, no environment and no file to write.
"""

from __future__ import annotations

import pickle
import resource
import sys
from pathlib import Path
from typing import Any

MAX_ADDRESS_SPACE = 3 << 30


def main() -> int:
    """Answer chunk after chunk until the parent closes the pipe."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[3]))
    from relto.adapters.replaying.answering import Answering  # noqa: PLC0415  after the path is set

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (MAX_ADDRESS_SPACE, MAX_ADDRESS_SPACE))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    answering, given, taken = Answering(), sys.stdin.buffer, sys.stdout.buffer
    while True:
        try:
            chunk: Any = pickle.load(given)  # noqa: S301  from the parent alone
        except EOFError:
            return 0
        pickle.dump(answering.answered(chunk), taken, protocol=pickle.HIGHEST_PROTOCOL)
        taken.flush()


if __name__ == "__main__":
    sys.exit(main())
