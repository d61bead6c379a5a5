"""The co-chairs' signatures under versions of entries of the shared record, named by the digest of what was read."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Router, Status
from pydantic import Field

from relto.alignment.signatures import SIGNED
from relto.api.alignment import Told
from relto.api.answers import Answer, plain
from relto.api.forms import Form, Id
from relto.api.surroundings import caller, house
from relto.services.alignment import signing

router = Router(tags=["alignment"])


class VersionSigned(Answer):
    """One version of one nation's line. `signed`: the nations whose signature stands under it, and since when.

    `superseded`: its line has a newer version; `digest`: what a signature names.
    """

    nation: str
    number: int
    digest: str
    at: str
    signed: dict[str, str]
    superseded: bool


class VersionAgreed(Answer):
    """A version under which every party's signature stands, since `at`."""

    nation: str
    number: int
    digest: str
    at: str


class Signatures(Answer):
    """How an entry is signed: each line's versions, the oldest first; what every party agreed to, the last one last."""

    entry: str
    versions: list[VersionSigned]
    agreed: list[VersionAgreed]


class SignatureForm(Form):
    """A signature under the version of this digest, or the own one taken back."""

    digest: Annotated[str, Field(min_length=64, max_length=64, description="Of the version that was read.")]
    word: Literal["signed", "taken_back"] = SIGNED


@router.post("/alignment/entries/{entry}/signatures", response={201: Told})
def sign_alignment(request: HttpRequest, entry: Id, body: SignatureForm) -> Status[dict[str, str]]:
    """Sign a version of an entry for the nation, or take the signature back; agreed when both signed (co-chair)."""
    signing.sign(house(), caller(request), entry, digest=body.digest, word=body.word)
    return Status(201, {"entry": entry})


@router.get("/alignment/entries/{entry}/signatures", response=Signatures)
def read_signatures(request: HttpRequest, entry: Id) -> dict[str, Any]:
    """Who signed which version of an entry, and what both nations agreed to."""
    found = signing.signatures(house(), caller(request), entry)
    return {
        "entry": entry,
        "versions": [
            {
                **plain({name: getattr(one.version, name) for name in ("nation", "number", "digest", "at")}),
                "signed": plain(one.signed),
                "superseded": one.superseded,
            }
            for one in found.versions
        ],
        "agreed": [plain(one) for one in found.agreed],
    }
