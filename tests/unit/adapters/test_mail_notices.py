"""Notices over a real mail server: nothing but the number in them, TLS or nothing, and an honest word on each."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from relto.adapters.mail_notices import MailServer, Notice, message_of, read_address, send_notices
from relto.base.errors import MalformedInput, Misconfigured, Unreachable
from tests.support.certificates import make_authority, make_node_certificate

NOTICE = Notice("1", "fso@company.example", "VIS-2026-0001", "https://usa.example/")


class Mailbox:
    """What a mail server got; it refuses addresses that say so."""

    def __init__(self) -> None:
        self.messages: list[tuple[list[str], EmailMessage]] = []

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802  the library's name
        if address.startswith("gone"):
            return "550 no such mailbox"
        if address.startswith("full"):
            return "452 mailbox full"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802  the library's name
        read = message_from_bytes(envelope.content, policy=default)
        assert isinstance(read, EmailMessage)
        self.messages.append((list(envelope.rcpt_tos), read))
        return "250 OK"


@contextmanager
def serving(mailbox: Mailbox, **options: Any) -> Iterator[int]:
    controller = Controller(mailbox, hostname="127.0.0.1", port=0, **options)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        controller.port = probe.getsockname()[1]
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


def test_a_notice_names_the_number_and_the_portal_and_nothing_else() -> None:
    mailbox = Mailbox()
    with serving(mailbox) as port:
        server = MailServer("127.0.0.1", port, "relto@node.example", security="none")
        sent = send_notices(
            server, [NOTICE, Notice("2", "ccso@firma.example", "TRF-2026-0007", "https://i.example/", "hi")]
        )
    assert [(one.key, one.handed_over) for one in sent] == [("1", True), ("2", True)]
    (to, english), (_, hindi) = mailbox.messages
    assert to == ["fso@company.example"]
    assert english["Subject"] == "VIS-2026-0001: something waits for you"
    assert english.get_content().split("\n")[0].strip() == (
        "VIS-2026-0001: something waits for you. Sign in to see what: https://usa.example/"
    )
    assert english["Auto-Submitted"] == "auto-generated"
    assert "प्रतीक्षा" in hindi["Subject"]
    assert hindi.get_content().startswith("TRF-2026-0007: ")


def test_a_mailbox_that_is_gone_is_given_up_and_a_full_one_is_tried_again() -> None:
    mailbox = Mailbox()
    with serving(mailbox) as port:
        server = MailServer("127.0.0.1", port, "relto@node.example", security="none")
        addresses = ("gone@company.example", "full@company.example", "fso@company.example")
        sent = send_notices(server, [Notice(one, one, "VIS-2026-0001", "https://usa.example/") for one in addresses])
    assert [(one.handed_over, one.refused) for one in sent] == [(False, True), (False, False), (True, False)]
    assert len(mailbox.messages) == 1


def test_beyond_this_machine_tls_is_demanded() -> None:
    with pytest.raises(Misconfigured):
        MailServer("mail.example", 25, "relto@node.example", security="none")
    with pytest.raises(Misconfigured):
        MailServer("mail.example", 25, "relto@node.example", security="ssl3")


def test_a_server_without_tls_or_with_another_certificate_gets_no_address(tmp_path: Path) -> None:
    mailbox = Mailbox()
    with serving(mailbox) as port, pytest.raises(Unreachable):
        send_notices(MailServer("127.0.0.1", port, "relto@node.example"), [NOTICE])
    context = server_context(tmp_path)
    with serving(mailbox, tls_context=context, require_starttls=True) as port, pytest.raises(Unreachable):
        send_notices(MailServer("localhost", port, "relto@node.example"), [NOTICE])
    assert not mailbox.messages


def test_over_tls_with_the_right_authority_it_goes(tmp_path: Path) -> None:
    mailbox = Mailbox()
    context = server_context(tmp_path)
    with serving(mailbox, tls_context=context, require_starttls=True) as port:
        server = MailServer("localhost", port, "relto@node.example", authority_file=str(tmp_path / "ca.pem"))
        (sent,) = send_notices(server, [NOTICE])
    assert sent.handed_over
    assert len(mailbox.messages) == 1


def server_context(folder: Path) -> ssl.SSLContext:
    authority = make_authority(folder, "USA")
    (folder / "ca.pem").write_bytes(authority.pem)
    made = make_node_certificate(folder, authority, host="localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made.certificate, made.private_key)
    return context


def test_a_server_that_is_not_there_is_told_as_unreachable() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        server = MailServer("127.0.0.1", probe.getsockname()[1], "relto@node.example", security="none")
        with pytest.raises(Unreachable):
            send_notices(server, [NOTICE])
    assert send_notices(server, []) == []


@pytest.mark.parametrize(
    "address", ["", "a@b\r\nBcc: c@d.example", "two@at@signs", "नाम@उदाहरण.भारत", 7, "a b@c.example"]
)
def test_what_is_no_address_goes_nowhere(address: object) -> None:
    with pytest.raises(MalformedInput):
        read_address(address)
    if isinstance(address, str):
        with pytest.raises(MalformedInput):
            message_of(MailServer("127.0.0.1", 25, "r@n.example", "none"), Notice("1", address, "V-1", "u"))


def test_the_password_does_not_show_where_the_server_is_printed() -> None:
    assert "the word" not in repr(
        MailServer("mail.example", 587, "relto@node.example", user="relto", password="the word")
    )
