"""The link's memory: channels, outbox, inbox, and what may be used once."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from relto.store.fields import EncryptedBytes


class Channel(models.Model):
    """One direction of exchange with one partner: a gapless sequence of messages."""

    partner = models.CharField(max_length=3)
    direction = models.CharField(max_length=3)  # out, in
    next_sequence = models.BigIntegerField(default=1)
    last_digest = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["partner", "direction"], name="one_channel_a_direction")
        ]


class OutboxMessage(models.Model):
    """A message to deliver until its receipt or final refusal is held, for ever the same bytes."""

    id = models.CharField(max_length=32, primary_key=True)  # msg_...
    partner = models.CharField(max_length=3)
    sequence = models.BigIntegerField()
    kind = models.CharField(max_length=32)
    envelope = EncryptedBytes()
    digest = models.CharField(max_length=64)
    payload_blob = models.CharField(max_length=96, blank=True)
    payload_offset = models.BigIntegerField(default=0)
    payload_size = models.BigIntegerField(default=0)
    payload_sha256 = models.CharField(max_length=64, blank=True)
    state = models.CharField(max_length=12)  # waiting, receipted, refused
    attempts = models.PositiveIntegerField(default=0)
    run_after = models.DateTimeField()
    last_error = models.CharField(max_length=128, blank=True)
    receipt = EncryptedBytes(null=True)
    created_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["partner", "sequence"], name="one_outbox_message_a_sequence")
        ]
        indexes: ClassVar = [models.Index(fields=["partner", "state", "sequence"], name="outbox_by_state")]


class InboxMessage(models.Model):
    """A received message with the answer that was given, re-answered byte for byte for ever."""

    partner = models.CharField(max_length=3)
    message = models.CharField(max_length=32)
    sequence = models.BigIntegerField()
    kind = models.CharField(max_length=32)
    digest = models.CharField(max_length=64)
    envelope = EncryptedBytes()
    answer_status = models.PositiveSmallIntegerField()
    answer = EncryptedBytes()
    received_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["partner", "message"], name="one_inbox_message_an_id"),
            models.UniqueConstraint(fields=["partner", "sequence"], name="one_inbox_message_a_sequence"),
        ]
        indexes: ClassVar = [models.Index(fields=["partner", "digest"], name="inbox_by_digest")]


class SingleUse(models.Model):
    """An identifier that may be used once (opening requests, sign-in links), kept until it would be expired anyway."""

    purpose = models.CharField(max_length=24)
    value = models.CharField(max_length=96)
    expires_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["purpose", "value"], name="used_once")]
