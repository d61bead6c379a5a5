"""What somebody types as a nation: a country that ISO 3166-1 knows, or a mistake."""

from __future__ import annotations

import pytest

from relto.base.countries import COUNTRIES, read_country
from relto.base.errors import MalformedInput, UnknownValue


def test_the_list_is_whole_and_of_its_form() -> None:
    assert len(COUNTRIES) == 249
    assert all(read_country(code) == code for code in COUNTRIES)
    assert {"USA", "IND", "FRA", "SSD", "PSE", "TWN", "CUW"} <= COUNTRIES


@pytest.mark.parametrize("code", ["XXX", "XKX", "ZZZ", "EUR", "YUG", "ANT", "FRN"])
def test_a_code_of_no_country_is_unknown(code: str) -> None:
    with pytest.raises(UnknownValue) as said:
        read_country(code, field="label.audience")
    assert (said.value.full_code, said.value.field, said.value.found) == ("unknown.country", "label.audience", code)


@pytest.mark.parametrize("text", ["fra", "France", "FR", "", None, 7])
def test_what_is_no_code_at_all_is_malformed(text: object) -> None:
    with pytest.raises(MalformedInput, match=r"malformed\.nation"):
        read_country(text)
