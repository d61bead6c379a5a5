"""Opening on the reader's own machine.

One share from the own key service, one through the own relay, then verify, then write.

Rules enforced: a share is asked only of the own node's two origins (an address in a file is attacker-chosen, so any
other refuses the container before a token is sent); everything of the container is verified before a byte of
plaintext is written; a file that could not be verified whole is removed (OpenTDF spec; reference: trap 5 of the
container). A container without a label inside opens only as an own item of the node, submitted from a stock client:
its label then stands in the policy alone, to which the key is bound and which must say what the item's label says.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Generator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NoReturn

from relto.base.canonical import read_object
from relto.base.errors import NotVerified, Refused, ReltoError, Unreachable, error_from_dict
from relto.client.answers.items import Item
from relto.client.session import Session, part
from relto.client.steps import Reply, Request, Send, Steps, Tell, Watch, Work, at_once, get
from relto.sealing.archive import Archive, open_archive
from relto.sealing.key_access import KeyAccess
from relto.sealing.manifest import Manifest
from relto.sealing.opening import OpenedContainer, open_container, read_container
from relto.sealing.policy import TdfPolicy, read_policy
from relto.sealing.registration import container_identity
from relto.sealing.rewrap import BAD_REQUEST, UNAVAILABLE, build_rewrap_request, parse_rewrap_answer
from relto.sealing.shares import splits_of
from relto.sealing.wrapping import SessionKey, verify_binding

_SESSION_ALGORITHM = "hpqt:secp384r1-mlkem1024"
_REQUEST_SECONDS = 60
_REFERENCE, _CAUSE = "X-Relto-Reference", "X-Relto-Cause"
_ANSWER_LIMIT = 1 << 20
_POSITION = re.compile(r"kao-([0-9]{1,3})")


@dataclass(frozen=True, slots=True)
class OpenedDocument:
    """A document written in full: its place, size, the label that was bound to it, and how many services said yes."""

    path: Path
    size: int
    label_xml: str | None
    services: int


def open_container_file(
    session: Session, container: Path, target: Path, progress: Tell | None = None, *, item: str = ""
) -> Steps[OpenedDocument]:
    """Open the container file and write the document to `target`. `item`: as what the own node gave it, "" for a file.

    Raises Refused (with the reference under which the reasons can be read), NotVerified, MalformedInput, Unreachable.
    """
    with container.open("rb") as source:
        opened = yield from opened_container(session, source, item)
        watch = Watch(progress, "open", opened.payload.size)
        size: int = yield Work(write_whole(opened, target, watch), watch)
    return OpenedDocument(target, size, opened.label_xml, services_of(opened))


def opened_container(session: Session, source: BinaryIO, item: str) -> Steps[OpenedContainer]:
    """Ask for the shares and verify all but the payload, which is verified as it is read."""
    archive, manifest = yield Work(at_once(lambda: _read(source)))
    shares = yield from fetch_shares(session, manifest)
    opened: OpenedContainer = yield Work(
        at_once(lambda: open_container(archive, source, shares, require_label=not item))
    )
    if opened.label_xml is None:
        described = yield from session.call(get(f"/items/{part(item)}", Item))
        _require_label_in_policy(described, manifest, opened.policy)
    return opened


def services_of(opened: OpenedContainer) -> int:
    """How many services said yes to this opening."""
    return len({item.url for item in opened.manifest.key_access})


def _read(source: BinaryIO) -> tuple[Archive, Manifest]:
    archive = open_archive(source)
    return archive, read_container(archive)


def _require_label_in_policy(item: Item, manifest: Manifest, policy: TdfPolicy) -> None:
    """The policy's attributes are exactly those of the own item's label. Raises NotVerified.

    What another nation released always carries its label inside.
    """
    if item.held_as != "own":
        raise NotVerified("label", field="assertions", expected="a label assertion")
    stated = item.attributes and not policy.dissem and sorted(item.attributes) == sorted(policy.attributes)
    if container_identity(policy.uuid, manifest.key_access[0]) != item.uuid or not stated:
        raise NotVerified("label_policy_mismatch", field="attributes", expected="the label's attributes")


def fetch_shares(session: Session, manifest: Manifest) -> Steps[dict[int, bytes]]:
    """A share for each split id, asked of the own node's origins only."""
    node = yield from session.addresses()
    allowed = {node.key_service_url, node.relay_url}
    by_origin: dict[str, dict[int, KeyAccess]] = {}
    for position, item in enumerate(manifest.key_access):
        origin = item.url.rstrip("/").removesuffix("/kas")
        if origin not in allowed:
            raise NotVerified("key_service", field="keyAccess.url", expected="an address of the own node")
        by_origin.setdefault(origin, {})[position] = item
    read_policy(manifest.policy_text)
    session_key = SessionKey.generate(_SESSION_ALGORITHM)
    shares: dict[int, bytes] = {}
    failures: dict[int, ReltoError] = {}
    for origin, asked in by_origin.items():
        request = _rewrap_request(session, origin, asked, manifest.policy_text, session_key)
        try:
            reply: Reply = yield Send(request)
            got, refused = _unwrapped(reply, session_key)
        except ReltoError as error:
            got, refused = {}, dict.fromkeys(asked, error)
        shares |= {position: got[position] for position in asked if position in got}
        failures |= {position: refused[position] for position in asked if position in refused}
        for positions in splits_of(manifest.key_access).values():
            if all(position in failures for position in positions):
                raise failures[positions[0]]  # nobody else is asked for what cannot open any more
    return _one_for_each(manifest, shares, failures)


def _one_for_each(
    manifest: Manifest, shares: Mapping[int, bytes], failures: Mapping[int, ReltoError]
) -> dict[int, bytes]:
    """A share for each split id, the first of its alternatives that holds. Raises why the first of them gave none."""
    chosen: dict[int, bytes] = {}
    for positions in splits_of(manifest.key_access).values():
        causes = [failures[position] for position in positions if position in failures]
        for position in positions:
            if position not in shares:
                continue
            try:
                verify_binding(manifest.key_access[position], shares[position], manifest.policy_text)
            except ReltoError as error:
                causes.append(error)
                continue
            chosen[position] = shares[position]
            break
        else:
            raise causes[0] if causes else NotVerified("split", field="keyAccess", expected="a share for every split")
    return chosen


def _rewrap_request(
    session: Session, origin: str, asked: Mapping[int, KeyAccess], policy: str, session_key: SessionKey
) -> Request:
    request = build_rewrap_request(asked, policy, session_key.public_pem)
    return Request(
        "POST",
        f"{origin}/kas.AccessService/Rewrap",
        json={"signedRequestToken": _signed_request(session, request)},
        headers={"Connect-Protocol-Version": "1"},
    )


def _unwrapped(reply: Reply, session_key: SessionKey) -> tuple[dict[int, bytes], dict[int, ReltoError]]:
    """By position of its key access object: the shares that were given, and why the others were not."""
    if reply.is_error:
        _raise_whole_request_error(reply)
    document = read_object(reply.content, field="answer", max_bytes=_ANSWER_LIMIT)
    answer = parse_rewrap_answer(document)
    references, causes = _beside_results(document, _REFERENCE), _beside_results(document, _CAUSE)
    shares: dict[int, bytes] = {}
    failures: dict[int, ReltoError] = {}
    for result in answer.results:
        identity = result.key_access_object_id
        position = _POSITION.fullmatch(identity)
        if position is None:
            raise Unreachable("answer", field="answer.keyAccessObjectId", expected="the ids that were asked")
        if result.wrapped is not None:
            shares[int(position[1])] = session_key.unwrap(result.wrapped, answer.session_public_key)
        elif BAD_REQUEST in result.error:
            failures[int(position[1])] = NotVerified(
                "container", field="container", expected="a container as it was sealed and registered"
            )
        elif UNAVAILABLE in result.error:
            failures[int(position[1])] = _not_now(causes.get(identity, ""))
        else:
            failures[int(position[1])] = Refused("opening", reference=references.get(identity))
    return shares, failures


def _signed_request(session: Session, request: Mapping[str, object]) -> str:
    """The signed request token, under the session's own key (OpenTDF, rewrap v2: requestBody is a JSON string)."""
    now = int(session.now())
    return session.key.sign({"requestBody": json.dumps(request), "iat": now - 5, "exp": now + _REQUEST_SECONDS})


def _raise_whole_request_error(reply: Reply) -> NoReturn:
    code = ""
    with suppress(ReltoError):
        code = str(read_object(reply.content, field="answer", max_bytes=_ANSWER_LIMIT).get("code", ""))
    if code in ("permission_denied", "unauthenticated"):
        raise Refused("opening" if code == "permission_denied" else "token")
    if reply.status < 500:  # noqa: PLR2004  RFC 9110: the request itself was at fault
        raise NotVerified("container", field="container", expected="a container as it was sealed and registered")
    raise Unreachable("key_service", field="key service", found=reply.status, expected="a key service that answers")


def _not_now(cause: str) -> ReltoError:
    """What a service that could not answer now says stood in the way; it decided nothing."""
    told = error_from_dict({"code": cause})
    return told if isinstance(told, Unreachable) else Unreachable("key_service", field="key service")


def _beside_results(document: Mapping[str, object], name: str) -> dict[str, str]:
    """What stands under this name beside each object's result: an addition of relto's that other clients ignore."""
    found: dict[str, str] = {}
    responses = document.get("responses")
    for response in responses if isinstance(responses, list) else []:
        results = response.get("results") if isinstance(response, dict) else None
        for result in results if isinstance(results, list) else []:
            metadata = result.get("metadata") if isinstance(result, dict) else None
            if isinstance(metadata, dict) and isinstance(metadata.get(name), str):
                found[str(result.get("keyAccessObjectId"))] = metadata[name]
    return found


def write_whole(opened: OpenedContainer, target: Path, watch: Watch) -> Generator[None, None, int]:
    """Write beside the target, then put it in place: a partial document is never left (mode 0600).

    The file beside it is new, under a name that nobody can foresee, so that nobody else holds it or leads it elsewhere.
    Each piece yields; who stops in between leaves nothing. Returns the bytes written.
    """
    beside = target.with_name(f".{os.urandom(8).hex()}.part")
    size = 0
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(handle, "wb") as out:
            for chunk in opened.views():
                out.write(chunk)
                size += len(chunk)
                watch.at(size)
                yield
        beside.replace(target)
    except BaseException:
        with suppress(FileNotFoundError):
            beside.unlink()
        raise
    return size
