"""An authority that holds the text confirms a rule by signature; it counts for exactly this text and for its nation."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from functools import cache
from typing import Any

import pytest

from relto.base.canonical import canonical_bytes
from relto.base.errors import Conflict, MalformedInput, NotVerified, Refused, ReltoError
from relto.base.nations import Nation
from relto.rules.builtin import package_data
from relto.rules.bundle import Bundle, NodeKind, open_bundle, reopen_bundle
from relto.rules.confirmations import (
    KIND,
    Confirmations,
    RuleText,
    SubjectKind,
    read_confirmation,
    rule_texts,
    sign_confirmation,
)
from relto.rules.training import seed_provisions
from relto.signing.statements import sign_statement
from tests.unit.rules.agreement import IND, NOW, USA, authorities, authority, bundle, signed, unsigned

AGREEMENT = {"R01-agreement-in-force", "R23-agreement-with-originator"}
"""The rules that rest on the agreement's own record, which binds both."""


def texts(of: Bundle | None = None) -> dict[tuple[SubjectKind, str], tuple[RuleText, ...]]:
    found = of or bundle()
    return rule_texts(found.texts, found.provisions, found.policies)


def stated(text: RuleText, nation: Nation, **changes: Any) -> bytes:
    given = {"bundle_digest": "0" * 64, "citation": "paragraph 4", "at": NOW, **changes}
    return sign_confirmation(text, authority(nation), nation=nation, **given)


def confirmed(*statements: bytes) -> Confirmations:
    return Confirmations(read_confirmation(one, authorities()) for one in statements)


@cache
def founded(requirement: str = "as agreed") -> bytes:
    """A bundle without gaps in which one bilateral and one Indian provision are not confirmed: all else is."""
    records: list[dict[str, Any]] = []
    for record in seed_provisions():
        of_one = record["nation"] != "bilateral"
        known = {**record, "evidence": "read", "basis": "direct", "requirement": requirement, "confirmed": of_one}
        records.append({**known, "confirmed": False} if record["id"] == "IND-18" else known)
    gates = json.loads(package_data("gates.json"))
    bilateral = {record["id"] for record in records if record["nation"] == "bilateral"} - {"GSO-01"}
    for gate in gates["gates"]:
        gate["provisions"] = [one for one in gate["provisions"] if one not in bilateral]
    return signed(unsigned(provisions=records, gates=gates))


def opened(data: bytes, held: Confirmations, kind: NodeKind) -> Bundle:
    return reopen_bundle(data, authorities=authorities(), node_kind=kind, confirmations=held)


def test_a_live_node_follows_a_bundle_once_the_authorities_confirmed_what_it_rests_on() -> None:
    plain = opened(founded(), Confirmations(), "training")
    known = texts(plain)
    (indian,), (joint,) = known["provision", "IND-18"], known["provision", "GSO-01"]
    assert set(plain.unconfirmed_rules(USA)) == AGREEMENT
    assert set(plain.unconfirmed_rules(IND)) == AGREEMENT | {"R03-export-authorised"}

    for short in ([], [stated(indian, IND)], [stated(indian, IND), stated(joint, USA)]):
        with pytest.raises(Refused, match=r"bundle\.unconfirmed"):
            opened(founded(), confirmed(*short), "live")
    full = confirmed(stated(indian, IND), stated(joint, USA), stated(joint, IND))
    live = open_bundle(
        founded(), authorities=authorities(), at=NOW, active_version=None, node_kind="live", confirmations=full
    )
    assert live.unconfirmed_count() == (0, 24)


def test_a_joint_rule_waits_for_both_and_a_training_node_says_so() -> None:
    (joint,) = texts(opened(founded(), Confirmations(), "training"))["provision", "GSO-01"]
    for nation in (USA, IND):
        one = opened(founded(), confirmed(stated(joint, nation)), "training")
        assert set(one.unconfirmed_rules(nation)) >= AGREEMENT, "one side's word binds nobody"
    both = opened(founded(), confirmed(stated(joint, USA), stated(joint, IND)), "training")
    assert both.is_confirmed_beside("GSO-01")
    assert not AGREEMENT & set(both.unconfirmed_rules())


def test_it_survives_into_a_later_bundle_only_while_the_text_stays() -> None:
    plain = opened(founded(), Confirmations(), "training")
    held = confirmed(stated(texts(plain)["provision", "IND-18"][0], IND))
    assert opened(founded(), held, "training").is_confirmed("IND-18")
    reworded = opened(founded("as agreed, or otherwise"), held, "training")
    assert not reworded.is_confirmed("IND-18")
    assert "R03-export-authorised" in reworded.unconfirmed_rules(IND)


def test_how_well_it_is_known_is_no_part_of_the_text() -> None:
    content = json.loads(package_data("limits.json"))
    content["limits"]["link_clock_skew"] |= {"evidence": "read", "note": "now read", "confirmed": True}
    again = opened(signed(unsigned(limits=content)), Confirmations(), "training")
    assert texts(again)["limit", "link_clock_skew"] == texts()["limit", "link_clock_skew"]
    content["limits"]["link_clock_skew"]["value"] = 30
    other = opened(signed(unsigned(limits=content)), Confirmations(), "training")
    assert texts(other)["limit", "link_clock_skew"] != texts()["limit", "link_clock_skew"]


def test_limits_and_rows_take_both_nations() -> None:
    known = texts()
    parties = (IND, USA)
    for place in (("limit", "link_clock_skew"), ("equivalence", "IND:RESTRICTED>USA")):
        (text,) = known[place]
        assert not confirmed(stated(text, USA)).confirms(text, parties)
        both = confirmed(stated(text, USA), stated(text, IND))
        assert both.confirms(text, parties)
        assert [one.nation for one in both.of(text)] == [IND, USA]


def test_nobody_confirms_a_gap_or_another_nations_rule() -> None:
    known = texts()
    with pytest.raises(MalformedInput, match=r"confirmation\.gap"):
        stated(known["provision", "GAP-IND-disclosure"][0], IND)
    with pytest.raises(Conflict, match=r"confirmation\.nation"):
        stated(known["provision", "USR-07"][0], IND)
    (indian,) = known["provision", "IND-18"]
    foreign = _signed_body(indian, nation="USA")
    assert not confirmed(foreign).confirms(indian, (IND, USA)), "a statement of the wrong nation counts for nothing"


def _signed_body(text: RuleText, **changes: Any) -> bytes:
    body = {
        "nation": "IND",
        "kind": text.kind,
        "subject": text.subject,
        "text_digest": text.digest,
        "bundle_digest": "0" * 64,
        "citation": "paragraph 4",
        "stated_at": "2026-11-22T14:00:00Z",
        **changes,
    }
    return sign_statement(KIND, 1, body, [authority(str(changes.get("signer", body["nation"])))])


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "gate"},
        {"subject": "USR-07\n"},
        {"subject": ""},
        {"text_digest": "0" * 63},
        {"bundle_digest": None},
        {"citation": ""},
        {"citation": "x" * 501},
        {"stated_at": "yesterday"},
        {"confirmed": True},
    ],
    ids=str,
)
def test_a_statement_of_another_form_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(MalformedInput):
        read_confirmation(_signed_body(texts()["provision", "IND-18"][0], **changes), authorities())


def test_only_the_nations_own_authority_signs_for_it_with_both_algorithms() -> None:
    (text,) = texts()["provision", "IND-18"]
    for signer in ("USA", "FRA"):
        body = json.loads(stated(text, IND))
        forged = sign_statement(KIND, 1, _body(body), [authority(signer)])
        with pytest.raises(NotVerified):
            read_confirmation(forged, authorities())
    half = json.loads(stated(text, IND))
    half["signatures"] = half["signatures"][:1]
    with pytest.raises(NotVerified, match="signature"):
        read_confirmation(canonical_bytes(half), authorities())


def _body(envelope: dict[str, Any]) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(base64.b64decode(envelope["payload"]))
    return {name: value for name, value in body.items() if name not in ("type", "version")}


def test_the_later_word_of_a_nation_is_the_one_that_is_shown() -> None:
    (text,) = texts()["provision", "IND-18"]
    held = confirmed(stated(text, IND), stated(text, IND, citation="paragraph 5", at=NOW + timedelta(days=1)))
    assert [one.citation for one in held.of(text)] == ["paragraph 5"]


def test_a_relto_error_is_all_that_leaves_it() -> None:
    for data in (b"", b"{}", b"[]", b"\xff"):
        with pytest.raises(ReltoError):
            read_confirmation(data, authorities())
