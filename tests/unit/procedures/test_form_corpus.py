"""The first-pass checker on clean and on faulty forms of every procedure (tests/support/form_corpus).

What a user would lose: a faulty form that passes comes back weeks later; a clean form that is stopped teaches people to
work around the checker.
"""

from __future__ import annotations

from collections import Counter

import pytest

from relto.procedures.packs.registry import procedures
from tests.support.form_corpus import Corpus, corpora, judge, seeded

CORPORA = tuple(corpora())
SEED = 2026
CLEAN_FORMS = FAULTY_FORMS = 501
LEAST_CAUGHT = 0.95
LEAST_KINDS = 60
PROCEDURES_OF_THE_ISSUE = 14

each_procedure = pytest.mark.parametrize("corpus", CORPORA, ids=[corpus.procedure for corpus in CORPORA])


def share(total: int, parts: int) -> int:
    """How many of `total` each of `parts` must give."""
    return -(-total // max(parts, 1))


@each_procedure
def test_a_clean_form_is_never_stopped(corpus: Corpus) -> None:
    random = seeded(SEED)
    for number in range(share(CLEAN_FORMS, len(CORPORA))):
        stopping = [one.finding for one in judge(corpus.clean(random)) if one.stops]
        assert not stopping, (number, stopping)


@each_procedure
def test_each_kind_of_fault_is_told_by_its_finding(corpus: Corpus) -> None:
    random = seeded(SEED)
    kinds = sum(len(one.faults) for one in CORPORA)
    missed: Counter[str] = Counter()
    tried = 0
    for fault in corpus.faults:
        for _ in range(share(FAULTY_FORMS, kinds)):
            tried += 1
            told = {one.finding.code for one in judge(fault.spoil(random, corpus.clean(random)))}
            missed[fault.code] += fault.finding not in told
    assert sum(missed.values()) <= (1 - LEAST_CAUGHT) * tried, +missed
    assert all(count < share(FAULTY_FORMS, kinds) for count in missed.values()), f"never caught: {+missed}"


@each_procedure
def test_no_fault_is_told_of_a_clean_form(corpus: Corpus) -> None:
    """A finding that every form has would "catch" every fault: a clean form has none of those a fault is known by."""
    random = seeded(SEED + 1)
    known_by = {fault.finding for fault in corpus.faults}
    for _ in range(20):
        told = {one.finding.code for one in judge(corpus.clean(random))}
        assert not told & known_by


@each_procedure
def test_each_kind_of_fault_is_named_once_and_described(corpus: Corpus) -> None:
    codes = [fault.code for fault in corpus.faults]
    assert len(set(codes)) == len(codes)
    assert all(fault.what.endswith(".") for fault in corpus.faults)


def test_what_was_filed_stays_as_it_was_when_a_fault_is_made_of_it() -> None:
    for corpus in CORPORA:
        for fault in corpus.faults:
            filed = corpus.clean(seeded(SEED))
            fault.spoil(seeded(SEED), filed)
            assert filed == corpus.clean(seeded(SEED)), (corpus.procedure, fault.code)


@pytest.mark.skipif(len(procedures()) < PROCEDURES_OF_THE_ISSUE, reason="not all procedures are registered")
def test_each_procedure_has_forms_and_the_corpus_has_at_least_sixty_kinds_of_faults() -> None:
    assert {corpus.procedure for corpus in CORPORA} == set(procedures())
    assert sum(len(corpus.faults) for corpus in CORPORA) >= LEAST_KINDS
