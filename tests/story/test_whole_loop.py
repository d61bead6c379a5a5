"""The whole loop, on two nodes: a difference in two rule books becomes a rule that both nodes enforce.

A divergence on RESTRICTED handling -> proposal -> the proof fails with a counterexample -> amended with the consents of
the originators -> proven on both nodes -> weighed -> rehearsed -> signed by both -> signed by the authorities and
submitted on both -> in force at its instant -> the next decision cites it. Nothing bypasses a gate of any bundle.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from relto.base.canonical import sha256_hex
from relto.base.errors import Refused
from relto.base.nations import Nation
from relto.services import bundles, decision_views, releases
from relto.services.alignment import proposing, saying
from relto.services.release_view import CaseDetail
from relto.store.models import AgreementBundle
from tests.support import two_releases
from tests.support.houses import IND, START, USA, signed_by
from tests.support.negotiation import CHAIR, KEY, loosened, position, row, shown, sign, tabled
from tests.support.rehearsed import report_of
from tests.support.two_houses import OTHER, TwoHouses

pytestmark = [pytest.mark.django_db, pytest.mark.proves]
PROVISIONS = ["GSO-51", "GSO-52", "GSO-53"]
RESTRICTED = {"level": "RESTRICTED", "audience": ["IND", "USA"]}
RULE = "R16-equivalent-exists"
EFFECTIVE = timedelta(minutes=14)
LONGEST_REHEARSAL = 900


@pytest.fixture
def two(db: None, tmp_path: Path) -> Iterator[TwoHouses]:
    """Both nodes, at work, vouched to each other."""
    with TwoHouses(tmp_path) as made:
        yield made


@pytest.mark.parametrize(
    ("first", "rehearsal"),
    [
        (USA, "reported"),
        pytest.param(IND, "reported", marks=pytest.mark.accept),
        pytest.param(USA, "played", marks=pytest.mark.accept),
    ],
)
def test_from_a_difference_in_two_rule_books_to_a_decision_that_cites_the_joint_rule(
    two: TwoHouses, first: Nation, rehearsal: str, tmp_path: Path
) -> None:
    """`rehearsal`: it is played on two served nodes, or its report alone is at hand."""
    _, case = two_releases.ask(two, IND, label=RESTRICTED)
    assert stops(two, case.id), "an Indian RESTRICTED document has no American level, so it cannot be released"
    entry, named = proposed(two, first)
    refuted_on_both(two, first, entry)
    two.forward(minutes=5)
    amended_and_proven_on_both(two, first, entry, named)
    report = rehearsed(two, tmp_path) if rehearsal == "played" else report_of(amended(), permitted=1)
    weighed_at_home_and_rehearsed(two, first, entry, case.id, report)
    signed_by_both(two, first, entry)
    assert stops(two, case.id), "what the co-chairs signed is no rule yet"
    followed_on_both(two, entry)
    assert stops(two, case.id), "signed, proved and stored, and not a moment before its instant"
    two.forward(minutes=9)
    for nation in (USA, IND):
        found = shown(two, nation, entry)
        assert found.row.state == "in_force"
        assert found.carried is not None
        assert (found.carried.version, found.carried.effective_from) == (2, START + EFFECTIVE)
    assert not stops(two, case.id)
    two_releases.send(two, IND, case)
    done = detail(two, case.id)
    cited = two.do(IND, "release_officer", decision_views.decision, done.decision)
    assert cited.bundle_version == 2, "the next decision cites the joint rule"
    assert two_releases.accepted(two, USA).state == "accepted"


def amended() -> bytes:
    """The draft with what both originators consent to."""
    return loosened(consented=True, after=EFFECTIVE)


def proposed(two: TwoHouses, first: Nation) -> tuple[str, dict[str, Any]]:
    """The co-chair of one nation sees the difference and makes a proposal of it, with a draft of the usual tools."""
    question = "What does RESTRICTED become on the other side?"
    asked: dict[str, Any] = {"question": question, "provisions": ["GSO-52"], "owner": str(first)}
    divergence = two.do(first, CHAIR, saying.raise_divergence, **asked)
    named: dict[str, Any] = {"divergences": [divergence], "provisions": PROVISIONS}
    entry = tabled(two, first, draft=loosened(after=EFFECTIVE), **named)
    found = shown(two, OTHER[first], entry)
    assert [one.entry for one in found.divergences] == [divergence]
    assert [one.id for one in found.provisions] == PROVISIONS
    assert found.missing == ()
    return entry, named


def refuted_on_both(two: TwoHouses, first: Nation, entry: str) -> None:
    """Each node proves for itself, and both find the case that the originator's own rules refuse."""
    for nation in (first, OTHER[first]):
        assert not prove(two, nation, entry)
    for nation in (USA, IND):
        told = shown(two, nation, entry).proofs
        assert [(one.nation, one.result) for one in told] == [("IND", "refuted"), ("USA", "refuted")]
        assert all(one.case is not None and one.case.rules == (RULE,) for one in told)
        assert all(one.case is not None and one.case.needed == (("equivalent", KEY),) for one in told)
        assert "refuted" in row(two, nation, entry).blocking
    position(two, OTHER[first], entry)
    with pytest.raises(Refused, match=r"proposal\.refuted"):
        sign(two, first, entry)


def amended_and_proven_on_both(two: TwoHouses, first: Nation, entry: str, named: dict[str, Any]) -> None:
    """A next version of the same line: what is meant is said by both originators' consents, in the draft itself."""
    tabled(two, first, entry=entry, draft=amended(), **named)
    found = shown(two, OTHER[first], entry)
    assert (found.shown.number, found.proofs, found.silence.positions) == (2, (), ())
    assert {one.change.member for one in found.changes} == {"equivalence.json", "loosenings.json"}
    with pytest.raises(Refused, match=r"proposal\.silence"):
        sign(two, first, entry)
    position(two, OTHER[first], entry)
    with pytest.raises(Refused, match=r"proposal\.unproved"):
        sign(two, first, entry)
    for nation in (first, OTHER[first]):
        assert prove(two, nation, entry)
    assert [row(two, nation, entry).state for nation in (USA, IND)] == ["proven", "proven"]


def rehearsed(two: TwoHouses, folder: Path) -> bytes:
    """The after-action report of a rehearsal of this draft beside the rules in force, on two throw-away nodes."""
    before, after, report = (folder / name for name in ("in-force.bundle", "draft.bundle", "report.json"))
    with two.at(USA):
        before.write_bytes(bytes(AgreementBundle.objects.get(version=1).file))
    after.write_bytes(amended())
    command = [sys.executable, "-m", "relto.cli", "rehearse", "change_of_law", "--headless", "--report", str(report)]
    command += ["--in-force", str(before), "--proposed", str(after), "--folder", str(folder / "ground")]
    played = subprocess.run(command, capture_output=True, text=True, check=False, timeout=LONGEST_REHEARSAL)
    assert played.returncode == 0, played.stdout[-3000:] + played.stderr[-1000:]
    return report.read_bytes()


def weighed_at_home_and_rehearsed(two: TwoHouses, first: Nation, entry: str, case: str, report: bytes) -> None:
    """Each weighs it on its own holdings and tells nobody; one rehearses it and tells the other how that went."""
    for nation in (USA, IND):
        weighed = two.do(nation, CHAIR, proposing.weigh, entry)
        assert (weighed.version_proposed, weighed.draft_digest) == (2, sha256_hex(amended()))
        assert weighed.people_rows is None, "a co-chair is told counts"
    listed = two.do(IND, "release_officer", proposing.weigh, entry).case_rows or ()
    assert [(one.case, one.frees) for one in listed] == [(case, (RULE,))]
    two.do(first, CHAIR, proposing.attach_rehearsal, entry, report)
    two.deliver()
    assert [one.of_this_draft for one in shown(two, OTHER[first], entry).rehearsals] == [True]


def signed_by_both(two: TwoHouses, first: Nation, entry: str) -> None:
    """One signature is nothing yet; with both the draft is final, the same bytes on both nodes."""
    for nation, state in ((first, "signed_by_one"), (OTHER[first], "agreed")):
        sign(two, nation, entry)
        assert [row(two, one, entry).state for one in (USA, IND)] == [state, state]
    for nation in (USA, IND):
        assert two.do(nation, CHAIR, proposing.draft_file, entry) == amended()
        found = shown(two, nation, entry)
        assert found.draft is not None
        assert found.draft.final
        assert [one.code for one in found.obstacles] == ["not_submitted"]


def followed_on_both(two: TwoHouses, entry: str) -> None:
    """The authorities sign it offline; each node takes it through the gates of any bundle, by the proof it made."""
    with two.at(USA) as node, pytest.raises(Refused, match=r"signature|role"):
        bundles.submit_bundle(node.house, node.actor("release_officer"), amended())
    signed = signed_by(two.do(USA, CHAIR, proposing.draft_file, entry))
    for nation in (USA, IND):
        own = next(one.proof for one in shown(two, nation, entry).proofs if one.nation == nation)
        with two.at(nation) as node:
            assert bundles.submit_bundle(node.house, node.actor(CHAIR), signed).version == 2
            assert AgreementBundle.objects.get(version=2).proof == own
        assert (row(two, nation, entry).state, row(two, nation, entry).bundle) == ("agreed", 2)


def prove(two: TwoHouses, nation: Nation, entry: str) -> bool:
    """This nation's node proves the leading version, and tells."""
    view = two.do(nation, CHAIR, proposing.prove, entry)
    two.deliver()
    assert view is not None
    return view.proved


def detail(two: TwoHouses, case: str) -> CaseDetail:
    return two.do(IND, "release_officer", releases.case, case)


def stops(two: TwoHouses, case: str) -> bool:
    """Whether the rule on levels stands in the way of the release now."""
    return any(gate["rule"] == RULE and gate["outcome"] == "fails" for gate in detail(two, case).gates)
