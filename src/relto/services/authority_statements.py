"""What an authority states beside the bundles, signed offline with its key: a co-chair submits it, the node checks it.

Three kinds: it confirms a rule, it rotates its key, it says which bundle is the newest (relto.rules.confirmations,
authority_keys, freshness). Each takes effect at the node that accepts it, so it is submitted at both. A statement that
does not hold changes nothing; that it was tried is recorded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from relto.base.canonical import read_object, sha256_hex
from relto.base.errors import Conflict, MalformedInput, ReltoError
from relto.base.instants import Instant, read_instant
from relto.base.nations import Nation, read_nation
from relto.ledger.leaves import LeafEvent
from relto.procedures.actors import Actor, Role
from relto.rules import confirmations, freshness
from relto.rules.authority_keys import signing_key_ids
from relto.rules.bundle import Bundle
from relto.services import active_bundle
from relto.services.authority_trust import CONFIRMATION, FRESHNESS, KINDS, ROTATION, Trust, trust
from relto.services.book import enter
from relto.services.house import House
from relto.signing.envelope import read_envelope
from relto.signing.statements import DEFAULT_MAX_BYTES, read_statement
from relto.store.models import AgreementBundle, AuthorityStatement
from relto.store.queries.governing import newest_statement
from relto.store.queries.narrowing import narrow

SKEW = "link_clock_skew"
_EVENTS = {
    CONFIRMATION: LeafEvent.RULE_CONFIRMED,
    ROTATION: LeafEvent.AUTHORITY_KEY_ROTATED,
    FRESHNESS: LeafEvent.BUNDLE_FRESHNESS_STATED,
}


@dataclass(frozen=True, slots=True)
class StatementView:
    """An accepted statement. `subject`: the rule that it confirms; `citation`: where its authority read it.

    `number`: a rotation's root version, or the highest bundle version of a freshness statement. `counts`: for a
    confirmation whether the bundle in force carries exactly this text; for the others whether it is the newest of its
    authority; never when its key was compromised before it was accepted.
    """

    kind: str
    nation: str
    subject: str
    citation: str
    number: int
    digest: str
    key_id: str
    stated_at: Instant
    accepted_at: Instant
    counts: bool
    entry: str


@dataclass(frozen=True, slots=True)
class _Read:
    kind: str
    nation: Nation
    subject: str
    number: int
    digest: str
    key_id: str
    stated_at: Instant


def submit_statement(house: House, actor: Actor, file: bytes) -> StatementView:
    """Check a statement of an authority and let it take effect here; the same one again answers as before.

    Raises Refused("role"), MalformedInput, UnknownValue, NotVerified("signature", "retired_key"), and Conflict: what
    `rules.authority_keys`, `rules.freshness` raise, and "statement.order" when another was accepted meanwhile.
    """
    actor.require(Role.CO_CHAIR)
    now = house.now()
    known = trust(house)
    try:
        digest = sha256_hex(read_envelope(file, max_bytes=DEFAULT_MAX_BYTES).payload)
        read = None
        if not AuthorityStatement.objects.filter(digest=digest).exists():
            read = _read(known, file, now)
            _check(house, known, file, read, now)
    except ReltoError as error:
        _record_refusal(house, actor, file, error.full_code, now)
        raise
    if read is not None:
        _keep(house, actor, file, read, at=now, latest=known.latest)
    return next(one for one in _views(house, now) if one.digest == digest)


def statements(house: House, actor: Actor) -> list[StatementView]:
    """All accepted statements, newest first; every signed-in person may see what the authorities stated."""
    del actor
    return _views(house, house.now())


def _keep(house: House, actor: Actor, file: bytes, read: _Read, *, at: Instant, latest: int) -> None:
    def step() -> None:
        narrow()
        if newest_statement() != latest:
            expected = "the statements that were accepted when this one was checked"
            raise Conflict("statement.order", field="statement", expected=expected)
        entry = enter(
            house,
            _EVENTS[read.kind],
            actor=actor.person,
            subject=f"{read.nation}/{read.kind}",
            details={"subject": read.subject, "number": read.number},
            links={"statement": read.digest, "key": read.key_id},
            at=at,
        )
        AuthorityStatement.objects.create(
            kind=read.kind,
            nation=read.nation,
            subject=read.subject,
            number=read.number,
            digest=read.digest,
            key_id=read.key_id,
            stated_at=read.stated_at,
            accepted_at=at,
            entry=entry,
            file=file,
        )

    house.commit(step)


def _read(known: Trust, file: bytes, now: Instant) -> _Read:
    """What the statement says, its signatures verified by the keys that are current now."""
    envelope = read_object(file, field="statement", max_bytes=DEFAULT_MAX_BYTES)
    payload = read_object(read_envelope(file, max_bytes=DEFAULT_MAX_BYTES).payload, field="statement")
    kind = KINDS.get(str(payload.get("type")))
    if kind is None:
        raise MalformedInput("statement.kind", field="statement.type", expected=" or ".join(sorted(KINDS)))
    if kind == ROTATION:
        return _read_rotation(known, file, payload)
    known.refuse_retired(signing_key_ids(envelope), now, field="statement")
    keys = known.current(now)
    room = confirmations if kind == CONFIRMATION else freshness
    statement = read_statement(file, kind=room.KIND, versions=room.VERSIONS, trusted=keys.values())
    if kind == CONFIRMATION:
        rule = confirmations.confirmation_of(statement, keys)
        subject = f"{rule.kind}:{rule.subject}"
        return _Read(kind, rule.nation, subject, 0, rule.digest, rule.key_id, rule.stated_at)
    word = freshness.freshness_of(statement, keys)
    return _Read(kind, word.nation, "", word.highest_version, word.digest, word.key_id, word.stated_at)


def _read_rotation(known: Trust, file: bytes, payload: Mapping[str, object]) -> _Read:
    nation = read_nation(payload.get("nation"), field="rotation.nation")
    chain = known.chains.get(nation)
    if chain is None:
        raise Conflict("rotation.nation", field="rotation.nation", found=nation, expected=", ".join(known.chains))
    added = chain.followed_by(file).newest
    since = read_instant(payload.get("effective_from"), field="rotation.effective_from")
    return _Read(ROTATION, nation, "", added.number, added.digest, added.key.key_id, since)


def _check(house: House, known: Trust, file: bytes, read: _Read, now: Instant) -> None:
    """What only the state of this node can say."""
    ruling = active_bundle.active_or_none(house, now)
    if read.kind == CONFIRMATION:
        _check_confirmation(known, ruling, file, read, now)
    if read.kind == FRESHNESS:
        if ruling is None:
            raise Conflict("no_agreement", field="bundle", expected="an agreement bundle signed by both authorities")
        keys = known.current(now)
        statement = read_statement(file, kind=freshness.KIND, versions=freshness.VERSIONS, trusted=keys.values())
        freshness.check_newer(
            freshness.freshness_of(statement, keys),
            agreement=ruling.agreement,
            held=max(AgreementBundle.objects.values_list("version", flat=True), default=0),
            last=known.stated.get(read.nation),
            at=now,
            skew=ruling.limits.duration(SKEW),
        )


def _check_confirmation(known: Trust, ruling: Bundle | None, file: bytes, read: _Read, now: Instant) -> None:
    skew = ruling.limits.duration(SKEW) if ruling is not None else timedelta()
    if read.stated_at > now + skew:
        raise Conflict("confirmation.future", field="confirmation.stated_at", expected="an instant that has passed")
    if ruling is None:
        return
    rule = confirmations.read_confirmation(file, known.current(now))
    texts = confirmations.rule_texts(ruling.texts, ruling.provisions, ruling.policies)
    for text in texts.get((rule.kind, rule.subject), ()):
        if text.digest == rule.text_digest and text.nation not in (None, rule.nation):
            expected = f"{text.nation}'s authority"
            raise Conflict("confirmation.nation", field="confirmation.nation", found=rule.nation, expected=expected)


def _views(house: House, now: Instant) -> list[StatementView]:
    known = trust(house)
    ruling = active_bundle.active_or_none(house, now)
    held = confirmations.rule_texts(ruling.texts, ruling.provisions, ruling.policies) if ruling else {}
    digests = {(*place, text.digest) for place, texts in held.items() for text in texts if not text.is_gap}
    rules = {one.digest: one for _, one in known.confirmed}
    newest = {one.digest for one in known.stated.values()} | {one.newest.digest for one in known.chains.values()}
    views = []
    for row in AuthorityStatement.objects.filter(id__lte=known.latest).order_by("-id"):
        rule = rules.get(row.digest)
        counts = row.digest in newest
        if rule is not None:
            trusted = known.chains[rule.nation].trusts(rule.key_id, row.accepted_at)
            counts = trusted and (rule.kind, rule.subject, rule.text_digest) in digests
        views.append(
            StatementView(
                kind=row.kind,
                nation=row.nation,
                subject=row.subject,
                citation=rule.citation if rule else "",
                number=row.number,
                digest=row.digest,
                key_id=row.key_id,
                stated_at=row.stated_at,
                accepted_at=row.accepted_at,
                counts=counts,
                entry=row.entry,
            )
        )
    return views


def _record_refusal(house: House, actor: Actor, file: bytes, code: str, now: Instant) -> None:
    def step() -> None:
        enter(
            house,
            LeafEvent.STATEMENT_REFUSED,
            actor=actor.person,
            subject="statement",
            details={"code": code},
            links={"file": sha256_hex(file)},
            at=now,
        )

    house.commit(step)
