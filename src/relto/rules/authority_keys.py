"""An authority's keys over time, in the manner of TUF's root role: each key hands over to the next, step by step.

Rules enforced here (The Update Framework 1.0, section 5.3):
 1. The chain starts at the key pinned at pairing (version 1). A rotation is a statement of exactly the next version: no
    gap, no going back, no other nation.
 2. It is signed by the key that it replaces AND by the new key, each with both algorithms. No key comes back.
 3. The old key signs nothing new from `effective_from` on; what it signed before stays readable for its day.
 4. A compromise names the instant from which the old key was no longer trusted: the new key takes over from there, and
    what was accepted under the old key at or after that instant is distrusted.
A thief who holds the pinned key can write a rotation of his own: then only a new pairing helps, as with TUF.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from relto.base.canonical import Json, canonical_bytes, read_object
from relto.base.errors import Conflict, MalformedInput, NotVerified
from relto.base.instants import Instant, instant_text, read_instant
from relto.base.nations import Nation, read_nation
from relto.rules.shapes import check_shape
from relto.signing.envelope import read_envelope
from relto.signing.keys import StatementKey, StatementPublicKey
from relto.signing.statements import DEFAULT_MAX_BYTES, read_statement, sign_statement

KIND = "authority-key-rotation"
VERSIONS = (1,)
MAX_KEYS = 100


@dataclass(frozen=True, slots=True)
class KeyVersion:
    """One key of the chain. `since`: None for the pinned one; `distrusted_from`: None unless it was compromised."""

    number: int
    key: StatementPublicKey
    since: Instant | None = None
    distrusted_from: Instant | None = None
    digest: str = ""


@dataclass(frozen=True, slots=True)
class AuthorityKeys:
    """The chain of one nation's authority, oldest first."""

    nation: Nation
    versions: tuple[KeyVersion, ...]

    @classmethod
    def pinned(cls, nation: Nation, key: StatementPublicKey) -> AuthorityKeys:
        """The chain before any rotation."""
        return cls(nation, (KeyVersion(1, key),))

    @property
    def newest(self) -> KeyVersion:
        """The last link, whether it has taken over yet or not."""
        return self.versions[-1]

    def current(self, at: Instant) -> KeyVersion:
        """The key that signs at this instant: the newest that has taken over."""
        return next(one for one in reversed(self.versions) if one.since is None or one.since <= at)

    def by_id(self, key_id: str) -> KeyVersion | None:
        """The link with this key, or None."""
        return next((one for one in self.versions if one.key.key_id == key_id), None)

    def trusts(self, key_id: str, accepted_at: Instant) -> bool:
        """Whether what was accepted under this key at that instant is still trusted (rule 4)."""
        found = self.by_id(key_id)
        return found is not None and (found.distrusted_from is None or accepted_at < found.distrusted_from)

    def followed_by(self, envelope: bytes) -> AuthorityKeys:
        """The chain with one more link.

        Raises Conflict("rotation.version" or "rotation.replaces") for a gap, a step back or another predecessor,
        MalformedInput (form, "rotation.key" for a key or owner that does not fit), NotVerified("signature") unless
        both keys signed.
        """
        body = _unverified_body(envelope)
        check_shape(body, KIND, field="rotation")
        nation = read_nation(body["nation"], field="rotation.nation")
        if nation != self.nation:
            raise Conflict("rotation.nation", field="rotation.nation", found=nation, expected=self.nation)
        new = StatementPublicKey.from_dict(body["key"], field="rotation.key")
        self._check_step(body, new)
        statement = read_statement(envelope, kind=KIND, versions=VERSIONS, trusted=[self.newest.key, new])
        if statement.signers != {self.newest.key.key_id, new.key_id}:
            expected = "signatures of the old and of the new key"
            raise NotVerified("signature", field="rotation", found=len(statement.signers), expected=expected)
        since, distrusted = _instants(body)
        old = replace(self.newest, distrusted_from=distrusted)
        added = KeyVersion(old.number + 1, new, since if distrusted is None else min(since, distrusted))
        return AuthorityKeys(self.nation, (*self.versions[:-1], old, replace(added, digest=statement.digest)))

    def _check_step(self, body: dict[str, Json], new: StatementPublicKey) -> None:
        last = self.newest
        number = body["root_version"]
        if number != last.number + 1:
            expected = f"{last.number + 1}, the next one"
            raise Conflict("rotation.version", field="rotation.root_version", found=str(number), expected=expected)
        if body["replaces"] != last.key.key_id:
            raise Conflict("rotation.replaces", field="rotation.replaces", expected="the key of the version before")
        if new.owner != last.key.owner or self.by_id(new.key_id) is not None or len(self.versions) >= MAX_KEYS:
            raise MalformedInput("rotation.key", field="rotation.key", expected="a new key of the same owner")


def _unverified_body(envelope: bytes) -> dict[str, Json]:
    """What the statement says before its signatures are known to hold: which keys it names."""
    found = read_envelope(envelope, max_bytes=DEFAULT_MAX_BYTES)
    return read_object(found.payload, field="rotation")


def rotation_nation(envelope: bytes) -> Nation:
    """Whose key this statement says that it rotates, unverified. Raises MalformedInput or TooLarge."""
    return read_nation(_unverified_body(envelope).get("nation"), field="rotation.nation")


def _instants(body: dict[str, Json]) -> tuple[Instant, Instant | None]:
    since = read_instant(body["effective_from"], field="rotation.effective_from")
    text = body["distrusted_from"]
    return since, None if text is None else read_instant(text, field="rotation.distrusted_from")


def rotation_body(
    chain: AuthorityKeys, new: StatementPublicKey, *, effective_from: Instant, distrusted_from: Instant | None
) -> dict[str, Json]:
    """The statement of the next rotation of this chain, before it is signed."""
    return {
        "nation": chain.nation,
        "root_version": chain.newest.number + 1,
        "replaces": chain.newest.key.key_id,
        "key": dict[str, Json](new.as_dict()),
        "effective_from": instant_text(effective_from),
        "distrusted_from": None if distrusted_from is None else instant_text(distrusted_from),
    }


def sign_rotation(
    chain: AuthorityKeys,
    old: StatementKey,
    new: StatementKey,
    *,
    effective_from: Instant,
    distrusted_from: Instant | None = None,
) -> bytes:
    """The rotation from the chain's newest key to `new`, signed by both; checked as every node will check it."""
    body = rotation_body(chain, new.public, effective_from=effective_from, distrusted_from=distrusted_from)
    envelope = sign_statement(KIND, VERSIONS[-1], body, [old, new])
    chain.followed_by(envelope)
    return envelope


def signing_key_ids(manifest: Json) -> frozenset[str]:
    """The key ids that the signatures of a bundle's manifest claim, unverified. Raises MalformedInput or TooLarge."""
    envelope = canonical_bytes(manifest if isinstance(manifest, dict) else {})
    found = read_envelope(envelope, max_bytes=max(len(envelope), 1))
    return frozenset(entry.key_hint.partition(".")[0] for entry in found.signatures)
