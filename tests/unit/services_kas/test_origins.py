from __future__ import annotations

import pytest

from relto.services.origins import same_origin


@pytest.mark.parametrize(
    "written",
    [
        "https://kas.usa.example",
        "https://kas.usa.example/",
        "https://kas.usa.example/kas",
        "https://kas.usa.example/kas/",
        "HTTPS://KAS.USA.EXAMPLE:443",
    ],
)
def test_clients_write_one_origin_in_several_ways(written: str) -> None:
    assert same_origin(written, "https://kas.usa.example")


@pytest.mark.parametrize(
    "written",
    [
        "",
        "kas.usa.example",
        "http://kas.usa.example",
        "https://kas.usa.example:8443",
        "https://kas.usa.example:0",
        "https://kas.usa.example:x",
        "https://kas.usa.example/other",
        "https://kas.usa.example?kas",
        "https://kas.usa.example#kas",
        "https://user@kas.usa.example",
        "https://@kas.usa.example",
        "https://kas.usa.example.ind.example",
        "https://[kas.usa.example",
    ],
)
def test_nothing_else_is_taken_for_it(written: str) -> None:
    assert not same_origin(written, "https://kas.usa.example")
