"""A room's process: `python -I child.py SECONDS`, spoken to over its standard input and output, and given nothing else.

It makes its session key, is handed the manifest and the wrapped shares, asks for the sealed bytes that it needs, and
gives pages. Before it is told anything it takes its limits: memory, processor time, no core dump, no file, no socket,
no further process. Its keeper ends it; it ends by itself when its keeper is gone, or asked nothing for SECONDS.
"""

from __future__ import annotations

import resource
import select
import signal
import sys
from pathlib import Path

_ADDRESS_SPACE = 1536 * 1024**2
_CPU_SECONDS = 900
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 1, 4, 38
_SESSION = "hpqt:secp384r1-mlkem1024"


def main() -> int:
    """Serve one document."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[3]))
    import ctypes  # noqa: PLC0415  after the path is set, and before the limits

    if sys.platform == "linux":
        kernel = ctypes.CDLL(None, use_errno=True)
        kernel.prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
        kernel.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
        kernel.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    from relto.adapters.documents.child import prepare_codecs  # noqa: PLC0415
    from relto.adapters.reading_room.drawing import load_all  # noqa: PLC0415
    from relto.adapters.reading_room.serving import Desk  # noqa: PLC0415
    from relto.adapters.reading_room.wire import BrokenWireError, read_frame  # noqa: PLC0415
    from relto.sealing.wrapping import SessionKey  # noqa: PLC0415

    prepare_codecs()
    load_all()
    desk = Desk(sys.stdin.buffer, sys.stdout.buffer, SessionKey.generate(_SESSION))
    take_limits()
    desk.greet()
    unused = int(sys.argv[1])
    while select.select([sys.stdin], [], [], unused)[0]:
        try:
            head, body = read_frame(sys.stdin.buffer)
            desk.answer(head, body)
        except BrokenWireError:
            break
    return 0


def take_limits() -> None:
    """From here on this process can compute and answer, and nothing else."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_AS, (_ADDRESS_SPACE, _ADDRESS_SPACE))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    # Of 0 and not of 3: who closes one of the three that are open gets none in its place.
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))


if __name__ == "__main__":
    sys.exit(main())
