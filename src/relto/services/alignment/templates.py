"""The library of joint templates: propose a version, read what is published, compare two versions.

Rules enforced here:
 1. A co-chair proposes a version on her own nation's line; it is published when every party signed that very version.
 2. Its number follows the highest that was published when it was written. Where both nations published one of the same
    number, both stay published, and each is called by its number and nation; a document names its version by digest.
 3. Clauses rest on provisions of the rule book in force, and no clause is better known than the best of these.
 4. The working group's people see drafts and signatures; security officers and government representatives see what is
    published, and nothing of the negotiation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from relto.alignment.shared_record import TEMPLATE, Entry
from relto.alignment.signatures import agreed, signed_versions
from relto.alignment.template_changes import TemplateChange
from relto.alignment.template_changes import compare as compared
from relto.alignment.templates import Template, make_template, read_template
from relto.base.errors import Conflict, MalformedInput, NotAvailable, UnknownValue
from relto.base.instants import Instant
from relto.base.nations import Nation
from relto.procedures.actors import Actor, Role
from relto.rules.bundle import Bundle
from relto.rules.provisions import WEAKEST_FIRST
from relto.services import active_bundle
from relto.services.alignment.record import say
from relto.services.house import House
from relto.store.queries.alignment import READERS
from relto.store.queries.alignment_templates import USERS, template_entries, template_signatures

PUBLISHED: Final = "published"
PROPOSED: Final = "proposed"
OVERTAKEN: Final = "overtaken"
"""A proposed version whose line has a newer one."""


@dataclass(frozen=True, slots=True)
class TemplateVersion:
    """One version. `label`: such as v3; `nation`, `line`: whose line and the place on it; `signed`: who, since when.

    `state`: published, proposed or overtaken; `published_at`: None until every party signed.
    """

    label: str
    number: int
    nation: Nation
    line: int
    digest: str
    at: Instant
    state: str
    published_at: Instant | None
    signed: Mapping[Nation, Instant]
    template: Template


@dataclass(frozen=True, slots=True)
class TemplateRow:
    """A template in a list. `newest`: the version in use, None before any; `proposed`: drafts that wait."""

    entry: str
    code: str
    title: Mapping[str, str]
    paper: str
    newest: TemplateVersion | None
    published: int
    proposed: int


@dataclass(frozen=True, slots=True)
class TemplateDetail:
    """A template whole: published versions, the newest first; proposed ones, for the working group's people alone."""

    row: TemplateRow
    published: tuple[TemplateVersion, ...]
    proposed: tuple[TemplateVersion, ...]


def propose_template(house: House, actor: Actor, content: Mapping[str, Any], *, entry: str = "") -> str:
    """Say a version on the own line, of a new template without `entry`; returns the entry's id.

    `content`: the members of `relto.alignment.templates.Template.body` but the number. Raises Refused("role"),
    NotAvailable("alignment"), MalformedInput or UnknownValue by field, Conflict("alignment.template.taken") for a code
    that another template has, Conflict("alignment.template.code") for another code than the entry's.
    """
    actor.require(Role.CO_CHAIR)
    every = {one.row.entry: one for one in _details(house, actor, drafts=True)}
    held = every.get(entry)
    if entry and held is None:
        raise NotAvailable("alignment", field="entry")
    number = 1 + max((one.number for one in held.published), default=0) if held else 1
    made = make_template(content, number)
    if held is not None and made.code != held.row.code:
        raise Conflict("alignment.template.code", field="code", expected=held.row.code)
    if any(one.row.code == made.code for one in every.values() if one.row.entry != entry):
        raise Conflict("alignment.template.taken", field="code", expected="a code that no template has")
    require_founded(active_bundle.active(house), made)
    return say(house, actor, TEMPLATE, made.body(), entry=entry)


def templates(house: House, actor: Actor) -> list[TemplateRow]:
    """The templates that the actor may use or negotiate, in the order of their codes. Raises Refused("role")."""
    actor.require(*USERS)
    found = _details(house, actor, drafts=_negotiates(actor))
    return sorted((one.row for one in found), key=lambda row: (row.code, row.entry))


def template_details(house: House, actor: Actor) -> list[TemplateDetail]:
    """The same templates whole, in the order of the record. Raises Refused("role")."""
    actor.require(*USERS)
    return _details(house, actor, drafts=_negotiates(actor))


def template(house: House, actor: Actor, entry: str) -> TemplateDetail:
    """One template whole. Raises Refused("role"), NotAvailable("alignment")."""
    actor.require(*USERS)
    found = _details(house, actor, drafts=_negotiates(actor), entry=entry)
    if not found:
        raise NotAvailable("alignment", field="entry")
    return found[0]


def version_of(detail: TemplateDetail, named: str = "") -> TemplateVersion:
    """A version by its label (v3), its number or its digest; the newest published without a name.

    Raises NotAvailable("template_version").
    """
    every = (*detail.published, *detail.proposed)
    if not named:
        chosen = detail.published[:1]
    else:
        plain = named.removeprefix("v")
        chosen = tuple(one for one in every if named in {one.label, one.digest})
        chosen = chosen or tuple(one for one in detail.published if plain == str(one.number))
    if not chosen:
        raise NotAvailable("template_version", field="version")
    return chosen[0]


def compare(house: House, actor: Actor, entry: str, older: str, newer: str) -> TemplateChange:
    """What `newer` changed of `older`, each as `version_of` takes it. Raises as `template` and `version_of`."""
    detail = template(house, actor, entry)
    return compared(version_of(detail, older).template, version_of(detail, newer).template)


def _negotiates(actor: Actor) -> bool:
    return not actor.roles.isdisjoint(READERS)


def _details(house: House, actor: Actor, *, drafts: bool, entry: str = "") -> list[TemplateDetail]:
    entries = template_entries(actor, entry)
    signatures = template_signatures(actor, list(entries))
    parties = sorted(active_bundle.active(house).parties)
    found = [_detail(one, signatures[one.entry], parties, drafts=drafts) for one in entries.values()]
    return [one for one in found if one.published or drafts]


def _detail(entry: Entry, signatures: list[Entry], parties: list[Nation], *, drafts: bool) -> TemplateDetail:
    at = {one.digest: one.at for one in agreed(entry, signatures, parties)}
    contents = {said.digest: read_template(said.body) for line in entry.lines.values() for said in line}
    numbers = [contents[digest].number for digest in at]
    versions = []
    for one in signed_versions(entry, signatures):
        said, content = one.version, contents[one.version.digest]
        doubled = said.digest in at and numbers.count(content.number) > 1
        versions.append(
            TemplateVersion(
                label=f"v{content.number}-{said.nation}" if doubled else f"v{content.number}",
                number=content.number,
                nation=said.nation,
                line=said.number,
                digest=said.digest,
                at=said.at,
                state=PUBLISHED if said.digest in at else OVERTAKEN if one.superseded else PROPOSED,
                published_at=at.get(said.digest),
                signed=one.signed,
                template=content,
            )
        )
    published = sorted((one for one in versions if one.published_at), key=_by_number, reverse=True)
    highest = published[0].number if published else 0
    proposed = [one for one in versions if one.state == PROPOSED and one.number > highest] if drafts else []
    shown = published[0].template if published else contents[entry.newest[entry.opened_by].digest]
    row = TemplateRow(
        entry=entry.entry,
        code=shown.code,
        title=shown.title,
        paper=shown.paper,
        newest=published[0] if published else None,
        published=len(published),
        proposed=len(proposed),
    )
    return TemplateDetail(row, tuple(published), tuple(sorted(proposed, key=lambda one: (one.at, one.nation))))


def _by_number(one: TemplateVersion) -> tuple[int, Instant, str]:
    return one.number, one.published_at or one.at, str(one.nation)


def require_founded(bundle: Bundle, made: Template) -> None:
    """Raises UnknownValue or MalformedInput unless its clauses rest on this rule book, none better known than it is."""
    for place, clause in enumerate(made.clauses):
        field = f"clauses.{place}.provisions"
        if any(one not in bundle.provisions for one in clause.provisions):
            expected = "provisions of the rule book in force"
            raise UnknownValue("alignment.provision", field=field, expected=expected)
        best = max(WEAKEST_FIRST.index(bundle.provisions[one].evidence) for one in clause.provisions)
        if WEAKEST_FIRST.index(clause.evidence) > best:
            expected = f"{WEAKEST_FIRST[best]}, or weaker: no clause is better known than what it rests on"
            raise MalformedInput("alignment.template.evidence", field=f"clauses.{place}.evidence", expected=expected)
