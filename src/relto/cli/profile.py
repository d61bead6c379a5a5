"""Which node a command talks to, and as whom: a profile file, mode 0600, from --profile or RELTO_PROFILE."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from relto.base.canonical import read_object
from relto.base.errors import MalformedInput, NotAuthenticated
from relto.cli.files import read_file
from relto.cli.output import language

if TYPE_CHECKING:
    from relto.client import NodeClient

_MEMBERS = ("node", "client_id", "client_secret")


def open_client() -> NodeClient:
    """A client for the profile. Raises NotAuthenticated without one, MalformedInput naming its faulty member."""
    from relto.client import NodeClient as Client

    context = click.get_current_context()
    given = context.find_root().meta.get("relto.profile")
    if not given:
        raise NotAuthenticated("no_profile", field="profile", expected="--profile FILE or RELTO_PROFILE")
    content = read_object(read_file(Path(given), "profile"), field="profile")
    values = []
    for member in _MEMBERS:
        value = content.get(member)
        if not isinstance(value, str) or not value:
            raise MalformedInput("profile", field=f"profile.{member}", expected="a text")
        values.append(value)
    client = Client(values[0], values[1], values[2])
    client.session.language = language()
    return client
