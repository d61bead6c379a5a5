"""`relto recover`: a document opened by its custodians, offline, leaving a signed record (promise 2)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from relto.adapters.words import sentence
from relto.base.errors import MalformedInput, Refused, Shown
from relto.cli.files import check_place, read_file
from relto.cli.output import answer, language

if TYPE_CHECKING:
    from relto.client.recovering import RecoveredDocument

_PEM = b"-----BEGIN"


@click.command("recover")
@click.argument("container", type=click.Path(path_type=Path))
@click.option("--key", "keys", multiple=True, required=True, type=click.Path(path_type=Path), help="A key file.")
@click.option("--output", required=True, type=click.Path(path_type=Path), help="Where the document goes; a new file.")
@click.option("--reason", help="Why, in a sentence; it stands in the record that the custodians sign.")
@click.option("--test-keys", is_flag=True, help="The keys are service keys (PEM) of training nodes; no record.")
@click.option(
    "--node", "nodes", multiple=True, type=click.Path(path_type=Path), help="With --test-keys: their folders."
)
def recover(  # noqa: PLR0917  click calls by name
    container: Path,
    keys: tuple[Path, ...],
    output: Path,
    reason: str | None,
    test_keys: bool,  # noqa: FBT001  click passes flags by position
    nodes: tuple[Path, ...],
) -> None:
    """Open CONTAINER with custodians' keys, both nations' as needed, each under its passphrase. No node is asked."""
    from relto.client.recovering import open_with_test_keys

    check_place(output, "output")
    if test_keys:
        _tell(open_with_test_keys(container, keys, _training_keys(nodes), output))
        return
    if nodes:
        raise MalformedInput("usage", field="node", expected="--node only with --test-keys")
    if not reason:
        raise MalformedInput("usage", field="reason", expected="--reason: why the document is recovered")
    _tell(_recovered(container, keys, output, reason))


def told(code: str, **facts: Shown) -> str:
    """The words of a recovery's code, in the chosen language."""
    return sentence(f"cli.recover.{code}", language(), **facts)


def _recovered(container: Path, keys: tuple[Path, ...], output: Path, reason: str) -> RecoveredDocument:
    from relto.client.custodian_files import key_bytes
    from relto.client.recovering import recover_document
    from relto.sealing.recovery_keys import open_key_file, read_key_head

    opened = {}
    for place in keys:
        data = key_bytes(place)
        if data.lstrip().startswith(_PEM):
            expected = "a custodian's key file; a service key opens only on a training ground, under --test-keys"
            raise Refused("test_keys", field="key", found=place.name, expected=expected)
        head = read_key_head(data)
        asked = told("passphrase", number=str(head.get("number")), nation=str(head.get("nation")))
        opened[place] = open_key_file(data, click.prompt(asked, hide_input=True, err=True))
    return recover_document(container, opened, output, reason=reason, at=datetime.now(UTC))


def _training_keys(nodes: tuple[Path, ...]) -> dict[str, str]:
    """The service keys that these training nodes' party records list. Raises Refused("test_keys") for a live node."""
    from relto.node.party import read_party
    from relto.node.settings import read_settings

    listed: dict[str, str] = {}
    for folder in nodes:
        settings = read_settings(folder)
        if settings.kind != "training":
            raise Refused("test_keys", field="node", found=settings.kind, expected="a training node's folder")
        record = read_file(settings.folder.party_file, "party record")
        read_party(record)
        listed |= {key["kid"]: key["pem"] for key in json.loads(record)["service_keys"]}
    if not listed:
        raise Refused("test_keys", field="node", expected="--node FOLDER of each training node whose key it is")
    return listed


def _tell(found: RecoveredDocument) -> None:
    said = {
        "document": str(found.path),
        "size": found.size,
        "record": "" if found.record is None else str(found.record),
        "faulty": list(found.faulty),
    }
    lines = [told("recovered", name=found.path.name, size=found.size)]
    if found.record is not None:
        lines.append(told("overdue", name=found.record.name))
    else:
        lines.append(told("test_keys"))
    lines += [told("faulty", kid=kid) for kid in found.faulty]
    answer(said, "\n".join(lines))
