"""Headers on every answer.

A page may load its own style, images and fonts and send its forms home; it runs no script, but on the few pages where a
passkey speaks through the browser's own interface, and on the sealing page, where one shows how far an upload has come.
No page is kept by a cache or shown inside another. A portal whose address is HTTPS says so to every browser, whoever
terminates the TLS before it (RFC 6797 section 7.2).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

_BASE: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; object-src 'none'"
)
# A QR code of an authenticator's secret is drawn by the server and stands in the page itself.
_WITH_PASSKEYS: Final = (
    _BASE.replace("img-src 'self'", "img-src 'self' data:") + "; script-src 'self'; connect-src 'self'"
)
PASSKEY_PAGES: Final = frozenset(
    {
        "account_login",
        "account_reauthenticate",
        "mfa_authenticate",
        "mfa_reauthenticate",
        "mfa_reauthenticate_webauthn",
        "mfa_add_webauthn",
        "mfa_activate_totp",
    }
)
_WITH_PROGRESS: Final = _BASE + "; script-src 'self'; connect-src 'self'"
SEALING_PAGE: Final = "seal"
_PERMISSIONS: Final = (
    "camera=(), geolocation=(), microphone=(), publickey-credentials-get=(self), publickey-credentials-create=(self)"
)
_API: Final = "/api/"
_PLAIN: Final = "text/plain; charset=utf-8"
_Next = Callable[[HttpRequest], HttpResponseBase]


class SecurityHeaders:
    """Middleware: the outermost, so that no answer leaves without its headers."""

    def __init__(self, get_response: _Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer with the headers, under the portal's own host name only.

        A foreign host gets no page, because pages make addresses from the host. The REST API looks at the host itself,
        and answers in its own form.
        """
        response = self._refused(request) or self.get_response(request)
        match = request.resolver_match
        headers = response.headers
        headers["Content-Security-Policy"] = _policy(match.url_name if match is not None else None)
        headers.setdefault("Cache-Control", "no-store")
        headers.setdefault("Referrer-Policy", "same-origin")
        headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        headers.setdefault("X-Content-Type-Options", "nosniff")
        headers["Cross-Origin-Resource-Policy"] = "same-origin"
        headers["Permissions-Policy"] = _PERMISSIONS
        if settings.SECURE_HSTS_SECONDS:
            # Django's own says it only of a request that it saw come over TLS, and the terminator hides that.
            headers["Strict-Transport-Security"] = f"max-age={settings.SECURE_HSTS_SECONDS}; includeSubDomains"
        return response

    def _refused(self, request: HttpRequest) -> HttpResponse | None:
        """The answer to what reaches no page: a foreign host, and a request to be shown itself (RFC 9110, TRACE)."""
        if not self._is_ours(request):
            return HttpResponse("host\n", _PLAIN, 400)
        if request.method == "TRACE" and not request.path_info.startswith(_API):
            return HttpResponse(
                "method\n", status=405, headers={"Content-Type": _PLAIN, "Allow": "GET, HEAD, OPTIONS, POST"}
            )
        return None

    @staticmethod
    def _is_ours(request: HttpRequest) -> bool:
        if request.path_info.startswith(_API):
            return True
        try:
            request.get_host()
        except DisallowedHost:
            return False
        return True


def _policy(page: str | None) -> str:
    if page in PASSKEY_PAGES:
        return _WITH_PASSKEYS
    return _WITH_PROGRESS if page == SEALING_PAGE else _BASE
