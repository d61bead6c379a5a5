"""The process in which a document is parsed: `python -I child.py SUFFIX <document >answer`.

It has the document on standard input and gives one JSON object on standard output; nothing else is given to it. Before
it looks at the document it takes its limits: processor time, memory, no core dump (a core would hold the content), no
file may grow, no process may start, and no further file or socket may be opened: all modules are loaded by then.
"""

from __future__ import annotations

import importlib
import json
import resource
import sys
from pathlib import Path

# Encodings that mail and text use: a codec is a module, and none can be loaded later.
_ENCODINGS = (
    "ascii", "utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1", "cp1252", "cp1250", "cp1251",
    "iso8859-2", "iso8859-15", "koi8-r", "utf-7", "idna", "raw_unicode_escape", "unicode_escape", "cp437",
)  # fmt: skip
_PR_SET_DUMPABLE = 4
# What the mail package loads when it meets what needs it.
_LOADED_LATE = (
    "email.base64mime", "email.contentmanager", "email.encoders", "email.feedparser", "email.generator",
    "email.headerregistry", "email.iterators", "email.message", "email.mime.text", "email.parser", "email.policy",
    "email.quoprimime", "quopri", "binascii",
)  # fmt: skip


def main() -> int:
    """Read, answer, end."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[3]))
    from relto.adapters.documents.forms import read_bytes  # noqa: PLC0415  after the path is set
    from relto.adapters.documents.gathering import Allowance  # noqa: PLC0415
    from relto.adapters.documents.limits import MAX_FILE_BYTES, Unreadable  # noqa: PLC0415
    from relto.labels.checking.document import document_as_dict  # noqa: PLC0415

    prepare_codecs()
    source, answer = sys.stdin.buffer, sys.stdout.buffer
    take_limits()
    found: dict[str, object]
    try:
        data = source.read(MAX_FILE_BYTES + 1)
        found = {"document": document_as_dict(read_bytes(data, sys.argv[1], Allowance()))}
    except Unreadable as problem:
        found = {"unreadable": problem.reason}
    except MemoryError:
        found = {"unreadable": "memory"}
    except RecursionError:
        found = {"unreadable": "nested"}
    answer.write(json.dumps(found, ensure_ascii=True).encode("ascii"))
    answer.flush()
    return 0


def prepare_codecs() -> None:
    """Load what the readers of mail and text would load later, when no file can be opened any more."""
    for encoding in _ENCODINGS:
        "".encode(encoding)
    for module in _LOADED_LATE:
        importlib.import_module(module)


def take_limits() -> None:
    """From here on this process can compute and answer, and nothing else."""
    import ctypes  # noqa: PLC0415  before the limits

    from relto.adapters.documents.limits import MAX_ADDRESS_SPACE, MAX_CPU_SECONDS  # noqa: PLC0415

    if sys.platform == "linux":  # a kernel that pipes its cores to a program looks at no limit of their size
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_CPU_SECONDS, MAX_CPU_SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_AS, (MAX_ADDRESS_SPACE, MAX_ADDRESS_SPACE))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    # Of 0 and not of 3: who closes one of the three that are open gets none in its place.
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))


if __name__ == "__main__":
    sys.exit(main())
