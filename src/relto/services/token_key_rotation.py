"""Rotating the key that signs tokens: a new one signs, the older ones only verify what they signed until it ends.

Each key that is made or retired has its entry. Asked again after an interruption, what was made is used.
"""

from __future__ import annotations

from relto.adapters.sealed_keys import SecretsFolder
from relto.base.canonical import Json
from relto.ledger.leaves import LeafEvent
from relto.services.book import enter
from relto.services.house import House
from relto.services.service_keys import TOKEN_ALGORITHM, create_service_keys, service_keys
from relto.store.models import ServiceKey


def rotate_token_key(house: House, secrets: SecretsFolder) -> tuple[str, tuple[str, ...]]:
    """(kid of the key that was made, or nothing when one waited to take over; kids that were retired)."""
    made = ""
    if len(service_keys(purpose="token")) < 2:  # noqa: PLR2004  the one that signs, and its successor
        (view,) = create_service_keys(house, secrets, wanted=[("token", TOKEN_ALGORITHM)])
        made = view.kid
    newest, *older = (view.kid for view in service_keys(purpose="token"))
    del newest

    def step() -> None:
        for row in ServiceKey.objects.select_for_update().filter(kid__in=older, purpose="token", state="active"):
            row.state = "retired"
            row.save(update_fields=["state"])
            details: dict[str, Json] = {"purpose": row.purpose, "algorithm": row.algorithm, "at_once": False}
            enter(house, LeafEvent.KEY_RETIRED, actor=house.nation, subject=row.kid, details=details, at=house.now())

    house.commit(step)
    return made, tuple(older)
