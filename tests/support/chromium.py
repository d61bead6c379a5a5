"""A real browser for the stories about pages: headless, without anything that speaks to the outside."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from selenium import webdriver

needs_chromium = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not (shutil.which("chromium") and shutil.which("chromedriver")),
        reason="install chromium and chromedriver",
    ),
]


def start_chromium(downloads: Path | None = None) -> webdriver.Chrome:
    """A browser; what it downloads goes to `downloads`. Whoever started it quits it."""
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    for flag in ("headless=new", "no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "hide-scrollbars"):
        options.add_argument(f"--{flag}")
    for flag in ("background-networking", "component-update", "sync", "dev-shm-usage"):
        options.add_argument(f"--disable-{flag}")
    if downloads is not None:
        options.add_experimental_option(
            "prefs", {"download.default_directory": str(downloads), "download.prompt_for_download": False}
        )
    driver = webdriver.Chrome(
        options=options, service=webdriver.ChromeService(executable_path=shutil.which("chromedriver"))
    )
    driver.set_script_timeout(60)
    return driver
