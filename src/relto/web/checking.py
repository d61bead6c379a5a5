"""The check of a document that came through the portal's own page, before its container is closed.

The page's door is the one at which the node sees plaintext: the document is decrypted from the encrypted blob one
segment at a time, straight into the memory of the child process that parses it. Nothing of it is written to disk. Few
are checked at once, so that many uploads cannot take the machine's memory; few wait for it, so that documents that take
long cannot take every thread of the portal.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping

from relto.adapters.documents.before_sealing import checked_pieces
from relto.base.canonical import Json
from relto.base.errors import FaultsFound, Unreachable
from relto.labels.checking.stated import asked_of_label
from relto.rules.bundle import Bundle
from relto.services.house import House
from relto.services.labelling import originator_label
from relto.web.upload import SealedUpload

_AT_ONCE = threading.BoundedSemaphore(2)
_HERE = threading.BoundedSemaphore(4)  # checked or waiting: half of the portal's threads


def checked_statement(
    house: House, bundle: Bundle, upload: SealedUpload, label: Mapping[str, Json], despite: str
) -> dict[str, Json]:
    """What is stated of the document's check. Raises FaultsFound for faults without a reason, and as announcing does.

    The reason given where there are no faults is left out. Raises Unreachable("busy") when enough documents wait.
    """
    stated = originator_label(house, bundle, label, company="check", at=house.now())
    asked = asked_of_label(stated, house.nation, bundle.policies)
    if not _HERE.acquire(blocking=False):
        raise Unreachable("busy", field="document", expected="fewer documents at a time; seal it again in a minute")
    try:
        with _AT_ONCE:
            found = checked_pieces(upload.plaintext(), upload.sealed.plaintext_size, str(upload.name or ""), asked)
    finally:
        _HERE.release()
    record = found.record
    if record.outcome != "faults":
        return record.as_dict()
    if not despite:
        raise FaultsFound(
            "document",
            faults=[each.as_dict() for each in found.findings],
            field="document",
            found=record.fault_count,
            expected="a document without faults, or a reason to seal it despite them",
        )
    return {**record.as_dict(), "reason": despite}
