"""Items, the manifests registered for them, and the control register."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from relto.store.fields import EncryptedJson, EncryptedText
from relto.store.models.organisation import Company


class Item(models.Model):
    """A classified item held here: sealed by an own company, or received under a release."""

    id = models.CharField(max_length=32, primary_key=True)  # itm_..., this node's own
    uuid = models.CharField(max_length=36, unique=True)  # the item's identity on every node: the original policy's uuid
    originator = models.CharField(max_length=3)
    held_as = models.CharField(max_length=8)  # own, received
    company = models.ForeignKey(Company, on_delete=models.PROTECT, null=True, related_name="items")
    programme = models.CharField(max_length=64, blank=True)
    label = models.JSONField()  # relto.labels label_as_dict: levels and nations, no free text
    title = EncryptedText()
    file_name = EncryptedText()
    media_type = models.CharField(max_length=128)
    export_controlled = models.BooleanField(default=True)
    state = models.CharField(max_length=16)  # announced, registered, held, ...
    payload_blob = models.CharField(max_length=96, blank=True)
    payload_offset = models.BigIntegerField(default=0)
    payload_size = models.BigIntegerField(default=0)
    payload_crc32 = models.BigIntegerField(default=0)
    payload_sha256 = models.CharField(max_length=64, blank=True)
    plaintext_size = models.BigIntegerField(default=0)
    sealed_by = models.CharField(max_length=32, blank=True)
    marking_check = models.JSONField(default=dict)  # relto.labels.checking.record as_dict: codes and counts, no text
    check_reason = EncryptedText(default=str)  # why it was sealed despite faults
    registered_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["registered_at", "id"], name="item_by_time")]


class Manifest(models.Model):
    """A registered manifest: a share is released only for one of these (design: registered manifests)."""

    id = models.CharField(max_length=32, primary_key=True)  # man_...
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="manifests")
    kind = models.CharField(max_length=8)  # original, release, received, partner (a joint item's, of the other side)
    nation = models.CharField(max_length=3, blank=True)  # whose people it serves, for a joint item's second manifest
    policy_uuid = models.CharField(max_length=36, unique=True)
    content = models.BinaryField()
    fingerprint = models.JSONField()
    registration = models.BinaryField()  # signed statement "manifest-registration" of the originating node
    registered_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)


class RegisterEntry(models.Model):
    """A line of the control register of this nation."""

    number = models.CharField(max_length=32, primary_key=True)  # IND-2026-000001
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="register_entries")
    # One of: created, sent, received, withdrawn, destroyed, returned, retransferred.
    direction = models.CharField(max_length=16)
    counterpart = models.CharField(max_length=64, blank=True)  # facility code of the other side
    company = models.CharField(max_length=64, blank=True)
    details = EncryptedJson()
    at = models.DateTimeField()
    entry = models.CharField(max_length=32)  # ledger entry id

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["company", "at"], name="register_by_company"),
            models.Index(fields=["at", "number"], name="register_by_time"),
        ]
