"""What every page finds around it: the node's House and its log's files, given to Django's settings by the wiring."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from django.conf import settings

from relto.base.errors import Misconfigured

if TYPE_CHECKING:
    from collections.abc import Callable

    from relto.adapters.client_certificates import ClientCertificates
    from relto.adapters.telemetry_names import Measure
    from relto.ports.identity import IdentityProvider
    from relto.ports.log_files import LogFiles
    from relto.services.house import House
    from relto.services.reading_room import Readings


AUTHENTICATED: Final[ContextVar[str]] = ContextVar("relto.authenticated", default="")
"""While a decision is taken: how its taker showed who she is, as a code; see relto.web.step_up."""


def house() -> House:
    """The node that this process belongs to, told how a decision's taker showed who she is.

    Raises Misconfigured when there is none.
    """
    found: House | None = getattr(settings, "RELTO_HOUSE", None)
    if found is None:
        raise Misconfigured("house", field="RELTO_HOUSE", expected="a process that relto.node started")
    shown = AUTHENTICATED.get()
    return replace(found, authenticated=shown) if shown else found


def identity_provider() -> IdentityProvider | None:
    """The nation's own identity provider; None when the settings name none."""
    found: IdentityProvider | None = getattr(settings, "RELTO_IDENTITY_PROVIDER", None)
    return found


def readings() -> Readings | None:
    """The open readings of this process; None where the node shows no document in the browser."""
    found: Readings | None = getattr(settings, "RELTO_READINGS", None)
    return found


def client_certificates() -> ClientCertificates | None:
    """What judges client certificates; None when the settings name no authority for them."""
    found: ClientCertificates | None = getattr(settings, "RELTO_CLIENT_CERTIFICATES", None)
    return found


def measured_files() -> list[Measure]:
    """What the node's folder and machine tell of how it is doing; nothing where nobody said how to look."""
    look: Callable[[], list[Measure]] | None = getattr(settings, "RELTO_NODE_FILES", None)
    return look() if look is not None else []


def log_files() -> LogFiles:
    """The files of the node's log. Raises Misconfigured when this process was not given them."""
    found: LogFiles | None = getattr(settings, "RELTO_LOG_FILES", None)
    if found is None:
        raise Misconfigured("log_files", field="RELTO_LOG_FILES", expected="the files of the node's log")
    return found
