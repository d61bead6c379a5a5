"""The alarms: what an operator is woken for, in one table; pages, the command, docs and Prometheus rules follow it.

Each alarm rests on one number of `services.node_measures` or `node.measures`, and its bound, or on a question that
only a collector can answer (how often something happened lately), in the language of Prometheus. The words of an
alarm, and what to do, stand in the catalogues under `alarm.CODE` and `alarm_act.CODE`, in both languages.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Literal

from relto.adapters.telemetry_names import INSTRUMENTS, Measure

Severity = Literal["critical", "warning"]
_HOUR: Final = 3600.0
_LINK: Final = re.compile(r"\[([^\]]*)\]\([^)]*\)")


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm. `who`: the role that acts first. `minutes`: how long it must hold before anybody is woken.

    `above`, `below`: the bound of `instrument`, among whose series `only` chooses; or `query`, for a collector alone.
    """

    code: str
    severity: Severity
    who: str
    instrument: str = ""
    above: float | None = None
    below: float | None = None
    only: dict[str, str] = field(default_factory=dict)
    query: str = ""
    minutes: int = 0

    @property
    def expression(self) -> str:
        """What Prometheus asks."""
        if self.query:
            return self.query
        labels = ",".join(f'{key}="{value}"' for key, value in self.only.items())
        series = INSTRUMENTS[self.instrument].prometheus + (f"{{{labels}}}" if labels else "")
        return f"{series} > {self.above:g}" if self.above is not None else f"{series} < {self.below:g}"

    def holds(self, measure: Measure) -> bool:
        """Whether this number is past the bound."""
        if measure.name != self.instrument or not self.only.items() <= measure.attributes.items():
            return False
        past_above = self.above is not None and measure.value > self.above
        return past_above or (self.below is not None and measure.value < self.below)


def _lines(codes: str, window: str) -> str:
    return f'sum by (code) (increase(relto_log_lines_total{{code=~"{codes}"}}[{window}]))'


ALARMS: Final = (
    Alarm("quarantined", "critical", "operator", "relto.node.quarantined", above=0),
    Alarm("not_compared", "warning", "operator", "relto.node.not_compared", above=0, minutes=5),
    Alarm("witness_late", "critical", "operator", "relto.ledger.lag", above=300, only={"stage": "witnessed"}),
    Alarm("sequencer_stuck", "critical", "operator", "relto.ledger.lag", above=60, only={"stage": "sequenced"}),
    Alarm("partner_late", "warning", "operator", "relto.ledger.lag", above=_HOUR, only={"stage": "agreed"}),
    Alarm("queue_stuck", "warning", "operator", "relto.link.oldest", above=_HOUR / 2),
    Alarm("partner_silent", "warning", "operator", "relto.link.unheard", above=24 * _HOUR),
    Alarm("one_sided_entry", "critical", "inspector", "relto.reconciliation.differing", above=0),
    Alarm("reconciliation_stopped", "warning", "operator", "relto.reconciliation.stopped", above=0, minutes=60),
    Alarm("log_contradiction", "critical", "inspector", "relto.ledger.contradictions", above=0),
    Alarm("ledger_damaged", "critical", "operator", "relto.ledger.damage", above=0),
    Alarm("clock_back", "critical", "operator", "relto.clock.behind", above=0),
    Alarm("disk_full", "critical", "operator", "relto.disk.free", below=0.05),
    Alarm("disk_low", "warning", "operator", "relto.disk.free", below=0.15, minutes=10),
    Alarm("backup_old", "warning", "operator", "relto.backup.age", above=26 * _HOUR),
    Alarm("worker_silent", "critical", "operator", "relto.worker.silence", above=60),
    Alarm("certificate_ended", "critical", "operator", "relto.certificate.left", below=3),
    Alarm("certificate_ends", "warning", "operator", "relto.certificate.left", below=30),
    Alarm("bundle_ended", "critical", "co_chair", "relto.bundle.left", below=1),
    Alarm("bundle_ends", "warning", "co_chair", "relto.bundle.left", below=60),
    Alarm("assurances_end", "warning", "registrar", "relto.assurances.ending", above=0),
    Alarm("emergency_role", "warning", "inspector", "relto.emergency.roles", above=0),
    Alarm("recovery_used", "warning", "inspector", "relto.recoveries.recent", above=0),
    Alarm("round_late", "warning", "operator", query="relto_round_age_seconds > 600", minutes=5),
    Alarm("memory_grows", "warning", "operator", query="relto_process_memory_bytes > 2e+09", minutes=15),
    Alarm(
        "replay_attempt",
        "critical",
        "inspector",
        query=_lines("proof[.]replayed|link[.]replayed|link[.]contradiction", "15m") + " > 0",
    ),
    Alarm("sign_in_failures", "warning", "operator", query=_lines("sign_in[.]failed", "10m") + " > 20"),
    Alarm("handshake_failures", "warning", "operator", query=_lines("link[.]handshake_failed", "1h") + " > 3"),
    Alarm(
        "requests_fail",
        "critical",
        "operator",
        query=(
            'sum by (door) (rate(relto_requests_total{status="5xx"}[5m]))'
            " / sum by (door) (rate(relto_requests_total[5m])) > 0.05"
        ),
        minutes=5,
    ),
    Alarm(
        "key_service_slow",
        "warning",
        "operator",
        query=(
            "histogram_quantile(0.99, sum by (le)"
            ' (rate(relto_request_duration_seconds_bucket{door="key_service"}[5m]))) > 1'
        ),
        minutes=10,
    ),
    Alarm("process_restarts", "warning", "operator", query="changes(relto_process_start_seconds[15m]) > 2"),
    Alarm("not_watched", "critical", "operator", query='up{job="relto"} == 0', minutes=2),
)
BY_CODE: Final = {one.code: one for one in ALARMS}


@dataclass(frozen=True, slots=True)
class StandingAlarm:
    """An alarm that holds now, and the number that makes it."""

    alarm: Alarm
    measure: Measure


def runbook_text(text: str) -> str:
    """What to do about an alarm, without the links of the page of alarms."""
    return _LINK.sub(r"\1", text).replace("`", "")


def standing_alarms(measures: Iterable[Measure]) -> list[StandingAlarm]:
    """The alarms that these numbers raise, the gravest first; of two on one number the graver alone."""
    found: list[StandingAlarm] = []
    raised: set[tuple[str, tuple[tuple[str, str], ...]]] = set()
    known = list(measures)
    for alarm in sorted(ALARMS, key=lambda one: one.severity):  # critical stands before warning
        for measure in known:
            place = (measure.name, tuple(sorted(measure.attributes.items())))
            if alarm.holds(measure) and place not in raised:
                raised.add(place)
                found.append(StandingAlarm(alarm, measure))
    return found
