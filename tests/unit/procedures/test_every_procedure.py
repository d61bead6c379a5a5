"""Every procedure of the registry: each state, step, role and side is walked; each word and each rule is there.

What a user would lose: a step that somebody takes who must not, a dossier that nobody can end, two nodes that stand in
different states, a button without a word, a rule cited that no book has.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from relto.adapters.words import LANGUAGES, catalogue
from relto.base.errors import Conflict, MalformedInput, Refused, ReltoError
from relto.base.nations import Nation
from relto.procedures.actors import Actor, Role
from relto.procedures.forms.form import Field, Form
from relto.procedures.limits import ProcedureLimits, limit_places
from relto.procedures.packs.registry import procedures
from relto.procedures.procedure import BETWEEN, Procedure
from relto.procedures.table import SIDES, STAYS, Transition, advance, follow, waits_on
from relto.rules.provisions import BILATERAL, Provision
from tests.support.form_corpus import corpora
from tests.support.known import shipped_limits, shipped_provisions

EVERY = tuple(procedures().values())
each_procedure = pytest.mark.parametrize("procedure", EVERY, ids=[one.code for one in EVERY])
_DEVANAGARI = re.compile(r"[\u0900-\u097f]")
NATIONS = ("USA", "IND")


def somebody(role: Role) -> Actor:
    return Actor("prs_a", Nation("USA"), "ACME", None, frozenset({role}), frozenset())


# The walk: what the table says may happen, and nothing else.


def expected(transition: Transition, state: str, role: Role | None, side: str) -> str:
    """The target, or the code of the refusal, said again from the table's rules in their order."""
    if (role is None) == bool(transition.roles) or (role is not None and role not in transition.roles):
        return "refused.role"
    if transition.side not in {"", side}:
        return "refused.side"
    if state not in transition.sources:
        return "conflict.state"
    return transition.target if transition.target != STAYS else state


def outcome(procedure: Procedure, transition: Transition, state: str, role: Role | None, side: str) -> str:
    actor = None if role is None else somebody(role)
    try:
        return advance(procedure.table, state, transition.name, actor=actor, held=transition.guards, side=side)
    except (Refused, Conflict) as error:
        return error.full_code


@each_procedure
def test_each_state_step_role_and_side_does_what_the_table_says_and_nothing_else(procedure: Procedure) -> None:
    table = procedure.table
    walked = 0
    for state, transition, role, side in product(table.states, table.transitions, (None, *Role), SIDES):
        found = outcome(procedure, transition, state, role, side)
        assert found == expected(transition, state, role, side), (state, transition.name, role, side)
        walked += 1
    assert walked == len(table.states) * len(table.transitions) * (len(Role) + 1) * len(SIDES)


@each_procedure
def test_each_guard_of_each_step_is_needed(procedure: Procedure) -> None:
    for transition in procedure.table.transitions:
        role = min(transition.roles, default=None)
        actor = None if role is None else somebody(role)
        for missing in transition.guards:
            held = [guard for guard in transition.guards if guard != missing]
            with pytest.raises(Refused) as refused:
                advance(
                    procedure.table,
                    min(transition.sources),
                    transition.name,
                    actor=actor,
                    held=held,
                    side=transition.side,
                )
            assert (refused.value.full_code, refused.value.expected) == ("refused.guard", missing)


@each_procedure
def test_a_state_or_step_that_the_table_lacks_is_refused(procedure: Procedure) -> None:
    first = procedure.table.transitions[0]
    for state, step in (("no_such_state", first.name), (procedure.table.start, "no_such_step")):
        with pytest.raises(MalformedInput):
            advance(procedure.table, state, step, actor=None)


@each_procedure
def test_every_state_is_reached_and_leads_to_an_end(procedure: Procedure) -> None:
    table = procedure.table
    assert reached_from(procedure, {table.start}) == set(table.states)
    for state in table.states:
        assert reached_from(procedure, {state}) & table.final, f"{state} never ends"


def reached_from(procedure: Procedure, states: set[str]) -> set[str]:
    reached = set(states)
    while True:
        found = {one.target for one in procedure.table.transitions if one.sources & reached} - {STAYS}
        if found <= reached:
            return reached
        reached |= found


@each_procedure
def test_a_state_that_is_not_the_end_waits_for_somebody(procedure: Procedure) -> None:
    for state in procedure.table.states:
        assert bool(waits_on(procedure.table, state)) == (state not in procedure.table.final), state


# Between two nodes.


@each_procedure
def test_only_one_side_is_waited_for_at_a_time(procedure: Procedure) -> None:
    for state in procedure.table.states:
        following = [
            one for one in procedure.table.transitions if state in one.sources and not one.at_will and one.roles
        ]
        assert len({one.side for one in following if one.target != STAYS}) <= 1, state


@each_procedure
def test_what_changes_the_state_of_a_dossier_that_both_have_is_told_to_the_other(procedure: Procedure) -> None:
    if procedure.reach != BETWEEN:
        assert not any(step.sends or step.keeps_told for step in procedure.steps.values())
        return
    openers = [one for one in procedure.table.transitions if one.name in procedure.steps and sends(procedure, one)]
    assert openers, "a procedure between two nodes that never tells the other"
    shared = reached_from(procedure, {one.target for one in openers} - {STAYS})
    for transition in procedure.table.transitions:
        if transition.sources & shared and transition.target != STAYS:
            step = procedure.steps.get(transition.name)
            assert step is not None, transition.name
            assert step.sends or step.keeps_told, f"{transition.name} is not told"


def sends(procedure: Procedure, transition: Transition) -> bool:
    return procedure.steps[transition.name].sends


@each_procedure
def test_the_other_node_follows_each_step_that_it_is_told_of_and_only_from_its_side(procedure: Procedure) -> None:
    for transition, state, side in product(procedure.table.transitions, procedure.table.states, SIDES):
        try:
            found = follow(procedure.table, state, transition.name, side=side)
        except ReltoError as error:
            found = error.full_code
        if transition.side not in {"", side}:
            assert found == "refused.side"
        elif state not in transition.sources:
            assert found == "conflict.state"
        else:
            assert found == (transition.target or state)


@each_procedure
def test_the_partner_is_named_by_a_field_that_is_a_nation_and_shared_fields_are_not_personal(
    procedure: Procedure,
) -> None:
    if procedure.reach == BETWEEN:
        assert procedure.form.field(procedure.partner_field).kind == "nation"
    for form in forms_of(procedure):
        for _, field in fields_of(form):
            assert not (field.shared and field.personal), field.code


# Words.


def forms_of(procedure: Procedure) -> Iterator[Form]:
    yield procedure.form
    seen = {procedure.form.code}
    for step in procedure.steps.values():
        if step.form is not None and step.form.code not in seen:
            seen.add(step.form.code)
            yield step.form


def fields_of(form: Form) -> Iterator[tuple[str, Field]]:
    """Each field with its place in the words: ("visitors.level", field) of rows."""
    for one in form.fields:
        yield one.code, one
        for inner in one.fields:
            yield f"{one.code}.{inner.code}", inner


def words_of(procedure: Procedure) -> Iterator[str]:
    code = procedure.code
    yield from (f"procedure.{code}", f"procedure.{code}.what")
    yield from (f"state.{code}.{state}" for state in procedure.table.states)
    yield from (f"step.{code}.{one.name}" for one in procedure.table.transitions)
    yield from (f"clock.{code}.{clock.code}" for clock in procedure.clocks)
    yield from (f"paper.{code}.{paper.code}" for paper in procedure.papers)
    yield from (paper.statement for paper in procedure.papers if paper.statement)
    for form in forms_of(procedure):
        yield f"form.{form.code}"
        yield from (f"form.{form.code}.section.{section}" for section in form.sections)
        for place, field in fields_of(form):
            yield f"form.{form.code}.{place}"
            yield from (f"form.{form.code}.{place}.is.{choice}" for choice in field.choices)
    for corpus in corpora():
        if corpus.procedure == code:
            for fault in corpus.faults:
                yield from (f"finding.{fault.finding}", f"finding.{fault.finding}.fix")


@each_procedure
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_of_a_procedure_is_in_the_catalogue(procedure: Procedure, language: str) -> None:
    entries = catalogue(language)
    missing = sorted({code for code in words_of(procedure) if code not in entries})
    assert not missing


@each_procedure
def test_hindi_words_are_hindi(procedure: Procedure) -> None:
    entries = catalogue("hi")
    foreign = [code for code in words_of(procedure) if not _DEVANAGARI.search(entries[code].text)]
    assert not foreign


# Rules and limits.


def rules_of(procedure: Procedure) -> Iterator[str]:
    for form in forms_of(procedure):
        yield from form.based_on
        for _, field in fields_of(form):
            yield from field.rules
    for clock in procedure.clocks:
        yield from clock.rules
    for paper in procedure.papers:
        yield from paper.rules


@each_procedure
def test_every_provision_that_a_procedure_names_is_in_the_rule_book(procedure: Procedure) -> None:
    assert set(rules_of(procedure)) <= set(shipped_provisions())


@each_procedure
def test_every_clock_runs_by_a_limit_that_is_listed(procedure: Procedure) -> None:
    assert {clock.limit for clock in procedure.clocks if clock.limit} <= set(limit_places())
    assert all(clock.counts_from for clock in procedure.clocks if not clock.limit)


def test_every_limit_names_a_parameter_of_the_nation_whose_limit_it_is() -> None:
    provisions = shipped_provisions()
    for code, places in limit_places().items():
        for nation, place in places.items():
            identity, _, parameter = place.rpartition("/")
            assert provisions[identity].nation == nation, code
            assert parameter in provisions[identity].record["parameters"], code


def drafted(provision: Provision, parameter: str, value: Any) -> dict[str, Provision]:
    """The shipped provisions with one parameter changed, as in a draft."""
    parameters = provision.record["parameters"]
    changed = {**parameters, parameter: {**parameters[parameter], "value": value}}
    return {
        **shipped_provisions(),
        provision.id: replace(provision, record={**provision.record, "parameters": changed}),
    }


LIMITS = sorted(limit_places())


@pytest.mark.parametrize("code", LIMITS)
def test_a_limit_is_the_nations_own_and_changes_with_its_provision(code: str) -> None:
    for nation in NATIONS:
        found = shipped_limits().limit(code, nation)
        own = {whose: place for whose, place in limit_places()[code].items() if whose in {nation, BILATERAL}}
        if not own:
            assert found is None, "a nation without a source has no limit, and never the other's"
            continue
        assert found is not None
        assert found.nation in own
        place = own[found.nation]
        provision = shipped_provisions()[found.provision]
        draft = ProcedureLimits(drafted(provision, place.rpartition("/")[2], "changed"))
        changed = draft.limit(code, nation)
        assert changed is not None
        assert changed.value == "changed"
        others = {
            (other, whose): draft.limit(other, whose) == shipped_limits().limit(other, whose)
            for other, whose in product(LIMITS, NATIONS)
            if place not in limit_places()[other].values()
        }
        assert all(others.values()), "one parameter changes one rule"


@pytest.mark.parametrize("code", LIMITS)
def test_a_nations_limit_is_gone_with_its_provision(code: str) -> None:
    for nation in NATIONS:
        found = shipped_limits().limit(code, nation)
        if found is None:
            continue
        without: Mapping[str, Provision] = {
            one: provision for one, provision in shipped_provisions().items() if one != found.provision
        }
        left = ProcedureLimits(without).limit(code, nation)
        assert left is None or left.provision != found.provision
        assert left is None or left.nation in {nation, BILATERAL}
