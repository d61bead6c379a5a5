"""What a step of a course may do: each act as its person's own calls, and how the node shows that she did it herself.

An act has two halves. `do` carries it out with the member's own credential and returns the ledger entry. `look` lists
what the node shows of such acts (fact -> what it is named by); a role player in the portal has done her step when a new
fact stands there, and `bind` gives its name to what she made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from relto.base.errors import NotAvailable, Unreachable
from relto.client import Announcement, Label
from relto.client.answers import ArrivalDetail
from relto.client.checking import marks_of
from relto.rehearsal.cast import Member
from relto.rehearsal.documents import data_series, marked_as
from relto.rehearsal.room import Case, Room, SealedItem

Given = Mapping[str, Any]
_PURPOSE = "joint analysis in the training programme"
_NEEDS_IT = "analyses the data in the programme"
_REASON = "a rehearsal"
_FOR_LONG = 60.0


@dataclass(frozen=True, slots=True)
class Act:
    """One act. Without `look` it leaves no trace that a person's step could be told by: the control does it."""

    do: Callable[[Room, Member, Given], str]
    look: Callable[[Room, Member, Given], Mapping[str, str]] | None = None
    bind: Callable[[Room, Member, Given, str], None] | None = None


def _begin(room: Room, member: Member, given: Given) -> str:
    begun = member.node.begin_dossier(given["procedure"], room.filled(given["answers"]))
    room.dossiers[given["as"]] = begun.number
    return begun.entry


def _begun(_room: Room, member: Member, given: Given) -> Mapping[str, str]:
    return {one.number: one.number for one in member.node.dossiers(procedure=given["procedure"])}


def _bind_dossier(room: Room, _member: Member, given: Given, name: str) -> None:
    room.dossiers[given["as"]] = name


def _write(room: Room, member: Member, given: Given) -> str:
    number = room.dossiers[given["dossier"]]
    return member.node.write_dossier(number, room.filled(given["answers"])).entry


def _take(room: Room, member: Member, given: Given) -> str:
    number, step = room.dossiers[given["dossier"]], given["step"]
    with suppress(Unreachable):  # not offered in time: the node itself says why when it is taken all the same
        room.wait_for(
            lambda: member.node.dossier(number), lambda seen: step in seen.may_take or not room.link, room.patience
        )
    answers = room.filled(given["answers"]) if "answers" in given else None
    taken = member.node.take_dossier_step(number, step, answers=answers, reason=given.get("reason", ""))
    return next((one.entry for one in reversed(taken.steps) if one.step == step), taken.entry)


def _taken(room: Room, member: Member, given: Given) -> Mapping[str, str]:
    steps = member.node.dossier(room.dossiers[given["dossier"]]).steps
    return {str(one.position): one.entry for one in steps if one.step == given["step"]}


def _seal(room: Room, member: Member, given: Given) -> str:
    nation = room.nation
    label = Label(nation=nation, level=given["level"], audience=("USA", "IND"))
    folder = room.troupe.stage.folder / "documents"
    folder.mkdir(parents=True, exist_ok=True)
    document = marked_as(data_series(folder), *marks_of(label, nation))
    stated = Announcement(
        title=document.title,
        file_name=document.path.name,
        media_type=document.media_type,
        programme=room.troupe.programme,
        label=label,
        export_controlled=True,
    )
    item = member.node.seal(document.path, stated)
    room.items[given["as"]] = SealedItem(item.id, item.uuid, nation)
    return item.entry


def _sealed(room: Room, member: Member, _given: Given) -> Mapping[str, str]:
    own = room.nation
    return {one.id: one.uuid for one in member.node.items() if one.originator == own}


def _bind_item(room: Room, member: Member, given: Given, name: str) -> None:
    found = next(one for one in member.node.items() if one.uuid == name)
    room.items[given["as"]] = SealedItem(found.id, found.uuid, room.nation)


def _ask(room: Room, member: Member, given: Given) -> str:
    to, item = room.troupe.companies[given["to"]], room.items[given["item"]]
    readers = [(room.member(reader).person, _NEEDS_IT) for reader in given["readers"]]
    asked = member.node.request_release(
        item.id, to.cast.nation, to.facility, readers, _PURPOSE, mode=given.get("mode", "live")
    )
    room.cases[given["as"]] = Case(asked.id, asked.number, item)
    return asked.entry


def _asked(room: Room, member: Member, given: Given) -> Mapping[str, str]:
    item = room.items[given["item"]]
    return {one.id: one.id for one in member.node.cases() if one.item.id == item.id}


def _bind_case(room: Room, member: Member, given: Given, name: str) -> None:
    found = member.node.case(name)
    room.cases[given["as"]] = Case(found.id, found.number, room.items[given["item"]])


def _decide(room: Room, member: Member, given: Given) -> str:
    case = room.cases[given["case"]]
    accepts = [gate.gate for gate in member.node.case(case.id).gates if gate.unconfirmed]
    return member.node.decide_case(case.id, given["outcome"], _REASON, accepts).entry


def _decided(room: Room, member: Member, given: Given) -> Mapping[str, str]:
    seen = member.node.case(room.cases[given["case"]].id)
    return {"decided": seen.entry} if seen.decided_at is not None else {}


def _accept(room: Room, member: Member, given: Given) -> str:
    case = room.cases[given["case"]]
    arrival = room.wait_for(lambda: room.arrival(member, case), bool)
    seen = member.node.arrival(arrival)
    accepts = {gate.gate for gate in (*seen.gates, *seen.co_release_gates) if gate.unconfirmed}
    done = member.node.decide_arrival(arrival, given.get("outcome", "accept"), _REASON, sorted(accepts))
    _await_case(room, case, ("accepted", "refused", "returned"))
    return done.entry


def _accepted(room: Room, member: Member, given: Given) -> Mapping[str, str]:
    seen = _arrived(room, member, given)
    return {"decided": seen.entry} if seen.decided_at is not None else {}


def _open(room: Room, member: Member, given: Given) -> str:
    item = _item_of(room, member, given)
    target = room.troupe.stage.folder / "opened.part"
    target.unlink(missing_ok=True)
    try:
        member.node.open_item(item, target)
    finally:
        target.unlink(missing_ok=True)
    return _opening(member, item)


def _opened(room: Room, member: Member, given: Given) -> Mapping[str, str]:
    entry = _opening(member, _item_of(room, member, given))
    return {entry: entry} if entry else {}


def _withdraw(room: Room, member: Member, given: Given) -> str:
    case = room.cases[given["case"]]
    return member.node.withdraw_release(case.id, _REASON).entry


def _withdrawn(room: Room, member: Member, given: Given) -> Mapping[str, str]:
    seen = member.node.case(room.cases[given["case"]].id)
    return {"withdrawn": seen.entry} if seen.withdrawn_at is not None else {}


def _dispose(room: Room, member: Member, given: Given) -> str:
    case = room.cases[given["case"]]
    arrival = room.arrival(member, case)
    room.wait_for(lambda: member.node.arrival(arrival), lambda seen: seen.state == "withdrawn" or not room.link)
    return member.node.record_disposition(arrival, given["outcome"], _REASON).entry


def _disposed(room: Room, member: Member, given: Given) -> Mapping[str, str]:
    seen = _arrived(room, member, given)
    return {seen.disposition: seen.entry} if seen.disposition else {}


def _suspend(room: Room, member: Member, given: Given) -> str:
    return member.node.suspend(given["kind"], room.subject(given), _REASON).entry


def _reinstate(room: Room, member: Member, given: Given) -> str:
    return member.node.reinstate(given["kind"], room.subject(given), _REASON).entry


def _suspended(room: Room, member: Member, given: Given) -> Mapping[str, str]:
    return {"suspended": ""} if _is_suspended(room, member, given) else {}


def _reinstated(room: Room, member: Member, given: Given) -> Mapping[str, str]:
    return {} if _is_suspended(room, member, given) else {"reinstated": ""}


def _assure(room: Room, member: Member, given: Given) -> str:
    other = "IND" if room.nation == "USA" else "USA"
    until = room.now + timedelta(days=given["days"])
    return member.node.give_assurance(given["kind"], room.subject(given), other, until).entry


def _assured(room: Room, member: Member, given: Given) -> Mapping[str, str]:
    subject = room.subject(given)
    given_now = [one for one in member.node.assurances() if one.direction == "given" and one.subject == subject]
    return {one.id: one.id for one in given_now}


def _renew(_room: Room, member: Member, _given: Given) -> str:
    entry, newest = "", _newest_given(member)
    for one in newest.values():
        if one.status == "valid":
            entry = member.node.renew_assurance(one.id).entry
    return entry


def _renewed(_room: Room, member: Member, _given: Given) -> Mapping[str, str]:
    newest = _newest_given(member)
    oldest = min((str(one.status_at) for one in newest.values() if one.status == "valid"), default="")
    return {oldest: oldest}


def _authorise(room: Room, member: Member, given: Given) -> str:
    known = sum(one.kind == given["kind"] for one in member.node.authorisations())
    item = room.items[given["item"]].id if "item" in given else ""
    return room.troupe.authorise(member, room.nation, given["kind"], f"{known + 1:04}", item)


def _authorised(_room: Room, member: Member, given: Given) -> Mapping[str, str]:
    return {one.id: one.id for one in member.node.authorisations() if one.kind == given["kind"]}


def _unauthorise(_room: Room, member: Member, given: Given) -> str:
    entry = ""
    for one in member.node.authorisations():
        if one.kind == given["kind"] and one.withdrawn_at is None:
            entry = member.node.withdraw_authorisation(one.id, _REASON).entry
    return entry


def _unauthorised(_room: Room, member: Member, given: Given) -> Mapping[str, str]:
    every = [one for one in member.node.authorisations() if one.kind == given["kind"]]
    return {one.id: one.id for one in every if one.withdrawn_at is not None}


def _assign(room: Room, member: Member, given: Given) -> str:
    return member.node.assign_member(room.troupe.programme, room.member(given["person"]).person, _REASON).entry


def _assigned(room: Room, member: Member, given: Given) -> Mapping[str, str]:
    person = room.member(given["person"]).person
    members = {one for programme in member.node.programmes() for one in programme.members}
    return {person: person} if person in members else {}


ACTS: Final[Mapping[str, Act]] = {
    "begin": Act(_begin, _begun, _bind_dossier),
    "write": Act(_write),
    "take": Act(_take, _taken),
    "seal": Act(_seal, _sealed, _bind_item),
    "ask": Act(_ask, _asked, _bind_case),
    "decide": Act(_decide, _decided),
    "accept": Act(_accept, _accepted),
    "open": Act(_open, _opened),
    "withdraw": Act(_withdraw, _withdrawn),
    "dispose": Act(_dispose, _disposed),
    "suspend": Act(_suspend, _suspended),
    "reinstate": Act(_reinstate, _reinstated),
    "assure": Act(_assure, _assured),
    "renew": Act(_renew, _renewed),
    "authorise": Act(_authorise, _authorised),
    "unauthorise": Act(_unauthorise, _unauthorised),
    "assign": Act(_assign, _assigned),
}
"""The acts of people. Those of the exercise control are the run's own (`relto.rehearsal.exercise`)."""


def _item_of(room: Room, member: Member, given: Given) -> str:
    """The id, at her own node, of what a case is about, as its reader finds it among her items."""
    uuid = room.cases[given["case"]].item.uuid
    for one in member.node.items():
        if one.uuid == uuid:
            return one.id
    raise NotAvailable("item", field="case", expected="an item that she may see")


def _arrived(room: Room, member: Member, given: Given) -> ArrivalDetail:
    return member.node.arrival(room.arrival(member, room.cases[given["case"]]))


def _await_case(room: Room, case: Case, states: tuple[str, ...]) -> None:
    """Where the link works: until the giver's node has the receipt."""
    if room.link:
        officer = room.troupe.of(case.item.nation, "release_officer")
        room.wait_for(lambda: officer.node.case(case.id).state, lambda state: state in states, _FOR_LONG)


def _opening(member: Member, item: str) -> str:
    latest = member.node.item(item).last_opening
    return latest.entry if latest is not None else ""


def _is_suspended(room: Room, member: Member, given: Given) -> bool:
    subject = room.subject(given)
    if given["kind"] == "facility":
        return any(one.code == subject and one.suspended_at is not None for one in member.node.facilities())
    return any(one.person == subject and one.suspended_at is not None for one in member.node.people())


def _newest_given(member: Member) -> dict[str, Any]:
    newest: dict[str, Any] = {}
    for one in member.node.assurances():
        if one.direction == "given":
            held = newest.setdefault(one.subject, one)
            newest[one.subject] = max(held, one, key=lambda each: each.status_at)
    return newest
