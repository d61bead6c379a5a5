"""What every transfer of classified information between two nations is checked for, whichever way it goes.

Rules enforced here, under the provisions that `data/findings/<procedure>.json` names:
 1. A facility's clearance says nothing of its storage: the recipient's safeguarding reaches the level, by the word of
    its own authority; what is not known is not there.
 2. Who hands over and who takes over are named, differ, and are government representatives at home: never a company's.
 3. A route is whole: it begins at home, ends at the partner, and every stage begins where the last one ended.
 4. A level is compared with each nation's own limit; a level without an equivalent is within no other nation's limit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from relto.base.errors import Shown
from relto.base.instants import Instant, read_instant
from relto.base.nations import Nation
from relto.procedures.actors import Role
from relto.procedures.dues import reckoned
from relto.procedures.findings import RULE, Finding
from relto.procedures.founded import Founded
from relto.procedures.known import FacilityKnown, Known
from relto.procedures.limits import ProcedureLimit
from relto.procedures.packs.cleared_facilities import listing_findings
from relto.procedures.table import ANSWERING

VALID_STATES: Final = frozenset({"", "valid", "final", "interim", "limited"})
"""States of a facility's clearance in which new work is sent to it; "" where its dossier says nothing else."""
SURFACE: Final = frozenset({"road", "rail", "sea"})


@dataclass(frozen=True, slots=True)
class Crossing:
    """One transfer under check: the form's answers, what is known, and the findings that its procedure may make."""

    answers: Mapping[str, Any]
    known: Known
    founded: Founded

    @property
    def sender(self) -> Nation:
        """The nation whose dossier it is: this node's, or on the answering node the partner."""
        if self.known.side == ANSWERING and self.known.partner is not None:
            return self.known.partner
        return self.known.nation

    @property
    def is_senders(self) -> bool:
        """Whether the sender looks at its own form; the recipient reads what was let through and sent."""
        return self.known.side != ANSWERING

    @property
    def recipient(self) -> str:
        """The nation that it goes to, "" while none is named."""
        return str(self.answers.get("partner", ""))

    @property
    def nations(self) -> frozenset[str]:
        """The nations whose books count."""
        return frozenset({str(self.sender), self.recipient} - {""})

    def find(self, what: str, path: str = "", **values: Shown) -> Finding:
        """A finding of the procedure, resting on the books of the nations concerned."""
        return self.founded.found(what, path, nations=self.nations, **values)

    def of_limit(self, what: str, path: str, provisions: Sequence[str], **values: Shown) -> Finding:
        """A finding that rests on the provisions which set the limit."""
        return Finding(f"{self.founded.procedure}.{what}", path, RULE, tuple(provisions), values)

    def instant(self, field: str) -> Instant | None:
        """The answer as an instant."""
        given = self.answers.get(field)
        return read_instant(given) if given else None


def check_parties(crossing: Crossing) -> Iterator[Finding]:
    """The partner is a party to an agreement in force and works in the programme."""
    answers, known, partner = crossing.answers, crossing.known, crossing.recipient
    if partner and partner == crossing.sender:
        yield crossing.find("partner_is_own", "partner", nation=partner)
    elif partner and partner not in known.parties:
        yield crossing.find("partner_no_party", "partner", nation=partner)
    if not known.agreement_in_force:
        yield crossing.find("no_agreement", "partner")
    if known.companies.get(str(answers.get("company", ""))) == "private" and not known.industrial_annex_in_force:
        yield crossing.find("no_annex", "company")
    programme = answers.get("programme")
    if programme and programme not in known.programmes:
        yield crossing.find("programme_unknown", "programme")
    elif programme and partner and partner not in known.programmes[programme]:
        yield crossing.find("partner_not_in_programme", "programme", nation=partner)


def check_facilities(crossing: Crossing) -> Iterator[Finding]:
    """Both facilities are what the form says, cleared to the level while it travels, and the recipient can store it."""
    answers, known = crossing.answers, crossing.known
    sender = known.facilities.get(str(answers.get("sender_facility", "")))
    if "sender_facility" in answers and (sender is None or sender.nation != crossing.sender):
        yield crossing.find("sender_facility_not_own", "sender_facility")
    elif sender is not None:
        if answers.get("company") not in {None, sender.company}:
            yield crossing.find("facility_of_another_company", "sender_facility")
        yield from _check_facility(crossing, sender, "sender_facility")
    recipient = known.facilities.get(str(answers.get("recipient_facility", "")))
    if "recipient_facility" not in answers:
        return
    if recipient is None:
        yield crossing.find("recipient_not_assured", "recipient_facility")
        return
    if crossing.recipient and recipient.nation != crossing.recipient:
        yield crossing.find("recipient_facility_not_theirs", "recipient_facility", nation=crossing.recipient)
        return
    yield from _check_facility(crossing, recipient, "recipient_facility")
    level = answers.get("level")
    if level and known.levels.covers(recipient.safeguarding, level) is not True:
        held = recipient.safeguarding or "-"
        yield crossing.find("recipient_no_storage", "recipient_facility", level=level, held=held)
    programme = answers.get("programme")
    if programme and programme not in recipient.listed_in:
        yield crossing.find("recipient_not_listed", "recipient_facility")
    if programme:
        yield from listing_findings(known, programme, recipient.code, "recipient_facility", level=level or "")


def _check_facility(crossing: Crossing, facility: FacilityKnown, path: str) -> Iterator[Finding]:
    level = crossing.answers.get("level")
    if facility.state not in VALID_STATES:
        yield crossing.find("facility_not_valid", path, state=facility.state)
    if level and crossing.known.levels.covers(facility.level, level) is not True:
        yield crossing.find("facility_not_cleared", path, level=level, held=facility.level or "-")
    until = crossing.instant("arrival") or crossing.instant("departure")
    if facility.valid is None or (until is not None and not facility.valid.holds_at(until)):
        yield crossing.find("facility_clearance_ends", path)


def check_level(crossing: Crossing, limit: str = "") -> Iterator[Finding]:
    """The level is one that a policy has, and within each nation's own `limit` ("": none); who has none is told so."""
    level, levels = crossing.answers.get("level"), crossing.known.levels
    if not level:
        return
    if not levels.known(level):
        yield crossing.find("level_unknown", "level", level=level)
        return
    if not limit:
        return
    above: list[ProcedureLimit] = []
    for nation in sorted(crossing.nations):
        found = crossing.known.limits.limit(limit, nation)
        if found is None:
            yield crossing.founded.found("no_level_loaded", "level", nations={nation}, nation=nation)
            continue
        # What binds both is written without a nation: it is meant as each nation's own level of that name.
        covered = levels.covers(f"{nation}:{found.value}", level)
        if covered is None:
            yield crossing.find("level_not_comparable", "level", level=level, nation=nation)
        elif not covered:
            above.append(found)
    if above:
        provisions = tuple(dict.fromkeys(one.provision for one in above))
        yield crossing.of_limit("above_limit", "level", provisions, level=level, limit=str(above[0].value))


def check_representatives(
    crossing: Crossing, *, needed: Sequence[str] = ("sender_representative",)
) -> Iterator[Finding]:
    """The representatives are two, each a government representative at home; none of a company."""
    answers, known = crossing.answers, crossing.known
    named = {path: answers[path] for path in ("sender_representative", "recipient_representative") if path in answers}
    for path in needed:
        if path not in named:
            yield crossing.find("representative_missing", path)
    if len(set(named.values())) < len(named):
        yield crossing.find("representative_same", "recipient_representative")
    for path, pseudonym in named.items():
        nation = crossing.sender if path == "sender_representative" else crossing.recipient
        person = known.people.get(pseudonym)
        if person is None:
            # The partner's own people are known to its own node, which checks them when it takes its step.
            if nation == known.nation:
                yield crossing.find("representative_unknown", path)
            continue
        if nation and person.nation != nation:
            yield crossing.find("representative_nation", path, nation=nation)
        elif nation == known.nation and Role.GOVERNMENT_REPRESENTATIVE not in person.roles:
            yield crossing.find("representative_role", path)
        if person.company:
            yield crossing.find("representative_of_company", path)


def check_times(crossing: Crossing) -> Iterator[Finding]:
    """It leaves after now, as far as the sender is still writing, and arrives after it left."""
    departure, arrival = crossing.instant("departure"), crossing.instant("arrival")
    if departure is not None and departure <= crossing.known.at and crossing.is_senders:
        yield crossing.find("departure_past", "departure")
    if departure is not None and arrival is not None and arrival <= departure:
        yield crossing.find("arrival_before_departure", "arrival")


def check_filled_later(crossing: Crossing, *fields: str) -> Iterator[Finding]:
    """What a later step fills in is empty while the form is written."""
    if crossing.is_senders:
        yield from (crossing.find("filled_in_later", field) for field in fields if field in crossing.answers)


def check_route(crossing: Crossing, field: str = "route") -> Iterator[Finding]:
    """From the sender's nation to the recipient's, without a break, and within the time of the journey."""
    stages: Sequence[Mapping[str, Any]] = crossing.answers.get(field, ())
    if not stages:
        return
    if stages[0].get("from_country") not in {None, crossing.sender}:
        yield crossing.find("route_starts_elsewhere", f"{field}/0/from_country", nation=crossing.sender)
    last = len(stages) - 1
    if crossing.recipient and stages[last].get("to_country") not in {None, crossing.recipient}:
        yield crossing.find("route_ends_elsewhere", f"{field}/{last}/to_country", nation=crossing.recipient)
    for number, (before, after) in enumerate(pairwise(stages), start=1):
        ends = (before.get("to_country"), before.get("to_place", "").casefold())
        begins = (after.get("from_country"), after.get("from_place", "").casefold())
        if None not in {*ends, *begins} and ends != begins:
            yield crossing.find("route_broken", f"{field}/{number}/from_place", stage=number + 1)


def third_countries(crossing: Crossing, stage: Mapping[str, Any]) -> frozenset[str]:
    """The countries of a stage that are neither the sender's nor the recipient's."""
    return frozenset({stage.get("from_country", ""), stage.get("to_country", "")}) - crossing.nations - {""}


def notice_too_short(crossing: Crossing, limit: str, event: str) -> Iterator[Finding]:
    """The notice that each nation demands before the answer `event`, if it were given now."""
    moment = crossing.instant(event)
    if moment is None or not crossing.is_senders:
        return
    what = limit.rpartition(".")[2]
    for nation in sorted(crossing.nations):
        found = crossing.known.limits.limit(limit, nation)
        if found is None:
            yield crossing.founded.found(f"no_{what}_loaded", event, nations={nation}, nation=nation)
            continue
        latest = reckoned(moment, found, Nation(nation), before=True)
        # Beyond the calendar nobody can say that the notice is kept.
        if latest is None or crossing.known.at > latest:
            yield crossing.of_limit(f"{what}_short", event, (found.provision,), least=int(found.value), nation=nation)
