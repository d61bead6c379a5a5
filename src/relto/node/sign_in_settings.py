"""The settings of signing in: how long a session lasts, how young a factor is for a decision, the nation's provider.

Read from the table `sign_in` of node.toml; each is refused by name when it is out of its bounds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from relto.adapters.client_certificates import ClientCertificates, read_client_certificates
from relto.adapters.id_tokens import ALGORITHMS
from relto.adapters.openid_provider import OpenIdProvider, ProviderSettings
from relto.base.errors import Misconfigured

_BOUNDS: Final[Mapping[str, tuple[range, int]]] = {
    "idle_minutes": (range(5, 61), 30),
    "session_hours": (range(1, 13), 8),
    "step_up_minutes": (range(1, 61), 15),
    "token_days": (range(1, 367), 90),
    "emergency_hours": (range(1, 25), 8),
}


KNOWN: Final = (*_BOUNDS, "openid", "certificates", "forwarded_by")
CERTIFICATES: Final = ("authority_file", "proxy_secret_file", "revocation_file", "proxies")
OPENID: Final = (
    "issuer",
    "client_id",
    "secret_file",
    "claim",
    "names",
    "algorithms",
    "acr",
    "amr",
    "authority_file",
)
_NAMES: Final = ("subject", "login_code")
_USUAL: Final = ("ES256", "PS256", "RS256", "EdDSA")
_LARGEST_SECRET: Final = 4096


@dataclass(frozen=True, slots=True)
class OpenId:
    """The nation's own provider. `names`: what its claim holds, a subject bound by the registrar or a login code."""

    issuer: str
    client_id: str
    secret_file: str
    claim: str = "sub"
    names: str = "subject"
    algorithms: tuple[str, ...] = _USUAL
    acr: tuple[str, ...] = ()
    amr: tuple[str, ...] = ()
    authority_file: str = ""


@dataclass(frozen=True, slots=True)
class Certificates:
    """Who issues people's client certificates, and whose word it is that one was shown."""

    authority_file: str
    proxy_secret_file: str
    revocation_file: str = ""
    proxies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SignIn:
    """How long a session lasts unused and at all, and how old a strong factor may be when somebody decides.

    `forwarded_by`: the addresses of the portal's proxies, whose word on the caller's address is believed.
    """

    idle: timedelta = timedelta(minutes=_BOUNDS["idle_minutes"][1])
    longest: timedelta = timedelta(hours=_BOUNDS["session_hours"][1])
    step_up: timedelta = timedelta(minutes=_BOUNDS["step_up_minutes"][1])
    token_days: int = _BOUNDS["token_days"][1]
    emergency_hours: int = _BOUNDS["emergency_hours"][1]
    openid: OpenId | None = None
    certificates: Certificates | None = None
    forwarded_by: tuple[str, ...] = ()


def read_sign_in(given: object) -> SignIn:
    """The settings of signing in; what is left out takes its default. Raises Misconfigured naming the setting."""
    if not isinstance(given, dict):
        raise Misconfigured("sign_in", field="sign_in", expected="a table with " + ", ".join(KNOWN))
    _known_only(given, KNOWN, "sign_in.")
    numbers = {name: _number(given, name) for name in _BOUNDS}
    return SignIn(
        idle=timedelta(minutes=numbers["idle_minutes"]),
        longest=timedelta(hours=numbers["session_hours"]),
        step_up=timedelta(minutes=numbers["step_up_minutes"]),
        token_days=numbers["token_days"],
        emergency_hours=numbers["emergency_hours"],
        openid=_openid(given["openid"]) if "openid" in given else None,
        certificates=_certificates(given["certificates"]) if "certificates" in given else None,
        forwarded_by=_forwarded_by(given.get("forwarded_by", [])),
    )


def identity_provider(openid: OpenId | None, *, training: bool) -> OpenIdProvider | None:
    """The nation's own provider, None when none is set. Raises Misconfigured when its secret cannot be read."""
    if openid is None:
        return None
    try:
        with Path(openid.secret_file).open(encoding="utf-8") as source:
            secret = source.read(_LARGEST_SECRET).strip()
    except (OSError, UnicodeDecodeError) as error:
        raise _wrong("secret_file", "a file that this process may read") from error
    if not secret:
        raise _wrong("secret_file", "a file that holds the client's secret alone")
    if urlsplit(openid.issuer).scheme != "https" and not training:
        raise _wrong("issuer", "an https address")
    return OpenIdProvider(
        ProviderSettings(
            issuer=openid.issuer,
            client_id=openid.client_id,
            secret=secret,
            claim=openid.claim,
            login_codes=openid.names == "login_code",
            algorithms=openid.algorithms,
            acr=openid.acr,
            amr=openid.amr,
            authority_file=openid.authority_file,
            plain_on_loopback=training,
        )
    )


def client_certificates(found: Certificates | None) -> ClientCertificates | None:
    """What judges client certificates, None when none are set. Raises Misconfigured without their authority."""
    if found is None:
        return None
    return read_client_certificates(
        authority_file=found.authority_file,
        secret_file=found.proxy_secret_file,
        revocation_file=found.revocation_file,
        proxies=found.proxies,
    )


def _certificates(given: object) -> Certificates:
    if not isinstance(given, dict):
        expected = "a table with " + ", ".join(CERTIFICATES)
        raise Misconfigured("sign_in", field="sign_in.certificates", expected=expected)
    _known_only(given, CERTIFICATES, "sign_in.certificates.")
    proxies = given.get("proxies", [])
    if not isinstance(proxies, list) or not all(isinstance(one, str) for one in proxies):
        raise Misconfigured("sign_in", field="sign_in.certificates.proxies", expected="a list of addresses")
    texts = {name: value for name, value in given.items() if name != "proxies"}
    for name in CERTIFICATES[:2]:
        if not texts.get(name):
            raise Misconfigured("sign_in", field=f"sign_in.certificates.{name}", expected="a path")
    for name, value in texts.items():
        if not isinstance(value, str):
            raise Misconfigured("sign_in", field=f"sign_in.certificates.{name}", expected="a path")
    return Certificates(proxies=tuple(proxies), **texts)


def _openid(given: object) -> OpenId:
    if not isinstance(given, dict):
        raise Misconfigured("sign_in", field="sign_in.openid", expected="a table with " + ", ".join(OPENID))
    _known_only(given, OPENID, "sign_in.openid.")
    lists = {name: _texts(given, name) for name in ("algorithms", "acr", "amr") if name in given}
    texts = {name: value for name, value in given.items() if name not in lists}
    for name, value in texts.items():
        if not isinstance(value, str):
            raise _wrong(name, "a text")
    for name in ("issuer", "client_id", "secret_file"):
        if not texts.get(name):
            raise _wrong(name, "a text")
    parts = urlsplit(texts["issuer"])
    if parts.scheme not in {"https", "http"} or not parts.hostname or parts.query or parts.fragment:
        raise _wrong("issuer", "the provider's issuer, such as https://idp.example/realms/nation")
    if texts.get("names", "subject") not in _NAMES:
        raise _wrong("names", " or ".join(_NAMES))
    if unknown := set(lists.get("algorithms", ())) - set(ALGORITHMS):
        raise Misconfigured(
            "sign_in", field="sign_in.openid.algorithms", found=min(unknown), expected="of " + ", ".join(ALGORITHMS)
        )
    algorithms, acr, amr = lists.get("algorithms", _USUAL), lists.get("acr", ()), lists.get("amr", ())
    return OpenId(algorithms=algorithms, acr=acr, amr=amr, **texts)


def _forwarded_by(given: object) -> tuple[str, ...]:
    wrong = Misconfigured("sign_in", field="sign_in.forwarded_by", expected="a list of addresses such as 127.0.0.1")
    if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
        raise wrong
    try:
        return tuple(str(ip_address(one)) for one in given)
    except ValueError as error:
        raise wrong from error


def _texts(given: Mapping[str, object], name: str) -> tuple[str, ...]:
    values = given[name]
    if not isinstance(values, list) or not values or not all(isinstance(one, str) and one for one in values):
        raise _wrong(name, "a list of texts")
    return tuple(values)


def _wrong(name: str, expected: str) -> Misconfigured:
    return Misconfigured("sign_in", field=f"sign_in.openid.{name}", expected=expected)


def _known_only(given: Mapping[str, object], known: Sequence[str], prefix: str) -> None:
    if unknown := sorted(set(given) - set(known)):
        expected = "one of " + ", ".join(sorted(known))
        raise Misconfigured("unknown_setting", field=f"{prefix}{unknown[0]}", expected=expected)


def _number(given: Mapping[str, object], name: str) -> int:
    allowed, usual = _BOUNDS[name]
    value = given.get(name, usual)
    if isinstance(value, bool) or not isinstance(value, int) or value not in allowed:
        expected = f"{allowed.start} to {allowed.stop - 1}"
        raise Misconfigured("sign_in", field=f"sign_in.{name}", found=str(value), expected=expected)
    return value
