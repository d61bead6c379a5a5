"""Requests to pass a received item on to a third party, and the originator's consent (promise 4, GSO-13)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from relto.store.fields import EncryptedBytes, EncryptedText
from relto.store.models.items import Item


class ThirdPartyRequest(models.Model):
    """One request, on the holder's node (made) and on the originator's (received). A consent is a consented one."""

    id = models.CharField(max_length=32, primary_key=True)  # tpr_..., this node's own
    request = models.CharField(max_length=32)  # tpr_... of the holder's node: the same on both
    direction = models.CharField(max_length=8)  # made, received
    number = models.CharField(max_length=32)  # TPR-2026-0001, the holder's numbering
    holder = models.CharField(max_length=3)
    originator = models.CharField(max_length=3)
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="third_party_requests")
    nation = models.CharField(max_length=3)  # the third nation
    recipient = models.CharField(max_length=64)  # code of the third party's facility
    purpose = EncryptedText()
    valid_from = models.DateTimeField()  # as asked for
    valid_until = models.DateTimeField()
    state = models.CharField(max_length=16)  # relto.procedures.third_party states
    company = models.CharField(max_length=64, blank=True)  # who may see it here: the asking or the originating company
    asked_by = models.CharField(max_length=32, blank=True)
    asked_at = models.DateTimeField()
    forwarded_by = models.CharField(max_length=32, blank=True)
    forwarded_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=32, blank=True)
    decided_at = models.DateTimeField(null=True)
    reason = EncryptedText(default=str)  # of the latest decision
    granted_from = models.DateTimeField(null=True)  # as consented to; never wider than asked
    granted_until = models.DateTimeField(null=True)
    consent = EncryptedBytes(null=True)  # the originator's signed statement, as sent
    retransferred_at = models.DateTimeField(null=True)
    message = models.CharField(max_length=32, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["holder", "request", "direction"], name="one_third_party_request"),
            models.UniqueConstraint(fields=["holder", "number", "direction"], name="one_third_party_number"),
        ]
        indexes: ClassVar = [models.Index(fields=["state", "asked_at"], name="third_party_by_state")]
