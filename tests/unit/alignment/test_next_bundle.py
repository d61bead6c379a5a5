"""The next bundle follows from the change alone: the same bytes for everybody, or the first fault by its name."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from relto.alignment.next_bundle import changes_of, draft_of, unsigned_digest
from relto.alignment.proposals import make_proposal
from relto.base.canonical import sha256_hex
from relto.base.errors import Conflict, NotVerified, ReltoError
from relto.base.instants import instant_text
from relto.node.draft_consents import with_consents
from relto.rules.bundle import read_rules
from relto.rules.gates import policy_text, read_gates
from relto.rules.manifest import read_proposed
from relto.rules.shapes import read_shape
from tests.support.agreements import edited, restated
from tests.unit.rules.agreement import DAY, NOW, signed, unsigned

EFFECTIVE, EXPIRES = NOW + 10 * DAY, NOW + 400 * DAY


@cache
def base() -> bytes:
    return signed(unsigned())


def drawn(*change: dict[str, Any], **changes: Any) -> bytes:
    """The draft of a proposal with these operations."""
    told: dict[str, Any] = {
        "title": "t",
        "topic": "equivalence",
        "clauses": [{"code": "1", "heading": "", "text": {"en": "It holds."}}],
        "base": "a" * 64,
        "effective_from": EFFECTIVE,
        "expires": EXPIRES,
        "silence_days": 5,
        **changes,
    }
    return draft_of(base(), make_proposal(change=list(change), **told))


def put(member: str, path: str, value: object, op: str = "replace") -> dict[str, Any]:
    return {"member": member, "op": op, "path": path, "value": value}


def made() -> bytes:
    """A draft by the usual tools: a rule falls away, a limit changes, a facility is listed no more."""
    dates = {"effective_from": instant_text(EFFECTIVE), "expires": instant_text(EXPIRES)}
    draft = restated(unsigned(2, 1), **dates)
    draft = edited(draft, "limits.json", lambda one: one["limits"]["link_clock_skew"].update(value=30))
    draft = edited(draft, "programmes.json", lambda one: one["programmes"][0]["facilities"].pop(0))
    draft = edited(draft, "gates.json", lambda one: one["gates"][0]["says"]["en"].update(text="Said otherwise."))
    draft = edited(draft, "provisions.json", lambda one: one["provisions"].pop(3))
    gates = read_shape(read_proposed(draft)[1]["gates.json"], "gates", field="gates.json")
    return edited(draft, "policies.cedar", policy_text(read_gates(gates)))


def test_a_draft_made_with_the_usual_tools_comes_out_of_its_change_again() -> None:
    draft = made()
    changes = [one.body() for one in changes_of(base(), draft)]
    assert {one["member"] for one in changes} == {"gates.json", "limits.json", "programmes.json", "provisions.json"}
    assert len(changes) == 4, "of long lists only what differs"
    assert drawn(*changes) == draft
    assert unsigned_digest(signed(draft)) == sha256_hex(draft), "by which a bundle in force is known again"


def test_a_renewal_changes_the_dates_alone() -> None:
    draft = drawn()
    assert changes_of(base(), draft) == ()
    rules = read_rules(draft)
    assert (rules.version, rules.manifest.supersedes, rules.effective_from, rules.expires) == (2, 1, EFFECTIVE, EXPIRES)


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        (put("limits.json", "/limits/nothing/value", 1), "conflict.proposal.change", "change/0"),
        (put("manifest.json", "/parties", ["FRA", "USA"], "add"), "conflict.proposal.member", "manifest.json"),
        (put("manifest.json", "", {"engine": "x", "bundle_version": 9}), "conflict.proposal.member", "manifest.json"),
        (put("stranger.json", "", {}, "add"), "conflict.proposal.member", "stranger.json"),
        (put("scheme-usa.json", "/levels", []), "conflict.proposal.lint", None),
        (put("parties.json", "/parties/USA/authority_keys", []), "conflict.proposal.lint", None),
        (put("schema.cedarschema", "", "entity"), "conflict.proposal.lint", "schema.cedarschema"),
        (put("gates.json", "/gates/0/holds", "("), "conflict.proposal.lint", "policies.cedar"),
        (put("gates.json", "/gates", "none"), "malformed.bundle.schema", "gates.json/gates"),
    ],
)
def test_a_change_that_makes_no_bundle_is_refused_and_says_where(
    change: dict[str, Any], code: str, field: str | None
) -> None:
    with pytest.raises(ReltoError) as refused:
        drawn(change)
    assert refused.value.full_code == code
    assert field in {None, refused.value.field}


def test_a_consent_stays_with_the_bundle_that_it_was_given_to() -> None:
    consented = signed(with_consents(unsigned(), ["IND equivalent IND:RESTRICTED>USA because both agreed it"]))
    told: dict[str, Any] = {"title": "t", "topic": "equivalence", "clauses": [], "base": "a" * 64, "silence_days": 5}
    told |= {"effective_from": EFFECTIVE, "expires": EXPIRES}
    tighter = put("limits.json", "/limits/link_clock_skew/value", 30)
    next_one = draft_of(consented, make_proposal(change=[tighter], **told))
    assert "loosenings.json" not in read_proposed(next_one)[1], "it would name nothing that this draft changes"
    again = put("loosenings.json", "/loosenings/0/reason", "both agreed it once more")
    spoken = draft_of(consented, make_proposal(change=[tighter, again], **told))
    assert "once more" in read_proposed(spoken)[1]["loosenings.json"]


def test_dates_that_do_not_meet_and_other_parties_make_no_bundle() -> None:
    with pytest.raises(Conflict, match="text_only"):
        drawn(base="", effective_from=None, expires=None)
    other = restated(made(), parties=["FRA", "IND"], agreement="FRA-IND")
    with pytest.raises(Conflict, match=r"proposal\.draft"):
        changes_of(base(), other)
    torn = made().replace(b'\\"link_clock_skew\\"', b'\\"link_clock_skev\\"', 1)
    with pytest.raises(NotVerified):
        changes_of(base(), torn)
