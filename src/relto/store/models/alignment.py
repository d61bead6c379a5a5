"""The working group's shared record, as both nations signed it, and the notes that never leave this node."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from relto.store.fields import EncryptedBytes, EncryptedJson, EncryptedText


class AlignmentStatement(models.Model):
    """One version of one nation's line of an entry, byte for byte as signed."""

    statement = models.CharField(max_length=64, primary_key=True)  # digest of the signed payload
    entry = models.CharField(max_length=32)  # ale_..., the same on every node
    kind = models.CharField(max_length=16)  # relation, divergence or comment
    nation = models.CharField(max_length=3)
    number = models.PositiveIntegerField()
    previous = models.CharField(max_length=64, blank=True)
    about = models.CharField(max_length=32, blank=True)  # of a comment: the entry that it is about
    topic = models.CharField(max_length=32, blank=True)
    body = EncryptedJson()
    at = models.DateTimeField()
    taken_at = models.DateTimeField()  # here
    by = models.CharField(max_length=32, blank=True)  # pseudonym of the own co-chair; empty for a partner's
    ledger_entry = models.CharField(max_length=32)
    envelope = EncryptedBytes()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["entry", "nation", "number"], name="one_version_of_a_line")
        ]
        indexes: ClassVar = [
            models.Index(fields=["kind", "topic"], name="alignment_by_topic"),
            models.Index(fields=["about"], name="alignment_by_about"),
        ]


class AlignmentNote(models.Model):
    """A private note on an entry: this nation's own, never signed, never sent."""

    id = models.CharField(max_length=32, primary_key=True)  # aln_...
    entry = models.CharField(max_length=32)
    text = EncryptedText()
    by = models.CharField(max_length=32)
    at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["entry", "at"], name="alignment_note_by_entry")]
