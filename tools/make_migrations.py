"""Write the migrations of the store's tables; a test demands that none is missing."""

from __future__ import annotations

import os

import django
from django.core.management import call_command

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.support.django_settings")
os.environ["RELTO_TEST_WITHOUT_MIGRATIONS"] = "0"
django.setup()
call_command("makemigrations", "store", verbosity=1)
