"""The mail server of the settings, as the worker uses it; none unless the operator names one."""

from __future__ import annotations

from pathlib import Path

from relto.adapters.mail_notices import MailServer
from relto.base.errors import Misconfigured
from relto.node.settings import NodeSettings

_LARGEST_PASSWORD = 4096


def mail_server(settings: NodeSettings) -> MailServer | None:
    """The server, None when none is named. Raises Misconfigured for one that cannot be used safely."""
    mail = settings.mail
    if not mail.host:
        return None
    return MailServer(
        host=mail.host,
        port=mail.port,
        sender=mail.sender,
        security=mail.security,
        user=mail.user,
        password=_password(mail.password_file),
        authority_file=mail.authority_file,
    )


def _password(file: str) -> str:
    if not file:
        return ""
    try:
        with Path(file).open(encoding="utf-8") as source:
            return source.read(_LARGEST_PASSWORD).strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured("mail", field="mail.password_file", expected="a file that this process may read") from error
