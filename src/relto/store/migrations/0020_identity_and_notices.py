"""First passwords end, sessions remember the provider's own, notices of every kind, forms that are sent once.

A first password that nobody ever signed in with ends three days from now. Notices of dossiers are taken over as they
are: what was sent is known, what waits to be sent still waits.
"""

import hashlib
from datetime import timedelta

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.utils import timezone

_FIRST_PASSWORD_LASTS = timedelta(days=3)


def end_first_passwords(apps: Apps, _: BaseDatabaseSchemaEditor) -> None:
    """Of accounts in which nobody ever signed in with a password."""
    unused = apps.get_model("store", "Account").objects.filter(last_login=None).exclude(password__startswith="!")
    unused.exclude(password="").update(first_password_until=timezone.now() + _FIRST_PASSWORD_LASTS)


def take_over_notices(apps: Apps, _: BaseDatabaseSchemaEditor) -> None:
    """Each notice of a dossier, under the key that relto.services.notices gives it."""
    made = apps.get_model("store", "PersonNotice")
    for row in apps.get_model("store", "DossierNotice").objects.select_related("dossier").order_by("id"):
        key = hashlib.sha256(f"dossier {row.dossier_id} {int(row.since.timestamp())}".encode()).hexdigest()
        made.objects.get_or_create(
            person=row.person,
            key=key,
            defaults={
                "kind": "turn",
                "number": row.dossier.number,
                "noted_at": row.since,
                "tries": row.tries,
                "try_at": row.try_at,
            },
        )


class Migration(migrations.Migration):
    dependencies = [("store", "0019_waking")]

    operations = [
        migrations.AddField("account", "first_password_until", models.DateTimeField(null=True)),
        migrations.AddField("portalsession", "in_new_browser", models.BooleanField(default=False)),
        migrations.AddField("portalsession", "provider_subject", models.CharField(blank=True, default="", max_length=64), preserve_default=False),
        migrations.AddField("portalsession", "provider_session", models.CharField(blank=True, default="", max_length=64), preserve_default=False),
        migrations.AddIndex("portalsession", models.Index(fields=["provider_session"], name="session_by_providers")),
        migrations.AddIndex("portalsession", models.Index(fields=["provider_subject"], name="session_by_subject")),
        migrations.AddField("noticeaddress", "declined", models.JSONField(default=list)),
        migrations.AddField("noticeaddress", "daily", models.BooleanField(default=False)),
        migrations.AddField("noticeaddress", "read_to", models.BigIntegerField(default=0)),
        migrations.CreateModel(
            name="PersonNotice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("person", models.CharField(max_length=32)),
                ("kind", models.CharField(max_length=16)),
                ("key", models.CharField(max_length=64)),
                ("number", models.CharField(blank=True, max_length=64)),
                ("noted_at", models.DateTimeField()),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("try_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [models.Index(fields=["try_at"], name="notice_by_try")],
                "constraints": [models.UniqueConstraint(fields=("person", "key"), name="one_notice_of_a_thing")],
            },
        ),
        migrations.CreateModel(
            name="SentForm",
            fields=[
                ("digest", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
                ("done", models.BooleanField(default=False)),
                ("led_to", models.CharField(blank=True, max_length=2048)),
            ],
        ),
        migrations.RunPython(end_first_passwords, migrations.RunPython.noop, elidable=True),
        migrations.RunPython(take_over_notices, migrations.RunPython.noop, elidable=True),
        migrations.DeleteModel("DossierNotice"),
    ]
