"""Releases on the originator's node: a company asks, its nation's release officer decides, the node prepares and sends.

The gates are evaluated anew inside the step that decides, from the rows of that moment. A release with a failing gate
changes nothing but leaves its decision and an entry. The two-share manifest is made by the key service before the step
that registers and sends it, so a step never waits for another process.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from django.db.models import Q

from relto.base.canonical import Json
from relto.base.errors import Conflict, MalformedInput, NotAvailable, UnknownValue
from relto.base.ids import read_code, read_id
from relto.base.instants import Instant
from relto.base.nations import Nation, read_nation
from relto.labels.label import label_from_dict
from relto.ledger.leaves import LeafEvent
from relto.procedures import item as item_states
from relto.procedures.actors import Actor, Role
from relto.procedures.release import ACCEPTED, ASKED, IN_FORCE, REFUSED, RELEASE, RETURNED, WITHDRAWN
from relto.procedures.table import advance
from relto.rules.bundle import Bundle
from relto.rules.decide import decide
from relto.rules.decision import Decision
from relto.rules.facts import Action, DecisionFacts, ReleaseFacts
from relto.services import active_bundle, facts
from relto.services.book import enter
from relto.services.border import require_open_border
from relto.services.decisions import check_accepted, enter_decision, refusal_of
from relto.services.house import House
from relto.services.item_view import LIVE, TRANSFERRED, is_joint
from relto.services.joint_items import check_asked
from relto.services.numbers import numbered
from relto.services.release_message import MAX_READERS
from relto.services.release_view import HOME, RECIPIENT, CaseDetail, CaseView, case_detail, case_view, case_views
from relto.services.share_places import share_places
from relto.services.texts import LONGEST_REASON, read_choice, read_text
from relto.services.wrapping_minimum import require_keys
from relto.store.models import Item, ReleaseCase, ReleaseReader
from relto.store.queries.items import visible_items
from relto.store.queries.releases import visible_cases, with_newest_ended

_AT_REST = RELEASE.final | {ACCEPTED}
OUTCOMES = ("release", "refuse")
_DIGITS = 4


def request_release(
    house: House,
    actor: Actor,
    *,
    item: str,
    nation: str,
    facility: str,
    readers: Sequence[tuple[str, str]],
    purpose: str,
    mode: str = LIVE,
    home_facility: str = "",
    home_readers: Sequence[tuple[str, str]] = (),
) -> CaseView:
    """Ask the own authority to release an own company's item to a partner's facility for named readers.

    `readers`: (pseudonym, reason). `mode`: live, both nations' services at each opening, or transferred, the
    recipient's alone. A joint item is live, goes to its other owner, and names the own facility and readers as well,
    for whom the other owner's authority is asked; no other item does.

    Raises Refused("role"), NotAvailable("item"), Conflict("state" or "case"), MalformedInput, UnknownValue for a nation
    that is no party, and for readers not vouched for at the facility or not of the own one.
    """
    actor.require(Role.SECURITY_OFFICER)
    now = house.now()
    bundle = active_bundle.active(house, now)
    recipient = read_nation(nation)
    if recipient == house.nation or recipient not in bundle.parties:
        raise UnknownValue("nation", field="nation", expected="a partner nation of the agreement in force")
    facility = read_code(facility, field="facility")
    named = _named(readers)
    mode = read_choice(mode, (LIVE, TRANSFERRED), field="mode")
    at_home = _named(home_readers, field="home_readers") if home_readers else {}
    purpose = read_text(purpose, field="purpose", longest=LONGEST_REASON)

    def step() -> CaseView:
        row = _asked_item(actor, item)
        for pseudonym in named:
            known = facts.newest_assurance("person", pseudonym, recipient)
            if known is None or known.facility != facility:
                raise UnknownValue("reader", field="readers", expected="people vouched for at this facility")
        check_asked(actor, row, recipient, mode=mode, home_facility=home_facility, home_readers=at_home)
        if _is_open(row, recipient, facility):
            raise Conflict("case", field="facility", expected="no other release of this item to this facility")
        case = numbered("REL", now.year, _DIGITS, _taken, lambda number: make(row, number))
        entry = enter(
            house,
            LeafEvent.RELEASE_REQUESTED,
            actor=actor.person,
            subject=case.id,
            company=case.company,
            details={
                "item": row.id,
                "nation": recipient,
                "facility": facility,
                "mode": mode,
                "readers": [*sorted(named)],
                "home_facility": home_facility,
                "home_readers": [*sorted(at_home)],
            },
            at=now,
        )
        return case_view(bundle, actor, case, entry)

    def make(row: Item, number: str) -> ReleaseCase:
        case = ReleaseCase.objects.create(
            id=house.new_id("rel"),
            number=number,
            item=row,
            nation=recipient,
            facility=facility,
            purpose=purpose,
            mode=mode,
            home_facility=home_facility,
            state=RELEASE.start,
            asked_by=actor.person,
            asked_at=now,
            company=row.company_id or "",
        )
        for side, those in ((RECIPIENT, named), (HOME, at_home)):
            for pseudonym, reason in those.items():
                ReleaseReader.objects.create(case=case, side=side, pseudonym=pseudonym, reason=reason)
        return case

    return house.commit(step)


def cases(house: House, actor: Actor, *, ended: int | None = None, item: str = "") -> list[CaseView]:
    """The cases that the actor may see, oldest waiting first.

    `ended`: of those that ended, or were accepted, only the newest so many; `item`: of this one alone.
    """
    actor.require(Role.RELEASE_OFFICER, Role.SECURITY_OFFICER)
    seen = visible_cases(actor).select_related("item").prefetch_related("readers")
    seen = seen.filter(item=item) if item else seen
    found = with_newest_ended(seen, _AT_REST, "asked_at", ended)
    rows = sorted(found, key=lambda row: (row.asked_at, row.number))
    if not rows:
        return []
    bundle = active_bundle.active(house)
    return case_views(bundle, actor, rows)


def case_count(actor: Actor, without: Collection[str] = ()) -> int:
    """How many cases the actor may see, without some."""
    return visible_cases(actor).exclude(id__in=without).count()


def newest_cases(house: House, actor: Actor, without: Collection[str], first: int, most: int) -> list[CaseView]:
    """The cases that the actor may see without some, the one that was asked for last first: so many from a number on.

    Raises Refused("role").
    """
    actor.require(Role.RELEASE_OFFICER, Role.SECURITY_OFFICER)
    seen = visible_cases(actor).exclude(id__in=without).select_related("item").prefetch_related("readers")
    rows = list(seen.order_by("-asked_at", "-number")[first : first + most])
    return case_views(active_bundle.active(house), actor, rows) if rows else []


def case(house: House, actor: Actor, case_id: str) -> CaseDetail:
    """One case with its gates as they stand now. Raises NotAvailable("case")."""
    now = house.now()
    bundle = active_bundle.active(house, now)
    row = _seen(actor, case_id)
    decision, _ = evaluate(house, bundle, row, now)
    return case_detail(bundle, actor, row, decision)


def decide_release(
    house: House,
    actor: Actor,
    case_id: str,
    *,
    outcome: str,
    reason: str,
    accepts: Collection[str] = frozenset(),
) -> CaseDetail:
    """Release or refuse. `accepts` names each rule (or gate) for which no rule is loaded; training nodes only.

    Raises Refused("role"), NotAvailable("case"), Conflict("state"), MalformedInput naming an unaccepted rule,
    Unreachable("witness_late") and
    Refused("gates", reference=...) when a gate does not hold: the case then stands as it was. Refused("wrapping") while
    the agreement names no key with which a release at this level could be wrapped.
    """
    actor.require(Role.RELEASE_OFFICER)
    outcome = read_choice(outcome, OUTCOMES, field="outcome")
    reason = read_text(reason, field="reason", longest=LONGEST_REASON)
    now = house.now()
    bundle = active_bundle.active(house, now)
    if outcome == "release":
        _require_strong_keys(house, bundle, _seen(actor, case_id))

    def step() -> CaseDetail | tuple[str, Decision]:
        row = _seen(actor, case_id, lock=True)
        held = {"gates_hold", "unconfirmed_accepted", "reason_given"}
        state = advance(RELEASE, row.state, outcome, actor=actor, held=held)
        decision, stated = evaluate(house, bundle, row, now)
        reference = house.new_id("dec")
        details: dict[str, Json] = {"outcome": outcome}
        if outcome == "release" and decision.permitted:
            require_open_border(house, bundle, now)
            details |= check_accepted(house, decision, accepts)
        elif outcome == "release":
            details["outcome"] = "gates_failed"
        entry = enter_decision(
            house,
            LeafEvent.RELEASE_DECIDED,
            decision,
            stated,
            reference=reference,
            actor=actor,
            subject=row.id,
            company=row.company,
            item=row.item_id,
            details=details,
        )
        if outcome == "release" and not decision.permitted:
            return reference, decision
        row.state, row.reason, row.decision = state, reason, reference
        row.decided_by, row.decided_at = actor.person, now
        row.save(update_fields=["state", "reason", "decision", "decided_by", "decided_at"])
        return case_detail(bundle, actor, row, decision, entry)

    answer = house.commit(step)
    if isinstance(answer, CaseDetail):
        return answer
    reference, decision = answer
    raise refusal_of(decision, reference)


def _require_strong_keys(house: House, bundle: Bundle, row: ReleaseCase) -> None:
    places = share_places(bundle, readers=Nation(row.nation), other=house.nation, mode=row.mode)
    require_keys(bundle, label_from_dict(row.item.label, bundle.policies), places)


def evaluate(house: House, bundle: Bundle, row: ReleaseCase, at: Instant) -> tuple[Decision, DecisionFacts]:
    """The gates of the release as the originator's node sees them at `at`."""
    nation = Nation(row.nation)
    registered = row.item.manifests.filter(kind="original", withdrawn_at=None).exists()
    readers = list(row.readers.filter(side=RECIPIENT).order_by("pseudonym"))
    stated = DecisionFacts(
        node=house.nation,
        item=facts.item_facts(bundle, row.item, registered=registered),
        facility=facts.partner_facility(bundle, row.facility, nation, at),
        people=tuple(facts.partner_person(bundle, one.pseudonym, nation, row.facility, at) for one in readers),
        releaser=house.nation,
        channel=row.channel,
        authorisations=facts.authorisations_for(row.item, nation),
        listings=facts.listings(readers, row.item, row.number, row.asked_at),
        release=ReleaseFacts(
            row.id, row.item.uuid, nation, row.facility, facts.mode_of(row.mode), "proposed", facts.since(row.asked_at)
        ),
    )
    return decide(bundle, Action.RELEASE, stated, at), stated


def _asked_item(actor: Actor, item: str) -> Item:
    """The registered item of the actor's company. Raises NotAvailable("item") or Conflict("state")."""
    row = visible_items(actor).filter(id=item, held_as="own", company_id=actor.company).first()
    if row is None:
        raise NotAvailable("item", field="item")
    if row.state != item_states.REGISTERED:
        raise Conflict("state", field="item", found=row.state, expected=item_states.REGISTERED)
    return row


def _is_open(row: Item, recipient: Nation, facility: str) -> bool:
    """True while another release of the item to this facility is asked for or in force.

    A joint item's two manifests are made once, at its sealing, so it is released once: what either authority withdrew
    or returned stays closed. What the own authority refused, or the partner's node never kept, may be asked for again.
    """
    cases = row.release_cases.filter(nation=recipient)
    if is_joint(row):
        nothing_left = Q(state=REFUSED) | Q(state=RETURNED, custody_at=None) | Q(state=WITHDRAWN, message="")
        return cases.exclude(nothing_left).exists()
    return cases.filter(facility=facility, state__in=[ASKED, *IN_FORCE]).exists()


def _named(readers: Sequence[tuple[str, str]], *, field: str = "readers") -> dict[str, str]:
    named = {
        read_id(pseudonym, "prs", field=f"{field}.pseudonym"): read_text(
            reason, field=f"{field}.reason", longest=LONGEST_REASON
        )
        for pseudonym, reason in readers
    }
    if not 0 < len(readers) <= MAX_READERS or len(named) != len(readers):
        raise MalformedInput("readers", field=field, expected=f"1 to {MAX_READERS} readers, each once")
    return named


def _taken(start: str) -> int:
    return ReleaseCase.objects.filter(number__startswith=start).count()


def _seen(actor: Actor, case_id: str, *, lock: bool = False) -> ReleaseCase:
    rows = visible_cases(actor).select_related("item").filter(id=case_id)
    row = (rows.select_for_update(of=("self",)) if lock else rows).first()
    if row is None:
        raise NotAvailable("case", field="case")
    return row
