"""Mixed load on several processes of a kind over PostgreSQL, with kills and rolling restarts: what callers see of it.

A cluster of PostgreSQL of its own (with fsync) and two training nodes. The one under load has two processes each of
portal, key service and worker. People read signed-in pages, ask the API, seal and register documents, release them to
the partner and open them. For the first six tenths of the time a process of the node is killed (SIGKILL) or a kind is
replaced by `relto node restart --rolling`'s own function, drawn from a seed; then it is left alone, so that the same
processes are weighed at the beginning, the middle and the end of that rest.

A caller's normal retry: who got no answer (Unreachable, or a browser's broken connection) asks again for up to thirty
seconds, and looks first whether it was done. An error is what is left after that, or any other answer than the
expected. Lost: what was acknowledged and is not found afterwards in register, cases, arrivals and the ledger, verified
offline with pinned keys. Doubled: a document registered twice, a release asked for or received twice.

    python bench/load.py [--minutes 10] [--seed 1] [--base-port 27700]
"""

from __future__ import annotations

import os
import random
import re
import shutil
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import httpx
from measuring import arguments, heading
from measuring.serving import Disturbed, Loopback, weigh

from relto.base.errors import ReltoError, Unreachable
from relto.cli.demo import straight_path_on
from relto.client import NodeClient
from relto.client.answers import Item, ReleaseCase
from relto.client.verification import verified, verify_folder_on_disk
from relto.node.groups import replace_processes
from relto.node.processes import Supervisor
from relto.node.settings import read_settings
from relto.node.training_ground import Ground, ground_children, prepare_ground
from relto.rehearsal.documents import DemoDocument
from relto.rehearsal.passage import announcement
from relto.rehearsal.straight_path import StraightPath
from tests.support.postgresql import throw_away_cluster

T = TypeVar("T")
SEVERAL = ("key_service", "portal", "worker")
RETRY_SECONDS, RETRY_PAUSE = 30.0, 0.2
DISTURBED_PART, EVERY_SECONDS = 0.6, 8.0
GROWTH_RATIO, GROWTH_MIB = 1.10, 8.0
DELIVERY_SECONDS = 180.0
PAGES = ("/en/", "/en/items/", "/en/register/", "/en/cases/")
_FORM = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
_DESPITE = "a load's own text, without markings"


def registered(item: Item) -> bool:
    """Its container arrived; one that was only announced can be neither opened nor released."""
    return item.state != "announced"


class Doubled(Exception):
    """Something was done twice."""


@dataclass
class Seen:
    """What the callers saw: by kind the seconds of each thing done; what failed; how often they asked again."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: Counter[str] = field(default_factory=Counter)
    again: Counter[str] = field(default_factory=Counter)
    titles: list[str] = field(default_factory=list)
    items: dict[str, str] = field(default_factory=dict)
    cases: dict[str, str] = field(default_factory=dict)
    entries: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def done(self, kind: str, seconds: float) -> None:
        """One thing was done, its retries included in the seconds."""
        with self._lock:
            self.seconds[kind].append(seconds)

    def failed(self, kind: str, why: str) -> None:
        """A caller saw an error."""
        with self._lock:
            self.errors[f"{kind}: {why}"] += 1

    def asked_again(self, kind: str) -> None:
        """A caller got no answer and tries again."""
        with self._lock:
            self.again[kind] += 1


class Callers:
    """The people, each in a thread of her own with a client of her own."""

    def __init__(self, path: StraightPath, folder: Path, seen: Seen, stopping: threading.Event) -> None:
        """`path`: prepared, so that everybody is engaged and vouched for."""
        self._path, self._folder, self._seen, self._stopping = path, folder, seen, stopping
        usa = path.usa
        self._origin = usa.place.portal_url
        self._clients: list[NodeClient] = []
        self._numbers: Iterator[int] = iter(range(10**9))
        self._label = path.eastward.label()
        works = [self._page, self._page, self._api, self._seal, self._release, self._open, self._open]
        self._threads = [threading.Thread(target=self._repeat, args=(work, n)) for n, work in enumerate(works)]

    def start(self) -> None:
        """All begin."""
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        """All end, after what they are doing."""
        for thread in self._threads:
            thread.join()
        for client in self._clients:
            client.close()

    def _client(self, part: str) -> NodeClient:
        credential = self._path.usa[part].credential
        client = NodeClient(self._origin, credential.client_id, credential.client_secret)
        self._clients.append(client)
        return client

    def _repeat(self, work: Callable[[], Callable[[], str]], number: int) -> None:
        once = work()
        time.sleep(number * 0.05)
        while not self._stopping.is_set():
            kind = work.__name__.strip("_")
            begun = time.perf_counter()
            try:
                kind = once()
            except ReltoError as error:
                self._seen.failed(kind, f"{error.full_code} {error.field} {error.found}")
            except (httpx.HTTPError, Doubled) as error:
                self._seen.failed(kind, f"{type(error).__name__} {error}")
            else:
                if kind:
                    self._seen.done(kind, time.perf_counter() - begun)
            self._stopping.wait(0.05)

    def _retried(self, kind: str, act: Callable[[], T], found: Callable[[], T | None] = lambda: None) -> T:
        """`act`, again while there is no answer; before that `found` looks whether it was done all the same."""
        until, lost = time.monotonic() + RETRY_SECONDS, False
        while True:
            try:
                if lost and (before := found()) is not None:
                    return before
                return act()
            except (Unreachable, httpx.RequestError):
                if time.monotonic() > until:
                    raise
                lost = True
                self._seen.asked_again(kind)
                time.sleep(RETRY_PAUSE)

    def _page(self) -> Callable[[], str]:
        browser = httpx.Client(transport=Loopback(), follow_redirects=True, timeout=60)
        link = self._origin + self._path.usa.registrar.node.sign_in_link(self._path.usa["engineer"].person).path
        form = _FORM.search(browser.get(link).text)
        if form is None:
            raise SystemExit("no form behind the sign-in link")
        browser.post(link, data={"csrfmiddlewaretoken": form[1]}, headers={"Referer": link, "Origin": self._origin})
        drawn = {page: browser.get(self._origin + page) for page in PAGES}
        pages = [one for one, seen in drawn.items() if seen.is_success and "/sign-in/" not in str(seen.url)]
        if not pages:
            raise SystemExit("no page is there for who signed in")

        def once() -> str:
            page = self._origin + random.choice(pages)  # noqa: S311  a load, not a secret
            answer = self._retried("page", lambda: browser.get(page))
            if answer.status_code != httpx.codes.OK or "/sign-in/" in str(answer.url):
                raise httpx.HTTPStatusError(f"{answer.status_code}", request=answer.request, response=answer)
            return "page"

        return once

    def _api(self) -> Callable[[], str]:
        officer = self._client("release_officer")

        def once() -> str:
            self._retried("api", officer.cases)
            return "api"

        return once

    def _seal(self) -> Callable[[], str]:
        engineer = self._client("engineer")

        def once() -> str:
            title = f"A load's document {next(self._numbers)}"
            file = self._folder / f"{title.rpartition(' ')[2]}.bin"
            file.write_bytes(os.urandom(64 * 1024))
            document = DemoDocument(file, title, "application/octet-stream", despite=_DESPITE)

            def found() -> tuple[str, str] | None:
                return next(
                    ((one.id, one.entry) for one in engineer.items() if one.title == title and registered(one)), None
                )

            def act() -> tuple[str, str]:
                made = engineer.seal(file, announcement(document, self._label), despite_faults=_DESPITE)
                return made.id, made.entry

            item, entry = self._retried("seal", act, found)
            self._seen.items[item] = title
            self._seen.titles.append(title)
            if entry:
                self._seen.entries.append(entry)
            return "seal and register"

        return once

    def _release(self) -> Callable[[], str]:
        security, officer = self._client("security_officer"), self._client("release_officer")
        ind, asked = self._path.ind, set[str]()
        readers = [(ind["engineer"].person, "analyses the data in the programme")]

        def once() -> str:
            item = next((one for one in list(self._seen.items) if one not in asked), None)
            if item is None:
                return ""
            asked.add(item)

            def cases_of() -> list[ReleaseCase]:
                return [case for case in security.cases() if case.id in security.item(item).cases]

            def ask() -> str:
                made = security.request_release(item, "IND", ind.company.facility, readers, "joint analysis of a load")
                return made.id

            case = self._retried("release", ask, lambda: next((one.id for one in cases_of()), None))

            def decide() -> str:
                seen = officer.case(case)
                accepts = [gate.gate for gate in seen.gates if gate.unconfirmed]
                return officer.decide_case(case, "release", "all gates hold", accepts).entry

            def decided() -> str | None:
                seen = officer.case(case)
                return seen.entry if seen.decided_by else None

            self._seen.entries.append(self._retried("release", decide, decided))
            self._seen.cases[case] = item
            return "release"

        return once

    def _open(self) -> Callable[[], str]:
        engineer = self._client("engineer")

        def once() -> str:
            known = list(self._seen.items)
            if not known:
                return ""
            item, target = random.choice(known), self._folder / f"{threading.get_ident()}.opened"  # noqa: S311  a load

            def act() -> bytes:
                target.unlink(missing_ok=True)
                return engineer.open_item(item, target).path.read_bytes()

            opened = self._retried("opening", act)
            if opened != (self._folder / f"{self._seen.items[item].rpartition(' ')[2]}.bin").read_bytes():
                raise Doubled("other bytes than were sealed")
            return "opening"

        return once


def look_after(path: StraightPath, seen: Seen, folder: Path) -> dict[str, int]:
    """What is lost or doubled, when all that was decided had time to arrive."""
    found: Counter[str] = Counter()
    officer, there = path.usa["release_officer"].node, path.ind["release_officer"].node
    ends = time.monotonic() + DELIVERY_SECONDS
    while time.monotonic() < ends:
        states = {case.id: case.state for case in officer.cases()}
        if all(states.get(case) in ("delivered", "accepted") for case in seen.cases):
            break
        time.sleep(1.0)
    found["lost: releases not delivered"] = sum(states.get(one) not in ("delivered", "accepted") for one in seen.cases)
    arrived = Counter(one.release for one in there.arrivals())
    found["lost: releases that did not arrive"] = sum(not arrived[one] for one in seen.cases)
    found["doubled: arrivals"] = sum(number > 1 for number in arrived.values())
    titles = Counter(one.title for one in path.usa["engineer"].node.items() if registered(one))
    found["lost: documents"] = sum(not titles[title] for title in seen.titles)
    found["doubled: documents"] = sum(titles[title] > 1 for title in seen.titles)
    found["doubled: cases"] = sum(
        number > 1 for number in Counter(one.item.id for one in officer.cases() if one.id in seen.cases).values()
    )
    inspector = path.usa["inspector"].node
    for entry in seen.entries:
        state = ""
        while state != "agreed" and time.monotonic() < ends:
            state = inspector.entry(entry).state
            if state != "agreed":
                time.sleep(0.5)
        found["lost: entries not agreed"] += state != "agreed"
    found["doubled: entries"] = len(seen.entries) - len(set(seen.entries))
    for nation in (path.usa, path.ind):
        exported = folder / f"ledger-{nation.place.nation}"
        nation["inspector"].node.export_ledger(exported)
        report = verify_folder_on_disk(exported, path.stage.trust_file)
        found[f"ledger of {nation.place.nation} does not verify"] = int(not verified(report))
        print(f"ledger of {nation.place.nation}: {report.size} entries")
    return dict(found)


def run(folder: Path, minutes: float, seed: int, base_port: int | None, database: str) -> int:
    """The whole run; how many demands did not hold."""
    ground = prepare_ground(folder / "ground", base_port, database=database)
    told = ground.node("USA") / "node.toml"
    without = re.sub(r"^levels = .*$", "levels = []", told.read_text("utf-8"), count=1, flags=re.MULTILINE)
    several = "".join(f"{kind} = 2\n" for kind in SEVERAL)
    told.write_text(f"{without}\n[processes]\n{several}", "utf-8")  # several portals have no reading room
    supervisor = Supervisor(ground_children(ground))
    try:
        supervisor.start(seconds=240)
        return _loaded(ground, supervisor, folder, minutes, seed)
    finally:
        supervisor.stop()


def _loaded(ground: Ground, supervisor: Supervisor, folder: Path, minutes: float, seed: int) -> int:
    path = straight_path_on(ground, [], lambda _step: None)
    path.prepare()
    seen, stopping, files = Seen(), threading.Event(), folder / "files"
    files.mkdir()
    callers = Callers(path, files, seen, stopping)
    locks = read_settings(ground.node("USA")).folder.locks
    disturbed = Disturbed(supervisor, "USA", SEVERAL, lambda kind: replace_processes(locks, kind, seconds=240), seed)
    callers.start()
    begun = time.monotonic()
    disturbed.go_on(begun + minutes * 60 * DISTURBED_PART, EVERY_SECONDS)
    rest = max(0.0, begun + minutes * 60 - time.monotonic())
    weights = [weigh(supervisor, "USA", SEVERAL)]
    for _ in ("its middle", "its end"):
        disturbed.watch(time.monotonic() + rest / 2)
        weights.append(weigh(supervisor, "USA", SEVERAL))
    stopping.set()
    callers.join()
    seconds = time.monotonic() - begun
    errors = _tell_seen(seen, disturbed, seconds)
    found = look_after(path, seen, folder)
    path.close()
    return errors + _tell_found(found, disturbed, weights)


def _tell_seen(seen: Seen, disturbed: Disturbed, seconds: float) -> int:
    """What the callers saw; how many errors."""
    print(f"{seconds:.0f} seconds; {', '.join(f'{number} {what}' for what, number in sorted(disturbed.done.items()))}")
    for kind, each in sorted(seen.seconds.items()):
        ordered = sorted(each)
        p50, p99 = ordered[len(ordered) // 2], ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)]
        asked = seen.again[kind.split(" ")[0]]
        print(f"{kind:18} {len(each):6} done, p50 {p50 * 1000:7.0f} ms, p99 {p99 * 1000:7.0f} ms, asked again {asked}")
    errors: int = sum(seen.errors.values())
    print(f"errors that a caller saw: {errors}")
    for what, number in seen.errors.most_common(20):
        print(f"  {number} {what}")
    return errors


def _tell_found(found: dict[str, int], disturbed: Disturbed, weights: list[dict[tuple[str, int], float]]) -> int:
    """What was found afterwards; how many demands did not hold."""
    grown = 0
    for kind, process in sorted(weights[0]):
        each = [weight.get((kind, process), 0.0) for weight in weights]
        flat = each[2] <= each[0] * GROWTH_RATIO + GROWTH_MIB and all(each)
        grown += not flat
        print(f"{kind:12} MiB {' '.join(f'{one:6.1f}' for one in each)}{'' if flat else '  NOT FLAT'}")
    demands: dict[str, int] = {**found, "processes that grew or ended in the rest": grown, **disturbed.failed}
    for what, number in demands.items():
        print(f"{what}: {number}")
    return sum(demands.values())


def main() -> int:
    """Run it; exit status 1 when anything did not hold."""
    given = arguments(
        __doc__ or "",
        minutes=(float, 10.0, "how long the load lasts"),
        seed=(int, 1, "of kills and restarts"),
        base_port=(int, None, "first of twelve ports"),
    )
    heading(f"two processes each of {', '.join(SEVERAL)}; PostgreSQL with fsync; seed {given.seed}")
    folder = Path(tempfile.mkdtemp(prefix="relto-load-"))
    try:
        with throw_away_cluster(durable=True) as socket:
            wrong = run(folder, given.minutes, given.seed, given.base_port, f"postgresql://relto@/relto?host={socket}")
    finally:
        with suppress(OSError):
            shutil.rmtree(folder)
    print("all holds" if not wrong else f"{wrong} DID NOT HOLD")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
