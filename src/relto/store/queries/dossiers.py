"""Who sees which dossiers, and how one is found: by id, by number, by what it is about.

Rules: people of a company see their own company's dossiers, engineers only those of procedures in which engineers have
a part; the authority's people see the nation's; an operator sees none. Codes that a dossier is about are found by a
blind index, so that the database alone tells nobody who or what was asked about.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from django.db.models import Q, QuerySet

from relto.procedures.actors import AUTHORITY_ROLES, Actor, Role
from relto.procedures.packs.registry import procedures
from relto.procedures.procedure import Procedure
from relto.store.fields import blind_index
from relto.store.models import Dossier, DossierKey

KINDS = ("facility", "company", "person", "programme", "dossier", "item", "authorisation")
_WITH_NATION = re.compile(r"\A([A-Z]{3})-([A-Z]{2,5}-\d{4}-\d{4,9})\Z")


def visible_dossiers(actor: Actor) -> QuerySet[Dossier]:
    """The dossiers in the actor's scope."""
    if actor.roles & AUTHORITY_ROLES:
        return Dossier.objects.all()
    if not actor.company:
        return Dossier.objects.none()
    own = Dossier.objects.filter(company=actor.company)
    if actor.holds(Role.SECURITY_OFFICER):
        return own
    if actor.holds(Role.ENGINEER):
        return own.filter(procedure__in=[one.code for one in procedures().values() if _has_part(one, Role.ENGINEER)])
    return Dossier.objects.none()


def found(rows: QuerySet[Dossier], dossier: str, own: str) -> Dossier | None:
    """Of these the one of this id or number; a number may be led by its nation, else the own nation's comes first."""
    if dossier.startswith("dos_"):
        return rows.filter(id=dossier).first()
    led = _WITH_NATION.match(dossier)
    if led is not None:
        return rows.filter(nation=led[1], number=led[2]).first()
    several = {row.nation: row for row in rows.filter(number=dossier)[:_MOST_NATIONS]}
    return several.get(own) or next((several[nation] for nation in sorted(several)), None)


def numbers_begun(nation: str, start: str) -> int:
    """How many own numbers begin so. The bounds are for the index; digits stand in order in every collation."""
    rows = Dossier.objects.filter(nation=nation, number__gte=f"{start}0", number__lte=start + "9" * _MOST_DIGITS)
    return rows.filter(number__startswith=start).count()


def key_of(kind: str, code: str) -> str:
    """The blind index of a code of this kind (facility, person, programme, ...)."""
    return blind_index(f"dossier.{kind}", code)


def about(code: str) -> Q:
    """Dossiers that are about this code, of whatever kind it is."""
    digests = [key_of(kind, code) for kind in KINDS]
    return Q(id__in=DossierKey.objects.filter(digest__in=digests).values("dossier"))


def replace_keys(row: Dossier, named: Iterable[tuple[str, str]]) -> None:
    """What the dossier is about from now on: (kind, code). Inside a step."""
    wanted = {key_of(kind, code) for kind, code in named}
    held = set(DossierKey.objects.filter(dossier=row).values_list("digest", flat=True))
    if held - wanted:
        DossierKey.objects.filter(dossier=row, digest__in=held - wanted).delete()
    DossierKey.objects.bulk_create(DossierKey(dossier=row, digest=digest) for digest in sorted(wanted - held))


def concerning(
    named: Collection[tuple[str, str]], among: Collection[str], most: int, *, states: Collection[str] = ()
) -> list[Dossier]:
    """The newest dossiers of these procedures that are about one of these (kind, code). `states`: in any when empty."""
    if not named or not among:
        return []
    digests = [key_of(kind, code) for kind, code in sorted(named)]
    ids = DossierKey.objects.filter(digest__in=digests).values("dossier")
    rows = Dossier.objects.filter(id__in=ids, procedure__in=list(among)).order_by("-opened_at", "-id")
    return list((rows.filter(state__in=list(states)) if states else rows)[:most])


def _has_part(one: Procedure, role: Role) -> bool:
    return role in one.begins or any(role in transition.roles for transition in one.table.transitions)


_MOST_NATIONS = 16
_MOST_DIGITS = 9
