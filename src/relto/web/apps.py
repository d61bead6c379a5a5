"""The portal as a Django application."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """Pages; no models of its own."""

    name = "relto.web"
    label = "web"

    def ready(self) -> None:
        """Listen to changes in how people sign in, and to their coming and going."""
        from relto.web import credential_changes, reading_ends, session_limits  # noqa: PLC0415  models are there only now

        credential_changes.listen()
        session_limits.listen()
        reading_ends.listen()
