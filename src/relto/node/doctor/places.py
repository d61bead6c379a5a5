"""The folder itself: settings that can be read, places that are there, private, owned by one user, writable, with room.

Modes and owners are read, not tried, so the answer is the same whoever asks.
"""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from relto.base.errors import Misconfigured
from relto.node.checks import findings, master_secret_path
from relto.node.doctor.case import Case
from relto.node.doctor.troubles import Trouble, of_setting
from relto.node.settings import read_settings

_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_FULL_SHARE, _LEAST_BYTES = 20, 1 << 30
STAGED: Final = (".secrets.next", ".link.next")
"""Where a rotation of keys prepares what it then exchanges; left behind by one that was killed."""
_ELSEWHERE: Final = frozenset(  # what other looks tell, with more to say
    {"open_folder", "master_secret", "open_master_secret", "link_certificate", "party_record", "key_store_module"}
)
_OWN_CODES: Final = frozenset({"plain_http", "no_witness"})
_BY_REASON: Final = {"no_node": "no_node", "syntax": "settings_syntax", "unknown_setting": "unknown_setting"}


def look_at_settings(case: Case) -> Iterator[Trouble]:
    """node.toml is read strictly, and held up against what a node of its kind may have."""
    try:
        case.settings = read_settings(case.folder.root)
    except Misconfigured as problem:
        yield of_setting(problem, _BY_REASON.get(problem.reason, "setting"))
        return
    except OSError:
        yield Trouble("no_node", "node.toml", "a file that its user may read")
        return
    for one in findings(case.settings):
        if one.reason not in _ELSEWHERE and one.field != "key_store":
            yield of_setting(one, one.reason if one.reason in _OWN_CODES else "setting")


def look_at_places(case: Case) -> Iterator[Trouble]:
    """Folders and files: there, private, of one owner, writable; and room on the disk."""
    folder = case.folder
    places = [folder.secrets, folder.database.parent, folder.ledger, folder.logs, folder.link_certificate.parent]
    if case.settings is None or case.settings.blobs.kind == "files":
        places.append(folder.blobs)
    yield from _private(case, folder.root)
    for place in places:
        if not place.is_dir():
            yield Trouble("place_missing", case.path(place), "a folder of the node's user, mode 0700")
            continue
        yield from _private(case, place)
        if place.stat().st_mode & stat.S_IRWXU != stat.S_IRWXU:
            yield Trouble("not_writable", case.path(place), "mode 0700", _mode(place.stat().st_mode))
    for place in _private_files(case):
        yield from _private(case, place)
    yield from _left_behind(case)
    free, whole = case.world.room(folder.root)
    if free < max(_LEAST_BYTES, whole // _FULL_SHARE):
        expected = f"{max(_LEAST_BYTES, whole // _FULL_SHARE) >> 20} MiB free"
        yield Trouble("disk_nearly_full", ".", expected, f"{free >> 20} MiB free")


def _private(case: Case, place: Path) -> Iterator[Trouble]:
    """Nobody else reads it, and it belongs to whom the node's folder belongs."""
    found, owner = place.stat(), case.folder.root.stat().st_uid
    if found.st_mode & _OTHERS:
        expected = "mode 0700" if place.is_dir() else "mode 0600"
        yield Trouble("open_place", case.path(place), expected, _mode(found.st_mode))
    if found.st_uid != owner:
        yield Trouble("wrong_owner", case.path(place), str(owner), found.st_uid)


def _private_files(case: Case) -> Iterator[Path]:
    folder = case.folder
    names = {*folder.secrets.glob("*.sealed"), folder.link_private_key, folder.door_private_key, folder.database}
    if case.settings is not None and not case.settings.master_secret.startswith("credential:"):
        names.add(master_secret_path(case.settings))
    names.update(folder.root.glob("first-credentials.json"))
    return (place for place in sorted(names) if place.is_file())


def _left_behind(case: Case) -> Iterator[Trouble]:
    for name in STAGED:
        if (case.folder.root / name).exists():
            yield Trouble("rotation_unfinished", name, "nothing: a rotation of keys was interrupted")
    left = case.folder.root / "first-credentials.json"
    if case.settings is not None and case.settings.kind == "live" and left.exists():
        yield Trouble("first_credentials_left", left.name, "moved away, to the first operator and registrar")


def _mode(mode: int) -> str:
    return f"mode {stat.S_IMODE(mode):04o}"
