"""Joint templates in the store: the working group reads drafts too, whoever fills in papers what is published alone.

Security officers and government representatives are given the entries and signatures of templates and of nothing else;
`relto.services.alignment.templates` shows them the versions that every party signed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from relto.alignment.shared_record import SIGNATURE, TEMPLATE, Entry
from relto.procedures.actors import Actor, Role
from relto.store.models import AlignmentStatement
from relto.store.queries.alignment import READERS, entries_of

USERS = (*READERS, Role.SECURITY_OFFICER, Role.GOVERNMENT_REPRESENTATIVE)


def template_entries(actor: Actor, entry: str = "") -> dict[str, Entry]:
    """The templates, the oldest first; one of them when named."""
    if not actor.roles.intersection(USERS):
        return {}
    rows = AlignmentStatement.objects.filter(kind=TEMPLATE)
    if entry:
        rows = rows.filter(entry=entry)
    return entries_of(rows.values_list("entry", flat=True).distinct())


def template_signatures(actor: Actor, templates: Sequence[str]) -> Mapping[str, list[Entry]]:
    """Template -> the signature entries about it."""
    found: dict[str, list[Entry]] = {one: [] for one in templates}
    if not actor.roles.intersection(USERS):
        return found
    rows = AlignmentStatement.objects.filter(kind=SIGNATURE, about__in=list(templates))
    for one in entries_of(rows.values_list("entry", flat=True).distinct()).values():
        about = str(next(iter(one.newest.values())).body["about"])
        found.setdefault(about, []).append(one)
    return found
