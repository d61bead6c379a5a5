"""Which key exchanges the link's TLS offers: post-quantum ones wherever the TLS library knows them.

Groups (RFC 8446 section 4.2.7; draft-ietf-tls-ecdhe-mlkem): SecP384r1MLKEM1024 and X25519MLKEM768, both a curve and
ML-KEM together, before the curves alone. OpenSSL knows them from 3.5 on. Python sets them and tells which one a
connection has from 3.15 on (`SSLContext.set_groups`, `SSLSocket.group`); before, OpenSSL's own default decides, which
from 3.5 on offers X25519MLKEM768 first. With an older OpenSSL the link's key exchange is classical, and what it carries
can be recorded now and read by a quantum computer later, except shares, which are wrapped on their own.
"""

from __future__ import annotations

import ssl
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

GROUPS = "SecP384r1MLKEM1024:X25519MLKEM768:X25519:secp384r1"
_FIRST_WITH_ML_KEM = (3, 5)
Offer = Literal["chosen", "library_default", "classical"]


@dataclass(frozen=True, slots=True)
class LinkGroups:
    """What a context offers: `chosen`, this module's list; `library_default`, with ML-KEM; or `classical` only."""

    offer: Offer
    library: str


def offer_groups(context: ssl.SSLContext) -> LinkGroups:
    """Offer the strongest groups that the library knows."""
    if ssl.OPENSSL_VERSION_INFO[:2] < _FIRST_WITH_ML_KEM:
        return LinkGroups("classical", ssl.OPENSSL_VERSION)
    set_groups = getattr(context, "set_groups", None)
    if set_groups is not None:
        # A library built without one of the groups keeps its default, which has the other.
        with suppress(ssl.SSLError, ValueError):
            set_groups(GROUPS)
            return LinkGroups("chosen", ssl.OPENSSL_VERSION)
    return LinkGroups("library_default", ssl.OPENSSL_VERSION)


def negotiated_group(connection: object) -> str:
    """The group of a connection, such as SecP384r1MLKEM1024; "" where Python does not tell."""
    tell = getattr(connection, "group", None)
    return str(tell() or "") if callable(tell) else ""
