"""Damage done to a container after it was sealed: one part of it, the rest as it was."""

from __future__ import annotations

import base64
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

Manifest = dict[str, Any]


def _policy(manifest: Manifest, payload: bytearray) -> None:
    """One data attribute fewer: who is let in would change."""
    del payload
    information = manifest["encryptionInformation"]
    policy = json.loads(base64.b64decode(information["policy"]))
    policy["body"]["dataAttributes"].pop()
    information["policy"] = base64.b64encode(json.dumps(policy).encode()).decode()


def _binding(manifest: Manifest, payload: bytearray) -> None:
    """The binding of another policy in each key access object."""
    del payload
    for access in manifest["encryptionInformation"]["keyAccess"]:
        access["policyBinding"]["hash"] = base64.b64encode(b"0" * 64).decode()


def _segment(manifest: Manifest, payload: bytearray) -> None:
    """One bit of the ciphertext."""
    del manifest
    payload[len(payload) // 2] ^= 1


def _manifest(manifest: Manifest, payload: bytearray) -> None:
    """Another root signature over the table of segments."""
    del payload
    root = manifest["encryptionInformation"]["integrityInformation"]["rootSignature"]
    raw = bytearray(base64.b64decode(root["sig"]))
    raw[0] ^= 1
    root["sig"] = base64.b64encode(raw).decode()


def _assertion(manifest: Manifest, payload: bytearray) -> None:
    """Another statement under the same binding."""
    del payload
    manifest["assertions"][0]["statement"]["value"] += " "


DAMAGES: dict[str, Callable[[Manifest, bytearray], None]] = {
    "policy": _policy,
    "binding": _binding,
    "segment": _segment,
    "manifest": _manifest,
    "assertion": _assertion,
}


def damaged(container: Path, part: str, target: Path) -> Path:
    """A copy at `target` in which `part` was changed."""
    with zipfile.ZipFile(container) as archive:
        manifest, payload = json.loads(archive.read("0.manifest.json")), bytearray(archive.read("0.payload"))
    DAMAGES[part](manifest, payload)
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("0.payload", bytes(payload))
        archive.writestr("0.manifest.json", json.dumps(manifest))
    return target
