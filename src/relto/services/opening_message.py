"""The signed question and answer of one opening between two nodes: a share for one session, once, within seconds.

The question names a pseudonym, the assurance on her, the item, the registered manifest by its fingerprint, the share,
and the session's public key with its digest. The answer carries the share wrapped to that session key, or one code. No
token, name or reason crosses the border.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from relto.base.canonical import Json, canonical_bytes, sha256_hex
from relto.base.errors import MalformedInput, NotVerified
from relto.base.ids import read_id
from relto.base.instants import Instant, instant_text, read_instant
from relto.base.nations import Nation
from relto.sealing.encoding import base64_text, read_base64
from relto.sealing.key_access import MAX_SHORT
from relto.sealing.registration import ManifestFingerprint
from relto.services.texts import read_choice
from relto.signing.keys import StatementKey, StatementPublicKey
from relto.signing.statements import read_statement, sign_statement

REQUEST = "opening-request"
ANSWER = "opening-answer"
MAX_REQUEST = 64 * 1024
MAX_SESSION_KEY = 4096
MAX_SHARE = 2048
GRANTED = "granted"
REFUSED = "refused"
ON_ITS_WAY = "assurance_on_its_way"
"""The reason of an Unreachable: the partner does not hold the named assurance yet. Asking again may succeed."""
_DIGEST = re.compile(r"\A[0-9a-f]{64}\Z")
_CODE = re.compile(r"\A[a-z_.]{1,64}\Z")


@dataclass(frozen=True, slots=True)
class OpeningRequest:
    """One question. `decision` is the asker's node's own reference; `manifest` the digest of the whole fingerprint."""

    id: str
    pseudonym: str
    assurance: str
    item: str
    policy: str
    manifest: str
    url: str
    kid: str
    sid: str
    session_key: str
    expires: Instant
    decision: str
    digest: str = ""


@dataclass(frozen=True, slots=True)
class OpeningAnswer:
    """One answer: the wrapped share with the session's public key (None for RSA sessions), or a code."""

    wrapped: bytes
    session_public_key: str | None
    code: str


def fingerprint_digest(fingerprint: ManifestFingerprint) -> str:
    """Hex SHA-256 of the canonical fingerprint: names one registered manifest."""
    return sha256_hex(canonical_bytes(fingerprint.as_dict()))


def write_request(request: OpeningRequest, *, sender: Nation, recipient: Nation, key: StatementKey) -> bytes:
    """The signed envelope of a question."""
    body: dict[str, Json] = {
        "id": request.id,
        "from": sender,
        "to": recipient,
        "pseudonym": request.pseudonym,
        "assurance": request.assurance,
        "item": request.item,
        "policy": request.policy,
        "manifest": request.manifest,
        "url": request.url,
        "kid": request.kid,
        "sid": request.sid,
        "session_key": request.session_key,
        "session_key_sha256": sha256_hex(request.session_key.encode("ascii", "replace")),
        "expires": instant_text(request.expires),
        "decision": request.decision,
    }
    return sign_statement(REQUEST, 1, body, [key])


def read_request(
    envelope: bytes, *, sender: Nation, recipient: Nation, trusted: Iterable[StatementPublicKey]
) -> OpeningRequest:
    """The question that `sender`'s node signed for this one. Raises NotVerified, MalformedInput, UnknownValue."""
    found = read_statement(envelope, kind=REQUEST, versions=(1,), trusted=trusted, max_bytes=MAX_REQUEST)
    body = found.body
    if (body.get("from"), body.get("to")) != (sender, recipient):
        raise NotVerified("opening.channel", field="from", expected=f"{sender} to {recipient}")
    session_key = _text(body, "session_key", MAX_SESSION_KEY)
    if body.get("session_key_sha256") != sha256_hex(session_key.encode("ascii", "replace")):
        raise NotVerified("opening.session_key", field="session_key_sha256", expected="the session key's digest")
    manifest = _text(body, "manifest", MAX_SHORT)
    if not _DIGEST.match(manifest):
        raise MalformedInput("opening.manifest", field="manifest", expected="a SHA-256 in lower-case hex")
    return OpeningRequest(
        id=read_id(body.get("id"), "opr"),
        pseudonym=read_id(body.get("pseudonym"), "prs", field="pseudonym"),
        assurance=read_id(body.get("assurance"), "asr", field="assurance"),
        item=_text(body, "item", MAX_SHORT),
        policy=_text(body, "policy", MAX_SHORT),
        manifest=manifest,
        url=_text(body, "url", MAX_SESSION_KEY),
        kid=_text(body, "kid", MAX_SHORT),
        sid=_text(body, "sid", MAX_SHORT),
        session_key=session_key,
        expires=read_instant(body.get("expires"), field="expires"),
        decision=read_id(body.get("decision"), "dec", field="decision"),
        digest=found.digest,
    )


def write_answer(answer: OpeningAnswer, *, request_sha256: str, key: StatementKey) -> bytes:
    """The signed envelope of an answer; `request_sha256` is that of the envelope that is answered."""
    body: dict[str, Json] = {"request_sha256": request_sha256, "outcome": REFUSED if answer.code else GRANTED}
    if answer.code:
        body["code"] = answer.code
    else:
        body["wrapped"] = base64_text(answer.wrapped)
        body["session_public_key"] = answer.session_public_key
    return sign_statement(ANSWER, 1, body, [key])


def read_answer(envelope: bytes, *, request: bytes, trusted: Iterable[StatementPublicKey]) -> OpeningAnswer:
    """The partner's answer to exactly this question. Raises NotVerified or MalformedInput."""
    body = read_statement(envelope, kind=ANSWER, versions=(1,), trusted=trusted, max_bytes=MAX_REQUEST).body
    if body.get("request_sha256") != sha256_hex(request):
        raise NotVerified("opening.answer", field="request_sha256", expected="an answer to this question")
    if read_choice(body.get("outcome"), (GRANTED, REFUSED), field="outcome") == REFUSED:
        code = _text(body, "code", MAX_SHORT)
        if not _CODE.match(code):
            raise MalformedInput("opening.code", field="code", expected="a code")
        return OpeningAnswer(b"", None, code)
    session_public_key = body.get("session_public_key")
    if session_public_key is not None and (
        not isinstance(session_public_key, str) or len(session_public_key) > MAX_SESSION_KEY
    ):
        raise MalformedInput("opening.session_key", field="session_public_key", expected="PEM, or nothing")
    wrapped = read_base64(_text(body, "wrapped", 2 * MAX_SHARE), field="wrapped", max_bytes=MAX_SHARE)
    return OpeningAnswer(wrapped, session_public_key, "")


def _text(body: dict[str, Json], name: str, longest: int) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value or len(value) > longest:
        raise MalformedInput("opening.member", field=name, expected=f"text of at most {longest} characters")
    return value
