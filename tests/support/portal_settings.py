"""Django settings for the portal's unit tests: the shell of a training node with the portal's settings laid over it."""

from __future__ import annotations

from relto.web.shell import portal_settings
from tests.support.django_settings import *  # noqa: F403  a settings module extends another

globals().update(portal_settings(nation="USA", kind="training", portal_url="http://usa.localhost"))
ROOT_URLCONF = "tests.support.portal_urls"
ALLOWED_HOSTS = ["testserver", "usa.localhost", "localhost"]
# Hashing a password for each story would take longer than the stories.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
