"""Certificates of the link, of the doors and of the partners (X.509, RFC 5280): whole, in time, with their key."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from relto.base.errors import ReltoError
from relto.base.instants import Instant, instant_text
from relto.node.doctor.case import SOON, Case
from relto.node.doctor.troubles import Trouble
from relto.node.keys import LINK_PASSPHRASE
from relto.node.party import read_party


def look_at_certificates(case: Case) -> Iterator[Trouble]:
    """The link's certificate with its key and authority, and the doors', where they have one."""
    folder = case.folder
    missing = [
        one for one in (folder.link_certificate, folder.link_private_key, folder.link_authority) if not one.is_file()
    ]
    for place in missing:
        yield Trouble("certificate_missing", case.path(place), "a file in PEM")
    if not missing:
        yield from _link(case)
    door, key = folder.door_certificate, folder.door_private_key
    if door.exists() != key.exists():
        absent = key if door.exists() else door
        yield Trouble("door_certificate", case.path(absent), "both halves, or neither behind a terminator of TLS")
    elif door.exists():
        yield from _door(case, door, key)


def _link(case: Case) -> Iterator[Trouble]:
    folder = case.folder
    own, authority = _read(folder.link_certificate), _read(folder.link_authority)
    for place, found in ((folder.link_certificate, own), (folder.link_authority, authority)):
        if found is None:
            yield Trouble("certificate_unreadable", case.path(place), "one certificate in PEM")
    if own is None or authority is None:
        return
    yield from _own_time(case, own)
    left = authority.not_valid_after_utc - case.now()
    if left < SOON:
        said = f"ends {instant_text(authority.not_valid_after_utc)}"
        yield Trouble("authority_ends_soon", case.path(folder.link_authority), "30 days or more ahead", said)
    try:
        own.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):
        yield Trouble("certificate_foreign", case.path(folder.link_certificate), "signed by link/authority.crt")
    if case.secrets is None:
        return
    passphrase = case.secrets.unseal(LINK_PASSPHRASE).hex().encode("ascii")
    public = _public_of(folder.link_private_key, passphrase)
    if public is None:
        yield Trouble(
            "certificate_unreadable", case.path(folder.link_private_key), "PKCS#8 under the sealed passphrase"
        )
    elif public != _spki(own):
        yield Trouble("certificate_key_differs", case.path(folder.link_private_key), "the key of link/node.crt")


def _own_time(case: Case, own: x509.Certificate) -> Iterator[Trouble]:
    thing, now = case.path(case.folder.link_certificate), case.now()
    period = f"{instant_text(own.not_valid_before_utc)} to {instant_text(own.not_valid_after_utc)}"
    if not own.not_valid_before_utc <= now < own.not_valid_after_utc:
        yield Trouble("certificate_expired", thing, f"valid at {instant_text(now)}", period)
    elif own.not_valid_after_utc - now < SOON:
        yield Trouble("certificate_ends_soon", thing, "30 days or more ahead", period)


def _door(case: Case, door: Path, key: Path) -> Iterator[Trouble]:
    found = _read(door)
    public = _public_of(key, None)
    if found is None or public is None:
        yield Trouble(
            "door_certificate", case.path(door if found is None else key), "PEM, the key without a passphrase"
        )
    elif public != _spki(found):
        yield Trouble("door_certificate", case.path(key), "the key of tls/door.crt")
    elif not _holds(found, case.now()):
        yield Trouble("door_certificate", case.path(door), "valid now", instant_text(found.not_valid_after_utc))
    elif not _holds(found, case.now() + SOON):
        said = f"ends {instant_text(found.not_valid_after_utc)}"
        yield Trouble("door_certificate_ends_soon", case.path(door), "30 days or more ahead", said)


def look_at_partners(case: Case) -> Iterator[Trouble]:
    """What was pinned of each partner: a whole record, and the authority of its link as the record has it."""
    places = sorted((case.folder.root / "partners").glob("???.json"))
    if not places and case.settings is not None and case.settings.kind == "live":
        yield Trouble("no_partner", "partners", "the record of each partner, pinned at pairing")
    for place in places:
        try:
            party = read_party(place.read_bytes())
        except (OSError, ReltoError) as error:
            found = error.field if isinstance(error, ReltoError) else None
            yield Trouble("partner_record", case.path(place), "a whole party record", found)
            continue
        pinned = case.folder.partner_link_authority(party.nation)
        try:
            same = pinned.read_text(encoding="ascii") == party.link_authority_pem
        except (OSError, UnicodeDecodeError):
            same = False
        if not same:
            yield Trouble("partner_authority", case.path(pinned), f"the link authority of {case.path(place)}")
            continue
        authority = x509.load_pem_x509_certificate(party.link_authority_pem.encode("ascii"))
        if not _holds(authority, case.now() + SOON):
            said = f"ends {instant_text(authority.not_valid_after_utc)}"
            yield Trouble("authority_ends_soon", case.path(pinned), "30 days or more ahead", said)


def _read(place: Path) -> x509.Certificate | None:
    try:
        return x509.load_pem_x509_certificate(place.read_bytes())
    except (OSError, ValueError):
        return None


def _spki(found: x509.Certificate) -> bytes:
    return found.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _public_of(place: Path, passphrase: bytes | None) -> bytes | None:
    try:
        key = load_pem_private_key(place.read_bytes(), passphrase)
    except (OSError, ValueError, TypeError):
        return None
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _holds(found: x509.Certificate, at: Instant) -> bool:
    return found.not_valid_before_utc <= at < found.not_valid_after_utc
