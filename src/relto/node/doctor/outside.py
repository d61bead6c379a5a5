"""What the node meets outside: its ports, its witness, the mail server, the identity provider, and the machine.

Everything is asked once with the limits that the node itself sets; nothing is sent but a greeting or a question.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from relto.adapters.mail_notices import require_answer
from relto.base.errors import Misconfigured, ReltoError
from relto.node.checks import is_free
from relto.node.doctor.case import Case
from relto.node.doctor.troubles import Trouble, of_setting
from relto.node.mail import mail_server
from relto.node.processes import listens
from relto.node.settings import PORTS
from relto.node.sign_in_settings import client_certificates, identity_provider
from relto.ports.identity import Asked

OLDEST_TIME_ZONES: Final = "2026a"
"""The tz database under which the calendars of the rules were last looked through; legal days rest on it."""


_ASKED: Final = Asked(state="", nonce="", verifier="", confirming=None)


def look_at_ports(case: Case) -> Iterator[Trouble]:
    """Of a stopped node: each port is free. Of a running one: each is listened on."""
    if case.settings is None:
        return
    bind = case.settings.bind
    reached = "127.0.0.1" if bind in {"0.0.0.0", "::"} else bind  # noqa: S104  compared, not bound
    for name in PORTS:
        port = getattr(case.settings.ports, name)
        if not case.serving and not is_free(bind, port):
            yield Trouble("port_taken", f"ports.{name}", "a port that is free while the node is stopped", port)
        elif case.serving and not (listens(reached, port) or listens("127.0.0.1", port)):
            yield Trouble("door_silent", f"ports.{name}", "somebody who listens while the node runs", port)


def look_outside(case: Case) -> Iterator[Trouble]:
    """Who the node needs outside answers."""
    settings = case.settings
    if settings is None:
        return
    for position, (name, url) in enumerate(settings.witnesses):
        witness = case.world.witness(name, url)
        try:
            witness.newest(settings.ledger_origin)
        except ReltoError as error:
            yield Trouble(
                "witness_unreachable", f"witnesses[{position}].url", "a witness that answers", error.full_code
            )
        finally:
            witness.close()
    yield from _mail(case)
    yield from _sign_in(case)


def _mail(case: Case) -> Iterator[Trouble]:
    if case.settings is None:
        return
    try:
        server = mail_server(case.settings)
    except ReltoError as problem:
        yield Trouble("setting", problem.field or "mail", problem.expected or "", problem.found)
        return
    if server is None:
        return
    try:
        require_answer(server)
    except ReltoError as error:
        yield Trouble("mail_refused", "mail.host", "a server that takes the sender over TLS", error.full_code)


def _sign_in(case: Case) -> Iterator[Trouble]:
    if case.settings is None:
        return
    sign_in, training = case.settings.sign_in, case.settings.kind == "training"
    try:
        client_certificates(sign_in.certificates)
        provider = identity_provider(sign_in.openid, training=training)
    except Misconfigured as problem:
        yield of_setting(problem)
        return
    if provider is None:
        return
    try:
        provider.address(_ASKED, redirect_uri=case.settings.urls.portal)  # reads what it says of itself
    except (ReltoError, OSError) as error:
        found = error.full_code if isinstance(error, ReltoError) else type(error).__name__
        yield Trouble("provider_unreachable", "sign_in.openid.issuer", "its configuration", found)


def look_at_machine(case: Case) -> Iterator[Trouble]:
    """The time zones that legal days rest on, and core dumps, which would hold what a process knew."""
    if case.world.time_zones < OLDEST_TIME_ZONES:
        yield Trouble("time_zones_old", "tzdata", f"{OLDEST_TIME_ZONES} or newer", case.world.time_zones)
    live = case.settings is not None and case.settings.kind == "live"
    limit = case.world.core_limit()
    if live and limit:
        yield Trouble("core_dumps", "LimitCORE", "0", "unlimited" if limit < 0 else limit)
