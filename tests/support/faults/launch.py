"""Start a node's process so that it ends with the test: `launch.py PROGRAM ARGUMENTS...` replaces itself by it.

The kernel ends it when the process that started it is gone (Linux), however that one ended.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1

if __name__ == "__main__":
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    os.execv(sys.argv[1], sys.argv[1:])  # noqa: S606  the arguments come from the test
