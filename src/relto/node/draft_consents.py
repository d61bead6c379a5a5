"""Consents of originators to what a draft loosens, stated while it is drafted: both authorities sign them with it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from relto.base.canonical import Json, canonical_bytes
from relto.base.errors import Conflict, MalformedInput
from relto.base.nations import Nation, read_nation
from relto.rules.bundle import read_rules
from relto.rules.loosenings import LOOSENINGS, Consent, Piece, loosenings_file
from relto.rules.manifest import read_proposed, unsigned_file
from relto.rules.proving.pieces import pieces_of
from relto.rules.proving.rule_set import rule_set_of
from relto.rules.shapes import check_shape, read_shape

_FORM = "NATION KIND KEY because REASON, such as IND equivalent IND:RESTRICTED>USA because both agreed it"


def with_consents(draft: bytes, consents: Sequence[str]) -> bytes:
    """The unsigned draft with these consents added, each to a piece as this draft has it.

    Raises MalformedInput for a consent of another form, of a nation that is no party, or to a piece consented to
    before: a draft that could not be read again is never made. Conflict("bundle.signed") when somebody has signed.
    """
    if "proposal" not in read_shape(draft, "bundle-file", field="bundle"):
        raise Conflict("bundle.signed", field="bundle", expected="a draft that nobody has signed")
    body, files = read_proposed(draft)
    rules = read_rules(draft)
    pieces = {piece.name: piece for piece in pieces_of(rule_set_of(rules))}
    stated = [*rules.consents, *(_read(consent, pieces, rules.parties) for consent in consents)]
    if len({(one.originator, one.piece.name) for one in stated}) != len(stated):
        raise MalformedInput("consents.doubled", field="consent", expected="one consent of an originator to a piece")
    value = loosenings_file(stated)
    check_shape(value, "loosenings", field=LOOSENINGS)
    proposal: dict[str, Json] = {name: member for name, member in body.items() if name != "files"}
    return unsigned_file({**files, LOOSENINGS: canonical_bytes(value).decode("utf-8")}, proposal)


def _read(consent: str, pieces: Mapping[tuple[str, str], Piece], parties: Collection[Nation]) -> Consent:
    what, _, reason = consent.partition(" because ")
    nation, _, rest = what.strip().partition(" ")
    kind, _, key = rest.strip().partition(" ")
    if not (key and reason.strip()):
        raise MalformedInput("consents.form", field="consent", found=consent[:120], expected=_FORM)
    named = kind, key.strip()
    piece = pieces.get(named, Piece(*named, None))
    originator = read_nation(nation, field="consent")
    if originator not in parties:
        expected = " or ".join(sorted(parties))
        raise MalformedInput("consents.originator", field="consent", found=nation, expected=expected)
    return Consent(originator, piece, reason.strip())
