"""The check of a document's markings on its own machine: before it is sealed, or of a container that she may open.

The node never sees a document, so what is stated of its check are the sealer's own words; they are recorded under her
pseudonym. A document that cannot be read is stated as not checked, never as clean.
"""

from __future__ import annotations

from typing import Any, BinaryIO

from relto.adapters.documents.before_sealing import Checked, checked_file
from relto.base.errors import FaultsFound, ReltoError
from relto.client.calls.items import Announcement
from relto.client.calls.items import Label as StatedLabel
from relto.labels.checking.check import Asked
from relto.labels.checking.stated import asked_of_label, stated_label
from relto.labels.label import Label
from relto.labels.markings import banner, portion
from relto.labels.shipped import shipped_policies


def check_before_sealing(source: BinaryIO, size: int, announcement: Announcement, nation: str) -> Checked:
    """Check the open document against the label that is announced for it; `nation`: of the own node."""
    try:
        asked = asked_of_label(_label(announcement.label, nation), nation, shipped_policies())
    except ReltoError:  # a label that is not known here declares nothing; the node says what is wrong with it
        asked = Asked()
    return checked_file(source, size, announcement.file_name, asked)


def marks_of(label: StatedLabel, nation: str) -> tuple[str, str]:
    """The banner and the portion mark of a label, by the policies that ship with relto; `nation`: of the own node.

    Raises MalformedInput or UnknownValue for a label that they do not know.
    """
    made = _label(label, nation)
    return banner(made, shipped_policies()), portion(made, shipped_policies())


def _label(label: StatedLabel, nation: str) -> Label:
    return stated_label(
        label.nation or nation,
        level=label.level,
        audience=label.audience,
        caveats=label.caveats,
        owners=label.owners,
        policies=shipped_policies(),
    )


def statement(checked: Checked, despite_faults: str) -> dict[str, Any]:
    """What the announcement says of the check. Raises FaultsFound for faults without a reason to go on.

    A reason without faults is left out: there is nothing that it could be the reason of.
    """
    record = checked.record
    reason = " ".join(despite_faults.split())
    if record.outcome != "faults":
        return record.as_dict()
    if not reason:
        raise FaultsFound(
            "document",
            faults=[each.as_dict() for each in checked.findings],
            field="document",
            found=record.fault_count,
            expected="a document without faults, or a reason to seal it despite them",
        )
    return {**record.as_dict(), "reason": reason}
