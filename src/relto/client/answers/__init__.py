"""Every answer of a node, typed: frozen dataclasses with instants as datetimes, and the JSON as it came in `raw`."""

from relto.client.answers.affected import (
    Affected,
    AffectedAssurance,
    AffectedPerson,
    AffectedRelease,
    Suspension,
)
from relto.client.answers.agreement import AgreementBundle, Assurance, Authorisation, WithdrawnAuthorisation
from relto.client.answers.decisions import Gate, MayOpen, Provision, Refusal, Replay
from relto.client.answers.items import AnnouncedItem, Item, ItemWithHistory, ManifestOrder, Opening, ShareOrder
from relto.client.answers.labels import JoinedLabel, LabelAnswers, LabelFault, MappedLabel, Marking
from relto.client.answers.organisation import (
    Company,
    Credential,
    Facility,
    HeldCredential,
    Me,
    Member,
    Node,
    OpenedAccount,
    Person,
    Programme,
    SignInLink,
)
from relto.client.answers.reading import Answer, read_answer, read_answers
from relto.client.answers.records import Entry, Ledger, RegisterLine
from relto.client.answers.releases import (
    Arrival,
    ArrivalDetail,
    Happening,
    Reader,
    Release,
    ReleaseCase,
    ReleaseCaseDetail,
)
from relto.client.answers.third_party import (
    MayRetransfer,
    ThirdPartyItem,
    ThirdPartyRequest,
    ThirdPartyRequestDetail,
)

__all__ = [
    "Affected",
    "AffectedAssurance",
    "AffectedPerson",
    "AffectedRelease",
    "AgreementBundle",
    "AnnouncedItem",
    "Answer",
    "Arrival",
    "ArrivalDetail",
    "Assurance",
    "Authorisation",
    "Company",
    "Credential",
    "Entry",
    "Facility",
    "Gate",
    "Happening",
    "HeldCredential",
    "Item",
    "ItemWithHistory",
    "JoinedLabel",
    "LabelAnswers",
    "LabelFault",
    "Ledger",
    "ManifestOrder",
    "MappedLabel",
    "Marking",
    "MayOpen",
    "MayRetransfer",
    "Me",
    "Member",
    "Node",
    "OpenedAccount",
    "Opening",
    "Person",
    "Programme",
    "Provision",
    "Reader",
    "Refusal",
    "RegisterLine",
    "Release",
    "ReleaseCase",
    "ReleaseCaseDetail",
    "Replay",
    "ShareOrder",
    "SignInLink",
    "Suspension",
    "ThirdPartyItem",
    "ThirdPartyRequest",
    "ThirdPartyRequestDetail",
    "WithdrawnAuthorisation",
    "read_answer",
    "read_answers",
]
