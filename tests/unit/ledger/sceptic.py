"""Both verifiers over one folder on disk: relto's own, and verify/relto_verify.py, which imports nothing of it."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

from relto.base.errors import ReltoError
from relto.client.verification import verify_folder_on_disk
from relto.ledger.findings import Outcome

SCRIPT = Path(__file__).resolve().parents[3] / "verify" / "relto_verify.py"
STATUSES = {Outcome.VERIFIED: 0, Outcome.NOT_AUTHENTICATED: 3, Outcome.ALTERED: 10}


def load_script() -> ModuleType:
    specification = importlib.util.spec_from_file_location("relto_verify", SCRIPT)
    assert specification is not None
    assert specification.loader is not None
    script = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(script)
    return script


def write_folder(folder: Path, files: Mapping[str, bytes]) -> Path:
    for name, data in files.items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
    return folder


def relto_status(folder: Path, trust: Path | None) -> int:
    """The exit status of `relto verify`."""
    try:
        return STATUSES[verify_folder_on_disk(folder, trust).outcome]
    except ReltoError as error:
        return error.exit_status


def script_status(script: ModuleType, folder: Path, trust: Path | None) -> int:
    """The exit status of the script's command."""
    arguments = sys.argv
    sys.argv = ["relto_verify.py", str(folder), *(("--trust", str(trust)) if trust else ())]
    try:
        return int(script.main())
    except SystemExit as ended:
        return int(str(ended.code))
    finally:
        sys.argv = arguments
