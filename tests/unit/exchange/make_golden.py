"""Golden bytes of everything that crosses the link: `python -m tests.unit.exchange.make_golden` writes them again.

`<name>.json` is the signed payload, which must never change for a version. `<kind>.envelope.json` is a whole signed
message (its ML-DSA half differs at each signing, so it is written once and must stay readable).
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from relto.base.canonical import Json, canonical_bytes
from relto.base.nations import Nation
from relto.exchange.answers import write_receipt, write_refusal
from relto.exchange.courier import HEADING, Carried, CarriedFile, Manifest, file_name, write_manifest
from relto.exchange.messages import PayloadFact, read_message, write_message
from relto.exchange.node_note import note_text
from relto.exchange.reconciled_records import record_line
from relto.exchange.schemas import check
from relto.signing.envelope import read_envelope
from relto.signing.keys import StatementKey
from relto.signing.statements import sign_statement
from tests.unit.exchange.alignment_bodies import ALIGNMENT_BODIES

GOLDEN = Path(__file__).parent / "golden"
USA, IND = Nation("USA"), Nation("IND")
KEY = StatementKey.from_seeds("node.usa", b"u" * 32, b"U" * 32)
PARTNER_KEY = StatementKey.from_seeds("node.ind", b"i" * 32, b"I" * 32)
MESSAGE_ID = "msg_" + "a" * 24
CREATED = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
_STATEMENT: dict[str, Json] = {
    "payload": "e30=",
    "payloadType": "application/vnd.relto.example.v1+json",
    "signatures": [{"keyid": "k", "sig": "AA=="}],
}
_THIRD_PARTY: dict[str, Json] = {
    "request": "tpr_" + "a" * 24,
    "number": "TPR-2026-0001",
    "item": "11111111-2222-4333-8444-555555555555",
    "nation": "FRA",
    "recipient": "FRA-F003",
}
BODIES: dict[str, dict[str, Json]] = {
    "assurance": {"statement": _STATEMENT},
    "release": {
        "release": "rel_" + "a" * 24,
        "number": "REL-2026-0001",
        "item": {
            "uuid": "11111111-2222-4333-8444-555555555555",
            "title": "Marked for training purposes only",
            "file_name": "example.pdf",
            "media_type": "application/pdf",
            "programme": "MONSOON-LARK",
            "label": {},
            "export_controlled": True,
        },
        "facility": "IND-F001",
        "purpose": "joint development",
        "mode": "live",
        "channel": "link",
        "readers": [{"pseudonym": "prs_" + "a" * 24, "reason": "works on it"}],
        "manifest": "e30=",
        "registration": _STATEMENT,
        "payload_crc32": 1,
    },
    "acceptance": {"statement": _STATEMENT},
    "withdrawal": {"statement": _STATEMENT},
    "disposition": {"statement": _STATEMENT},
    "third-party-request": {
        **_THIRD_PARTY,
        "purpose": "wind tunnel test of the interface",
        "valid_from": "2026-11-22T14:00:00Z",
        "valid_until": "2027-02-22T14:00:00Z",
        "asked_at": "2026-11-22T14:00:00Z",
    },
    "third-party-answer": {"statement": _STATEMENT},
    "alignment": {"statement": _STATEMENT},
    "dossier-step": {
        "origin": "dos_" + "a" * 24,
        "nation": "USA",
        "number": "VIS-2026-0001",
        "procedure": "visit",
        "form_version": 1,
        "parent": "VIS-2026-0000",
        "step": "submit",
        "before": "endorsed",
        "count": 1,
        "heard": 0,
        "taken_at": "2026-11-22T14:00:00Z",
        "role": "registrar",
        "form": {
            "partner": "IND",
            "facility": "IND-F007",
            "recurring": False,
            "visits": 3,
            "levels": ["USA:SECRET"],
            "visitors": [{"person": "prs_" + "a" * 24, "level": "USA:SECRET"}],
        },
        "answers": {"remark": "by the programme's instruction"},
    },
}
_RELEASE: dict[str, Json] = {
    "release": "rel_" + "a" * 24,
    "number": "REL-2026-0001",
    "item": "11111111-2222-4333-8444-555555555555",
    "policy": "66666666-7777-4888-8999-aaaaaaaaaaaa",
}
STATEMENTS: dict[str, tuple[str, dict[str, Json]]] = {  # golden and schema name: the statement's kind and its body
    "assurance-statement": (
        "assurance",
        {
            "id": "asr_" + "a" * 24,
            "issuer": "USA",
            "recipient": "IND",
            "subject_kind": "facility",
            "subject": "USA-F014",
            "facility": "USA-F014",
            "level": {"policy": "2.999.840.1", "name": "SECRET"},
            "safeguarding_level": "SECRET",
            "caveats": [],
            "valid_from": "2025-11-22T14:00:00Z",
            "valid_until": "2027-11-22T14:00:00Z",
            "status": "suspended",
            "status_at": "2026-11-22T14:00:00Z",
        },
    ),
    "release-withdrawal": (
        "release-withdrawal",
        {
            "issuer": "USA",
            "recipient": "IND",
            **_RELEASE,
            "by": "originator",
            "disposition": "asked",
            "role": "release_officer",
            "withdrawn_at": "2026-11-22T14:00:00Z",
        },
    ),
    "release-disposition": (
        "release-disposition",
        {
            "issuer": "IND",
            "recipient": "USA",
            **_RELEASE,
            "outcome": "destroyed",
            "control_number": "IND-2026-000001",
            "role": "security_officer",
            "disposed_at": "2026-11-22T14:00:00Z",
        },
    ),
    "third-party-consent": (
        "third-party-consent",
        {
            **_THIRD_PARTY,
            "originator": "USA",
            "holder": "IND",
            "purpose_sha256": "c" * 64,
            "outcome": "consent",
            "valid_from": "2026-11-22T14:00:00Z",
            "valid_until": "2026-12-22T14:00:00Z",
            "role": "release_officer",
            "decided_at": "2026-11-22T14:00:00Z",
        },
    ),
    "alignment-statement": (
        "alignment-statement",
        {
            "entry": "ale_" + "a" * 24,
            "kind": "divergence",
            "nation": "USA",
            "number": 2,
            "previous": "e" * 64,
            "at": "2026-11-22T14:00:00Z",
            "body": {
                "question": "Who counts, and when?",
                "topic": "register",
                "provisions": ["LIM-12", "LIM-34"],
                "owner": "IND",
                "options": ["count together"],
                "state": "in_review",
            },
        },
    ),
    "node-standing": (
        "node-standing",
        {
            "from": "IND",
            "to": "USA",
            "nonce": "0f" * 16,
            "at": "2026-11-22T14:00:00Z",
            "log": {"note": "usa.localhost/log\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"},
            "received": {"next": 3, "digest": "d" * 64},
            "sent": {"next": 5, "settled": 4},
        },
    ),
    "reconciliation-question": (
        "reconciliation-question",
        {
            "run": "rcn_" + "a" * 24,
            "asker": "USA",
            "answerer": "IND",
            "programme": "MONSOON-LARK",
            "step": "compare",
            "previous": "d" * 64,
            "root": {"count": 1, "hash": "a" * 64},
            "salt": "b" * 64,
            "parts": {"/": "AAAA"},
        },
    ),
    "reconciliation-answer": (
        "reconciliation-answer",
        {"question_sha256": "d" * 64, "code": "", "parts": {"/": "AAAA"}},
    ),
    "reconciliation-certificate": (
        "reconciliation-certificate",
        {
            "run": "rcn_" + "a" * 24,
            "asker": "USA",
            "answerer": "IND",
            "programme": "MONSOON-LARK",
            "at": "2026-11-22T14:00:00Z",
            "bounds": {
                "until": "2026-11-22T13:58:00Z",
                "messages": {"IND>USA": {"below": 4, "beyond": 0}, "USA>IND": {"below": 9, "beyond": 1}},
            },
            "declared": {
                nation: {
                    "at": "2026-11-22T14:00:00Z",
                    "checkpoint": "",
                    "covered": True,
                    "records": count,
                    "root": digit * 64,
                    "contribution": digit * 64,
                }
                for nation, count, digit in (("USA", 7, "a"), ("IND", 6, "b"))
            },
            "outcome": "differ",
            "findings": [
                {
                    "code": "one_sided",
                    "type": "message",
                    "side": "USA",
                    "digest": "c" * 64,
                    "who": ["USA", "IND"],
                    "act": "show_message",
                }
            ],
            "compared": ["messages", "registers"],
            "not_shown": ["contents"],
        },
    ),
}
RECORD: dict[str, Json] = {
    "type": "message",
    "from": "USA",
    "to": "IND",
    "sequence": 1,
    "id": MESSAGE_ID,
    "sha256": "d" * 64,
    "kind": "release",
    "outcome": "receipted",
    "register": {"release": "rel_" + "a" * 24, "number": "REL-2026-0001"},
}
_PAYLOADS = {"release": PayloadFact("b" * 64, 1000)}


JOINT: dict[str, Json] = {
    **BODIES["release"],
    "home": {
        "facility": "USA-F001",
        "readers": [{"pseudonym": "prs_" + "b" * 24, "reason": "designed it"}],
        "manifest": "e30=",
        "registration": _STATEMENT,
    },
}


def envelope(kind: str, body: dict[str, Json] | None = None) -> bytes:
    """A signed message of a kind."""
    return write_message(
        message_id=MESSAGE_ID,
        sender=USA,
        recipient=IND,
        sequence=1,
        previous="",
        created=CREATED,
        kind=kind,
        body=body or BODIES[kind],
        payload=_PAYLOADS.get(kind),
        key=KEY,
    )[0]


def payloads() -> dict[str, bytes]:
    """The signed payloads, by golden name."""
    made = {kind: envelope(kind) for kind in BODIES}
    message = read_message(made["release"], sender=USA, recipient=IND, trusted=[KEY.public])
    made["release-joint"] = envelope("release", JOINT)
    made["technical-receipt"] = write_receipt(message, received_at=CREATED, entry="ent_" + "a" * 24, key=PARTNER_KEY)
    made["link-refusal"] = write_refusal(
        message, code="refused.example", final=False, key=PARTNER_KEY, expected_sequence=1
    )
    for name, (kind, body) in STATEMENTS.items():
        check(name, body)
        made[name] = sign_statement(kind, 1, body, [KEY])
    check("reconciliation-record", RECORD)
    record = {"reconciliation-record": record_line(RECORD)}
    beside = record | _courier() | _alignment_bodies()
    return {name: read_envelope(data, max_bytes=len(data)).payload for name, data in made.items()} | beside


def _alignment_bodies() -> dict[str, bytes]:
    """The bodies of alignment statements, as they stand in the statement."""
    for kind, body in ALIGNMENT_BODIES.items():
        check(f"alignment-{kind}", body)
    return {f"alignment-{kind}": canonical_bytes(body) for kind, body in ALIGNMENT_BODIES.items()}


def _courier() -> dict[str, bytes]:
    """The text of a courier bundle's manifest, which is a signed note and no statement."""
    note, _ = write_manifest(COURIER, KEY)
    return {"courier-manifest": note_text(note, HEADING).removesuffix("\n").encode("ascii")}


COURIER = Manifest(
    sender=USA,
    recipient=IND,
    number=2,
    previous="a" * 96,
    created=CREATED,
    expires=CREATED,
    awaited=4,
    settled=1,
    taken=1,
    taken_digest="b" * 96,
    cosigned=17,
    key={"type": "hybrid-wrapped", "kid": "ind-1"},
    files=(
        CarriedFile(file_name(Carried.MESSAGE, 1), 4096, "c" * 96),
        CarriedFile(file_name(Carried.ANSWER, 3), 512, "d" * 96),
        CarriedFile(file_name(Carried.CHECKPOINT), 9000, "e" * 96),
        CarriedFile(file_name(Carried.PAYLOAD, "f" * 64), 10 * 1024**3, "0" * 96),
    ),
)


def main() -> None:
    """Write the golden files; envelopes only when absent."""
    GOLDEN.mkdir(exist_ok=True)
    for name, payload in payloads().items():
        (GOLDEN / f"{name}.json").write_bytes(payload)
    for kind in BODIES:
        file = GOLDEN / f"{kind}.envelope.json"
        if not file.exists():
            file.write_bytes(envelope(kind))


if __name__ == "__main__":
    main()
