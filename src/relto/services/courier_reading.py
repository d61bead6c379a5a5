"""Read a courier bundle into quarantine: everything is checked before anything of it counts.

Rules kept here:
 1. In this order: the form of the manifest; its signature by the partner's node key of the agreement bundle; the pair
    of nations; its number in the chain; what it says of us; then each file, while it streams, by name, place, size and
    SHA-384; then the end. The first thing that does not hold refuses the bundle whole, by name, and nothing is kept.
 2. Small files are in memory until all of it was checked (their sum is bounded), then in the database, sealed as they
    came. A payload goes where payloads of the link go: unclaimed until a message that was taken speaks of it. What is
    held of it already is not written again.
 3. A whole bundle becomes one row with its files and an entry in the ledger, in one step. A bundle that was read before
    is checked again and changes nothing; of a held one, payloads that went missing meanwhile are filled in.
 4. Nothing is opened here: whoever reads a medium in reads no message (the worker takes it; see courier_taking).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from relto.base.errors import Conflict, MalformedInput, NotVerified, ReltoError, TooLarge
from relto.exchange.courier import Carried, CarriedFile, Manifest, Verdict, read_manifest, stated_manifest, verdict_on
from relto.exchange.courier_file import CourierReader
from relto.ledger.leaves import LeafEvent
from relto.procedures.actors import Actor
from relto.services.active_bundle import active
from relto.services.book import enter
from relto.services.courier_view import MAKERS, CourierView, view_of
from relto.services.house import House
from relto.services.sending import IN, OUT, locked_channel
from relto.store.models import CourierBundle, CourierFile
from relto.store.queries import courier
from relto.store.queries.channels import channel_state

MOST_HELD = 16


def read_bundle(house: House, actor: Actor, chunks: Iterator[bytes]) -> CourierView:
    """Take a bundle's stream into quarantine (operator).

    Raises Refused("role"), MalformedInput("courier..."), TooLarge, NotVerified for what is no bundle of a partner for
    this node, Conflict("courier.other_digest", "courier.other_previous", "courier.ahead") for what contradicts it or
    us, Conflict("courier.too_many"), Unreachable when there is no room or the node may not act.
    """
    actor.require(*MAKERS)
    house.standing.require_own()
    reader = CourierReader(chunks)
    note = reader.manifest()
    manifest = _verified(house, note)
    verdict = _verdict(manifest)
    _check_acknowledged(manifest)
    stored = verdict is not Verdict.REPEAT or _is_held(manifest)
    small: dict[str, bytes] = {}
    written: list[str] = []
    try:
        for file in manifest.files:
            if file.kind is Carried.PAYLOAD:
                _read_payload(house, reader, file, written if stored else None)
            else:
                small[file.name] = _read_small(reader, file)
        reader.end()
    except ReltoError:
        for sha256 in written:
            _forget(house, sha256)
        raise
    return house.commit(lambda: _keep(house, actor, manifest, note, small))


def _verified(house: House, note: bytes) -> Manifest:
    """The manifest, signed for us by a partner of the agreement in force."""
    sender = stated_manifest(note).sender
    party = active(house).parties.get(sender)
    if party is None or sender == house.nation:
        raise NotVerified("courier.sender", field="from", found=sender, expected="a partner of the agreement in force")
    return read_manifest(note, sender=sender, recipient=house.nation, trusted=party.node_keys)


def _verdict(manifest: Manifest) -> Verdict:
    chain = courier.chain_in(manifest.sender)
    row = courier.bundle_row(manifest.sender, courier.IN, manifest.number)
    verdict = verdict_on(
        manifest, known=row.digest if row else None, expected=chain.expected, last_digest=chain.last_digest
    )
    if verdict is Verdict.EARLY:
        held = CourierBundle.objects.filter(partner=manifest.sender, direction=courier.IN, state=courier.HELD).count()
        if held >= MOST_HELD:
            raise Conflict("courier.too_many", field="number", found=held, expected=str(chain.expected))
    return verdict


def _is_held(manifest: Manifest) -> bool:
    row = courier.bundle_row(manifest.sender, courier.IN, manifest.number)
    return row is not None and row.state == courier.HELD


def _check_acknowledged(manifest: Manifest) -> None:
    """The partner cannot have taken what we never made: then our records are behind (promise 11)."""
    ours = courier.bundle_row(manifest.sender, courier.OUT, manifest.taken) if manifest.taken else None
    knows = not manifest.taken or (ours is not None and ours.digest == manifest.taken_digest)
    sent, received = channel_state(manifest.sender, OUT)[0], channel_state(manifest.sender, IN)[0]
    if not knows or manifest.awaited > sent or manifest.settled > received:
        raise Conflict("courier.ahead", field="number", found=manifest.number, expected="what this node remembers")


def _read_small(reader: CourierReader, file: CarriedFile) -> bytes:
    data = b"".join(reader.file(file))
    if hashlib.sha384(data).hexdigest() != file.sha384:
        raise NotVerified("courier.digest", field=file.name, expected="the bytes that the manifest names")
    return data


def _read_payload(house: House, reader: CourierReader, file: CarriedFile, written: list[str] | None) -> None:
    """Check a payload while it streams; with `written`, keep what is not held yet and note that in it."""
    digest = hashlib.sha384()
    held = house.blobs.partial_size(file.sha256) if written is not None else file.size
    if held > file.size:
        raise MalformedInput("courier.file", field=file.name, found=file.size, expected=f"{held} bytes, as held here")

    def checked(skip: int) -> Iterator[bytes]:
        for piece in reader.file(file):
            digest.update(piece)
            rest = piece[min(skip, len(piece)) :]
            skip -= len(piece) - len(rest)
            if rest:
                yield rest

    if written is None or held == file.size:
        for _ in checked(file.size):
            raise TooLarge("payload", field=file.name, expected=f"{file.size} bytes")
    else:
        try:
            house.blobs.append_partial(file.sha256, held, checked(held), file.size)
        except Conflict:  # the link is at it: what it wrote is not ours to remove
            raise
        except ReltoError:
            written.append(file.sha256)
            raise
        written.append(file.sha256)
    if digest.hexdigest() != file.sha384:
        raise NotVerified("courier.digest", field=file.name, expected="the bytes that the manifest names")


def _forget(house: House, sha256: str) -> None:
    """Remove what a refused bundle left of a payload; nobody refers to it, or the claim keeps it."""
    if courier.wanted_payload(sha256):
        return
    try:
        with house.blobs.arrival(sha256) as held:
            held.remove()
    except ReltoError:  # somebody else is at it: the sweep comes again
        return


def _keep(house: House, actor: Actor, manifest: Manifest, note: bytes, small: dict[str, bytes]) -> CourierView:
    partner = manifest.sender
    locked_channel(partner, IN)
    if _verdict(manifest) is Verdict.REPEAT:
        return view_of(CourierBundle.objects.get(partner=partner, direction=courier.IN, number=manifest.number))
    at = house.now()
    row = CourierBundle.objects.create(
        partner=partner,
        direction=courier.IN,
        number=manifest.number,
        digest=manifest.digest,
        note=note,
        created_at=manifest.created,
        expires_at=manifest.expires,
        state=courier.HELD,
        awaited=manifest.awaited,
        settled=manifest.settled,
        cosigned=manifest.cosigned,
        received_at=at,
        run_after=at,
    )
    CourierFile.objects.bulk_create(
        CourierFile(
            bundle=row, position=place, name=file.name, size=file.size, sha384=file.sha384, content=small.get(file.name)
        )
        for place, file in enumerate(manifest.files)
    )
    enter(
        house,
        LeafEvent.COURIER_READ,
        actor=actor.person,
        subject=f"{partner}-{house.nation}/{manifest.number}",
        details={"partner": partner, "number": manifest.number, "files": len(manifest.files), "size": manifest.size},
        links={"manifest_sha384": manifest.digest},
        at=at,
    )
    return view_of(row)
