"""Rewrite docs/reference/openapi.json from the API itself; a test compares it with what is committed."""

from __future__ import annotations

import json
import os
from pathlib import Path

import django

PROJECT = Path(__file__).resolve().parents[1]
DOCUMENT = PROJECT / "docs" / "reference" / "openapi.json"


def text() -> str:
    """The document as it is written: sorted, indented, one line at the end."""
    from relto.api.urls import openapi_document  # noqa: PLC0415  Django has to be configured first

    return json.dumps(openapi_document(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


if __name__ == "__main__":
    from django.conf import settings

    if not os.environ.get("DJANGO_SETTINGS_MODULE"):
        settings.configure(
            INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "relto.store"],
            AUTH_USER_MODEL="store.Account",
        )
    django.setup()
    DOCUMENT.write_text(text(), "utf-8")
    print(DOCUMENT.relative_to(PROJECT))
