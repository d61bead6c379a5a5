"""The tables of a node, one file a subject."""

from relto.store.models.agreement import AgreementBundle, Assurance, Authorisation
from relto.store.models.channel import Channel, InboxMessage, OutboxMessage, SingleUse
from relto.store.models.items import Item, Manifest, RegisterEntry
from relto.store.models.keys import Lease, ServiceKey
from relto.store.models.ledger import Checkpoint, Cosignature, CosignedLog, LedgerEntry, LedgerTree, LogEvidence
from relto.store.models.organisation import (
    Account,
    ApiClient,
    Company,
    Facility,
    Membership,
    Person,
    Programme,
    RoleGrant,
)
from relto.store.models.releases import Arrival, DecisionRecord, ReleaseCase, ReleaseReader

__all__ = [
    "Account",
    "AgreementBundle",
    "ApiClient",
    "Arrival",
    "Assurance",
    "Authorisation",
    "Channel",
    "Checkpoint",
    "Company",
    "Cosignature",
    "CosignedLog",
    "DecisionRecord",
    "Facility",
    "InboxMessage",
    "Item",
    "Lease",
    "LedgerEntry",
    "LedgerTree",
    "LogEvidence",
    "Manifest",
    "Membership",
    "OutboxMessage",
    "Person",
    "Programme",
    "RegisterEntry",
    "ReleaseCase",
    "ReleaseReader",
    "RoleGrant",
    "ServiceKey",
    "SingleUse",
]
