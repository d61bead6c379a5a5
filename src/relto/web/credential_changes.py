"""What changes in how somebody signs in is entered in the ledger: a passkey, an authenticator app, a password.

A code that was not right is a line of the process's log, without whose. Entries name the person by pseudonym and the
kind of credential by a code; no credential, name or address is in them.
"""

from __future__ import annotations

import logging
from typing import Any, Final

from allauth.account import signals as account_signals
from allauth.mfa import signals as factor_signals

from relto.ledger.leaves import LeafEvent
from relto.services.accounts import password_is_her_own
from relto.services.book import enter
from relto.store.models import Account, Person
from relto.web.surroundings import house

_LOG = logging.getLogger(__name__)
_PURPOSE: Final = "sign-in"


def listen() -> None:
    """Connect to what allauth tells; called once when the portal starts."""
    factor_signals.authentication_failed.connect(_factor_failed, dispatch_uid="relto.factor.failed")
    factor_signals.authenticator_added.connect(_factor_added, dispatch_uid="relto.factor.added")
    factor_signals.authenticator_reset.connect(_factor_added, dispatch_uid="relto.factor.reset")
    factor_signals.authenticator_removed.connect(_factor_removed, dispatch_uid="relto.factor.removed")
    account_signals.password_changed.connect(_password_changed, dispatch_uid="relto.password.changed")
    account_signals.password_set.connect(_password_changed, dispatch_uid="relto.password.set")


def _factor_failed(*, authenticator: Any, **_: object) -> None:
    _LOG.warning("sign_in.failed %s", authenticator.type)


def _factor_added(*, user: Account, authenticator: Any, **_: object) -> None:
    _enter(LeafEvent.CREDENTIAL_ISSUED, user, str(authenticator.type))


def _factor_removed(*, user: Account, authenticator: Any, **_: object) -> None:
    _enter(LeafEvent.CREDENTIAL_REVOKED, user, str(authenticator.type))


def _password_changed(*, user: Account, **_: object) -> None:
    password_is_her_own(user)
    _enter(LeafEvent.CREDENTIAL_ISSUED, user, "password")


def _enter(event: LeafEvent, account: Account, kind: str) -> None:
    own = house()
    now = own.now()
    person = Person.objects.get(id=account.person_id)

    def step() -> None:
        enter(
            own,
            event,
            actor=person.id,
            subject=person.id,
            company=person.company_id,
            details={"purpose": _PURPOSE, "kind": kind},
            at=now,
        )

    own.commit(step)
