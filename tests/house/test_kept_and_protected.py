"""The page of what is kept: every table of the store stands in one level, and what is sealed in none that is open."""

from __future__ import annotations

import re

from django.apps import apps

from relto.store import fields
from tests.house.conftest import PROJECT

PAGE = (PROJECT / "docs" / "reference" / "kept-and-protected.md").read_text("utf-8")
LEVELS = ("content", "personal and close", "record", "secret", "passing")
SEALED = (fields.EncryptedText, fields.EncryptedJson, fields.EncryptedBytes)


def _tables() -> dict[str, list[str]]:
    part = PAGE.partition("| level | tables |")[2].partition("\n\n")[0]
    rows = dict(re.findall(r"^\| ([a-z ]+) \| (.*) \|$", part, re.MULTILINE))
    return {level: re.findall(r"`(\w+)`", rows[level]) for level in LEVELS}


def test_every_table_of_the_store_has_one_level() -> None:
    named = [name for names in _tables().values() for name in names if name != "blobs"]
    assert sorted(named) == sorted(set(named))
    assert set(named) == {model.__name__ for model in apps.get_app_config("store").get_models()}


def test_what_a_table_seals_makes_it_personal() -> None:
    sealing = {
        model.__name__
        for model in apps.get_app_config("store").get_models()
        if any(isinstance(field, SEALED) for field in model._meta.get_fields())
    }
    assert sealing <= set(_tables()["personal and close"])
