"""What the key service tells anybody: its public keys, its configuration and token issuer (OpenTDF; OIDC Discovery)."""

from __future__ import annotations

import json

from joserfc.jwk import RSAKey

from relto.base.canonical import Json
from relto.base.errors import NotAvailable
from relto.kas.failures import RequestFailure
from relto.services.compact_signatures import ALGORITHMS
from relto.services.house import House
from relto.services.policy_attributes import base_key
from relto.services.service_keys import TOKEN_ALGORITHM, ServiceKeyView, current_wrapping_key

DEFAULT_ALGORITHM = "rsa:2048"
_PEM_FORMATS = ("", "pkcs8")


def public_key(algorithm: str, key_format: str, version: str) -> dict[str, Json]:
    """kas.PublicKeyResponse: the key that new files are sealed for. Raises RequestFailure not_found.

    `version` "1" leaves the kid out, for clients that cannot carry one.
    """
    view = _wrapping_key(algorithm)
    if key_format in _PEM_FORMATS:
        text = view.public_pem
    elif key_format == "jwk" and view.algorithm.startswith("rsa:"):
        members = RSAKey.import_key(view.public_pem, {"kid": view.kid}).as_dict(private=False)
        text = json.dumps(members, separators=(",", ":"))
    else:
        raise RequestFailure("not_found", "invalid format")
    return {"publicKey": text} if version == "1" else {"publicKey": text, "kid": view.kid}


def legacy_public_key(algorithm: str) -> str:
    """The PEM alone."""
    return _wrapping_key(algorithm).public_pem


def _wrapping_key(algorithm: str) -> ServiceKeyView:
    try:
        return current_wrapping_key(algorithm or DEFAULT_ALGORITHM)
    except NotAvailable as error:
        raise RequestFailure("not_found", "invalid algorithm") from error


def opentdf_configuration(house: House) -> dict[str, Json]:
    """The well-known configuration: one node is platform, key service and identity provider for its own people."""
    origin = house.urls.key_service
    base = base_key()  # a node whose profile has no key that all clients know names none, and they ask for one
    configuration: dict[str, Json] = {
        "platform_issuer": origin,
        "platform_endpoint": origin,
        "idp": {
            "issuer": origin,
            "token_endpoint": f"{origin}/token",
            "authorization_endpoint": f"{origin}/authorize",
            "jwks_uri": f"{origin}/jwks",
            "public_client_id": "",
        },
        "health": {"endpoint": "/healthz"},
        "supports_dpop": True,
        "dpop_signing_alg_values_supported": list(ALGORITHMS),
        "dpop_nonce_required": house.proofs.nonce_required,
    }
    if base is not None:
        public = {"algorithm": base.algorithm, "kid": base.kid, "pem": base.public_pem}
        configuration["base_key"] = {"kas_uri": origin, "public_key": dict[str, Json](public)}
    return configuration


def openid_configuration(house: House) -> dict[str, Json]:
    """A complete discovery document: some clients parse it strictly. Only client_credentials is served here."""
    origin = house.urls.key_service
    return {
        "issuer": origin,
        "authorization_endpoint": f"{origin}/authorize",
        "token_endpoint": f"{origin}/token",
        "jwks_uri": f"{origin}/jwks",
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [TOKEN_ALGORITHM],
        "grant_types_supported": ["client_credentials"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "dpop_signing_alg_values_supported": list(ALGORITHMS),
        "scopes_supported": ["openid"],
        "claims_supported": ["iss", "aud", "sub", "client_id", "iat", "exp", "jti", "cnf"],
    }
