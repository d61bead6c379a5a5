"""`relto align sign` and `relto align signatures`: both co-chairs sign, or nothing is agreed."""

from __future__ import annotations

from typing import Any

import click

from relto.adapters.words import sentence
from relto.alignment.signatures import SIGNED, TAKEN_BACK
from relto.cli.output import answer, answer_rows, language, words
from relto.cli.profile import open_client


@click.command("sign")
@click.argument("entry")
@click.option("--digest", required=True, help="Of the version that you read; `relto align signatures` says it.")
@click.option("--take-back", is_flag=True, help="Take your nation's signature back, before both have signed.")
def sign(entry: str, digest: str, *, take_back: bool) -> None:
    """Sign a version of ENTRY for your nation (co-chair). One signature changes nothing: both nations sign."""
    word = TAKEN_BACK if take_back else SIGNED
    with open_client() as node:
        told = node.sign_alignment(entry, digest, word).raw
    answer(told, sentence(f"cli.signed.{word}", language(), entry=entry))


@click.command("signatures")
@click.argument("entry")
def signatures(entry: str) -> None:
    """Who signed which version of ENTRY, and what both nations agreed to."""
    with open_client() as node:
        found = node.signatures(entry).raw
    agreed = {one["digest"] for one in found["agreed"]}

    def stands(one: dict[str, Any]) -> str:
        return "agreed" if one["digest"] in agreed else "older" if one["superseded"] else "newest"

    rows = [
        {
            "nation": one["nation"],
            "number": one["number"],
            "digest": one["digest"],
            "signed": ", ".join(f"{nation} {at}" for nation, at in one["signed"].items()),
            "stands": words("signature.version", stands(one)),
        }
        for one in found["versions"]
    ]
    answer_rows(rows, ("nation", "number", "digest", "signed", "stands"), words("cli.empty", "alignment"))
