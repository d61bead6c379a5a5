"""A backup that somebody changed while it was away: before it is verified it moves no secret and names no key."""

from __future__ import annotations

from pathlib import Path

import pytest

from relto.base.errors import ReltoError
from relto.node.restoring import restore
from tests.unit.node.test_settings_and_checks import SETTINGS

SECRET = bytes(range(32))


class Backup:
    """A folder in the form of a backup, with settings of somebody's choice."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.root, self.secret = folder / "backup", folder / "node", folder / "kept-apart"
        (self.folder / "files" / "secrets").mkdir(parents=True)
        (self.folder / "manifest.json").write_text("{}")
        (self.folder / "files.txt").touch()
        self.secret.write_bytes(SECRET)
        self.secret.chmod(0o600)

    def restored(self, place: str, secret: Path | None) -> str:
        """The code with which it is refused when its settings look for the master secret there."""
        settings = SETTINGS.replace("credential:master", place)
        (self.folder / "files" / "node.toml").write_text(settings)
        with pytest.raises(ReltoError) as caught:
            restore(self.folder, self.root, secret)
        assert not self.root.exists()
        return caught.value.reason


@pytest.fixture
def backup(tmp_path: Path) -> Backup:
    return Backup(tmp_path)


def test_the_master_secret_is_written_nowhere_but_into_the_new_folder(backup: Backup) -> None:
    loot = backup.folder / "loot"
    for place in ("../backup/loot", "secrets/../../backup/loot", str(loot)):
        assert backup.restored(place, backup.secret) == "backup_foreign"
        assert not loot.exists()


def test_no_file_of_the_backup_is_taken_for_the_master_secret(backup: Backup) -> None:
    own = backup.folder / "files" / "master"
    own.write_bytes(SECRET)
    own.chmod(0o600)
    for secret in (None, backup.secret):
        assert backup.restored(str(own), secret) == "backup_foreign"


def test_where_the_operator_names_the_secret_no_other_one_is_used(backup: Backup, tmp_path: Path) -> None:
    other = tmp_path / "elsewhere"
    other.write_bytes(SECRET[::-1])
    other.chmod(0o600)
    assert backup.restored(str(other), backup.secret) == "backup_foreign"


def test_a_secret_that_is_not_one_is_refused(backup: Backup) -> None:
    backup.secret.write_bytes(SECRET[:-1])
    assert backup.restored("secrets/master.secret", backup.secret) == "master_secret"
    assert backup.restored("secrets/master.secret", backup.folder / "no such file") == "master_secret"
