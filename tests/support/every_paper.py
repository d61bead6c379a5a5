"""Every paper of every procedure, filled as a careful officer would: for whoever checks them all, or looks at them.

python -m tests.support.every_paper FOLDER [LANGUAGE...]
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from relto.adapters.paper_words import LANGUAGES, Attachment, PaperValue, SignedStep
from relto.adapters.papers_pdf import paper_pdf
from relto.procedures.packs.registry import procedures
from relto.procedures.procedure import Paper, Procedure
from tests.support.form_corpus import Corpus, Filed, corpora, seeded
from tests.support.known import NOW, shipped_provisions

_DRAWS = 40


def papers() -> Iterator[tuple[str, PaperValue]]:
    """(name, paper) of each paper that the registered procedures give."""
    for corpus in corpora():
        filed, answered = _drawn(corpus)
        pack = procedures()[corpus.procedure]
        for paper in pack.papers:
            yield f"{pack.code}-{paper.code}", _value(pack, paper, filed, answered)


def _drawn(corpus: Corpus) -> tuple[Filed, dict[str, dict[str, Any]]]:
    """The fullest of some forms, and answers to the forms of steps."""
    drawn = [corpus.clean(seeded(number)) for number in range(_DRAWS)]
    return max(drawn, key=lambda one: len(str(one.answers))), {one.step: one.step_answers for one in drawn}


def _value(pack: Procedure, paper: Paper, filed: Filed, answered: dict[str, dict[str, Any]]) -> PaperValue:
    steps: list[SignedStep] = []
    for name in paper.steps:
        form = pack.step(name).form
        answers = answered.get(name, {})
        signed = SignedStep(name, NOW, "USA", "prs_" + "a" * 24, "release_officer", form, answers)
        steps.append(signed if len(steps) % 2 == 0 else SignedStep(name, form=form))
    return PaperValue(
        pack,
        paper,
        f"{pack.prefix}-2026-0001",
        "USA",
        next(state for state in pack.table.states if state in paper.states),
        filed.answers,
        NOW,
        "ab" * 32,
        steps=tuple(steps),
        provisions=shipped_provisions(),
        entries=("ent_" + "c" * 24,),
        attachments=(Attachment("data.json", "application/json", "{}", "paper.attached.data"),),
        is_training=True,
    )


def main(folder: Path, languages: list[str]) -> None:
    """Write them."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, value in papers():
        for language in languages:
            (folder / f"{name}-{language}.pdf").write_bytes(paper_pdf(value, language))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:] or list(LANGUAGES))
