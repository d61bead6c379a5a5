"""Passkeys and authenticator codes, judged beyond what the library judges.

Rules: the browser's word on where it stands is this portal's own address, and no frame of another's (Web Authentication
Level 2 sections 7.1 and 7.2, origin); the counter of an authenticator that counts only goes up (section 7.2 step 21): a
sign-in by one that does not may be by a copy of it, and is refused; a time step of an authenticator app serves once, in
whichever process of the portal (RFC 6238 section 5.2). What fails is a line of the log that says why, and not whose.
"""

from __future__ import annotations

import logging
from typing import Any, Final

from allauth.core import context
from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms as code_forms
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from allauth.mfa.utils import decrypt
from allauth.mfa.webauthn import forms as passkey_forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from fido2.webauthn import AuthenticationResponse, CollectedClientData, RegistrationResponse

from relto.web.address import origin_of

_LOG = logging.getLogger(__name__)
_COUNT: Final = "sign_count"
_STEP: Final = "last_step"


def _refused(why: str) -> ValidationError:
    _LOG.warning("sign_in.failed webauthn %s", why)
    error: ValidationError = get_adapter().validation_error("incorrect_code")
    return error


def _require_here(client_data: CollectedClientData) -> None:
    """Raises ValidationError for what a browser signed at another address, or inside another's page."""
    request = context.request
    here = {origin_of(str(getattr(settings, "RELTO_PORTAL_URL", "")))}
    if getattr(
        settings, "MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN", False
    ):  # a training node's alone: it may be reached by several names
        here.add(origin_of(f"{request.scheme}://{request.get_host()}"))
    if client_data.origin not in here or client_data.cross_origin:
        raise _refused("origin")


class AddPasskeyForm(passkey_forms.AddWebAuthnForm):  # type: ignore[misc]
    """A new passkey."""

    def clean_credential(self) -> Any:
        """What the browser made. Raises ValidationError for another address."""
        credential = self.cleaned_data["credential"]
        try:
            _require_here(RegistrationResponse.from_dict(credential).response.client_data)
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            raise _refused("form") from error
        return credential


class _Judged:
    """What every sign-in by passkey keeps to, whatever it is for; the library's form stands beside it."""

    cleaned_data: dict[str, Any]

    def clean_credential(self) -> Authenticator:
        """The passkey. Raises ValidationError("incorrect_code")."""
        try:
            response = AuthenticationResponse.from_dict(self.cleaned_data["credential"]).response
            client_data, count = response.client_data, response.authenticator_data.counter
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            raise _refused("form") from error
        _require_here(client_data)
        try:
            found: Authenticator = super().clean_credential()  # type: ignore[misc]
        except ValidationError:
            _LOG.warning("sign_in.failed webauthn refused")
            raise
        _count(found, count)
        return found


class PasskeyForm(_Judged, passkey_forms.LoginWebAuthnForm):  # type: ignore[misc]
    """A sign-in by a passkey alone."""


class PasskeyAgainForm(_Judged, passkey_forms.ReauthenticateWebAuthnForm):  # type: ignore[misc]
    """She confirms herself by a passkey."""


class SecondPasskeyForm(_Judged, passkey_forms.AuthenticateWebAuthnForm):  # type: ignore[misc]
    """A passkey after a password."""


def _count(found: Authenticator, count: int) -> None:
    """Note the counter. Raises ValidationError when it did not go up. Both nought: it counts nothing."""
    with transaction.atomic():
        row = Authenticator.objects.select_for_update().get(pk=found.pk)
        known = int(row.data.get(_COUNT, row.wrap().authenticator_data.counter))
        goes_up = count > known or count == known == 0
        if goes_up:
            row.data[_COUNT] = count
            row.save(update_fields=["data"])
    if not goes_up:
        raise _refused("counter")
    found.data = row.data


class _Once:
    """What every code of an authenticator app keeps to; the library's form stands beside it."""

    authenticator: Authenticator

    def clean_code(self) -> str:
        """The code. Raises ValidationError for one whose time step has served."""
        code: str = super().clean_code()  # type: ignore[misc]
        if self.authenticator.type == Authenticator.Type.TOTP and not _serves(self.authenticator, code):
            self._emit_authentication_failed(self.authenticator)  # type: ignore[attr-defined]
            raise get_adapter().validation_error("incorrect_code")
        return code


class CodeForm(_Once, code_forms.AuthenticateForm):  # type: ignore[misc]
    """A code after a password."""


class CodeAgainForm(_Once, code_forms.ReauthenticateForm):  # type: ignore[misc]
    """She confirms herself by a code."""


def _serves(found: Authenticator, code: str) -> bool:
    """Whether a code that is right is newer than the last one that served; notes it."""
    secret = decrypt(found.data["secret"])
    newest = max(yield_hotp_counters_from_time())
    # One step more than is accepted: the clock may have gone on since the code was found right.
    steps = range(newest, min(yield_hotp_counters_from_time()) - 2, -1)
    right = (
        one for one in steps if compare_user_code(actual=code, expected=format_hotp_value(hotp_value(secret, one)))
    )
    step = next(right, -1)
    with transaction.atomic():
        row = Authenticator.objects.select_for_update().get(pk=found.pk)
        serves = step > int(row.data.get(_STEP, -1))
        if serves:
            row.data[_STEP] = step
            row.save(update_fields=["data"])
    if serves:
        found.data = row.data
    return serves
