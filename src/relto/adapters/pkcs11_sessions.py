"""The logged-in session of this process on one PKCS#11 token, and its renewal when the token went away.

Promises: one thread at a time is inside the module, for python-pkcs11 starts it without the locks that more would need
(PKCS#11 C_Initialize); a token that does not answer is `Unreachable` and is tried again by later calls, at most once a
second; one that hangs holds one thread, and the others are told so after seconds and go on to what needs no token; a
PIN that the token refused is never sent again, for tokens lock themselves. The library is loaded at the first use.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from relto.adapters.pkcs11_uri import TokenUri
from relto.adapters.sealed_keys import require_private
from relto.base.errors import Misconfigured, Unreachable

_PAUSE_SECONDS = 1.0
_FRESH_SECONDS = 1.0
_TURN_SECONDS = 10.0  # how long a thread waits for those before it
_LONGEST_PIN = 256
_CREDENTIAL = "credential:"


def pkcs11_library() -> Any:
    """The python-pkcs11 package. Raises Misconfigured when it is not installed."""
    try:
        import pkcs11  # noqa: PLC0415  optional, and only nodes with a token load it
    except ImportError as error:
        raise Misconfigured(
            "pkcs11", field="key_store", expected="the package python-pkcs11 (relto[pkcs11])"
        ) from error
    return pkcs11


def read_pin(source: str) -> str:
    """The PIN in a file of mode 0600, or in a systemd credential. Raises Misconfigured; the PIN is never shown."""
    place = Path(source)
    if source.startswith(_CREDENTIAL):
        folder = os.environ.get("CREDENTIALS_DIRECTORY", "/nonexistent")
        place = Path(folder) / source.removeprefix(_CREDENTIAL)
    require_private(place, "key_store_pin", is_folder=False)
    with place.open("rb") as file:
        text = file.read(_LONGEST_PIN + 2)
    try:
        pin = text.decode("utf-8").strip("\r\n")
    except UnicodeDecodeError as error:
        raise Misconfigured("key_store_pin", field="key_store", expected="a PIN in UTF-8") from error
    if not 0 < len(pin) <= _LONGEST_PIN:
        raise Misconfigured("key_store_pin", field="key_store", expected=f"1 to {_LONGEST_PIN} characters")
    return pin


class TokenSession:
    """The session of this process on one token, with the objects found in it."""

    def __init__(self, uri: TokenUri, pin: Callable[[str], str] = read_pin) -> None:
        """Connects at the first use. `pin` reads the PIN from the source that the URI names."""
        self._uri = uri
        self._pin = pin
        self._inside = threading.Lock()
        self._session: Any = None
        self._found: dict[bytes, Any] = {}
        self._refused_pin = ""
        self._failed_at = -_PAUSE_SECONDS
        self._answered_at = -_FRESH_SECONDS

    @contextmanager
    def entered(self) -> Iterator[tuple[Any, dict[bytes, Any]]]:
        """The session, and what was found in it by CKA_ID, for one operation of one thread.

        Every error of the token is Unreachable, but one that a wrong input could have caused: that is ValueError when
        the token answers otherwise (some modules say the same of both). Raises Unreachable, Misconfigured.
        """
        library = pkcs11_library()
        if not self._inside.acquire(timeout=_TURN_SECONDS):
            raise unreachable()
        try:
            if self._session is None:
                self._connect(library)
            try:
                yield self._session, self._found
            except library.exceptions.PKCS11Error as error:
                if isinstance(error, _of_the_input(library)) and self._answers(library):
                    raise ValueError from error
                self._forget()
                raise unreachable() from error
            self._answered_at = time.monotonic()
        finally:
            self._inside.release()

    def _answers(self, library: Any) -> bool:
        """The token still holds its session; not asked again when it answered within the last second.

        Asking each time would make one kind of wrong input slower than the others.
        """
        if time.monotonic() - self._answered_at < _FRESH_SECONDS:
            return True
        try:
            answers = next(iter(self._session.get_objects()), None) is not None
        except library.exceptions.PKCS11Error:
            return False
        if answers:
            self._answered_at = time.monotonic()
        return answers

    def _forget(self) -> None:
        self._session = None
        self._found = {}

    def _connect(self, library: Any) -> None:
        if time.monotonic() - self._failed_at < _PAUSE_SECONDS:
            raise unreachable()
        pin = self._pin(self._uri.pin_source)
        if pin == self._refused_pin:
            raise unreachable("key_store_pin")
        refused = library.exceptions
        try:
            module = self._started(library)
            self._session = module.get_token(token_label=self._uri.token).open(rw=True, user_pin=pin)
        except (refused.PinIncorrect, refused.PinLenRange, refused.PinInvalid, refused.PinLocked) as error:
            self._refused_pin = pin
            raise unreachable("key_store_pin") from error
        except refused.PKCS11Error as error:
            self._failed_at = time.monotonic()
            raise unreachable() from error

    def _started(self, library: Any) -> Any:
        """The module, started anew: what it remembers of a token that went away is worth nothing."""
        try:
            module = library.lib(self._uri.module)
        except library.exceptions.PKCS11Error as error:
            if Path(self._uri.module).is_file():
                raise
            raise Misconfigured("key_store_module", field="key_store", expected="a PKCS#11 module") from error
        with suppress(library.exceptions.PKCS11Error):
            module.finalize()
        module.initialize()
        return module


def _of_the_input(library: Any) -> tuple[type[Exception], ...]:
    """The errors with which modules answer an input that does not fit the key."""
    found = library.exceptions
    return (
        found.GeneralError,
        found.FunctionFailed,
        found.ArgumentsBad,
        found.DataInvalid,
        found.DataLenRange,
        found.EncryptedDataInvalid,
        found.EncryptedDataLenRange,
        found.MechanismParamInvalid,
        found.PublicKeyInvalid,
        found.DomainParamsInvalid,
    )


def unreachable(reason: str = "key_store") -> Unreachable:
    """The token does not answer: nothing was found out, and asking again later may succeed."""
    return Unreachable(reason, field="key_store", expected="a token that answers and takes its PIN")
