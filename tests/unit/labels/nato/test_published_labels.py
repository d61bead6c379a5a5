"""Other people's NATO labels and policy: validity and marking are theirs to say."""

from __future__ import annotations

import json
from typing import Any

import pytest

from relto.base.errors import MalformedInput
from relto.labels.nato.label_xml import read_policy_label
from relto.labels.nato.lenient_labels import read_label_leniently
from relto.labels.nato.policy_label import ConfidentialityInformation
from relto.labels.nato.policy_marking import marking
from relto.labels.nato.spif import Spif
from relto.labels.nato.spif_reading import read_spif
from relto.labels.nato.spif_writing import write_spif
from relto.labels.nato.validity import faults_of
from tests.support.policy_values import read_policy_values
from tests.support.vectors import VECTORS, vector_files, vectors
from tests.unit.labels.nato.nato_support import NOW, is_valid, nato

_FOLDER = "labels/spiffing"


def _expectations() -> list[Any]:
    path = VECTORS / _FOLDER / "expectations.json"
    if not path.exists():
        return [pytest.param(None, id="absent", marks=pytest.mark.skip(reason="test vectors 'labels' are absent"))]
    return [pytest.param(test, id=test["id"]) for test in json.loads(path.read_bytes())["tests"]]


def _read(name: str, spif: Spif) -> ConfidentialityInformation:
    data = (vectors(_FOLDER) / name).read_bytes()
    return read_policy_values(data, spif) if name.endswith(".xml") else read_label_leniently(data).information


@pytest.mark.parametrize("expected", _expectations())
def test_validity_and_marking_are_as_the_suite_says(expected: dict[str, Any]) -> None:
    spif = nato()
    information = _read(expected["label"], spif)

    assert (faults_of(information, spif, NOW) == ()) is expected["valid"]
    assert marking(information, spif, expected["lang"]) == expected["marking"]


@pytest.mark.parametrize("path", vector_files(_FOLDER, "*.nato"), ids=lambda path: str(getattr(path, "name", path)))
def test_the_strict_reader_refuses_labels_without_their_dates(path: Any) -> None:
    with pytest.raises(MalformedInput):
        read_policy_label(path.read_bytes())


@pytest.mark.parametrize("row", range(1, 7))
def test_both_syntaxes_say_the_same(row: int) -> None:
    spif = nato()

    one, other = (_read(f"nato-4774-17-{row}.{syntax}", spif) for syntax in ("nato", "xml"))

    assert [marking(one, spif, lang) for lang in (None, "fr")] == [marking(other, spif, lang) for lang in (None, "fr")]


@pytest.mark.parametrize("syntax", ["nato", "xml"])
def test_a_release_that_the_policy_excludes_at_that_level_is_not_valid(syntax: str) -> None:
    spif = nato()

    faults = faults_of(_read(f"nato-4774-17-5.{syntax}", spif), spif, NOW)

    assert {fault.code for fault in faults} == {"value.excluded_class"}
    assert {fault.name for fault in faults} == {"EAPC", "ISAF"}


def test_cosmic_stands_for_the_policy_in_every_language() -> None:
    spif = nato()
    top_secret = ConfidentialityInformation("NATO", "TOP SECRET")

    assert marking(top_secret, spif) == "COSMIC TOP SECRET"
    assert marking(top_secret, spif, "fr") == "COSMIC TRES SECRET"


def test_values_of_the_nato_policy_compare_without_case() -> None:
    spif = nato()

    assert faults_of(ConfidentialityInformation("nato", "unclassified"), spif, NOW) == ()
    assert marking(ConfidentialityInformation("nato", "unclassified"), spif) == "NATO UNCLASSIFIED"


def test_the_published_policy_is_written_again_valid_and_the_same() -> None:
    spif = nato()

    written = write_spif(spif)

    assert read_spif(written) == spif
    assert write_spif(read_spif(written)) == written
    assert is_valid(written, "spif-2.1.xsd")
