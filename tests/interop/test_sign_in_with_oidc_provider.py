"""Signing in at npm's oidc-provider, by its own pages, with subjects made for this node alone."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from relto.adapters.openid_provider import OpenIdProvider, ProviderSettings
from relto.services.openid_sign_in import redirect_uri
from tests.interop.conftest import HERE, SCRATCH, _demand_tool, _fetch
from tests.interop.openid_flow import Heard, hearing, story
from tests.support.openid_provider import CLIENT_ID, SECRET
from tests.unit.web.conftest import portal
from tests.unit.web.portal import Portal

__all__ = ["portal"]
pytestmark = [pytest.mark.interop, pytest.mark.django_db]
PORT = 43210


@pytest.fixture
def heard() -> Iterator[Heard]:
    """What the provider says of who signed out."""
    with hearing() as found:
        yield found


@pytest.fixture
def issuer(portal: Portal, heard: Heard) -> Iterator[str]:
    """The provider, running."""
    node, npm = _demand_tool("node", "nodejs"), _demand_tool("npm", "npm")
    folder = SCRATCH / "openid"
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(HERE / "openid" / name, folder / name)
    if not (folder / "node_modules" / "oidc-provider").is_dir():
        _fetch([npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"], "npm oidc-provider", folder)
    command: list[str | Path] = [node, HERE / "openid" / "provider.mjs", folder, str(PORT)]
    command += [redirect_uri(portal.node.house), heard.address]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            said = next((line for line in process.stdout or () if "ready" in line), "")
            assert said, "the provider did not start"
            yield f"http://127.0.0.1:{PORT}"
        finally:
            process.kill()


def test_a_person_signs_in_and_confirms_a_decision(
    portal: Portal, issuer: str, heard: Heard, settings: Settings
) -> None:
    own = ProviderSettings(issuer, CLIENT_ID, SECRET, plain_on_loopback=True)
    settings.RELTO_IDENTITY_PROVIDER = OpenIdProvider(own)
    story(portal, {"login": "officer-1", "password": "any, it is a test"}, heard, f"{issuer}/session/end")
