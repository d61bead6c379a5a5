"""What an authority states beside the bundles: signed offline with its key, submitted at each node by a co-chair."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from relto.base.errors import MalformedInput, UnknownValue
from relto.base.instants import Instant, read_instant
from relto.cli.files import read_file, write_file
from relto.cli.output import answer, answer_rows, wants_json, words
from relto.cli.rules_drafts import change_line

if TYPE_CHECKING:
    from relto.base.nations import Nation
    from relto.signing.keys import StatementKey

_STATEMENTS = ("kind", "nation", "subject", "citation", "number", "stated_at", "key_id", "counts")
_VERSIONS = ("version", "effective_from", "until", "expires", "signers", "changes", "digest")


@click.command("confirm")
@click.argument("bundle", type=click.Path(path_type=Path))
@click.argument("rule")
@click.option("--key", required=True, type=click.Path(path_type=Path), help="The authority's key file.")
@click.option("--citation", required=True, help="Where in the text that the authority holds.")
@click.option("--output", required=True, type=click.Path(path_type=Path), help="Where the statement is written.")
def confirm(bundle: Path, rule: str, key: Path, citation: str, output: Path) -> None:
    """Sign, offline, that RULE of BUNDLE says what the text says that this authority holds.

    RULE is a provision (USR-07), a limit (link_clock_skew) or an equivalence row (IND:RESTRICTED>USA). BUNDLE may be a
    draft. The statement counts while the rule's text stays as it is; submit it at both nodes.
    """
    from relto.rules.bundle import read_rules
    from relto.rules.confirmations import rule_texts, sign_confirmation
    from relto.rules.manifest import content_digest

    data = read_file(bundle, "bundle")
    rules = read_rules(data)
    found = [
        text
        for (_, subject), texts in rule_texts(rules.texts, rules.provisions, rules.policies).items()
        for text in texts
        if subject == rule
    ]
    if not found:
        raise UnknownValue("rule", field="rule", found=rule, expected="a provision, a limit or a row of the bundle")
    if len(found) > 1:
        raise MalformedInput("rule", field="rule", found=rule, expected="a row that the bundle dates once")
    signer, nation = _signer(key)
    statement = sign_confirmation(
        found[0], signer, nation=nation, bundle_digest=content_digest(data), citation=citation, at=_now()
    )
    write_file(output, statement, "output")
    answer({"file": str(output), "confirms": rule, "text_digest": found[0].digest, "signed_by": signer.owner})


@click.command("submit")
@click.argument("statements", nargs=-1, required=True, type=click.Path(path_type=Path))
def submit(statements: tuple[Path, ...]) -> None:
    """Submit what an authority signed (a confirmation, a rotation, a freshness statement) to your node (co-chair)."""
    from relto.cli.profile import open_client

    with open_client() as node:
        for place in statements:
            answer(node.submit_statement(read_file(place, "statement")).raw)


@click.command("statements")
def listed() -> None:
    """What the authorities stated beside the bundles, newest first."""
    from relto.cli.profile import open_client

    with open_client() as node:
        rows = [dict(one.raw) for one in node.authority_statements()]
    answer_rows(rows, _STATEMENTS, words("cli.empty", "statements"))


@click.command("history")
@click.option("--changes", "version", type=click.IntRange(1), help="What this version changed of the one before it.")
def history(version: int | None) -> None:
    """Each version that was ever activated at your node: from when until when, who signed, what it changed."""
    from relto.cli.profile import open_client

    with open_client() as node:
        if version is not None:
            told = [dict(one.raw) for one in node.bundle_changes(version)]
            answer(told, "\n".join(map(change_line, told)) or words("change", "none"))
            return
        rows = [dict(one.raw) for one in node.bundle_history()]
    answer_rows(rows if wants_json() else [_in_short(row) for row in rows], _VERSIONS, words("cli.empty", "versions"))


def _in_short(row: dict[str, Any]) -> dict[str, Any]:
    """A version on a line: each signer with the key, each part with how much of it changed."""
    signers = ", ".join(f"{one['nation']} {one['key_id']}" for one in row["signers"])
    changes = ", ".join(f"{part} {count}" for part, count in row["changes"].items())
    return {**row, "signers": signers, "changes": changes}


@click.command("rotate")
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@click.option("--output", required=True, type=click.Path(path_type=Path), help="Where the statement is written.")
@click.option("--root-version", type=click.IntRange(2), default=2, show_default=True, help="The new key's number.")
@click.option("--from", "since", help="Instant from which the new key signs; now when not given.")
@click.option("--distrusted-from", "distrusted", help="Instant from which the old key is not trusted: a compromise.")
def rotate(  # noqa: PLR0917  click calls by name
    old: Path, new: Path, output: Path, root_version: int, since: str | None, distrusted: str | None
) -> None:
    """Sign, offline, that the key file NEW takes the place of OLD; both keys sign. Submit it at both nodes.

    The key pinned at pairing has number 1; each rotation takes the next number.
    """
    from relto.rules.authority_keys import AuthorityKeys, KeyVersion, sign_rotation

    (signer, nation), (follower, _) = _signer(old), _signer(new)
    chain = AuthorityKeys(nation, (KeyVersion(root_version - 1, signer.public),))
    start = read_instant(since, field="from") if since else _now()
    end = read_instant(distrusted, field="distrusted-from") if distrusted else None
    statement = sign_rotation(chain, signer, follower, effective_from=start, distrusted_from=end)
    write_file(output, statement, "output")
    told = {"old": signer.public.key_id, "new": follower.public.key_id, "root_version": root_version}
    answer({"file": str(output), **told})


@click.command("fresh")
@click.argument("bundle", type=click.Path(path_type=Path))
@click.option("--key", required=True, type=click.Path(path_type=Path), help="The authority's key file.")
@click.option("--hours", type=click.IntRange(1, 8784), required=True, help="For how long the statement is good.")
@click.option("--output", required=True, type=click.Path(path_type=Path), help="Where the statement is written.")
def fresh(bundle: Path, key: Path, hours: int, output: Path) -> None:
    """Sign, offline, that the signed BUNDLE is the newest that this authority knows. Submit it at both nodes."""
    from relto.rules.freshness import sign_freshness
    from relto.rules.manifest import content_digest, read_draft, signed_by

    data = read_file(bundle, "bundle")
    signer, nation = _signer(key)
    manifest, _ = read_draft(data)
    if signer.public.key_id not in signed_by(data):
        raise MalformedInput("bundle.unsigned", field="bundle", expected="a bundle that this authority signed")
    statement = sign_freshness(
        signer,
        nation=nation,
        agreement=manifest.agreement,
        highest_version=manifest.version,
        bundle_digest=content_digest(data),
        at=_now(),
        lasts=timedelta(hours=hours),
    )
    write_file(output, statement, "output")
    answer({"file": str(output), "highest_version": manifest.version, "signed_by": signer.owner})


def _signer(place: Path) -> tuple[StatementKey, Nation]:
    """An authority's key, and whose it is."""
    from relto.base.nations import read_nation
    from relto.node.authority_key import read_authority_key

    key = read_authority_key(place)
    return key, read_nation(key.owner.partition("/")[0], field="key.owner")


def _now() -> Instant:
    return datetime.now(UTC).replace(microsecond=0)
