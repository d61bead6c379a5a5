"""`python -m tests.support.fuzz --inputs 10000000 --processes 2`: fuzz all targets, print a summary as JSON.

Exit status 1 when an input did anything but be read or be refused by one of relto's own errors.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import asdict

from tests.support.fuzz.running import fuzz, in_processes, peak_resident_mib
from tests.support.fuzz.targets import TARGETS


def main() -> int:
    """Feed, and say what came of it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--inputs", type=int, default=0, help="in all targets together; 0: until --seconds are over")
    parser.add_argument("--seconds", type=float, default=0.0, help="of wall clock, in each process")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0, help="0: a new one each time; it is printed")
    parser.add_argument("--target", choices=sorted(TARGETS), action="append", help="repeatable; default: all")
    parser.add_argument("--alone", action="store_true", help="in this process (used by the command itself)")
    given = parser.parse_args()
    if not given.inputs and not given.seconds:
        parser.error("one of --inputs and --seconds is needed")
    names, seed = given.target or sorted(TARGETS), given.seed or time.time_ns() % 10**9
    if given.alone:
        found = fuzz(names, seed, inputs=given.inputs, seconds=given.seconds)
        tallies = {name: asdict(tally) for name, tally in found.items()}
        json.dump({"targets": tallies, "peak_resident_mib": peak_resident_mib()}, sys.stdout)
        return 0
    whole = in_processes(given.processes, names, seed, inputs=given.inputs, seconds=given.seconds)
    sys.stdout.write(json.dumps(whole, indent=1) + "\n")
    return 0 if whole["held"] else 1


if __name__ == "__main__":
    sys.exit(main())
