"""A protobuf body that has no JSON form is refused like any other that cannot be read."""

from __future__ import annotations

import pytest

from relto.kas.codecs import codec_of
from relto.kas.failures import RequestFailure

INFINITY_IN_A_STRUCT = bytes.fromhex("0a0a180a160a01611211320f0a022a000a0911000000000000f07f")


def test_a_number_that_json_does_not_have_is_refused() -> None:
    """Found by fuzzing."""
    _, codec = codec_of("application/proto")
    with pytest.raises(RequestFailure) as caught:
        codec.read("wellknownconfiguration.GetWellKnownConfigurationResponse", INFINITY_IN_A_STRUCT)
    assert caught.value.code == "invalid_argument"
