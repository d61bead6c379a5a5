"""Bulk sealing into container files, for the own key service: the work of one partition, in whatever process it runs.

Each document is read twice, hashed and sealed, and has to be the same both times. The container's identifier is made
from the run, path and content: one that lies there already with that identifier is the one that an interrupted run
made, and counts; any other file at its place is left alone and the document fails. A container that is done is on the
disk. Nobody registered it: it opens as far as the agreement lets unregistered containers open (ADR 9).
"""

from __future__ import annotations

import hashlib
import mimetypes
import os
import uuid
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, Final, cast

from relto.adapters.documents.before_sealing import as_checked
from relto.base.errors import Conflict, ReltoError, Unreachable
from relto.base.instants import Instant
from relto.client.bulk.archive import open_planned
from relto.client.bulk.label_rules import Rule, RuleFile
from relto.client.bulk.new_files import NewFile, name_durably
from relto.client.bulk.work import Outcome, Planned, failed, identity
from relto.client.sealing import SealingOrder, ServiceKey, sealed_container
from relto.labels.attributes import label_attributes
from relto.labels.checking.stated import stated_label
from relto.labels.label import check_label
from relto.labels.shipped import shipped_policies
from relto.labels.stanag4774 import write_label
from relto.sealing.archive import open_archive
from relto.sealing.opening import read_container
from relto.sealing.policy import build_policy, read_policy

SUFFIX: Final = ".tdf"
_PIECE: Final = 1 << 20
_UNKNOWN_TYPE: Final = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class SealFiles:
    """What every worker is told. No secret: the wrapping key is the public one of the own key service."""

    archive: str
    output: str
    nation: str
    rules: RuleFile
    key: ServiceKey
    namespace: uuid.UUID
    at: Instant


@dataclass(frozen=True, slots=True)
class _Sealed:
    """One document: its container's identifier, and the file that has no name yet, or None when it lies there."""

    row: Planned
    made: str
    file: NewFile | None = field(repr=False)


def seal_files(order: SealFiles, rows: Sequence[Planned]) -> list[Outcome]:
    """Seal a partition. What one document fails by is its outcome; the others go on. All that is done is durable."""
    outcomes: list[Outcome] = []
    sealed: list[_Sealed] = []
    for row in rows:
        try:
            sealed.append(_seal(order, row))
        except ReltoError as error:
            outcomes.append(failed(row.number, error))
        except OSError:
            outcomes.append(failed(row.number, _disk()))
    return outcomes + _finished(sealed)


def _finished(sealed: Sequence[_Sealed]) -> list[Outcome]:
    files = [(one, one.file) for one in sealed if one.file is not None]
    outcomes = [Outcome(one.row.number, one.made, one.row.size) for one in sealed if one.file is None]
    try:
        errors = name_durably([file for _, file in files])
    except OSError:
        return outcomes + [failed(one.row.number, _disk()) for one, _ in files]
    for (one, _), error in zip(files, errors, strict=True):
        if error is None:
            outcomes.append(Outcome(one.row.number, one.made, one.row.size))
        else:
            outcomes.append(failed(one.row.number, _taken() if isinstance(error, FileExistsError) else _disk()))
    return outcomes


def _seal(order: SealFiles, row: Planned) -> _Sealed:
    with open_planned(order.archive, row) as source:
        attributes, label_xml = _label(order.rules, order.rules.rule_for(row.path), order.nation, order.at)
        digest = hashlib.file_digest(cast("BytesIO", source), "sha256")
        source.seek(0)
        made = str(identity(order.namespace, row.path, digest.hexdigest()))
        policy = build_policy(made, attributes)
        target = Path(order.output, os.fsdecode(row.path) + SUFFIX)
        if target.exists():
            _require_own(target, policy)
            return _Sealed(row, made, None)
        media_type = mimetypes.guess_type(target.name.removesuffix(SUFFIX))[0] or _UNKNOWN_TYPE
        file = NewFile(target)
        try:
            file.write(
                sealed_container(
                    as_checked(source, digest.digest()), SealingOrder(policy, label_xml, media_type, order.key)
                )
            )
        except BaseException:
            file.abandon()
            raise
        return _Sealed(row, made, file)


@lru_cache(maxsize=256)
def _label(rules: RuleFile, rule: Rule, nation: str, at: Instant) -> tuple[tuple[str, ...], str]:
    """The attributes and the STANAG 4774 label that a rule states, made once in each process."""
    policies = shipped_policies()
    stated = stated_label(
        nation, level=rule.level, audience=rule.stated_audience, caveats=rule.caveats, owners=(), policies=policies
    )
    label = replace(stated, created=at, originator_id=rules.originator, review_by=rules.review_by)
    check_label(label, policies)
    return tuple(label_attributes(label, rule.programme)), write_label(label, policies).decode("utf-8")


def _require_own(target: Path, policy: str) -> None:
    """Raises Conflict unless a whole container lies there with this one's identifier and attributes."""
    with suppress(ReltoError, OSError), target.open("rb") as there:
        if read_policy(_policy_of(there)) == read_policy(policy):
            return
    raise _taken()


def _policy_of(source: BinaryIO) -> str:
    return read_container(open_archive(source)).policy_text


def _taken() -> ReltoError:
    return Conflict("file_exists", field="output", expected="a place where no file lies yet")


def _disk() -> ReltoError:
    return Unreachable("storage", field="output", expected="a disk that takes the containers")
