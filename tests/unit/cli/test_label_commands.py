"""`relto label parse | render | join | map | convert`: one question, or JSON lines in and JSON lines out."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import docx
import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from relto.adapters.label_answers import OPERATIONS, answer_label, training_surroundings
from relto.base.canonical import canonical_bytes
from relto.base.errors import NotVerified
from relto.cli.label_marks import MAX_LINE_BYTES
from relto.cli.main import relto
from relto.node.drafting import draft_training_bundle
from relto.rules.manifest import sign_bundle
from tests.support.vectors import vectors
from tests.unit.node.test_party_records import IND, USA, authority, record

SURROUNDINGS = training_surroundings(datetime(2026, 11, 22, tzinfo=UTC))
AMERICAN = "SECRET//REL TO USA, IND"
MADE = ["--originator", "urn:example:desk", "--review-by", "2036-01-01T00:00:00Z"]
BLOCK = "Classified By: J. Smith, Analyst, Example Office\nDerived From: Guide 1\nDeclassify On: 20501231"
WHOLE = "urn:nato:stanag:4774:confidentialitymetadatalabel:1:0"


def said(arguments: Sequence[str], lines: str | bytes | None = None) -> Result:
    return CliRunner().invoke(relto, ["label", *arguments], input=lines)


def told(arguments: Sequence[str], *, status: int = 0) -> Any:
    found = CliRunner().invoke(relto, ["--json", "label", *arguments])
    assert found.exit_code == status, found.output
    return json.loads(found.stdout)


def streamed(command: str, requests: Sequence[object], *, status: int = 0) -> list[Any]:
    lines = "".join(f"{one if isinstance(one, str) else json.dumps(one)}\n" for one in requests)
    found = said([command, "--batch"], lines)
    assert found.exit_code == status, found.output
    return [json.loads(line) for line in found.stdout.splitlines()]


def test_a_marking_is_read_and_its_label_written_again() -> None:
    requests = [
        {"kind": "banner", "policy": "USA", "text": AMERICAN},
        {"kind": "portion", "policy": "USA", "text": "(//IND R)"},
        {"kind": "authority", "policy": "USA", "text": BLOCK},
        {"kind": "banner", "policy": "IND", "text": "गुप्त / SECRET//REL TO USA, IND"},
    ]
    parsed = streamed("parse", requests)
    assert [one["ok"] for one in parsed] == [True] * len(requests)
    # What parse answers goes into render as it is, or as the label alone, or in an object of its own.
    assert streamed("render", parsed) == parsed
    assert streamed("render", [one["label"] for one in parsed]) == parsed
    assert streamed("render", [{"label": one["label"]} for one in parsed]) == parsed
    assert parsed[3]["label"]["confirmed"] is False
    assert parsed[3]["rendered"]["english_banner"] == "//IND SECRET//REL TO USA, IND"


def test_a_bad_line_is_one_answer_and_the_run_goes_on() -> None:
    good = {"kind": "banner", "policy": "USA", "text": "SECRET//NOFORN"}
    found = streamed(
        "parse",
        [
            good,
            "no json",
            "[1]",
            '{"kind":"banner","kind":"banner"}',
            "[" * 5000,
            "x" * (MAX_LINE_BYTES + 200_000),
            {"kind": "banner", "policy": "USA", "text": "SECRT"},
            {"kind": "banner", "policy": "XYZ", "text": "SECRET"},
            {},
            "",
            good,
        ],
        status=1,
    )
    assert [one["ok"] for one in found] == [True] + [False] * 8 + [True]
    for one in found[1:-1]:
        assert one.keys() == {"ok", "faults"}
        for fault in one["faults"]:
            assert fault.keys() == {"rule", "paragraph", "message", "fix"}
            assert all(fault.values())


def test_answers_are_streamed_and_need_no_django(tmp_path: Path) -> None:
    (tmp_path / "django.py").write_text("raise ImportError('not installed')")
    line = json.dumps({"kind": "banner", "policy": "USA", "text": AMERICAN}) + "\n"
    environment = {"PYTHONPATH": f"{tmp_path}:{Path(__file__).parents[3] / 'src'}"}
    with subprocess.Popen(
        [sys.executable, "-m", "relto.cli", "label", "parse", "--batch"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
        text=True,
        bufsize=1,
    ) as process:
        assert process.stdin
        assert process.stdout
        for _ in range(2):
            process.stdin.write(line)
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["ok"]  # before the next line is written
        process.stdin.close()
        assert process.wait(20) == 0


def test_people_read_what_is_wrong_with_its_rule_and_fix() -> None:
    found = said(["parse", "SECRET//REL TO USA, IND/NOFORN"])
    assert found.exit_code == 1
    assert "NOFORN excludes REL TO" in found.output
    assert "DoDM-5200.01-V2-E4" in found.output
    assert "->" in found.output
    assert "short" in said(["parse", "-"], AMERICAN).output


def test_markings_are_joined_to_the_least_that_protects_all() -> None:
    found = told(["join", AMERICAN, "(C//REL TO USA, GBR, IND)"])
    assert found["rendered"]["USA"]["banner"] == AMERICAN
    assert found["label"] is None  # nobody said who made it and when
    assert told(["join", "SECRET//NOFORN", "CONFIDENTIAL"])["rendered"]["USA"]["banner"] == "SECRET//NOFORN"
    apart = told(["join", AMERICAN, "//IND CONFIDENTIAL"], status=1)
    assert (apart["outcome"], apart["reason"]) == ("needs_person", "policy")
    assert apart["faults"][0]["paragraph"] == "ADatP-4774.1 4.4 R1"
    assert "owner" in said(["join", "//JOINT SECRET IND USA", "SECRET"]).output


def test_the_owner_of_the_whole_may_be_said() -> None:
    found = told(["join", "//JOINT SECRET IND USA", "SECRET//REL TO USA, IND", "--owner", "USA"])
    assert found["rendered"]["USA"]["banner"] == "SECRET//FGI IND//REL TO USA, IND"


def test_a_label_goes_over_by_a_row_that_says_where_it_stands() -> None:
    found = told(["map", AMERICAN])
    assert (found["outcome"], found["level"]) == ("mapped", "SECRET")
    assert found["row"]["table"] == "training"
    assert (found["row"]["evidence"], found["row"]["confirmed"]) == ("inference", False)
    assert found["rendered"]["IND"]["banner"] == "//USA गुप्त / SECRET//REL TO USA, IND"
    assert not found["rendered"]["IND"]["confirmed"]
    none = told(["map", "--policy", "IND", "RESTRICTED"])
    assert (none["outcome"], none["handling"], none["level"]) == ("no_equivalent", "as_confidential", None)
    assert none["rendered"]["USA"]["banner"] == "//IND RESTRICTED"
    assert told(["map", "//IND SECRET"])["to"] == "USA"  # the other policy of the label, whatever way it is written
    person = told(["map", "SECRET//ORCON/REL TO USA, IND"], status=1)
    assert (person["outcome"], person["reason"]) == ("needs_person", "caveats")
    assert "Unconfirmed" in said(["map", AMERICAN]).output


def test_a_marking_a_label_and_xml_are_one_thing_in_three_forms(tmp_path: Path) -> None:
    xml = said(["convert", AMERICAN, "--to", "xml", *MADE]).output
    assert etree.fromstring(xml.encode()).tag == f"{{{WHOLE}}}originatorConfidentialityLabel"
    file = tmp_path / "label.xml"
    file.write_text(xml, encoding="utf-8")
    label = told(["convert", f"@{file}", "--to", "label"])["label"]
    written = tmp_path / "label.json"
    written.write_bytes(canonical_bytes(label))
    assert said(["convert", f"@{written}", "--to", "xml"]).output == xml
    assert told(["convert", f"@{written}", "--to", "banner"])["rendered"]["USA"]["banner"] == AMERICAN
    unmade = told(["convert", AMERICAN, "--to", "xml"], status=1)
    assert unmade["faults"][0]["rule"] == "malformed.label_given.making"
    assert told(["convert", AMERICAN, "--to", "xml", *MADE[:2]], status=1)["faults"]


def test_a_policy_is_written_as_spif() -> None:
    found = told(["convert", "--policy", "IND", "--to", "spif", "--nation", "USA", "--nation", "IND"])
    assert found["policy"] == "IND"
    root = etree.fromstring(found["xml"].encode())
    assert root.get("schemaVersion") == "2.1"
    wrong = told(["convert", "--to", "spif", "--nation", "usa"], status=1)
    assert wrong["faults"][0]["rule"].startswith(("malformed", "unknown"))


def test_old_writers_are_read_only_when_asked() -> None:
    file = vectors("labels/spiffing/nato-4774-17-1.nato")
    assert told(["convert", f"@{file}", "--to", "xml"], status=1)["ok"] is False
    found = told(["convert", f"@{file}", "--to", "xml", "--lenient"])
    assert found["outcome"] == "read_leniently"
    assert "uri.name" in found["departures"]
    assert "xml" not in found
    made = told(["convert", f"@{file}", "--to", "xml", "--lenient", *MADE])
    assert made["xml"].startswith("<")


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        (["parse"], "text"),
        (["render"], "label"),
        (["join"], "labels"),
        (["map"], "text"),
        (["convert", "SECRET"], "to"),
        (["map", "SECRET", "--bundle", "nowhere"], "party"),
        (["join", "@nowhere"], "label"),
    ],
)
def test_what_is_missing_is_named(arguments: list[str], field: str) -> None:
    found = CliRunner().invoke(relto, ["--json", "label", *arguments])
    assert found.exit_code
    assert field in (found.output + str(getattr(found.exception, "field", "")))


@pytest.mark.parametrize(
    ("command", "request_"),
    [
        ("join", {"labels": []}),
        ("join", {"labels": [{"text": "SECRET"}] * 1001}),
        ("join", {"labels": [{"text": "SECRET"}], "owner": ["usa"]}),
        ("join", {"labels": [{"text": "SECRET", "level": "SECRET"}]}),
        ("join", {"labels": ["SECRET"]}),
        ("join", {"labels": [{"text": "SECRET"}], "more": 1}),
        ("map", {"label": {"text": "SECRET", "policy": "FRA"}, "to": "IND"}),
        ("map", {"label": {"text": "SECRET", "kind": "authority"}, "to": "IND"}),
        ("map", {"label": {"text": "SECRET"}, "to": "FRA"}),
        ("map", {"label": {"text": "SECRET"}, "to": 7}),
        ("map", {"label": {"xml": "<a/>"}, "to": "IND"}),
        ("map", {"label": {"level": "SECRET"}, "to": "IND"}),
        ("convert", {"label": {"text": "SECRET"}, "to": "pdf"}),
        ("convert", {"label": {"text": "SECRET"}, "to": "xml", "lenient": True}),
        ("convert", {"policy": 7, "to": "spif"}),
        ("convert", {"policy": "USA", "to": "spif", "nations": []}),
        ("convert", {"policy": "USA", "to": "spif", "originator_dn": "\u0000"}),
        ("render", {"label": {"type": "US", "classification": "RESTRICTED"}, "policy": "USA"}),
    ],
)
def test_wrong_questions_are_answered(command: str, request_: dict[str, object]) -> None:
    (found,) = streamed(command, [request_], status=1)
    assert found["ok"] is False
    assert found["faults"][0]["message"]


def test_a_bundle_of_both_authorities_decides_in_place_of_the_training_table(tmp_path: Path) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    records = [record(USA), record(IND)]
    facilities = ("USA:USA-F014", "IND:IND-F007")
    data = draft_training_bundle(
        records,
        "MONSOON-LARK",
        facilities,
        version=1,
        effective_from=now - timedelta(minutes=1),
        expires=now + timedelta(days=1),
    )
    bundle, arguments = tmp_path / "bundle.json", ["map", AMERICAN, "--bundle", str(tmp_path / "bundle.json")]
    for number, one in enumerate(records):
        (tmp_path / f"{number}.json").write_bytes(one)
        arguments += ["--party", str(tmp_path / f"{number}.json")]
    half = sign_bundle(data, authority(USA))
    bundle.write_bytes(half)
    assert isinstance(said(arguments).exception, NotVerified)
    bundle.write_bytes(sign_bundle(half, authority(IND)))
    assert told(arguments)["row"]["table"] == "IND-USA 1"


_WORDS = (
    "SECRET",
    "//IND SECRET",
    "(S)",
    "banner",
    "portion",
    "USA",
    "IND",
    "US",
    "xml",
    "banner",
    "2036-01-01T00:00:00Z",
    "",
)
_NAMES = (
    *("op", "kind", "policy", "text", "label", "labels", "to", "owner", "owners", "classification", "level", "xml"),
    *("lenient", "type", "rel_to", "originator_id", "review_by", "created", "nations", "fgi_countries", "profile"),
)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(_WORDS) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_NAMES), inner, max_size=5),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(operation=st.sampled_from(OPERATIONS), request=st.dictionaries(st.sampled_from(_NAMES), _VALUES, max_size=6))
def test_whatever_is_asked_an_answer_comes_back(operation: str, request: dict[str, object]) -> None:
    found = answer_label(operation, request, SURROUNDINGS)
    assert found["ok"] is True or found["faults"]
    json.dumps(found).encode()


def test_documents_are_checked_and_stamped_line_by_line(tmp_path: Path) -> None:
    bare, stamped = tmp_path / "bare.docx", tmp_path / "stamped.docx"
    written = docx.Document()
    for text in ("(U) Title of it", "(S//REL TO USA, IND) It hums.", *BLOCK.splitlines()):
        written.add_paragraph(text)
    written.save(str(bare))
    made = {"file": str(bare), "banner": AMERICAN, "output": str(stamped)}
    bound = {"originator": "urn:example:desk", "review_by": "2036-01-01T00:00:00Z"}
    found = streamed("apply", [made | bound, made | {"banner": "U//FOUO"}, made | {"training": 1}, {}], status=1)
    assert [one["ok"] for one in found] == [True, False, False, False]
    assert found[0]["bound"] is True
    asked = [
        {"file": str(stamped), "declared": AMERICAN},
        {"file": str(bare)},
        {"file": str(tmp_path / "none.pdf")},
        {"file": str(tmp_path)},
        {"file": "\ud800"},
        {"file": str(stamped), "nation": "GBR"},
        {"file": str(stamped), "other": "x"},
        "no json",
    ]
    answers = streamed("check", asked, status=1)
    assert [one["ok"] for one in answers] == [True, *[False] * 7]
    assert [one["code"] for one in answers[1]["faults"]] == ["banner_missing"]
    assert answers[2]["faults"][0]["rule"] == "malformed.no_file"
    assert said(["check"]).exit_code != 0
    assert said(["apply", str(bare), "--banner", AMERICAN]).exit_code != 0


def test_a_document_is_checked_in_the_language_asked_for(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("SECRET//REL TO IND, USA\n\n(S) It hums.\n\nSECRET//REL TO IND, USA\n")
    found = CliRunner().invoke(relto, ["--language", "hi", "--json", "label", "check", str(tmp_path / "a.txt")])
    faults = json.loads(found.stdout)[0]["faults"]
    assert faults
    assert all(any("\u0900" <= letter <= "\u097f" for letter in each["message"]) for each in faults), faults


def test_what_no_marking_says_is_for_a_person_and_not_an_empty_answer() -> None:
    found = told(["join", "CUI//SP-CTI", "SECRET//NOFORN"], status=1)
    assert (found["outcome"], found["reason"]) == ("needs_person", "marking")


def test_a_label_object_by_hand_needs_its_type_and_level_only() -> None:
    found = streamed("render", [{"type": "US", "classification": "SECRET", "dissem": ["NOFORN"]}])
    assert found[0]["rendered"]["banner"] == "SECRET//NOFORN"


def test_the_label_of_a_policy_that_is_not_loaded_is_looked_at_leniently(tmp_path: Path) -> None:
    xml = (
        f'<s:originatorConfidentialityLabel xmlns:s="{WHOLE}" ReviewDateTime="2036-01-01T00:00:00Z">'
        "<s:ConfidentialityInformation><s:PolicyIdentifier>EXERCISE</s:PolicyIdentifier>"
        "<s:Classification>SECRET</s:Classification></s:ConfidentialityInformation>"
        "<s:CreationDateTime>2026-01-01T00:00:00Z</s:CreationDateTime></s:originatorConfidentialityLabel>"
    )
    (tmp_path / "a.xml").write_text(xml)
    found = told(["convert", f"@{tmp_path / 'a.xml'}", "--to", "label", "--lenient"])
    assert found["information"]["policy"] == "EXERCISE"
    assert "label" not in found
    told(["convert", f"@{tmp_path / 'a.xml'}", "--to", "label"], status=1)
