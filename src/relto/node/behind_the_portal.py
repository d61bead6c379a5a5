"""The processes behind the portal: key service, link and worker, each wired with its own door and served."""

from __future__ import annotations

import signal
import threading
from dataclasses import replace
from functools import partial
from types import FrameType
from typing import TYPE_CHECKING, get_args

from relto.adapters.sealed_keys import SecretsFolder
from relto.base.errors import Misconfigured
from relto.node.children import heartbeat_file
from relto.node.keys import INNER_SECRET, LINK_PASSPHRASE, cosigner_keys, log_keys
from relto.node.settings import NodeSettings
from relto.node.spreading import ALONE, spread
from relto.node.starts import SETTLING_SECONDS
from relto.node.telemetry import begin_watching, keep_measured
from relto.node.wiring import build_house, open_key_store, open_secrets, partner_links, served_standing, start_django

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

    from relto.kas.process import KasListeners

_BEAT_SECONDS = 1.0


def serve_behind(settings: NodeSettings, name: str) -> None:
    """Run `key_service`, `link` or `worker` until it is told to stop."""
    secrets = open_secrets(settings)
    start_django(settings, secrets)
    {"key_service": _serve_key_service, "link": _serve_link, "worker": _work}[name](settings, secrets)


def _serve_key_service(settings: NodeSettings, secrets: SecretsFolder) -> None:
    from relto.kas.process import DoorName, paths_of, serve_kas  # noqa: PLC0415  its own door
    from relto.services.proofs import SharedProofs  # noqa: PLC0415  likewise
    from relto.services.service_keys import KeyRing  # noqa: PLC0415  likewise

    listeners = _kas_listeners(settings)
    shared = None
    seat = ALONE
    if settings.processes.key_service > 1:
        for door in get_args(DoorName):
            listeners.free_port(door)
        listeners = replace(listeners, shared=True)
        shared = SharedProofs.make()
        seat = spread(settings.processes.key_service, settings.folder.locks, "key_service")
    standing = served_standing(settings)
    watching = begin_watching(settings, "key_service")
    house = watching.house(build_house(settings, secrets, watching.committer(), standing))
    if shared is not None:
        house = replace(house, proofs=house.proofs.together(shared))
    inner_secret = secrets.unseal(INNER_SECRET).hex()

    def around(door: DoorName, application: WSGIApplication) -> WSGIApplication:
        return watching.door(
            door, application, paths_of(application), inner_bearer=inner_secret if door == "inner" else ""
        )

    standing.wait_until_settled(SETTLING_SECONDS)
    seat.ready_when_listening(len(get_args(DoorName)))
    serve_kas(
        house,
        KeyRing.load(secrets, open_key_store(settings)),
        listeners,
        inner_secret,
        around,
        shared=None if shared is None else shared.seen,
    )


def _kas_listeners(settings: NodeSettings) -> KasListeners:
    from relto.kas.process import KasListeners  # noqa: PLC0415  each process loads its own door

    ports, folder = settings.ports, settings.folder
    certificate, private_key = (
        place if place.exists() else None for place in (folder.door_certificate, folder.door_private_key)
    )
    return KasListeners(settings.bind, ports.key_service, ports.relay, ports.inner, certificate, private_key)


def _serve_link(settings: NodeSettings, secrets: SecretsFolder) -> None:
    from relto.link.application import PATHS, LinkApplication, LinkDoor  # noqa: PLC0415  each process loads its own door
    from relto.link.peers import LinkPeers  # noqa: PLC0415  likewise
    from relto.link.server import LinkCertificate, LinkServer  # noqa: PLC0415  likewise
    from relto.services.message_kinds import HANDLERS  # noqa: PLC0415  likewise
    from relto.services.partner_openings import supply_partner_share  # noqa: PLC0415  likewise

    folder = settings.folder
    standing = served_standing(settings)
    watching = begin_watching(settings, "link")
    house = watching.house(build_house(settings, secrets, watching.committer(), standing))
    peers = LinkPeers({nation: folder.partner_link_authority(nation).read_bytes() for nation in house.partners})
    door = LinkDoor(house, peers, HANDLERS, supply_partner_share, cosigner_keys(secrets, settings).both())
    passphrase = secrets.unseal(LINK_PASSPHRASE).hex()
    server = LinkServer(
        watching.door("link", LinkApplication(door), PATHS),
        host=settings.bind,
        port=settings.ports.link,
        own=LinkCertificate(folder.link_certificate, folder.link_private_key, passphrase),
        peers=peers,
    )
    stopping = _stop_event()
    standing.wait_until_settled(SETTLING_SECONDS)
    try:
        server.prepare()
    except OSError as error:
        raise Misconfigured(
            "port_taken", field="ports.link", found=settings.ports.link, expected="a port that is free"
        ) from error
    threading.Thread(target=server.serve, name="link", daemon=True).start()
    stopping.wait()
    server.stop()


def _work(settings: NodeSettings, secrets: SecretsFolder) -> None:
    from relto.node.measures import all_measures  # noqa: PLC0415  likewise
    from relto.node.work import Rounds, others_view  # noqa: PLC0415  each process loads its own work
    from relto.services.comparing import Comparison  # noqa: PLC0415  likewise

    count = settings.processes.worker
    seat = spread(count, settings.folder.locks, "worker") if count > 1 else ALONE
    standing = served_standing(settings)
    watching = begin_watching(settings, "worker")
    house = watching.house(build_house(settings, secrets, watching.committer(), standing))
    keys = log_keys(secrets, settings)
    others = others_view(settings, keys, partner_links(settings, secrets))
    comparison = Comparison(house, standing.start, others)
    rounds = Rounds(house, settings, keys, comparison, cosigner_keys(secrets, settings))
    rounds.watch(watching.rounds)
    keep_measured(watching, partial(all_measures, settings, house))
    stopping = _stop_event()
    heartbeat = heartbeat_file(settings)
    rounds.start(stopping)
    heartbeat.touch(mode=0o600)
    seat.ready()
    while rounds.alive() and not stopping.wait(_BEAT_SECONDS):
        heartbeat.touch(mode=0o600)
    stopping.set()
    rounds.join()


def _stop_event() -> threading.Event:
    """An event that SIGTERM and SIGINT set. Call it from the main thread."""
    stopping = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopping.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    return stopping
