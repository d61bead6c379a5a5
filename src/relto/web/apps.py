"""The portal as a Django application."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """Pages; no models of its own."""

    name = "relto.web"
    label = "web"

    def ready(self) -> None:
        """Listen to changes in how people sign in."""
        from relto.web.credential_changes import listen  # noqa: PLC0415  models are there only now

        listen()
