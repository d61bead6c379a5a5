"""Do the things that a binding refers to exist, and are they what they were? The bytes are the caller's to read.

A binding without signature holds no digest: then only presence can be checked here, and whoever keeps the digests
(a signed manifest, relto's own record) compares them. Raw bytes are hashed, never a normalised form (trap T14).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from relto.base.errors import UnknownValue
from relto.labels.nato.binding import BindingInformation

DIGESTS: Final = ("sha384", "sha256", "sha512")


@dataclass(frozen=True, slots=True)
class ReferenceFault:
    """A reference that does not hold. Codes: missing, unreferenced, changed, no_digest."""

    code: str
    uri: str


def digest_of(chunks: Iterable[bytes], algorithm: str = "sha384") -> bytes:
    """The digest of a stream of bytes. Raises UnknownValue for an algorithm that the profile prohibits."""
    if algorithm not in DIGESTS:
        raise UnknownValue("stanag4778.digest", field="DigestMethod", expected=", ".join(DIGESTS))
    state = hashlib.new(algorithm)
    for chunk in chunks:
        state.update(chunk)
    return state.digest()


def presence_faults(
    binding: BindingInformation, present: Collection[str], *, must_be_covered: Collection[str] = ()
) -> tuple[ReferenceFault, ...]:
    """Data references to what is not among `present`, and what `must_be_covered` and no data reference names."""
    named = [reference.uri for each in binding.bindings for reference in each.references]
    missing = [ReferenceFault("missing", uri) for uri in dict.fromkeys(named) if uri not in set(present)]
    uncovered = [ReferenceFault("unreferenced", uri) for uri in must_be_covered if uri not in set(named)]
    return (*missing, *uncovered)


def content_faults(
    binding: BindingInformation,
    expected: Mapping[str, bytes],
    contents: Mapping[str, Iterable[bytes]],
    algorithm: str = "sha384",
) -> tuple[ReferenceFault, ...]:
    """Data references whose bytes are missing or not those of the expected digest; `expected`: URI to digest."""
    faults = []
    for uri in dict.fromkeys(reference.uri for each in binding.bindings for reference in each.references):
        if uri not in contents:
            faults.append(ReferenceFault("missing", uri))
        elif uri not in expected:
            faults.append(ReferenceFault("no_digest", uri))
        elif not hmac.compare_digest(digest_of(contents[uri], algorithm), expected[uri]):
            faults.append(ReferenceFault("changed", uri))
    return tuple(faults)
