"""Django settings for unit tests and type checking: the same shell as a node, one throw-away database."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from relto.web.shell import portal_settings

_HERE = Path(__file__).resolve().parents[2]
SECRET_KEY = "tests-only"
USE_TZ = True
TIME_ZONE = "UTC"
AUTH_USER_MODEL = "store.Account"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES: dict[str, dict[str, Any]]
if os.environ.get("RELTO_TEST_POSTGRESQL"):
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": "relto",
            "HOST": os.environ["RELTO_TEST_POSTGRESQL"],
            "USER": "relto",
        }
    }
else:
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": ":memory:",
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
                "timeout": 20,
            },
        }
    }


class _NoMigrations(dict[str, None]):
    def __contains__(self, _: object) -> bool:
        return True

    def __getitem__(self, _: str) -> None:
        return None


MIGRATION_MODULES = _NoMigrations() if os.environ.get("RELTO_TEST_WITHOUT_MIGRATIONS", "1") == "1" else {}

# The portal's own settings on top, as in a node's portal process: apps, middleware, cookies, languages.
globals().update(portal_settings(nation="USA", kind="training", portal_url="http://usa.localhost"))
# Hashing a password for each story would take longer than the stories.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
