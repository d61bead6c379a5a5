"""The proposals that concern a question, or provisions of the rule book: found by what their newest versions name."""

from __future__ import annotations

from collections.abc import Collection

from relto.procedures.actors import Actor
from relto.services.alignment.proposal_facts import facts_of, visible_proposals
from relto.services.alignment.proposal_values import ProposalRow
from relto.services.alignment.proposals_view import row_of
from relto.services.house import House
from relto.store.queries.alignment import READERS


def proposals_about(
    house: House, actor: Actor, *, divergences: Collection[str] = (), provisions: Collection[str] = ()
) -> list[ProposalRow]:
    """The proposals of which a newest version names one of these, the oldest first; none to who may not read them."""
    if not actor.roles.intersection(READERS):
        return []
    asked, rested = set(divergences), set(provisions)
    found = [
        entry
        for entry in visible_proposals(actor).values()
        if any(
            asked.intersection(said.body["divergences"]) or rested.intersection(said.body["provisions"])
            for said in entry.newest.values()
        )
    ]
    return [row_of(facts) for facts in facts_of(house, actor, found)] if found else []
