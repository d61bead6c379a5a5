"""Where a search looks: for each kind of thing one bounded query in the actor's scope, and the row that stands for it.

Codes (ids, numbers, programmes, facilities, nations) and days are compared in the database; what is encrypted there is
compared in memory, over the newest rows that she may see. A kind that has no page for her is not searched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Q, QuerySet

from relto.base.errors import ReltoError
from relto.base.instants import Instant
from relto.procedures.actors import COMPANY_ROLES, Actor, Role
from relto.rules.bundle import Bundle
from relto.services import active_bundle
from relto.services.house import House
from relto.services.ledger import entry_state
from relto.services.openings import may_open
from relto.store.models import Item
from relto.store.queries.assurances import visible_assurances, visible_authorisations
from relto.store.queries.dossiers import about, visible_dossiers
from relto.store.queries.items import company_lines, newest_of_company, visible_items
from relto.store.queries.organisation import visible_facilities, visible_people
from relto.store.queries.registers import visible_copies, visible_inventories
from relto.store.queries.releases import readable_decisions, visible_arrivals, visible_cases
from relto.store.queries.third_party import visible_requests

MOST: Final = 8
_TITLES: Final = 500
_OPENED: Final = 24
_KEEPERS: Final = frozenset({Role.SECURITY_OFFICER, Role.RELEASE_OFFICER, Role.REGISTRAR, Role.INSPECTOR})
_VOUCHERS: Final = frozenset({Role.REGISTRAR, Role.RELEASE_OFFICER})
_HOLDERS: Final = frozenset({Role.REGISTRAR, Role.SECURITY_OFFICER})


@dataclass(frozen=True, slots=True)
class Hit:
    """Something that was found. `exact`: its id or number is what was typed; `what`: its procedure, kind or topic.

    `title`: of a document that she may open now, of a rule or provision its text; else "".
    """

    kind: str
    id: str
    number: str
    state: str = ""
    what: str = ""
    title: str = ""
    nation: str = ""
    facility: str = ""
    programme: str = ""
    at: Instant | None = None
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Sought:
    """What is sought. `code`: the text when it could be an id, a number or a code, else ""; `words`: folded.

    `nation`: whose name or code it is; `day`: the first and the last instant of the own nation's day that it names.
    """

    text: str
    words: str
    code: str
    nation: str = ""
    day: tuple[Instant, Instant] | None = None
    language: str = "en"

    def is_exactly(self, *codes: str) -> bool:
        """Whether it is one of these ids or numbers, whole."""
        return bool(self.code) and self.code.casefold() in {one.casefold() for one in codes if one}


Kind = Callable[[House, Actor, Sought], Iterable[Hit]]


def _where(sought: Sought, codes: Iterable[str], nations: Iterable[str], day: str) -> Q:
    """The condition on a row: a code that contains the text, its nation, or its day; none of it: no row."""
    found = Q(pk__in=[])
    if sought.code:
        for name in codes:
            found |= Q(**{f"{name}__icontains": sought.code})
    if sought.nation:
        for name in nations:
            found |= Q(**{name: sought.nation})
    if sought.day is not None and day:
        found |= Q(**{f"{day}__gte": sought.day[0], f"{day}__lte": sought.day[1]})
    return found


def _first(rows: QuerySet[Any], where: Q, order: str) -> list[Any]:
    return list(rows.filter(where).order_by(f"-{order}", "-pk")[: MOST + 1])


def _documents(house: House, actor: Actor, sought: Sought) -> Iterator[Hit]:
    """Items that people of a company may know of; by title only those that she may open now."""
    if not actor.roles & COMPANY_ROLES:
        return
    rows = visible_items(actor)
    where = _where(sought, ("id", "uuid", "programme"), ("originator",), "registered_at")
    if sought.code:
        where |= Q(id__in=_lines(actor, sought.code))
    found = {row.id: row for row in _first(rows, where, "registered_at")}
    opened = _opened(house, actor, sought)
    for row in (opened | found).values():
        yield Hit(
            "document",
            row.id,
            row.id,
            state=row.state,
            title=row.title if row.id in opened else "",
            nation=row.originator,
            programme=row.programme,
            at=row.registered_at,
            exact=sought.is_exactly(row.id, row.uuid),
        )


def _lines(actor: Actor, code: str) -> QuerySet[Item, Any]:
    """Items by the control number of a line of the register: her own company's, for others hold such an item too."""
    return (
        visible_items(actor)
        .filter(id__in=company_lines(actor).filter(number__icontains=code).values("item_id"))
        .values("id")
    )


def _opened(house: House, actor: Actor, sought: Sought) -> dict[str, Item]:
    """Of the newest items those whose title has the words and which would open for her at this moment."""
    titled = [row for row in newest_of_company(actor, _TITLES) if sought.words in row.title.casefold()]
    found = {}
    for row in titled[:_OPENED]:
        try:
            if may_open(house, actor, row.id).permitted:
                found[row.id] = row
        except ReltoError:
            continue
    return found


def _cases(house: House, actor: Actor, sought: Sought) -> Iterator[Hit]:
    del house
    where = _where(sought, ("id", "number", "facility", "item__programme", "item__id"), ("nation",), "asked_at")
    for row in _first(visible_cases(actor).select_related("item"), where, "asked_at"):
        exact = sought.is_exactly(row.id, row.number)
        yield Hit(
            "case",
            row.id,
            row.number,
            row.state,
            "",
            "",
            row.nation,
            row.facility,
            row.item.programme,
            row.asked_at,
            exact,
        )


def _arrivals(house: House, actor: Actor, sought: Sought) -> Iterator[Hit]:
    del house
    codes = ("id", "number", "release", "control_number", "facility", "item__programme", "item__id")
    for row in _first(
        visible_arrivals(actor).select_related("item"), _where(sought, codes, ("sender",), "arrived_at"), "arrived_at"
    ):
        exact = sought.is_exactly(row.id, row.number, row.release, row.control_number)
        yield Hit(
            "arrival",
            row.id,
            row.number,
            row.state,
            "",
            "",
            row.sender,
            row.facility,
            row.item.programme,
            row.arrived_at,
            exact,
        )


def _third_parties(house: House, actor: Actor, sought: Sought) -> Iterator[Hit]:
    del house
    where = _where(sought, ("id", "number", "recipient"), ("nation", "holder", "originator"), "asked_at")
    for row in _first(visible_requests(actor), where, "asked_at"):
        exact = sought.is_exactly(row.id, row.number)
        yield Hit(
            "third_party", row.id, row.number, row.state, "", "", row.nation, row.recipient, "", row.asked_at, exact
        )


def _dossiers(house: House, actor: Actor, sought: Sought) -> Iterator[Hit]:
    """By number and place; by whom or what it is about only for a code that is written out whole."""
    del house
    where = _where(sought, ("id", "number", "facility", "programme"), ("partner",), "opened_at")
    if sought.code:
        where |= about(sought.code)
    for row in _first(visible_dossiers(actor).defer("answers"), where, "opened_at"):
        exact = sought.is_exactly(row.id, row.number, f"{row.nation}-{row.number}")
        yield Hit(
            "dossier",
            row.id,
            row.number,
            row.state,
            row.procedure,
            "",
            row.partner,
            row.facility,
            row.programme,
            row.opened_at,
            exact,
        )


def _assurances(house: House, actor: Actor, sought: Sought) -> Iterator[Hit]:
    del house
    if not actor.roles & _VOUCHERS:
        return
    where = _where(sought, ("id", "subject", "facility"), ("issuer", "recipient"), "status_at")
    for row in _first(visible_assurances(actor).defer("statement"), where, "status_at"):
        exact = sought.is_exactly(row.id)
        yield Hit(
            "assurance",
            row.id,
            row.subject,
            row.status,
            row.subject_kind,
            "",
            row.issuer,
            row.facility,
            "",
            row.status_at,
            exact,
        )


def _authorisations(house: House, actor: Actor, sought: Sought) -> Iterator[Hit]:
    del house
    if not actor.roles & _HOLDERS:
        return
    where = _where(sought, ("id", "reference", "programme", "item"), ("nation",), "valid_from")
    for row in _first(visible_authorisations(actor), where, "valid_from"):
        exact = sought.is_exactly(row.id, row.reference)
        yield Hit(
            "authorisation",
            row.id,
            row.reference,
            "",
            row.kind,
            "",
            row.nation,
            "",
            row.programme,
            row.valid_from,
            exact,
        )


def _copies(house: House, actor: Actor, sought: Sought) -> Iterator[Hit]:
    del house
    if not actor.roles & (_KEEPERS | {Role.ENGINEER}):
        return
    for row in _first(visible_copies(actor), _where(sought, ("id", "item__id", "facility"), (), "since"), "since"):
        yield Hit(
            "copy", row.id, row.id, row.state, row.form, "", "", row.facility, "", row.since, sought.is_exactly(row.id)
        )


def _inventories(house: House, actor: Actor, sought: Sought) -> Iterator[Hit]:
    del house
    if not actor.roles & _KEEPERS:
        return
    for row in _first(visible_inventories(actor), _where(sought, ("id",), (), "as_of"), "as_of"):
        exact = sought.is_exactly(row.id)
        yield Hit("inventory", row.id, row.id, "signed" if row.signed_at else "open", at=row.as_of, exact=exact)


def _subjects(house: House, actor: Actor, sought: Sought) -> Iterator[Hit]:
    """Own facilities and people, by code and pseudonym: never by name."""
    del house
    if not actor.holds(Role.REGISTRAR) or not sought.code:
        return
    for row in visible_facilities(actor).filter(code__icontains=sought.code).order_by("code")[: MOST + 1]:
        state = "suspended" if row.suspended_at else "valid"
        yield Hit("facility", row.code, row.code, state, facility=row.code, exact=sought.is_exactly(row.code))
    for one in visible_people(actor).filter(id__icontains=sought.code).defer("name").order_by("id")[: MOST + 1]:
        state = "suspended" if one.suspended_at else "valid"
        yield Hit("person", one.id, one.id, state, facility=one.facility_id or "", exact=sought.is_exactly(one.id))


def _decisions(house: House, actor: Actor, sought: Sought) -> Iterator[Hit]:
    del house
    where = _where(sought, ("id", "item", "entry"), (), "at")
    for row in _first(readable_decisions(actor).only("id", "at", "action", "permitted"), where, "at"):
        state = "permitted" if row.permitted else "refused"
        yield Hit("decision", row.id, row.id, state, row.action, at=row.at, exact=sought.is_exactly(row.id))


def _entries(house: House, actor: Actor, sought: Sought) -> Iterator[Hit]:
    """One ledger entry by its whole id."""
    if not sought.code:
        return
    try:
        found = entry_state(house, actor, sought.code)
    except ReltoError:
        return
    yield Hit("entry", found.entry, found.entry, found.state, found.event, at=found.at, exact=True)


def _rules(house: House, actor: Actor, sought: Sought) -> Iterator[Hit]:
    """Rules and provisions of the agreement in force, by id, citation and text in both languages: all may read them."""
    del actor
    bundle = active_bundle.active_or_none(house, house.now())
    if bundle is None:
        return
    yield from _rule_texts(bundle, sought)
    for one in bundle.provisions.values():
        texts = (one.id, one.title, one.citation or "", one.requirement or "", str(one.record.get("title_hi", "")))
        if any(sought.words in text.casefold() for text in texts) or (sought.nation and one.nation == sought.nation):
            exact = sought.is_exactly(one.id)
            yield Hit("provision", one.id, one.id, what=one.topic, title=one.title, nation=one.nation, exact=exact)


def _rule_texts(bundle: Bundle, sought: Sought) -> Iterator[Hit]:
    for gate in bundle.gates.gates:
        said = {language: one.text for language, one in gate.says.items()}
        if any(sought.words in text.casefold() for text in (gate.rule, *said.values())):
            title = said.get(sought.language) or said.get("en", "")
            yield Hit("rule", gate.rule, gate.rule, what=gate.gate, title=title, exact=sought.is_exactly(gate.rule))


KINDS: Final[tuple[Kind, ...]] = (
    _cases,
    _arrivals,
    _third_parties,
    _dossiers,
    _documents,
    _assurances,
    _authorisations,
    _subjects,
    _copies,
    _inventories,
    _decisions,
    _entries,
    _rules,
)
