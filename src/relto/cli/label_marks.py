"""`relto label parse | render | join | map | convert`: markings and labels, one question or a stream of JSON lines.

With --batch every line of standard input is one request and every line of standard output its answer, in order, at
once: nothing is collected. A line that cannot be answered gives one answer that is not ok, and the run goes on. Exit
status 1 when any answer was not ok. Nothing here needs a node, a profile or Django.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import IO, TYPE_CHECKING, Any

import click

from relto.base.canonical import canonical_bytes, read_object
from relto.base.errors import MalformedInput, ReltoError, TooLarge
from relto.cli.files import LARGEST, read_file
from relto.cli.label_policy import show_under_policy
from relto.cli.output import answer, language, words
from relto.labels.originator_uri import check_uri

if TYPE_CHECKING:
    from relto.labels.answering.given import Surroundings

MAX_LINE_BYTES = 1024 * 1024
_PIECE = 64 * 1024
_NOT_OK = 1
_SPIF_NAMESPACE = b"http://www.xmlspif.org/spif"
_MARKING = ("banner", "portion")


def batch_option(command: Callable[..., None]) -> Callable[..., None]:
    """The option --batch, for every command about labels."""
    return click.option("--batch", is_flag=True, help="Requests as JSON lines from standard input, answers likewise.")(
        command
    )


def _table_options(command: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option("--party", "parties", multiple=True, type=click.Path(), help="Party record of each authority."),
        click.option("--bundle", type=click.Path(), help="Signed agreement bundle; without it the training table."),
    ):
        command = option(command)
    return command


_policy_option = click.option("--policy", type=click.Choice(["USA", "IND"]), default="USA", show_default=True)
_profile_option = click.option("--profile", "spelling", default="dod", help="dod, dod-strict, dod-lenient, ism or cfr.")
_kind_option = click.option("--kind", type=click.Choice(_MARKING), help="Where it stands; parentheses say portion.")


@click.command("parse")
@click.argument("text", required=False)
@click.option("--kind", type=click.Choice([*_MARKING, "authority"]), help="Where it stands; parentheses say portion.")
@_policy_option
@_profile_option
@batch_option
def parse(text: str | None, kind: str | None, policy: str, spelling: str, *, batch: bool) -> None:
    """Read a marking TEXT (- for standard input): its label object, its renderings, or its faults with their rules."""
    request: dict[str, Any] | None = None
    if not batch:
        marking = _text(text)
        request = {"text": marking, "kind": kind or _kind_of(marking), "policy": policy}
        if policy == "USA":
            request["profile"] = spelling
    _run("parse", request)


@click.command("render")
@click.argument("label", required=False, type=click.Path())
@click.option("--kind", type=click.Choice([*_MARKING, "authority"]), help="What the object is; else as it says.")
@_profile_option
@batch_option
def render(label: str | None, kind: str | None, spelling: str, *, batch: bool) -> None:
    """Write the marking of the label object in the file LABEL (- for standard input), as parse answered it."""
    request: dict[str, Any] | None = None
    if not batch:
        found = _object(label)
        request = {"label": found.get("label", found)}
        if kind is not None:
            request["kind"] = kind
        if spelling != "dod":
            request["profile"] = spelling
    _run("render", request)


@click.command("join")
@click.argument("labels", nargs=-1)
@click.option("--owner", "owners", multiple=True, help="Whose the whole is, where the owners differ. Repeatable.")
@_policy_option
@batch_option
def join(labels: tuple[str, ...], owners: tuple[str, ...], policy: str, *, batch: bool) -> None:
    """The least label that protects as much as all LABELS: markings, or @FILE with a label as JSON or XML."""
    request: dict[str, Any] | None = None
    if not batch:
        request = {"labels": [_given(one, policy) for one in labels]}
        if owners:
            request["owner"] = list(owners)
    _run("join", request)


@click.command("map")
@click.argument("label", required=False)
@click.option(
    "--to", "target", help="Policy to carry it over to: nation, name or object identifier. Else the other one."
)
@_policy_option
@_table_options
@batch_option
def map_label(
    label: str | None, target: str | None, policy: str, bundle: str | None, parties: tuple[str, ...], *, batch: bool
) -> None:
    """Carry LABEL (a marking, or @FILE) over to the other nation's policy, with the row that says so and its source."""
    request: dict[str, Any] | None = None
    if not batch:
        request = {"label": _given(label, policy)}
        if target is not None:
            request["to"] = target
    _run("map", request, bundle=bundle, parties=parties)


@click.command("convert")
@click.argument("label", required=False)
@click.option("--to", "target", type=click.Choice(["banner", "label", "xml", "spif"]), help="The other form.")
@_policy_option
@_kind_option
@click.option("--originator", help="Who made the label: a URI. A marking does not say it.")
@click.option("--review-by", help="When it is to be looked at again: an instant such as 2036-01-01T00:00:00Z.")
@click.option("--created", help="When it was made; without it: now.")
@click.option("--lenient", is_flag=True, help="Read XML of old writers too, and name each departure. For tests.")
@click.option("--nation", "nations", multiple=True, help="SPIF: the nations in it. Repeatable; without it all loaded.")
@click.option("--originator-dn", help="SPIF: name of who issues the file.")
@click.option("--key-identifier", help="SPIF: the key that signs the file.")
@click.option("--spif", type=click.Path(), help="Policy file to look at, or to look at LABEL (@FILE with XML) under.")
@click.option("--clearance", type=click.Path(), help="With --spif: whether this clearance (XML) opens the label.")
@click.option("--marking-language", help="With --spif: language of the marking, such as fr; else the policy's own.")
@click.option("--partial", is_flag=True, help="With --spif: the file holds only the values that nations agreed on.")
@_table_options
@batch_option
def convert(label: str | None, bundle: str | None, parties: tuple[str, ...], *, batch: bool, **stated: Any) -> None:
    """LABEL (a marking, or @FILE) in another form; or a --policy as SPIF 2.1. Without --json XML is printed bare.

    With --spif: what a policy file says, or whether LABEL is valid under it, its marking, and who may read it.
    """
    request: dict[str, Any] | None = None
    if _is_about_policy_file(stated, batch=batch):
        show_under_policy(label, bundle=bundle, parties=parties, **stated)
        return
    if not batch and stated["target"] is None:
        raise MalformedInput("usage", field="to", expected="--to banner, label, xml or spif")
    if not batch and stated["target"] == "spif":
        names = ("policy", "originator_dn", "key_identifier")
        request = {"to": "spif", **{name: stated[name] for name in names if stated[name] is not None}}
        if stated["nations"]:
            request["nations"] = list(stated["nations"])
    elif not batch:
        request = _conversion(label, stated)
    _run("convert", request, bundle=bundle, parties=parties)


COMMANDS = (parse, render, join, map_label, convert)


def _is_about_policy_file(stated: Mapping[str, Any], *, batch: bool) -> bool:
    """True with --spif. Raises MalformedInput for --spif in a batch, and for options that need it."""
    if stated["spif"] is None:
        for name in ("clearance", "marking_language", "partial"):
            if stated[name]:
                raise MalformedInput("usage", field=name, expected="--spif FILE beside it")
        return False
    if batch:
        raise MalformedInput("usage", field="spif", expected="--spif without --batch: one policy file, one label")
    return True


def _conversion(label: str | None, stated: Mapping[str, Any]) -> dict[str, Any]:
    making = {"originator_id": stated["originator"], "review_by": stated["review_by"], "created": stated["created"]}
    making = {name: value for name, value in making.items() if value is not None}
    if stated["originator"] is not None:
        check_uri(stated["originator"], "originator")
    given = _given(label, stated["policy"], stated["kind"])
    request: dict[str, Any] = {"label": given, "to": stated["target"]}
    if stated["lenient"]:
        return {**request, "lenient": True, **making}
    if "text" in given or "classification" in given:
        given |= making
    return request


def _run(
    operation: str, request: Mapping[str, Any] | None, *, bundle: str | None = None, parties: tuple[str, ...] = ()
) -> None:
    """One question, or with no request the lines of standard input."""
    from relto.adapters.label_answers import answer_label

    surroundings = _surroundings(bundle, parties)
    spoken = language()
    if request is not None:
        found = answer_label(operation, request, surroundings, spoken)
        answer(found, _said(found))
        if not found["ok"]:
            sys.exit(_NOT_OK)
        return
    answer_lines(lambda asked: answer_label(operation, asked, surroundings, spoken))


def answer_lines(answered: Callable[[Mapping[str, Any]], Mapping[str, Any]]) -> None:
    """Answer each line of standard input with a line; exit status 1 when any answer was not ok.

    What `answered` raises as a ReltoError becomes an answer that is not ok.
    """
    spoken = language()
    all_ok = True
    out = sys.stdout.buffer
    for line in _lines(sys.stdin.buffer):
        found = _answered(answered, line, spoken)
        all_ok = all_ok and found["ok"] is True
        out.write(canonical_bytes(found) + b"\n")
        out.flush()
    if not all_ok:
        sys.exit(_NOT_OK)


def _answered(
    answered: Callable[[Mapping[str, Any]], Mapping[str, Any]], line: bytes | None, spoken: str
) -> Mapping[str, Any]:
    from relto.adapters.label_answers import failed

    try:
        if line is None:
            raise TooLarge("label_line", field="line", expected=f"at most {MAX_LINE_BYTES} bytes")
        return answered(read_object(line, field="line", max_bytes=MAX_LINE_BYTES))
    except ReltoError as error:
        return failed(error, spoken)


def _lines(source: IO[bytes]) -> Iterator[bytes | None]:
    """Each line that is not empty; None for one that is too long, of which no more than a piece is kept."""
    while line := source.readline(MAX_LINE_BYTES + 1):
        if len(line) > MAX_LINE_BYTES and not line.endswith(b"\n"):
            while (rest := source.readline(_PIECE)) and not rest.endswith(b"\n"):
                pass
            yield None
        elif line.strip():
            yield line


def _surroundings(bundle: str | None, parties: tuple[str, ...]) -> Surroundings:
    from relto.adapters.label_answers import bundle_surroundings, training_surroundings

    now = datetime.now(UTC).replace(microsecond=0)
    if bundle is None:
        return training_surroundings(now)
    if not parties:
        raise MalformedInput("party", field="party", expected="--party FILE for each nation")
    from relto.node.party import read_party
    from relto.rules.bundle import open_bundle

    authorities = {party.nation: party.authority for party in (read_party(read_file(one, "party")) for one in parties)}
    opened = open_bundle(
        read_file(bundle, "bundle"), authorities=authorities, at=now, active_version=None, node_kind="training"
    )
    return bundle_surroundings(opened, now)


def _given(text: str | None, policy: str, kind: str | None = None) -> dict[str, Any]:
    """A marking as it is written, or what the file after @ holds: JSON, XML, or a marking."""
    if text is not None and text.startswith("@"):
        data = read_file(text.removeprefix("@"), "label")
        if _SPIF_NAMESPACE in data[:_PIECE]:
            raise MalformedInput("usage", field="label", expected="a label; a policy file is given with --spif FILE")
        if data.lstrip().startswith(b"<"):
            return {"xml": data.decode("utf-8", "replace")}
        if data.lstrip().startswith(b"{"):
            found: dict[str, Any] = read_object(data, field="label")
            inner = found.get("label", found)
            return inner if isinstance(inner, dict) else found
        text = data.decode("utf-8", "replace").strip()
    marking = _text(text)
    return {"text": marking, "kind": kind or _kind_of(marking), "policy": policy}


def _object(path: str | None) -> dict[str, Any]:
    if path is None:
        raise MalformedInput("usage", field="label", expected="a file with a label object, or --batch")
    data = sys.stdin.buffer.read(LARGEST) if path == "-" else read_file(path, "label")
    return dict(read_object(data, field="label"))


def _text(text: str | None) -> str:
    if text is None:
        raise MalformedInput("usage", field="text", expected="a marking, or --batch")
    if text != "-":
        return text
    return sys.stdin.buffer.read(_PIECE).decode("utf-8", "replace").strip("\r\n")


def _kind_of(text: str) -> str:
    from relto.adapters.label_answers import kind_of

    return kind_of(text)


def _said(found: Mapping[str, Any]) -> str:
    """An answer for people: what is wrong with rule and fix, or what it says, in a few lines."""
    if not found["ok"]:
        return "\n".join(line for fault in found["faults"] for line in _fault_lines(fault))
    if "xml" in found:
        return str(found["xml"])
    lines = [*map(str, found.get("departures", ()))]
    if "information" in found:
        lines.append(canonical_bytes(found["information"]).decode("utf-8"))
    row = found.get("row")
    if row is not None:
        unconfirmed = "" if row["confirmed"] else f"{words('words', 'unconfirmed')}: "
        lines.append(f"{row['from_policy']} {row['from_level']} -> {row['to_policy']} {row['to_level'] or '-'}")
        lines.append(f"{unconfirmed}{words('label.handling', row['handling'])}")
        lines.append(f"{row['table']}: {row['source']} [{words('evidence', row['evidence'])}]")
    if found.get("to") == "label" and found.get("label") is not None:
        lines.append(canonical_bytes(found["label"]).decode("utf-8"))
    lines += _rendering_lines(found.get("rendered") or {})
    return "\n".join(lines)


def _fault_lines(fault: Mapping[str, Any]) -> Iterator[str]:
    yield fault["message"]
    yield f"  {fault['rule']}" + (f", {fault['paragraph']}" if fault["paragraph"] != "-" else "")
    yield f"  -> {fault['fix']}"


def _rendering_lines(rendered: Mapping[str, Any]) -> Iterator[str]:
    for name, value in rendered.items():
        if isinstance(value, str):
            yield f"{name}: {value}"
        elif isinstance(value, Mapping):
            unconfirmed = "" if value["confirmed"] else f" ({words('words', 'unconfirmed')})"
            yield f"{name}: {value['banner']}  {value['portion']}{unconfirmed}"
