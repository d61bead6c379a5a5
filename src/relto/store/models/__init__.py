"""The tables of a node, one file a subject."""

from relto.store.models.agreement import AgreementBundle, Assurance, Authorisation
from relto.store.models.alignment import AlignmentMention, AlignmentNote, AlignmentPlace, AlignmentStatement
from relto.store.models.authority_statements import AuthorityStatement
from relto.store.models.channel import Channel, InboxMessage, OutboxMessage, SingleUse
from relto.store.models.courier import CourierBundle, CourierFile, MediaEntry
from relto.store.models.custodians import CustodianRecord, CustodianUse
from relto.store.models.dossiers import Dossier, DossierDue, DossierKey, DossierSignature, DossierStep
from relto.store.models.items import Item, Manifest, RegisterEntry
from relto.store.models.keys import Lease, ServiceKey
from relto.store.models.ledger import Checkpoint, Cosignature, CosignedLog, LedgerEntry, LedgerTree, LogEvidence
from relto.store.models.ledger_check import LedgerCheck
from relto.store.models.notices import NoticeAddress, PersonNotice
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
from relto.store.models.overlays import NationalOverlay, RuleProof
from relto.store.models.portal import DossierEdition, PortalLook, SentForm
from relto.store.models.reconciliation import Reconciliation
from relto.store.models.registers import CopyEvent, Inventory, InventoryLine, ItemCopy, Translation
from relto.store.models.releases import Arrival, DecisionRecord, ReleaseCase, ReleaseReader
from relto.store.models.sign_in import EmergencyRole, PersonalToken, PortalSession, RoleChange, SignInBinding
from relto.store.models.standing import CommitMark, Narrowing, NodeStart, Quarantine
from relto.store.models.third_party import ThirdPartyRequest

__all__ = [
    "Account",
    "AgreementBundle",
    "AlignmentMention",
    "AlignmentNote",
    "AlignmentPlace",
    "AlignmentStatement",
    "ApiClient",
    "Arrival",
    "Assurance",
    "Authorisation",
    "AuthorityStatement",
    "Channel",
    "Checkpoint",
    "CommitMark",
    "Company",
    "CopyEvent",
    "Cosignature",
    "CosignedLog",
    "CourierBundle",
    "CourierFile",
    "CustodianRecord",
    "CustodianUse",
    "DecisionRecord",
    "Dossier",
    "DossierDue",
    "DossierEdition",
    "DossierKey",
    "DossierSignature",
    "DossierStep",
    "EmergencyRole",
    "Facility",
    "InboxMessage",
    "Inventory",
    "InventoryLine",
    "Item",
    "ItemCopy",
    "Lease",
    "LedgerCheck",
    "LedgerEntry",
    "LedgerTree",
    "LogEvidence",
    "Manifest",
    "MediaEntry",
    "Membership",
    "Narrowing",
    "NationalOverlay",
    "NodeStart",
    "NoticeAddress",
    "OutboxMessage",
    "Person",
    "PersonNotice",
    "PersonalToken",
    "PortalLook",
    "PortalSession",
    "Programme",
    "Quarantine",
    "Reconciliation",
    "RegisterEntry",
    "ReleaseCase",
    "ReleaseReader",
    "RoleChange",
    "RoleGrant",
    "RuleProof",
    "SentForm",
    "ServiceKey",
    "SignInBinding",
    "SingleUse",
    "ThirdPartyRequest",
    "Translation",
]
