"""The certificate of a copy's destruction: what was destroyed, how, when, and who signed (USR-06, ISA-31, LIM-15).

It is a statement under the node's key, made in the step in which the last signature that is needed is given, and kept
with the copy's lines. It names pseudonyms and codes; a place or a title stands in none.
"""

from __future__ import annotations

from collections.abc import Mapping

from relto.base.canonical import Json
from relto.base.instants import Instant, instant_text
from relto.services.house import House
from relto.signing.statements import sign_statement
from relto.store.models import CopyEvent, ItemCopy

STATEMENT = "destruction-certificate"
MEMBER = "certificate"
"""Under which name a copy's line keeps it."""


def certificate(house: House, row: ItemCopy, signer: str, said: Mapping[str, str], at: Instant) -> str:
    """The signed certificate, a DSSE envelope in JSON. `said`: method and day, if this is the first signature."""
    first = CopyEvent.objects.filter(copy=row, step="destroy").order_by("-at", "-number").first()
    stated = said if said.get("method") else (first.details if first is not None else {})
    signatories: list[Json] = [signer] if first is None or said.get("method") else [first.by, signer]
    body: dict[str, Json] = {
        "issuer": house.nation,
        "copy": row.id,
        "item": row.item.uuid,
        "copy_number": row.number or 0,
        "company": row.company_id,
        "method": stated.get("method", ""),
        "done_on": stated.get("done_on", ""),
        "signatories": signatories,
        "signed_at": instant_text(at),
    }
    return sign_statement(STATEMENT, 1, body, [house.node_key]).decode("utf-8")
