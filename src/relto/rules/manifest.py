"""The bundle's file and its manifest: one JSON file, signed by every party's authority (policy.md 7).

Rules enforced here:
 1. A bundle file carries its texts, and either a proposal (nobody has signed yet) or a signed manifest, never both.
 2. The manifest names each file with its SHA-256; a changed, missing or additional file is refused by name.
 3. Every party's authority must have signed, each with both algorithms of its key; one signature, a wrong one, or two
    by the same authority is refused. Who the authorities are comes from outside the bundle.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from relto.base.canonical import Json, canonical_bytes, read_object, sha256_hex
from relto.base.errors import MalformedInput, NotVerified
from relto.base.instants import Instant, read_instant
from relto.base.nations import Nation, read_nation
from relto.rules.authority_keys import signing_key_ids
from relto.rules.shapes import check_shape, read_shape
from relto.signing.envelope import read_envelope
from relto.signing.keys import StatementKey, StatementPublicKey
from relto.signing.statements import add_signature, read_statement, sign_statement

KIND = "agreement-bundle"
VERSIONS = (1,)
FILE_TYPE = "agreement-bundle-file"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What the authorities signed. `digest`: hex SHA-256 of the signed payload; it covers every file."""

    agreement: str
    version: int
    supersedes: int | None
    effective_from: Instant
    expires: Instant
    engine: str
    parties: tuple[Nation, ...]
    files: Mapping[str, str]
    digest: str
    signers: frozenset[str]


def unsigned_file(files: Mapping[str, str], proposal: Mapping[str, Json]) -> bytes:
    """A bundle file that nobody has signed; `proposal` is the manifest without its file digests, which come here."""
    digests = {name: sha256_hex(text.encode("utf-8")) for name, text in files.items()}
    body = {**proposal, "files": digests}
    check_shape(body, "proposal", field="proposal")
    return canonical_bytes({"type": FILE_TYPE, "version": 1, "files": dict(files), "proposal": body})


def sign_bundle(data: bytes, key: StatementKey) -> bytes:
    """The same bundle file with one authority's signature added.

    The authority reads what it signs first: the files must be those that the manifest names. Raises MalformedInput
    for another form, NotVerified("bundle.file") when a file is not the one that the manifest names.
    """
    members = read_shape(data, "bundle-file", field="bundle")
    files: dict[str, str] = members["files"]
    if "proposal" in members:
        body = members["proposal"]
        check_shape(body, "proposal", field="proposal")
        _check_files(files, body["files"])
        envelope = sign_statement(KIND, VERSIONS[-1], body, [key])
    else:
        envelope = add_signature(canonical_bytes(members["manifest"]), key)
        signed = read_statement(envelope, kind=KIND, versions=VERSIONS, trusted=[key.public])
        check_shape(signed.body, "manifest", field="manifest")
        _check_files(files, _digests(signed.body))
    head = b'{"files":' + canonical_bytes(files) + b',"manifest":' + envelope
    return head + b',"type":"' + FILE_TYPE.encode() + b'","version":1}'


def open_manifest(data: bytes, authorities: Mapping[Nation, StatementPublicKey]) -> tuple[Manifest, dict[str, str]]:
    """Verify a bundle file and return its manifest and its texts by name.

    `authorities`: one pinned key for each party. Raises MalformedInput for another form or an unsigned bundle,
    NotVerified with reason "signature" (one is wrong; "signature.missing", "signature.unknown_key": a party's is not
    there), "bundle.parties" (other parties than the pinned ones), "bundle.file" (a file differs).
    """
    members = read_shape(data, "bundle-file", field="bundle")
    if "manifest" not in members:
        raise NotVerified("signature.missing", field="manifest", found=0, expected=f"{len(authorities)} signatures")
    _check_claims(members["manifest"], authorities)
    statement = read_statement(
        canonical_bytes(members["manifest"]),
        kind=KIND,
        versions=VERSIONS,
        trusted=authorities.values(),
        need=len(authorities),
    )
    wanted = {key.key_id for key in authorities.values()}
    if len(wanted) != len(authorities) or not wanted <= statement.signers:
        raise NotVerified(
            "signature", field="manifest", found=len(statement.signers), expected="each party's authority"
        )
    body = statement.body
    check_shape(body, "manifest", field="manifest")
    manifest = _read(body, statement.digest, statement.signers)
    if set(manifest.parties) != set(authorities):
        raise NotVerified("bundle.parties", field="manifest.parties", expected=", ".join(sorted(authorities)))
    if manifest.agreement.split("-") != sorted(manifest.parties):
        raise MalformedInput(
            "bundle.agreement", field="manifest.agreement", expected="the parties in order, as IND-USA"
        )
    if not manifest.effective_from < manifest.expires:
        raise MalformedInput("bundle.period", field="manifest.expires", expected="an instant after effective_from")
    if manifest.supersedes is not None and manifest.supersedes >= manifest.version:
        raise MalformedInput("bundle.supersedes", field="manifest.supersedes", expected="a lower version")
    files: dict[str, str] = members["files"]
    _check_files(files, manifest.files)
    return manifest, files


def _check_claims(manifest: Mapping[str, Json], authorities: Mapping[Nation, StatementPublicKey]) -> None:
    """Name whose signature is not even claimed. Who claims one is believed only when it verifies."""
    claimed = signing_key_ids(dict(manifest))
    missing = sorted(nation for nation, key in authorities.items() if key.key_id not in claimed)
    if missing:
        strangers = claimed - {key.key_id for key in authorities.values()}
        reason = "signature.unknown_key" if strangers else "signature.missing"
        raise NotVerified(reason, field="manifest", found=", ".join(missing), expected="each party's authority")


def read_proposed(data: bytes) -> tuple[dict[str, Json], dict[str, str]]:
    """What a bundle file says, whoever signed it or nobody: for people who read before they sign, never to decide by.

    The manifest's members and the texts by name; the files must be those that it names. Raises MalformedInput,
    NotVerified("bundle.file").
    """
    members = read_shape(data, "bundle-file", field="bundle")
    files: dict[str, str] = members["files"]
    if "proposal" in members:
        body: dict[str, Json] = members["proposal"]
        check_shape(body, "proposal", field="proposal")
        _check_files(files, _digests(body))
    else:
        envelope = canonical_bytes(members["manifest"])
        body = read_object(read_envelope(envelope, max_bytes=len(envelope)).payload, field="manifest")
        check_shape(body, "manifest", field="manifest")
        _check_files(files, _digests(body))
    return body, files


def read_unchecked(data: bytes) -> tuple[dict[str, Json], dict[str, str]]:
    """As `read_proposed`, whether or not the manifest fits its schema and the files: to say all that is wrong."""
    members = read_shape(data, "bundle-file", field="bundle")
    files: dict[str, str] = members["files"]
    if "proposal" in members:
        return members["proposal"], files
    envelope = canonical_bytes(members["manifest"])
    return read_object(read_envelope(envelope, max_bytes=len(envelope)).payload, field="manifest"), files


def content_digest(data: bytes) -> str:
    """By what a bundle file is called: the SHA-256 of its manifest's payload, of a draft that of the whole file."""
    members = read_shape(data, "bundle-file", field="bundle")
    if "proposal" in members:
        return sha256_hex(data)
    envelope = canonical_bytes(members["manifest"])
    return sha256_hex(read_envelope(envelope, max_bytes=len(envelope)).payload)


def signed_by(data: bytes) -> frozenset[str]:
    """The key ids that the file's signatures claim, unverified; none of a draft."""
    members = read_shape(data, "bundle-file", field="bundle")
    return signing_key_ids(members["manifest"]) if "manifest" in members else frozenset()


def read_draft(data: bytes) -> tuple[Manifest, dict[str, str]]:
    """As `read_proposed`, with the manifest as a value: without any signer, and without a digest."""
    body, files = read_proposed(data)
    return _read(body, "", frozenset()), files


def _read(body: Mapping[str, Json], digest: str, signers: frozenset[str]) -> Manifest:
    version, supersedes, parties = body["bundle_version"], body["supersedes"], body["parties"]
    if not isinstance(version, int) or not isinstance(supersedes, int | None) or not isinstance(parties, list):
        raise MalformedInput("bundle.schema", field="manifest", expected="a manifest")
    return Manifest(
        agreement=str(body["agreement"]),
        version=version,
        supersedes=supersedes,
        effective_from=read_instant(body["effective_from"], field="manifest.effective_from"),
        expires=read_instant(body["expires"], field="manifest.expires"),
        engine=str(body["engine"]),
        parties=tuple(read_nation(party, field="manifest.parties") for party in parties),
        files=_digests(body),
        digest=digest,
        signers=signers,
    )


def _digests(body: Mapping[str, Json]) -> dict[str, str]:
    files = body["files"]
    if not isinstance(files, dict):
        raise MalformedInput("bundle.schema", field="manifest.files", expected="an object")
    return {name: str(digest) for name, digest in files.items()}


def _check_files(files: Mapping[str, str], digests: Mapping[str, str]) -> None:
    for name in sorted(files.keys() | digests.keys()):
        if name not in files or name not in digests:
            raise NotVerified("bundle.file", field=name, expected="the files that the manifest names, no other")
        if not hmac.compare_digest(sha256_hex(files[name].encode("utf-8")), digests[name]):
            raise NotVerified("bundle.file", field=name, expected="the text whose digest the manifest names")
