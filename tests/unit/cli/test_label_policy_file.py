"""`relto label convert --spif`: a policy file described; a label of its policy judged and shown under it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from relto.cli.main import relto
from relto.cli.verify import report_text
from relto.labels.nato.clearances import PolicyClearance, write_clearance
from relto.labels.nato.label_xml import write_policy_label
from relto.labels.nato.policy_label import Category, ConfidentialityInformation
from relto.labels.nato.spif_reading import LIMITS, read_spif
from relto.labels.nato.spif_writing import write_spif
from relto.ledger.findings import Finding, Report
from tests.support.vectors import VECTORS, vectors
from tests.unit.labels.nato.nato_support import EXERCISE, OID, category, exercise, handling, info, label, release

MADE = ["--originator", "urn:example:desk", "--review-by", "2036-01-01T00:00:00Z"]


def said(*arguments: object) -> Result:
    return CliRunner().invoke(relto, ["label", "convert", *map(str, arguments)])


def told(*arguments: object, status: int = 0) -> Any:
    found = CliRunner().invoke(relto, ["--json", "label", "convert", *map(str, arguments)])
    assert found.exit_code == status, found.output
    return json.loads(found.stdout)


def refused_field(*arguments: object) -> str:
    found = CliRunner().invoke(relto, ["label", "convert", *map(str, arguments)])
    assert found.exit_code != 0
    return str(getattr(found.exception, "field", None) or found.output)


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    file = tmp_path / "exercise.spif.xml"
    file.write_text(EXERCISE, encoding="utf-8")
    return file


def labelled(folder: Path, information: ConfidentialityInformation) -> str:
    file = folder / "label.xml"
    file.write_bytes(write_policy_label(label(information)))
    return f"@{file}"


def cleared(folder: Path, *categories: Category, policy_name: str = "EXERCISE") -> Path:
    file = folder / "clearance.xml"
    file.write_bytes(write_clearance(PolicyClearance(policy_name, ("OPEN", "CLOSED"), categories)))
    return file


def test_a_policy_file_is_described(policy: Path) -> None:
    found = told("--spif", policy)

    assert (found["policy"], found["policy_oid"], found["in_force"]) == ("EXERCISE", OID, True)
    assert [level["name"] for level in found["levels"]] == ["OPEN", "CLOSED", "SEALED"]
    assert found["levels"][2]["obsolete"] is True
    first = found["categories"][0]
    assert (first["tag_name"], first["type"], first["oid"]) == ("Handling", "RESTRICTIVE", f"{OID}.1")
    assert first["obsolete"] == ["DELTA"]
    shown = said("--spif", policy).output
    assert "EXERCISE" in shown
    assert "in force" in shown
    assert "IND, USA, GBR, FRA" in shown


def test_a_label_is_judged_shown_and_decided_on_under_its_policy(policy: Path, tmp_path: Path) -> None:
    one = labelled(tmp_path, info("CLOSED", release("IND", "USA")))

    found = told("--spif", policy, one, "--clearance", cleared(tmp_path, release("USA")))

    assert (found["ok"], found["outcome"], found["access"]) == (True, "valid", {"decision": "permit", "reasons": []})
    assert found["rendered"]["banner"] == "EXERCISE SHUT REL TO IND, USA"
    french = told("--spif", policy, one, "--marking-language", "fr-CA")
    assert "FERME" in french["rendered"]["banner"]
    assert "access" not in french


def test_a_clearance_that_does_not_open_says_why(policy: Path, tmp_path: Path) -> None:
    one = labelled(tmp_path, info("CLOSED", release("IND"), handling("ALPHA")))

    found = told("--spif", policy, one, "--clearance", cleared(tmp_path, release("USA")), status=1)
    foreign = told("--spif", policy, one, "--clearance", cleared(tmp_path, policy_name="OTHER"), status=1)

    assert found["outcome"] == "valid"
    assert found["access"] == {"decision": "deny", "reasons": ["restrictive", "permissive"]}
    assert [fault["rule"] for fault in found["faults"]] == ["access.restrictive", "access.permissive"]
    assert foreign["access"]["reasons"] == ["clearance.policy"]


@pytest.mark.parametrize(
    ("information", "rule"),
    [
        (info("CLOSED"), "spif.level.required_category"),
        (info("OPEN", handling("ALPHA")), "spif.value.excluded_class"),
        (info("SECRET"), "spif.level.unknown"),
        (info("OPEN", category("RESTRICTIVE", "Handling", "ZULU")), "spif.value.unknown"),
        (ConfidentialityInformation("OTHER", "OPEN"), "spif.policy.name"),
    ],
)
def test_what_the_policy_has_against_a_label_is_told(
    policy: Path, tmp_path: Path, information: ConfidentialityInformation, rule: str
) -> None:
    one = labelled(tmp_path, information)

    found = told("--spif", policy, one, "--clearance", cleared(tmp_path, release("IND")), status=1)

    assert found["outcome"] == "not_valid"
    assert [fault["rule"] for fault in found["faults"]] == [rule]
    assert found["faults"][0]["message"] not in {"", rule}
    assert found["access"]["decision"] == "deny"
    assert rule in said("--spif", policy, one).output


def test_a_policy_file_out_of_its_dates_allows_nothing(tmp_path: Path) -> None:
    past = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)
    old = replace(exercise(), issue=replace(exercise().issue, not_after=past))
    file = tmp_path / "old.xml"
    file.write_bytes(write_spif(old))

    assert told("--spif", file)["in_force"] is False
    found = told("--spif", file, labelled(tmp_path, info("OPEN")), status=1)
    assert [fault["rule"] for fault in found["faults"]] == ["spif.policy.not_after"]


def test_the_policy_that_relto_writes_is_read_again_as_the_partial_one_it_is(tmp_path: Path) -> None:
    file = tmp_path / "ind.xml"
    file.write_text(said("--policy", "IND", "--to", "spif").output, encoding="utf-8")

    assert told("--spif", file, "--partial")["policy"] == read_spif(file.read_bytes(), is_partial=True).policy.name


def test_a_broken_policy_file_is_refused_by_field(tmp_path: Path, policy: Path) -> None:
    file = tmp_path / "bad.xml"
    for text, rule in (
        (EXERCISE.replace('hierarchy="2"', 'hierarchy="1"'), "malformed.spif.duplicate"),
        (EXERCISE.replace('schemaVersion="2.1"', 'schemaVersion="3.0"'), "unknown.spif.version_3"),
        ("<a/>", "unknown.spif.root"),
        ("<!DOCTYPE a []><a/>", "malformed.spif.doctype"),
        ("no XML", "malformed.spif.xml"),
        (" " * (LIMITS.max_bytes + 1), "too_large.spif"),
    ):
        file.write_text(text, encoding="utf-8")
        assert [fault["rule"] for fault in told("--spif", file, status=1)["faults"]] == [rule]
    one = labelled(tmp_path, info("OPEN"))
    assert told("--spif", policy, one, "--clearance", file, status=1)["faults"][0]["rule"] == "too_large.clearance"
    file.write_text("no XML", encoding="utf-8")
    assert told("--spif", policy, one, "--clearance", file, status=1)["faults"][0]["rule"] == "malformed.clearance.xml"
    assert told("--spif", policy, f"@{policy}", status=1)["faults"][0]["rule"] == "unknown.stanag4774.root"
    wrong = told("--spif", policy, one, "--marking-language", "../..", status=1)
    assert "marking_language" in wrong["faults"][0]["message"]


def test_what_nobody_sees_in_a_policy_file_does_not_reach_the_terminal(tmp_path: Path) -> None:
    file = tmp_path / "sly.xml"
    file.write_text(EXERCISE.replace('name="CLOSED"', 'name="OP\u202e\u009b&#10;EN"'), encoding="utf-8")
    shown = said("--spif", file).output
    assert "OP\ufffd\ufffd\ufffdEN" in shown


def test_what_does_not_go_together_is_named(policy: Path, tmp_path: Path) -> None:
    one = labelled(tmp_path, info("OPEN"))

    assert refused_field("--spif", policy, "SECRET") == "label"
    assert refused_field("--spif", policy, one, "--to", "xml") == "to"
    assert refused_field("--spif", policy, one, "--originator", "urn:a:b") == "originator"
    assert refused_field("--spif", policy, "--batch") == "spif"
    assert refused_field("--spif", tmp_path / "nowhere", one) == "spif"
    assert refused_field("--spif", policy, "--clearance", policy) == "label"
    assert refused_field(one, "--to", "xml", "--clearance", policy) == "clearance"
    assert refused_field(f"@{policy}", "--to", "label") == "label"


@pytest.mark.parametrize(
    "originator",
    [
        *(
            "not a uri",
            "desk",
            "urn:a",
            "urn::x",
            "//host/x",
            "http:",
            "http:///x",
            "http://[1/",
            "urn:a:%zz",
            "urn:a:b\n",
        ),
        *("urn:a:b#c", "1a:b", "urn:example:\u0928", "urn:example:" + "a" * 512, "urn:a:\x00"),
    ],
)
def test_who_labels_is_a_uri_or_nothing_is_written(originator: str) -> None:
    arguments = ["SECRET//REL TO USA, IND", "--to", "xml", "--originator", originator, *MADE[2:]]
    assert refused_field(*arguments) == "originator"


@pytest.mark.parametrize(
    "originator", ["urn:example:desk", "https://desk.example/a?b=c", "mailto:a@desk.example", "https://[2001:db8::1]/"]
)
def test_any_absolute_uri_says_who_labels(originator: str) -> None:
    found = said("SECRET//REL TO USA, IND", "--to", "xml", "--originator", originator, *MADE[2:])
    assert found.exit_code == 0
    assert f'IDType="uniformResourceIdentifier">{originator}<' in found.output


def test_in_a_batch_too_who_labels_is_a_uri() -> None:
    line = json.dumps({"label": {"text": "SECRET", "originator_id": "x y", "review_by": MADE[3]}, "to": "label"})
    found = CliRunner().invoke(relto, ["label", "convert", "--batch"], input=line)
    assert json.loads(found.stdout)["faults"][0]["rule"] == "malformed.originator"


def test_a_declared_label_that_is_none_is_called_that_and_stands_on_no_page(tmp_path: Path) -> None:
    document = tmp_path / "a.txt"
    document.write_text("UNCLASSIFIED\n\n(U) Words.\n\nUNCLASSIFIED\n", encoding="utf-8")
    found = CliRunner().invoke(relto, ["label", "check", str(document), "--declared", "SECRTE"])
    assert "declared label: " in found.output
    assert "page 0" not in found.output


def test_a_bare_label_is_not_said_to_be_in_a_container(tmp_path: Path) -> None:
    file = tmp_path / "label.xml"
    file.write_text("<a><b></a>", encoding="utf-8")
    assert "container" not in said(f"@{file}", "--to", "banner").output


def test_a_notice_of_an_export_names_its_entry() -> None:
    report = Report(authenticated=True, notices=[Finding("entry.unknown_kind", "tile/entries/000", 7)])
    assert "(tile/entries/000, entry 7: entry.unknown_kind)" in report_text(report)


def _suite() -> list[Any]:
    path = VECTORS / "labels/spiffing/expectations.json"
    if not path.exists():
        return [pytest.param(None, id="absent", marks=pytest.mark.skip(reason="test vectors 'labels' are absent"))]
    tests = json.loads(path.read_bytes())["tests"]
    return [pytest.param(test, id=test["id"]) for test in tests if test["label"].endswith(".nato")]


@pytest.mark.parametrize("expected", _suite())
def test_other_peoples_labels_are_judged_and_shown_as_their_suite_says(expected: dict[str, Any]) -> None:
    folder = vectors("labels/spiffing")
    language = [] if expected["lang"] is None else ["--marking-language", expected["lang"]]

    found = told(
        *("--spif", folder / "nato-4774-policy.xml", f"@{folder / expected['label']}", "--lenient", *language),
        status=0 if expected["valid"] else 1,
    )

    assert (found["outcome"] == "valid") is expected["valid"]
    assert found["rendered"]["banner"] == expected["marking"]
