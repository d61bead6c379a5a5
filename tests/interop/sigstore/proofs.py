"""Runs in the scratch environment that holds sigstore-python: its Merkle code checks relto's inclusion proofs.

One JSON case a line on standard input; answers "accepted" or "refused" for each. The module is a private one of
sigstore-python, so its version is pinned.
"""

from __future__ import annotations

import base64
import json
import sys
from importlib import import_module
from types import SimpleNamespace


def main() -> None:
    verify = import_module("sigstore._internal.merkle").verify_merkle_inclusion
    refusal = import_module("sigstore.errors").VerificationError
    for line in sys.stdin:
        case = json.loads(line)
        proof = SimpleNamespace(
            log_index=case["index"],
            tree_size=case["size"],
            hashes=[base64.b64decode(item) for item in case["path"]],
            root_hash=base64.b64decode(case["root"]),
        )
        inner = SimpleNamespace(inclusion_proof=proof, canonicalized_body=base64.b64decode(case["entry"]))
        try:
            verify(SimpleNamespace(_inner=inner))
        except refusal:
            sys.stdout.write("refused\n")
        else:
            sys.stdout.write("accepted\n")


if __name__ == "__main__":
    main()
