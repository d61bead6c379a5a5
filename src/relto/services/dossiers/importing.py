"""Filled data in: a form that another program filled, and records kept elsewhere, taken over with their past.

Promises (issue of procedures, part 10):
 1. A form that comes as data is checked as one that is typed: it begins a dossier, and all findings are told; one that
    cannot be read begins nothing.
 2. A record that is taken over becomes a dossier with the steps that were taken elsewhere, in the order of the table,
    each marked as taken over and, on this side, by whom; no guard is asked and no effect runs. It gets
    one ledger entry, which commits to the digest of its line.
 3. The partner is told nothing: so a record of a procedure between two nodes is taken over only while nobody there
    would have to know of it, or when it has ended.
 4. A line is known by its digest and is taken over once, however often it comes; one that cannot be taken over is
    refused by its place and code, and holds nothing up. A batch is one atomic step.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import IntegrityError, transaction

from relto.base.canonical import Json, canonical_bytes, read_object, sha256_hex
from relto.base.errors import Conflict, MalformedInput, Refused, ReltoError, TooLarge, Unreachable
from relto.base.instants import Instant, instant_text, read_instant
from relto.ledger.leaves import LeafEvent
from relto.procedures.actors import AUTHORITY_ROLES, Actor, Role
from relto.procedures.findings import Weighed
from relto.procedures.forms.reading import read_answers
from relto.procedures.packs.registry import procedure as pack_named
from relto.procedures.procedure import BETWEEN, Procedure
from relto.procedures.table import ASKING
from relto.services import active_bundle
from relto.services.book import PreparedEntry, prepare, record
from relto.services.dossiers import beginning, verbs
from relto.services.dossiers.changing import digest_of, enter_state, keep_answers, partner_in
from relto.services.dossiers.clocks import counted
from relto.services.dossiers.known import Rules
from relto.services.dossiers.stopped import answers_refused
from relto.services.dossiers.subjects import keyed
from relto.services.dossiers.views import DossierView
from relto.services.dossiers.weighing import readable
from relto.services.house import House
from relto.services.numbers import A_LIFE
from relto.store.models import Dossier, DossierDue, DossierKey, DossierStep
from relto.store.models.dossiers import DossierTakenOver
from relto.store.queries.dossiers import key_of, numbers_begun
from relto.store.queries.standing import lives

MOST_LINES: Final = 200
LONGEST_LINE: Final = 64 * 1024
LARGEST_FORM: Final = 1024 * 1024
TAKEN_OVER: Final = "taken_over"
_MOST_STEPS: Final = 100
_LINE: Final = frozenset({"procedure", "answers", "opened", "steps"})
_STEP: Final = frozenset({"step", "at", "answers", "note"})
_NOTE: Final = 200
_DIGITS: Final = 4


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a form: the dossier that it began, None when it cannot be read; and what is found."""

    view: DossierView | None
    findings: tuple[Weighed, ...]


@dataclass(frozen=True, slots=True)
class RefusedLine:
    """A line that was not taken over. `line`: counted from 0 in its batch; `code`: full code of the error."""

    line: int
    code: str
    field: str


@dataclass(frozen=True, slots=True)
class TakenOver:
    """What became of a batch. `numbers`: of the new dossiers in order; `known`: how many lines were here before."""

    numbers: tuple[str, ...]
    known: int
    refused: tuple[RefusedLine, ...]


def import_form(house: House, actor: Actor, data: bytes) -> Imported:
    """Begin a dossier from data: {"procedure", "answers"}. Nothing is begun when an answer cannot be read.

    Raises MalformedInput or TooLarge for other data, UnknownValue("procedure"), Refused("role").
    """
    value = read_object(data, field="form", max_bytes=LARGEST_FORM)
    procedure, answers = value.get("procedure"), value.get("answers")
    if not isinstance(procedure, str) or not isinstance(answers, dict):
        raise MalformedInput("form", field="form", expected='an object with "procedure" and "answers"')
    return begin_filled(house, actor, procedure, answers)


def begin_filled(house: House, actor: Actor, procedure: str, answers: Mapping[str, Any]) -> Imported:
    """The same from the read object."""
    findings = verbs.check_form(house, actor, procedure, answers)
    _, unreadable = read_answers(pack_named(procedure).form, answers, whole=False)
    if unreadable:
        return Imported(None, findings)
    return Imported(verbs.begin(house, actor, procedure, answers), findings)


def take_over(house: House, actor: Actor, lines: Sequence[bytes]) -> TakenOver:
    """Take over a batch of records, 200 lines at most, in one step. Registrars; security officers for their company.

    A line is JSON: {"procedure", "answers", "opened", "steps": [{"step", "at", "answers", "note"}]}. A company's
    officer takes over what her company's people did, and never what an authority did. Raises Refused("role"),
    TooLarge("lines").
    """
    actor.require(Role.REGISTRAR, Role.SECURITY_OFFICER)
    if len(lines) > MOST_LINES:
        raise TooLarge("lines", field="lines", found=len(lines), expected=f"at most {MOST_LINES}")
    now = house.now()
    rules = Rules.of(active_bundle.active(house, now))
    read: dict[str, _Line] = {}
    refused: list[RefusedLine] = []
    for place, line in enumerate(lines):
        try:
            found = _read_line(house, rules, line, now)
            _require_own(actor, found)
            read.setdefault(found.digest, found)
        except ReltoError as error:
            refused.append(RefusedLine(place, error.full_code, error.field or ""))

    def step() -> TakenOver:
        known = set(DossierTakenOver.objects.filter(digest__in=list(read)).values_list("digest", flat=True))
        fresh = [one for digest, one in read.items() if digest not in known]
        numbers = _store(house, actor, rules, fresh, now)
        return TakenOver(numbers, len(lines) - len(refused) - len(fresh), tuple(refused))

    return house.commit(step)


@dataclass(frozen=True, slots=True)
class _PastStep:
    step: str
    before: str
    state: str
    at: Instant
    side: str
    answers: Mapping[str, Any]
    note: str


@dataclass(frozen=True, slots=True)
class _Line:
    digest: str
    pack: Procedure
    answers: dict[str, Any]
    partner: str
    opened: Instant
    steps: tuple[_PastStep, ...]

    @property
    def state(self) -> str:
        return self.steps[-1].state if self.steps else self.pack.table.start


def _read_line(house: House, rules: Rules, line: bytes, now: Instant) -> _Line:
    value = read_object(line, field="line", max_bytes=LONGEST_LINE)
    if set(value) - _LINE or not isinstance(value.get("answers"), dict) or not isinstance(value.get("steps", []), list):
        raise MalformedInput("taken_over", field="line", expected=", ".join(sorted(_LINE)))
    pack = pack_named(str(value.get("procedure")))
    answers = readable(pack, value["answers"])  # type: ignore[arg-type]
    opened = _past(value.get("opened"), now, "opened")
    steps = _read_steps(pack, value.get("steps", []), opened, now)  # type: ignore[arg-type]
    found = _Line(
        digest=sha256_hex(canonical_bytes(value)),
        pack=pack,
        answers=answers,
        partner=partner_in(house, rules, pack, answers),
        opened=opened,
        steps=steps,
    )
    if pack.reach == BETWEEN and (_partner_would_know(found) or found.state in pack.binds_all):
        raise Conflict(
            "taken_over_open", field="steps", found=found.state, expected="one that has ended or was not sent"
        )
    return found


def _require_own(actor: Actor, line: _Line) -> None:
    """A company's officer takes over what her company's people did; what an authority did, a registrar does.

    Raises Refused("role").
    """
    if actor.roles & AUTHORITY_ROLES:
        return
    actor.require(*line.pack.begins)
    for one in line.steps:
        roles = line.pack.table.transition(one.step).roles
        if one.side != ASKING or (roles and not actor.roles & roles):
            raise Refused("role", field="steps", found=one.step, expected=" or ".join(sorted(roles)))


def _partner_would_know(line: _Line) -> bool:
    """Whether the other node would have to hold this open dossier too."""
    sent = any(line.pack.step(one.step).sends for one in line.steps)
    return sent and line.state not in line.pack.table.final


def _read_steps(pack: Procedure, given: Sequence[Any], opened: Instant, now: Instant) -> tuple[_PastStep, ...]:
    if len(given) > _MOST_STEPS:
        raise TooLarge("steps", field="steps", found=len(given), expected=f"at most {_MOST_STEPS}")
    steps: list[_PastStep] = []
    state, last = pack.table.start, opened
    for place, one in enumerate(given):
        field = f"steps/{place}"
        if not isinstance(one, dict) or set(one) - _STEP or not isinstance(one.get("answers", {}), dict):
            raise MalformedInput("taken_over", field=field, expected=", ".join(sorted(_STEP)))
        transition = pack.table.transition(str(one.get("step")))
        if state not in transition.sources:
            raise Conflict("state", field=field, found=state, expected=" or ".join(sorted(transition.sources)))
        at = _past(one.get("at"), now, f"{field}/at")
        if at < last:
            raise MalformedInput("instant", field=f"{field}/at", expected="not before the step ahead of it")
        answers = _step_answers(pack, transition.name, one.get("answers", {}))
        target = transition.target or state
        side, note = transition.side or ASKING, str(one.get("note", ""))[:_NOTE]
        steps.append(_PastStep(transition.name, state, target, at, side, answers, note))
        state, last = target, at
    return tuple(steps)


def _step_answers(pack: Procedure, step: str, given: Mapping[str, Any]) -> dict[str, Any]:
    form = pack.step(step).form
    if form is None:
        if given:
            raise MalformedInput("taken_over", field=f"{step}/answers", expected="none")
        return {}
    answers, findings = read_answers(form, given, whole=False)
    if findings:
        raise answers_refused(findings)
    return answers


def _past(given: object, now: Instant, field: str) -> Instant:
    at = read_instant(given, field=field)
    if at > now:
        raise MalformedInput("instant", field=field, expected="an instant that has passed")
    return at


def _store(house: House, actor: Actor, rules: Rules, fresh: Sequence[_Line], now: Instant) -> tuple[str, ...]:
    """Write the batch, table by table. Inside a step."""
    company = beginning.own_company(actor) if not actor.roles & AUTHORITY_ROLES else ""
    numbers = _Numbers(str(house.nation))
    rows: list[Dossier] = []
    steps: list[DossierStep] = []
    keys: list[DossierKey] = []
    dues: list[DossierDue] = []
    entries: list[PreparedEntry] = []
    for line in fresh:
        row = _row(house, actor, rules, line, company, numbers.next(line.pack.prefix, line.opened.year))
        entry = _entry(house, actor, row, line, rules, now)
        row.entry = entry.entry
        rows.append(row)
        entries.append(entry)
        steps.extend(_step_rows(actor, row, line))
        keys.extend(
            DossierKey(dossier=row, digest=digest)
            for digest in sorted({key_of(kind, code) for kind, code in keyed(line.pack, line.answers)})
        )
        dues.extend(counted(house, rules, row, line.pack))
    try:
        with transaction.atomic():
            Dossier.objects.bulk_create(rows)
    except IntegrityError as error:
        raise Unreachable("number", field="number", expected="a free number") from error
    for entry in entries:
        record(house, entry)
    DossierStep.objects.bulk_create(steps)
    DossierKey.objects.bulk_create(keys)
    DossierDue.objects.bulk_create(dues)
    DossierTakenOver.objects.bulk_create(
        DossierTakenOver(digest=line.digest, dossier=row, at=now) for line, row in zip(fresh, rows, strict=True)
    )
    return tuple(row.number for row in rows)


class _Numbers:
    """The numbers of a batch, each after the last; counted once for each procedure and year. Inside a step."""

    def __init__(self, nation: str) -> None:
        self._nation = nation
        self._last: dict[str, int] = {}

    def next(self, prefix: str, year: int) -> str:
        """The next number of the year in which the record was opened."""
        start = f"{prefix}-{year:04d}-"
        last = self._last.get(start)
        if last is None:
            last = lives() * A_LIFE + numbers_begun(self._nation, start)
        self._last[start] = last + 1
        return f"{start}{last + 1:0{_DIGITS}d}"


def _row(  # noqa: PLR0917  the house and its rules, the record and its number
    house: House, actor: Actor, rules: Rules, line: _Line, company: str, number: str
) -> Dossier:
    identity, pack = house.new_id("dos"), line.pack
    row = Dossier(
        id=identity,
        origin=identity,
        nation=house.nation,
        number=number,
        procedure=pack.code,
        form_version=pack.form.version,
        side=ASKING,
        partner=line.partner,
        state=pack.table.start,
        bundle_version=rules.bundle.version,
        bundle_digest=rules.bundle.digest,
        opened_by=actor.person,
        opened_at=line.opened,
    )
    keep_answers(row, pack, line.answers, company)
    enter_state(row, pack, pack.table.start, line.opened)
    for one in line.steps:
        enter_state(row, pack, one.state, one.at)
    return row


def _entry(  # noqa: PLR0917  as above
    house: House, actor: Actor, row: Dossier, line: _Line, rules: Rules, now: Instant
) -> PreparedEntry:
    details: dict[str, Json] = {
        "procedure": row.procedure,
        "number": row.number,
        "state": row.state,
        "answers_sha256": digest_of(row.answers),
        "bundle": rules.bundle.version,
        "taken_over_sha256": line.digest,
        "steps": len(line.steps),
        "opened": instant_text(line.opened),
    }
    return prepare(
        house,
        LeafEvent.DOSSIER_BEGUN,
        actor=actor.person,
        subject=row.id,
        company=row.company,
        details=details,
        at=now,
    )


def _step_rows(actor: Actor, row: Dossier, line: _Line) -> list[DossierStep]:
    return [
        DossierStep(
            dossier=row,
            position=place,
            step=one.step,
            before=one.before,
            state=one.state,
            at=one.at,
            side=one.side,
            by=actor.person if one.side == ASKING else row.partner,
            role=TAKEN_OVER,
            signers=[],
            answers=dict(one.answers),
            reason=one.note,
            entry=row.entry,
        )
        for place, one in enumerate(line.steps, 1)
    ]
