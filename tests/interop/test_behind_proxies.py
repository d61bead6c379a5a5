"""The examples in deploy/proxy, by nginx and HAProxy themselves: they are read, and a card signs in through them.

Debian's packages nginx, libnginx-mod-stream and haproxy; a program that is not there skips its stories by name.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from http.client import HTTPSConnection
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from relto.adapters.client_certificates import ClientCertificates
from relto.adapters.system import SystemClock
from relto.services import sign_in_bindings
from tests.support.certificates import Authority, make_authority, make_node_certificate
from tests.support.houses import USA
from tests.unit.web.portal import Portal, open_portal
from tools.write_alarms import RULES

pytestmark = [pytest.mark.interop, pytest.mark.django_db(transaction=True)]

PROXY = Path(__file__).resolve().parents[2] / "deploy" / "proxy"
SECRET = "a secret of the proxy's and the portal's own"
SIGN_IN = "/en/account/certificate/"
MODULE = "modules/ngx_stream_module.so"
NAMES = ("portal", "key-service", "relay")


def program(name: str) -> str:
    """Where a program of Debian's is; skips when it is not there."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if found is None:
        pytest.skip(f"install {name} (Debian's package of that name)")
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Site:
    """A folder in the place of /etc/relto/proxy, and free ports in the place of the examples'."""

    folder: Path
    authority: Authority
    ports: dict[int, int]

    def of(self, example: str) -> str:
        """An example with its paths and ports changed, and nothing else."""
        text = (PROXY / example).read_text("utf-8").replace("/etc/relto/proxy", str(self.folder))
        text = (
            text.replace("node.ind.example", "localhost")
            .replace("/var/log/nginx", str(self.folder))
            .replace("/dev/log", "stdout format raw")
        )
        text = re.sub(r"(listen |bind :)(\d+)", lambda found: f"{found[1]}{self.ports[int(found[2])]}", text)
        text = text.replace("listen ", "listen 127.0.0.1:").replace("bind :", "bind 127.0.0.1:")
        return re.sub(r"127\.0\.0\.1:(840\d)", lambda found: f"127.0.0.1:{self.ports[int(found[1])]}", text)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    folder = tmp_path / "proxy"
    folder.mkdir()
    authority = make_authority(folder, "USA")
    for name in NAMES:
        made = make_node_certificate(folder, authority, host="localhost")
        pair = made.certificate.read_text() + made.private_key.read_text()
        (folder / f"{name}.pem").write_text(pair)
        shutil.copy(made.certificate, folder / f"{name}.crt")
        shutil.copy(made.private_key, folder / f"{name}.key")
    (folder / "people-authorities.pem").write_bytes(authority.pem)
    (folder / "secret.conf").write_text(f'set $relto_proxy_secret "{SECRET}";\n')
    ports = {port: free_port() for port in (443, 8443, 8444, 9443, 8400, 8401, 8402, 8404)}
    return Site(folder, authority, ports)


def nginx_configuration(site: Site) -> Path:
    """A whole nginx.conf around the two examples."""
    binary = Path(program("nginx"))
    module = next(iter(binary.parents[2].glob(f"usr/lib/nginx/{MODULE}")), None)
    if module is None:
        pytest.skip("install libnginx-mod-stream (Debian's package of that name)")
    folder = site.folder
    places = "\n".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    text = (
        f"load_module {module};\npid {folder}/nginx.pid;\ndaemon off;\nevents {{}}\n"
        f"error_log {folder}/error.log crit;\n"
        f"http {{\n{places}\n{site.of('nginx/relto.conf')}\n}}\n{site.of('nginx/relto-link.conf')}"
    )
    file = folder / "nginx.conf"
    file.write_text(text)
    return file


def haproxy_configuration(site: Site) -> Path:
    file = site.folder / "haproxy.cfg"
    file.write_text(site.of("haproxy/haproxy.cfg"))
    return file


def command(name: str, site: Site, *, check: bool = False) -> list[str]:
    """The command line of a proxy with the example."""
    if name == "nginx":
        return [
            program(name),
            "-c",
            str(nginx_configuration(site)),
            "-e",
            str(site.folder / "e.log"),
            *(["-t"] * check),
        ]
    return [program(name), "-f", str(haproxy_configuration(site)), *(["-c"] if check else ["-db"])]


@pytest.mark.parametrize("name", ["nginx", "haproxy"])
def test_the_example_is_read_by_the_program_itself(site: Site, name: str) -> None:
    found = subprocess.run(
        command(name, site, check=True),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, "RELTO_PROXY_SECRET": SECRET},
    )
    said = found.stdout + found.stderr
    assert found.returncode == 0, said
    assert "[warn]" not in said, said
    assert "WARNING" not in said, said


def test_prometheus_reads_the_rules() -> None:
    found = subprocess.run(
        [program("promtool"), "check", "rules", str(RULES)], capture_output=True, text=True, check=False, timeout=60
    )
    assert found.returncode == 0, found.stdout + found.stderr


@contextmanager
def running(name: str, site: Site) -> Iterator[None]:
    environment = {**os.environ, "RELTO_PROXY_SECRET": SECRET}
    with (site.folder / "said.log").open("wb") as said:
        process = subprocess.Popen(command(name, site), stdout=said, stderr=said, env=environment)
        try:
            until = time.monotonic() + 20
            while time.monotonic() < until:
                with suppress(OSError), socket.create_connection(("127.0.0.1", site.ports[443]), timeout=1):
                    break
                time.sleep(0.05)
            yield
        finally:
            process.terminate()
            process.wait(20)


def card(site: Site, authority: Authority | None = None) -> tuple[Path, Path]:
    """A person's certificate and key, as on her card."""
    issuer, key = authority or site.authority, ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a person")])
    begins = issuer.certificate.not_valid_before_utc
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(issuer.certificate.not_valid_after_utc)
        .add_extension(x509.SubjectAlternativeName([x509.UniformResourceIdentifier("urn:uuid:1d2c")]), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()), critical=False)
        .sign(issuer.key, hashes.SHA256())
    )
    certificate, private = site.folder / f"{made.serial_number}.crt", site.folder / f"{made.serial_number}.key"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return certificate, private


def asked(site: Site, method: str, path: str, shown: tuple[Path, Path] | None, **headers: str) -> tuple[int, str, str]:
    """(status, Location, body) of a request through the proxy; the browser's check of forms is satisfied."""
    context = ssl.create_default_context(cafile=str(site.authority.file))
    if shown is not None:
        context.load_cert_chain(*shown)
    connection = HTTPSConnection("localhost", site.ports[443], context=context, timeout=20)
    try:
        body = "csrfmiddlewaretoken=" + "a" * 32 if method == "POST" else None
        form = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": "relto_usa_csrf=" + "a" * 32}
        connection.request(method, path, body=body, headers={**form, **headers})
        answer = connection.getresponse()
        return answer.status, answer.getheader("Location") or "", answer.read().decode("utf-8", "replace")
    finally:
        connection.close()


@pytest.fixture
def portal(transactional_db: None, tmp_path: Path, settings: Settings) -> Portal:
    del transactional_db
    made = open_portal(tmp_path, USA)
    settings.RELTO_HOUSE = replace(made.node.house, clock=SystemClock())  # as the cards are valid
    settings.ROOT_URLCONF = "relto.node.urls"
    settings.ALLOWED_HOSTS = ["localhost"]
    return made


@pytest.mark.parametrize("name", ["nginx", "haproxy"])
def test_a_card_signs_in_through_the_proxy_and_a_stranger_s_header_does_not(
    site: Site, portal: Portal, settings: Settings, live_server: LiveServer, name: str
) -> None:
    settings.RELTO_CLIENT_CERTIFICATES = ClientCertificates(SECRET, [site.authority.certificate])
    site.ports[8400] = urlsplit(live_server.url).port or 0
    own = card(site)
    with running(name, site):
        status, _, page = asked(site, "POST", SIGN_IN, own)
        code = re.search(r"who-[a-z2-7]{52}", page)
        assert status == 401, page[:400]
        assert code, "the page tells the code that the registrar binds"
        registrar = portal.node.actor("registrar")
        person = portal.node.people["release_officer"]
        sign_in_bindings.bind(portal.node.house, registrar, person=person, kind="certificate", code=code[0])
        assert asked(site, "POST", SIGN_IN, own)[:2] == (302, "/en/")

        pretended = {"Relto-Client-Certificate": quote(own[0].read_text()), "Relto-Proxy-Secret": SECRET}
        assert asked(site, "POST", SIGN_IN, None, **pretended)[0] == 401
        assert asked(site, "GET", "/readyz", None)[0] == 404
    said = b"".join(file.read_bytes() for file in site.folder.rglob("*") if file.suffix == ".log")
    assert SIGN_IN.encode() not in said, "a path may hold a secret"
    assert b"302" in said


def test_the_link_is_passed_on_so_the_listener_sees_the_partner_s_certificate(site: Site) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(site.folder / "portal.crt", site.folder / "portal.key")
    context.load_verify_locations(cafile=site.authority.file)
    seen: list[bytes] = []
    with socket.create_server(("127.0.0.1", site.ports[8404])) as listener:

        def listen() -> None:
            with suppress(OSError):
                connection, _ = listener.accept()
                with context.wrap_socket(connection, server_side=True) as peer:
                    seen.append(peer.getpeercert(binary_form=True) or b"")
                    peer.sendall(b"ok")

        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        own = card(site)
        asking = ssl.create_default_context(cafile=str(site.authority.file))
        asking.load_cert_chain(*own)
        with (
            running("nginx", site),
            socket.create_connection(("127.0.0.1", site.ports[9443]), timeout=20) as plain,
            asking.wrap_socket(plain, server_hostname="localhost") as wrapped,
        ):
            assert wrapped.recv(2) == b"ok"
        thread.join(10)
    assert seen == [x509.load_pem_x509_certificate(own[0].read_bytes()).public_bytes(serialization.Encoding.DER)]
