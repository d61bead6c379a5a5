"""Who is told by mail of what: once, whatever restarts; of kinds and numbers alone; what she chose, when she chose."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from relto.adapters.mail_notices import MailServer, Notice, Sent, message_of
from relto.services import credentials, emergency_roles, notices, personal_tokens, suspensions
from relto.store.models import Assurance, PersonNotice
from tests.support.houses import START, YEAR, Node
from tests.support.peer_simulator import Peer
from tests.unit.services.stories import ask_release, authorise, decide_case, seal_item

pytestmark = pytest.mark.django_db
SERVER = MailServer("127.0.0.1", 9, "relto@node.example", security="none")
Mails = list[Notice]


@pytest.fixture
def mails(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mails]:
    """What was handed over, instead of a mail server; test_mail_notices talks to a real one."""
    taken: Mails = []

    def take(_: MailServer, given: list[Notice]) -> list[Sent]:
        taken.extend(given)
        return [Sent(one.key, handed_over=True) for one in given]

    monkeypatch.setattr(notices, "send_notices", take)
    yield taken
    for one in taken:
        assert message_of(SERVER, one)["Subject"]


def _told(node: Node, who: str) -> None:
    notices.begin_notices(node.house, node.actor(who), f"{who}@authority.example")


def _round(node: Node, mails: Mails) -> set[tuple[str, str]]:
    """What the worker's next round tells: to whom, and of which kind."""
    mails.clear()
    notices.tell_who_waits(node.house, SERVER)
    return {(one.address.partition("@")[0], one.kind) for one in mails}


def test_an_officer_is_told_of_a_release_that_waits_and_the_asker_of_the_answer(
    usa: Node, india: Peer, mails: Mails
) -> None:
    item = seal_item(usa)
    authorise(usa)
    for who in ("release_officer", "security_officer"):
        _told(usa, who)
    usa.clock.forward(minutes=5)
    india.vouch(usa.house, "reader")
    case = ask_release(usa, india, item)
    assert ("release_officer", "turn") in _round(usa, mails)
    assert case.number in {one.number for one in mails}
    assert _round(usa, mails) == set(), "once"
    decide_case(usa, case, "refuse")
    assert _round(usa, mails) == {("security_officer", "answer")}
    said = message_of(SERVER, mails[0]).as_string()
    assert case.number in said
    assert item.title not in said


def test_how_she_signs_in_is_always_told_and_by_whomever_it_was_changed(usa: Node, mails: Mails) -> None:
    engineer = usa.actor("engineer")
    _told(usa, "engineer")
    notices.wish(usa.house, engineer, kinds=[], daily=False)
    usa.clock.forward(minutes=5)
    personal_tokens.make_token(usa.house, engineer, label="nightly", scopes=["me"], days=1)
    credentials.issue_credential(usa.house, usa.actor("registrar"), person=engineer.person, days=1)
    assert _round(usa, mails) == {("engineer", "sign_in")}
    assert [one.number for one in mails] == ["credential:issued"] * 2
    assert "nightly" not in "".join(message_of(SERVER, one).as_string() for one in mails)
    assert _round(usa, mails) == set()


def test_suspensions_and_emergencies_are_told_to_those_near_and_not_to_who_did_it(usa: Node, mails: Mails) -> None:
    for who in ("registrar", "security_officer", "release_officer", "operator", "engineer", "inspector"):
        _told(usa, who)
    usa.clock.forward(minutes=5)
    registrar, colleague = usa.actor("registrar"), usa.people["colleague"]
    suspensions.suspend(usa.house, registrar, kind="person", subject=colleague, reason="Her badge was lost.")
    near = {("security_officer", "suspension"), ("release_officer", "suspension"), ("inspector", "suspension")}
    assert _round(usa, mails) == near
    assert {one.number for one in mails} == {colleague}
    operator, co_chair = usa.actor("operator"), usa.people["co_chair"]
    emergency_roles.ask(
        usa.house, operator, person=co_chair, role="release_officer", reason="Nobody is there.", hours=1
    )
    told = _round(usa, mails)
    assert ("operator", "emergency") not in told
    assert {who for who, kind in told if kind == "emergency"} == {"registrar", "release_officer", "inspector"}


def test_an_assurance_that_ends_within_a_month_is_told_once(usa: Node, mails: Mails) -> None:
    _told(usa, "registrar")
    Assurance.objects.create(
        id="asr_" + "e" * 24, direction="given", issuer="USA", recipient="IND", subject_kind="person",
        subject=usa.people["engineer"], facility="F014", level="SECRET", safeguarding_level="", caveats=[],
        valid_from=START - YEAR, valid_until=usa.clock.now() + timedelta(days=20), status="valid",
        status_at=usa.clock.now(), statement=b"{}",
    )  # fmt: skip
    assert ("registrar", "assurance") in _round(usa, mails)
    assert any(one.number == "asr_" + "e" * 24 for one in mails)
    assert _round(usa, mails) == set()


def test_once_a_day_together_and_not_what_was_declined(usa: Node, mails: Mails) -> None:
    engineer = usa.actor("engineer")
    _told(usa, "engineer")
    notices.wish(usa.house, engineer, kinds=["turn"], daily=True)
    usa.clock.forward(minutes=5)
    for label in ("one", "two"):
        personal_tokens.make_token(usa.house, engineer, label=label, scopes=["me"], days=1)
    assert _round(usa, mails) == set(), "not before the morning"
    usa.clock.forward(hours=24)
    _round(usa, mails)
    (mail,) = mails
    assert len(mail.lines) == 2
    message = message_of(SERVER, mail)
    assert message["Subject"] == "2 things to know at your node"
    assert message.get_content().count("credential:issued") == 2


def test_a_worker_that_dies_while_it_sends_leaves_the_same_message_to_try_again(
    usa: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed: list[str] = []

    def dies(server: MailServer, given: list[Notice]) -> list[Sent]:
        handed.extend(str(message_of(server, one)["Message-ID"]) for one in given)
        raise KeyboardInterrupt

    _told(usa, "engineer")
    usa.clock.forward(minutes=5)
    personal_tokens.make_token(usa.house, usa.actor("engineer"), label="one", scopes=["me"], days=1)
    monkeypatch.setattr(notices, "send_notices", dies)
    with pytest.raises(KeyboardInterrupt):
        notices.tell_who_waits(usa.house, SERVER)
    assert notices.tell_who_waits(usa.house, SERVER) == 0, "another worker does not send what one is at"
    usa.clock.forward(minutes=5)
    with pytest.raises(KeyboardInterrupt):
        notices.tell_who_waits(usa.house, SERVER)
    assert len(handed) == 2
    assert len(set(handed)) == 1
    assert PersonNotice.objects.count() == 1
