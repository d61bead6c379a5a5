"""Each nation's sessions are its own: no cookie, token or passkey of another node is worth anything here."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from joserfc import jwt
from joserfc.jwk import ECKey

from relto.base.errors import NotAuthenticated
from relto.services import personal_tokens, tokens
from relto.store.fields import use_field_key
from relto.web.sessions import SessionStore
from relto.web.shell import portal_settings
from tests.support.houses import IND, USA
from tests.unit.web.portal import Portal


def test_cookies_have_names_of_their_own_and_a_foreign_one_is_not_looked_at(portal: Portal) -> None:
    usa, ind = (portal_settings(nation=one, kind="live", portal_url=f"https://{one}.example") for one in (USA, IND))
    for name in ("SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME", "MFA_TOTP_ISSUER"):
        assert usa[name] != ind[name]
    assert all(one["SESSION_COOKIE_SECURE"] and one["CSRF_COOKIE_SECURE"] for one in (usa, ind))
    browser = portal.as_person("engineer")
    key = browser.cookies["relto_usa_session"].value
    stranger = Client()
    stranger.cookies["relto_ind_session"] = key
    assert stranger.get("/en/documents/").status_code == 302
    stranger.cookies["relto_usa_session"] = key
    assert stranger.get("/en/documents/").status_code == 200


def test_a_session_that_another_node_sealed_is_empty_here(portal: Portal) -> None:
    """Even one that was copied, row and all, into this node's database."""
    browser = portal.as_person("engineer")
    row = Session.objects.get(session_key=browser.cookies["relto_usa_session"].value)
    content = SessionStore().decode(row.session_data)
    assert content
    use_field_key(bytes([1]) * 32)
    try:
        foreign = SessionStore().encode(content)
    finally:
        use_field_key(bytes(32))
    Session.objects.filter(pk=row.pk).update(session_data=foreign)
    assert browser.get("/en/documents/").status_code == 302


def test_a_passkey_is_made_for_this_portals_own_name(portal: Portal) -> None:
    """The relying party is the host that the portal answers under, so a browser never offers it to the other node."""
    from allauth.core import context  # noqa: PLC0415  only this story needs it
    from allauth.mfa.webauthn.internal.auth import get_server  # noqa: PLC0415  likewise

    browser = portal.as_person("engineer")
    request = browser.get("/en/documents/").wsgi_request
    with context.request_context(request):
        assert get_server().rp.id == urlsplit(f"http://{request.get_host()}").hostname


@pytest.mark.parametrize("issuer", ["http://ind.localhost:8101", "http://usa.localhost:8101"])
def test_a_token_that_another_node_signed_is_refused(portal: Portal, issuer: str) -> None:
    house, person = portal.node.house, portal.node.people["engineer"]
    now = int(house.now().timestamp())
    claims = {
        "iss": issuer,
        "aud": [house.urls.portal],
        "sub": person,
        "client_id": "cli_x",
        "iat": now,
        "exp": now + 60,
    }
    foreign = jwt.encode({"alg": "ES256", "typ": "at+jwt", "kid": "token-1"}, claims, ECKey.generate_key("P-256"))
    with pytest.raises(NotAuthenticated):
        tokens.verify(house, foreign, audience=house.urls.portal)
    with pytest.raises(NotAuthenticated):
        personal_tokens.caller(house, "relto_pat_" + "A" * 43, operation="GET /me")
