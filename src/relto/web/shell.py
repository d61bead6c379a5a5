"""What Django needs for the portal's process, beyond what every process of a node needs.

Promises: a session cookie of its own per nation, never readable by scripts, not sent across sites; no page may be
framed, cached or run foreign code; an upload is sealed while it streams in; sign-up is closed; no mail is sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from relto.web.logs import logging_settings

_HERE = Path(__file__).resolve().parent
LANGUAGES = [("en", "English"), ("hi", "हिन्दी")]
_LARGEST_FORM = 1024 * 1024
_MOST_FIELDS = 2000  # a form of many rows: what was written must come back with its findings, never be lost


@dataclass(frozen=True, slots=True)
class SignInLimits:
    """How long a session lasts unused and at all, and how young a strong factor is when somebody decides."""

    idle: timedelta = timedelta(minutes=30)
    longest: timedelta = timedelta(hours=8)
    step_up: timedelta = timedelta(minutes=15)


def portal_settings(*, nation: str, kind: str, portal_url: str, limits: SignInLimits | None = None) -> dict[str, Any]:
    """Django settings of the portal, to be laid over `relto.node.django_shell.base_settings`.

    The caller adds RELTO_HOUSE, and RELTO_LOG_FILES for the ledger's export. Cookies are Secure on an https portal.
    """
    secure = urlsplit(portal_url).scheme == "https"
    return {
        "RELTO_KIND": kind,
        "RELTO_PORTAL_URL": portal_url,
        "INSTALLED_APPS": [
            "django.contrib.contenttypes",
            "django.contrib.auth",
            "django.contrib.sessions",
            "django.contrib.staticfiles",
            "relto.web",
            "relto.store",
            "allauth",
            "allauth.account",
            "allauth.mfa",
        ],
        "MIDDLEWARE": [
            "relto.web.security.SecurityHeaders",
            "relto.web.refused_access.RefusedAccess",
            "django.middleware.security.SecurityMiddleware",
            "whitenoise.middleware.WhiteNoiseMiddleware",
            "django.contrib.sessions.middleware.SessionMiddleware",
            "relto.web.language.LanguageFromPath",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "relto.web.session_limits.SessionLimits",
            "django.middleware.csrf.CsrfViewMiddleware",
            "allauth.account.middleware.AccountMiddleware",
            "relto.web.step_up.StepUp",
            "relto.web.sent_once.SentOnce",
        ],
        "TEMPLATES": [
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "DIRS": [str(_HERE / "templates")],
                "APP_DIRS": True,
                "OPTIONS": {
                    "context_processors": ["django.template.context_processors.request", "relto.web.frame.frame"],
                },
            }
        ],
        "FORM_RENDERER": "django.forms.renderers.DjangoTemplates",
        "LOGGING": logging_settings(),
        **_languages(),
        **_static_files(),
        **_cookies(nation, secure=secure),
        **_limits(limits or SignInLimits()),
        **_sign_in(nation, secure=secure),
        "FILE_UPLOAD_HANDLERS": ["relto.web.upload.SealingUploadHandler"],
        "DATA_UPLOAD_MAX_MEMORY_SIZE": _LARGEST_FORM,
        "DATA_UPLOAD_MAX_NUMBER_FIELDS": _MOST_FIELDS,
        "DATA_UPLOAD_MAX_NUMBER_FILES": 1,
        "SECURE_CONTENT_TYPE_NOSNIFF": True,
        # Not "no-referrer": browsers then send `Origin: null` with our own forms, and the CSRF check refuses them.
        "SECURE_REFERRER_POLICY": "same-origin",
        "SECURE_CROSS_ORIGIN_OPENER_POLICY": "same-origin",
        "SECURE_HSTS_SECONDS": 31_536_000 if secure else 0,
        # A browser names the portal's own address as the origin of its forms; what terminates TLS hides the scheme.
        "CSRF_TRUSTED_ORIGINS": [portal_url.rstrip("/").removesuffix(":443" if secure else ":80")],
        "SILENCED_SYSTEM_CHECKS": ["security.W019"],  # frame-ancestors says it
    }


def _languages() -> dict[str, Any]:
    return {
        "LANGUAGE_CODE": "en",
        "LANGUAGES": LANGUAGES,
        "LOCALE_PATHS": [str(_HERE / "locale")],
        "USE_I18N": True,
    }


def _static_files() -> dict[str, Any]:
    """The built files of the package itself: nothing is collected at run time."""
    return {
        "STATIC_URL": "/static/",
        "STORAGES": {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}},
        "WHITENOISE_USE_FINDERS": True,
        "WHITENOISE_AUTOREFRESH": False,
        "WHITENOISE_ALLOW_ALL_ORIGINS": False,
        "WHITENOISE_MAX_AGE": 3600,
    }


def _cookies(nation: str, *, secure: bool) -> dict[str, Any]:
    prefix = f"{'__Host-' if secure else ''}relto_{nation.lower()}"  # RFC 6265bis: of this very host, over TLS
    return {
        "SESSION_ENGINE": "relto.web.sessions",
        "SESSION_COOKIE_NAME": f"{prefix}_session",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",  # a link in a colleague's message opens the page she is signed in to
        "SESSION_COOKIE_SECURE": secure,
        "SESSION_EXPIRE_AT_BROWSER_CLOSE": True,
        "CSRF_COOKIE_NAME": f"{prefix}_csrf",
        "CSRF_COOKIE_HTTPONLY": True,
        "CSRF_COOKIE_SAMESITE": "Strict",
        "CSRF_COOKIE_SECURE": secure,
        "CSRF_FAILURE_VIEW": "relto.web.failures.csrf_failure",
    }


def _limits(limits: SignInLimits) -> dict[str, Any]:
    return {
        "SESSION_COOKIE_AGE": int(limits.longest.total_seconds()),
        "RELTO_SESSION_SECONDS": int(limits.longest.total_seconds()),
        "RELTO_IDLE_SECONDS": int(limits.idle.total_seconds()),
        "RELTO_STEP_UP_SECONDS": int(limits.step_up.total_seconds()),
    }


def _sign_in(nation: str, *, secure: bool) -> dict[str, Any]:
    return {
        "AUTHENTICATION_BACKENDS": ["allauth.account.auth_backends.AuthenticationBackend"],
        "PASSWORD_HASHERS": ["django.contrib.auth.hashers.ScryptPasswordHasher"],
        "AUTH_PASSWORD_VALIDATORS": [
            {
                "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
                "OPTIONS": {"min_length": 15},
            },
            {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
            {"NAME": "relto.web.passwords.ChainedValidator"},
            {"NAME": "relto.web.passwords.OwnWordsValidator"},
        ],
        "LOGIN_URL": "account_login",
        "LOGIN_REDIRECT_URL": "home",
        "ACCOUNT_ADAPTER": "relto.web.sign_in.AccountAdapter",
        "ACCOUNT_LOGIN_METHODS": {"username"},
        "ACCOUNT_SIGNUP_FIELDS": ["username*", "password1*", "password2*"],
        "ACCOUNT_EMAIL_VERIFICATION": "none",
        "ACCOUNT_USER_MODEL_EMAIL_FIELD": None,
        "ACCOUNT_PRESERVE_USERNAME_CASING": True,
        "ACCOUNT_PREVENT_ENUMERATION": True,
        "ACCOUNT_SESSION_REMEMBER": False,
        "ACCOUNT_LOGOUT_REDIRECT_URL": "account_login",
        "ACCOUNT_REAUTHENTICATION_TIMEOUT": 300,
        "ACCOUNT_EMAIL_NOTIFICATIONS": False,
        "MFA_ADAPTER": "relto.web.sign_in.MultiFactorAdapter",
        "MFA_FORMS": {
            "authenticate": "relto.web.factor_forms.CodeForm",
            "authenticate_webauthn": "relto.web.factor_forms.SecondPasskeyForm",
            "reauthenticate": "relto.web.factor_forms.CodeAgainForm",
            "add_webauthn": "relto.web.factor_forms.AddPasskeyForm",
            "login_webauthn": "relto.web.factor_forms.PasskeyForm",
            "reauthenticate_webauthn": "relto.web.factor_forms.PasskeyAgainForm",
        },
        "MFA_SUPPORTED_TYPES": ["totp", "webauthn", "recovery_codes"],
        "MFA_PASSKEY_LOGIN_ENABLED": True,
        "MFA_PASSKEY_SIGNUP_ENABLED": False,
        "MFA_TOTP_ISSUER": f"relto {nation}",
        "MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN": not secure,
    }
