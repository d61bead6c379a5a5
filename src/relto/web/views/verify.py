"""Was this signed by who it says? A file is judged by the nations' public keys; readable without signing in.

Rules: nobody needs an account, because the answer tells nothing that is not in the file: whoever stands at a gate with
a paper's machine form may ask. At most ten files a minute from one address and sixty from all; at most 4 MiB, held in
memory and forgotten with the answer. Nothing is changed, so the form needs no token.
"""

from __future__ import annotations

from typing import Any, Final

from allauth.account.adapter import get_adapter
from django.core.cache import cache
from django.core.files.uploadhandler import MemoryFileUploadHandler, StopUpload
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from relto.web.pages import show
from relto.web.signed_files import LARGEST, SignedFile, check_file
from relto.web.surroundings import house

_MINUTE: Final = 60
_FROM_ONE, _FROM_ALL = 10, 60


class _InMemory(MemoryFileUploadHandler):
    """Takes one file into memory and stops beyond the bound, however long the request says it is."""

    def handle_raw_input(self, *_: Any, **__: Any) -> None:
        """Always in memory."""
        self.activated = True
        self.taken = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> Any:
        """Keep a piece. Raises StopUpload beyond the bound."""
        if start + len(raw_data) > LARGEST:
            raise StopUpload(connection_reset=False)
        return super().receive_data_chunk(raw_data, start)


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def verify(request: HttpRequest) -> HttpResponseBase:
    """A file, and a clear yes or no."""
    context: dict[str, Any] = {"megabytes": LARGEST // 1024**2}
    if request.method != "POST":
        return show(request, "verify", context)
    if not _may_ask(get_adapter().get_client_ip(request)):
        return show(request, "verify", context | {"wrong": "too_often"}, status=429)
    request.upload_handlers = [_InMemory(request)]
    file = request.FILES.get("file")
    if file is None or not file.size:
        return show(request, "verify", context | {"wrong": "no_file"}, status=422)
    found: SignedFile = check_file(house(), file.read())
    return show(request, "verify", context | {"found": found})


def _may_ask(address: str) -> bool:
    """Whether neither this address nor all of them together asked too often within this minute."""
    return all(
        _count(f"relto.verify.{who}") <= most for who, most in ((f"one.{address}", _FROM_ONE), ("all", _FROM_ALL))
    )


def _count(key: str) -> int:
    cache.add(key, 0, _MINUTE)
    try:
        return cache.incr(key)
    except ValueError:  # it ended between the two
        return 1
