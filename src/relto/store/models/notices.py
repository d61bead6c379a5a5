"""Who wants to be told by mail of what, and what each is told: a kind, a number, and nothing of what it is about."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from relto.store.fields import EncryptedText


class NoticeAddress(models.Model):
    """Where a person wants to be told that something waits. No row: nowhere."""

    person = models.CharField(max_length=32, primary_key=True)
    address = EncryptedText()
    language = models.CharField(max_length=2)
    since = models.DateTimeField()  # what changed before is not told
    declined = models.JSONField(default=list)  # kinds of relto.services.notices.KINDS that she does not want
    daily = models.BooleanField(default=False)  # once a day together, or each at once
    read_to = models.BigIntegerField(default=0)  # serial of the newest ledger entry that was looked through for her


class PersonNotice(models.Model):
    """That a person was told, or is to be told, of one thing: once, whoever looks and however often."""

    person = models.CharField(max_length=32)
    kind = models.CharField(max_length=16)
    key = models.CharField(max_length=64)  # SHA-256 of what it is about, since when
    number = models.CharField(max_length=64, blank=True)
    noted_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    try_at = models.DateTimeField(null=True)  # None: sent, given up, or known before she asked to be told

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["person", "key"], name="one_notice_of_a_thing")]
        indexes: ClassVar = [models.Index(fields=["try_at"], name="notice_by_try")]
