"""What the two nations agree on stands in the bundle: no length of time, level, channel or rule text of it in the code.

The rooms below know nothing of the agreement but what they are given, and hold technical constants only: how long a
socket waits, how often a worker looks. In every other room each length of time is reviewed here, with its reason.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from relto.rules.builtin import package_data

SOURCE = Path(__file__).parents[2] / "src" / "relto"
TECHNICAL_ROOMS = (
    "adapters", "api", "cli", "client", "kas", "ledger", "link", "node", "rehearsal", "store", "web", "witness"
)  # fmt: skip
_DURATION_NAME = re.compile(r"(SECONDS?|MINUTES?|HOURS?|DAYS?|YEARS?|_AGE|LATE|EXPIRY|LIFETIME|TTL|TIMEOUT|SKEW)\b")
_RULE_TEXT = re.compile(r"\bR\d\d-[a-z]|\b(LIM|GSO|ISA|USR|IND|MIS|JWG)-\d|\bGAP-[A-Z]|\d CFR\b|\b(117|2001)\.\d|SMLDI")

# (file, constant) -> why it is no part of the agreement.
REVIEWED = {
    ("alignment/law_changes.py", "_FIRST_YEAR = 1800"): "what the date of an edition can say",
    ("alignment/law_changes.py", "_LAST_YEAR = 2999"): "what the date of an edition can say",
    ("alignment/meeting_standing.py", "USUAL_A_YEAR = 2"): "a default that the minutes of both nations replace, "
    "shown as unconfirmed wherever it stands",
    ("alignment/meeting_standing.py", "timedelta(days=365 / per_year)"): "when a next meeting is proposed; no deadline",
    ("alignment/meetings.py", "MOST_A_YEAR = 12"): "bounds what a plan may say",
    ("alignment/meetings.py", "timedelta(days=14)"): "bounds what a plan may say",
    ("alignment/proposals.py", "MOST_SILENCE_DAYS = 365"): "bounds what a version may say of its own silence procedure",
    ("base/calendars.py", "MAX_WORKING_DAYS = 5000"): "bounds a loop",
    ("base/calendars.py", "timedelta(days=1)"): "the day after a day",
    ("base/calendars.py", "(_SATURDAY, _SUNDAY) = (5, 6)"): "numbers of weekdays",
    ("base/instants.py", "_FIRST_YEAR = 1947"): "what a date can say",
    ("base/instants.py", "_LAST_YEAR = 2999"): "what a date can say",
    ("procedures/dues.py", "timedelta(days=1)"): "the day after a day",
    ("procedures/forms/reading.py", "(_FIRST_YEAR, _LAST_YEAR) = (1900, 2999)"): "what a date in a form can say",
    ("rules/impact/synthetic.py", "DAY = 86400"): "a day in seconds",
    ("rules/questions.py", "_SECOND = timedelta(seconds=1)"): "instants are whole seconds",
    ("services/alignment/proposing.py", "DEFAULT_SILENCE_DAYS = 14"): "of a version, unless its author says; both sign",
    ("services/assurances.py", "_SECOND = timedelta(seconds=1)"): "instants are whole seconds",
    ("services/proofs.py", "DEFAULT_SKEW = timedelta(seconds=60)"): "of a client's proof at its own node (RFC 9449)",
    ("services/tokens.py", "SKEW = timedelta(seconds=30)"): "between the processes of one node",
    ("exchange/limits.py", "timedelta(days=7)"): "how long an unfinished file of a partner is kept: a disk's bound",
    ("exchange/retry.py", "timedelta(milliseconds=200)"): "how soon a message is sent again",
    ("exchange/retry.py", "timedelta(seconds=2)"): "how soon a message is sent again",
    ("exchange/retry.py", "timedelta(seconds=1)"): "how soon a message is sent again",
    ("exchange/retry.py", "timedelta(minutes=5)"): "how soon a message is sent again",
    ("labels/answering/given.py", "timedelta(days=1)"): "a date means its whole day",
    ("rules/example_case.py", "timedelta(days=10)"): "dates of an invented case",
    ("rules/example_case.py", "timedelta(days=20)"): "dates of an invented case",
    ("rules/example_case.py", "timedelta(hours=3)"): "dates of an invented case",
    ("rules/impact/cases.py", "timedelta(seconds=1)"): "instants are whole seconds",
    ("rules/limits.py", "timedelta(seconds=1)"): "a length of time in seconds",
    ("rules/proving/solving.py", "TIME_LIMIT_MILLISECONDS = 10000"): "how long a solver may think",
    ("rules/questions.py", "timedelta(seconds=1)"): "instants are whole seconds",
    ("rules/remedies.py", "timedelta(days=1)"): "what-if supposes a period around the instant",
    ("services/assurances.py", "timedelta(seconds=1)"): "instants are whole seconds",
    ("services/checkpoints.py", "timedelta(milliseconds=500)"): "how often checkpoints are made",
    ("services/checkpoints.py", "timedelta(seconds=10)"): "how soon a cosigner is asked again",
    ("services/alignment/annual_report.py", "FIRST_YEAR = 2020"): "the first year that a report may be of",
    ("services/alignment/measures.py", "timedelta(days=365)"): "how far back measures look when no year is named",
    ("services/alignment/measures.py", "timedelta(microseconds=1)"): "the last instant of a year",
    ("services/comparing.py", "CLOCK_SKEW = timedelta(minutes=5)"): "of the own clock, before any agreement is there",
    ("services/comparing.py", "timedelta(minutes=5)"): "of the own clock, before any agreement is there",
    ("services/comparing.py", "_PAUSE_SECONDS = 0.3"): "how often a waiting process looks",
    ("services/courier_making.py", "DAYS = 30"): "how long a courier bundle is good, unless its maker says",
    ("services/courier_making.py", "MOST_DAYS = 366"): "bounds what its maker may say",
    ("services/courier_taking.py", "timedelta(seconds=5)"): "how soon a step is tried again",
    ("services/credentials.py", "LONGEST_DAYS = 366"): "a client credential of the own node",
    ("services/custodian_records.py", "_SKEW = timedelta(minutes=5)"): "the clock of a machine that is kept apart",
    ("services/custodian_records.py", "timedelta(minutes=5)"): "the clock of a machine that is kept apart",
    ("services/dossiers/effects_assurance.py", "timedelta(days=1)"): "the day after a day",
    ("services/inventories.py", "timedelta(days=366)"): "how far back the form of an inventory reaches",
    ("services/joint_shares.py", "timedelta(days=365 * 100)"): "for ever",
    ("services/leases.py", "timedelta(seconds=3)"): "how long a worker's lease lasts",
    ("services/ledger_alarm.py", "STEP_SECONDS = 0.2"): "how long a step of a check may take",
    ("services/ledger_alarm.py", "timedelta(days=1)"): "how often a node re-checks its own ledger",
    ("services/looks.py", "timedelta(minutes=30)"): "how long a visit of the portal is one visit",
    ("services/accounts.py", "timedelta(days=3)"): "how long a first password of the own node is good",
    ("services/alarms.py", "_HOUR = 3600.0"): "an hour in seconds",
    ("services/leases.py", "timedelta(seconds=15)"): "how long a job of a worker is its own",
    ("services/node_measures.py", "_COUNTED_SECONDS = 3600.0"): "how often an operator's sum is made anew",
    ("services/node_measures.py", "_DAY = 86400.0"): "a day in seconds",
    ("services/node_measures.py", "timedelta(days=1)"): "what an operator's numbers call recent",
    ("services/node_measures.py", "timedelta(days=30)"): "how long before an end an operator is told",
    ("services/notice_sources.py", "timedelta(days=30)"): "how long before an end a mail says so",
    ("services/notice_sources.py", "timedelta(minutes=1)"): "a step under way is not told of yet",
    ("services/notices.py", "timedelta(days=1)"): "the day after a day",
    ("services/notices.py", "timedelta(days=400)"): "how long the own node keeps what it has mailed",
    ("services/notices.py", "timedelta(minutes=1)"): "how soon a notice is sent again",
    ("services/opening_records.py", "timedelta(seconds=5)"): "two reads of one step are at once",
    ("services/readiness.py", "_KEPT_SECONDS = 1.0"): "how long an answer on readiness is kept",
    ("services/payloads.py", "timedelta(minutes=10)"): "when a sender that stopped is taken for gone",
    ("services/preparing.py", "timedelta(milliseconds=500)"): "how soon a job is tried again",
    ("services/preparing.py", "timedelta(seconds=30)"): "how soon a job is tried again",
    ("ports/reading_room.py", "timedelta(minutes=30)"): "when an open reading asks again, unless the operator says",
    ("ports/reading_room.py", "timedelta(minutes=10)"): "when an unused reading ends, unless the operator says",
    ("services/emergency_roles.py", "LONGEST_HOURS = 8"): "bounds what two people may say of an own node's role",
    ("services/emergency_roles.py", "timedelta(hours=1)"): "a length of time in hours",
    ("services/emergency_roles.py", "timedelta(hours=4)"): "how long the second person of the own node has",
    ("services/personal_tokens.py", "LONGEST_DAYS = 90"): "a token of the own node",
    ("services/personal_tokens.py", "timedelta(minutes=1)"): "how often its last use is written",
    ("services/portal_sessions.py", "timedelta(days=30)"): "how long ended sessions of the own node are listed",
    ("services/role_changes.py", "timedelta(days=14)"): "how long the second person of the own node has",
    ("services/proofs.py", "timedelta(seconds=60)"): "of a client's proof at its own node (RFC 9449)",
    ("services/reconciliation_runs.py", "timedelta(seconds=60)"): "how soon a run is tried again",
    ("services/reconciliations.py", "timedelta(minutes=15)"): "how soon a run is tried again",
    ("services/rule_impact.py", "timedelta(minutes=10)"): "how long an answer is kept in memory",
    ("services/service_keys.py", "_LOOK_SECONDS = 2.0"): "how often a process looks for new keys",
    ("services/service_keys.py", "_LOOK_FOR_UNKNOWN_SECONDS = 0.2"): "how often a process looks for new keys",
    ("services/share_release.py", "timedelta(seconds=60)"): "of a decision at the own node; what a partner asks "
    "expires as the bundle says",
    ("services/share_release.py", "_SKEW = timedelta(seconds=5)"): "between the processes of one node",
    ("services/share_release.py", "timedelta(seconds=5)"): "between the processes of one node",
    ("services/sign_in_links.py", "LIFETIME = timedelta(hours=1)"): "a sign-in link of a training node",
    ("services/sign_in_links.py", "timedelta(hours=1)"): "a sign-in link of a training node",
    ("services/standing.py", "_POLL_SECONDS = 0.05"): "how often a waiting process looks",
    ("services/standing.py", "COMPARISON_SECONDS = 5.0"): "how long a caller waits for a comparison",
    ("services/tokens.py", "LIFETIME = timedelta(minutes=10)"): "a token of the own node",
    ("services/tokens.py", "timedelta(minutes=10)"): "a token of the own node",
    ("services/tokens.py", "timedelta(seconds=30)"): "between the processes of one node",
    ("services/search.py", "timedelta(days=1, microseconds=-1)"): "the end of a day",
    ("services/waiting_offices.py", "timedelta(days=1)"): "the day after a day",
    ("services/waiting_offices.py", "timedelta(seconds=1)"): "the last second of a day",
    ("services/waiting_rows.py", "timedelta(hours=12)"): "how long before the agreement's limit a registrar is told",
    ("services/witness_watch.py", "timedelta(minutes=1)"): "a length of time in minutes",
}  # fmt: skip


@cache
def _trees() -> tuple[tuple[str, ast.Module], ...]:
    paths = sorted(SOURCE.rglob("*.py"))
    return tuple((path.relative_to(SOURCE).as_posix(), ast.parse(path.read_text("utf-8"))) for path in paths)


def _has_number(node: ast.AST) -> bool:
    constants = (one.value for one in ast.walk(node) if isinstance(one, ast.Constant))
    return any(isinstance(value, int | float) and not isinstance(value, bool) and value for value in constants)


def _durations(tree: ast.Module) -> Iterator[str]:
    """Every length of time that is written as a number: as a timedelta, or under a name that says so."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _has_number(node):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name == "timedelta" and not any(isinstance(part, ast.Name) for part in node.args + _values(node)):
                yield ast.unparse(node)
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            if _DURATION_NAME.search(ast.unparse(target)) and _is_plain(node.value):
                yield f"{ast.unparse(target)} = {ast.unparse(node.value)}"


def _values(node: ast.Call) -> list[ast.expr]:
    return [keyword.value for keyword in node.keywords]


def _is_plain(value: ast.expr) -> bool:
    """A number, a timedelta, or some of them: no text and no call of anything else."""
    calls = [one for one in ast.walk(value) if isinstance(one, ast.Call)]
    texts = any(isinstance(one, ast.Constant) and isinstance(one.value, str) for one in ast.walk(value))
    named = all(getattr(one.func, "id", "") == "timedelta" for one in calls)
    return _has_number(value) and named and not texts


def _texts(tree: ast.Module) -> Iterator[str]:
    """Every text that is no docstring."""
    documentation = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation:
            yield node.value


def test_every_length_of_time_is_the_bundles_or_reviewed_as_technical() -> None:
    found = {
        (file, duration)
        for file, tree in _trees()
        if not file.startswith(TECHNICAL_ROOMS)
        for duration in _durations(tree)
    }
    unknown = sorted(found - REVIEWED.keys())
    assert unknown == [], (
        "of the agreement: name it in rules/data/limits.json; technical: review it here, with a reason"
    )


def test_the_review_names_only_rooms_that_are_there() -> None:
    assert {file for file, _ in REVIEWED} <= {file for file, _ in _trees()}


def test_no_rule_is_named_or_cited_in_the_code() -> None:
    """The demo's story alone says which rule it means to meet."""
    found = {
        (file, text)
        for file, tree in _trees()
        if not file.startswith("rehearsal/")
        for text in _texts(tree)
        if _RULE_TEXT.search(text)
    }
    assert found == set()


def test_no_words_of_a_rule_or_provision_stand_in_the_code() -> None:
    gates = json.loads(package_data("gates.json"))["gates"]
    sayings = {said["text"] for gate in gates for said in gate["says"].values()}
    provisions = {one["requirement"] for one in json.loads(package_data("rulebook.json")) if one["requirement"]}
    conditions = {gate["holds"] for gate in gates}
    known = sayings | provisions | conditions
    assert [(file, text) for file, tree in _trees() for text in _texts(tree) if text in known] == []


def test_what_the_code_asks_of_a_bundle_is_in_the_training_bundle_or_optional() -> None:
    """Each limit of the training bundle is read somewhere; none is a second truth beside the code."""
    codes = set(json.loads(package_data("limits.json"))["limits"])
    read = {text for _, tree in _trees() for text in _texts(tree)}
    assert codes <= read
    founded = json.loads(package_data("limits.json"))["limits"].values()
    assert {one["evidence"] for one in founded} == {"unverified"}, "a training default is never called known"
    assert not any(one["confirmed"] for one in founded)
