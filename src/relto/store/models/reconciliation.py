"""Reconciliations of the registers with a partner: each run that came to an end, on both nodes."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from relto.store.fields import EncryptedBytes, EncryptedJson


class Reconciliation(models.Model):
    """One run. The certificate is what both nodes signed; of a run that was stopped there is none."""

    id = models.CharField(max_length=32, primary_key=True)  # rcn_..., the same on both nodes
    partner = models.CharField(max_length=3)
    programme = models.CharField(max_length=64)
    side = models.CharField(max_length=8)  # asker, answerer
    state = models.CharField(max_length=8)  # agree, differ, stopped
    code = models.CharField(max_length=64, blank=True)  # why it was stopped
    started_by = models.CharField(max_length=32, blank=True)  # pseudonym; "" when the worker or the partner began it
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    records = models.BigIntegerField(default=0)
    partner_records = models.BigIntegerField(default=0)
    findings = models.PositiveIntegerField(default=0)
    alarms = models.PositiveIntegerField(default=0)
    own_records = EncryptedJson(default=list)  # the own records that the partner lacks or holds otherwise
    digest = models.CharField(max_length=64, blank=True)
    certificate = EncryptedBytes(null=True)
    entry = models.CharField(max_length=32)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["programme", "partner", "ended_at"], name="reconciled_by_programme")]
