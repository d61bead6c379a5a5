"""Bulk sealing of many small files: killed twice by kill -9, resumed, counted; rates beside one process and the disk.

Each run is the command itself in a process group of its own, whose every process is killed. Counted at the end: done
in the journal, container files, different identifiers in them, and how many of those that lay there whole at a kill
are the same file still. The disk's rate is that of the same containers' bytes written as plain files by one loop, made
durable as often as the command does (a syncfs for each partition); beside it a plain copy that waits for nothing.

    python bench/bulk.py [--quick] [--files 100000] [--bytes 4096] [--workers 2] [--folder DIR]
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from measuring import arguments, heading

from relto.client.bulk.journal import read_journal
from relto.client.bulk.new_files import NewFile, name_durably
from relto.sealing.archive import open_archive
from relto.sealing.opening import read_container
from relto.sealing.policy import read_policy
from relto.sealing.wrapping import generate_service_key, public_key_of

PARTITION = 128
A_FOLDER = 500
RULES = {
    "type": "relto-bulk-labels",
    "version": 1,
    "originator": "urn:example:desk",
    "review_by": "2036-01-01T00:00:00Z",
    "rules": [
        {
            "pattern": "**",
            "programme": "MONSOON-LARK",
            "export_controlled": True,
            "label": {"level": "SECRET", "audience": ["USA", "IND"], "caveats": []},
        }
    ],
}


def prepare(folder: Path, files: int, size: int) -> None:
    """The archive, the rule file, the key."""
    for number in range(files):
        place = folder / "archive" / f"{number // A_FOLDER:04d}" / f"{number}.bin"
        if number % A_FOLDER == 0:
            place.parent.mkdir(parents=True)
        place.write_bytes(os.urandom(size))
    pem = public_key_of(generate_service_key("ec:secp256r1"))
    key = {"nation": "USA", "url": "https://bench.localhost/kas", "kid": "bench", "pem": pem}
    (folder / "key.json").write_text(json.dumps(key))
    (folder / "rules.json").write_text(json.dumps(RULES))
    os.sync()


def command(folder: Path, name: str, *more: str) -> list[str]:
    """The command line that seals the archive into the folder `name`."""
    files = {"--rules": "rules.json", "--key": "key.json", "--output": name, "--journal": f"{name}.journal"}
    words = [word for option, file in files.items() for word in (option, str(folder / file))]
    fixed = ["--json", "bulk", "seal", str(folder / "archive"), "--partition", str(PARTITION), "--progress", "none"]
    return [sys.executable, "-m", "relto.cli", *fixed, *words, *more]


def sealed(folder: Path, name: str, *more: str) -> tuple[float, float, float]:
    """One whole run: files a second, processor milliseconds a file, peak MiB of its largest process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    told = json.loads(subprocess.run(command(folder, name, *more), check=True, capture_output=True).stdout)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    done = max(1, told["in_this_run"])
    return told["files_per_second"], 1000 * spent / done, after.ru_maxrss / 1024


def killed(folder: Path, name: str, at: int, *more: str) -> int:
    """Begin a run, kill every process of it when `at` files are done; how many are done then."""
    begun = subprocess.Popen(command(folder, name, *more), stdout=subprocess.DEVNULL, start_new_session=True)
    done = 0
    while begun.poll() is None and done < at:
        time.sleep(0.02)
        if (folder / f"{name}.journal.lock").exists():
            done = done_in(folder / f"{name}.journal")
    os.killpg(begun.pid, signal.SIGKILL)
    begun.wait()
    return done_in(folder / f"{name}.journal")


def done_in(journal: Path) -> int:
    """Files done; 0 while there is no journal yet."""
    try:
        with read_journal(journal) as held:
            return held.counts().done
    except Exception:  # noqa: BLE001  the command is about to make it
        return 0


def containers(folder: Path) -> dict[Path, int]:
    """Every file below a folder, with its inode."""
    return {path: path.stat().st_ino for path in folder.rglob("*") if path.is_file()} if folder.exists() else {}


def identifiers(paths: list[Path]) -> set[str]:
    """The different identifiers that are in the containers."""
    found = set()
    for path in paths:
        with path.open("rb") as source:
            found.add(read_policy(read_container(open_archive(source)).policy_text).uuid)
    return found


def disk(folder: Path, source: Path) -> tuple[float, float]:
    """Files a second of the containers' bytes written durably in partitions, and by a copy that waits for nothing."""
    paths = sorted(path for path in source.rglob("*") if path.is_file())
    begun = time.perf_counter()
    for start in range(0, len(paths), PARTITION):
        made = []
        for path in paths[start : start + PARTITION]:
            file = NewFile(folder / "durable" / path.relative_to(source))
            file.write([path.read_bytes()])
            made.append(file)
        name_durably(made)
    durable = len(paths) / (time.perf_counter() - begun)
    begun = time.perf_counter()
    for path in paths:
        target = folder / "plain" / path.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    return durable, len(paths) / (time.perf_counter() - begun)


def main() -> None:
    """Print the counts and the rates."""
    given = arguments(
        __doc__ or "",
        files=(int, None, "how many (default 100000; with --quick 2000)"),
        bytes=(int, 4096, "size of each"),
        workers=(int, 2, "Dask worker processes"),
        folder=(Path, Path(tempfile.gettempdir()), "the disk to work on"),
    )
    heading()
    files = given.files or (2000 if given.quick else 100_000)
    with tempfile.TemporaryDirectory(dir=given.folder, prefix="relto-bench-") as made:
        folder = Path(made)
        prepare(folder, files, given.bytes)
        spread = ("--workers", str(given.workers))
        kept: dict[Path, int] = {}
        for share in (0.3, 0.6):
            done = killed(folder, "resumed", int(files * share), *spread)
            lying = containers(folder / "resumed")
            same = sum(1 for path, inode in kept.items() if lying.get(path) == inode)
            print(f"killed: {done} done, {len(lying)} containers there, {same} of {len(kept)} from before are the same")
            kept = lying
        sealed(folder, "resumed", *spread)
        lying = containers(folder / "resumed")
        same = sum(1 for path, inode in kept.items() if lying.get(path) == inode)
        different = len(identifiers(sorted(lying)))
        done = done_in(folder / "resumed.journal")
        print(f"resumed: {done} done, {len(lying)} containers, {different} identifiers, {same} of {len(kept)} the same")
        if not files == done == len(lying) == different or same != len(kept):
            sys.exit("something IS doubled, lost or made anew")
        rates = {}
        for name, more in (
            ("this process alone", ("--workers", "0")),
            (f"{given.workers} processes", spread),
            (f"{given.workers} threads", (*spread, "--threads")),
        ):
            rates[name] = sealed(folder, "again", *more)
            shutil.rmtree(folder / "again")
            for left in folder.glob("again.journal*"):
                left.unlink()
        durable, plain = disk(folder, folder / "resumed")
        size = sum(path.stat().st_size for path in lying) / len(lying)
        print(f"{files} files of {given.bytes} bytes, containers of {size:,.0f}, partitions of {PARTITION}")
        for name, (rate, spent, peak) in rates.items():
            said = f"{rate:8,.0f} files/s, {spent:.2f} ms of processor a file, {rate / durable:.2f} of the disk"
            print(f"{name:20} {said}; largest process {peak:.0f} MiB")
        print(f"{'the disk, durably':20} {durable:8,.0f} files/s; {plain:,.0f} files/s without waiting for it")


if __name__ == "__main__":
    main()
