"""The verbs that are more than one exchange: seal, open, fetch a container, export the ledger. All of it streams.

A file that did not come whole is never left: each is written beside its place and put there at the end.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from relto.adapters.documents.before_sealing import as_checked
from relto.base.errors import Unreachable
from relto.client.answers.items import AnnouncedItem, Item
from relto.client.answers.organisation import Node
from relto.client.answers.reading import read_answer
from relto.client.calls.agreement import OCTETS
from relto.client.calls.items import Announcement, announce
from relto.client.checking import check_before_sealing, statement
from relto.client.files import beside, continued, nearest_folder, read_at_most, reading, writing
from relto.client.ledger import require_free, unpack_export
from relto.client.opening import OpenedDocument, open_container_file
from relto.client.sealing import (
    JointOrder,
    JointSealing,
    ManifestOrder,
    SealingOrder,
    ServiceKey,
    ShareOrder,
    sealed_container,
)
from relto.client.session import Session, part, read_reply, read_service_reply
from relto.client.steps import Download, Reply, Request, Send, Steps, Tell, Upload, Watch, Work, at_once
from relto.client.submission import submission
from relto.labels.checking.record import FROM_A_PIPE, not_checked

# The strongest first; a node whose key service has no such key is asked for the next.
_WRAPPINGS = ("hpqt:secp384r1-mlkem1024", "ec:secp256r1")
CHECKED_IN_MEMORY = 32 * 1024**2
"""A document from a pipe is held in memory up to so many bytes, to be checked before it is sealed."""
_NOT_FOUND = 404
_PIECE = 1 << 20


def node(session: Session) -> Steps[Node]:
    """What the node says of itself now, without a credential."""
    return (yield from session.node())


def service_key(session: Session) -> Steps[ServiceKey]:
    """The own key service's public wrapping key, the strongest that it has of those that are sealed with here."""
    url = (yield from session.addresses()).key_service_url
    for algorithm in _WRAPPINGS:
        asked = Request("POST", f"{url}/kas.AccessService/PublicKey", json={"algorithm": algorithm}, with_token=False)
        reply: Reply = yield Send(asked)
        if reply.status != _NOT_FOUND:
            break
    answer = read_service_reply(reply)
    kid, pem = (answer.get(name) if isinstance(answer, dict) else None for name in ("kid", "publicKey"))
    if not isinstance(kid, str) or not isinstance(pem, str):
        raise Unreachable("answer", field="answer.publicKey", expected="a wrapping key and its kid")
    return ServiceKey(url, kid, pem)


def seal(
    session: Session,
    path: Path,
    announcement: Announcement,
    progress: Tell | None = None,
    *,
    despite_faults: str = "",
) -> Steps[Item]:
    """Seal a file on this machine and register the container at the node; the document itself never leaves it.

    Its markings are checked first. With faults nothing is announced (FaultsFound lists them), unless `despite_faults`
    gives the reason to go on, which is recorded. `progress` is told of the document's bytes, phase seal. Raises
    MalformedInput when the file cannot be read, Conflict when it changed after the check.
    """
    with reading(path, "document") as opened:
        size = os.fstat(opened.fileno()).st_size
        nation = str((yield from session.node()).nation)
        checked = yield Work(at_once(lambda: check_before_sealing(opened, size, announcement, nation)))
        stated = statement(checked, despite_faults)
        source = as_checked(opened, checked.digest)
        return (yield from _seal(session, source, announcement, stated, Watch(progress, "seal", size)))


def seal_stream(
    session: Session,
    source: BinaryIO,
    announcement: Announcement,
    progress: Tell | None = None,
    *,
    despite_faults: str = "",
) -> Steps[Item]:
    """Seal what comes from a pipe, which is read once and never kept on a disk; otherwise as `seal`.

    Up to CHECKED_IN_MEMORY bytes are checked as a file is. What is longer is recorded as checked by nobody.
    """
    nation = str((yield from session.node()).nation)
    head = yield Work(at_once(lambda: read_at_most(source, CHECKED_IN_MEMORY + 1)))
    if len(head) <= CHECKED_IN_MEMORY:
        held = BytesIO(head)
        checked = yield Work(at_once(lambda: check_before_sealing(held, len(head), announcement, nation)))
        stated = statement(checked, despite_faults)
        return (yield from _seal(session, held, announcement, stated, Watch(progress, "seal", len(head))))
    unseen = not_checked(FROM_A_PIPE).as_dict()
    return (yield from _seal(session, continued(head, source), announcement, unseen, Watch(progress, "seal")))


def _seal(
    session: Session, source: BinaryIO, announcement: Announcement, stated: dict[str, Any], watch: Watch
) -> Steps[Item]:
    """Announce a document whose check is `stated`, and hand in its container."""
    announced = yield from session.call(announce(announcement, stated))
    if announced.joint:
        return (yield from _seal_joint(announced, announcement, source, watch))
    key = yield from service_key(session)
    order = SealingOrder(
        announced.policy, announced.label_xml, announcement.media_type, key, announced.recovery_orders()
    )
    container = sealed_container(source, order, watch.at)
    reply: Reply = yield Upload(_container_of(announced.id), container, watch)
    return read_answer(Item, read_reply(reply))


def _seal_joint(announced: AnnouncedItem, announcement: Announcement, source: BinaryIO, watch: Watch) -> Steps[Item]:
    """A joint item: the container with the home manifest first, then the manifest for the co-owner's people."""
    orders = {order.kind: order for order in announced.manifests}
    if set(orders) != {"home", "partner"}:
        raise Unreachable("answer", field="answer.manifests", expected="a manifest for each owner")
    home, partner = (
        ManifestOrder(
            one.policy, tuple(ShareOrder(row.sid, ServiceKey(row.url, row.kid, row.pem)) for row in one.shares)
        )
        for one in (orders["home"], orders["partner"])
    )
    sealing = JointSealing(
        JointOrder(announced.label_xml, announcement.media_type, home, partner, announced.recovery_orders())
    )
    kept: Reply = yield Upload(_container_of(announced.id), sealing.container(source, watch.at), watch)
    read_answer(Item, read_reply(kept))
    place = f"/items/{part(announced.id)}/partner-manifest"
    reply: Reply = yield Send(Request("PUT", place, content=sealing.partner_manifest, headers=OCTETS))
    return read_answer(Item, read_reply(reply))


def hand_in_container(_session: Session, item: str, container: Path, progress: Tell | None = None) -> Steps[Item]:
    """Hand in the container of an announced item that was sealed elsewhere (phase upload); the node checks it whole."""
    with reading(container, "document") as source:
        watch = Watch(progress, "upload", os.fstat(source.fileno()).st_size)
        reply: Reply = yield Upload(_container_of(item), _read(source, watch), watch)
        return read_answer(Item, read_reply(reply))


def submit(_session: Session, path: Path, announcement: Announcement, progress: Tell | None = None) -> Steps[Item]:
    """Register a container that another OpenTDF client sealed for the own node's key service.

    `announcement` says what is in it; its label must equal the attributes that the container was sealed with.
    `progress` is told of the container's bytes, phase upload. Raises MalformedInput when the file cannot be read.
    """
    with reading(path, "document") as source:
        size = os.fstat(source.fileno()).st_size
        watch = Watch(progress, "upload", size)
        body = submission(announcement.as_body(), size, os.urandom(16).hex())
        request = Request("POST", "/items/submissions", headers=body.headers)
        reply: Reply = yield Upload(request, body.pieces(source, watch.at), watch)
        return read_answer(Item, read_reply(reply))


def download_container(_session: Session, item: str, target: Path, progress: Tell | None = None) -> Steps[Path]:
    """The item's sealed container, streamed to a file (phase download)."""
    with writing(target, "output"), beside(target) as out:
        yield from _fetch(f"/items/{part(item)}/container", out, Watch(progress, "download"))
    return target


def open_item(session: Session, item: str, target: Path, progress: Tell | None = None) -> Steps[OpenedDocument]:
    """Open an item on this machine: fetch the container, ask the services, verify all, write the document.

    `progress` is told of the container's bytes, phase download, then of the document's, phase open. Raises Refused with
    the reference under which the reasons can be read.
    """
    with writing(target, "output"), tempfile.TemporaryDirectory(prefix=".relto-", dir=target.parent) as folder:
        container = Path(folder) / "container.tdf"
        with container.open("xb") as out:
            yield from _fetch(f"/items/{part(item)}/container", out, Watch(progress, "download"))
        return (yield from open_container_file(session, container, target, progress, item=item))


def open_container(
    session: Session, container: Path, target: Path, progress: Tell | None = None
) -> Steps[OpenedDocument]:
    """Open a container file that lies on this machine: ask the services, verify all, write the document (phase open).

    Raises Refused with the reference under which the reasons can be read, NotVerified, MalformedInput.
    """
    with reading(container, "container"):
        pass
    with writing(target, "output"):
        return (yield from open_container_file(session, container, target, progress))


def export_ledger(_session: Session, target: Path, progress: Tell | None = None) -> Steps[Path]:
    """Write the ledger's export (checkpoint, tile/, witness/) into a new folder (phase export)."""
    require_free(target)
    with writing(target, "folder"), tempfile.TemporaryFile(prefix=".relto-", dir=nearest_folder(target)) as held:
        yield from _fetch("/ledger/export", held, Watch(progress, "export"))
        held.seek(0)
        yield Work(unpack_export(iter(lambda: held.read(_PIECE), b""), target))
    return target


def _container_of(item: str) -> Request:
    return Request("PUT", f"/items/{part(item)}/container", headers=OCTETS)


def _read(source: BinaryIO, watch: Watch) -> Iterator[bytes]:
    done = 0
    while piece := source.read(_PIECE):
        yield piece
        done += len(piece)
        watch.at(done)


def _fetch(path: str, out: BinaryIO, watch: Watch) -> Steps[None]:
    reply: Reply = yield Download(Request("GET", path), out.write, watch)
    if reply.is_error:
        read_reply(reply)
    out.flush()
