"""What the portal remembers for people: when somebody last looked, and how a request read at each of its steps."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from relto.store.fields import EncryptedJson
from relto.store.models.dossiers import Dossier


class PortalLook(models.Model):
    """When a person looks at what waits for her. `before`: when she looked the time before this visit."""

    person = models.CharField(max_length=32, primary_key=True)
    at = models.DateTimeField()
    before = models.DateTimeField(null=True)


class DossierEdition(models.Model):
    """The main form of a dossier as it stood at a step, kept once for each wording of it."""

    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="editions")
    position = models.PositiveIntegerField()  # of the first step that was taken with this wording
    at = models.DateTimeField()
    digest = models.CharField(max_length=64)  # SHA-256 of the answers, as the ledger entry of the step has it
    answers = EncryptedJson()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["dossier", "position"], name="one_dossier_edition_a_step")
        ]


class SentForm(models.Model):
    """A form that was sent from one drawing of a page, so that a second press of its button does nothing more."""

    digest = models.CharField(max_length=64, primary_key=True)  # of sender, page, its drawing and what was written
    at = models.DateTimeField()
    done = models.BooleanField(default=False)
    led_to = models.CharField(max_length=2048, blank=True)
