"""Who must have cosigned: C2SP tlog-policy files, and what relto demands beyond them.

A policy file is a standard tlog-policy file; any other reader accepts it. relto adds two rules, both read from the same
lines:

1. Own cosigners do not count. A cosigner whose KEY NAME (the part of its vkey before the first plus) has the same host
   (the part before the first slash) as the log's origin never counts for that log, nor does a cosigner with the log's
   own public key. So `node-usa.example/cosigner` counts for `node-ind.example/log` and not for `node-usa.example/log`;
   an authority's witness has a host of its own. Hosts are compared byte for byte.
2. Every kind of log key must sign. When the file lists log keys of several signature types for an origin (Ed25519 and
   ML-DSA-44), a checkpoint needs a valid line of each type; two keys of one type are a rotation, and one of them is
   enough.

`STANDARD_RULES` switches both off and evaluates exactly as the specification says.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NoReturn

from relto.base.errors import MalformedInput, NotVerified, TooLarge, UnknownValue
from relto.ledger.checkpoint import origin_host
from relto.ledger.notes import KeyType, Note, VerifiedNote, VerifierKey, read_vkey, verify_note
from relto.ledger.tree_head import Checkpoint, read_checkpoint_text

LARGEST_POLICY_BYTES = 1024 * 1024
MOST_LINES = 4096
NONE = "none"
_THRESHOLD = re.compile(r"\A[1-9][0-9]{0,5}\Z")
_BYTES = frozenset({0x09, 0x0A, *range(0x20, 0x7F), *range(0x80, 0x100)})


@dataclass(frozen=True, slots=True)
class PolicyLog:
    """A log that is accepted; the key's name is its origin."""

    key: VerifierKey
    url: str | None = None


@dataclass(frozen=True, slots=True)
class PolicyWitness:
    """A cosigner under its name inside the policy file."""

    name: str
    key: VerifierKey
    url: str | None = None


@dataclass(frozen=True, slots=True)
class PolicyGroup:
    """Holds when at least `threshold` of its members (witnesses or groups) hold."""

    name: str
    threshold: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """A tlog-policy. `quorum` names a witness or a group, or is "none". Groups stand after what they name."""

    logs: tuple[PolicyLog, ...]
    witnesses: Mapping[str, PolicyWitness]
    groups: Mapping[str, PolicyGroup]
    quorum: str

    def log_keys(self, origin: str) -> tuple[VerifierKey, ...]:
        """The keys of the log with this origin; empty when the log is not accepted."""
        return tuple(log.key for log in self.logs if log.key.name == origin)

    @property
    def witness_keys(self) -> tuple[VerifierKey, ...]:
        """The keys of all witnesses."""
        return tuple(witness.key for witness in self.witnesses.values())

    @property
    def origins(self) -> tuple[str, ...]:
        """The accepted logs' origins, in the file's order, each once."""
        return tuple(dict.fromkeys(log.key.name for log in self.logs))


@dataclass(frozen=True, slots=True)
class QuorumRules:
    """relto's demands beyond the standard; see the module's text."""

    own_cosigners_count: bool = False
    every_log_key_type_signs: bool = True


RELTO_RULES = QuorumRules()
STANDARD_RULES = QuorumRules(own_cosigners_count=True, every_log_key_type_signs=False)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a checkpoint whose log signed it stands under a policy.

    `cosigned_by` maps counted witness names to their times.
    """

    checkpoint: Checkpoint
    verified: VerifiedNote
    cosigned_by: Mapping[str, int]
    reached: bool


def own_cosigners(policy: Policy, origin: str) -> frozenset[str]:
    """The names of the witnesses that do not count for the log with this origin (rule 1)."""
    host = origin_host(origin)
    own_keys = {key.public_key for key in policy.log_keys(origin)}
    return frozenset(
        witness.name
        for witness in policy.witnesses.values()
        if origin_host(witness.key.name) == host or witness.key.public_key in own_keys
    )


def evaluate(policy: Policy, note: bytes | Note, *, rules: QuorumRules = RELTO_RULES) -> Standing:
    """Check every line of the policy's keys on a checkpoint, and whether the quorum is reached.

    Raises MalformedInput, UnknownValue for an origin that the policy does not list, NotVerified when the log's own
    signatures are missing or a known line is wrong. A quorum that is not reached is an answer (`reached` False), not an
    error.
    """
    verified = verify_note(note, (*(log.key for log in policy.logs), *policy.witness_keys))
    checkpoint = read_checkpoint_text(verified.note.text)
    log_keys = policy.log_keys(checkpoint.origin)
    if not log_keys:
        raise UnknownValue("policy.origin", field="origin", expected="a log that the policy lists")
    _demand_log_lines(verified, log_keys, rules)
    ignored = frozenset() if rules.own_cosigners_count else own_cosigners(policy, checkpoint.origin)
    times = {line.key: line.time for line in verified.lines}
    cosigned = {
        name: time
        for name, witness in policy.witnesses.items()
        if name not in ignored and (time := times.get(witness.key)) is not None
    }
    return Standing(checkpoint, verified, cosigned, quorum_reached(policy, frozenset(cosigned)))


def _demand_log_lines(verified: VerifiedNote, log_keys: tuple[VerifierKey, ...], rules: QuorumRules) -> None:
    signed = {line.key.key_type for line in verified.lines if line.key in log_keys}
    demanded = {key.key_type for key in log_keys}
    if not signed or (rules.every_log_key_type_signs and signed != demanded):
        missing = ",".join(kind.name.lower() for kind in sorted(demanded - signed))
        raise NotVerified(
            "checkpoint.log_signature", field="checkpoint", expected="the log's own signatures", missing=missing
        )


def quorum_reached(policy: Policy, cosigned: frozenset[str]) -> bool:
    """True when the witnesses named in `cosigned` satisfy the policy's quorum."""
    if policy.quorum == NONE:
        return True
    holding = set(cosigned & policy.witnesses.keys())
    for group in policy.groups.values():
        if sum(member in holding for member in group.members) >= group.threshold:
            holding.add(group.name)
    return policy.quorum in holding


def render_policy(policy: Policy) -> bytes:
    """The policy as a tlog-policy file, checked by reading it back."""
    lines = [_row("log", log.key.vkey, log.url) for log in policy.logs]
    lines += [_row("witness", item.name, item.key.vkey, item.url) for item in policy.witnesses.values()]
    for group in policy.groups.values():
        threshold = "all" if group.threshold == len(group.members) else str(group.threshold)
        lines.append(_row("group", group.name, threshold, *group.members))
    lines.append(_row("quorum", policy.quorum))
    data = "".join(lines).encode("utf-8", "surrogateescape")
    if read_policy(data) != policy:
        raise MalformedInput(
            "policy.render", field="policy", expected="names without spaces, groups after their members"
        )
    return data


def _row(*fields: str | None) -> str:
    return " ".join(field for field in fields if field) + "\n"


def read_policy(data: bytes) -> Policy:
    """Read a tlog-policy file. Raises MalformedInput (details: the line number), UnknownValue, or TooLarge."""
    if len(data) > LARGEST_POLICY_BYTES:
        raise TooLarge("policy", field="policy", found=len(data), expected=f"at most {LARGEST_POLICY_BYTES} bytes")
    if not _BYTES.issuperset(data):
        raise MalformedInput(
            "policy.bytes", field="policy", expected="tab, newline, printable ASCII and bytes from 0x80"
        )
    rows = data.split(b"\n")
    if len(rows) > MOST_LINES:
        raise TooLarge("policy.lines", field="policy", found=len(rows), expected=f"at most {MOST_LINES} lines")
    reading = _Reading()
    for number, row in enumerate(rows, start=1):
        # Only space and tab separate; names are opaque bytes, kept through surrogates.
        fields = [item.decode("utf-8", "surrogateescape") for item in row.replace(b"\t", b" ").split(b" ") if item]
        if fields and not fields[0].startswith("#"):
            reading.line(number, fields)
    return reading.finish()


class _Reading:
    """A policy file being read, line by line."""

    def __init__(self) -> None:
        self._number = 0
        self._logs: list[PolicyLog] = []
        self._witnesses: dict[str, PolicyWitness] = {}
        self._groups: dict[str, PolicyGroup] = {}
        self._members: set[str] = set()
        self._quorum: str | None = None

    def _refuse(self, reason: str, expected: str) -> NoReturn:
        raise MalformedInput(f"policy.{reason}", field="policy", expected=expected, line=self._number)

    def line(self, number: int, fields: list[str]) -> None:
        self._number = number
        match fields:
            case ["log", vkey, *url] if len(url) <= 1:
                self._log(self._key(vkey, cosigner=False), url[0] if url else None)
            case ["witness", name, vkey, *url] if len(url) <= 1:
                self._witness(name, self._key(vkey, cosigner=True), url[0] if url else None)
            case ["group", name, threshold, *members] if members:
                self._group(name, threshold, tuple(members))
            case ["quorum", name]:
                if self._quorum is not None:
                    self._refuse("quorum", "exactly one quorum line")
                if name != NONE and name not in self._witnesses and name not in self._groups:
                    self._refuse("undefined", "a name defined on an earlier line")
                self._quorum = name
            case _:
                self._refuse("line", "log, witness, group or quorum with its fields")

    def _key(self, vkey: str, *, cosigner: bool) -> VerifierKey:
        try:
            key = read_vkey(vkey)
        except UnknownValue:
            raise
        except MalformedInput as error:
            raise MalformedInput("policy.vkey", field="policy", expected=error.expected, line=self._number) from error
        if cosigner and not key.key_type.is_cosignature:
            self._refuse("key_type", "a cosignature key (type 4 or 6) for a witness")
        if not cosigner and key.key_type is KeyType.ED25519_COSIGNATURE:
            self._refuse("key_type", "an Ed25519 or ML-DSA-44 key (type 1 or 6) for a log")
        return key

    def _log(self, key: VerifierKey, url: str | None) -> None:
        if any(log.key.public_key == key.public_key for log in self._logs):
            self._refuse("duplicate_key", "each log key once")
        self._logs.append(PolicyLog(key, url))

    def _witness(self, name: str, key: VerifierKey, url: str | None) -> None:
        self._demand_new(name)
        if any(witness.key.public_key == key.public_key for witness in self._witnesses.values()):
            self._refuse("duplicate_key", "each witness key once")
        self._witnesses[name] = PolicyWitness(name, key, url)

    def _group(self, name: str, threshold: str, members: tuple[str, ...]) -> None:
        self._demand_new(name)
        for member in members:
            if member not in self._witnesses and member not in self._groups:
                self._refuse("undefined", "members defined on earlier lines")
            if member in self._members:
                self._refuse("member_twice", "each name a member at most once")
            self._members.add(member)
        counts = {"all": len(members), "any": 1}
        needed = counts.get(threshold) or (int(threshold) if _THRESHOLD.match(threshold) else 0)
        if not 1 <= needed <= len(members):
            self._refuse("threshold", "all, any, or a number from 1 to the number of members")
        self._groups[name] = PolicyGroup(name, needed, members)

    def _demand_new(self, name: str) -> None:
        if name == NONE or name in self._witnesses or name in self._groups:
            self._refuse("name", "a name that is new and not none")

    def finish(self) -> Policy:
        if self._quorum is None:
            self._refuse("quorum", "exactly one quorum line")
        return Policy(tuple(self._logs), self._witnesses, self._groups, self._quorum)
