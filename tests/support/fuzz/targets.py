"""What is fuzzed: one function a target, which gives its seeds, how they are changed, and what reads them.

Seeds are our own. A target reads an input to its end, as the program does, and asserts what must hold of one that was
accepted. Its `errors` are all that may come out.
"""

from __future__ import annotations

import base64
import gzip
import io
import json
import os
import random
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey
from werkzeug import Request
from werkzeug.test import EnvironBuilder

from relto.base.errors import NotVerified, ReltoError
from relto.base.instants import Instant
from relto.sealing.archive import open_archive
from relto.sealing.assertions import verify_assertions
from relto.sealing.manifest import parse_manifest
from relto.sealing.metadata import open_metadata
from relto.sealing.opening import open_container
from relto.sealing.policy import build_policy, read_policy
from relto.sealing.registration import manifest_fingerprint
from relto.sealing.rewrap import build_rewrap_request, parse_rewrap_answer, parse_rewrap_request
from tests.support.fuzz.mutations import (
    Mutation,
    mutate_archive,
    mutate_bytes,
    mutate_json,
    mutate_policy,
    mutate_protobuf,
    mutate_token,
)
from tests.support.fuzz.specimens import Specimen, specimens

NOW: Instant = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
URL = "https://kas.usa.example/kas.AccessService/Rewrap"


@dataclass(frozen=True)
class Target:
    """Seeds, how one is changed, what reads it, what may come out; inputs are cut at `longest` bytes."""

    seeds: tuple[bytes, ...]
    mutate: Mutation
    read: Callable[[bytes], object]
    errors: tuple[type[Exception], ...] = (ReltoError,)
    longest: int = 1 << 20


TARGETS: dict[str, Callable[[], Target]] = {}


def target(make: Callable[[], Target]) -> Callable[[], Target]:
    """Enter a target under its function's name; it is made in the process that feeds it."""
    TARGETS[make.__name__] = make
    return make


@target
def manifest() -> Target:
    """Manifests, with their assertions, fingerprint, policy and metadata."""

    def read(data: bytes) -> None:
        found = parse_manifest(data)
        manifest_fingerprint(found)
        read_policy(found.policy_text)
        verify_assertions(found, known[0])
        open_metadata(found.key_access[0].encrypted_metadata, known[0])

    known = [specimen.shares[0] for specimen in specimens()]
    return Target(tuple(specimen.manifest for specimen in specimens()), mutate_json, read)


@target
def archive() -> Target:
    """Whole containers: damaged in their records, or built anew around a changed manifest."""
    small = [specimen for specimen in specimens() if len(specimen.data) < 1 << 16]
    seeds = tuple(specimen.data for specimen in small)
    opens = {(specimen.plain, specimen.label) for specimen in small}
    shares = [specimen.shares for specimen in small]

    def mutate(source: random.Random, data: bytes) -> bytes:
        if source.random() < 0.3:
            specimen: Specimen = source.choice(small)
            return specimen.build(mutate_json(source, specimen.manifest))
        return mutate_archive(source, data)

    def read(data: bytes) -> None:
        stream = io.BytesIO(data)
        found = open_archive(stream)
        refused: ReltoError = NotVerified("share")
        for known in shares:
            try:
                opened = open_container(found, stream, known, require_label=True)
                plain = b"".join(opened.chunks())
            except ReltoError as error:
                refused = error
                continue
            assert (plain, opened.label_xml) in opens
            return
        raise refused

    return Target(seeds, mutate, read)


@target
def policy() -> Target:
    """Policy strings."""
    made = build_policy("3f1c8f1e-2a55-4a7c-9f2e-0a6d5b1f7c11", ["https://relto.example/attr/rel/value/ind"], ["amit"])
    bare = base64.b64encode(b'{"uuid":"x","body":{"dataAttributes":null,"dissem":null}}')
    return Target((made.encode(), bare), mutate_policy, lambda data: read_policy(data.decode("latin-1")))


def _signing(key: ECKey, header: dict[str, Any], seed: bytes) -> Mutation:
    """Tokens whose header or claims are changed; some of those with changed claims are signed again, rightly."""

    def mutate(source: random.Random, data: bytes) -> bytes:
        if source.random() < 0.8:
            return mutate_token(source, data)
        changed = mutate_json(source, base64.urlsafe_b64decode(seed.split(b".")[1] + b"==="))
        try:
            claims = json.loads(changed)
            return jwt.encode(header, claims if isinstance(claims, dict) else {}, key, algorithms=["ES256"]).encode()
        except (ValueError, TypeError):  # what joserfc itself will not write, such as a lone surrogate
            return mutate_token(source, data)

    return mutate


def _start_django() -> None:
    """For the targets that reach the store's models."""
    import django  # noqa: PLC0415  only these need it

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.support.django_settings")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    django.setup()


@target
def token() -> Target:
    """Access tokens, as every door reads them: form, kid, signature, claims."""
    _start_django()
    from django.db import connection  # noqa: PLC0415

    from relto.services.tokens import _verified  # noqa: PLC0415
    from relto.store.models import ServiceKey  # noqa: PLC0415

    with connection.schema_editor() as editor:
        editor.create_model(ServiceKey)
    key = ECKey.generate_key("P-256")
    pem = key.as_pem(private=False).decode()
    ServiceKey.objects.create(
        kid="tok-1", purpose="token", algorithm="ES256", public_pem=pem, state="active", created_at=NOW
    )
    header = {"alg": "ES256", "typ": "at+jwt", "kid": "tok-1"}
    at = int(NOW.timestamp())
    claims: dict[str, Any] = {
        "iss": "https://kas.usa.example",
        "aud": ["https://kas.usa.example"],
        "sub": "prs_1",
        "client_id": "cli_1",
    }
    claims |= {"iat": at, "exp": at + 600, "jti": "tok_1", "cnf": {"jkt": "x"}}
    seed = jwt.encode(header, claims, key, algorithms=["ES256"]).encode()
    return Target((seed,), _signing(key, header, seed), lambda data: _verified(data.decode("latin-1")))


@target
def dpop_proof() -> Target:
    """Proofs of possession (RFC 9449)."""
    from relto.services.proofs import Presented, Proofs  # noqa: PLC0415
    from tests.support.proofs import Prover  # noqa: PLC0415

    client, access = Prover(), "header.claims.signature"
    seed = client.proof("POST", URL, at=NOW.timestamp(), token=access).encode()
    header = {"alg": "ES256", "typ": "dpop+jwt", "jwk": client.key.as_dict(private=False)}
    judge = Proofs()
    bound_to = client.key.thumbprint()
    judge.begin(NOW)

    def read(data: bytes) -> None:
        proofs = tuple(data.decode("latin-1").split(","))
        judge.check(Presented("dpop", proofs, "POST", URL), token=access, bound_to=bound_to, now=NOW)

    assert isinstance(client.key, ECKey)
    return Target((seed,), _signing(client.key, header, seed), read)


def _rewrap_request() -> dict[str, Any]:
    specimen = specimens()[1]
    found = parse_manifest(specimen.manifest)
    key = ECKey.generate_key("P-256").as_pem(private=False).decode()
    return dict(build_rewrap_request(dict(enumerate(found.key_access)), found.policy_text, key))


@target
def request_token() -> Target:
    """Signed request tokens, and the rewrap request inside."""
    from relto.kas.failures import RequestFailure  # noqa: PLC0415
    from relto.kas.request_tokens import read_request_token  # noqa: PLC0415

    at = int(NOW.timestamp())
    claims = {"requestBody": json.dumps(_rewrap_request()), "iat": at, "exp": at + 60}
    header, key = {"alg": "ES256", "typ": "JWT"}, ECKey.generate_key("P-256")
    seed = jwt.encode(header, claims, key, algorithms=["ES256"]).encode()

    def read(data: bytes) -> None:
        parse_rewrap_request(read_request_token(data.decode("latin-1"), NOW))

    return Target((seed,), mutate_token, read, (ReltoError, RequestFailure))


@target
def rewrap_messages() -> Target:
    """The JSON inside requests and answers."""
    request = _rewrap_request()
    one = request["requests"][0]["keyAccessObjects"][0]["keyAccessObject"]
    first = {"clientPublicKey": request["clientPublicKey"], "keyAccess": one, "policy": "e30="}
    answer = {
        "responses": [
            {
                "policyId": "policy",
                "results": [
                    {"keyAccessObjectId": "kao-0", "status": "permit", "kasWrappedKey": "AAAA", "metadata": {}},
                    {"keyAccessObjectId": "kao-1", "status": "fail", "error": "no"},
                ],
            }
        ],
        "sessionPublicKey": "pem",
    }

    def read(data: bytes) -> None:
        document = json.loads(data, parse_constant=lambda _: None)
        if isinstance(document, dict):
            parse_rewrap_answer(document) if "responses" in document else parse_rewrap_request(document)

    seeds = tuple(json.dumps(one).encode() for one in (request, first, answer))
    return Target(seeds, mutate_json, read, (ReltoError, json.JSONDecodeError, UnicodeDecodeError))


_MESSAGE = "policy.attributes.GetAttributeValuesByFqnsRequest"


@target
def connect_bodies() -> Target:
    """Bodies of Connect requests: JSON and protobuf, plain and gzip, as the key service reads them.

    The first byte of an input says which.
    """
    from relto.kas.bodies import read_body  # noqa: PLC0415
    from relto.kas.codecs import codec_of  # noqa: PLC0415
    from relto.kas.failures import RequestFailure  # noqa: PLC0415

    document: dict[str, Any] = {
        "signedRequestToken": "a.b.c",
        "fqns": ["https://relto.example/attr/rel/value/ind"],
        "algorithm": "rsa:2048",
    }
    as_json = json.dumps(document).encode()
    _, protobuf = codec_of("application/proto")
    as_proto = protobuf.write(_MESSAGE, {"fqns": document["fqns"]})
    nested = protobuf.write(
        "wellknownconfiguration.GetWellKnownConfigurationResponse", {"configuration": {"a": [{}, 1]}}
    )
    messages = (_MESSAGE, "kas.RewrapRequest", "wellknownconfiguration.GetWellKnownConfigurationResponse")
    bomb = gzip.compress(bytes(8 << 20), mtime=0)

    def mutate(source: random.Random, data: bytes) -> bytes:
        head, body = data[:1], data[1:]
        if source.random() < 0.1:
            head = bytes([source.randrange(16)])
        kind = head[0] if head else 0
        if not kind & 1:
            return head + (mutate_protobuf if kind & 2 else mutate_json)(source, body)
        if source.random() < 0.3:
            return head + mutate_bytes(source, body)
        stream = zlib.decompressobj(31)
        try:
            inner = stream.decompress(body, 1 << 16)
        except zlib.error:
            inner = b""
        if not stream.eof:  # damaged, or the bomb
            return head + mutate_bytes(source, body)
        return head + gzip.compress((mutate_protobuf if kind & 2 else mutate_json)(source, inner), 1, mtime=0)

    def read(data: bytes) -> None:
        kind, body = (data[0], data[1:]) if data else (0, b"")
        request = Request(
            EnvironBuilder(
                method="POST",
                data=body,
                content_type="application/proto" if kind & 2 else "application/json; charset=utf-8",
                headers=[("Content-Encoding", "gzip")] if kind & 1 else [],
            ).get_environ()
        )
        content_type, codec = codec_of(request.headers.get("Content-Type", ""))
        found = codec.read(messages[(kind >> 2) % len(messages)], read_body(request))
        assert isinstance(found, dict), content_type

    seeds = (
        b"\0" + as_json,
        b"\1" + gzip.compress(as_json, mtime=0),
        b"\2" + as_proto,
        b"\3" + gzip.compress(as_proto, mtime=0),
        b"\x0a" + nested,
        b"\1" + bomb,
    )
    return Target(seeds, mutate, read, (RequestFailure,))


@target
def token_forms() -> Target:
    """The form of a token request, and the credential in it."""
    _start_django()
    from relto.kas.failures import RequestFailure  # noqa: PLC0415
    from relto.kas.token_endpoint import OAuthFailure, _read  # noqa: PLC0415

    def read(data: bytes) -> None:
        form, _, basic = data.partition(b"\0")
        written = basic.decode("latin-1").replace("\r", "").replace("\n", "")
        headers = [("Authorization", f"Basic {written}")] if basic else []
        content_type = "application/x-www-form-urlencoded"
        builder = EnvironBuilder("/token", method="POST", content_type=content_type, data=form, headers=headers)
        _read(Request(builder.get_environ()))

    whole = b"grant_type=client_credentials&client_id=cli_1&client_secret=s&scope=openid+profile"
    seeds = (whole, b"grant_type=client_credentials\0" + base64.b64encode(b"cli_1:secret"))
    return Target(seeds, mutate_bytes, read, (OAuthFailure, RequestFailure), longest=1 << 16)


@target
def context_headers() -> Target:
    """The header about the obligations that a client can fulfil."""
    from relto.kas.context_header import HEADER, check_additional_context  # noqa: PLC0415
    from relto.kas.failures import RequestFailure  # noqa: PLC0415

    def mutate(source: random.Random, data: bytes) -> bytes:
        return mutate_bytes(source, data) if source.random() < 0.2 else mutate_policy(source, data)

    def read(data: bytes) -> None:
        text = data.decode("latin-1").replace("\r", "").replace("\n", "")
        check_additional_context(Request(EnvironBuilder("/", headers=[(HEADER, text)]).get_environ()))

    names = ["https://relto.example/obl/watermark/value/visible"]
    documents = ({"obligations": {"fulfillableFQNs": names}}, {"obligations": {"fulfillableFQNs": None}})
    seeds = tuple(base64.b64encode(json.dumps(one).encode()) for one in documents)
    return Target(seeds, mutate, read, (RequestFailure,), longest=1 << 16)
