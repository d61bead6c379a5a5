"""Co-chairs submit what the authorities signed offline; the node follows it, keeps its chain, and closes the border."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from relto.base.errors import Conflict, MalformedInput, NotVerified, Refused, ReltoError, Unreachable
from relto.base.nations import Nation
from relto.rules.authority_keys import AuthorityKeys, KeyVersion, sign_rotation
from relto.rules.confirmations import rule_texts, sign_confirmation
from relto.rules.freshness import sign_freshness
from relto.services import active_bundle, authority_statements, bundle_history, bundles, replays
from relto.services.border import closed_by, require_open_border
from relto.store.models import AuthorityStatement, DecisionRecord, LedgerEntry
from tests.support.agreements import at, authority, limits, place, version_of
from tests.support.houses import IND, START, USA, Node
from tests.support.peer_simulator import Peer
from tests.unit.services.stories import ask_release, authorise, decide_case, released, seal_item

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def submit(node: Node, file: bytes) -> authority_statements.StatementView:
    return authority_statements.submit_statement(node.house, node.actor("co_chair"), file)


def activate(node: Node, file: bytes) -> bundles.BundleView:
    return bundles.submit_bundle(node.house, node.actor("co_chair"), file)


def rotation(nation: Nation, old: int, **dates: Any) -> bytes:
    chain = AuthorityKeys(nation, (KeyVersion(old, authority(nation, old).public),))
    given = {"effective_from": START, **dates}
    return sign_rotation(chain, authority(nation, old), authority(nation, old + 1), **given)


def confirmation(node: Node, subject: str, nation: Nation, number: int = 1, **changes: Any) -> bytes:
    bundle = active_bundle.active(node.house)
    texts = rule_texts(bundle.texts, bundle.provisions, bundle.policies)
    (text,) = next(found for (_, name), found in texts.items() if name == subject)
    given: dict[str, Any] = {"bundle_digest": bundle.digest, "citation": "paragraph 4", "at": node.clock.now()}
    return sign_confirmation(text, authority(nation, number), nation=nation, **{**given, **changes})


def fresh(node: Node, nation: Nation, **changes: Any) -> bytes:
    bundle = active_bundle.active(node.house)
    given: dict[str, Any] = {"highest_version": bundle.version, "bundle_digest": bundle.digest, "lasts": DAY}
    given |= {"agreement": bundle.agreement, "at": node.clock.now()}
    return sign_freshness(authority(nation), nation=nation, **{**given, **changes})


def newest_entry() -> LedgerEntry:
    return LedgerEntry.objects.order_by("-serial")[0]


def test_a_confirmation_is_shown_with_signer_and_date_and_changes_how_the_rule_stands(ind: Node) -> None:
    assert not active_bundle.active(ind.house).is_confirmed("IND-18")
    view = submit(ind, confirmation(ind, "IND-18", IND))
    assert (view.kind, view.nation, view.subject, view.citation) == (
        "confirmation",
        "IND",
        "provision:IND-18",
        "paragraph 4",
    )
    assert (view.stated_at, view.key_id, view.counts) == (START, authority(IND).public.key_id, True)
    assert newest_entry().event == "rule:confirmed"
    bundle = active_bundle.active(ind.house)
    assert bundle.is_confirmed("IND-18")
    shown = bundles.active_bundle_view(ind.house, ind.actor("co_chair"))
    assert shown.confirmed_beside == ("IND-18",)
    place(ind, version_of(2, limits=limits(visit_notice=24)))
    assert active_bundle.active(ind.house).is_confirmed("IND-18"), "the text is the same in the later bundle"


def test_a_statement_comes_twice_and_counts_once(usa: Node) -> None:
    file = confirmation(usa, "GSO-01", USA)
    first, entries = submit(usa, file), LedgerEntry.objects.count()
    assert submit(usa, file) == first
    assert LedgerEntry.objects.count() == entries
    assert AuthorityStatement.objects.count() == 1


def test_only_a_co_chair_submits_and_what_does_not_hold_is_recorded(usa: Node) -> None:
    good = confirmation(usa, "GSO-01", USA)
    with pytest.raises(Refused):
        authority_statements.submit_statement(usa.house, usa.actor("registrar"), good)
    wrong: list[tuple[bytes, type[ReltoError]]] = [
        (b"no JSON", MalformedInput),
        (b"{}", MalformedInput),
        (good.replace(b'"sig":"', b'"sig":"A', 1), ReltoError),
        (confirmation(usa, "GSO-01", USA, number=2), NotVerified),
        (confirmation(usa, "GSO-01", USA, at=START + DAY), Conflict),
        (version_of(2), MalformedInput),
    ]
    for file, error in wrong:
        with pytest.raises(error):
            submit(usa, file)
        assert newest_entry().event == "statement:refused"
    assert not AuthorityStatement.objects.exists()


def test_a_replay_tells_what_was_confirmed_on_the_day(usa: Node, india: Peer) -> None:
    india.vouch(usa.house, "reader")
    released(usa, india)
    record = DecisionRecord.objects.get()
    usa.clock.forward(days=1)
    for nation in (USA, IND):
        submit(usa, confirmation(usa, "GSO-01", nation))
    assert active_bundle.active(usa.house).is_confirmed_beside("GSO-01")
    assert replays.replay(usa.house, usa.actor("inspector"), record.id).same


def test_after_a_rotation_the_new_key_signs_and_the_old_bundle_still_reads(usa: Node) -> None:
    view = submit(usa, rotation(USA, 1))
    assert (view.kind, view.number, view.counts) == ("rotation", 2, True)
    assert newest_entry().event == "authority_key:rotated"
    assert active_bundle.active(usa.house).version == 1, "what the old key signed is readable for its day"
    for file in (version_of(2), confirmation(usa, "GSO-01", USA)):
        refuse = activate if b"agreement-bundle-file" in file else submit
        with pytest.raises(NotVerified, match="retired_key"):
            refuse(usa, file)
    assert activate(usa, version_of(2, usa=2)).version == 2
    submit(usa, confirmation(usa, "GSO-01", USA, number=2))
    versions = bundle_history.history(usa.house, usa.actor("engineer"))
    assert [one.version for one in versions] == [2, 1]
    keys = [next(signer.key_id for signer in one.signers if signer.nation == USA) for one in versions]
    assert keys == [authority(USA, 2).public.key_id, authority(USA).public.key_id]


def test_rotations_follow_each_other_without_gap_or_way_back(usa: Node) -> None:
    second, third = rotation(USA, 1), rotation(USA, 2)
    with pytest.raises(Conflict, match=r"rotation\.version"):
        submit(usa, third)
    submit(usa, second)
    submit(usa, third)
    assert submit(usa, second).number == 2, "told again, it stands as it did"
    with pytest.raises(Conflict, match=r"rotation\.version"):
        submit(usa, rotation(USA, 1, distrusted_from=START))
    assert place(usa, version_of(2, usa=3)).version == 2


def test_a_rotation_of_tomorrow_waits_for_its_instant(usa: Node) -> None:
    submit(usa, rotation(USA, 1, effective_from=at(1)))
    with pytest.raises(NotVerified):
        place(usa, version_of(2, usa=2))
    assert place(usa, version_of(2)).version == 2
    usa.clock.forward(days=2)
    assert place(usa, version_of(3, usa=2)).version == 3


def test_a_bundle_that_a_stolen_key_signed_stops_the_border_until_the_new_key_signs(usa: Node, india: Peer) -> None:
    india.vouch(usa.house, "reader")
    case = ask_release(usa, india, seal_item(usa))
    authorise(usa)
    usa.clock.forward(minutes=10)
    place(usa, version_of(2))
    submit(usa, rotation(USA, 1, distrusted_from=START + timedelta(minutes=5)))
    with pytest.raises(Unreachable) as closed:
        decide_case(usa, case)
    assert closed.value.full_code == "unreachable.agreement.distrusted"
    assert seal_item(usa).id, "national work goes on"
    view = bundles.active_bundle_view(usa.house, usa.actor("engineer"))
    assert view.border_closed_by == "distrusted"
    place(usa, version_of(3, usa=2))
    assert decide_case(usa, case).state == "released"


def test_a_confirmation_by_a_stolen_key_no_longer_counts(usa: Node) -> None:
    usa.clock.forward(hours=1)
    for nation in (USA, IND):
        submit(usa, confirmation(usa, "GSO-01", nation))
    assert active_bundle.active(usa.house).is_confirmed("GSO-01")
    submit(usa, rotation(USA, 1, distrusted_from=START))
    assert not active_bundle.active(usa.house).is_confirmed("GSO-01")
    counted = authority_statements.statements(usa.house, usa.actor("engineer"))
    assert [(one.kind, one.nation, one.counts) for one in counted] == [
        ("rotation", "USA", True),
        ("confirmation", "IND", True),
        ("confirmation", "USA", False),
    ]


def test_a_bundle_that_wants_to_be_fresh_opens_the_border_only_under_the_own_authoritys_recent_word(
    usa: Node, india: Peer
) -> None:
    place(usa, version_of(2, limits=limits(bundle_freshness_max_age=12)))
    india.vouch(usa.house, "reader")
    case = ask_release(usa, india, seal_item(usa))
    authorise(usa)

    def refused() -> str:
        with pytest.raises(Unreachable) as closed:
            decide_case(usa, case)
        return closed.value.full_code

    assert refused() == "unreachable.agreement.not_stated"
    submit(usa, fresh(usa, IND))
    assert refused() == "unreachable.agreement.not_stated", "another authority's word is not the own"
    submit(usa, fresh(usa, USA))
    assert newest_entry().event == "bundle:freshness_stated"
    bundle = active_bundle.active(usa.house)
    assert closed_by(usa.house, bundle, START + timedelta(hours=13)) == "stale"
    assert decide_case(usa, case).state == "released"


def test_a_newer_bundle_than_the_node_holds_is_an_alarm_and_another_one_stops_the_border(usa: Node) -> None:
    submit(usa, fresh(usa, IND, highest_version=2, bundle_digest="a" * 64))
    view = bundles.active_bundle_view(usa.house, usa.actor("engineer"))
    assert (view.withheld_by, view.border_closed_by) == (("IND",), "")
    place(usa, version_of(2))
    view = bundles.active_bundle_view(usa.house, usa.actor("engineer"))
    assert (view.withheld_by, view.border_closed_by) == ((), "contradicted")
    with pytest.raises(Unreachable, match=r"agreement\.contradicted"):
        require_open_border(usa.house, active_bundle.active(usa.house), usa.clock.now())


def test_freshness_only_grows(usa: Node) -> None:
    place(usa, version_of(2))
    with pytest.raises(Conflict, match=r"freshness\.version"):
        submit(usa, fresh(usa, USA, highest_version=1))
    later = fresh(usa, USA)
    submit(usa, later)
    with pytest.raises(Conflict, match=r"freshness\.order"):
        submit(usa, fresh(usa, USA, lasts=2 * DAY))
    usa.clock.forward(days=2)
    with pytest.raises(Conflict, match=r"freshness\.expired"):
        submit(usa, fresh(usa, USA, at=START + DAY / 2, lasts=DAY))


def test_history_tells_from_when_until_when_and_what_changed(usa: Node) -> None:
    usa.clock.forward(days=1)
    place(usa, version_of(2, effective_from=at(3), limits=limits(visit_notice=24)))
    newest, first = bundle_history.history(usa.house, usa.actor("engineer"))
    assert (first.until, newest.until) == (at(3), None)
    assert first.changes == {}
    assert newest.changes["limits"] == 1
    told = bundle_history.changes_of(usa.house, usa.actor("engineer"), 2)
    assert ("limits", ("limits", "visit_notice"), "added") in [(one.part, one.place, one.kind) for one in told]
    assert bundle_history.changes_of(usa.house, usa.actor("engineer"), 1) == []
    assert bundle_history.file_of(usa.house, usa.actor("engineer"), 1) == bundles.active_bundle_file(
        usa.house, usa.actor("engineer")
    )
    with pytest.raises(ReltoError, match="not_available"):
        bundle_history.file_of(usa.house, usa.actor("engineer"), 9)
