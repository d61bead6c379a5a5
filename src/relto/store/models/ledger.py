"""The node's ledger: entries, the tree's state, checkpoints and their cosignatures."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from relto.store.fields import EncryptedJson


class LedgerEntry(models.Model):
    """A recorded leaf. `index` is given when it is sequenced; the details behind its commitment stay at home."""

    serial = models.BigAutoField(primary_key=True)
    entry = models.CharField(max_length=32, unique=True)  # ent_...: how everything else refers to it
    event = models.CharField(max_length=48)
    actor = models.CharField(max_length=32, blank=True)
    company = models.CharField(max_length=64, blank=True)
    subject = models.CharField(max_length=64, blank=True)
    leaf = models.BinaryField()
    leaf_hash = models.BinaryField()
    salt = models.BinaryField()
    details = EncryptedJson()
    recorded_at = models.DateTimeField()
    index = models.BigIntegerField(null=True, unique=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["subject"], name="entry_by_subject"),
            models.Index(fields=["actor", "event"], name="entry_by_actor"),
        ]


class LedgerTree(models.Model):
    """One row: the compact range of the tree (the hashes of its full subtrees, largest first)."""

    id = models.PositiveSmallIntegerField(primary_key=True)
    size = models.BigIntegerField()
    hashes = models.JSONField(default=list)  # hex


class Checkpoint(models.Model):
    """A checkpoint this node signed."""

    size = models.BigIntegerField(primary_key=True)
    root = models.BinaryField()
    note = models.TextField()
    signed_at = models.DateTimeField()
    witnessed_at = models.DateTimeField(null=True)
    agreed_at = models.DateTimeField(null=True)


class Cosignature(models.Model):
    """Signature lines of a cosigner under one of our checkpoints."""

    checkpoint = models.ForeignKey(Checkpoint, on_delete=models.PROTECT, related_name="cosignatures")
    cosigner = models.CharField(max_length=128)
    lines = models.TextField()
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["checkpoint", "cosigner"], name="one_cosignature_a_cosigner")
        ]


class CosignedLog(models.Model):
    """What this node last cosigned of a partner's log, as its witness."""

    origin = models.CharField(max_length=255, primary_key=True)
    size = models.BigIntegerField()
    root = models.BinaryField()
    note = models.TextField()
    at = models.DateTimeField()


class LogEvidence(models.Model):
    """A checkpoint that a partner's log signed and that contradicts what this node cosigned of it: kept for ever."""

    origin = models.CharField(max_length=255)
    size = models.BigIntegerField()
    root = models.CharField(max_length=64)  # hex
    kind = models.CharField(max_length=32)  # relto.ledger.witnessing.Contradiction
    note = models.TextField()
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["origin", "size", "root", "kind"], name="one_evidence_a_checkpoint")
        ]
