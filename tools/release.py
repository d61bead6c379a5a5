"""A release: wheel, sdist, lock, list of parts and provenance of one commit, and the sums of them all to be signed.

    python -m tools.release --output dist [--commit HEAD] [--who NAME --sign KEY]

Only what is committed counts: the commit is built twice, each time in a clean copy of its own under another path, time
zone, locale and hash seed, without network, and the bytes must be the same. Whoever has the commit and the locked
dependencies makes the same files again. What is signed is SHA256SUMS (OpenSSH's `ssh-keygen -Y sign`, namespace
`relto-release`). The provenance is an in-toto statement with the SLSA provenance predicate; it claims no SLSA level.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
NAMESPACE = "relto-release"
SUMS = "SHA256SUMS"
COMMANDS = (
    "git archive COMMIT | tar -x",
    "python -c 'from setuptools import build_meta; build_meta.build_wheel(OUT); build_meta.build_sdist(OUT)'",
    "the sdist packed again: names sorted, owner 0, times SOURCE_DATE_EPOCH",
)
_BUILD = "import sys; from setuptools import build_meta as b; getattr(b, 'build_' + sys.argv[1])(sys.argv[2])"
_SURROUNDINGS = (
    {"TZ": "UTC", "PYTHONHASHSEED": "1", "LC_ALL": "C.UTF-8"},
    {"TZ": "Asia/Kolkata", "PYTHONHASHSEED": "2", "LC_ALL": "C"},
)
_UMASK = 0o022
"""A wheel holds the modes of the files that were packed; so they are not left to whoever builds."""


class NotAsPromised(Exception):
    """The release would not be what this tool says it is; nothing is written."""


@dataclass(frozen=True, slots=True)
class Source:
    """One commit: its full name and the second it was made, which every file of the release bears."""

    commit: str
    epoch: int

    @classmethod
    def of(cls, revision: str) -> Source:
        """The commit that `revision` names in this repository."""
        commit, epoch = _git("show", "--no-patch", "--format=%H %ct", f"{revision}^{{commit}}").decode().split()
        return cls(commit, int(epoch))


def _git(*words: str) -> bytes:
    return subprocess.run(["git", *words], cwd=PROJECT, check=True, capture_output=True).stdout


def copy_of(source: Source, folder: Path) -> Path:
    """The commit's tracked files in a new folder, each with mode 0644 (or 0755) and the commit's time."""
    folder.mkdir(parents=True)
    with tarfile.open(fileobj=io.BytesIO(_git("archive", "--format=tar", source.commit))) as archive:
        archive.extractall(folder, filter="data")
    for place in [folder, *folder.rglob("*")]:
        place.chmod(0o755 if place.is_dir() or place.stat().st_mode & 0o100 else 0o644)
        os.utime(place, (source.epoch, source.epoch))
    return folder


def build(tree: Path, output: Path, source: Source, surroundings: Mapping[str, str]) -> dict[str, Path]:
    """Wheel and sdist of a clean copy, by file name, without network and with this environment's setuptools."""
    output.mkdir(parents=True)
    environment = {"PATH": os.environ["PATH"], "SOURCE_DATE_EPOCH": str(source.epoch), **surroundings}
    for what in ("wheel", "sdist"):
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", _BUILD, what, str(output)],
            cwd=tree,
            env=environment,
            umask=_UMASK,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise NotAsPromised(f"the {what} was not built: {done.stderr[-2000:]}")
    for sdist in output.glob("*.tar.gz"):
        pack_again(sdist, source.epoch)
    return {file.name: file for file in sorted(output.iterdir())}


def pack_again(sdist: Path, epoch: int) -> None:
    """Write the archive anew so that its bytes follow from its files' names and contents alone."""
    packed = io.BytesIO()
    with tarfile.open(sdist) as given, tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as made:
        for member in sorted(given.getmembers(), key=lambda one: one.name):
            is_open = member.isdir() or member.mode & 0o100
            plain = tarfile.TarInfo(member.name)
            plain.type, plain.size, plain.mtime = member.type, member.size, epoch
            plain.mode = 0o755 if is_open else 0o644
            made.addfile(plain, given.extractfile(member) if member.isfile() else None)
    sdist.write_bytes(gzip.compress(packed.getvalue(), compresslevel=9, mtime=epoch))


def built_twice(source: Source, workshop: Path) -> dict[str, Path]:
    """Wheel and sdist, the same bytes from two copies. Raises NotAsPromised naming the file that differs."""
    made = []
    for number, surroundings in enumerate(_SURROUNDINGS):
        place = workshop / f"copy-{number}" / ("deeper" * number)
        tree = copy_of(source, place / "tree")
        made.append(build(tree, place / "out", source, surroundings))
    first, second = made
    if list(first) != list(second):
        raise NotAsPromised(f"other files: {sorted(first)} and {sorted(second)}")
    for name in first:
        if first[name].read_bytes() != second[name].read_bytes():
            raise NotAsPromised(f"{name} differs between two builds of one commit")
    return first


def missing_assets(wheel: Path, source: Source) -> list[str]:
    """What the commit tracks in the package and the wheel lacks or holds otherwise; a README is a developer's."""
    listed = _git("ls-tree", "-r", "-z", "--name-only", source.commit, "src/relto").decode().split("\0")
    packed = io.BytesIO(_git("archive", "--format=tar", source.commit, "src/relto"))
    with tarfile.open(fileobj=packed) as tree, zipfile.ZipFile(wheel) as held:
        names = set(held.namelist())
        missing = []
        for path in (one for one in listed if one and not one.endswith("/README.md")):
            inside, file = path.removeprefix("src/"), tree.extractfile(path)
            if inside not in names or file is None or held.read(inside) != file.read():
                missing.append(inside)
    return missing


def provenance(source: Source, subjects: Mapping[str, str], *, who: str, lock_sha256: str) -> str:
    """The in-toto statement: what was made, from which commit, by which commands, and who says so.

    `subjects`: SHA-256 by file name. Nothing in it depends on the hour or the machine. See in-toto Statement v1 and
    SLSA Provenance v1.
    """
    statement = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": name, "digest": {"sha256": digest}} for name, digest in sorted(subjects.items())],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {
            "buildDefinition": {
                "buildType": "tag:relto.example,2026:tools.release/1",
                "externalParameters": {"commit": source.commit},
                "internalParameters": {"SOURCE_DATE_EPOCH": str(source.epoch), "commands": list(COMMANDS)},
                "resolvedDependencies": [
                    {"name": "source", "digest": {"gitCommit": source.commit}},
                    {"name": "requirements/dev.lock", "digest": {"sha256": lock_sha256}},
                ],
            },
            "runDetails": {"builder": {"id": f"tag:relto.example,2026:builder/{who or 'nobody-named'}"}},
            "relto_level": "none claimed: built and signed by the named person on a machine that nobody attests; "
            "checked by building the commit twice, and by whoever builds it again",
        },
    }
    return json.dumps(statement, indent=1) + "\n"


def sha256(path: Path) -> str:
    """The file's SHA-256 in hex."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def write_sums(folder: Path) -> Path:
    """SHA256SUMS of everything in the folder, in the form that `sha256sum --check` reads."""
    files = sorted(file for file in folder.iterdir() if not file.name.startswith(SUMS))
    path = folder / SUMS
    path.write_text("".join(f"{sha256(file)}  {file.name}\n" for file in files), "utf-8")
    return path


def sign(sums: Path, key: Path) -> Path:
    """SHA256SUMS.sig by OpenSSH's own program; of a key in an agent or a token, `key` is the public half."""
    signature = sums.with_name(f"{sums.name}.sig")
    signature.unlink(missing_ok=True)
    subprocess.run(["ssh-keygen", "-q", "-Y", "sign", "-f", str(key), "-n", NAMESPACE, str(sums)], check=True)
    return signature


def release(source: Source, output: Path, *, who: str = "", key: Path | None = None) -> Path:
    """Make the release in the folder `output`, which must not exist. Raises NotAsPromised."""
    from tools.dependencies import parts  # noqa: PLC0415  its validator is loaded when it is needed

    if output.exists():
        raise NotAsPromised(f"{output.name} exists already")
    with tempfile.TemporaryDirectory() as place:
        workshop = Path(place)
        made = built_twice(source, workshop)
        wheel = next(file for name, file in made.items() if name.endswith(".whl"))
        missing = missing_assets(wheel, source)
        if missing:
            raise NotAsPromised(f"the wheel lacks {missing}")
        tree = workshop / "copy-0" / "tree"
        project = tomllib.loads((tree / "pyproject.toml").read_text("utf-8"))["project"]
        folder = workshop / "release"
        folder.mkdir()
        for file in made.values():
            shutil.copyfile(file, folder / file.name)
        stem = f"relto-{project['version']}"
        shutil.copyfile(tree / "requirements" / "runtime.lock", folder / f"{stem}.requirements.lock")
        (folder / f"{stem}.cdx.json").write_text(parts(project["version"], project["description"], root=tree), "utf-8")
        subjects = {file.name: sha256(file) for file in folder.iterdir()}
        statement = provenance(source, subjects, who=who, lock_sha256=sha256(tree / "requirements" / "dev.lock"))
        (folder / f"{stem}.provenance.json").write_text(statement, "utf-8")
        sums = write_sums(folder)
        if key is not None:
            sign(sums, key)
        output.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(folder, output)
    return output


def main() -> int:
    """See the module's text."""
    parser = argparse.ArgumentParser(description="Build a release of one commit, twice, and compare.")
    parser.add_argument("--output", type=Path, default=PROJECT / "dist", help="a folder that does not exist yet")
    parser.add_argument("--commit", default="HEAD")
    parser.add_argument("--who", default="", help="who builds and signs, as in the list of allowed signers")
    parser.add_argument("--sign", type=Path, help="an OpenSSH key, or the public half of one in an agent or token")
    given = parser.parse_args()
    if given.sign and not given.who:
        parser.error("--sign needs --who")
    try:
        folder = release(Source.of(given.commit), given.output, who=given.who, key=given.sign)
    except NotAsPromised as problem:
        print(f"release: {problem}", file=sys.stderr)
        return 1
    print((folder / SUMS).read_text("utf-8"), end="")
    if given.sign is None:
        print("not signed: --sign KEY --who NAME signs SHA256SUMS")
    return 0


if __name__ == "__main__":
    sys.exit(main())
