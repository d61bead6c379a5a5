"""What is released in a measurement: sealed items, an engineer on each side, and requests signed beforehand."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import secrets
import time
import urllib.parse
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from measuring.rewrap_load import Order
from relto.adapters.loopback_transport import LoopbackNamesTransport
from relto.cli.demo import straight_path_on
from relto.client.calls.items import announce
from relto.client.sealing import SealingOrder, ServiceKey, own_policy, sealed_container
from relto.node.settings import read_settings
from relto.node.training_ground import Ground
from relto.rehearsal.cast import Member
from relto.rehearsal.documents import DemoDocument
from relto.rehearsal.passage import announcement
from relto.rehearsal.straight_path import StraightPath
from relto.sealing.archive import open_archive
from relto.sealing.key_access import KeyAccess
from relto.sealing.manifest import Manifest
from relto.sealing.opening import read_container
from relto.sealing.rewrap import build_rewrap_request
from relto.sealing.wrapping import SessionKey

PATH = "/kas.AccessService/Rewrap"
_SHARED_SESSIONS = 16
CONNECTIONS = 16
TWO_NATIONS = "two nations"


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


@dataclass
class Signer:
    """An engineer's client: one P-256 key that signs her request tokens, and her DPoP proofs."""

    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    nonce: str = ""

    def __post_init__(self) -> None:
        numbers = self.key.public_key().public_numbers()
        x, y = (_b64(number.to_bytes(32, "big")) for number in (numbers.x, numbers.y))
        self.jwk = {"crv": "P-256", "kty": "EC", "x": x, "y": y}
        self._heads = {
            "JWT": _b64(json.dumps({"alg": "ES256", "typ": "JWT"}).encode()),
            "dpop+jwt": _b64(json.dumps({"alg": "ES256", "typ": "dpop+jwt", "jwk": self.jwk}).encode()),
        }

    def token(self, kind: str, claims: dict[str, object]) -> str:
        """A signed JWT (ES256)."""
        signed = f"{self._heads[kind]}.{_b64(json.dumps(claims).encode())}"
        r, s = decode_dss_signature(self.key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
        return f"{signed}.{_b64(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"

    def proof(self, url: str, access_token: str = "") -> str:
        """A DPoP proof (RFC 9449) for a POST to `url`."""
        claims: dict[str, object] = {
            "htm": "POST",
            "htu": url,
            "iat": int(time.time()),
            "jti": secrets.token_urlsafe(16),
        }
        if access_token:
            claims["ath"] = _b64(hashlib.sha256(access_token.encode()).digest())
        if self.nonce:
            claims["nonce"] = self.nonce
        return self.token("dpop+jwt", claims)


@dataclass
class Reader:
    """Who asks: her node's origins, her credential, and what she signs with."""

    member: Member
    key_service: str
    relay: str
    signer: Signer = field(default_factory=Signer)
    token: str = ""
    bound: bool = False

    def renew(self) -> None:
        """A token, bound to her key where the node does that."""
        url = f"{self.key_service}/token"
        with httpx.Client(transport=LoopbackNamesTransport()) as http:
            for _ in range(2):
                answer = http.post(
                    url,
                    data={"grant_type": "client_credentials"},
                    auth=(self.member.credential.client_id, self.member.credential.client_secret),
                    headers={"DPoP": self.signer.proof(url)},
                )
                self.signer.nonce = answer.headers.get("DPoP-Nonce", self.signer.nonce)
                if answer.status_code == httpx.codes.OK:
                    break
        answer.raise_for_status()
        self.token = answer.json()["access_token"]
        self.bound = answer.json()["token_type"].lower() == "dpop"


@dataclass
class Scene:
    """The readers, and by wrapping the manifests that are asked for in turns."""

    play: StraightPath
    authority: Path
    usa: Reader
    ind: Reader
    manifests: dict[str, list[Manifest]]
    keys: dict[str, SessionKey | list[SessionKey]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._rsa = [SessionKey.generate("rsa:2048") for _ in range(_SHARED_SESSIONS)]

    @property
    def proves(self) -> bool:
        """The nodes bind tokens to keys."""
        return self.usa.bound

    def reader(self, wrapping: str) -> Reader:
        """Who asks in this case."""
        return self.ind if wrapping == TWO_NATIONS else self.usa

    def sessions(self, kind: str, count: int) -> Sequence[SessionKey]:
        """An elliptic-curve key for each request; of the RSA keys, which take long to make, sixteen in turns."""
        if kind.startswith("rsa"):
            return [self._rsa[number % _SHARED_SESSIONS] for number in range(count)]
        return [SessionKey.generate(kind) for _ in range(count)]

    def order(self, case: tuple[str, str], count: int, seconds: float, rate: float | None = None) -> Order:
        """`count` openings of a case, wrapping and session, signed now."""
        wrapping, session = case
        reader, manifests = self.reader(wrapping), self.manifests[wrapping]
        reader.renew()
        hosts: dict[int, str] = {}
        openings = []
        for number, key in enumerate(self.sessions(session, count)):
            manifest = manifests[number % len(manifests)]
            requests = []
            for position, share in enumerate(manifest.key_access):
                origin = urlsplit(share.url)
                hosts[origin.port or 443] = origin.hostname or ""
                url = f"{origin.scheme}://{origin.netloc}"
                request = self._request(reader, url, {position: share}, manifest, key)
                # The relay, which asks the partner, comes second, as every client here asks.
                requests.append((url == reader.relay, origin.port or 443, request))
            openings.append([(port, request) for _, port, request in sorted(requests)])
        return Order(str(self.authority), hosts, openings, CONNECTIONS, seconds, rate)

    @staticmethod
    def _request(
        reader: Reader, origin: str, asked: dict[int, KeyAccess], manifest: Manifest, session: SessionKey
    ) -> bytes:
        now = int(time.time())
        request = build_rewrap_request(asked, manifest.policy_text, session.public_pem)
        claims: dict[str, object] = {"requestBody": json.dumps(request), "iat": now - 5, "exp": now + 60}
        body = json.dumps({"signedRequestToken": reader.signer.token("JWT", claims)}).encode()
        scheme = "DPoP" if reader.bound else "Bearer"
        lines = [
            f"POST {PATH} HTTP/1.1",
            f"Host: {urlsplit(origin).netloc}",
            f"Authorization: {scheme} {reader.token}",
            "Content-Type: application/json",
            "Connect-Protocol-Version: 1",
            f"Content-Length: {len(body)}",
        ]
        if reader.bound:
            lines.append(f"DPoP: {reader.signer.proof(origin + PATH, reader.token)}")
        return ("\r\n".join(lines) + "\r\n\r\n").encode() + body

    def close(self) -> None:
        """Close the cast's connections."""
        self.play.close()


def set_the_scene(ground: Ground, authority: Path, folder: Path, wrappings: Sequence[str], items: int = 1) -> Scene:
    """Play up to an accepted release; seal `items` for each wrapping at home."""
    document = folder / "document"
    document.write_bytes(secrets.token_bytes(4096))
    sealed = DemoDocument(document, "A measured training document", "application/octet-stream")
    play = straight_path_on(ground, [sealed], lambda _step: None)
    play.prepare()
    case = play.eastward.release(play.eastward.ask(play.eastward.seal(sealed)))
    arrival = play.eastward.receive(case)
    usa, ind = (_reader(ground, nation, play) for nation in ("USA", "IND"))
    manifests = {TWO_NATIONS: [_manifest(ind.member, arrival.item.id, folder)]}
    for wrapping in wrappings:
        manifests[wrapping] = [_sealed_with(usa, play, sealed, wrapping, folder) for _ in range(items)]
    for reader in (usa, ind):
        reader.renew()
    return Scene(play, authority, usa, ind, manifests)


def _reader(ground: Ground, nation: str, play: StraightPath) -> Reader:
    urls = read_settings(ground.node(nation)).urls
    cast = play.usa if nation == "USA" else play.ind
    return Reader(cast["engineer"], urls.key_service, urls.relay)


def _sealed_with(reader: Reader, play: StraightPath, document: DemoDocument, wrapping: str, folder: Path) -> Manifest:
    """An item whose key is wrapped with this algorithm: sealed beside the product's client, and submitted."""
    node = reader.member.node
    stated = announcement(document, play.eastward.label())
    announced = node.session and node.perform(node.session.call(announce(stated)))
    with httpx.Client(transport=LoopbackNamesTransport()) as http:
        found = http.get(f"{reader.key_service}/v2/kas_public_key?algorithm={urllib.parse.quote(wrapping)}").json()
    key = ServiceKey(reader.key_service, found["kid"], found["publicKey"])
    order = SealingOrder(own_policy(announced.policy), announced.label_xml, document.media_type, key)
    place = folder / "sealed"
    place.write_bytes(b"".join(sealed_container(io.BytesIO(document.path.read_bytes()), order)))
    item = node.submit(place, stated)
    return _manifest(reader.member, item.id, folder)


def _manifest(member: Member, item: str, folder: Path) -> Manifest:
    container = member.node.download_container(item, folder / "container")
    with container.open("rb") as source:
        return read_container(open_archive(source))
