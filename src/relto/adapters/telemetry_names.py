"""The closed list of what a node tells whoever watches it: each instrument, each attribute, each value.

Promise 1 (design.md section 4) holds for telemetry too: no name, no title, no id of a person, a company or an item. So
an attribute has a key of this list and a value that its vocabulary knows; any other value is told as `other`. With that
the number of series is bounded, whatever callers ask for. Names and units follow the OpenTelemetry metrics API
(specification 1.x, "Instrument naming rule") and UCUM.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

OTHER: Final = "other"
Kind = Literal["counter", "histogram", "gauge"]
_PROMETHEUS_UNITS: Final = {"s": "_seconds", "By": "_bytes", "d": "_days"}
_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_STEPS: Final = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0)


@dataclass(frozen=True, slots=True)
class Instrument:
    """One number that is told: its unit (UCUM), the keys of its attributes, what it means, a histogram's bounds."""

    name: str
    kind: Kind
    unit: str
    attributes: tuple[str, ...]
    means: str
    bounds: tuple[float, ...] = ()

    @property
    def prometheus(self) -> str:
        """Its name where Prometheus scrapes it (OpenTelemetry's compatibility rules)."""
        name = self.name.replace(".", "_")
        unit = _PROMETHEUS_UNITS.get(self.unit, "")
        name = name if not unit or name.endswith(unit) else name + unit
        return f"{name}_total" if self.kind == "counter" else name


class Measure(NamedTuple):
    """One number of a gauge: the instrument, its value, its attributes."""

    name: str
    value: float
    attributes: dict[str, str]


_ALL: Final = (
    Instrument("relto.requests", "counter", "{request}", ("door", "route", "status"), "requests answered"),
    Instrument(
        "relto.request.duration",
        "histogram",
        "s",
        ("door", "route"),
        "seconds from the first byte of a request to the first byte of its answer",
        _SECONDS,
    ),
    Instrument("relto.shares", "counter", "{decision}", ("action", "outcome"), "decisions about a share of a key"),
    Instrument("relto.gates.refused", "counter", "{gate}", ("action", "gate"), "gates that did not hold in them"),
    Instrument(
        "relto.steps", "counter", "{step}", ("outcome",), "steps of verbs, each one entry of the ledger or none"
    ),
    Instrument("relto.flush.duration", "histogram", "s", (), "seconds for one durable transaction", _SECONDS),
    Instrument("relto.flush.steps", "histogram", "{step}", (), "steps made durable together", _STEPS),
    Instrument("relto.partner.calls", "counter", "{call}", ("partner", "call", "outcome"), "calls to a partner's node"),
    Instrument("relto.partner.call.duration", "histogram", "s", ("call",), "seconds that such a call took", _SECONDS),
    Instrument(
        "relto.rounds", "counter", "{round}", ("round", "outcome"), "rounds of the worker that found work or failed"
    ),
    Instrument("relto.round.age", "gauge", "s", ("round",), "seconds since the worker's round last came through"),
    Instrument("relto.log.lines", "counter", "{line}", ("code", "level"), "lines of the log from warning on, by code"),
    Instrument("relto.process.memory", "gauge", "By", (), "memory that the process holds"),
    Instrument("relto.process.start", "gauge", "s", (), "when the process began, in seconds since 1970"),
    Instrument("relto.node.quarantined", "gauge", "{node}", (), "1 while the node is in quarantine"),
    Instrument(
        "relto.node.not_compared", "gauge", "{node}", (), "1 until the node has compared itself since its start"
    ),
    Instrument(
        "relto.clock.behind", "gauge", "s", (), "seconds by which the clock lies before what is known to have passed"
    ),
    Instrument("relto.ledger.entries", "gauge", "{entry}", ("stage",), "entries that reached the stage"),
    Instrument("relto.ledger.lag", "gauge", "s", ("stage",), "age of the oldest entry that has not reached the stage"),
    Instrument("relto.ledger.damage", "gauge", "{finding}", (), "what the newest re-check of the ledger found"),
    Instrument("relto.ledger.contradictions", "gauge", "{log}", (), "contradictions kept of partners' logs"),
    Instrument("relto.link.queue", "gauge", "{message}", ("partner",), "messages that wait for their receipt"),
    Instrument("relto.link.oldest", "gauge", "s", ("partner",), "age of the oldest of them"),
    Instrument("relto.link.unheard", "gauge", "s", ("partner",), "seconds since the partner was last heard"),
    Instrument(
        "relto.reconciliation.differing", "gauge", "{programme}", (), "programmes whose newest run found a difference"
    ),
    Instrument("relto.reconciliation.stopped", "gauge", "{programme}", (), "programmes whose newest run was stopped"),
    Instrument("relto.emergency.roles", "gauge", "{role}", (), "roles that stand by emergency"),
    Instrument("relto.recoveries.recent", "gauge", "{record}", (), "custodians' recoveries recorded within a day"),
    Instrument("relto.blobs.size", "gauge", "By", (), "bytes of the payloads that items name"),
    Instrument("relto.disk.free", "gauge", "1", (), "free part of the disk of the node's folder"),
    Instrument("relto.certificate.left", "gauge", "d", ("certificate",), "days until the certificate ends"),
    Instrument("relto.bundle.left", "gauge", "d", (), "days until the agreement bundle in force ends"),
    Instrument("relto.assurances.ending", "gauge", "{assurance}", (), "valid assurances given that end within 30 days"),
    Instrument("relto.backup.age", "gauge", "s", (), "seconds since the last whole backup, or since the first start"),
    Instrument("relto.worker.silence", "gauge", "s", (), "seconds since the worker last beat"),
)
INSTRUMENTS: Final[Mapping[str, Instrument]] = MappingProxyType({one.name: one for one in _ALL})

EVENTS: Final = frozenset(
    {
        "answer.not_verified",
        "api.unexpected",
        "checkpoint.not_cosigned",
        "compare.not_compared",
        "connection.ended",
        "courier.held",
        "dossier.step_not_taken",
        "ledger.damaged",
        "access.refused",
        "answer.contradicts",
        "link.answered",
        "link.contradiction",
        "link.fault",
        "link.handshake_failed",
        "link.postponed",
        "link.replayed",
        "log.contradiction",
        "opening.no_share_left",
        "page.failed",
        "payload.left",
        "payload.unclaimed_removed",
        "proof.replayed",
        "quarantine.begun",
        "reconciliation.failed",
        "release.not_prepared",
        "request.broken",
        "request.unavailable",
        "rewrap.unavailable",
        "http.trouble",
        "service_keys.not_read",
        "sign_in.failed",
        "witness.clock_went_back",
        "witness.not_available",
        "witness.refused",
        "worker.round_failed",
    }
)
STAGES: Final = ("recorded", "sequenced", "witnessed", "agreed")
CERTIFICATES: Final = ("link", "link_authority", "door", "partner_authority")
CALLS: Final = (
    "send_message",
    "payload_held",
    "send_payload",
    "request_share",
    "add_checkpoint",
    "reconcile",
)
ROUNDS: Final = (
    "compare",
    "deliver",
    "prepare",
    "sequence",
    "courier",
    "cosign",
    "dossiers",
    "places",
    "notices",
    "reconcile",
    "check",
    "sweep",
    "measure",
)
_FIXED: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "door": frozenset({"portal", "api", "key_service", "relay", "inner", "link", "witness"}),
        "status": frozenset({"1xx", "2xx", "3xx", "4xx", "5xx"}),
        "action": frozenset({"open", "supply_share"}),
        "outcome": frozenset({"permitted", "refused", "done", "failed"}),
        "call": frozenset(CALLS),
        "round": frozenset(ROUNDS),
        "stage": frozenset(STAGES),
        "certificate": frozenset(CERTIFICATES),
        "code": EVENTS,
        "level": frozenset({"WARNING", "ERROR", "CRITICAL"}),
    }
)
BY_NODE: Final = ("route", "gate", "partner")
"""The keys whose values a node knows at its start: its doors' paths, its rules' gates, its partners."""
_VERB: Final = re.compile(r"[a-z_]+(?:\.[a-zA-Z_]+){1,5}\Z")


class Vocabulary:
    """The values that attributes may have in this process."""

    def __init__(self, **known: Iterable[str]) -> None:
        """`known`: the values of the keys in BY_NODE; of a key that is left out there is `other` alone."""
        self._known = {**_FIXED, **{key: frozenset(known.get(key, ())) for key in BY_NODE}}

    def value(self, key: str, value: str) -> str:
        """The value, or `other`. Raises KeyError for a key that no list names.

        A verb is a function's name in the code (telemetry_doors.verb_of), so its list is the code.
        """
        if key == "verb":
            return value if _VERB.match(value) else OTHER
        return value if value in self._known[key] else OTHER

    def learn_routes(self, routes: Iterable[str]) -> None:
        """The routes of one more door of this process, when it is made."""
        self._known["route"] |= frozenset(routes)

    def bound(self, instrument: str, attributes: Mapping[str, str]) -> dict[str, str]:
        """The attributes of an instrument, each of its keys and no other. Raises KeyError for one that is missing."""
        return {key: self.value(key, attributes[key]) for key in INSTRUMENTS[instrument].attributes}

    def values(self, key: str) -> frozenset[str]:
        """Every value that may be told under the key."""
        return self._known[key] | {OTHER}
