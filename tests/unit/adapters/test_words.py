"""Words for codes: both languages have the same codes, and no code of the core leaves a person without a sentence."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from functools import cache
from importlib import resources
from pathlib import Path
from string import Formatter

import pytest

import relto
from relto.adapters.words import LANGUAGES, catalogue, error_sentence, sentence, wording
from relto.base import errors
from relto.ledger.findings import Outcome
from relto.ledger.leaves import LeafEvent
from relto.procedures import acceptance, assurance, copies, item, release, third_party
from relto.procedures.actors import Role

SOURCE = Path(relto.__file__).parent
GATES = json.loads(resources.files("relto.rules").joinpath("data", "gates.json").read_text("utf-8"))["gates"]


def _classes(parent: type[errors.ReltoError] = errors.ReltoError) -> Iterator[type[errors.ReltoError]]:
    yield parent
    for child in parent.__subclasses__():
        yield from _classes(child)


BY_NAME = {kind.__name__: kind for kind in _classes()}


PROCEDURES = SOURCE / "procedures"


@cache
def _calls() -> tuple[ast.Call, ...]:
    return tuple(call for path in sorted(SOURCE.rglob("*.py")) for call in _calls_in(path))


def _calls_in(path: Path) -> tuple[ast.Call, ...]:
    return tuple(node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call))


def _raised() -> set[str]:
    """Codes of the errors that the source makes with a reason written out."""
    found = set()
    for call in _calls():
        name = call.func.id if isinstance(call.func, ast.Name) else ""
        first = call.args[0] if call.args else None
        if name in BY_NAME:
            reason = first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else ""
            found.add(f"{BY_NAME[name].code}.{reason}".removesuffix("."))
    return found


def _findings() -> set[str]:
    """Of a ledger the code itself; of a procedure what is wrong and how to mend it."""
    found = set()
    for path in SOURCE.rglob("*.py"):
        for call in _calls_in(path):
            first = call.args[0] if call.args else None
            if isinstance(call.func, ast.Name) and call.func.id == "Finding" and isinstance(first, ast.Constant):
                code = str(first.value)
                of_a_procedure = PROCEDURES in path.parents
                found |= {f"finding.{code}", f"finding.{code}.fix"} if of_a_procedure else {code}
    return found


def _states() -> set[str]:
    tables = {
        "case": release.RELEASE,
        "arrival": acceptance.ACCEPTANCE,
        "copy": copies.COPY,
        "item": item.ITEM,
        "third_party": third_party.THIRD_PARTY,
    }
    known = {f"state.{noun}.{state}" for noun, table in tables.items() for state in table.states}
    return known | {f"state.assurance.{state}" for state in assurance.ASSURANCE.states if state != assurance.UNGIVEN}


def _codes() -> set[str]:
    remedies = {gate["remedy"] for gate in GATES}
    return {
        *(kind.code for kind in BY_NAME.values()),
        *(f"role.{role}" for role in Role),
        *(f"event.{event}" for event in LeafEvent),
        *(f"verify.{outcome}" for outcome in Outcome),
        *(f"gate.{gate['gate']}" for gate in GATES),
        *(f"who.{gate['who_can_fix']}" for gate in GATES),
        *(f"refusal.{reader}.{remedy}" for reader in ("asker", "officer") for remedy in remedies),
        *_findings(),
        *_states(),
    }


def test_the_languages_have_the_same_codes_with_the_same_facts() -> None:
    english, hindi = catalogue("en"), catalogue("hi")
    assert set(english) == set(hindi)
    for code, said in english.items():
        facts = {name for _, name, _, _ in Formatter().parse(said.text) if name}
        assert {name for _, name, _, _ in Formatter().parse(hindi[code].text) if name} == facts, code


def test_no_hindi_entry_claims_a_native_reader() -> None:
    assert not [code for code, said in catalogue("hi").items() if said.reviewed]


def test_every_known_code_has_its_own_words() -> None:
    assert sorted(_codes() - set(catalogue("en"))) == []


def test_every_error_that_the_source_raises_has_a_sentence() -> None:
    raised = _raised()
    assert len(raised) > 100
    for code in raised:
        for language in LANGUAGES:
            assert wording(code, language).text != code, code


def test_sentences_say_who_and_blame_nobody() -> None:
    banned = re.compile(r"\b(please|successfully|access denied|invalid|illegal|sorry|forbidden)\b|!", re.IGNORECASE)
    found = [code for code, said in catalogue("en").items() if banned.search(said.text)]
    assert found == []
    for remedy in {gate["remedy"] for gate in GATES}:
        assert re.search(r"\b(can|Only)\b", catalogue("en")[f"refusal.asker.{remedy}"].text), remedy


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_error_names_field_found_and_expected(language: str) -> None:
    said = error_sentence(errors.UnknownValue("level", field="label.level", found="VERY", expected="a level"), language)
    assert all(word in said for word in ("label.level", "VERY", "a level"))


def test_a_refusal_says_its_reference_aloud() -> None:
    assert error_sentence(errors.Refused("opening", reference="dec_x")).endswith("Reference: dec_x.")


def test_a_code_without_words_takes_those_of_its_parent() -> None:
    assert sentence("malformed.code.never.heard.of") == sentence("malformed.code")
    assert sentence("nothing.known") == "nothing.known"
