"""`make screenshots`: a picture of every page that anybody reaches, in both languages, at a desk and on a telephone.

    python -m tests.support.portal_survey.pictures [FOLDER] [--docs]

The demo is played on two nodes, everybody walks, and of each route one page in each language is pictured as WebP under
build/screenshots, beside an index.html that shows them all; with --docs the documentation's pictures are made anew
too. Exit status 1 when nothing was pictured, or a picture of the documentation could not be made.
"""

from __future__ import annotations

import argparse
import html
import io
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import django
from PIL import Image
from selenium import webdriver

from tests.support.chromium import start_chromium
from tests.support.portal_survey.pictures_of_docs import FOLDER, LARGEST, SHOWN
from tests.support.vectors import PROJECT

if TYPE_CHECKING:
    from tests.support.portal_survey.stage import Person
    from tests.support.portal_survey.walking import Page

LANGUAGES: Final = ("en", "hi")
WIDTHS: Final = (1280, 390)
"""A desk and a telephone, in CSS pixels."""
_TALLEST: Final = 6000
_QUALITY: Final = 70
_IN_DOCS: Final = 960
"""How wide the documentation's pictures are, in pixels."""
_OK: Final = 200


@dataclass(frozen=True, slots=True)
class Picture:
    """One file of the folder: which page, in which language, how wide, and as whom."""

    file: str
    route: str
    language: str
    width: int
    who: str
    path: str


def main() -> int:
    """Play, walk, picture; print how many."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=PROJECT / "build" / "screenshots")
    parser.add_argument("--docs", action="store_true", help="make the pictures of docs/_static/pictures anew")
    chosen = parser.parse_args()
    folder: Path = chosen.folder
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.support.django_settings")
    django.setup()
    from tests.support.portal_survey.filling import fill  # noqa: PLC0415  Django is set up first
    from tests.support.portal_survey.stage import played  # noqa: PLC0415  the same

    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with played(folder / "stage") as stage:
        fill(stage.profiles)
        made = list(picture(stage.people, folder))
        missing = picture_docs(stage.people) if chosen.docs else []
    shutil.rmtree(folder / "stage")
    write_index(made, folder)
    sys.stdout.write(f"{len(made)} pictures of {len({one.route for one in made})} pages: {folder / 'index.html'}\n")
    sys.stdout.writelines(f"no page for the documentation's picture {name}\n" for name in missing)
    return 0 if made and not missing else 1


def picture(people: tuple[Person, ...], folder: Path) -> Iterator[Picture]:
    """Of each route in each language the page of whoever reaches it first, at each width."""
    from tests.support.portal_survey.walking import walk  # noqa: PLC0415  Django is set up by then

    done: set[tuple[str, str]] = set()
    browser = start_chromium()
    try:
        for person in people:
            _become(browser, person)
            for page in (one for language in LANGUAGES for one in walk(person, language, 1)):
                place = page.route, page.language
                if page.text and page.route and page.status == _OK and place not in done:
                    done.add(place)
                    browser.get(f"{person.origin}{page.path}")
                    yield from (_pictured(browser, person, page, width, folder) for width in WIDTHS)
    finally:
        browser.quit()


def picture_docs(people: tuple[Person, ...]) -> list[str]:
    """Make the documentation's pictures anew; the names of those whose page nobody reached."""
    from tests.support.portal_survey.walking import walk  # noqa: PLC0415  Django is set up by then

    missing = []
    FOLDER.mkdir(parents=True, exist_ok=True)
    browser = start_chromium()
    try:
        for shown in SHOWN:
            person = next((one for one in people if one.who == shown.who), None)
            pages = walk(person, shown.language, 1) if person else iter(())
            page = next((one for one in pages if one.route == shown.route and one.status == _OK), None)
            if person is None or page is None:
                missing.append(shown.name)
                continue
            _become(browser, person)
            _size(browser, shown.width, shown.height)
            browser.get(f"{person.origin}{page.path}")
            _write_small(browser.get_screenshot_as_png(), shown.file)
    finally:
        browser.quit()
    return missing


def write_index(made: list[Picture], folder: Path) -> None:
    """A contact sheet: a row for each page, its pictures beside each other."""
    routes: dict[str, list[Picture]] = {}
    for one in made:
        routes.setdefault(one.route, []).append(one)
    rows = [
        f"<section><h2>{html.escape(route)}</h2>"
        + "".join(
            f'<figure><a href="{html.escape(one.file)}"><img src="{html.escape(one.file)}" loading="lazy" '
            f'alt="{html.escape(f"{route}, {one.language}, {one.width} px")}"></a>'
            f"<figcaption>{html.escape(f'{one.language}, {one.width} px, {one.who}: {one.path}')}</figcaption></figure>"
            for one in pictures
        )
        + "</section>"
        for route, pictures in sorted(routes.items())
    ]
    style = "figure{display:inline-block;width:300px;vertical-align:top}img{width:100%;border:1px solid}"
    page = (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>relto: every page</title><style>{style}</style>'
    )
    (folder / "index.html").write_text(page + f"<h1>{len(made)} pictures</h1>" + "\n".join(rows), "utf-8")


def _become(browser: webdriver.Chrome, person: Person) -> None:
    browser.get(f"{person.origin}/en/marks/")
    browser.delete_all_cookies()
    for cookie in person.session.cookies.jar:
        browser.add_cookie({"name": cookie.name, "value": cookie.value or "", "path": "/"})


def _write_small(png: bytes, file: Path) -> None:
    with Image.open(io.BytesIO(png)) as taken:
        small = taken.convert("RGB").resize(
            (_IN_DOCS, taken.height * _IN_DOCS // taken.width), Image.Resampling.LANCZOS
        )
    for quality in range(_QUALITY, 0, -5):
        small.save(file, "WEBP", quality=quality, method=6)
        if file.stat().st_size <= LARGEST:
            return


def _pictured(browser: webdriver.Chrome, person: Person, page: Page, width: int, folder: Path) -> Picture:
    _size(browser, width, 900)
    _size(browser, width, min(int(browser.execute_script("return document.documentElement.scrollHeight")), _TALLEST))
    file = f"{page.route.replace(':', '-')}-{page.language}-{width}.webp"
    with Image.open(io.BytesIO(browser.get_screenshot_as_png())) as taken:
        taken.convert("RGB").save(folder / file, "WEBP", quality=_QUALITY)
    return Picture(file, page.route, page.language, width, page.who, page.path)


def _size(browser: webdriver.Chrome, width: int, height: int) -> None:
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)


if __name__ == "__main__":
    sys.exit(main())
