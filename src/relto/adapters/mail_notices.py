"""Notices by e-mail (SMTP, RFC 5321): a number, that something waits, and the portal's address. Off unless configured.

Promises: nothing else stands in a notice, whoever reads it on the way; TLS with a verified certificate is demanded
before a password or an address is sent, but for a server on this machine's own loopback address; a server that is slow
or refuses costs a bounded time, and what could not be sent is told to the caller, who tries again later.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
import smtplib
import ssl
from collections.abc import Iterable
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from typing import Final

from relto.adapters.words import sentence
from relto.base.errors import MalformedInput, Misconfigured, Shown, Unreachable

SECURITIES: Final = ("starttls", "tls", "none")
_SECONDS: Final = 10.0
_ADDRESS: Final = re.compile(r"\A[^\s@<>\"(),:;\\\[\]]{1,64}@[A-Za-z0-9.-]{1,190}\Z")
_PERMANENT: Final = 500
_NAMED: Final = 32


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where notices are handed over. `security`: starttls, tls, or none (loopback only); `sender`: an address.

    `authority_file`: PEM certificates to trust instead of the system's, "" for the system's.
    """

    host: str
    port: int
    sender: str
    security: str = "starttls"
    user: str = ""
    password: str = field(default="", repr=False)
    authority_file: str = ""

    def __post_init__(self) -> None:
        """Raises Misconfigured for an unknown security, a sender that is no address, or none beyond loopback."""
        if self.security not in SECURITIES:
            raise Misconfigured("mail.security", field="mail_security", expected=", ".join(SECURITIES))
        if self.security == "none" and not _is_loopback(self.host):
            raise Misconfigured("mail.security", field="mail_security", expected="starttls or tls beyond this machine")
        read_address(self.sender, field="mail_sender")


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice. `key`: the caller's own name of it, the same each time that it is tried; `url`: of the portal.

    `kind`: of what it tells, a code of the catalogue; `number`: a number or code of it; `lines`: kind and number of
    each when it tells of several.
    """

    key: str
    address: str
    number: str
    url: str
    language: str = "en"
    kind: str = "turn"
    lines: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a notice: handed over, refused for good, or neither (to be tried again)."""

    key: str
    handed_over: bool
    refused: bool = False


def read_address(text: object, *, field: str = "address") -> str:
    """A mail address in plain ASCII. Raises MalformedInput."""
    if not isinstance(text, str) or not text.isascii() or not _ADDRESS.match(text):
        raise MalformedInput("mail.address", field=field, expected="an address such as fso@company.example")
    return text


def require_answer(server: MailServer) -> None:
    """The server answers over TLS and takes the user. Nothing is handed over. Raises Unreachable("mail")."""
    try:
        with _session(server) as session:
            if server.user:
                session.login(server.user, server.password)
            session.noop()
    except (OSError, smtplib.SMTPException) as error:
        raise Unreachable("mail", field="mail_host", expected="a mail server that answers over TLS") from error


def send_notices(server: MailServer, notices: Iterable[Notice]) -> list[Sent]:
    """Hand the notices over in one session. Raises Unreachable("mail") when the server cannot be talked to safely."""
    waiting = list(notices)
    if not waiting:
        return []
    try:
        with _session(server) as session:
            if server.user:
                session.login(server.user, server.password)
            return [_sent(session, server, notice) for notice in waiting]
    except (OSError, smtplib.SMTPException) as error:
        raise Unreachable("mail", field="mail_host", expected="a mail server that answers over TLS") from error


def _session(server: MailServer) -> smtplib.SMTP:
    if server.security == "tls":
        return smtplib.SMTP_SSL(server.host, server.port, timeout=_SECONDS, context=_trust(server))
    session = smtplib.SMTP(server.host, server.port, timeout=_SECONDS)
    if server.security == "starttls":
        try:
            session.starttls(context=_trust(server))
        except BaseException:
            session.close()
            raise
    return session


def _trust(server: MailServer) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=server.authority_file or None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _sent(session: smtplib.SMTP, server: MailServer, notice: Notice) -> Sent:
    try:
        session.send_message(message_of(server, notice))
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        return Sent(notice.key, handed_over=False, refused=all(code >= _PERMANENT for code in codes))
    except smtplib.SMTPResponseException as error:
        return Sent(notice.key, handed_over=False, refused=error.smtp_code >= _PERMANENT)
    return Sent(notice.key, handed_over=True)


def message_of(server: MailServer, notice: Notice) -> EmailMessage:
    """The message. What it says is the same for everybody but for kinds, numbers, the address and the language.

    A notice that is tried again has the Message-ID of before, so that a mailbox knows it again.
    """
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(addr_spec=server.sender)
    message["To"] = Address(addr_spec=read_address(notice.address))
    named = hashlib.sha256(f"{notice.address}\n{notice.key}".encode()).hexdigest()
    message["Message-ID"] = f"<{named[:_NAMED]}@{server.sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody answers it automatically
    spoken = notice.language
    facts: dict[str, Shown] = {"number": notice.number, "count": len(notice.lines), "url": notice.url}
    if notice.lines:
        told = (sentence(f"notice.line.{kind}", spoken, number=number) for kind, number in notice.lines)
        message["Subject"] = sentence("notice.subject.several", spoken, **facts)
        message.set_content("\n".join(told) + "\n\n" + sentence("notice.body.several", spoken, **facts))
    else:
        message["Subject"] = sentence(f"notice.subject.{notice.kind}", spoken, **facts)
        message.set_content(sentence(f"notice.body.{notice.kind}", spoken, **facts))
    return message


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
