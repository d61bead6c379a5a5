"""What must hold at this node before its co-chair signs a version: by kind, one line each.

The record takes a signature of either nation by what both can know (`kind_rules`); what is asked here is more, and for
the own signature alone: it is the last thing that this node lets its nation say.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from relto.alignment.proposal_standing import before_signing
from relto.alignment.shared_record import PROPOSAL, Entry, Said
from relto.base.errors import Refused
from relto.procedures.actors import Actor
from relto.services.alignment.proposal_facts import facts_of
from relto.services.house import House

SigningRule = Callable[[House, Actor, Entry, Said], None]


def _proposal(house: House, actor: Actor, entry: Entry, version: Said) -> None:
    """This node's own proof of exactly this draft, and silence passed or every other nation's word."""
    facts = facts_of(house, actor, [entry], about=entry.entry)[0]
    missing = before_signing(facts.standing(version).obstacles, house.nation)
    if missing:
        codes = ", ".join(dict.fromkeys(one.code for one in missing))
        raise Refused(f"proposal.{missing[0].code}", field="digest", found=codes, expected="nothing in the way")


SIGNING_RULES: Final[Mapping[str, SigningRule]] = {
    PROPOSAL: _proposal,
}


def require_signable(house: House, actor: Actor, entry: Entry, version: Said) -> None:
    """Run the rule of the entry's kind, if it has one. Raises Refused("proposal.CODE") naming what is missing."""
    rule = SIGNING_RULES.get(entry.kind)
    if rule is not None:
        rule(house, actor, entry, version)
