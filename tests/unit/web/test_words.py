from __future__ import annotations

import re
from pathlib import Path

from babel.messages.pofile import read_po

from relto.web import words
from relto.web.marking import level_class

ROOM = Path(words.__file__).parent
_HOLE = re.compile(r"%\((\w+)\)[sd]|\{(\w+)\}")
_TEMPLATE = re.compile(r'\{% translate "((?:[^"\\]|\\.)*)"')
_QUOTED = re.compile(r"\{% translate '((?:[^'\\]|\\.)*)'")
_CODE = re.compile(r'\b_\(\s*"((?:[^"\\]|\\.)*)"\s*\)|gettext\("((?:[^"\\]|\\.)*)"\)')


def _catalogue() -> dict[str, tuple[str, ...]]:
    with (ROOM / "locale" / "hi" / "LC_MESSAGES" / "django.po").open("rb") as source:
        found = {}
        for entry in read_po(source, locale="hi"):
            if not entry.id:
                continue
            first = entry.id if isinstance(entry.id, str) else entry.id[0]
            assert not entry.fuzzy, first
            assert any(comment.startswith("reviewed: ") for comment in entry.user_comments), first
            found[first] = (entry.string,) if isinstance(entry.string, str) else tuple(entry.string or ())
    return found


def test_every_word_of_the_pages_has_its_hindi_with_the_same_holes() -> None:
    catalogue = _catalogue()
    for english, hindi in catalogue.items():
        for text in hindi:
            assert text, english
            assert set(_HOLE.findall(text)) == set(_HOLE.findall(english)), english


def test_no_word_was_added_without_its_hindi() -> None:
    catalogue = _catalogue()
    said = set()
    for path in ROOM.rglob("*.html"):
        text = path.read_text("utf-8")
        said |= set(_TEMPLATE.findall(text)) | set(_QUOTED.findall(text))
    for path in ROOM.rglob("*.py"):
        said |= {one or other for one, other in _CODE.findall(path.read_text("utf-8"))}
    assert said - set(catalogue) == set(), "run make messages and translate"
    assert len(said) > 300


def test_no_template_carries_style_or_foreign_addresses() -> None:
    for path in ROOM.rglob("*.html"):
        text = path.read_text("utf-8")
        assert "style=" not in text, path.name
        assert "http" not in re.sub(r"\{%.*?%\}", "", text), path.name


def test_the_bar_follows_the_highest_level_that_the_line_names() -> None:
    assert level_class("TOP SECRET//REL TO USA, IND") == "ts"
    assert level_class("//IND SECRET//REL TO USA, IND") == "s"
    assert level_class("RESTRICTED") == "r"
    assert level_class("") == "u"
