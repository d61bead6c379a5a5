"""`relto label`: markings of documents, checked and written on this machine. Nothing is sent anywhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from relto.base.errors import MalformedInput
from relto.cli.files import check_place
from relto.cli.label_marks import COMMANDS, answer_lines, batch_option
from relto.cli.output import answer, finding_lines, language

if TYPE_CHECKING:
    from relto.labels.checking.check import Asked
    from relto.labels.policy import ClassificationPolicy

_FAULTS = 1
_NOT_FULLY_READ = 2


@click.group("label", commands=COMMANDS)
def label() -> None:
    """Markings of documents: check what a document says, write banners onto it."""


@label.command("check")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option("--declared", help="The label as a banner, such as SECRET//NOFORN, to compare with.")
@click.option("--nation", type=click.Choice(["USA", "IND"]), default="USA", help="Whose documents these are.")
@click.option("--profile", "rules", default="dod", help="Reading of the rules: dod, dod-strict, dod-lenient, ism, cfr.")
@click.option("--training", is_flag=True, help="The line of training documents is due on every page.")
@click.option("--compilation-reason", is_flag=True, help="A reason is on record for a banner above all portions.")
@batch_option
def check(files: tuple[Path, ...], *, batch: bool, **stated: Any) -> None:
    """Check banners and portion marks of FILES, page by page.

    A sealed container (.tdf) that you may open is decrypted into the checker's memory, never onto the disk; that is an
    opening, decided and on record. Exit status: 0 all clean, 1 faults, 2 something could not be read.
    """
    if batch:
        answer_lines(_check_line)
        return
    if not files:
        raise MalformedInput("usage", field="files", expected="files, or --batch")
    asked = _asked(**stated)
    answers = [_checked(file, asked) for file in files]
    outcomes = {each["outcome"] for each in answers}
    answer(answers, "\n".join(each.pop("said") for each in answers))
    if "faults" in outcomes:
        sys.exit(_FAULTS)
    if outcomes - {"clean"}:
        sys.exit(_NOT_FULLY_READ)


@label.command("apply")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--banner", help="What to write at the top and bottom of every page. Needed without --batch.")
@click.option("--output", "-o", type=click.Path(path_type=Path), help="Where to write. Needed without --batch.")
@click.option("--statement", "statements", multiple=True, help="A line for the front page.")
@click.option("--training", is_flag=True, help="Write the line of training documents under the banner.")
@click.option("--originator", help="A URI of who labels; with it the label is bound to the document (STANAG 4778).")
@click.option("--review-by", help="When the label is to be looked at again, such as 2036-01-01T00:00:00Z.")
@batch_option
def apply(file: Path | None, banner: str | None, output: Path | None, *, batch: bool, **stated: Any) -> None:
    """Write a banner onto FILE, a PDF or DOCX: top and bottom of each page. Portions are marked by their author."""
    if batch:
        answer_lines(_apply_line)
        return
    for name, value in (("file", file), ("banner", banner), ("output", output)):
        if value is None:
            raise MalformedInput("usage", field=name, expected="FILE, --banner and --output, or --batch")
    assert file is not None and banner is not None and output is not None  # noqa: S101, PT018  looked at above
    answer(_applied(file, banner, output, **stated))


def _applied(file: Path, banner: str, output: Path, **stated: Any) -> dict[str, Any]:
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
    return {"file": str(place), "banner": banner, "pages": pages, "bound": label_xml is not None}


def _check_line(request: Mapping[str, Any]) -> dict[str, Any]:
    """One line of `check --batch`: `file`, and perhaps what the options state, by their names."""
    texts = _texts(request, ("file",), ("declared", "nation", "profile"), ("training", "compilation_reason"))
    if texts.get("nation", "USA") not in {"USA", "IND"}:
        raise MalformedInput("usage", field="nation", expected="USA or IND")
    asked = _asked(
        declared=texts.get("declared"),
        nation=texts.get("nation", "USA"),
        rules=texts.get("profile", "dod"),
        training=request.get("training", False),
        compilation_reason=request.get("compilation_reason", False),
    )
    found = _checked(Path(texts["file"]), asked)
    del found["said"]
    return {"ok": found["outcome"] == "clean", **found}


def _apply_line(request: Mapping[str, Any]) -> dict[str, Any]:
    """One line of `apply --batch`: `file`, `banner`, `output`, and perhaps what the options state, by their names."""
    texts = _texts(request, ("file", "banner", "output"), ("originator", "review_by", "statement"), ("training",))
    stated: dict[str, Any] = {name: texts.get(name) for name in ("originator", "review_by")}
    stated["training"] = request.get("training", False)
    stated["statements"] = [texts["statement"]] if "statement" in texts else []
    return {"ok": True, **_applied(Path(texts["file"]), texts["banner"], Path(texts["output"]), **stated)}


def _texts(
    request: Mapping[str, Any], needed: tuple[str, ...], more: tuple[str, ...], flags: tuple[str, ...]
) -> dict[str, str]:
    """The members that are texts. Raises MalformedInput for a member that is missing, unknown, or of another kind."""
    for name in (*needed, *request):
        value = request.get(name)
        is_text = name in {*needed, *more} and isinstance(value, str) and value and _is_plain(value)
        if not is_text and not (name in flags and isinstance(value, bool)):
            known = ", ".join((*needed, *more, *flags))
            raise MalformedInput("usage", field=name if name in needed else "request", expected=f"members {known}")
    return {name: value for name, value in request.items() if isinstance(value, str)}


def _is_plain(text: str) -> bool:
    try:
        return "\0" not in text and bool(text.encode())
    except UnicodeEncodeError:
        return False


def _label_xml(banner: str, originator: str | None, review_by: str | None) -> bytes | None:
    """The label that the banner says, as STANAG 4774; None when nobody is named who labels.

    Raises MalformedInput for what is no banner, UnknownValue for what a person has to decide.
    """
    from relto.adapters.system import SystemClock
    from relto.base.errors import UnknownValue
    from relto.base.instants import read_instant
    from relto.labels.joining import Undecided
    from relto.labels.marking_of_label import Making, label_of_marking
    from relto.labels.originator_uri import check_uri
    from relto.labels.policy import PolicySet
    from relto.labels.stanag4774 import write_label
    from relto.labels.us.checks import legacy_codes
    from relto.labels.us.faults import MarkingFaults, fault
    from relto.labels.us.reading import parse_banner

    try:
        marking = parse_banner(banner)
        wrong = tuple(fault(code) for code in legacy_codes(marking))  # read in old documents, written into none
    except MarkingFaults as refused:
        wrong = refused.faults
    if wrong:
        raise MalformedInput("marking", field="banner", expected=f"{wrong[0].message} {wrong[0].fix}".removesuffix("."))
    if originator is None and review_by is None:
        return None
    if originator is None or review_by is None:
        raise MalformedInput("label", field="originator", expected="--originator and --review-by, or neither")
    policies = PolicySet(_policy(nation) for nation in ("USA", "IND"))
    making = Making(
        check_uri(originator, "originator"), SystemClock().now(), read_instant(review_by, field="review_by")
    )
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
    from relto.adapters.label_answers import failed
    from relto.adapters.words import error_sentence
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
        faults = failed(problem, language())["faults"]
        return {"file": str(file), "outcome": "unreadable", "error": problem.as_dict(), "faults": faults, "said": said}
    told = _in_words(report.as_dict())
    return {"file": str(file), **told, "said": "\n".join(_said(file.name, report.outcome, told))}


def _in_words(told: dict[str, Any]) -> dict[str, Any]:
    """The report with its sentences in the language that was asked for."""
    from relto.labels.rule_words import fault_in_words

    groups = ("faults", "not_read")
    return {**told, **{group: [fault_in_words(row, language()) for row in told[group]] for group in groups}}


def _existing(file: Path) -> Path:
    if not file.is_file():
        raise MalformedInput("no_file", field="file", found=file.name, expected="a readable file")
    try:
        file.open("rb").close()
    except OSError:
        raise MalformedInput("no_file", field="file", found=file.name, expected="a readable file") from None
    return file


def _said(name: str, outcome: str, told: Mapping[str, Any]) -> Iterator[str]:
    """The report for people."""
    outcomes = {
        "clean": "clean",
        "faults": "faults",
        "not_fully_read": "no fault found, but not all of it could be read",
    }
    yield f"{name}: {outcomes[outcome]}"
    yield f"  banner: {told['banner'] or 'none'}"
    yield f"  the portions come to: {told['high_water'] or 'not known'}"
    if told["declared"] is not None:
        yield f"  declared: {told['declared']}"
    yield from finding_lines(told["faults"])
    for row in told["not_read"]:
        where = f"page {row['page']}" if row["page"] else "document"
        part = f"{row['part']}, " if row["part"] else ""
        yield f"  {part}{where}: {row['message']} -> {row['fix']}"
