"""Ten minutes for each role: the pages that she needs, in their order, each with what it rests on.

A step counts as done when this node has recorded that she took it herself: nothing else is kept. A step that leaves no
entry, because it only looks, has no mark. The links lead to the very pages of the work, not to copies of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from relto.adapters.glossary import Term, terms
from relto.ledger.leaves import LeafEvent
from relto.procedures.actors import Actor, Role
from relto.services import active_bundle
from relto.services.house import House
from relto.services.ledger import own_events
from relto.web.dossier_rows import Cited, cited
from relto.web.words import said


@dataclass(frozen=True, slots=True)
class _Step:
    """`page`: name of the page; `events`: which of her own entries show that it is done; `term`: of the glossary."""

    page: str
    words: Any
    what: Any
    events: tuple[LeafEvent, ...] = ()
    term: str = ""


@dataclass(frozen=True, slots=True)
class StepRow:
    """A step as it stands. `checked`: the node records it, so `done` says something; `cited`: on what `term` rests."""

    url: str
    words: Any
    what: Any
    checked: bool
    done: bool
    cited: tuple[Cited, ...]
    term: Term | None


@dataclass(frozen=True, slots=True)
class Lesson:
    """A role's ten minutes."""

    role: str
    words: str
    steps: tuple[StepRow, ...]

    @property
    def done(self) -> int:
        """How many of the checked steps are done."""
        return sum(one.done for one in self.steps)

    @property
    def checked(self) -> int:
        """How many steps check themselves off."""
        return sum(one.checked for one in self.steps)


_DECIDED: Final = (LeafEvent.RELEASE_DECIDED,)
_DOSSIER: Final = (LeafEvent.DOSSIER_STEP_TAKEN, LeafEvent.DOSSIER_SIGNED)
_VERIFY: Final = _Step(
    "ledger",
    _("See how far it is proven"),
    _("Each of your steps has an entry; a witness of your authority cosigns it."),
)
_LESSONS: Final[Mapping[Role, tuple[_Step, ...]]] = {
    Role.ENGINEER: (
        _Step(
            "documents",
            _("See what you may open today"),
            _("A document in this list is one you may know of. Whether it opens is decided anew each time."),
            term="need_to_know",
        ),
        _Step(
            "seal",
            _("Seal a document"),
            _("Choose a file of your own that holds nothing classified. You state its label; nothing is suggested."),
            (LeafEvent.ITEM_REGISTERED, LeafEvent.ITEM_SEALED),
            "banner",
        ),
        _Step(
            "ask",
            _("Ask whether you may share it"),
            _("See what is missing before a partner may have it, and who supplies it."),
        ),
        _Step(
            "requests",
            _("See where your requests are"),
            _("Both sides' steps, whose turn it is, and for how long."),
        ),
        _Step(
            "documents",
            _("Open a document that was released to you"),
            _("On your own machine, with relto open. A refusal names the rule and who can fix it; that counts too."),
            (LeafEvent.OPENING_GRANTED, LeafEvent.OPENING_REFUSED, LeafEvent.OPENING_SHARE_RECEIVED),
            "release",
        ),
        _VERIFY,
    ),
    Role.SECURITY_OFFICER: (
        _Step(
            "company",
            _("See what your company must do today"),
            _("Sealed documents, requests on their way, refusals with their reasons."),
        ),
        _Step(
            "company",
            _("Ask for a release"),
            _("Take a document that is sealed and not asked for yet. Name each reader with a reason."),
            (LeafEvent.RELEASE_REQUESTED,),
            "gate",
        ),
        _Step(
            "dossier_new",
            _("Begin a dossier"),
            _("For example a visit. The form is checked before it is sent; what is wrong stands at its field."),
            (LeafEvent.DOSSIER_BEGUN,),
        ),
        _Step(
            "company_register",
            _("Record a copy in the register"),
            _("What you hold, where it is, and who keeps it."),
            (LeafEvent.COPY_RECORDED, LeafEvent.COPY_REPRODUCED),
            "register",
        ),
        _Step(
            "inventories",
            _("Count your copies"),
            _("What is not found becomes a suspected loss, and an inquiry begins."),
            (LeafEvent.INVENTORY_OPENED, LeafEvent.INVENTORY_SIGNED),
            "register",
        ),
        _VERIFY,
    ),
    Role.RELEASE_OFFICER: (
        _Step("desk", _("See your next decision"), _("The question, why it needs you, and by when.")),
        _Step(
            "desk",
            _("Decide it"),
            _("Read the gates that need you first, accept each gap by name, give a reason, sign. To refuse counts."),
            _DECIDED,
            "gate",
        ),
        _Step(
            "queue",
            _("Accept what the partner released"),
            _("It has the same gates, seen from your side, and gets a control number."),
            (LeafEvent.ACCEPTANCE_DECIDED,),
            "assurance",
        ),
        _Step(
            "third_party",
            _("Look at requests for third parties"),
            _("Nothing that you originated goes to a third nation without your written consent, for this item alone."),
            (LeafEvent.THIRD_PARTY_DECIDED, LeafEvent.THIRD_PARTY_FORWARDED),
            "release",
        ),
        _Step(
            "dossiers",
            _("Take a step of a dossier"),
            _("Visits, transfers, incidents: each states what it needs next."),
            _DOSSIER,
        ),
        _VERIFY,
    ),
    Role.REGISTRAR: (
        _Step(
            "people",
            _("See who is cleared here"),
            _("Facilities and people of your own nation; their names never cross the border."),
            term="safeguarding",
        ),
        _Step(
            "assurances",
            _("Give or confirm an assurance"),
            _("Your authority's word on a facility or person, minimal and expiring."),
            (LeafEvent.ASSURANCE_GIVEN,),
            "assurance",
        ),
        _Step(
            "authorisations",
            _("Record an authorisation"),
            _("To disclose is one permission, to export another; neither replaces the other."),
            (LeafEvent.AUTHORISATION_RECORDED,),
            "disclosure_authorisation",
        ),
        _Step(
            "programmes",
            _("Assign somebody to a programme"),
            _("With a reason: it is part of her need-to-know."),
            (LeafEvent.MEMBERSHIP_GRANTED,),
            "need_to_know",
        ),
        _VERIFY,
    ),
    Role.CO_CHAIR: (
        _Step(
            "rules",
            _("Read the rule book"),
            _("Both nations' provisions side by side; what is unconfirmed looks unconfirmed."),
        ),
        _Step("coverage", _("See how the two sides stand to each other"), _("Topic by topic, with the gaps.")),
        _Step(
            "alignment",
            _("Say something in the shared record"),
            _("A relation between two provisions, a difference, or a comment. Your nation's line is yours alone."),
            (LeafEvent.ALIGNMENT_SAID,),
        ),
        _Step("rule_proof", _("Prove a draft"), _("Each node shows for itself that a draft weakens neither nation.")),
        _Step("rule_impact", _("Try it on the cases of last year"), _("Which decisions would have been others?")),
        _VERIFY,
    ),
    Role.INSPECTOR: (
        _Step(
            "register",
            _("Read the register"),
            _("What crossed the border, with its control number."),
            term="register",
        ),
        _Step(
            "reconcile",
            _("Compare the two registers"),
            _("The nodes compare digests; what differs is named, what agrees is certified."),
            (LeafEvent.RECONCILIATION_AGREED, LeafEvent.RECONCILIATION_DIFFERED),
        ),
        _Step("decisions", _("Make a decision once more"), _("By the rules of its day: the answer must be the same.")),
        _Step(
            "dossiers",
            _("Take a step of an inspection"),
            _("A finding is closed by evidence, never by a tick."),
            _DOSSIER,
        ),
        _Step(
            "ledger",
            _("Take the ledger with you"),
            _("Download its export and verify it offline, with relto verify or with other software."),
        ),
    ),
    Role.GOVERNMENT_REPRESENTATIVE: (
        _Step(
            "today",
            _("See which consignment waits for you"),
            _("To hand over or to take over, by when, and at which place."),
            term="dgr",
        ),
        _Step(
            "dossiers",
            _("Take over or hand over"),
            _("Look at seals and numbers first; the receipt is signed by both sides."),
            _DOSSIER,
            "receipt",
        ),
        _Step("register", _("Find it in the register"), _("Each transfer has its line and its control number.")),
        _VERIFY,
    ),
    Role.OPERATOR: (
        _Step("node", _("See whether the node may act"), _("Codes and counts; you have no way to content or names.")),
        _Step(
            "courier",
            _("Make or read a courier bundle"),
            _("What goes by hand where no link is, and which receipt is missing."),
            (LeafEvent.COURIER_MADE, LeafEvent.COURIER_READ, LeafEvent.COURIER_TAKEN),
        ),
        _VERIFY,
    ),
}


def tutorial_of(own: House, actor: Actor, role: Role) -> Lesson:
    """The ten minutes of a role, with what this actor has done of it."""
    events = own_events(own, actor)
    bundle = active_bundle.active_or_none(own, own.now())
    provisions = bundle.provisions if bundle is not None else {}
    known = {one.code: one for one in terms()}
    rows = []
    for one in _LESSONS[role]:
        rests: tuple[Cited, ...] = ()
        term = known.get(one.term)
        if bundle is not None and term is not None and term.provision in provisions:
            rests = cited(term.provision, provisions, confirmed=bundle.is_confirmed(term.provision))
        done = any(event in events for event in one.events)
        rows.append(StepRow(reverse(one.page), one.words, one.what, bool(one.events), done, rests, term))
    return Lesson(role, said("role", role), tuple(rows))
