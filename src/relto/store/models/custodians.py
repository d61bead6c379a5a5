"""Records of recoveries by custodians, as they were imported, and each custodian's part in them."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from relto.store.fields import EncryptedBytes, EncryptedText


class CustodianRecord(models.Model):
    """One imported record of a recovery that custodians of this nation took part in."""

    id = models.CharField(max_length=32, primary_key=True)  # rcv_...
    digest = models.CharField(max_length=64, unique=True)
    container = models.CharField(max_length=64)  # the policy's identifier
    manifest = models.CharField(max_length=64)  # SHA-256 of the manifest that was opened
    item = models.CharField(max_length=32, blank=True)  # an item id, when the container is known here
    recovered_at = models.DateTimeField()  # by the custodians' own clock
    imported_at = models.DateTimeField()
    imported_by = models.CharField(max_length=32)
    reason = EncryptedText()
    findings = models.JSONField(default=list)
    statement = EncryptedBytes()
    entry = models.CharField(max_length=32)


class CustodianUse(models.Model):
    """One custodian's part in a record: which use of her key it was, and the record that she signed before."""

    record = models.ForeignKey(CustodianRecord, on_delete=models.PROTECT, related_name="uses")
    nation = models.CharField(max_length=3)
    number = models.PositiveIntegerField()
    kid = models.CharField(max_length=64)
    use = models.PositiveBigIntegerField()
    previous = models.CharField(max_length=64, blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["nation", "kid", "use"], name="custodian_uses")]
        constraints: ClassVar = [models.UniqueConstraint(fields=["record", "kid"], name="one_part_a_custodian")]
