"""Bundles that nobody should follow: each is refused by its own name, recorded once, and nothing else changes."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from relto.base.canonical import canonical_bytes
from relto.base.errors import ReltoError
from relto.base.instants import instant_text
from relto.rules.authority_keys import AuthorityKeys, KeyVersion, sign_rotation
from relto.rules.shapes import LARGEST_FILE
from relto.services import active_bundle, authority_statements, bundles
from relto.signing.keys import StatementKey
from relto.store.models import AgreementBundle, AuthorityStatement, DecisionRecord, LedgerEntry
from tests.support.agreements import at, authority, draft, edited, place, restated, signed_by, version_of
from tests.support.houses import IND, START, USA, Node

pytestmark = [pytest.mark.django_db, pytest.mark.proves]
CURRENT = {USA: authority(USA, 2), IND: authority(IND)}
INDIAN = "2.999.356.1"
STRANGER = StatementKey.from_seeds("IND/authority", b"s" * 32, b"t" * 32)


def both(file: bytes) -> bytes:
    """Signed by each authority's current key."""
    return signed_by(file, *CURRENT.values())


def next_version(**changes: Any) -> bytes:
    return draft(3, CURRENT, **changes)


def in_file(file: bytes, change: Callable[[dict[str, Any]], object]) -> bytes:
    """A signed file that somebody altered afterwards."""
    members = json.loads(file)
    change(members)
    return json.dumps(members).encode()


def _other_manifest(members: dict[str, Any]) -> None:
    body = json.loads(base64.b64decode(members["manifest"]["payload"]))
    body["expires"] = instant_text(START + timedelta(days=9999))
    members["manifest"]["payload"] = base64.b64encode(canonical_bytes(body)).decode()


def _without_half(members: dict[str, Any]) -> None:
    members["manifest"]["signatures"].pop(0)


def _doubled_half(members: dict[str, Any]) -> None:
    signatures = members["manifest"]["signatures"]
    signatures.append(dict(signatures[0]))


def _swapped_halves(members: dict[str, Any]) -> None:
    first, second, *_ = members["manifest"]["signatures"]
    first["sig"], second["sig"] = second["sig"], first["sig"]


def _related_to_itself(content: dict[str, Any]) -> None:
    content["provisions"][0]["related"] = [content["provisions"][0]["id"]]


def _ratchet(content: dict[str, Any]) -> None:
    """What comes from India is one level higher here, and goes back as it is: each round raises what went round."""
    higher = {"CONFIDENTIAL": "SECRET", "SECRET": "TOP SECRET"}
    for row in content["rows"]:
        if row["from_policy"] == INDIAN and row["from_level"] in higher:
            row["to_level"] = higher[row["from_level"]]


def _many(name: str, most: int) -> Callable[[dict[str, Any]], object]:
    def grow(content: dict[str, Any]) -> None:
        content[name] = [dict(content[name][0]) for _ in range(most + 1)]

    return grow


def _many_limits(content: dict[str, Any]) -> None:
    one = content["limits"]["link_clock_skew"]
    content["limits"] |= {f"limit_{number}": one for number in range(101)}


def _deep(text: str) -> str:
    return '{"type":' + "[" * 40 + "]" * 40 + "," + text[1:]


BAD: dict[str, tuple[str, Callable[[], bytes]]] = {
    "no JSON": ("malformed.json.syntax", lambda: b"bundle"),
    "another document": ("malformed.bundle.schema", lambda: b"{}"),
    "a changed file": (
        "not_verified.bundle.file",
        lambda: in_file(both(next_version()), lambda m: m["files"].update({"limits.json": "{}"})),
    ),
    "an edited manifest": ("not_verified.signature", lambda: in_file(both(next_version()), _other_manifest)),
    "unsigned": ("not_verified.signature.missing", next_version),
    "half signed, USA": ("not_verified.signature.missing", lambda: signed_by(next_version(), CURRENT[USA])),
    "half signed, IND": ("not_verified.signature.missing", lambda: signed_by(next_version(), CURRENT[IND])),
    "signed twice by one": (
        "not_verified.signature.missing",
        lambda: signed_by(next_version(), CURRENT[USA], CURRENT[USA]),
    ),
    "signed with a second key of one": (
        "not_verified.signature.unknown_key",
        lambda: signed_by(next_version(), CURRENT[USA], authority(USA, 7)),
    ),
    "signed by a stranger": (
        "not_verified.signature.unknown_key",
        lambda: signed_by(next_version(), CURRENT[USA], STRANGER),
    ),
    "one algorithm only": ("not_verified.signature", lambda: in_file(both(next_version()), _without_half)),
    "a doubled signature": ("not_verified.signature", lambda: in_file(both(next_version()), _doubled_half)),
    "swapped signatures": ("not_verified.signature", lambda: in_file(both(next_version()), _swapped_halves)),
    "a retired key": ("not_verified.retired_key", lambda: version_of(3)),
    "rolled back": ("conflict.bundle.version", lambda: both(draft(1, CURRENT))),
    "the same version anew": ("conflict.bundle.version", lambda: both(draft(2, CURRENT, expires=at(9)))),
    "a gap": ("conflict.bundle.supersedes", lambda: both(draft(4, CURRENT))),
    "it supersedes itself": ("malformed.bundle.supersedes", lambda: both(restated(next_version(), supersedes=3))),
    "it supersedes nothing": ("conflict.bundle.supersedes", lambda: both(restated(next_version(), supersedes=None))),
    "expired": ("conflict.bundle.expired", lambda: both(next_version(expires=START))),
    "effective after its expiry": (
        "malformed.bundle.period",
        lambda: both(next_version(effective_from=at(9), expires=at(8))),
    ),
    "another engine": ("conflict.bundle.engine", lambda: both(restated(next_version(), engine="othercedar 4.0.0"))),
    "another engine's version": (
        "conflict.bundle.engine",
        lambda: both(restated(next_version(), engine="cedarpy 3.9")),
    ),
    "other parties": ("not_verified.bundle.parties", lambda: both(restated(next_version(), parties=["FRA", "IND"]))),
    "keys of others in it": ("not_verified.bundle.authority", lambda: both(draft(3))),
    "a circle of provisions": (
        "malformed.provisions.related",
        lambda: both(edited(next_version(), "provisions.json", _related_to_itself)),
    ),
    "a ratchet of equivalences": (
        "malformed.equivalence.ratchet",
        lambda: both(edited(next_version(), "equivalence.json", _ratchet)),
    ),
    "doubled members": (
        "malformed.json.duplicate_name",
        lambda: both(edited(next_version(), "limits.json", '{"type":"limits","type":"limits"}')),
    ),
    "deep JSON": ("malformed.json.depth", lambda: both(edited(next_version(), "limits.json", _deep("{}")))),
    "an unknown file": ("malformed.bundle.files", lambda: both(edited(next_version(), "notes.json", "{}"))),
    "too many rules": (
        "malformed.bundle.schema",
        lambda: both(edited(next_version(), "gates.json", _many("gates", 200))),
    ),
    "too many rows": (
        "malformed.bundle.schema",
        lambda: both(edited(next_version(), "equivalence.json", _many("rows", 500))),
    ),
    "too many provisions": (
        "malformed.bundle.schema",
        lambda: both(edited(next_version(), "provisions.json", _many("provisions", 20_000))),
    ),
    "too many limits": ("malformed.bundle.schema", lambda: both(edited(next_version(), "limits.json", _many_limits))),
    "too large": ("too_large.json", lambda: b'{"files":"' + b" " * LARGEST_FILE + b'"}'),
}


@pytest.fixture
def at_work(usa: Node) -> Node:
    """The USA's authority has replaced its key, and version 2 is signed with the new one."""
    chain = AuthorityKeys(USA, (KeyVersion(1, authority(USA).public),))
    rotation = sign_rotation(chain, authority(USA), authority(USA, 2), effective_from=START)
    authority_statements.submit_statement(usa.house, usa.actor("co_chair"), rotation)
    place(usa, version_of(2, usa=2))
    return usa


def _state(node: Node) -> Any:
    """What the node follows and holds, but for its ledger."""
    rows = list(AgreementBundle.objects.order_by("id").values())
    return (
        active_bundle.active(node.house).digest,
        [{**row, "file": bytes(row["file"])} for row in rows],
        list(AuthorityStatement.objects.values_list("id", "digest")),
        DecisionRecord.objects.count(),
    )


def test_each_is_refused_by_its_name_recorded_once_and_nothing_else_changes(at_work: Node) -> None:
    before, wrong = _state(at_work), {}
    for name, (code, file) in BAD.items():
        entries = LedgerEntry.objects.count()
        with pytest.raises(ReltoError) as refused:
            bundles.submit_bundle(at_work.house, at_work.actor("co_chair"), file())
        newest = LedgerEntry.objects.order_by("-serial")[0]
        told = (refused.value.full_code, newest.event, newest.details["code"], LedgerEntry.objects.count() - entries)
        if told != (code, "bundle:refused", code, 1):
            wrong[name] = told
    assert wrong == {}
    assert _state(at_work) == before


def test_what_was_refused_as_a_draft_is_accepted_when_it_is_whole(at_work: Node) -> None:
    assert place(at_work, both(next_version())).version == 3
    assert active_bundle.active(at_work.house).version == 3
