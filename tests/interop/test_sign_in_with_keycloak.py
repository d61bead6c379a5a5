"""Signing in at Keycloak, from Maven Central, by its own login form, with subjects made for this node alone."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
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
PORT, MANAGEMENT = 43220, 43221
REALM, PASSWORD = "nation", "a password for a test"
_SECONDS = 600


def _realm(redirect: str, sign_out: str) -> str:
    """A realm with one person and this node as its one client."""
    pairwise = {
        "name": "pairwise",
        "protocol": "openid-connect",
        "protocolMapper": "oidc-sha256-pairwise-sub-mapper",
        "config": {"sectorIdentifierUri": "", "pairwiseSubAlgorithmSalt": "a test's salt"},
    }
    client = {
        "clientId": CLIENT_ID,
        "secret": SECRET,
        "redirectUris": [redirect],
        "standardFlowEnabled": True,
        "directAccessGrantsEnabled": False,
        "attributes": {
            "pkce.code.challenge.method": "S256",
            "backchannel.logout.url": sign_out,
            "backchannel.logout.session.required": "true",
        },
        "protocolMappers": [pairwise],
    }
    person = {
        "username": "officer-1",
        "enabled": True,
        "email": "officer-1@nation.example",
        "emailVerified": True,
        "firstName": "Release",
        "lastName": "Officer",
        "credentials": [{"type": "password", "value": PASSWORD}],
    }
    realm = {"realm": REALM, "enabled": True, "sslRequired": "none", "clients": [client], "users": [person]}
    return json.dumps(realm)


@pytest.fixture
def heard() -> Iterator[Heard]:
    """What Keycloak says of who signed out."""
    with hearing() as found:
        yield found


@pytest.fixture
def issuer(portal: Portal, heard: Heard) -> Iterator[str]:
    """Keycloak in development mode, running, with the realm."""
    maven, _ = _demand_tool("mvn", "maven"), _demand_tool("java", "openjdk-17-jre-headless")
    folder = SCRATCH / "keycloak"
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(HERE / "keycloak" / "pom.xml", folder)
    if not list(folder.glob("keycloak-*/bin/kc.sh")):
        _fetch([maven, "-B", "-q", "generate-resources"], "Keycloak (Maven)", folder)
    home = next(folder.glob("keycloak-*"))
    shutil.rmtree(home / "data", ignore_errors=True)
    (home / "data" / "import").mkdir(parents=True)
    (home / "data" / "import" / "nation.json").write_text(
        _realm(redirect_uri(portal.node.house), heard.address), "utf-8"
    )
    command: list[str | Path] = ["/bin/sh", home / "bin" / "kc.sh", "start-dev", "--import-realm"]
    command += ["--http-host=127.0.0.1", f"--http-port={PORT}", f"--http-management-port={MANAGEMENT}"]
    log = folder / "keycloak.log"
    with (
        log.open("wb") as said,
        subprocess.Popen(
            command,
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env=os.environ | {"JAVA_OPTS_APPEND": "-Xmx512m"},
        ) as process,
    ):
        try:
            _wait(process, log)
            yield f"http://127.0.0.1:{PORT}/realms/{REALM}"
        finally:
            os.killpg(process.pid, signal.SIGKILL)


def _wait(process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + _SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            answer = httpx.get(f"http://127.0.0.1:{PORT}/realms/{REALM}", timeout=5, trust_env=False)
        except httpx.HTTPError:
            time.sleep(1)
            continue
        if answer.status_code == httpx.codes.OK:
            return
        time.sleep(1)
    pytest.fail(f"Keycloak did not start: {log.read_text('utf-8')[-2000:]}")


def test_a_person_signs_in_and_confirms_a_decision(
    portal: Portal, issuer: str, heard: Heard, settings: Settings
) -> None:
    own = ProviderSettings(issuer, CLIENT_ID, SECRET, plain_on_loopback=True)
    settings.RELTO_IDENTITY_PROVIDER = OpenIdProvider(own)
    way_out = f"{issuer}/protocol/openid-connect/logout"
    story(portal, {"username": "officer-1", "password": PASSWORD}, heard, way_out)
