"""A portal that listens, a browser beside it, and people who are given nothing but a sign-in link."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from relto.adapters.log_files import FolderLogFiles
from relto.services import sign_in_links
from tests.browser.newcomer import Newcomer
from tests.support.houses import USA
from tests.unit.web.portal import Portal, open_portal

Visit = Callable[[str, str], Newcomer]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright keeps an event loop in this thread; the tables are asked by this thread alone all the same.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def portal(transactional_db: None, tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Portal:
    # Playwright keeps an event loop in this thread; the tables are asked by this thread alone all the same.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    made = open_portal(tmp_path, USA)
    settings.RELTO_HOUSE = made.node.house
    settings.RELTO_LOG_FILES = FolderLogFiles(tmp_path / "log")
    settings.ROOT_URLCONF = "tests.support.portal_urls"
    settings.ALLOWED_HOSTS = ["testserver", "localhost"]
    return made


@pytest.fixture
def visit(portal: Portal, live_server: LiveServer, chromium: Browser) -> Iterator[Visit]:
    """visit(who, language): she has signed in by her link."""
    contexts = []

    def come(who: str, language: str) -> Newcomer:
        context = chromium.new_context(java_script_enabled=False, viewport={"width": 1280, "height": 900})
        context.set_default_timeout(20_000)
        contexts.append(context)
        node = portal.node
        link = sign_in_links.issue_link(node.house, node.actor("registrar"), node.people[who])
        newcomer = Newcomer(context.new_page(), live_server.url, language)
        newcomer.signs_in(link.path)
        return newcomer

    yield come
    for context in contexts:
        context.close()
