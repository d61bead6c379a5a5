"""A year of a nation's security officers, by seed: companies, their visits and transfers, taken over and looked at.

The records are made from the clean forms of the corpus, spread over the companies and the days of the year, nine of ten
ended, and loaded as anybody's earlier records are: through `take_over`. Then every page that lists dossiers is asked
for through the portal, as people of each role.

    python -m tests.support.generated_year [--companies 50] [--visits 5000] [--transfers 20000] [--json]
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, Final

from relto.base.instants import instant_text
from relto.procedures.packs.registry import procedures
from relto.procedures.procedure import Procedure
from relto.procedures.table import STAYS, Transition
from tests.support.form_corpus import Corpus, corpora, seeded
from tests.support.portal_at_size import page_milliseconds, portal_at_size

if TYPE_CHECKING:
    from tests.unit.web.portal import Portal

SEED: Final = 2026
TRANSFERS: Final = ("transfer", "transfer", "transfer", "hand_carriage", "freight")
LOADING_SECONDS: Final = 300.0
PAGE_MILLISECONDS: Final = 200.0
_OPEN_SHARE: Final = 10
_MOST_STEPS: Final = 40
_HOURS: Final = (1, 30)
_TRIES: Final = 3
_ROLES: Final = ("security_officer", "registrar", "release_officer")


@dataclass(frozen=True)
class Year:
    """What was loaded and how long pages took. `pages`: "role path" -> milliseconds, the median of three."""

    companies: int
    visits: int
    transfers: int
    refused: int
    open: int
    loading_seconds: float
    pages: dict[str, float] = field(default_factory=dict)

    @property
    def slowest(self) -> float:
        """The slowest page in milliseconds."""
        return max(self.pages.values(), default=0.0)

    @property
    def holds(self) -> bool:
        """Whether the year loaded and its pages answer as the issue demands."""
        return self.loading_seconds < LOADING_SECONDS and self.slowest < PAGE_MILLISECONDS and not self.refused


def records(companies: int, visits: int, transfers: int, until: datetime) -> Iterator[bytes]:
    """The lines of the year, in no order of time."""
    random = seeded(SEED)
    known = {corpus.procedure: corpus for corpus in corpora()}
    wanted = ["visit"] * visits + [TRANSFERS[number % len(TRANSFERS)] for number in range(transfers)]
    for number, code in enumerate(wanted):
        yield _record(random, known[code], number, companies, until)


def company_code(number: int) -> str:
    """Of the companies, counted from 0."""
    return f"USA-C{500 + number}"


def facility_code(number: int) -> str:
    """The facility of a company."""
    return f"USA-F{500 + number}"


def _record(random: Random, corpus: Corpus, number: int, companies: int, until: datetime) -> bytes:
    pack = procedures()[corpus.procedure]
    answers: dict[str, Any] = {}
    while answers.get(pack.partner_field) != "IND":
        answers = corpus.clean(random).answers
    company = random.randrange(companies)
    opened = until - timedelta(hours=random.randrange(60 * 24, 365 * 24), minutes=number % 60)
    text = json.dumps(answers)
    text = text.replace("USA-F014", facility_code(company)).replace("USA-C014", company_code(company))
    steps = _open_path(random, pack) if number % _OPEN_SHARE == 0 else _ended_path(random, pack)
    at = opened
    taken = []
    for one in steps:
        at += timedelta(hours=random.randint(*_HOURS))
        taken.append({"step": one.name, "at": instant_text(min(at, until))})
    record = {
        "procedure": pack.code,
        "answers": json.loads(text),
        "opened": instant_text(opened),
        "steps": taken,
    }
    return json.dumps(record).encode()


def _open_path(random: Random, pack: Procedure) -> list[Transition]:
    """Steps after which it is open and nobody at the partner knows of it."""
    path: list[Transition] = []
    state = pack.table.start
    for _ in range(random.randrange(3)):
        following = [
            one
            for one in pack.table.transitions
            if state in one.sources
            and one.target not in {STAYS, *pack.table.final}
            and not pack.step(one.name).sends
            and not one.at_will
        ]
        if not following:
            break
        path.append(random.choice(following))
        state = path[-1].target
    return path


def _ended_path(random: Random, pack: Procedure) -> list[Transition]:
    """Steps to an end: by chance, and straight on when chance takes long."""
    path: list[Transition] = []
    state = pack.table.start
    while state not in pack.table.final:
        following = [one for one in pack.table.transitions if state in one.sources and one.target != STAYS]
        onward = [one for one in following if not one.at_will] or following
        chosen = random.choice(onward) if len(path) < _MOST_STEPS else following[-1]
        path.append(chosen)
        state = chosen.target
    return path


def load(portal: Portal, companies: int, visits: int, transfers: int) -> Year:
    """Register the companies and take the year over; the loading is timed, the making of the records is not."""
    from relto.services.dossiers.importing import MOST_LINES, take_over  # noqa: PLC0415  Django is set up by then
    from relto.store.models import Dossier  # noqa: PLC0415  the same
    from tests.support.houses import add_company  # noqa: PLC0415  the same

    node = portal.node
    for number in range(companies):
        add_company(node, company_code(number), facility_code(number))
    lines = list(records(companies, visits, transfers, node.clock.now()))
    registrar = node.actor("registrar")
    started = time.perf_counter()
    refused = 0
    for start in range(0, len(lines), MOST_LINES):
        refused += len(take_over(node.house, registrar, lines[start : start + MOST_LINES]).refused)
    seconds = time.perf_counter() - started
    return Year(companies, visits, transfers, refused, Dossier.objects.filter(is_open=True).count(), seconds)


def officer_of(portal: Portal) -> str:
    """A security officer of the first generated company."""
    from relto.procedures.actors import Role  # noqa: PLC0415  Django is set up by then

    who = "security_officer_of_the_year"
    portal.node.add(who, Role.SECURITY_OFFICER, company=company_code(0), facility=facility_code(0))
    return who


def look(portal: Portal) -> dict[str, float]:
    """Every page that lists dossiers, and one dossier, as people of each role: milliseconds, the median of three."""
    from relto.store.models import Dossier  # noqa: PLC0415  Django is set up by then

    found: dict[str, float] = {}
    people = {"security_officer": officer_of(portal), "registrar": "registrar", "release_officer": "release_officer"}
    for role in _ROLES:
        browser = portal.as_person(people[role])
        rows = Dossier.objects.all()
        if role == "security_officer":
            rows = rows.filter(company=company_code(0))
        last = rows.order_by("-changed_at", "-id")[min(99, rows.count() - 1)]
        queries = ["", "?procedure=visit", "?procedure=transfer", "?state=submitted", f"?after={last.id}"]
        desks = ("/en/desk/", "/en/desk/queue/") if role == "release_officer" else ()
        asked = (*desks, *(f"/en/dossiers/{query}" for query in queries), f"/en/dossiers/{last.id}/")
        for path, milliseconds in page_milliseconds(browser, asked, _TRIES).items():
            found[f"{role} {path.replace(last.id, 'dos_...')}"] = milliseconds
    return found


def run(folder: Path, companies: int, visits: int, transfers: int) -> Year:
    """A node of its own in `folder`, the year loaded into it and looked at."""
    portal = portal_at_size(folder)
    year = load(portal, companies, visits, transfers)
    return Year(**{**asdict(year), "pages": look(portal)})


def main(arguments: list[str]) -> int:
    """Print what was loaded and how long each page took; 1 when the demand is not met."""
    parser = argparse.ArgumentParser(prog="generated_year", description=__doc__.splitlines()[0] if __doc__ else "")
    for name, usual in (("companies", 50), ("visits", 5000), ("transfers", 20000)):
        parser.add_argument(f"--{name}", type=int, default=usual)
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        year = run(Path(folder), asked.companies, asked.visits, asked.transfers)
    written = {**asdict(year), "slowest_milliseconds": year.slowest, "holds": year.holds}
    sys.stdout.write(json.dumps(written) + "\n")
    return 0 if year.holds else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
