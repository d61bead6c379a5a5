"""Two solvers, one script: z3 and cvc5 read the same SMT-LIB text and must agree.

A question has an answer only when both solvers give the same one. "unknown", a time-out, an error or a disagreement is
no answer, and whoever asked refuses (design.md, promise 5).

The solvers are loaded by the process that asks them; whoever only reads a proof starts without them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from relto.rules.proving.symbols import Symbols, conj

Answer = Literal["sat", "unsat", "unknown"]
TIME_LIMIT_MILLISECONDS = 10_000
SOLVERS = ("z3", "cvc5")
_PAIR = re.compile(r"\(\s*(\|[^|]*\||[A-Za-z_][A-Za-z0-9_.]*)\s+(true|false|\d+|\(-\s+\d+\))\s*\)")


@dataclass(frozen=True)
class Solved:
    """The answer of both solvers, and of each; `model`: constant -> number or truth, of the first that gave one."""

    answer: Answer
    answers: Mapping[str, str]
    model: Mapping[str, int | bool]


def script_of(symbols: Symbols, claims: Iterable[str], readings: Mapping[str, tuple[str, str]]) -> str:
    """The whole question as SMT-LIB text. `readings`: name -> sort and term whose value the model is asked for."""
    lines = ["(set-option :produce-models true)", "(set-logic QF_UFLIA)"]
    lines += [f"(declare-fun {name} () {sort})" for name, sort in symbols.constants.items()]
    lines += [f"(declare-fun {name} (Int) Bool)" for name in symbols.predicates]
    lines += [f"(declare-fun {name} (Int) Int)" for name in symbols.functions]
    terms = [*symbols.assertions, *symbols.instances(), *claims]
    lines += [f"(assert {term})" for term in terms]
    lines += [f"(define-fun {name} () {sort} {term})" for name, (sort, term) in readings.items()]
    lines.append("(check-sat)")
    return "\n".join(lines) + "\n"


def solve(symbols: Symbols, claims: Iterable[str], readings: Mapping[str, tuple[str, str]] | None = None) -> Solved:
    """Is there a world in which all claims hold? `readings`: further terms to read from the world found."""
    readings = dict(readings or {})
    script = script_of(symbols, claims, readings)
    wanted = [*symbols.constants, *readings]
    first, model = _z3(script, wanted)
    second = _cvc5(script)
    answer: Answer = "sat" if first == second == "sat" else "unsat" if first == second == "unsat" else "unknown"
    return Solved(answer, {"z3": first, "cvc5": second}, model if answer == "sat" else {})


class Search:
    """One solver that keeps a question's world, to look for the plainest case in it: the answer of `solve` counts."""

    def __init__(
        self, symbols: Symbols, claims: Iterable[str], readings: Mapping[str, tuple[str, str]] | None = None
    ) -> None:
        """Symbols that a later claim needs must have been made before. `readings`: as for `solve`."""
        import z3  # noqa: PLC0415  see the module's promise

        self._solver = z3
        self._context = z3.Context()
        self._wanted = [*symbols.constants, *(readings or {})]
        self._say(f"(set-option :timeout {TIME_LIMIT_MILLISECONDS})\n{script_of(symbols, claims, readings or {})}")

    def _say(self, script: str) -> str:
        return str(self._solver.Z3_eval_smtlib2_string(self._context.ref(), script)).strip()

    def keep(self, claim: str) -> bool:
        """Assume the claim from now on, if a world remains in which it holds."""
        found = self._say(f"(push)\n(assert {claim})\n(check-sat)") == "sat"
        if not found:
            self._say("(pop)")
        return found

    def keep_all(self, claims: Sequence[str]) -> None:
        """What `keep` does for one after the other: the earlier one is wanted more."""
        if not claims or self.keep(conj(claims)):
            return
        middle = len(claims) // 2
        if middle:
            self.keep_all(claims[:middle])
            self.keep_all(claims[middle:])

    def model(self) -> Mapping[str, int | bool]:
        """A world in which everything kept holds; empty when there is none."""
        if self._say("(check-sat)") != "sat":
            return {}
        return _values(self._say(f"(get-value ({' '.join(self._wanted)}))"))

    def allows(self, claim: str) -> bool:
        """Whether a world remains in which the claim holds; nothing is assumed from now on."""
        found = self._say(f"(push)\n(assert {claim})\n(check-sat)") == "sat"
        self._say("(pop)")
        return found


def _values(text: str) -> dict[str, int | bool]:
    found: dict[str, int | bool] = {}
    for name, value in _PAIR.findall(text):
        found[name] = value == "true" if value in ("true", "false") else int(re.sub(r"[()\s]", "", value))
    return found


def _z3(script: str, wanted: list[str]) -> tuple[str, dict[str, int | bool]]:
    import z3  # noqa: PLC0415  see the module's promise

    context = z3.Context()
    asked = f"(set-option :timeout {TIME_LIMIT_MILLISECONDS})\n{script}"
    try:
        answer = z3.Z3_eval_smtlib2_string(context.ref(), asked).strip()
        if answer != "sat":
            return answer if answer == "unsat" else "unknown", {}
        return answer, _values(z3.Z3_eval_smtlib2_string(context.ref(), f"(get-value ({' '.join(wanted)}))"))
    except z3.Z3Exception:
        return "unknown", {}


def _cvc5(script: str) -> str:
    import cvc5  # noqa: PLC0415  see the module's promise

    terms = cvc5.TermManager()
    solver = cvc5.Solver(terms)
    solver.setOption("tlimit-per", str(TIME_LIMIT_MILLISECONDS))
    parser = cvc5.InputParser(solver)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, script, "proof")
    answer = ""
    try:
        while not (command := parser.nextCommand()).isNull():
            answer += command.invoke(solver, parser.getSymbolManager())
    except RuntimeError:
        return "unknown"
    verdict = answer.strip()
    return verdict if verdict in ("sat", "unsat") else "unknown"
