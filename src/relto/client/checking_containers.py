"""The check of the markings inside a sealed container, for somebody who may open it: no plaintext on the disk.

The container is opened as any is, with a share from each service involved, so the opening is decided anew and entered
in the ledger. Of the payload one verified segment at a time goes through a pipe into the memory of the process that
parses the document. It is compared with the label that is bound inside.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from relto.adapters.documents.reading import read_pieces
from relto.base.errors import ReltoError
from relto.client.files import reading
from relto.client.opening import fetch_shares
from relto.client.session import Session
from relto.client.steps import Steps, Work, at_once
from relto.labels.checking.check import Asked, check_document
from relto.labels.checking.report import Report
from relto.labels.checking.stated import asked_of_label
from relto.labels.shipped import shipped_policies
from relto.labels.stanag4774 import read_label
from relto.sealing.archive import Archive, open_archive
from relto.sealing.manifest import Manifest
from relto.sealing.opening import OpenedContainer, open_container, read_container

_CONTAINER = ".tdf"


def check_container(session: Session, container: Path, asked: Asked | None = None) -> Steps[Report]:
    """Check the document inside a container file against the label inside it; a label declared in `asked` goes before.

    Raises Refused (with the reference under which the reasons can be read), NotVerified, MalformedInput (with
    `document.…` for a document that cannot be read), Unreachable.
    """
    with reading(container, "container") as source:
        archive, manifest = yield Work(at_once(lambda: _read(source)))
        shares = yield from fetch_shares(session, manifest)
        report: Report = yield Work(
            at_once(
                lambda: _report(
                    open_container(archive, source, shares, require_label=True), container, asked or Asked()
                )
            )
        )
        return report


def _read(source: BinaryIO) -> tuple[Archive, Manifest]:
    archive = open_archive(source)
    return archive, read_container(archive)


def _report(opened: OpenedContainer, container: Path, asked: Asked) -> Report:
    suffix = Path(container.name.removesuffix(_CONTAINER)).suffix
    text = read_pieces(opened.payload.chunks(), opened.payload.size, suffix)
    return check_document(text, _against_its_label(opened.label_xml or "", asked))


def _against_its_label(label_xml: str, asked: Asked) -> Asked:
    """With the banner of the label inside, unless another is declared, or its policy is not one of those shipped."""
    if asked.declared is not None:
        return asked
    policies = shipped_policies()
    try:
        label = read_label(label_xml.encode("utf-8"), policies, controls_known=True)
        stated = asked_of_label(label, policies.of(label.policy).nation, policies)
    except ReltoError:
        return asked
    return replace(asked, declared=stated.declared, home=stated.home)
