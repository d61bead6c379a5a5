"""The portal as a Django application."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """Pages; no models of its own."""

    name = "relto.web"
    label = "web"
