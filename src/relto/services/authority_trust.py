"""What this node trusts of each authority: its chain of keys, the rules it confirmed, how fresh it calls the bundle.

The keys pinned at pairing are the root; every statement that was accepted since is verified again when it is read, so a
row that somebody wrote past the node counts for nothing. What is read is kept until another statement is accepted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from relto.base.canonical import read_object
from relto.base.errors import NotVerified
from relto.base.instants import Instant
from relto.base.nations import Nation
from relto.rules import authority_keys, confirmations, freshness
from relto.rules.authority_keys import AuthorityKeys, signing_key_ids
from relto.rules.confirmations import Confirmation, Confirmations
from relto.rules.freshness import Freshness
from relto.rules.shapes import LARGEST_FILE
from relto.services.house import House
from relto.signing.keys import StatementPublicKey
from relto.signing.statements import read_statement
from relto.store.models import AuthorityStatement
from relto.store.queries.governing import newest_statement

ROTATION, CONFIRMATION, FRESHNESS = "rotation", "confirmation", "freshness"
_KEPT = 4
_kept: dict[tuple[str, ...], Trust] = {}


@dataclass(frozen=True)
class Trust:
    """`latest`: the newest accepted statement; `confirmed`: (when accepted, confirmation), oldest first, all of them.

    `stated`: each authority's newest word on what is the newest bundle, where its key is still trusted. `replaced_at`:
    when the rotation away from a key (by its id) was accepted here.
    """

    latest: int
    chains: Mapping[Nation, AuthorityKeys]
    confirmed: tuple[tuple[Instant, Confirmation], ...]
    stated: Mapping[Nation, Freshness]
    replaced_at: Mapping[str, Instant]

    def current(self, at: Instant) -> dict[Nation, StatementPublicKey]:
        """The key with which each authority signs at this instant."""
        return {nation: chain.current(at).key for nation, chain in self.chains.items()}

    def confirmations(self, until: Instant | None = None) -> Confirmations:
        """What counts as confirmed now, or counted at `until` by what was known then."""

        def counts(at: Instant, one: Confirmation) -> bool:
            replaced = self.replaced_at.get(one.key_id)
            known = until is None or (replaced is not None and replaced <= until)
            return (until is None or at <= until) and (not known or self.chains[one.nation].trusts(one.key_id, at))

        return Confirmations(one for at, one in self.confirmed if counts(at, one))

    def signers_of(self, manifest: object) -> dict[Nation, StatementPublicKey]:
        """Of each authority the newest key of its chain with which this manifest claims to be signed, or the pinned."""
        claimed = signing_key_ids(dict(manifest)) if isinstance(manifest, Mapping) else frozenset()
        found = {}
        for nation, chain in self.chains.items():
            mine = [one.key for one in chain.versions if one.key.key_id in claimed]
            found[nation] = mine[-1] if mine else chain.versions[0].key
        return found

    def refuse_retired(self, claimed: frozenset[str], at: Instant, *, field: str) -> None:
        """Raises NotVerified("retired_key") when a signature claims a key that its authority has replaced."""
        for nation, chain in self.chains.items():
            current = chain.current(at).key.key_id
            if current not in claimed and any(one.key.key_id in claimed for one in chain.versions):
                raise NotVerified("retired_key", field=field, found=nation, expected="the authority's current key")


def trust(house: House) -> Trust:
    """What is trusted now."""
    latest = newest_statement()
    key = tuple(sorted(one.key_id for one in house.authorities.values()))
    found = _kept.get(key)
    if found is None or found.latest != latest:
        found = _read(house.authorities, latest)
        while len(_kept) >= _KEPT and key not in _kept:
            _kept.pop(next(iter(_kept)))
        _kept[key] = found
    return found


def signers_of_bundle(known: Trust, file: bytes) -> dict[Nation, StatementPublicKey]:
    """The keys to verify an accepted bundle by: those of its day. Raises MalformedInput for what is no bundle file."""
    if all(len(chain.versions) == 1 for chain in known.chains.values()):
        return {nation: chain.versions[0].key for nation, chain in known.chains.items()}
    return known.signers_of(read_object(file, field="bundle", max_bytes=LARGEST_FILE).get("manifest"))


def refuse_retired_signers(known: Trust, file: bytes, at: Instant) -> None:
    """A new bundle under a key that its authority has replaced is told so. Raises NotVerified("retired_key")."""
    if any(len(chain.versions) > 1 for chain in known.chains.values()):
        manifest = read_object(file, field="bundle", max_bytes=LARGEST_FILE).get("manifest")
        if isinstance(manifest, Mapping):
            known.refuse_retired(signing_key_ids(dict(manifest)), at, field="manifest")


def _read(pinned: Mapping[Nation, StatementPublicKey], latest: int) -> Trust:
    chains = {nation: AuthorityKeys.pinned(nation, key) for nation, key in pinned.items()}
    replaced_at: dict[str, Instant] = {}
    rows = list(AuthorityStatement.objects.filter(id__lte=latest).order_by("id"))
    for row in rows:
        nation = Nation(row.nation)
        if row.kind == ROTATION and nation in chains:
            replaced_at[chains[nation].newest.key.key_id] = row.accepted_at
            chains[nation] = chains[nation].followed_by(bytes(row.file))
    confirmed, stated = [], {}
    for row in rows:
        signer = chains[Nation(row.nation)].by_id(row.key_id) if Nation(row.nation) in chains else None
        if row.kind == ROTATION or signer is None:
            continue
        keys = {Nation(row.nation): signer.key}
        room = confirmations if row.kind == CONFIRMATION else freshness
        statement = read_statement(bytes(row.file), kind=room.KIND, versions=room.VERSIONS, trusted=keys.values())
        if row.kind == CONFIRMATION:
            confirmed.append((row.accepted_at, confirmations.confirmation_of(statement, keys)))
        elif chains[Nation(row.nation)].trusts(row.key_id, row.accepted_at):
            stated[Nation(row.nation)] = freshness.freshness_of(statement, keys)
    return Trust(latest, chains, tuple(confirmed), stated, replaced_at)


KINDS = {
    confirmations.KIND: CONFIRMATION,
    authority_keys.KIND: ROTATION,
    freshness.KIND: FRESHNESS,
}
"""Each type of statement by the name under which it is kept."""
