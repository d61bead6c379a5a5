"""What a kind of entry demands beside its form, of the own word and of the partner's alike, inside the same step.

A rule is given the statement and, where the statement is about another entry, that entry as this node holds it. It
refuses by raising, and changes nothing. A rule must never refuse what both nodes could have said in good faith at the
same time: the record keeps both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from relto.alignment.actions import check_action
from relto.alignment.law_changes import check_law_change, read_law_change
from relto.alignment.meetings import check_meeting
from relto.alignment.shared_record import (
    ACTION,
    COMMENT,
    LAW_CHANGE,
    MEETING,
    POSITION,
    PROPOSAL,
    PROVEN,
    RESOLUTION,
    SIGNATURE,
    TEMPLATE,
    Entry,
    Said,
)
from relto.alignment.signatures import require_version
from relto.alignment.templates import check_template, read_template
from relto.base.errors import Conflict, MalformedInput, NotAvailable
from relto.services import active_bundle
from relto.services.alignment.proposal_rules import (
    comment_rule,
    position_rule,
    proposal_rule,
    proposal_signature_rule,
    proven_rule,
    resolution_rule,
)
from relto.services.house import House
from relto.store.queries.alignment import entry_of

KindRule = Callable[[House, Said, Entry | None], None]


def _signature(house: House, said: Said, about: Entry | None) -> None:
    if about is not None:
        require_version(about, said)
        proposal_signature_rule(house, about, said)


def _meeting(house: House, said: Said, about: Entry | None) -> None:
    del house, about
    check_meeting(said)


def _action(house: House, said: Said, about: Entry | None) -> None:
    del house, about
    source = entry_of(str(said.body["about"]))
    if source is None:
        raise NotAvailable("alignment", field="about")
    check_action(said, source)


def _law_change(house: House, said: Said, about: Entry | None) -> None:
    """Its own law, on its own line alone: nobody adds to another nation's notice, or speaks of another's law."""
    del about
    change = read_law_change(said.body)
    if change.nation != said.nation:
        raise MalformedInput("alignment.law.nation", field="nation", expected="the nation that speaks")
    check_law_change(change, active_bundle.active(house).provisions)
    held = entry_of(said.entry)
    if held is not None and held.opened_by != said.nation:
        raise Conflict("alignment.law.line", field="entry", expected="a notice of the nation that speaks")


def _template(house: House, said: Said, about: Entry | None) -> None:
    """Whole, and under the code that the entry's first word gave it."""
    del house, about
    template = read_template(said.body)
    check_template(template)
    held = entry_of(said.entry)
    if held is not None and held.newest[held.opened_by].body["code"] != template.code:
        raise Conflict("alignment.template.code", field="code", expected="the code of the template")


KIND_RULES: Final[Mapping[str, KindRule]] = {
    MEETING: _meeting,
    ACTION: _action,
    LAW_CHANGE: _law_change,
    TEMPLATE: _template,
    SIGNATURE: _signature,
    PROPOSAL: proposal_rule,
    POSITION: position_rule,
    PROVEN: proven_rule,
    COMMENT: comment_rule,
    RESOLUTION: resolution_rule,
}


def require_kind_rule(house: House, said: Said, about: Entry | None) -> None:
    """Run the rule of the statement's kind, if it has one."""
    rule = KIND_RULES.get(said.kind)
    if rule is not None:
        rule(house, said, about)
