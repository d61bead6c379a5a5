"""The two rule books side by side, with what each nation said last of them, as a file.

Promises: what goes out is what the authority's people read on their pages, and no more: no private note, no pseudonym,
no comment, no signature; each provision says how well it is known, and a gap says that no rule is loaded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from relto.adapters.alignment_workbook import write_workbook
from relto.alignment.exchange_file import About, exchange_file, standing_of
from relto.alignment.exchange_rows import Row, rows_of
from relto.alignment.oscal import mapping_collection
from relto.alignment.places import PLACED
from relto.base.canonical import canonical_bytes
from relto.base.errors import UnknownValue
from relto.base.instants import instant_text
from relto.procedures.actors import Actor
from relto.rules.bundle import Bundle
from relto.services import active_bundle
from relto.services.house import House
from relto.store.queries.alignment import READERS, entries_of
from relto.store.queries.alignment_places import Sought, sought_places

JSON: Final = "json"
WORKBOOK: Final = "xlsx"
OSCAL: Final = "oscal"
MEDIA_TYPES: Final[Mapping[str, str]] = {
    JSON: "application/json",
    WORKBOOK: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    OSCAL: "application/json",
}
_ENTRIES_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class Exported:
    """A file in pieces, its name and its media type."""

    name: str
    media_type: str
    chunks: Iterator[bytes]


def export_alignment(house: House, actor: Actor, form: str, *, topic: str = "") -> Exported:
    """The file of this form: json, xlsx or oscal; of one topic when it is named.

    Raises Refused("role"), UnknownValue("alignment.form"), TooLarge("alignment.rows") for a workbook of very many
    rows, Conflict("alignment.oscal_empty") for a mapping of nothing.
    """
    actor.require(*READERS)
    if form not in MEDIA_TYPES:
        raise UnknownValue("alignment.form", field="as", expected=", ".join(MEDIA_TYPES))
    now = house.now()
    bundle = active_bundle.active(house, now)
    about = About(house.nation, bundle.agreement, bundle.version, now)
    rows = _rows(actor, topic)
    if form == JSON:
        chunks = exchange_file(about, provision_records(bundle, topic), rows)
    elif form == WORKBOOK:
        told = {"Agreement": about.agreement, "Version": str(about.bundle_version), "Written": instant_text(about.at)}
        told |= {
            "By": str(about.nation),
            "Said": "What each nation said last. Unconfirmed is not read or not confirmed.",
        }
        chunks = iter([write_workbook(told, provision_records(bundle, topic), list(rows))])
    else:
        sides = {one.id: one.nation for one in bundle.provisions.values() if not one.is_gap}
        chunks = iter([canonical_bytes(mapping_collection(about, list(rows), sides))])
    ending = "oscal.json" if form == OSCAL else form
    return Exported(f"alignment-{about.agreement}-{about.bundle_version}.{ending}", MEDIA_TYPES[form], chunks)


def provision_records(bundle: Bundle, topic: str = "") -> Iterator[dict[str, Any]]:
    """The provisions of the rule book as they are recorded, each with its `standing`."""
    for one in bundle.provisions.values():
        if topic in {"", one.topic}:
            yield {**one.record, "standing": standing_of(one, confirmed=bundle.is_confirmed(one.id))}


def _rows(actor: Actor, topic: str) -> Iterator[Row]:
    """The rows of all relations and divergences, the oldest entry first, a few hundred entries in memory at a time."""
    places = sought_places(actor, Sought(kinds=PLACED, topic=topic)).order_by("opened", "entry")
    identities = list(places.values_list("entry", flat=True))
    for start in range(0, len(identities), _ENTRIES_AT_ONCE):
        yield from _of(identities[start : start + _ENTRIES_AT_ONCE])


def _of(identities: Iterable[str]) -> list[Row]:
    return rows_of(entries_of(identities).values())
