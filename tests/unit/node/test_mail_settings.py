"""The mail server of the settings: none unless named, and never one that would leak."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from relto.base.errors import Misconfigured
from relto.node.mail import mail_server
from relto.node.settings import Mail, NodeSettings, _mail

NAMED = Mail(host="mail.example", sender="relto@node.example")


def settings(mail: Mail) -> NodeSettings:
    return cast("NodeSettings", SimpleNamespace(mail=mail))


def test_without_a_host_nobody_is_told() -> None:
    assert mail_server(settings(Mail())) is None
    assert _mail({}) == Mail()


def test_a_named_server_is_used_over_tls_with_its_password(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("opensesame\n", "utf-8")
    server = mail_server(settings(replace(NAMED, user="relto", password_file=str(file))))
    assert server is not None
    assert (server.security, server.port, server.password) == ("starttls", 587, "opensesame")


@pytest.mark.parametrize(
    "mail",
    [
        replace(NAMED, security="none"),
        replace(NAMED, security="ssl"),
        replace(NAMED, sender="nobody"),
        replace(NAMED, password_file="/no/such/file"),
    ],
)
def test_what_would_leak_is_refused(mail: Mail) -> None:
    with pytest.raises(Exception, match=r"misconfigured|malformed"):
        mail_server(settings(mail))


@pytest.mark.parametrize("given", [7, {"host": 7}, {"port": 0}, {"port": True}, {"port": "25"}, {"server": "x"}])
def test_what_is_no_setting_is_refused_by_name(given: object) -> None:
    with pytest.raises(Misconfigured):
        _mail({"mail": given})
