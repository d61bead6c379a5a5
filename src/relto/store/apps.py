"""The Django application of the store."""

from django.apps import AppConfig


class StoreConfig(AppConfig):
    """Tables of one sovereign node."""

    name = "relto.store"
    label = "store"
    default_auto_field = "django.db.models.BigAutoField"
