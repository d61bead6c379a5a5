"""The survey: everybody walks, everybody's forms are sent, every route is looked at, every operation is asked."""

from __future__ import annotations

import random
import statistics
from pathlib import Path
from typing import Any

from tests.support.portal_survey.asking import ask_everything
from tests.support.portal_survey.filling import fill
from tests.support.portal_survey.looking import look
from tests.support.portal_survey.posting import send_every_form
from tests.support.portal_survey.stage import Person, played
from tests.support.portal_survey.validating import faults_of
from tests.support.portal_survey.walking import Page, is_broken, routes, walk

LANGUAGES = ("en", "hi")
LARGEST_PAGE = 300 * 1024
_FAULT = 500
_MOST_TOLD = 200


def survey(folder: Path, *, pictures: str, examples: int, number: int, without: frozenset[str]) -> dict[str, Any]:
    """What was seen and what is wrong; `passed` when nothing is."""
    with played(folder) as stage:
        begun = fill(stage.profiles)
        walked: dict[str, tuple[Person, list[Page]]] = {}
        for person in stage.people:
            walked[person.who] = person, [page for language in LANGUAGES for page in walk(person, language)]
        pages = [page for _, found in walked.values() for page in found]
        weights = _weights(walked)
        looked = [] if "browser" in without else list(look(_one_of_each(walked), pictures))
        invalid = [] if "html" in without else faults_of([page for page in pages if page.text], folder / "html")
        sent = []
        if "forms" not in without:
            chance = random.Random(number)  # noqa: S311  nonsense, repeatable by its seed
            sent = [one for person, found in walked.values() for one in send_every_form(person, found, chance)]
        asked = {}
        if "api" not in without:
            asked = {one.who: ask_everything(one, examples=examples, number=number) for one in stage.callers()}
    reached = {page.route for page in pages}
    seconds = sorted(page.seconds for page in pages)
    wrong: dict[str, list[Any]] = {
        "broken_links": [
            {"who": page.who, "path": page.path, "from": page.linked_from, "status": page.status}
            for page in pages
            if is_broken(page)
        ],
        "forms": [_told(one) for one in sent if one.status >= _FAULT],
        "accessibility": looked,
        "html": invalid,
        "heavy": [{"path": path, "bytes": size} for path, size in weights.items() if size > LARGEST_PAGE],
        "api": [{"who": who, **one} for who, found in asked.items() for one in found.wrong],
    }
    return {
        "passed": not any(wrong.values()),
        "seed": number,
        "people": len(walked),
        "dossiers_begun": begun,
        "pages": len(pages),
        "routes_reached": len(reached & routes()),
        "routes_not_reached": sorted(routes() - reached),
        "forms_sent": len(sent),
        "median_seconds": round(statistics.median(seconds), 4),
        "slowest": [[round(page.seconds, 3), page.path] for page in sorted(pages, key=lambda one: -one.seconds)[:5]],
        "heaviest": sorted(([size, path] for path, size in weights.items()), reverse=True)[:5],
        "api_requests": sum(found.requests for found in asked.values()),
        "api_statuses": _added(found.statuses for found in asked.values()),
        "api_operations_by_bytes": sorted({one for found in asked.values() for one in found.as_bytes}),
        "api_operations_not_asked": sum(found.not_asked for found in asked.values()),
        "wrong_counts": {name: len(found) for name, found in wrong.items()},
        "wrong": {name: found[:_MOST_TOLD] for name, found in wrong.items()},
    }


def _one_of_each(walked: dict[str, tuple[Person, list[Page]]]) -> list[tuple[Person, list[Page]]]:
    """Of each route the first page that somebody saw, in each language."""
    done: set[tuple[str, str]] = set()
    chosen = []
    for person, found in walked.values():
        own = []
        for page in found:
            if page.text and not is_broken(page) and (page.route, page.language) not in done:
                done.add((page.route, page.language))
                own.append(page)
        chosen.append((person, own))
    return chosen


def _weights(walked: dict[str, tuple[Person, list[Page]]]) -> dict[str, int]:
    """Path -> bytes of the page and all its parts, as they are sent without compression."""
    sizes: dict[str, int] = {}
    weights = {}
    for person, found in walked.values():
        for page in (one for one in found if one.text):  # a download is no page
            for part in page.parts:
                if part not in sizes:
                    sizes[part] = len(person.session.get(part).content)
            weights[page.path] = page.bytes + sum(sizes[part] for part in page.parts)
    return weights


def _told(one: Any) -> dict[str, Any]:
    return {"who": one.who, "page": one.page, "action": one.action, "fields": list(one.fields), "status": one.status}


def _added(counts: Any) -> dict[str, int]:
    total: dict[str, int] = {}
    for one in counts:
        for status, number in one.items():
            total[str(status)] = total.get(str(status), 0) + number
    return dict(sorted(total.items()))
