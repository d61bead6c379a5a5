"""What the doctor can find: a code for each trouble, whether it stops the node, and the command or edit that mends it.

A trouble names the setting or thing, what was expected and what was found; never a secret, a name or a title. Its
words stand in the catalogues under `doctor.<code>`, those of each look under `doctor_look.<look>`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from relto.base.errors import Misconfigured, Shown


@dataclass(frozen=True, slots=True)
class Kind:
    """One code. `stops`: the node, its doors or its border do not work with it; else it will, or it is unsafe.

    `fix`: a command or an edit, with `{folder}`, `{thing}` and `{expected}` put in.
    """

    look: str
    stops: bool
    fix: str


PLACES, SETTINGS, KEYS, CERTIFICATES, PARTNERS = "places", "settings", "keys", "certificates", "partners"
DATABASE, RECORDS, AGREEMENT, PORTS, OUTSIDE, MACHINE = (
    "database",
    "records",
    "agreement",
    "ports",
    "outside",
    "machine",
)
_RESTORE = "relto node restore NEW_FOLDER --from BACKUP --master-secret FILE"
_LINK = "relto node rotate-keys {folder} link --yes"
KINDS: Final[Mapping[str, Kind]] = {
    "no_node": Kind(SETTINGS, stops=True, fix="relto node init {folder} --nation NATION --host HOST --kind KIND ..."),
    "settings_syntax": Kind(SETTINGS, stops=True, fix="node.toml: {expected}"),
    "unknown_setting": Kind(SETTINGS, stops=True, fix="node.toml: remove or correct {thing}"),
    "setting": Kind(SETTINGS, stops=True, fix="node.toml: {thing} = {expected}"),
    "plain_http": Kind(SETTINGS, stops=True, fix='node.toml: {thing} = "https://..."'),
    "no_witness": Kind(SETTINGS, stops=True, fix='node.toml: [[witnesses]] name = "...", url = "https://..."'),
    "place_missing": Kind(PLACES, stops=True, fix=_RESTORE),
    "open_place": Kind(PLACES, stops=True, fix="chmod go-rwx {folder}/{thing}"),
    "wrong_owner": Kind(PLACES, stops=True, fix="chown {expected} {folder}/{thing}"),
    "not_writable": Kind(PLACES, stops=True, fix="chmod u+rwx {folder}/{thing}"),
    "disk_nearly_full": Kind(PLACES, stops=False, fix="df {folder}; make room, or move the folder to a larger disk"),
    "first_credentials_left": Kind(PLACES, stops=False, fix="shred -u {folder}/{thing}"),
    "rotation_unfinished": Kind(PLACES, stops=True, fix="relto node rotate-keys {folder} --finish"),
    "no_backup": Kind(RECORDS, stops=False, fix="relto node backup {folder} --to BACKUP"),
    "master_secret": Kind(KEYS, stops=True, fix="install -m 600 KEPT_APART {thing}"),
    "secret_missing": Kind(KEYS, stops=True, fix=_RESTORE),
    "secret_sealed_otherwise": Kind(KEYS, stops=True, fix="install -m 600 KEPT_APART THE_FILE_OF_master_secret"),
    "party_record": Kind(KEYS, stops=True, fix=_RESTORE),
    "party_differs": Kind(KEYS, stops=True, fix=_RESTORE),
    "key_store": Kind(KEYS, stops=True, fix="node.toml: {thing} = {expected}"),
    "no_current_key": Kind(KEYS, stops=True, fix="relto node rotate-keys {folder} {thing} --yes"),
    "key_half_missing": Kind(KEYS, stops=True, fix=_RESTORE),
    "certificate_missing": Kind(CERTIFICATES, stops=True, fix=_RESTORE),
    "certificate_unreadable": Kind(CERTIFICATES, stops=True, fix=_LINK),
    "certificate_expired": Kind(CERTIFICATES, stops=True, fix=_LINK),
    "certificate_ends_soon": Kind(CERTIFICATES, stops=False, fix=_LINK),
    "certificate_key_differs": Kind(CERTIFICATES, stops=True, fix=_LINK),
    "certificate_foreign": Kind(CERTIFICATES, stops=True, fix=_LINK),
    "authority_ends_soon": Kind(CERTIFICATES, stops=False, fix="relto node pair {folder} --party NEW_PARTY_RECORD"),
    "door_certificate": Kind(CERTIFICATES, stops=True, fix="install -m 600 NEW {folder}/{thing}"),
    "door_certificate_ends_soon": Kind(CERTIFICATES, stops=False, fix="install -m 600 NEW {folder}/{thing}"),
    "partner_record": Kind(PARTNERS, stops=True, fix="relto node pair {folder} --party PARTY_RECORD"),
    "partner_authority": Kind(PARTNERS, stops=True, fix="relto node pair {folder} --party PARTY_RECORD"),
    "no_partner": Kind(PARTNERS, stops=False, fix="relto node pair {folder} --party PARTY_RECORD"),
    "database_unreachable": Kind(DATABASE, stops=True, fix="pg_isready -h HOST; node.toml: database = {expected}"),
    "database_missing": Kind(DATABASE, stops=True, fix=_RESTORE),
    "database_unmigrated": Kind(DATABASE, stops=True, fix="relto node upgrade {folder} --backup-to BACKUP"),
    "database_newer": Kind(DATABASE, stops=True, fix="install the relto release that upgraded this node, or a newer"),
    "database_foreign": Kind(DATABASE, stops=True, fix="node.toml: database = that of this node; or " + _RESTORE),
    "blob_missing": Kind(RECORDS, stops=True, fix="relto node verify {folder}; copy it from a backup to {thing}"),
    "quarantined": Kind(RECORDS, stops=True, fix="relto node quarantine {folder}; relto node recover {folder}"),
    "ledger_found": Kind(RECORDS, stops=True, fix="relto node check-ledger {folder}"),
    "worker_not_running": Kind(
        RECORDS, stops=True, fix="relto node serve {folder} worker; read {folder}/log/worker.log"
    ),
    "witness_late": Kind(RECORDS, stops=True, fix="read {folder}/log/worker.log; look at the witness's machine"),
    "clock_behind": Kind(RECORDS, stops=True, fix="timedatectl set-ntp true"),
    "no_agreement": Kind(AGREEMENT, stops=False, fix="relto rules submit BUNDLE"),
    "bundle_unreadable": Kind(AGREEMENT, stops=True, fix="relto rules submit BUNDLE"),
    "bundle_unconfirmed": Kind(AGREEMENT, stops=True, fix='relto rules confirm; or node.toml: kind = "training"'),
    "bundle_expired": Kind(AGREEMENT, stops=True, fix="relto rules submit NEXT_BUNDLE"),
    "bundle_ends_soon": Kind(AGREEMENT, stops=False, fix="relto rules submit NEXT_BUNDLE"),
    "wrapping_unavailable": Kind(AGREEMENT, stops=True, fix="relto node keys make {folder} {expected}"),
    "bundle_key_unknown": Kind(AGREEMENT, stops=True, fix="draft the next bundle from {folder}/party.json"),
    "port_taken": Kind(PORTS, stops=True, fix="ss -ltnp sport = :PORT; end that program, or node.toml: {thing}"),
    "door_silent": Kind(PORTS, stops=True, fix="read {folder}/log; systemctl restart the process of {thing}"),
    "witness_unreachable": Kind(OUTSIDE, stops=True, fix="relto witness run WITNESS; or node.toml: {thing}"),
    "mail_refused": Kind(OUTSIDE, stops=False, fix="node.toml: {thing}"),
    "provider_unreachable": Kind(OUTSIDE, stops=False, fix="node.toml: {thing}"),
    "time_zones_old": Kind(MACHINE, stops=False, fix="pip install --upgrade tzdata"),
    "core_dumps": Kind(MACHINE, stops=False, fix="LimitCORE=0 in the systemd unit, or ulimit -H -c 0"),
}
LOOKS: Final = tuple(dict.fromkeys(kind.look for kind in KINDS.values()))


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that is wrong. `thing`: a setting, or a path below the node's folder."""

    code: str
    thing: str
    expected: str
    found: Shown = None

    @property
    def stops(self) -> bool:
        """Whether the node, its doors or its border do not work with it."""
        return KINDS[self.code].stops

    def fix(self, folder: Path) -> str:
        """The command or edit that mends it."""
        return KINDS[self.code].fix.format(folder=folder, thing=self.thing, expected=self.expected)


def of_setting(problem: Misconfigured, code: str = "setting") -> Trouble:
    """The trouble of a setting that was refused by name."""
    return Trouble(code, problem.field or "node.toml", problem.expected or "", problem.found)


@dataclass(frozen=True, slots=True)
class Report:
    """What was looked at, what could not be looked at because of something else, and what was found."""

    looked_at: tuple[str, ...]
    not_looked_at: tuple[str, ...]
    troubles: tuple[Trouble, ...]

    @property
    def exit_status(self) -> int:
        """0: all well; 1: nothing stops the node, yet something is to be done; 2: something stops it."""
        return 2 if any(one.stops for one in self.troubles) else 1 if self.troubles else 0
