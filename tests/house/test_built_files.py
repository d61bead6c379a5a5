from __future__ import annotations

import hashlib
import json
from pathlib import Path

from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

from tests.house.conftest import PROJECT, SOURCE

STATIC = SOURCE / "web" / "static" / "relto"
LOCALE = SOURCE / "web" / "locale"


def _differing(recorded: dict[str, str], folder: Path) -> list[str]:
    return [
        name
        for name, digest in recorded.items()
        if not (folder / name).is_file() or hashlib.sha256((folder / name).read_bytes()).hexdigest() != digest
    ]


def test_the_committed_style_sheet_and_fonts_are_what_make_assets_builds() -> None:
    record = json.loads((STATIC / "built.json").read_text("utf-8"))
    sources = PROJECT / "tools" / "assets"
    assert sorted(record["sources"]) == sorted(path.name for path in sources.iterdir())
    assert _differing(record["sources"], sources) == [], "a source changed: run make assets"
    assert _differing(record["outputs"], STATIC) == [], "a built file was edited: run make assets"


def _forms(words: object) -> tuple[str, ...]:
    """Singular, and plural where there is one."""
    return (
        (words,)
        if isinstance(words, str)
        else tuple(str(one) for one in words)
        if isinstance(words, list | tuple)
        else ()
    )


def test_each_compiled_catalogue_says_what_its_source_says() -> None:
    sources = sorted(LOCALE.glob("*/LC_MESSAGES/*.po"))
    assert {path.parent.parent.name for path in sources} == {"en", "hi"}
    for source in sources:
        with source.open("rb") as text, source.with_suffix(".mo").open("rb") as compiled:
            written = {
                (entry.context, _forms(entry.id)): _forms(entry.string)
                for entry in read_po(text)
                if entry.id and entry.string and not entry.fuzzy
            }
            shipped = {
                (entry.context, _forms(entry.id)): _forms(entry.string) for entry in read_mo(compiled) if entry.id
            }
        assert shipped == {key: value for key, value in written.items() if any(value)}, f"{source}: run make messages"
