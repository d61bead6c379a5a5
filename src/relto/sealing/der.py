"""The few fixed DER shapes that hybrid keys and KEM envelopes need (X.690, definite lengths, minimal form).

Only for structures `cryptography` does not write itself: an object identifier beside raw octets, and the envelope
SEQUENCE { [0] OCTET STRING, [1] OCTET STRING } of a KEM-wrapped share.
"""

from __future__ import annotations

from relto.base.errors import MalformedInput

SEQUENCE = 0x30
INTEGER = 0x02
BIT_STRING = 0x03
OCTET_STRING = 0x04
_LONG_FORM = 0x80
_MAX_LENGTH_OCTETS = 2


def element(tag: int, content: bytes) -> bytes:
    """One DER element."""
    size = len(content)
    if size < _LONG_FORM:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, _LONG_FORM | len(length)]) + length + content


def envelope(kem_ciphertext: bytes, sealed: bytes) -> bytes:
    """The wrapped key of a KEM: its ciphertext and IV || ciphertext || tag."""
    return element(SEQUENCE, element(0x80, kem_ciphertext) + element(0x81, sealed))


def read_envelope(data: bytes) -> tuple[bytes, bytes]:
    """KEM ciphertext and sealed share. Raises MalformedInput for anything but the minimal encoding."""
    inner = read_only(data, SEQUENCE)
    kem_ciphertext, rest = read_element(inner, 0x80)
    return kem_ciphertext, read_only(rest, 0x81)


def read_only(data: bytes, tag: int) -> bytes:
    """The content of the one element that `data` is."""
    content, rest = read_element(data, tag)
    if rest:
        raise MalformedInput("der", field="key", expected="nothing after the element")
    return content


def read_element(data: bytes, tag: int) -> tuple[bytes, bytes]:
    """The content of the first element, which must have this tag, and what follows it."""
    start, size = 2, data[1] if len(data) > 1 else 0
    if size >= _LONG_FORM:
        octets = size - _LONG_FORM
        if not 0 < octets <= _MAX_LENGTH_OCTETS:
            raise MalformedInput("der", field="key", expected="a definite, minimal length")
        start += octets
        size = int.from_bytes(data[2:start], "big")
    content = data[start : start + size]
    if element(tag, content) != data[: start + size] or len(content) != size:
        raise MalformedInput("der", field="key", expected=f"a DER element with tag {tag}")
    return content, data[start + size :]
