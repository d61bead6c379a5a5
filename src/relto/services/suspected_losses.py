"""A copy that an inventory did not find: the incident that the count opens, inside the step that signs it.

Rules enforced here (domain.md capability 23; ISA-48: suspicion starts an inquiry at once):
 1. Each missing copy has an incident of its own, begun by whoever signs the count, with what the register knows: the
    item, its level in its originator's words, the copy's number, where and between which days it went missing.
 2. A copy whose loss is under inquiry already gets no second incident.
 3. Of another owner's information the incident names the owner and the number under which it sent the item, so that
    the authority can tell it at once. What only people know (the circumstances) is left for them to write.
"""

from __future__ import annotations

from typing import Any

from relto.base.calendars import local_date
from relto.base.errors import ReltoError
from relto.base.instants import Instant, instant_text
from relto.labels.label import label_from_dict
from relto.procedures.actors import Actor
from relto.procedures.packs.registry import procedure
from relto.procedures.table import ASKING
from relto.rules.bundle import Bundle
from relto.services import active_bundle
from relto.services.dossiers.beginning import open_dossier
from relto.services.house import House
from relto.store.models import Arrival, Dossier, Item, ItemCopy
from relto.store.queries.dossiers import about

INCIDENT = "incident"


def open_suspected_loss(house: House, actor: Actor, copy: ItemCopy, inventory: str, at: Instant) -> str:
    """Open the incident of one missing copy, inside a step; its number, "" where one is open for this copy already."""
    if _is_open(copy):
        return ""
    bundle = active_bundle.active(house, at)
    item = copy.item
    level = _level(bundle, item)
    last_seen = local_date(copy.since, house.nation).isoformat()
    today = local_date(at, house.nation).isoformat()
    answers: dict[str, Any] = {
        "kind": "loss",
        "noticed": instant_text(at),
        "source": "inventory",
        "source_reference": inventory,
        "happened_from": last_seen,
        "happened_until": today,
        "facility": copy.facility,
        **({"programme": item.programme} if item.programme else {}),
        **_of_partner(house, bundle, item, level),
    }
    if level:
        named: dict[str, Any] = {"item": item.id, "level": level}
        answers["items"] = [named | ({"copy": copy.number} if copy.number else {})]
    return open_dossier(house, actor, procedure(INCIDENT), answers, at).number


def _is_open(copy: ItemCopy) -> bool:
    rows = Dossier.objects.filter(
        about(copy.item_id), procedure=INCIDENT, company=copy.company_id, is_open=True, side=ASKING
    )
    named = [one for row in rows for one in row.answers.get("items", ())]
    return any((one.get("item"), one.get("copy")) == (copy.item_id, copy.number) for one in named)


def _of_partner(house: House, bundle: Bundle, item: Item, level: str) -> dict[str, Any]:
    """Whose information it is besides ours, and by which number the partner knows it."""
    owners = sorted(set(item.label.get("owner", ())) & set(bundle.parties) - {house.nation})
    if not owners:
        return {"holds_partner_information": False}
    arrival = Arrival.objects.filter(item=item, sender=owners[0]).order_by("number").first()
    known_as = arrival.number if arrival is not None else item.uuid
    of_partner = {"reference": known_as, "copies": 1} | ({"level": level} if level.startswith(owners[0]) else {})
    return {"holds_partner_information": True, "partner": owners[0], "partner_items": [of_partner]}


def _level(bundle: Bundle, item: Item) -> str:
    """The level as the item's label has it, "NATION:LEVEL"; "" when no policy of the bundle has it."""
    try:
        label = label_from_dict(item.label, bundle.policies)
        return f"{bundle.policies.by_oid(label.level.policy_oid).nation}:{label.level.name}"
    except ReltoError:
        return ""
