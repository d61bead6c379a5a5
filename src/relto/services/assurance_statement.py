"""The signed statement of an assurance: what crosses the border about a facility or a person, and how it is read.

A pseudonym or a facility code, levels, caveats, dates and a status; never a name (ISA-12). Its form is the JSON Schema
`assurance-statement`; what a schema cannot say is checked here.
"""

from __future__ import annotations

from collections.abc import Mapping

from relto.base.canonical import Json
from relto.base.errors import MalformedInput, UnknownValue
from relto.base.ids import read_code, read_id
from relto.base.instants import instant_text, read_instant
from relto.base.nations import read_nation
from relto.exchange.schemas import check
from relto.procedures.assurance import REVOKED, SUSPENDED, VALID
from relto.services import active_bundle
from relto.services.house import House
from relto.services.texts import read_choice, read_period
from relto.signing.statements import sign_statement
from relto.store.models import Assurance

STATEMENT = "assurance"
SCHEMA = "assurance-statement"
KINDS = ("facility", "person")
STATUSES = (VALID, SUSPENDED, REVOKED)
MAX_CAVEATS = 32


def write_assurance(house: House, row: Assurance) -> bytes:
    """The statement as this node signs it: levels in the own policy of the agreement in force."""
    policy = active_bundle.own_policy(house)
    body: dict[str, Json] = {
        "id": row.id,
        "issuer": row.issuer,
        "recipient": row.recipient,
        "subject_kind": row.subject_kind,
        "subject": row.subject,
        "facility": row.facility,
        "level": {"policy": policy.oid, "name": row.level},
        "safeguarding_level": row.safeguarding_level,
        "caveats": [*row.caveats],
        "valid_from": instant_text(row.valid_from),
        "valid_until": instant_text(row.valid_until),
        "status": row.status,
        "status_at": instant_text(row.status_at),
    }
    check(SCHEMA, body)
    return sign_statement(STATEMENT, 1, body, [house.node_key])


def read_assurance(body: Mapping[str, Json], policy_oid: str) -> Assurance:
    """An unsaved row from a statement's body. Raises MalformedInput or UnknownValue naming the member."""
    kind = read_choice(body.get("subject_kind"), KINDS, field="subject_kind")
    facility = read_code(body.get("facility"), field="facility")
    subject = body.get("subject")
    subject = read_code(subject, field="subject") if kind == "facility" else read_id(subject, "prs", field="subject")
    if kind == "facility" and subject != facility:
        raise MalformedInput("assurance.facility", field="facility", expected="the facility that is vouched for")
    level, safeguarding, caveats = body.get("level"), body.get("safeguarding_level"), body.get("caveats")
    if not isinstance(level, dict) or level.get("policy") != policy_oid or not isinstance(level.get("name"), str):
        raise UnknownValue("assurance.level", field="level", expected="a level of the issuer's policy in the agreement")
    if not isinstance(safeguarding, str) or (kind == "person" and safeguarding):
        raise MalformedInput("assurance.safeguarding", field="safeguarding_level", expected="a level, or empty")
    if not isinstance(caveats, list) or len(caveats) > MAX_CAVEATS or not all(isinstance(one, str) for one in caveats):
        raise MalformedInput("assurance.caveats", field="caveats", expected=f"at most {MAX_CAVEATS} caveats")
    valid_from, valid_until = read_period(
        read_instant(body.get("valid_from"), field="valid_from"),
        read_instant(body.get("valid_until"), field="valid_until"),
    )
    row = Assurance(
        id=read_id(body.get("id"), "asr"),
        issuer=read_nation(body.get("issuer"), field="issuer"),
        recipient=read_nation(body.get("recipient"), field="recipient"),
        subject_kind=kind,
        subject=subject,
        facility=facility,
        level=str(level["name"]),
        safeguarding_level=safeguarding,
        caveats=caveats,
        valid_from=valid_from,
        valid_until=valid_until,
        status=read_choice(body.get("status"), STATUSES, field="status"),
        status_at=read_instant(body.get("status_at"), field="status_at"),
    )
    check(SCHEMA, body)
    return row
