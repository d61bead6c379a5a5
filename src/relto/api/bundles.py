"""The agreement bundle: a co-chair submits it, everybody sees which one is followed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from ninja import Router, Status

from relto.api.answers import ENTRY, Answer, plain
from relto.api.streams import BYTES_IN, bytes_out, file_answer, small_body
from relto.api.surroundings import caller, house
from relto.services import bundle_history, bundles

router = Router(tags=["agreement"])
LARGEST_BUNDLE = 16 * 1024 * 1024
_MEDIA_TYPE = "application/json"


class AgreementBundle(Answer):
    """A bundle that this node accepted. `rules_unconfirmed` of `rules` rest on something unconfirmed.

    `confirmed_beside`: provisions that the authorities confirmed by statements beside it. `border_closed_by`: what of
    the agreement itself stops what crosses the border now (not_stated, stale, contradicted, distrusted), empty when
    nothing does. `withheld_by`: authorities that name a newer bundle than this node holds. `overlay`: the version of
    the nation's own overlay that is on it, null without one.
    """

    agreement: str
    version: int
    digest: str
    parties: list[str]
    effective_from: str
    expires: str
    activated_at: str
    in_force: bool
    rules: int
    rules_unconfirmed: int
    unconfirmed_rules: list[str]
    programmes: list[str]
    confirmed_beside: list[str]
    border_closed_by: str
    withheld_by: list[str]
    overlay: int | None
    entry: str = ENTRY


class BundleSigner(Answer):
    """An authority, and with which of its keys it signed."""

    nation: str
    key_id: str


class BundleVersion(Answer):
    """A version that was ever activated here. `until`: when a later one took its place, null for the newest.

    `changes`: how many differences to the version before it, by part of the bundle.
    """

    agreement: str
    version: int
    digest: str
    effective_from: str
    until: str | None
    expires: str
    activated_at: str
    signers: list[BundleSigner]
    changes: dict[str, int]


class BundleChange(Answer):
    """A difference to the version before. `kind`: added, removed or changed; `place`: the ids that lead there."""

    part: str
    place: list[str]
    kind: str
    before: str | None
    after: str | None


@router.post("/bundles", response={201: AgreementBundle}, openapi_extra=BYTES_IN)
def submit_bundle(request: HttpRequest) -> Status[dict[str, Any]]:
    """Submit a signed agreement bundle (co-chair); it is checked whole and followed from its effective instant."""
    actor = caller(request)
    return Status(201, _answer(bundles.submit_bundle(house(), actor, small_body(request, LARGEST_BUNDLE))))


@router.get("/bundles/active", response=AgreementBundle)
def read_active_bundle(request: HttpRequest) -> dict[str, Any]:
    """The bundle that this node follows now."""
    return _answer(bundles.active_bundle_view(house(), caller(request)))


@router.get("/bundles/active/file", openapi_extra=bytes_out(_MEDIA_TYPE, "The bundle, byte for byte as signed."))
def read_active_bundle_file(request: HttpRequest) -> HttpResponseBase:
    """The active bundle byte for byte as both authorities signed it."""
    data = bundles.active_bundle_file(house(), caller(request))
    return file_answer(_once(data), _MEDIA_TYPE, "agreement-bundle.json", len(data))


@router.get("/bundles", response=list[BundleVersion])
def list_bundles(request: HttpRequest) -> list[dict[str, Any]]:
    """Every version that was ever activated here, newest first."""
    found: list[dict[str, Any]] = plain(bundle_history.history(house(), caller(request)))
    return found


@router.get("/bundles/{int:version}/changes", response=list[BundleChange])
def list_bundle_changes(request: HttpRequest, version: int) -> list[dict[str, Any]]:
    """What a version changed of the one before it."""
    found: list[dict[str, Any]] = plain(bundle_history.changes_of(house(), caller(request), version))
    return found


@router.get("/bundles/{int:version}/file", openapi_extra=bytes_out(_MEDIA_TYPE, "The bundle, byte for byte as signed."))
def read_bundle_file(request: HttpRequest, version: int) -> HttpResponseBase:
    """A version byte for byte as both authorities signed it."""
    data = bundle_history.file_of(house(), caller(request), version)
    return file_answer(_once(data), _MEDIA_TYPE, "agreement-bundle.json", len(data))


def _once(data: bytes) -> Iterator[bytes]:
    yield data


def _answer(view: bundles.BundleView) -> dict[str, Any]:
    return {**plain(view), "rules_unconfirmed": len(view.unconfirmed_rules)}
