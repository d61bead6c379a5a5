"""First set-up of a node: folder, secrets, link certificates, database, service keys, first people, party record.

Everything is made in one go in a folder that does not exist yet; a failure removes what was begun (nothing is changed
by a refused call). What the operator gets once: the credentials of the first operator and the first registrar.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from relto.adapters.sealed_keys import MASTER_FILE, SecretsFolder
from relto.adapters.system import SystemClock, SystemEntropy
from relto.base.canonical import Json
from relto.base.errors import Conflict, MalformedInput, Misconfigured
from relto.base.nations import Nation
from relto.ledger.notes import KeyType, read_vkey
from relto.node.blob_settings import BlobSettings, blob_findings
from relto.node.certificates import certificate_sha256, make_link_certificates
from relto.node.database_settings import read_database, read_owner
from relto.node.draft_changes import scheme_of
from relto.node.folder import NodeFolder
from relto.node.keys import LINK_PASSPHRASE, cosigner_keys, log_keys, make_node_secrets, node_statement_key
from relto.node.laying_out import lay_out, require_empty
from relto.node.party import party_record
from relto.node.settings import NodeKind, NodeSettings, is_host, is_origin, read_settings
from relto.node.wiring import build_house, start_django
from relto.services.standing import Unguarded
from relto.signing.keys import StatementPublicKey
from relto.store.committer import DirectCommitter
from relto.web.shell import portal_settings

_OFFSETS = {"portal": 0, "key_service": 1, "relay": 2, "inner": 3, "link": 4}
_COSIGNERS = {KeyType.ED25519_COSIGNATURE, KeyType.MLDSA44_COSIGNATURE}
_HIGHEST_BASE = 65000
_SHOWN_IN_TRAINING = ["IND CONFIDENTIAL", "IND RESTRICTED", "IND SECRET", "USA CONFIDENTIAL", "USA SECRET"]
"""A training node holds nothing but fiction; a live node shows nothing until its operator says so."""
_LOWEST_BASE = 1024


@dataclass(frozen=True, slots=True)
class WitnessOfAuthority:
    """The own authority's witness, as its `relto witness init` printed it."""

    name: str
    url: str
    vkeys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FirstSetup:
    """What `relto node init` is told."""

    root: Path
    nation: Nation
    host: str
    kind: NodeKind
    base_port: int
    authority: StatementPublicKey
    witness: WitnessOfAuthority
    training_clock: str = ""
    database: str = ""
    database_owner: str = ""
    blobs: BlobSettings = field(default_factory=BlobSettings)


def initialise(setup: FirstSetup) -> dict[str, Json]:
    """Make the node; returns the first people's credentials (shown once.

    Also kept in first-credentials.json, mode 0600).
    """
    if setup.root.exists() and (not setup.root.is_dir() or any(setup.root.iterdir())):
        raise Conflict("folder_in_use", field="folder", found=setup.root.name, expected="a folder that does not exist")
    if not _LOWEST_BASE <= setup.base_port <= _HIGHEST_BASE:
        raise MalformedInput("port", field="base_port", found=setup.base_port, expected="1024 to 65000")
    if setup.training_clock and setup.kind == "live":
        raise Misconfigured(
            "training_clock", field="training_clock", expected="none: a live node follows its own clock"
        )
    if setup.authority.owner != f"{setup.nation}/authority":
        raise MalformedInput(
            "authority", field="authority", found=setup.authority.owner, expected=f"{setup.nation}/authority"
        )
    if not is_host(setup.host):
        raise MalformedInput("host", field="host", expected="a host name in lower case, such as node.example")
    scheme_of(setup.nation, field="nation")
    given: dict[str, object] = {"database": setup.database, "database_owner": setup.database_owner}
    read_database(given)
    read_owner(given)
    _check_witness(setup.witness)
    for problem in blob_findings(setup.blobs, setup.root, setup.kind):
        raise problem
    with _all_or_nothing(setup.root):
        return _make(setup)


def _check_witness(witness: WitnessOfAuthority) -> None:
    if not is_origin(witness.url):
        raise MalformedInput("witness", field="witness_url", expected="scheme://host:port")
    try:
        keys = [read_vkey(vkey) for vkey in witness.vkeys]
    except MalformedInput as error:
        raise MalformedInput("witness", field="witness_vkey", expected=error.expected) from error
    if {key.key_type for key in keys} != _COSIGNERS or len(keys) != len(_COSIGNERS):
        raise MalformedInput("witness", field="witness_vkey", expected="the two that relto witness init printed")
    if {key.name for key in keys} != {witness.name}:
        raise MalformedInput("witness", field="witness_name", found=witness.name, expected=keys[0].name)


@contextmanager
def _all_or_nothing(root: Path) -> Iterator[None]:
    there_before = root.exists()
    try:
        yield
    except BaseException as error:
        shutil.rmtree(root, ignore_errors=True)
        if there_before:
            root.mkdir(mode=0o700, exist_ok=True)
        if isinstance(error, OSError):
            raise MalformedInput(
                "no_write", field="folder", found=root.name, expected="a place that can be written"
            ) from error
        raise


def _make(setup: FirstSetup) -> dict[str, Json]:
    folder = NodeFolder(setup.root)
    folder.create()
    entropy = SystemEntropy()
    secrets = SecretsFolder.create(folder.secrets, entropy)
    make_node_secrets(secrets, entropy.random_bytes)
    folder.settings_file.write_text(_settings_text(setup), encoding="utf-8")
    settings = read_settings(setup.root)
    _write_link_certificates(folder, settings, secrets)
    # With the portal's applications: their tables (second factors, passkeys) are the node's too.
    shell = portal_settings(nation=settings.nation, kind=settings.kind, portal_url=settings.urls.portal)
    start_django(settings, secrets, {**shell, "ROOT_URLCONF": "relto.node.urls"})
    if settings.database:
        require_empty()
    lay_out(settings)
    from relto.node.first_things import first_people, first_service_keys  # noqa: PLC0415  tables need a started Django

    wrapping = first_service_keys(build_house(settings, secrets, DirectCommitter(), Unguarded()), secrets)
    folder.party_file.write_bytes(party_record(_party(setup, settings, secrets, wrapping)))
    return first_people(folder, build_house(settings, secrets, DirectCommitter(), Unguarded()))


def _settings_text(setup: FirstSetup) -> str:
    port = {name: setup.base_port + offset for name, offset in _OFFSETS.items()}
    scheme = "https" if setup.kind == "live" else "http"
    clock = f"training_clock = {json.dumps(setup.training_clock)}\n" if setup.training_clock else ""
    return f"""# The settings of this node; see docs/reference/settings.md.
nation = "{setup.nation}"
host = "{setup.host}"
kind = "{setup.kind}"
bind = "127.0.0.1"
master_secret = "secrets/{MASTER_FILE}"
{clock}{_database_lines(setup)}
[ports]
portal = {port["portal"]}
key_service = {port["key_service"]}
relay = {port["relay"]}
inner = {port["inner"]}
link = {port["link"]}

[urls]
portal = "{scheme}://{setup.host}:{port["portal"]}"
key_service = "{scheme}://{setup.host}:{port["key_service"]}"
relay = "{scheme}://{setup.host}:{port["relay"]}"
link = "https://{setup.host}:{port["link"]}"

# At which levels documents are shown in the browser: what is shown passes through this host's memory.
[reading_room]
levels = {json.dumps(_SHOWN_IN_TRAINING if setup.kind == "training" else [])}

{setup.blobs.as_toml()}[[witnesses]]
name = "{setup.witness.name}"
url = "{setup.witness.url}"
"""


def _database_lines(setup: FirstSetup) -> str:
    given = {"database": setup.database, "database_owner": setup.database_owner}
    return "".join(f"{name} = {json.dumps(value)}\n" for name, value in given.items() if value)


def _write_link_certificates(folder: NodeFolder, settings: NodeSettings, secrets: SecretsFolder) -> None:
    passphrase = secrets.unseal(LINK_PASSPHRASE).hex().encode("ascii")
    made = make_link_certificates(settings.nation, settings.host, SystemClock().now(), passphrase)
    secrets.seal("link-authority-key", made.authority_private_pem)
    folder.link_authority.write_bytes(made.authority_pem)
    folder.link_certificate.write_bytes(made.node_pem)
    folder.link_private_key.write_bytes(made.node_private_pem)
    for place in (folder.link_authority, folder.link_certificate, folder.link_private_key):
        place.chmod(0o600)


def _party(
    setup: FirstSetup, settings: NodeSettings, secrets: SecretsFolder, wrapping: list[dict[str, str]]
) -> dict[str, Json]:
    authority_pem = settings.folder.link_authority.read_text(encoding="ascii")
    return {
        "nation": settings.nation,
        "host": settings.host,
        "portal_url": settings.urls.portal,
        "key_service_url": settings.urls.key_service,
        "relay_url": settings.urls.relay,
        "authority": dict(setup.authority.as_dict()),
        "node": dict(node_statement_key(secrets, settings).public.as_dict()),
        "link": {
            "url": settings.urls.link,
            "ca_pem": authority_pem,
            "ca_sha256": certificate_sha256(authority_pem.encode("ascii")),
        },
        "service_keys": [dict(key) for key in wrapping],
        "ledger": {"origin": settings.ledger_origin, "vkeys": list(log_keys(secrets, settings).vkeys())},
        "cosigner": {"vkeys": list(cosigner_keys(secrets, settings).vkeys())},
        "witness": {"name": setup.witness.name, "url": setup.witness.url, "vkeys": list(setup.witness.vkeys)},
    }
