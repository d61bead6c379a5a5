"""An authority confirms a rule by signature: it holds the text, and says that the bundle's words are what it says.

Rules enforced here (design.md section 6; domain.md 0.1, 0.4):
 1. A confirmation names one provision, limit or equivalence row by its id and the SHA-256 of its exact text. It counts
    for a bundle only while that bundle's text has this digest: a rule that changed has to be confirmed again.
 2. A nation's provision is confirmed by that nation's authority alone. What binds both (a bilateral provision, a limit,
    an equivalence row) is confirmed when every party's authority confirmed it; one signature changes nothing there.
 3. A gap has no text, so nobody confirms it: the rule itself comes in a later bundle.
 4. The statement carries both signatures of the authority's key (relto.signing.statements). Whose key counts comes from
    outside.
The text of a rule is its record without `evidence`, `confirmed` and `note`, which say how well we know it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from relto.base.canonical import Json, canonical_bytes, read_object, sha256_hex
from relto.base.errors import Conflict, MalformedInput, NotVerified
from relto.base.instants import Instant, instant_text, read_instant
from relto.base.nations import Nation, read_nation
from relto.labels.policy import PolicySet
from relto.rules.provisions import BILATERAL, Provision
from relto.rules.shapes import check_shape
from relto.signing.keys import StatementKey, StatementPublicKey
from relto.signing.statements import Statement, read_statement, sign_statement

KIND = "rule-confirmation"
VERSIONS = (1,)
SubjectKind = Literal["provision", "limit", "equivalence"]
SUBJECT_KINDS: tuple[SubjectKind, ...] = ("provision", "limit", "equivalence")
_NOT_TEXT = frozenset({"evidence", "confirmed", "note"})


@dataclass(frozen=True, slots=True)
class RuleText:
    """A rule that can be confirmed. `nation`: whose authority alone confirms it, None when every party's must."""

    kind: SubjectKind
    subject: str
    digest: str
    nation: Nation | None
    is_gap: bool


@dataclass(frozen=True, slots=True)
class Confirmation:
    """One authority's signed word on one rule. `digest`: of the statement; `key_id`: of the key that signed it."""

    nation: Nation
    kind: SubjectKind
    subject: str
    text_digest: str
    bundle_digest: str
    citation: str
    stated_at: Instant
    key_id: str
    digest: str


class Confirmations:
    """The confirmations that count, found by whose they are and by the exact text that they confirm."""

    def __init__(self, held: Iterable[Confirmation] = ()) -> None:
        """`held`: verified ones, oldest first; of two for the same text by one nation the later is shown."""
        self._held = {(one.nation, one.kind, one.subject, one.text_digest): one for one in held}

    def __bool__(self) -> bool:
        """Whether anything is confirmed."""
        return bool(self._held)

    def __eq__(self, other: object) -> bool:
        """The same rules are confirmed by the same nations."""
        return isinstance(other, Confirmations) and self._held.keys() == other._held.keys()

    def __hash__(self) -> int:
        """Of what is confirmed, and by whom."""
        return hash(frozenset(self._held))

    def of(self, text: RuleText) -> tuple[Confirmation, ...]:
        """Who confirmed exactly this text, by nation."""
        key = (text.kind, text.subject, text.digest)
        return tuple(one for place, one in sorted(self._held.items()) if place[1:] == key)

    def confirms(self, text: RuleText, parties: Iterable[Nation]) -> bool:
        """Whether everybody whose word it takes has confirmed this text (rules 2 and 3)."""
        if text.is_gap or not self._held:
            return False
        wanted = tuple(parties) if text.nation is None else (text.nation,)
        return all((nation, text.kind, text.subject, text.digest) in self._held for nation in wanted)


NOBODY_CONFIRMED = Confirmations()


def text_digest(record: Mapping[str, Any]) -> str:
    """Lower-case hex SHA-256 of a rule's text: its record in canonical JSON, without what says how well it is known."""
    return sha256_hex(canonical_bytes({name: value for name, value in record.items() if name not in _NOT_TEXT}))


def provision_text(provision: Provision) -> RuleText:
    """The text of a provision."""
    whose = None if provision.nation == BILATERAL else Nation(provision.nation)
    return RuleText("provision", provision.id, text_digest(provision.record), whose, provision.is_gap)


def confirmed_provisions(
    provisions: Mapping[str, Provision], parties: Collection[Nation], confirmations: Confirmations
) -> frozenset[str]:
    """The ids of the provisions that these statements confirm."""
    if not confirmations:
        return frozenset()
    return frozenset(
        identity for identity, one in provisions.items() if confirmations.confirms(provision_text(one), parties)
    )


def rule_texts(
    texts: Mapping[str, str], provisions: Mapping[str, Provision], policies: PolicySet
) -> dict[tuple[SubjectKind, str], tuple[RuleText, ...]]:
    """Every rule of a bundle that can be confirmed, by kind and id; a row that is dated twice has two texts.

    `texts`: the bundle's files. The id of a row is NATION:LEVEL>NATION, one direction.
    """
    found: dict[tuple[SubjectKind, str], tuple[RuleText, ...]] = {}
    for provision in provisions.values():
        found["provision", provision.id] = (provision_text(provision),)
    for code, entry in _members(texts["limits.json"], "limits").items():
        digest = text_digest({"code": code, **entry})
        found["limit", code] = (RuleText("limit", code, digest, None, is_gap=False),)
    rows: Any = read_object(texts["equivalence.json"], field="equivalence.json")["rows"]
    for row in rows:
        identity = row_identity(row, policies)
        one = RuleText("equivalence", identity, text_digest(row), None, is_gap=False)
        found["equivalence", identity] = (*found.get(("equivalence", identity), ()), one)
    return found


def row_identity(row: Mapping[str, Any], policies: PolicySet) -> str:
    """The id of an equivalence row, such as IND:RESTRICTED>USA."""
    origin, target = policies.find(row["from_policy"]), policies.find(row["to_policy"])
    return f"{origin.nation}:{row['from_level']}>{target.nation}"


def _members(text: str, name: str) -> Mapping[str, Any]:
    members = read_object(text, field=f"{name}.json").get(name)
    return members if isinstance(members, Mapping) else {}


def sign_confirmation(
    text: RuleText, key: StatementKey, *, nation: Nation, bundle_digest: str, citation: str, at: Instant
) -> bytes:
    """The statement by which `nation`'s authority confirms a rule.

    `bundle_digest`: SHA-256 of what it read, a bundle's manifest or a draft's file; `citation`: where in the text that
    it holds. Raises MalformedInput("confirmation.gap") where there is no text, Conflict("confirmation.nation") for
    another nation's provision.
    """
    if text.is_gap:
        raise MalformedInput("confirmation.gap", field=text.subject, expected="a rule with a text")
    if text.nation not in (None, nation):
        raise Conflict("confirmation.nation", field=text.subject, found=nation, expected=f"{text.nation}'s authority")
    body: dict[str, Json] = {
        "nation": nation,
        "kind": text.kind,
        "subject": text.subject,
        "text_digest": text.digest,
        "bundle_digest": bundle_digest,
        "citation": citation,
        "stated_at": instant_text(at),
    }
    check_shape({"type": KIND, "version": VERSIONS[-1], **body}, KIND, field="confirmation")
    return sign_statement(KIND, VERSIONS[-1], body, [key])


def read_confirmation(envelope: bytes, authorities: Mapping[Nation, StatementPublicKey]) -> Confirmation:
    """Verify a confirmation by one of these authorities. Raises MalformedInput, UnknownValue or NotVerified."""
    statement = read_statement(envelope, kind=KIND, versions=VERSIONS, trusted=authorities.values())
    return confirmation_of(statement, authorities)


def confirmation_of(statement: Statement, authorities: Mapping[Nation, StatementPublicKey]) -> Confirmation:
    """What a verified statement confirms; it must be signed by the authority of the nation that it speaks for."""
    body = statement.body
    check_shape(body, KIND, field="confirmation")
    nation = read_nation(body["nation"], field="confirmation.nation")
    key = authorities.get(nation)
    if key is None or key.key_id not in statement.signers:
        raise NotVerified("confirmation.signer", field="confirmation.nation", found=nation, expected="its authority")
    kind = next(one for one in SUBJECT_KINDS if one == body["kind"])
    return Confirmation(
        nation=nation,
        kind=kind,
        subject=str(body["subject"]),
        text_digest=str(body["text_digest"]),
        bundle_digest=str(body["bundle_digest"]),
        citation=str(body["citation"]),
        stated_at=read_instant(body["stated_at"], field="confirmation.stated_at"),
        key_id=key.key_id,
        digest=statement.digest,
    )
