"""A reconciliation as people read it: what both signed, and what the own side alone knows of its own records."""

from __future__ import annotations

from dataclasses import dataclass

from relto.base.canonical import Json, read_object
from relto.base.instants import Instant
from relto.exchange.reconciliation_certificate import LARGEST_CERTIFICATE
from relto.signing.envelope import read_envelope
from relto.store.models import Reconciliation


@dataclass(frozen=True, slots=True)
class ReconciliationView:
    """A run that ended. `state`: agree, differ, stopped; `code`: why it was stopped.

    `records`, `partner_records`: how many each side declared; `findings`, `alarms`: how many differ; `digest` of the
    certificate, "" of a stopped run.
    """

    id: str
    programme: str
    partner: str
    side: str
    state: str
    code: str
    started_by: str
    started_at: Instant
    ended_at: Instant
    records: int
    partner_records: int
    findings: int
    alarms: int
    digest: str
    entry: str


@dataclass(frozen=True, slots=True)
class ReconciliationDetail(ReconciliationView):
    """A run with what was found, as both signed it, and the own records that the partner lacks or holds otherwise.

    `messages`: by direction ("USA>IND") the number below which messages were compared, and how many were beyond.
    """

    differences: tuple[dict[str, Json], ...]
    own_records: tuple[dict[str, Json], ...]
    until: str
    messages: dict[str, Json]
    compared: tuple[str, ...]
    not_shown: tuple[str, ...]


def reconciliation_view(row: Reconciliation) -> ReconciliationView:
    """The run as a line of the list."""
    return ReconciliationView(
        id=row.id,
        programme=row.programme,
        partner=row.partner,
        side=row.side,
        state=row.state,
        code=row.code,
        started_by=row.started_by,
        started_at=row.started_at,
        ended_at=row.ended_at,
        records=row.records,
        partner_records=row.partner_records,
        findings=row.findings,
        alarms=row.alarms,
        digest=row.digest,
        entry=row.entry,
    )


def reconciliation_detail(row: Reconciliation) -> ReconciliationDetail:
    """The run with all that is kept of it. The certificate's signatures were verified before it was kept."""
    body: dict[str, Json] = {}
    if row.certificate is not None:
        payload = read_envelope(bytes(row.certificate), max_bytes=LARGEST_CERTIFICATE).payload
        body = read_object(payload, field="certificate", max_bytes=LARGEST_CERTIFICATE)
    bounds = _object(body.get("bounds"))
    line = reconciliation_view(row)
    return ReconciliationDetail(
        **{name: getattr(line, name) for name in ReconciliationView.__dataclass_fields__},
        differences=_objects(body.get("findings")),
        own_records=_objects(row.own_records),
        until=str(bounds.get("until", "")),
        messages=_object(bounds.get("messages")),
        compared=_texts(body.get("compared")),
        not_shown=_texts(body.get("not_shown")),
    )


def _object(value: Json) -> dict[str, Json]:
    return dict(value) if isinstance(value, dict) else {}


def _objects(value: Json) -> tuple[dict[str, Json], ...]:
    return tuple(one for one in value if isinstance(one, dict)) if isinstance(value, list) else ()


def _texts(value: Json) -> tuple[str, ...]:
    return tuple(str(one) for one in value) if isinstance(value, list) else ()
