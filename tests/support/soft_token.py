"""A PKCS#11 token in software (SoftHSM 2), in a folder of the test; without SoftHSM the asking test is skipped."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

_MODULES = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/opt/homebrew/lib/softhsm/libsofthsm2.so",
)
LABEL = "relto test"
PIN = "a test's PIN"


@dataclass(frozen=True)
class SoftToken:
    """The token's folder, the setting that names it, and the file with its PIN."""

    folder: Path
    setting: str
    pin_file: Path

    def vanish(self) -> None:
        """As when the token is pulled out."""
        self.folder.rename(self.folder.with_name("elsewhere"))

    def come_back(self) -> None:
        """As when it is put in again."""
        self.folder.with_name("elsewhere").rename(self.folder)


def soft_token(place: Path, monkeypatch: pytest.MonkeyPatch) -> SoftToken:
    """A fresh token. Skips when SoftHSM or python-pkcs11 is not installed."""
    pytest.importorskip("pkcs11", reason="python-pkcs11 is not installed: pip install 'relto[pkcs11]'")
    module = next((name for name in _MODULES if Path(name).is_file()), None)
    tool = shutil.which("softhsm2-util")
    if module is None or tool is None:
        pytest.skip("SoftHSM 2 is not installed (Debian: apt-get install softhsm2)")
    folder = place / "tokens"
    folder.mkdir(parents=True)
    configuration = place / "softhsm2.conf"
    configuration.write_text(f"directories.tokendir = {folder}\nobjectstore.backend = file\nlog.level = ERROR\n")
    monkeypatch.setenv("SOFTHSM2_CONF", str(configuration))
    pin_file = place / "pin"
    pin_file.write_text(PIN + "\n")
    pin_file.chmod(0o600)
    subprocess.run(
        [tool, "--init-token", "--free", "--label", LABEL, "--pin", PIN, "--so-pin", "another one"],
        check=True,
        capture_output=True,
        env=os.environ | {"SOFTHSM2_CONF": str(configuration)},
    )
    setting = f"pkcs11:token={LABEL.replace(' ', '%20')}?module-path={module}&pin-source=file:{pin_file}"
    return SoftToken(folder, setting, pin_file)
