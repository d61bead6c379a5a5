"""Signatures under entries of the shared record as a node answers them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from relto.client.answers.reading import Answer


@dataclass(frozen=True, kw_only=True)
class VersionSigned(Answer):
    """One version of one nation's line, and who signed it: nation -> since when, an RFC 3339 text."""

    nation: str
    number: int
    digest: str
    at: datetime
    signed: Mapping[str, str]
    superseded: bool


@dataclass(frozen=True, kw_only=True)
class VersionAgreed(Answer):
    """A version under which every party's signature stands, since `at`."""

    nation: str
    number: int
    digest: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Signatures(Answer):
    """How an entry is signed; what every party agreed to, the last one last."""

    entry: str
    versions: tuple[VersionSigned, ...]
    agreed: tuple[VersionAgreed, ...]
