"""The master secret, what it seals, the token, and whether the public record speaks of these very keys."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from relto.adapters.sealed_keys import MASTER_BYTES, SecretsFolder
from relto.base.canonical import read_object
from relto.base.errors import MalformedInput, Misconfigured, NotAvailable, NotVerified, ReltoError
from relto.node.certificates import certificate_sha256
from relto.node.checks import findings, master_secret_path
from relto.node.doctor.case import Case
from relto.node.doctor.troubles import Trouble, of_setting
from relto.node.keys import NODE_SECRETS, node_statement_key
from relto.node.party import read_party
from relto.node.settings import NodeSettings
from relto.node.wiring import open_key_store

_AUTHORITY_KEY = "link-authority-key"


def look_at_keys(case: Case) -> Iterator[Trouble]:
    """Everything that is sealed opens with the master secret, and is what the party record says."""
    settings = case.settings
    if settings is None or not case.folder.secrets.is_dir():
        return
    place = master_secret_path(settings)
    data = _master(place)
    if data is None or len(data) != MASTER_BYTES:
        found = "nothing that can be read" if data is None else f"{len(data)} bytes"
        yield Trouble("master_secret", case.path(place), f"a file of {MASTER_BYTES} bytes", found)
        return
    secrets = SecretsFolder(case.folder.secrets, data, _nothing_is_sealed_here)
    troubles = list(_sealed(secrets))
    yield from troubles
    if not troubles:
        case.secrets = secrets
        yield from _party(case, settings, secrets)
    yield from _token(settings)


def _master(place: Path) -> bytes | None:
    try:
        with place.open("rb") as file:
            return file.read(MASTER_BYTES + 1)
    except OSError:
        return None


def _nothing_is_sealed_here(count: int) -> bytes:
    raise AssertionError(count)


def _sealed(secrets: SecretsFolder) -> Iterator[Trouble]:
    held = secrets.names()
    for name in (*NODE_SECRETS, _AUTHORITY_KEY):
        if name not in held:
            yield Trouble("secret_missing", f"secrets/{name}.sealed", "a sealed secret, made with the node")
    for name in held:
        try:
            secrets.unseal(name)
        except (NotVerified, NotAvailable, MalformedInput):
            yield Trouble("secret_sealed_otherwise", f"secrets/{name}.sealed", "sealed under this node's master secret")
            return  # with another master secret none opens: one is named


def _party(case: Case, settings: NodeSettings, secrets: SecretsFolder) -> Iterator[Trouble]:
    place = case.folder.party_file
    try:
        data = place.read_bytes()
        party = read_party(data)
    except OSError:
        yield Trouble("party_record", place.name, "the node's own public record")
        return
    except ReltoError as error:
        yield Trouble("party_record", place.name, error.expected or "a party record", error.field)
        return
    record = read_object(data, field="party record")
    if record.get("node") != dict(node_statement_key(secrets, settings).public.as_dict()):
        yield Trouble("party_differs", "party.json: node", "the public half of this node's statement key")
    if case.folder.link_authority.is_file():
        pem = case.folder.link_authority.read_bytes()
        try:
            same = certificate_sha256(pem) == certificate_sha256(party.link_authority_pem.encode("ascii"))
        except ValueError:
            return  # the look at certificates says it
        if not same:
            yield Trouble("party_differs", "party.json: link.ca_pem", "the certificate in link/authority.crt")


def _token(settings: NodeSettings) -> Iterator[Trouble]:
    problems = [one for one in findings(settings) if one.field == "key_store" or one.reason.startswith("key_store")]
    for problem in problems:
        yield of_setting(problem, "key_store")
    if not settings.key_store or problems:
        return
    try:
        store = open_key_store(settings)
        if store is not None:
            store.require_answer()
    except Misconfigured as problem:
        yield of_setting(problem, "key_store")
    except ReltoError as error:
        yield Trouble("key_store", "key_store", "a token that answers", error.full_code)
