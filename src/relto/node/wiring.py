"""Builds a House: settings and sealed secrets in, adapters chosen, ports satisfied.

The only place that knows both sides.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import timedelta

from relto.adapters.key_service_http import KeyServiceHttp
from relto.adapters.partner_link import HttpPartnerLink, client_context
from relto.adapters.pkcs11_token import Pkcs11Token
from relto.adapters.sealed_keys import SecretsFolder
from relto.adapters.system import SystemClock, SystemEntropy
from relto.adapters.training_clock import TrainingClock
from relto.base.errors import Misconfigured
from relto.base.instants import Instant
from relto.base.nations import Nation
from relto.node.blob_settings import open_blobs
from relto.node.checks import master_secret_path
from relto.node.django_shell import base_settings, start_shell
from relto.node.keys import DJANGO_SECRET, FIELD_KEY, INNER_SECRET, LINK_PASSPHRASE, node_statement_key
from relto.node.party import pinned_partners, read_party
from relto.node.settings import NodeSettings
from relto.node.starts import join_start
from relto.ports.surroundings import Committer, Standing
from relto.services.house import House, NodeUrls
from relto.services.proofs import Proofs
from relto.services.standing import GuardedStatementKey, ServedStanding
from relto.signing.keys import StatementPublicKey
from relto.store.fields import use_field_key
from relto.store.scopes import NOBODY, NODE, begin_process

_PAST_SECONDS = 5.0


def open_secrets(settings: NodeSettings) -> SecretsFolder:
    """The node's sealed secrets, opened with its master secret."""
    return SecretsFolder.open(settings.folder.secrets, master_file=master_secret_path(settings))


def open_key_store(settings: NodeSettings) -> Pkcs11Token | None:
    """The token for wrapping keys, when one is set; it is first asked when a key in it is needed."""
    return Pkcs11Token.open(settings.key_store, SystemEntropy()) if settings.key_store else None


def start_django(settings: NodeSettings, secrets: SecretsFolder, more: dict[str, object] | None = None) -> None:
    """Configure Django and the field key for this process; `more` are the portal's further settings.

    Who is given the house for its pages asks the database for nobody but who signed in; the others, for the node.
    """
    begin_process(NOBODY if more and "RELTO_HOUSE" in more else NODE)
    use_field_key(secrets.unseal(FIELD_KEY))
    values = base_settings(settings, secrets.unseal(DJANGO_SECRET).hex())
    values.update(more or {})
    start_shell(values)


def served_standing(settings: NodeSettings) -> ServedStanding:
    """The guard of a process that serves: it joins the node's present start, or begins a new one."""
    return ServedStanding(join_start(settings.folder.locks, SystemEntropy()))


def partner_links(settings: NodeSettings, secrets: SecretsFolder) -> Mapping[Nation, HttpPartnerLink]:
    """The ways to the partners pinned so far."""
    folder = settings.folder
    passphrase = secrets.unseal(LINK_PASSPHRASE).hex()
    return {
        party.nation: HttpPartnerLink(
            party.link_url,
            client_context(
                folder.link_certificate,
                folder.link_private_key,
                folder.partner_link_authority(party.nation),
                passphrase=passphrase,
            ),
        )
        for party in pinned_partners(folder)
    }


def build_house(settings: NodeSettings, secrets: SecretsFolder, committer: Committer, standing: Standing) -> House:
    """The House of one of the node's processes; it reaches the key service by its inner port.

    `standing`: `served_standing` for whatever serves; Unguarded only for set-up, before anything was served.
    """
    folder = settings.folder
    authorities: dict[Nation, StatementPublicKey] = {}
    if folder.party_file.exists():
        own = read_party(folder.party_file.read_bytes())
        authorities[own.nation] = own.authority
    authorities.update({party.nation: party.authority for party in pinned_partners(folder)})
    inner = f"http://127.0.0.1:{settings.ports.inner}"
    return House(
        nation=settings.nation,
        kind=settings.kind,
        ledger_origin=settings.ledger_origin,
        urls=NodeUrls(settings.urls.portal, settings.urls.key_service, settings.urls.relay),
        clock=_clock(settings),
        entropy=SystemEntropy(),
        blobs=open_blobs(settings.blobs, folder.root, folder.blobs),
        committer=committer,
        node_key=GuardedStatementKey.guard(node_statement_key(secrets, settings), standing),
        authorities=authorities,
        key_service=KeyServiceHttp(inner, secrets.unseal(INNER_SECRET).hex()),
        partners=partner_links(settings, secrets),
        standing=standing,
        proofs=Proofs(skew=timedelta(seconds=settings.dpop.skew_seconds), nonce_required=settings.dpop.nonce_required),
    )


def _clock(settings: NodeSettings) -> SystemClock:
    """The machine's clock; a training node that is told so stands ahead of it as its rehearsal's clock does."""
    file = settings.training_clock_file
    if file is None:
        return SystemClock(_known_past())
    if settings.kind == "live":
        raise Misconfigured(
            "training_clock", field="training_clock", expected="none: a live node follows its own clock"
        )
    return SystemClock(_known_past(), ahead=TrainingClock(file).ahead)


def _known_past() -> Callable[[], Instant | None]:
    """The newest checkpoint's or cosignature's instant, read again every few seconds: no clock lies before it."""
    known: list[tuple[float, Instant | None]] = []

    def newest() -> Instant | None:
        from relto.store.queries.ledger import newest_known_past  # noqa: PLC0415  tables need a started Django

        if not known or time.monotonic() - known[-1][0] > _PAST_SECONDS:
            known[:] = [(time.monotonic(), newest_known_past())]
        return known[-1][1]

    return newest
