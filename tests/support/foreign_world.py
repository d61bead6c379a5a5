"""A node with things of every kind that belong to one company and one programme, and people to whom they are foreign.

Who is an outsider: an engineer and a security officer of another company, an engineer of the same company in another
programme, and the operator. What nobody of them may reach, or tell from what does not exist, is in `World.things`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from relto.procedures.actors import Role
from relto.services import copies, dossiers, inventories, programmes, third_party
from relto.store.models import Assurance, Authorisation, DecisionRecord
from tests.support.houses import FACILITY, OTHER_PROGRAMME, Node, add_company
from tests.support.peer_simulator import Peer
from tests.unit.services import stories

TITLE = "Kestrel gimbal tolerances"
FILE_NAME = "kestrel-gimbal.pdf"
PURPOSE = "Kestrel gimbal trials at the joint range"
OUTSIDERS = ("other engineer", "other officer", "colleague", "operator")
UNKNOWN = "a" * 24
OF_THE_COMPANY = frozenset({"dossier"})
"""What every programme of the company may see: foreign to other companies and the operator alone."""


@dataclass(frozen=True, slots=True)
class World:
    """`things`: what a parameter of a path names -> ids of such things; `words`: what tells of them, by parameter."""

    node: Node
    things: Mapping[str, tuple[str, ...]]
    words: Mapping[str, tuple[str, ...]]

    def outsiders(self, parameter: str) -> tuple[str, ...]:
        """To whom things of this kind are foreign."""
        return tuple(who for who in OUTSIDERS if who != "colleague" or parameter not in OF_THE_COMPANY)

    def foreign_words(self, who: str) -> tuple[str, ...]:
        """All that tells of what is foreign to this outsider."""
        return tuple(word for kind, words in self.words.items() if who in self.outsiders(kind) for word in words)


def populate(node: Node, peer: Peer) -> World:
    """Something of every kind that the node's first company holds in its first programme."""
    house = node.house
    add_company(node, "USA-C020", "USA-F020")
    programmes.register_programme(house, node.actor("registrar"), code=OTHER_PROGRAMME, title="Another")
    for who, role in (("other engineer", Role.ENGINEER), ("other officer", Role.SECURITY_OFFICER)):
        node.add(who, role, company="USA-C020", facility="USA-F020")
    for who in ("other engineer", "other officer", "colleague"):
        programmes.assign_member(
            house, node.actor("registrar"), programme=OTHER_PROGRAMME, person=node.people[who], reason="works on it"
        )
    peer.vouch(house, "reader")
    stories.authorise(node)
    item = stories.seal_item(node, title=TITLE, file_name=FILE_NAME)
    case = stories.ask_release(node, peer, item, purpose=PURPOSE)
    copy = copies.record_copy(
        house,
        node.actor("security_officer"),
        item.id,
        form="physical",
        facility=FACILITY[house.nation],
        location="Kestrel vault",
        custodian="security_officer",
    )
    begun = dossiers.begin(house, node.actor("security_officer"), "visit", {})
    inventory = inventories.open_inventory(house, node.actor("security_officer"), as_of=house.now())
    arrival, _ = stories.arrived(node, peer)
    stories.accept(node, arrival)
    asked = third_party.request_third_party(
        house,
        node.actor("security_officer"),
        item=arrival.item.id,
        nation="FRA",
        recipient="FRA-KESTREL",
        purpose=PURPOSE,
        valid_from=house.now(),
        valid_until=house.now() + timedelta(days=90),
    )
    decisions = tuple(DecisionRecord.objects.order_by("id").values_list("id", flat=True))
    assurances = tuple(Assurance.objects.order_by("id").values_list("id", flat=True))
    authorisations = tuple(Authorisation.objects.order_by("id").values_list("id", flat=True))
    return World(
        node,
        {
            "item": (item.id,),
            "case": (case.id,),
            "copy": (copy.id,),
            "copy_id": (copy.id,),
            "dossier": (begun.id, begun.number),
            "inventory": (inventory.id,),
            "arrival": (arrival.id,),
            "third_party": (asked.id,),
            "third_party_request": (asked.id,),
            "reference": decisions[:1],
            "assurance": assurances[:1],
            "authorisation": authorisations[:1],
        },
        {
            "item": (item.id, case.id, case.number, copy.id, "Kestrel", "kestrel"),
            "dossier": (begun.id, begun.number),
            "inventory": (inventory.id,),
            "arrival": (arrival.id, arrival.number, arrival.release, asked.id, asked.number, "FRA-KESTREL"),
            "reference": decisions,
            "assurance": (*assurances, *authorisations),
        },
    )


def unknown(thing: str) -> str:
    """An id of the same form that nothing has."""
    head, underline, _ = thing.partition("_")
    return f"{head}_{UNKNOWN}" if underline else f"{thing[:-4]}9999"
