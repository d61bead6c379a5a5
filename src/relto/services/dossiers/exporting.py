"""A dossier as data: everything that stands in it, signed by its node, with the proof of each of its ledger entries.

Promises (issue of procedures, part 10): nothing is only in the portal; the file is whole and verifies offline with the
node's public key and the logs' (`relto.client.dossier_files`): the record's signature, each entry's leaf against its
details, each leaf against the newest checkpoint (C2SP tlog-proof). An entry that no checkpoint covers yet has no proof,
and says so. Who may see a dossier may take it away; the partner is never given this file, its shared fields travel as
messages.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from relto.base.canonical import Json, canonical_bytes, read_json
from relto.base.instants import instant_text
from relto.ledger.proofs import write_proof
from relto.ledger.tiles import TileReader
from relto.ports.log_files import LogFiles
from relto.procedures.actors import Actor
from relto.procedures.forms.json_schema import form_schema
from relto.procedures.packs.registry import procedure as pack_named
from relto.services.checkpoints import cosigned_note
from relto.services.dossiers.looking import dossier as dossier_detail
from relto.services.dossiers.views import DossierDetail, TakenView
from relto.services.house import House
from relto.signing.statements import sign_statement
from relto.store.queries.ledger import newest_checkpoint
from relto.store.queries.registers import StoredEntry, stored_entries

EXPORT, RECORD = "dossier-export", "dossier-record"
VERSION = 1


def form_as_schema(procedure: str, step: str = "", *, whole: bool = True) -> dict[str, Any]:
    """JSON Schema of a procedure's main form, or of the form of one of its steps. Raises UnknownValue, MalformedInput.

    A step without a form of its own has the schema of an empty object.
    """
    pack = pack_named(procedure)
    if not step:
        return form_schema(pack.form, whole=whole)
    pack.table.transition(step)
    form = pack.step(step).form
    return form_schema(form, whole=whole) if form is not None else {"type": "object", "additionalProperties": False}


def export_dossier(house: House, actor: Actor, dossier: str, files: LogFiles | None = None) -> bytes:
    """The file: canonical JSON of the signed record and its entries. `files`: of the node's log, for the proofs.

    Raises NotAvailable("dossier") for one that the actor may not see.
    """
    detail = dossier_detail(house, actor, dossier)
    signed = sign_statement(RECORD, VERSION, record_of(detail), [house.node_key])
    return canonical_bytes(
        {
            "type": EXPORT,
            "version": VERSION,
            "record": read_json(signed, field="record"),
            "entries": entries_of(detail.view.id, files),
        }
    )


def record_of(detail: DossierDetail) -> dict[str, Json]:
    """Everything that stands in a dossier, as data."""
    view = detail.view
    return {
        "number": view.number,
        "nation": view.nation,
        "procedure": view.procedure,
        "form": {"code": pack_named(view.procedure).form.code, "version": detail.form_version},
        "side": view.side,
        "partner": view.partner,
        "parent": view.parent,
        "state": view.state,
        "opened": instant_text(view.opened),
        "changed": instant_text(view.changed),
        "bundle": {"version": detail.bundle_version, "digest": detail.bundle_digest},
        "answers": dict(detail.answers),
        "steps": [step_record(one) for one in detail.steps],
    }


def step_record(
    one: TakenView, answers: Mapping[str, Any] | None = None, *, with_reason: bool = True
) -> dict[str, Json]:
    """A step that was taken. `answers`: those that are told, all when None."""
    return {
        "step": one.step,
        "before": one.before,
        "state": one.state,
        "at": instant_text(one.at),
        "side": one.side,
        "by": one.by,
        "role": one.role,
        "signers": [
            {"by": who.by, "role": who.role, "at": _instant(who.at), "entry": who.entry} for who in one.signers
        ],
        "answers": dict(one.answers if answers is None else answers),
        "reason": one.reason if with_reason else "",
        "entry": one.entry,
        "message": one.message,
        "overtaken": one.overtaken,
        "refused": one.refused,
    }


def entries_of(subject: str, files: LogFiles | None) -> list[Json]:
    """The ledger entries about a dossier that the caller's scope let through, each with its proof if there is one."""
    found = stored_entries([subject], [])
    proofs = _proofs(found, files)
    return [
        {
            "entry": one.entry,
            "event": one.event,
            "at": instant_text(one.recorded_at),
            "leaf": base64.b64encode(bytes(one.leaf)).decode("ascii"),
            "salt": bytes(one.salt).hex(),
            "details": dict(one.details),  # type: ignore[arg-type]
            "proof": proofs.get(one.entry, ""),
        }
        for one in found
    ]


def _proofs(found: Sequence[StoredEntry], files: LogFiles | None) -> dict[str, str]:
    newest = newest_checkpoint()
    if files is None or newest is None or not newest.size:
        return {}
    note, reader = cosigned_note(newest), TileReader(files.read, newest.size)
    return {
        one.entry: write_proof(one.index, reader.inclusion_path(one.index), note).decode("utf-8")
        for one in found
        if one.index is not None and one.index < newest.size
    }


def _instant(moment: Any) -> str:
    return moment if isinstance(moment, str) else instant_text(moment)
