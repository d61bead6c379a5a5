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
from relto.services import bundles

router = Router(tags=["agreement"])
LARGEST_BUNDLE = 16 * 1024 * 1024
_MEDIA_TYPE = "application/json"


class AgreementBundle(Answer):
    """A bundle that this node accepted. `rules_unconfirmed` of `rules` rest on something unconfirmed."""

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
    entry: str = ENTRY


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


def _once(data: bytes) -> Iterator[bytes]:
    yield data


def _answer(view: bundles.BundleView) -> dict[str, Any]:
    return {**plain(view), "rules_unconfirmed": len(view.unconfirmed_rules)}
