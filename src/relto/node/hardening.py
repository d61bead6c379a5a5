"""What relto processes ask of the kernel for themselves.

Before a process touches a secret (promise 1): no core dump, no ptrace by the same user. And none outlives the process
that answers for it, however that one ended: a port or a lease would stay with somebody whom nobody watches.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys

_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4


def harden_process() -> None:
    """Forbid core dumps and make files private by default. On Linux the process also becomes undumpable."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.umask(0o077)
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def end_with_parent(parent: int, number: signal.Signals) -> None:
    """On Linux: have this process sent `number` when `parent`, which started it, is gone, or at once if it is already.

    Called on the thread that lives as long as the process, and started by such a thread of the parent.
    """
    if sys.platform != "linux":
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, int(number), 0, 0, 0)
    if os.getppid() != parent:
        os.kill(os.getpid(), number)
