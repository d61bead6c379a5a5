"""Make a courier bundle for a partner, and give its bytes again as often as a medium is lost.

Rules kept here:
 1. A bundle carries what no earlier one carried: messages without a final answer, in order, each with its payload. A
    lost bundle is given again, byte for byte; with `again` all messages without a final answer go in a new one.
 2. Beside them go this node's answers to the partner's messages, from the first that the partner has not settled; the
    newest checkpoint, proofs of the entries behind the receipts, a request to cosign, and the cosignature asked for.
 3. Messages and answers are sealed for the partner's key service before they are stored or given out: whoever makes or
    carries the bundle reads numbers and sizes, no title, name or reason (design section 1: the operator has no content
    path).
 4. The row, its files and the ledger entry are one step; what it carries is still sent by the link as well: the
    receiver takes each message once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from relto.base.canonical import Json
from relto.base.errors import Conflict, MalformedInput, NotAvailable, UnknownValue
from relto.base.nations import Nation, read_nation
from relto.exchange.courier import (
    LARGEST_SMALL_TOTAL,
    LARGEST_TOTAL,
    MANIFEST,
    MOST_FILES,
    MOST_PAYLOADS,
    SEAL_BYTES,
    SEALED,
    Carried,
    CarriedFile,
    Manifest,
    file_name,
    write_manifest,
)
from relto.exchange.courier_file import END, member, stream_size
from relto.ledger.leaves import LeafEvent
from relto.ports.log_files import LogFiles
from relto.procedures.actors import Actor
from relto.rules.parties import Party
from relto.sealing.courier_key import KEY_BYTES, courier_policy, seal_file, wrap_courier_key
from relto.sealing.strength import strongest
from relto.services.active_bundle import active
from relto.services.book import enter
from relto.services.courier_proofs import own_checkpoint_files, witness_request
from relto.services.courier_view import MAKERS, CourierView, view_of
from relto.services.house import House
from relto.services.sending import IN, OUT, locked_channel
from relto.store.models import CosignedLog, CourierBundle, CourierFile, InboxMessage, OutboxMessage
from relto.store.queries import courier
from relto.store.queries.channels import channel_state, first_unsettled

DAYS = 30
MOST_DAYS = 366
_MOST_ANSWERS = 128
_MOST_MESSAGES = 256
# For what goes beside the messages: answers of some kilobytes, and proofs, each with a cosigned checkpoint.
_RESERVED = 16 * 1024 * 1024
_RESERVED_FILES = 2 * _MOST_ANSWERS + 8


@dataclass(slots=True)
class _Load:
    """What a bundle will carry, while it is gathered: (kind, what about, bytes), and the payloads."""

    small: list[tuple[Carried, int | str, bytes]] = field(default_factory=list)
    payloads: list[OutboxMessage] = field(default_factory=list)
    last_message: int = 0
    size: int = 0

    def fits(self, small: int, payload: int) -> bool:
        """True while another file of this size, and a payload, stay within the bounds of a bundle."""
        held = sum(len(data) + SEAL_BYTES for _, _, data in self.small)
        return (
            held + small + SEAL_BYTES <= LARGEST_SMALL_TOTAL - _RESERVED
            and len(self.small) + len(self.payloads) + 2 <= MOST_FILES - _RESERVED_FILES
            and (not payload or len(self.payloads) < MOST_PAYLOADS)
            and self.size + payload <= LARGEST_TOTAL
        )

    def add(self, kind: Carried, about: int | str, data: bytes) -> None:
        """One small file."""
        self.small.append((kind, about, data))


def make_bundle(
    house: House, actor: Actor, partner: str, *, files: LogFiles, days: int = DAYS, again: bool = False
) -> CourierView:
    """Make the next courier bundle for `partner` (operator). `days`: until its medium must be returned or destroyed.

    Raises Refused("role"), UnknownValue("nation"), Conflict("no_agreement"), Conflict("courier.nothing") when nothing
    waits, MalformedInput("courier.days"), Unreachable while the node may not act.
    """
    actor.require(*MAKERS)
    house.standing.require_own()
    if not 1 <= days <= MOST_DAYS:
        raise MalformedInput("courier.days", field="days", found=days, expected=f"1 to {MOST_DAYS}")
    party = active(house).parties.get(Nation(partner))
    if party is None or party.nation == house.nation:
        raise UnknownValue("nation", field="partner", expected="a partner of the agreement in force")
    # Hashed before the step: the blob of a payload never changes, and hashing gibibytes must not keep others waiting.
    digests = {row.payload_sha256: _payload_digest(house, row) for row in _gather(party, files, again=again).payloads}
    return house.commit(lambda: _made(house, actor, party, files, digests, timedelta(days=days), again=again))


def _made(  # noqa: PLR0917  what one bundle is made of
    house: House,
    actor: Actor,
    party: Party,
    files: LogFiles,
    digests: Mapping[str, str],
    lasting: timedelta,
    *,
    again: bool,
) -> CourierView:
    partner = party.nation
    locked_channel(partner, OUT)
    load = _gather(party, files, digests, again=again)
    chain, at = courier.chain_out(partner), house.now()
    key = house.entropy.random_bytes(KEY_BYTES)
    rows = _sealed_rows(key, load) + [_payload_row(message, digests) for message in load.payloads]
    taken = courier.newest_taken(partner)
    manifest = Manifest(
        sender=house.nation,
        recipient=partner,
        number=chain.expected,
        previous=chain.last_digest,
        created=at,
        expires=at + lasting,
        awaited=channel_state(partner, IN)[0],
        settled=first_unsettled(partner),
        taken=taken.number if taken else 0,
        taken_digest=taken.digest if taken else "",
        cosigned=_cosigned(party),
        key=_wrapped(house, party, key, chain.expected),
        files=tuple(CarriedFile(row.name, row.size, row.sha384) for row in rows),
    )
    note, digest = write_manifest(manifest, house.node_key)
    bundle = CourierBundle.objects.create(
        partner=partner,
        direction=courier.OUT,
        number=manifest.number,
        digest=digest,
        note=note,
        created_at=at,
        expires_at=manifest.expires,
        state=courier.MADE,
        awaited=manifest.awaited,
        settled=manifest.settled,
        cosigned=manifest.cosigned,
        last_message=max(load.last_message, courier.carried_up_to(partner)),
    )
    for position, row in enumerate(rows):
        row.bundle, row.position = bundle, position
    CourierFile.objects.bulk_create(rows)
    enter(
        house,
        LeafEvent.COURIER_MADE,
        actor=actor.person,
        subject=f"{house.nation}-{partner}/{manifest.number}",
        details={"partner": partner, "number": manifest.number, "files": len(rows), "size": manifest.size},
        links={"manifest_sha384": digest},
        at=at,
    )
    return view_of(bundle)


def _gather(party: Party, files: LogFiles, digests: Mapping[str, str] | None = None, *, again: bool) -> _Load:
    """What the next bundle carries; with `digests`, up to the first payload that is not among them."""
    partner, load = party.nation, _Load()
    for message in courier.waiting_messages(partner, 0 if again else courier.carried_up_to(partner))[:_MOST_MESSAGES]:
        envelope = bytes(message.envelope)
        known = digests is None or not message.payload_sha256 or message.payload_sha256 in digests
        if not known or not load.fits(len(envelope), message.payload_size):
            break
        load.add(Carried.MESSAGE, message.sequence, envelope)
        load.last_message = message.sequence
        load.size += len(envelope) + message.payload_size
        if message.payload_sha256 and all(one.payload_sha256 != message.payload_sha256 for one in load.payloads):
            load.payloads.append(message)
    proven = _add_answers(partner, load)
    _add_evidence(party, files, load, proven)
    carries = {kind for kind, _, _ in load.small} - {Carried.CHECKPOINT, Carried.PROOF}
    if not carries:
        raise Conflict("courier.nothing", field="partner", found=partner, expected="something that waits for it")
    return load


def _add_answers(partner: Nation, load: _Load) -> list[InboxMessage]:
    """Our answers from the first that the partner says it has not settled, when it uses couriers at all."""
    taken = courier.newest_taken(partner)
    if taken is None:
        return []
    rows = InboxMessage.objects.filter(partner=partner, sequence__gte=taken.settled).order_by("sequence")
    answered = list(rows[:_MOST_ANSWERS])
    for row in answered:
        load.add(Carried.ANSWER, row.sequence, bytes(row.answer))
    return answered


def _add_evidence(party: Party, files: LogFiles, load: _Load, answered: list[InboxMessage]) -> None:
    note, proofs = own_checkpoint_files(files, [(row.sequence, row.message) for row in answered])
    if note:
        load.add(Carried.CHECKPOINT, "", note)
    for sequence, proof in proofs:
        load.add(Carried.PROOF, sequence, proof)
    taken = courier.newest_taken(party.nation)
    request = witness_request(files, party, taken.cosigned if taken else 0)
    if request:
        load.add(Carried.WITNESS_REQUEST, "", request)
    if taken is not None and taken.witness_answer:
        load.add(Carried.WITNESS_ANSWER, "", bytes(taken.witness_answer))


def _cosigned(party: Party) -> int:
    row = CosignedLog.objects.filter(origin=party.log_origin).first()
    return row.size if row else 0


def _wrapped(house: House, party: Party, key: bytes, number: int) -> dict[str, Json]:
    algorithm = strongest(one.algorithm for one in party.kas_keys)
    chosen = next((one for one in party.kas_keys if one.algorithm == algorithm), None)
    if chosen is None:
        raise UnknownValue("key.algorithm", field="key", expected="a wrapping key of the partner that this node knows")
    return wrap_courier_key(
        key,
        pem=chosen.pem,
        kid=chosen.kid,
        url=party.kas_url,
        policy_text=courier_policy(house.nation, party.nation, number),
        random=house.entropy.random_bytes,
    )


def _sealed_rows(key: bytes, load: _Load) -> list[CourierFile]:
    rows: list[CourierFile] = []
    for place, (kind, about, data) in enumerate(load.small):
        name = file_name(kind, about)
        content = seal_file(key, place, name, data) if kind in SEALED else data
        digest = hashlib.sha384(content).hexdigest()
        rows.append(CourierFile(name=name, size=len(content), sha384=digest, content=content))
    return rows


def _payload_digest(house: House, message: OutboxMessage) -> str:
    """The SHA-384 of a payload. Raises NotAvailable when its blob was removed."""
    digest = hashlib.sha384()
    for chunk in house.blobs.read_range(message.payload_blob, message.payload_offset, message.payload_size):
        digest.update(chunk)
    return digest.hexdigest()


def _payload_row(message: OutboxMessage, digests: Mapping[str, str]) -> CourierFile:
    return CourierFile(
        name=file_name(Carried.PAYLOAD, message.payload_sha256),
        size=message.payload_size,
        sha384=digests[message.payload_sha256],
        payload_blob=message.payload_blob,
        payload_offset=message.payload_offset,
    )


def bundle_stream(house: House, actor: Actor, partner: str, number: int) -> tuple[int, Iterator[bytes]]:
    """(size, chunks) of a bundle that was made, the same bytes each time (operator). Raises NotAvailable("courier")."""
    actor.require(*MAKERS)
    house.standing.require_own()
    row = courier.bundle_row(read_nation(partner, field="partner"), courier.OUT, number)
    if row is None:
        raise NotAvailable("courier", field="number")
    note, files = bytes(row.note), courier.files_of(row)
    return stream_size(len(note), (file.size for file in files)), _chunks(house, note, files)


def _chunks(house: House, note: bytes, files: list[CourierFile]) -> Iterator[bytes]:
    yield from member(MANIFEST, len(note), [note])
    for file in files:
        if file.content is not None:
            yield from member(file.name, file.size, [bytes(file.content)])
        else:
            pieces = house.blobs.read_range(file.payload_blob, file.payload_offset, file.size)
            yield from member(file.name, file.size, pieces)
    yield END
