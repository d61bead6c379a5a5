"""What must hold at this node before its co-chair signs a version: by kind, one line each.

The record takes a signature of either nation by what both can know (`kind_rules`); what is asked here is more, and for
the own signature alone: it is the last thing that this node lets its nation say.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from relto.alignment.proposal_standing import before_signing
from relto.alignment.shared_record import PROPOSAL, TEMPLATE, Entry, Said
from relto.alignment.templates import read_template
from relto.base.errors import Refused
from relto.procedures.actors import Actor
from relto.services import active_bundle
from relto.services.alignment.proposal_facts import facts_of
from relto.services.alignment.templates import require_founded
from relto.services.house import House

SigningRule = Callable[[House, Actor, Entry, Said], None]


def _proposal(house: House, actor: Actor, entry: Entry, version: Said) -> None:
    """This node's own proof of exactly this draft, that of whoever signed it, and every other nation's word."""
    facts = facts_of(house, actor, [entry], about=entry.entry)[0]
    signed = next(one.signed for one in facts.versions if one.version.digest == version.digest)
    missing = before_signing(facts.standing(version).obstacles, house.nation, signed)
    if missing:
        codes = ", ".join(dict.fromkeys(one.code for one in missing))
        raise Refused(f"proposal.{missing[0].code}", field="digest", found=codes, expected="nothing in the way")


def _template(house: House, actor: Actor, entry: Entry, version: Said) -> None:
    """Whoever wrote it: its clauses rest on the rule book in force, and claim no better knowledge than that has."""
    del actor, entry
    require_founded(active_bundle.active(house), read_template(version.body))


SIGNING_RULES: Final[Mapping[str, SigningRule]] = {
    PROPOSAL: _proposal,
    TEMPLATE: _template,
}


def require_signable(house: House, actor: Actor, entry: Entry, version: Said) -> None:
    """Run the rule of the entry's kind, if it has one. Raises Refused("proposal.CODE") naming what is missing."""
    rule = SIGNING_RULES.get(entry.kind)
    if rule is not None:
        rule(house, actor, entry, version)
