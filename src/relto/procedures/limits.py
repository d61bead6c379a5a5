"""The limits and clocks of procedures: numbers of each nation's own provisions in the bundle, never of this code.

Rules enforced here (design.md section 6, domain.md 0.4):
 1. A limit has a code, such as `visit.notice`. For a nation it is the parameter of that name in one of the nation's
    provisions; else the parameter that `data/limits.json` names for it in the shipped rule book.
 2. A nation without such a provision has no limit: "no rule loaded". The other nation's number is never used.
 3. Changing a parameter in a draft changes what the code does, and nothing else does.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

from relto.base.canonical import read_object
from relto.base.errors import MalformedInput
from relto.base.nations import Nation
from relto.rules.provisions import BILATERAL, Provision


@dataclass(frozen=True, slots=True)
class ProcedureLimit:
    """One limit of one nation: `value` in `unit` (day, working_day, month, hour, level, ...) and its provision."""

    code: str
    nation: str
    value: Any
    unit: str
    provision: str
    citation: str | None
    evidence: str
    confirmed: bool


class ProcedureLimits:
    """The limits that one bundle's provisions set."""

    def __init__(self, provisions: Mapping[str, Provision], stated: Collection[str] = ()) -> None:
        """`stated`: the provisions that the authorities confirmed by signature."""
        self._provisions = provisions
        self._stated = stated
        self._named: dict[tuple[str, str], Provision] = {}
        for provision in provisions.values():
            for name in provision.record.get("parameters", {}):
                self._named.setdefault((provision.nation, name), provision)

    def limit(self, code: str, nation: Nation | str) -> ProcedureLimit | None:
        """The nation's own limit, or what binds both; None where no rule is loaded.

        Raises MalformedInput for a code that is not a limit of any procedure.
        """
        places = limit_places()
        if code not in places:
            raise MalformedInput("procedure.limit", field="limit", expected="a limit of a procedure")
        for whose in (str(nation), BILATERAL):
            found = self._named.get((whose, code))
            if found is not None:
                return self._limit(code, whose, found, code)
            named = places[code].get(whose)
            if named is not None:
                identity, _, parameter = named.rpartition("/")
                provision = self._provisions.get(identity)
                if provision is not None and parameter in provision.record.get("parameters", {}):
                    return self._limit(code, whose, provision, parameter)
        return None

    def _limit(self, code: str, nation: str, provision: Provision, parameter: str) -> ProcedureLimit:
        given = provision.record["parameters"][parameter]
        confirmed = provision.confirmed or provision.id in self._stated
        return ProcedureLimit(
            code,
            nation,
            given["value"],
            str(given["unit"]),
            provision.id,
            provision.citation,
            provision.evidence,
            confirmed,
        )


@lru_cache(maxsize=1)
def limit_places() -> Mapping[str, Mapping[str, str]]:
    """Limit code -> nation -> "provision id/parameter" of the shipped rule book; an empty nation map is allowed."""
    text = resources.files("relto.procedures").joinpath("data", "limits.json").read_bytes()
    entries: dict[str, Any] = read_object(text, field="limits.json")["limits"]  # type: ignore[assignment]
    return {code: dict(places) for code, places in entries.items()}
