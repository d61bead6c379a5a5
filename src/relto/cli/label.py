"""`relto label`: markings of documents, checked and written on this machine. Nothing is sent anywhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from relto.cli.files import check_place
from relto.cli.label_marks import COMMANDS
from relto.cli.output import answer, finding_lines

if TYPE_CHECKING:
    from relto.labels.checking.check import Asked
    from relto.labels.checking.report import Report
    from relto.labels.policy import ClassificationPolicy

_FAULTS = 1
_NOT_FULLY_READ = 2


@click.group("label", commands=COMMANDS)
def label() -> None:
    """Markings of documents: check what a document says, write banners onto it."""


@label.command("check")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--declared", help="The label as a banner, such as SECRET//NOFORN, to compare with.")
@click.option("--nation", type=click.Choice(["USA", "IND"]), default="USA", help="Whose documents these are.")
@click.option("--profile", "rules", default="dod", help="Reading of the rules: dod, dod-strict, dod-lenient, ism, cfr.")
@click.option("--training", is_flag=True, help="The line of training documents is due on every page.")
@click.option("--compilation-reason", is_flag=True, help="A reason is on record for a banner above all portions.")
def check(files: tuple[Path, ...], **stated: Any) -> None:
    """Check banners and portion marks of FILES, page by page.

    A sealed container (.tdf) that you may open is decrypted into the checker's memory, never onto the disk; that is an
    opening, decided and on record. Exit status: 0 all clean, 1 faults, 2 something could not be read.
    """
    asked = _asked(**stated)
    answers = [_checked(file, asked) for file in files]
    outcomes = {each["outcome"] for each in answers}
    answer(answers, "\n".join(each.pop("said") for each in answers))
    if "faults" in outcomes:
        sys.exit(_FAULTS)
    if outcomes - {"clean"}:
        sys.exit(_NOT_FULLY_READ)


@label.command("apply")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--banner", required=True, help="What to write at the top and bottom of every page.")
@click.option("--output", "-o", required=True, type=click.Path(path_type=Path), help="Where to write the result.")
@click.option("--statement", "statements", multiple=True, help="A line for the front page.")
@click.option("--training", is_flag=True, help="Write the line of training documents under the banner.")
@click.option("--originator", help="A URI of who labels; with it the label is bound to the document (STANAG 4778).")
@click.option("--review-by", help="When the label is to be looked at again, such as 2036-01-01T00:00:00Z.")
def apply(file: Path, banner: str, output: Path, **stated: Any) -> None:
    """Write a banner onto FILE, a PDF or DOCX: top and bottom of each page. Portions are marked by their author."""
    from relto.adapters.documents.binding import bound
    from relto.adapters.documents.stamping import stamp
    from relto.cli.files import write_file
    from relto.labels.checking.recognising import TRAINING_WORDS

    place = check_place(output, "output")
    label_xml = _label_xml(banner, stated["originator"], stated["review_by"])
    under = [f"{TRAINING_WORDS}, OTHERWISE UNCLASSIFIED"] if stated["training"] else []
    form, data, pages = stamp(_existing(file), banner, under, stated["statements"])
    if label_xml is not None:
        data = bound(form, data, label_xml)
    write_file(place, data, "output")
    answer({"file": str(place), "banner": banner, "pages": pages, "bound": label_xml is not None})


def _label_xml(banner: str, originator: str | None, review_by: str | None) -> bytes | None:
    """The label that the banner says, as STANAG 4774; None when nobody is named who labels.

    Raises MalformedInput for what is no banner, UnknownValue for what a person has to decide.
    """
    from relto.adapters.system import SystemClock
    from relto.base.errors import MalformedInput, UnknownValue
    from relto.base.instants import read_instant
    from relto.labels.joining import Undecided
    from relto.labels.marking_of_label import Making, label_of_marking
    from relto.labels.policy import PolicySet
    from relto.labels.stanag4774 import write_label
    from relto.labels.us.faults import MarkingFaults
    from relto.labels.us.reading import parse_banner

    try:
        marking = parse_banner(banner)
    except MarkingFaults as wrong:
        first = wrong.faults[0]
        raise MalformedInput("marking", field="banner", expected=f"{first.message} {first.fix}") from None
    if originator is None and review_by is None:
        return None
    if originator is None or review_by is None:
        raise MalformedInput("label", field="originator", expected="--originator and --review-by, or neither")
    policies = PolicySet(_policy(nation) for nation in ("USA", "IND"))
    making = Making(originator, SystemClock().now(), read_instant(review_by, field="review_by"))
    made = label_of_marking(marking, policies, making)
    if isinstance(made, Undecided):
        raise UnknownValue("label.undecided", field="banner", found=made.reason, expected="a banner that is one label")
    return write_label(made, policies)


def _policy(nation: str) -> ClassificationPolicy:
    from importlib import resources

    from relto.labels.policy_data import load_policy

    return load_policy(resources.files("relto.labels").joinpath("data", f"{nation.lower()}.json").read_bytes())


def _asked(*, declared: str | None, nation: str, rules: str, training: bool, compilation_reason: bool) -> Asked:
    from relto.labels.checking.check import Asked
    from relto.labels.checking.home import AMERICAN, home_of
    from relto.labels.us.profiles import profile_named

    home = AMERICAN if nation == "USA" else home_of(_policy(nation))
    return Asked(declared, home, profile_named(rules), is_training=training, has_compilation_reason=compilation_reason)


def _checked(file: Path, asked: Asked) -> dict[str, Any]:
    """The answer for one file. A file that cannot be read does not keep the others from being checked."""
    from relto.adapters.documents.reading import read_document
    from relto.adapters.words import error_sentence
    from relto.base.errors import MalformedInput
    from relto.cli.output import language
    from relto.cli.profile import open_client
    from relto.labels.checking.check import check_document

    try:
        if file.suffix.lower() == ".tdf":
            with open_client() as node:
                report = node.check_container(_existing(file), asked)
        else:
            with _existing(file).open("rb") as source:
                report = check_document(read_document(source, file.suffix), asked)
    except MalformedInput as problem:
        said = f"{file.name}: not read. {error_sentence(problem, language())} [{problem.full_code}]"
        return {"file": str(file), "outcome": "unreadable", "error": problem.as_dict(), "said": said}
    return {"file": str(file), **report.as_dict(), "said": "\n".join(_said(file.name, report))}


def _existing(file: Path) -> Path:
    from relto.base.errors import MalformedInput

    if not file.is_file():
        raise MalformedInput("no_file", field="file", found=file.name, expected="a readable file")
    return file


def _said(name: str, report: Report) -> Iterator[str]:
    """The report for people."""
    outcome = {
        "clean": "clean",
        "faults": "faults",
        "not_fully_read": "no fault found, but not all of it could be read",
    }
    yield f"{name}: {outcome[report.outcome]}"
    yield f"  banner: {report.banner or 'none'}"
    yield f"  the portions come to: {report.high_water or 'not known'}"
    if report.declared is not None:
        yield f"  declared: {report.declared}"
    yield from finding_lines(found.as_dict() for found in report.findings)
    for one in report.not_read:
        row = one.as_dict()
        where = f"page {one.page}" if one.page else "document"
        yield f"  {one.part + ', ' if one.part else ''}{where}: {row['message']} -> {row['fix']}"
