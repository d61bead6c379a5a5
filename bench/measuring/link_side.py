"""One node's side of the link for bench/transfers.py: its own process, database, link door over TLS, and worker.

Messages, receipts, steps, ledger entries and the door are the product's; what a transfer does here is the least: the
receiving side answers each message with a signed custody receipt, in the step that takes it.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(PROJECT), str(PROJECT / "src")]
KIND, ANSWER = "assurance", "acceptance"
PIECE = 1 << 20


class Side:
    """The node and its way to the other one."""

    def __init__(self, told: Mapping[str, Any]) -> None:
        """Start everything. Django has been set up."""
        from relto.adapters.partner_link import HttpPartnerLink, client_context  # noqa: PLC0415
        from relto.base.nations import Nation  # noqa: PLC0415
        from relto.store.committer import GroupCommitter  # noqa: PLC0415
        from tests.unit.services_exchange.world import activate_agreement, make_world  # noqa: PLC0415

        world = make_world(Path(told["folder"]))
        own, self.other = Nation(told["own"]), Nation(told["other"])
        context = client_context(Path(told["certificate"]), Path(told["key"]), Path(told["trust"]))
        self.link = HttpPartnerLink(f"https://{self.other.lower()}.localhost:{told['other_port']}", context)
        self.house = replace(
            world.usa if own == "USA" else world.ind, committer=GroupCommitter(), partners={self.other: self.link}
        )
        activate_agreement()
        self._serve(own, told)
        threading.Thread(target=self._deliver, daemon=True).start()

    def _serve(self, own: str, told: Mapping[str, Any]) -> None:
        from relto.exchange.limits import LinkLimits, RequestLimits  # noqa: PLC0415
        from relto.link.application import LinkApplication, LinkDoor  # noqa: PLC0415
        from relto.link.peers import LinkPeers  # noqa: PLC0415
        from relto.link.server import LinkCertificate, LinkServer  # noqa: PLC0415
        from tests.unit.services_exchange.world import cosigner_keys  # noqa: PLC0415

        peers = LinkPeers({self.other: told["trust_pem"].encode("ascii")})
        limits = LinkLimits(requests=RequestLimits(per_second=1e6, burst=10**6))
        keys = cosigner_keys(f"{own.lower()}.localhost/cosigner")
        handlers: dict[str, Any] = {KIND: take, ANSWER: take}
        no_openings: Any = None
        server = LinkServer(
            LinkApplication(LinkDoor(self.house, peers, handlers, no_openings, keys, limits)),
            host="127.0.0.1",
            port=told["port"],
            own=LinkCertificate(Path(told["certificate"]), Path(told["key"])),
            peers=peers,
        )
        server.prepare()
        threading.Thread(target=server.serve, daemon=True).start()

    def _deliver(self) -> None:
        from relto.services.worker import deliver_outbox  # noqa: PLC0415

        while True:
            if not deliver_outbox(self.house, "worker", {}):
                time.sleep(0.002)

    def send(self, count: int, callers: int) -> None:
        """Queue so many messages by so many callers; return when every custody receipt is here and receipted."""
        from relto.services.sending import queue_message  # noqa: PLC0415
        from relto.store.models import InboxMessage, OutboxMessage  # noqa: PLC0415
        from tests.unit.services_exchange.world import BODY  # noqa: PLC0415

        def queue() -> None:
            for _ in range(count // callers):
                self.house.commit(lambda: queue_message(self.house, self.other, KIND, BODY))

        wanted = InboxMessage.objects.count() + count // callers * callers
        working = [threading.Thread(target=queue) for _ in range(callers)]
        for caller in working:
            caller.start()
        for caller in working:
            caller.join()
        while InboxMessage.objects.count() < wanted or OutboxMessage.objects.filter(state="waiting").exists():
            time.sleep(0.01)

    def payload(self, path: str, sha256: str, size: int) -> None:
        """Send a file as a payload; return when the other side holds it durably."""
        held = 0
        while held < size:
            with Path(path).open("rb") as source:
                source.seek(held)
                pieces = iter(lambda source=source: source.read(PIECE), b"")  # type: ignore[misc]  # mypy: lambda's default
                held = self.link.send_payload(sha256, size, held, pieces)


def take(house: Any, sender: Any, _body: Any, message_id: str, _payload: Any, *, at: Any) -> None:
    """The receiving side's handler: a custody receipt for what the first side sends."""
    from relto.services.custody import CustodyReceipt, write_custody_receipt  # noqa: PLC0415
    from relto.services.sending import queue_message  # noqa: PLC0415

    if sender == "USA":
        receipt = CustodyReceipt(
            release=f"rel_{message_id[4:]}",
            number="REL-2026-0001",
            item="item",
            policy="policy",
            accepted=True,
            control_number="IND-2026-000001",
        )
        queue_message(house, sender, ANSWER, write_custody_receipt(house, sender, receipt, at), at=at)


def peak_resident() -> int:
    """MiB."""
    status = Path("/proc/self/status").read_text("ascii").splitlines()
    return next(int(row.split()[1]) // 1024 for row in status if row.startswith("VmHWM"))


def main() -> None:
    """Do what standard input asks, `{"send": n, "callers": n}` or `{"payload": [path, sha256, size]}`, and tell it."""
    told = json.loads(sys.argv[1])
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.support.django_settings"
    from tests.support import django_settings  # noqa: PLC0415

    django_settings.DATABASES["default"]["NAME"] = str(Path(told["folder"]) / "node.sqlite3")
    import django  # noqa: PLC0415

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415

    call_command("migrate", run_syncdb=True, verbosity=0)
    side = Side(told)
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        asked, begun = json.loads(line), time.perf_counter()
        if "send" in asked:
            side.send(asked["send"], asked["callers"])
        else:
            side.payload(*asked["payload"])
        print(json.dumps({"seconds": time.perf_counter() - begun, "peak": peak_resident()}), flush=True)


if __name__ == "__main__":
    main()
