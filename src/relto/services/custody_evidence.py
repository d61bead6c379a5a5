"""Whether what is on record about an item holds: its ledger entry, and the signed statement behind it.

An entry holds when its stored leaf has the stored hash, is the leaf of that event, and its commitment fits the details
and salt that are kept here. A statement holds when the keys verify it that the agreement in force, or one that was in
force here before, names for its signer. Whether the log itself was changed is for `relto verify` to say.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from hmac import compare_digest

from relto.base.errors import ReltoError
from relto.base.nations import Nation, read_nation
from relto.exchange import answers
from relto.exchange.messages import LARGEST_MESSAGE, read_message
from relto.ledger.leaves import commitment, read_leaf
from relto.ledger.tree import leaf_hash
from relto.procedures.custody_chain import FAILS, HOLDS, NONE_KEPT
from relto.services import active_bundle
from relto.services.destruction import STATEMENT as CERTIFICATE
from relto.services.house import House
from relto.signing.keys import StatementPublicKey
from relto.signing.statements import read_statement
from relto.store.models import AgreementBundle, Arrival, InboxMessage, Item, Manifest, OutboxMessage, ReleaseCase
from relto.store.queries.registers import StoredEntry

_MOST_BUNDLES = 64
_REGISTRATION = "manifest-registration"
_VERSIONS = (1,)


def entry_evidence(found: StoredEntry) -> str:
    """holds, or fails."""
    try:
        leaf = read_leaf(found.leaf)
        fits = compare_digest(leaf.commitment, commitment(found.salt, found.details))
    except ReltoError:
        return FAILS
    same = (leaf.event, leaf.subject, leaf.actor) == (found.event, found.subject, found.actor)
    return HOLDS if same and fits and compare_digest(leaf_hash(found.leaf), found.leaf_hash) else FAILS


class StatementEvidence:
    """The signed statements that this node keeps about one item. One reading of the keys serves all of them."""

    def __init__(self, house: House, item: Item) -> None:
        self._house = house
        self._item = item
        self._verifiers: Mapping[str, Callable[[StoredEntry], str]] = {
            "item:registered": lambda _: self._manifest("original", house.nation),
            "acceptance:decided": lambda _: self._manifest("received", item.originator),
            "release:prepared": self._release,
            "transfer:receipted": self._technical_receipt,
            "transfer:received": self._transfer,
        }

    def of(self, found: StoredEntry) -> str:
        """holds, fails, or none_kept where the entry alone speaks."""
        message = read_leaf_link(found, "message")
        if message:
            return self._message(message)
        verify = self._verifiers.get(found.event)
        return verify(found) if verify is not None else NONE_KEPT

    def of_certificate(self, certificate: str) -> str:
        """Of the certificate of a destruction, kept with a line of the register: holds, or fails."""
        return self._statement(certificate.encode("utf-8"), self._house.nation, CERTIFICATE, _VERSIONS)

    def _manifest(self, kind: str, nation: str) -> str:
        row = Manifest.objects.filter(item=self._item, kind=kind).order_by("registered_at", "id").first()
        return self._registration(row, nation)

    def _release(self, found: StoredEntry) -> str:
        case = ReleaseCase.objects.filter(id=found.subject).select_related("manifest").first()
        return self._registration(case.manifest if case is not None else None, self._house.nation)

    def _registration(self, row: Manifest | None, nation: str) -> str:
        if row is None or not row.registration:
            return NONE_KEPT
        return self._statement(bytes(row.registration), nation, _REGISTRATION, _VERSIONS)

    def _technical_receipt(self, found: StoredEntry) -> str:
        row = OutboxMessage.objects.filter(id=found.subject).first()
        if row is None or not row.receipt:
            return NONE_KEPT
        return self._statement(bytes(row.receipt), row.partner, answers.RECEIPT, answers.ACCEPTED_VERSIONS)

    def _transfer(self, found: StoredEntry) -> str:
        row = Arrival.objects.filter(message=found.subject).first()
        return self._message(row.message) if row is not None else NONE_KEPT

    def _message(self, message: str) -> str:
        row = InboxMessage.objects.filter(message=message).first()
        if row is None:
            return NONE_KEPT
        sender, recipient, envelope = read_nation(row.partner), self._house.nation, bytes(row.envelope)
        return self._verified(
            sender, lambda keys: read_message(envelope, sender=sender, recipient=recipient, trusted=keys)
        )

    def _statement(self, envelope: bytes, nation: str, kind: str, versions: Collection[int]) -> str:
        return self._verified(
            read_nation(nation),
            lambda keys: read_statement(
                envelope, kind=kind, versions=versions, trusted=keys, max_bytes=LARGEST_MESSAGE
            ),
        )

    def _verified(self, nation: Nation, read: Callable[[Collection[StatementPublicKey]], object]) -> str:
        for keys in self._keys(nation):
            try:
                read(keys)
            except ReltoError:
                continue
            return HOLDS
        return FAILS

    def _keys(self, nation: Nation) -> Iterator[Collection[StatementPublicKey]]:
        """A nation's node keys under the agreement in force, then under those before it."""
        if nation == self._house.nation:
            yield (self._house.node_key.public,)
        now = self._house.now()
        rows = AgreementBundle.objects.filter(effective_from__lte=now).order_by("-version")
        for version in rows.values_list("version", flat=True)[:_MOST_BUNDLES]:
            parties = active_bundle.bundle_of_version(self._house, version).parties
            if nation in parties:
                yield parties[nation].node_keys


def read_leaf_link(found: StoredEntry, name: str) -> str:
    """A link of the entry's leaf, "" without; a leaf that cannot be read has none."""
    try:
        return read_leaf(found.leaf).links.get(name, "")
    except ReltoError:
        return ""
