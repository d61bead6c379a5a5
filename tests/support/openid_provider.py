"""A small OpenID provider on loopback that signs real tokens: what a nation runs, as small as a test needs it."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey

CLIENT_ID, SECRET = "relto-usa", "a secret of the portal's own, with + and /"
_Claims = dict[str, Any]


def half_hash(access: str) -> str:
    """`at_hash` of an access token under a SHA-256 signature."""
    return base64.urlsafe_b64encode(hashlib.sha256(access.encode()).digest()[:16]).rstrip(b"=").decode()


@dataclass
class Provider:
    """The provider's state; `change` alters the claims of the next tokens, `sign` replaces how they are signed."""

    clock: Callable[[], datetime]
    issuer: str = ""
    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256", {"kid": "one", "use": "sig"}))
    codes: dict[str, _Claims] = field(default_factory=dict)
    change: Callable[[_Claims], None] = lambda _: None
    sign: Callable[[_Claims], str] | None = None
    discovery: _Claims = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    session: str = ""

    def metadata(self) -> _Claims:
        """The discovery document."""
        base = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "authorization_response_iss_parameter_supported": True,
        }
        return base | self.discovery

    def agree(self, address: str, subject: str) -> dict[str, str]:
        """The person signs in and agrees: the answer that the browser carries back."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert query["response_type"] == "code"
        assert query["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(16)
        self.codes[code] = query | {"sub": subject}
        return {"code": code, "state": query["state"], "iss": self.issuer}

    def logout_token(self, header: _Claims | None = None, **changes: Any) -> str:
        """What it says when somebody signed out (Back-Channel Logout 1.0 section 2.4); None leaves a claim out."""
        now = int(self.clock().timestamp())
        claims: _Claims = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 120,
            "jti": secrets.token_urlsafe(8),
            "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
        }
        claims = {name: value for name, value in (claims | changes).items() if value is not None}
        return str(jwt.encode({"alg": "ES256", "kid": "one", "typ": "logout+jwt"} | (header or {}), claims, self.key))

    def token(self, form: dict[str, str], authorization: str) -> _Claims | None:
        """The token endpoint's answer; None refuses."""
        granted = self.codes.pop(form["code"], None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest())
        expected = base64.b64encode(b"relto-usa:a%20secret%20of%20the%20portal%27s%20own%2C%20with%20%2B%20and%20%2F")
        if granted is None or granted["code_challenge"] != challenge.rstrip(b"=").decode():
            return None
        if granted["redirect_uri"] != form["redirect_uri"] or authorization != f"Basic {expected.decode()}":
            return None
        now = int(self.clock().timestamp())
        claims: _Claims = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "sub": granted["sub"],
            "nonce": granted["nonce"],
            "iat": now,
            "exp": now + 300,
            "auth_time": now,
            "amr": ["hwk"],
            "at_hash": half_hash("an access token"),
        }
        if self.session:
            claims["sid"] = self.session
        self.change(claims)
        signed = self.sign(claims) if self.sign else jwt.encode({"alg": "ES256", "kid": "one"}, claims, self.key)
        return {"access_token": "an access token", "token_type": "Bearer", "id_token": signed}


@contextmanager
def running(clock: Callable[[], datetime]) -> Iterator[Provider]:
    """The provider on a free port of this machine."""
    provider = Provider(clock)

    class Door(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            provider.asked.append(self.path)
            if self.path == "/.well-known/openid-configuration":
                self._say(provider.metadata())
            elif self.path == "/jwks":
                self._say({"keys": [provider.key.as_dict(private=False)]})
            else:
                self.send_error(404)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            answer = provider.token(form, self.headers.get("Authorization", ""))
            self._say(answer or {"error": "invalid_grant"}, 200 if answer else 400)

        def log_message(self, *_: object) -> None:
            """Nothing is logged."""

        def _say(self, document: _Claims, status: int = 200) -> None:
            data = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    provider.issuer = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
