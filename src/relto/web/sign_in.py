"""Signing in: with login code and password, authenticator app, or passkey. Nobody signs up; a registrar adds people.

The seed of an authenticator app is stored encrypted (promise 1). What changes in how somebody signs in is entered.
"""

from __future__ import annotations

import base64
import logging
from typing import Any, ClassVar, Final

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from relto.base.errors import NotVerified, ReltoError
from relto.services.accounts import has_ended
from relto.services.actors import actor_of_person
from relto.store.models import Account
from relto.web.client_address import FORWARDED, client_address
from relto.web.surroundings import house

_LOG = logging.getLogger(__name__)
_PURPOSE: Final = b"relto portal authenticator secret"
_NONCE_BYTES: Final = 12


def _cipher() -> AESGCM:
    """The cipher for authenticator secrets, under a key derived from the portal's secret (RFC 5869)."""
    return AESGCM(HKDF(SHA256(), 32, salt=None, info=_PURPOSE).derive(settings.SECRET_KEY.encode()))


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """How accounts behave at this node."""

    error_messages: ClassVar[dict[str, Any]] = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": _("The login code or the password is not right."),
        "incorrect_password": _("The password is not right."),
        "enter_current_password": _("Write the present password."),
        "password_min_length": _("A password has at least 15 characters."),
        "too_many_login_attempts": _("Too many attempts. Try again in some minutes."),
        "rate_limited": _("Too many attempts. Try again in some minutes."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never."""
        del request
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """By which address attempts are counted; see relto.web.client_address."""
        peer, forwarded = str(request.META.get("REMOTE_ADDR", "")), str(request.META.get(FORWARDED, ""))
        return client_address(peer, forwarded, getattr(settings, "RELTO_FORWARDED_BY", ()))

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        """Whose password it is; a first password whose time is over is nobody's, and no answer says so."""
        found = super().authenticate(request, **credentials)
        if isinstance(found, Account) and has_ended(house(), found):
            self.authentication_failed(request, **credentials)
            return None
        return found

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """A line of the log says that a password was not right, and not whose."""
        super().authentication_failed(request, **credentials)
        _LOG.warning("sign_in.failed password")

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """The first page of her role, in the language of her account."""
        del request
        return reverse("home")

    def pre_login(self, request: HttpRequest, user: Account, **kwargs: Any) -> Any:
        """A suspended person does not get in."""
        try:
            actor_of_person(house(), user.person_id)
        except ReltoError:
            return self.respond_user_inactive(request, user)
        return super().pre_login(request, user, **kwargs)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """A node sends no mail."""


class MultiFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """How second factors and passkeys behave at this node."""

    error_messages: ClassVar[dict[str, Any]] = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": _("This code or passkey was not accepted."),
    }

    def encrypt(self, text: str) -> str:
        """A secret for the store: AES-256-GCM under a key of its own, made from this node's portal secret."""
        nonce = house().entropy.random_bytes(_NONCE_BYTES)
        return base64.b64encode(nonce + _cipher().encrypt(nonce, text.encode(), _PURPOSE)).decode("ascii")

    def decrypt(self, encrypted_text: str) -> str:
        """The secret again. Raises NotVerified for what this node did not encrypt."""
        sealed = base64.b64decode(encrypted_text)
        try:
            return _cipher().decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], _PURPOSE).decode()
        except InvalidTag as error:
            raise NotVerified("authenticator") from error

    def get_public_key_credential_user_entity(self, user: Account) -> dict[str, Any]:
        """What an authenticator is told of a person: her login code, no name; `id` as the library reads it back."""
        return {"id": user_pk_to_url_str(user).encode(), "display_name": user.username, "name": user.username}
