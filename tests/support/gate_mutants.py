"""Every gate condition deleted, weakened and turned, each asked of the prover: the mutation score of the rules.

    python -m tests.support.gate_mutants --processes 2

Prints JSON. Exit code 0 when the proof, or Cedar's validation before it, catches every slip.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import cache

from relto.rules.proving.mutants import Mutant, mutants_of, try_mutant
from relto.rules.proving.rule_set import RuleSet, rule_set_of
from tests.unit.rules.agreement import bundle


@cache
def _shipped() -> tuple[RuleSet, tuple[Mutant, ...]]:
    rules = rule_set_of(bundle())
    return rules, tuple(mutants_of(rules))


def fate_of(position: int) -> tuple[str, str, str]:
    """The rule, the slip and what became of it."""
    rules, mutants = _shipped()
    mutant = mutants[position]
    return mutant.rule, mutant.slip, try_mutant(mutant, rules).fate


def main() -> int:
    """Try all of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--processes", type=int, default=2)
    arguments = parser.parse_args()
    positions = range(len(_shipped()[1]))
    with ProcessPoolExecutor(arguments.processes) as pool:
        found = list(pool.map(fate_of, positions, chunksize=8))
    counted = Counter(fate for _, _, fate in found)
    escaped = [list(row) for row in found if row[2] not in ("caught", "not_valid")]
    rules = {rule for rule, _, _ in found}
    facts = {"slips": len(found), "rules": len(rules), **counted, "escaped": escaped}
    sys.stdout.write(json.dumps(facts, indent=1) + "\n")
    return 1 if escaped else 0


if __name__ == "__main__":
    sys.exit(main())
