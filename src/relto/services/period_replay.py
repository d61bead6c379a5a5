"""All decisions of a period made again: by the rules of their day, or by a proposal (promise 9).

Rules enforced here:
 1. An inspector, a release officer and a co-chair may replay a period. A co-chair is told counts; which decisions come
    out otherwise, by reference and item, is told to the other two alone. Who acted is told to nobody here.
 2. Nothing is recorded and nothing is changed. Decisions are read in order, a chunk at a time, and decided in processes
    of their own; an answer says up to which decision it came, and the next call goes on from there.
 3. By the rules of its day a decision must be equal in all but the engine's version, with the bundle that it cites, as
    far as the authorities had confirmed it then, and with the national overlay that it cites. A bundle or an overlay
    that is not here is counted, never guessed.
 4. Under a proposal a decision that cites an overlay is made again by the proposal with that overlay on it. When the
    two cannot be put together (the overlay is for other versions, or names what the proposal does not have), the
    decision is counted as not comparable: the proposal alone would seem to permit what the nation had suspended.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from relto.adapters.replaying.answering import RuleSet, opened
from relto.adapters.replaying.processes import CHUNK, DEFAULT_PROCESSES, ReplayProcesses
from relto.base.canonical import sha256_hex
from relto.base.errors import Conflict, MalformedInput, NotAvailable
from relto.base.instants import Instant, read_instant
from relto.procedures.actors import Actor, Role
from relto.rules.bundle import read_rules
from relto.rules.confirmations import NOBODY_CONFIRMED, Confirmations
from relto.rules.replaying import Change, Effect, Recorded, Replayed
from relto.services import active_bundle
from relto.services.authority_trust import trust
from relto.services.house import House
from relto.services.overlay_fit import read_kept
from relto.services.replays import recorded
from relto.store.models import AgreementBundle, DecisionRecord, NationalOverlay
from relto.store.queries.period import REPLAYERS, Cursor, in_chunks

LISTERS = (Role.INSPECTOR, Role.RELEASE_OFFICER)
MOST_LISTED = 1000
MOST_AT_ONCE = 1_000_000
"""Decisions of one call; the cursor of its answer leads on."""
MOST_OF_A_CALL = 5_000
"""Decisions of one call over the API: some seconds."""
HERE = 200
"""Up to so many decisions no process is started: starting one takes longer."""
Told = Callable[[int], None]
"""Told how many decisions were made again so far."""


@dataclass(frozen=True, slots=True)
class ChangedDecision:
    """A decision that comes out otherwise. `same` is False for one that is not as it was recorded, by its own rules."""

    reference: str
    action: str
    item: str
    at: Instant
    change: Change
    effect: Effect
    stops: tuple[str, ...]
    frees: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ActionCounts:
    """What became of the decisions of one action."""

    action: str
    replayed: int
    differ: int
    refused: int
    permitted: int
    other_reasons: int
    delayed: int
    prevented: int


@dataclass(frozen=True, slots=True)
class PeriodReplay:
    """What a replay gave. `proposal`: digest of the draft, "" by the rules of the day.

    `replayed` decisions were made again; `differ` of them are not as recorded (by the rules of the day), or come out
    otherwise (under a proposal): `refused`, `permitted` or for `other_reasons`; of those refused now, `delayed` or
    `prevented` (see relto.rules.replaying). `no_bundle`: decisions whose bundle or overlay this node does not
    hold; `not_comparable`: those whose overlay cannot be put on the rules that are asked. `changed`: those that
    differ, at most MOST_LISTED (`listed_whole`), None to whoever may read counts alone. `cursor` goes on where this
    ended, "" at the end of the period.
    """

    start: Instant
    end: Instant
    proposal: str
    version_proposed: int | None
    replayed: int
    differ: int
    refused: int
    permitted: int
    other_reasons: int
    delayed: int
    prevented: int
    no_bundle: int
    not_comparable: int
    by_action: tuple[ActionCounts, ...]
    changed: tuple[ChangedDecision, ...] | None
    listed_whole: bool
    cursor: str


def replay_period(
    house: House,
    actor: Actor,
    *,
    start: Instant,
    end: Instant,
    proposal: bytes | None = None,
    cursor: str = "",
    most: int = MOST_AT_ONCE,
    processes: int = DEFAULT_PROCESSES,
    progress: Told | None = None,
) -> PeriodReplay:
    """Decide the period again, by each decision's own rules or all by `proposal` (a bundle or an unsigned draft).

    Raises Refused("role"), MalformedInput for a period that ends before it starts, a cursor that is none, a draft that
    is none, or facts that are not as they were recorded; Unreachable("replay").
    """
    actor.require(*REPLAYERS)
    if not start <= end:
        raise MalformedInput("period", field="until", expected="an instant after the first")
    most = min(most, MOST_AT_ONCE)
    version = None if proposal is None else read_rules(proposal).version
    given = RuleSet(proposal, NOBODY_CONFIRMED) if proposal is not None else None
    sums = _Sums(lists=bool(actor.roles.intersection(LISTERS)), proposed=proposal is not None)
    reading = _Reading(house, given, in_chunks(actor, start, end, _cursor(cursor), min(CHUNK, max(most, 1))), most)
    first = next(reading, None)
    started = processes if first is not None and len(first) > HERE else 0
    with ReplayProcesses(reading.rules, started) as at_work:
        at_work.rules = reading.rules
        for answers in at_work.replayed(_again(first, reading)):
            sums.add(answers, reading.cited)
            if progress is not None:
                progress(sums.all["replayed"])
    return sums.answer(
        start, end, "" if proposal is None else sha256_hex(proposal), version, reading,
        f"{_to_the_microsecond(reading.last[0])}/{reading.last[1]}" if reading.last and not reading.ended else "",
    )  # fmt: skip


def _to_the_microsecond(moment: Instant) -> str:
    return moment.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def _cursor(text: str) -> Cursor | None:
    if not text:
        return None
    moment, _, reference = text.partition("/")
    return read_instant(moment, field="cursor"), reference[:32]


def _again(
    first: Sequence[tuple[int, Recorded]] | None, rest: Iterator[Sequence[tuple[int, Recorded]]]
) -> Iterator[Sequence[tuple[int, Recorded]]]:
    if first is not None:
        yield first
        yield from rest


class _Reading:
    """Chunks of records, each with the place of its rule set; the rule sets of the days as they turn up."""

    def __init__(self, house: House, given: RuleSet | None, chunks: Iterator[list[DecisionRecord]], most: int) -> None:
        self._house, self._chunks, self._left = house, chunks, most
        self._given, self._trust = given, trust(house)
        self.rules: list[RuleSet] = []
        self._places: dict[tuple[int | None, object, str], int | None] = {}
        self._digests: list[str] = []
        self.cited: set[str] = set()
        """References of decisions that cite another digest than the bundle of their version has."""
        self.no_bundle, self.not_comparable, self.ended = 0, 0, False
        self.last: Cursor | None = None

    def __iter__(self) -> _Reading:
        return self

    def __next__(self) -> Sequence[tuple[int, Recorded]]:
        if self._left <= 0:
            raise StopIteration
        rows = next(self._chunks, None)
        if rows is None:
            self.ended = True
            raise StopIteration
        rows = rows[: self._left]
        self._left -= len(rows)
        self.last = rows[-1].at, rows[-1].id
        found = []
        for row in rows:
            try:
                place = self._place(row)
            except NotAvailable:
                self.no_bundle += 1
                continue
            if place is None:
                self.not_comparable += 1
                continue
            if self._given is None and row.decision["bundle_digest"] != self._digests[place]:
                self.cited.add(row.id)
            found.append((place, recorded(row)))
        return found

    def _place(self, row: DecisionRecord) -> int | None:
        """Of the proposal or the bundle of its day with what was confirmed by then, and the overlay that it cites.

        None when that overlay cannot be put on it. Raises NotAvailable for what is not here.
        """
        overlay = active_bundle.overlay_of_decision(row.decision)
        if self._given is not None:
            version, known = None, NOBODY_CONFIRMED
        else:
            version = row.bundle_version
            known = self._trust.confirmations(until=row.at) if self._trust.confirmed else NOBODY_CONFIRMED
        key = version, known, overlay
        if key not in self._places:
            self._places[key] = self._added(version, known, overlay)
        return self._places[key]

    def _added(self, version: int | None, known: Confirmations, overlay: str) -> int | None:
        """The place of a rule set that turned up."""
        if self._given is not None:
            digest, one = "", self._given
        else:
            bundle = active_bundle.bundle_of_version(self._house, version)
            stored = AgreementBundle.objects.get(version=bundle.version)
            digest, one = bundle.digest, RuleSet(bytes(stored.file), known)
        if overlay:
            row = NationalOverlay.objects.filter(digest=overlay).first()
            if row is None:
                raise NotAvailable("overlay")
            one = replace(one, overlay=read_kept(self._house, bytes(row.file)).text())
            try:
                opened(one)
            except (Conflict, MalformedInput):
                return None
        self.rules.append(one)
        self._digests.append(digest)
        return len(self.rules) - 1


class _Sums:
    """Counts and, for those allowed, the list."""

    def __init__(self, *, lists: bool, proposed: bool) -> None:
        self._proposed = proposed
        self._changed: list[ChangedDecision] | None = [] if lists else None
        self._by_action: dict[str, Counter[str]] = {}
        self.all: Counter[str] = Counter()

    def add(self, answers: Sequence[Replayed], cited: set[str]) -> None:
        """One chunk's answers."""
        for one in answers:
            differs = one.change != "none" if self._proposed else not one.same or one.reference in cited
            kinds = ["replayed"]
            if differs:
                kinds += ["differ", *(word for word in (one.change, one.effect) if word != "none")]
            for counts in (self.all, self._by_action.setdefault(one.action, Counter())):
                counts.update(kinds)
            if differs and self._changed is not None and len(self._changed) < MOST_LISTED:
                self._changed.append(
                    ChangedDecision(
                        one.reference, one.action, one.item, one.at, one.change, one.effect, one.stops, one.frees
                    )
                )

    def answer(  # noqa: PLR0917  what was asked
        self, start: Instant, end: Instant, proposal: str, version: int | None, reading: _Reading, cursor: str
    ) -> PeriodReplay:
        """The view."""
        names = ("replayed", "differ", "refused", "permitted", "other_reasons", "delayed", "prevented")
        return PeriodReplay(
            start=start,
            end=end,
            proposal=proposal,
            version_proposed=version,
            **{name: self.all[name] for name in names},
            no_bundle=reading.no_bundle,
            not_comparable=reading.not_comparable,
            by_action=tuple(
                ActionCounts(action, **{name: counts[name] for name in names})
                for action, counts in sorted(self._by_action.items())
            ),
            changed=None if self._changed is None else tuple(self._changed),
            listed_whole=self.all["differ"] <= MOST_LISTED,
            cursor=cursor,
        )
