"""National overlays: submit what the own authority signed, and see what is on the agreement here."""

from __future__ import annotations

from relto.client.answers.overlays import NationalOverlay
from relto.client.answers.reading import read_answer
from relto.client.calls.agreement import OCTETS
from relto.client.steps import Call, Request, listed


def submit_overlay(file: bytes) -> Call[NationalOverlay]:
    """Submit a signed overlay; the node proves that it only tightens, and follows it from its instant on."""
    request = Request("POST", "/overlays", content=file, headers=OCTETS)
    return Call(request, lambda value: read_answer(NationalOverlay, value))


def overlays() -> Call[list[NationalOverlay]]:
    """The overlays that the node accepted, newest first."""
    return listed("/overlays", NationalOverlay)
