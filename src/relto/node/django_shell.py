"""The Django shell of a node's processes.

Settings are made from the node's typed settings, never from a settings module.
"""

from __future__ import annotations

from typing import Any

import django
from django.conf import settings as django_settings

from relto.adapters.log_lines import process_logging
from relto.node.database_settings import read_place
from relto.node.settings import NodeSettings
from relto.store.scopes import connection_options

_THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})
_SQLITE = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 30,
    "init_command": (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; "
        "PRAGMA temp_store=MEMORY; PRAGMA secure_delete=ON;"
    ),
}


def database(settings: NodeSettings) -> dict[str, Any]:
    """Django's DATABASES entry: the embedded SQLite, or the PostgreSQL database that the setting names.

    A server on another machine is spoken to over TLS, with its certificate checked against its name.
    """
    if not settings.database:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(settings.folder.database),
            "OPTIONS": _SQLITE,
            "CONN_MAX_AGE": None,  # a local file: opening it again for each request costs more than keeping it
        }
    place = read_place(settings.database)
    options = {"options": connection_options()} if connection_options() else {}
    if place.passfile:
        options["passfile"] = place.passfile
    if place.host not in _THIS_MACHINE and not place.host.startswith("/"):
        options["sslmode"] = "verify-full"  # encrypted, and by the server of that name alone
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": place.name,
        "HOST": place.host,
        "PORT": place.port,
        "USER": place.role,
        "OPTIONS": options,
        "CONN_MAX_AGE": 600,
    }


def base_settings(settings: NodeSettings, secret_key: str) -> dict[str, Any]:
    """What every process of a node needs of Django: database, models, time, and logs without content."""
    return {
        "SECRET_KEY": secret_key,
        "DEBUG": False,
        "ALLOWED_HOSTS": [settings.host],
        "USE_TZ": True,
        "TIME_ZONE": "UTC",
        "DATABASES": {"default": database(settings)},
        "DEFAULT_AUTO_FIELD": "django.db.models.BigAutoField",
        "AUTH_USER_MODEL": "store.Account",
        "INSTALLED_APPS": ["relto.store"],  # the portal adds what sessions and sign-in need
        "LOGGING": process_logging(),
    }


def start_shell(values: dict[str, Any]) -> None:
    """Configure Django once in this process."""
    if not django_settings.configured:
        django_settings.configure(**values)
        django.setup()
