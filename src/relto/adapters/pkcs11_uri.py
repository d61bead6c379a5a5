"""How a token and a key in it are named: PKCS#11 URIs (RFC 7512), as far as a node's settings need them.

`pkcs11:token=NAME?module-path=/…/module.so&pin-source=file:/…/pin` names the token, its module and the file with its
PIN. `pkcs11:token=NAME;id=%01%02` names a key. Anything else in a URI is refused by name, a PIN (`pin-value`) too:
secrets do not stand in settings.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote_from_bytes, unquote_to_bytes

from relto.base.errors import Misconfigured

_LONGEST = 1024
_SCHEME = "pkcs11:"
_TEXT = re.compile(r"\A(?:[A-Za-z0-9._~:/\[\]@!$'()*+,=-]|%[0-9A-Fa-f]{2})+\Z")
_TOKEN_NAME_BYTES = 32  # CK_TOKEN_INFO.label


@dataclass(frozen=True, slots=True)
class TokenUri:
    """A token: its label, the module (shared library) that reaches it, and where its PIN is read."""

    token: str
    module: str
    pin_source: str

    def reference(self, identity: bytes) -> str:
        """The URI of the key with this CKA_ID in the token."""
        return f"{_SCHEME}token={quote_from_bytes(self.token.encode('utf-8'), safe='')};id={_escaped(identity)}"


def read_token_uri(text: str) -> TokenUri:
    """The setting `key_store`. Raises Misconfigured naming what is wrong in it, never its content."""
    path, _, query = _rest(text).partition("?")
    named = _attributes(path, ";", {"token"})
    where = _attributes(query, "&", {"module-path", "pin-source"})
    token = _utf8(named["token"])
    if len(token.encode("utf-8")) > _TOKEN_NAME_BYTES:
        raise Misconfigured("key_store", field="key_store", expected="a token label of at most 32 bytes")
    module, pin_source = _utf8(where["module-path"]), _utf8(where["pin-source"])
    if not module.startswith("/"):
        raise Misconfigured("key_store", field="key_store", expected="module-path as an absolute path")
    if not pin_source.startswith(("file:/", "credential:", "/")):
        raise Misconfigured("key_store", field="key_store", expected="pin-source as file:/PATH or credential:NAME")
    return TokenUri(token, module, pin_source.removeprefix("file:"))


def identity_in(reference: str, token: str) -> bytes:
    """The CKA_ID in a key's reference. Raises Misconfigured when it names another token than the one that is set."""
    named = _attributes(_rest(reference), ";", {"token", "id"})
    if _utf8(named["token"]) != token:
        raise Misconfigured("key_store", field="key_store", expected="the token that holds this key")
    return named["id"]


def _rest(text: str) -> str:
    if len(text) > _LONGEST or not text.startswith(_SCHEME):
        raise Misconfigured("key_store", field="key_store", expected="pkcs11:token=…?module-path=…&pin-source=…")
    return text.removeprefix(_SCHEME)


def _attributes(text: str, separator: str, wanted: set[str]) -> dict[str, bytes]:
    """Exactly these attributes, each once, percent-decoded."""
    found: dict[str, bytes] = {}
    for part in text.split(separator) if text else []:
        name, equals, value = part.partition("=")
        if name in found or name not in wanted or not equals or not _TEXT.match(value):
            raise Misconfigured("key_store", field="key_store", expected=" and ".join(sorted(wanted)) + ", each once")
        found[name] = unquote_to_bytes(value)
    missing = sorted(wanted - found.keys())
    if missing:
        raise Misconfigured("key_store", field="key_store", expected=missing[0])
    return found


def _utf8(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Misconfigured("key_store", field="key_store", expected="UTF-8") from error


def _escaped(identity: bytes) -> str:
    return "".join(f"%{octet:02X}" for octet in identity)
