"""The working group's shared record, as both nations signed it, and the notes that never leave this node."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from relto.store.fields import EncryptedBytes, EncryptedJson, EncryptedText


class AlignmentStatement(models.Model):
    """One version of one nation's line of an entry, byte for byte as signed."""

    statement = models.CharField(max_length=64, primary_key=True)  # digest of the signed payload
    entry = models.CharField(max_length=32)  # ale_..., the same on every node
    kind = models.CharField(max_length=16)  # one of relto.alignment.shared_record
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


class AlignmentPlace(models.Model):
    """Where a relation or divergence stands, derived from its statements: to list and to count many of them.

    It holds nothing that the statements do not say, and can be made again from them. `book` names the rule book under
    which it was derived (relto.services.alignment.places), empty when it has yet to be.
    """

    entry = models.CharField(max_length=32, primary_key=True)
    kind = models.CharField(max_length=16)
    topic = models.CharField(max_length=32, blank=True)
    opened_by = models.CharField(max_length=3)
    opened = models.DateTimeField()
    changed = models.DateTimeField()
    state = models.CharField(max_length=16, blank=True)
    word = models.CharField(max_length=16, blank=True)
    whose = models.CharField(max_length=3, blank=True)
    pair = models.CharField(max_length=7, blank=True)
    book = models.CharField(max_length=64, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["kind", "opened", "entry"], name="alignment_place_by_age"),
            models.Index(fields=["kind", "state", "opened"], name="alignment_place_by_state"),
            models.Index(fields=["topic", "opened"], name="alignment_place_by_topic"),
            models.Index(fields=["pair", "topic", "word", "whose", "entry"], name="alignment_place_by_word"),
            models.Index(fields=["book", "entry"], name="alignment_place_by_book"),
        ]


class AlignmentMention(models.Model):
    """A provision that a place is about. `word`, `whose`, `pair`: of the place where it is compared, else empty."""

    place = models.ForeignKey(AlignmentPlace, on_delete=models.CASCADE, related_name="mentions")
    provision = models.CharField(max_length=64)
    topic = models.CharField(max_length=32, blank=True)
    word = models.CharField(max_length=16, blank=True)
    whose = models.CharField(max_length=3, blank=True)
    pair = models.CharField(max_length=7, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["pair", "topic", "word", "whose", "provision"], name="alignment_mention_by_word"),
            models.Index(fields=["provision", "place"], name="alignment_mention_by_text"),
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
