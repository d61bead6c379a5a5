"""The prover as a child process with limits: it gets the rule sets and nothing else, no environment, no credential.

A crash, a time-out or an answer that is none is Unreachable("prover"): nothing is known, and whoever asked refuses.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from relto.base.canonical import Json
from relto.base.errors import Unreachable, error_from_dict
from relto.ports.proving import ProofQuestion

MAX_SECONDS: Final = 120
MAX_ANSWER_BYTES: Final = 8 << 20
_CHILD: Final = Path(__file__).with_name("child.py")


class ChildProver:
    """Starts one process a question."""

    def __init__(self, max_seconds: float = MAX_SECONDS) -> None:
        """`max_seconds`: wall-clock time after which the process is ended."""
        self._max_seconds = max_seconds

    def prove(self, question: ProofQuestion) -> dict[str, Json]:
        """See `relto.ports.proving.RuleProver`."""
        given = (question.draft, question.before, question.overlay)
        texts = [None if text is None else text.decode("utf-8", "replace") for text in given]
        said = self._said_by_child(json.dumps({"texts": texts, "today": question.today}).encode("ascii"))
        try:
            answer = json.loads(said)
        except (ValueError, RecursionError):
            raise _no_answer() from None
        if isinstance(answer, dict) and isinstance(answer.get("proof"), dict):
            return dict(answer["proof"])
        error = error_from_dict(_object(answer.get("error"))) if isinstance(answer, dict) else None
        raise error if error is not None else _no_answer()

    def _said_by_child(self, asked: bytes) -> bytes:
        try:
            ended = subprocess.run(  # noqa: S603  this interpreter, our own file
                [sys.executable, "-I", "-B", str(_CHILD)],
                input=asked,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={"LC_ALL": "C.UTF-8"},
                cwd="/",
                close_fds=True,
                start_new_session=True,
                timeout=self._max_seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise _no_answer() from None
        if ended.returncode != 0 or len(ended.stdout) > MAX_ANSWER_BYTES:
            raise _no_answer()
        return ended.stdout


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _no_answer() -> Unreachable:
    return Unreachable("prover", field="bundle", expected="a proof within the prover's memory and time")
