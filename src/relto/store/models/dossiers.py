"""Dossiers: runs of procedures with their steps, signatures, due instants, and the keys by which they are found."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from relto.store.fields import EncryptedJson, EncryptedText


class Dossier(models.Model):
    """One run of a procedure, on the node where it was begun and, once it was sent, on the partner's."""

    id = models.CharField(max_length=32, primary_key=True)  # dos_..., this node's own
    origin = models.CharField(max_length=32)  # dos_... of the asking node: the same on both
    nation = models.CharField(max_length=3)  # the asking nation, whose number it has
    number = models.CharField(max_length=32)  # VIS-2026-0001
    procedure = models.CharField(max_length=32)
    form_version = models.PositiveSmallIntegerField()
    side = models.CharField(max_length=9)  # on which side this node stands: asking, answering
    partner = models.CharField(max_length=3, blank=True)
    company = models.CharField(max_length=64, blank=True)  # whose people may see it here; "": the authority alone
    facility = models.CharField(max_length=64, blank=True)  # the first own facility that it names
    programme = models.CharField(max_length=64, blank=True)
    parent = models.CharField(max_length=32, blank=True)  # the number of the dossier that it amends or belongs to
    state = models.CharField(max_length=48)
    stand = models.CharField(max_length=96)  # procedure/side/state: by which queues find what waits for whom
    is_open = models.BooleanField(default=True)
    attention = models.CharField(max_length=64, blank=True)  # why people should look: refused by the partner, overtaken
    answers = EncryptedJson()
    bundle_version = models.PositiveIntegerField()
    bundle_digest = models.CharField(max_length=64)
    opened_by = models.CharField(max_length=32)
    opened_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    since = models.DateTimeField()  # in its present state
    ended_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)  # the earliest of its due instants
    dues_of = models.CharField(max_length=64, blank=True)  # under which rules its due instants were counted
    told = models.PositiveIntegerField(default=0)  # how many own steps were told to the partner
    heard = models.PositiveIntegerField(default=0)  # the partner's newest step that was followed here
    told_form = models.CharField(max_length=64, blank=True)  # digest of the shared form that the partner knows
    told_at = models.DateTimeField(null=True)
    told_message = models.CharField(max_length=32, blank=True)
    entry = models.CharField(max_length=32)  # of the newest change

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["nation", "number"], name="one_dossier_a_number"),
            models.UniqueConstraint(fields=["nation", "origin"], name="one_dossier_an_origin"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["stand", "due_at", "since"], name="dossier_by_stand"),
            models.Index(fields=["company", "stand", "since"], name="dossier_by_company"),
            models.Index(fields=["changed_at", "id"], name="dossier_by_change"),
            models.Index(fields=["company", "changed_at"], name="dossier_of_company"),
            models.Index(fields=["procedure", "changed_at"], name="dossier_by_procedure"),
            models.Index(fields=["programme", "changed_at"], name="dossier_by_programme"),
            models.Index(fields=["parent"], name="dossier_by_parent"),
            models.Index(fields=["is_open", "dues_of"], name="dossier_by_rules"),
        ]


class DossierStep(models.Model):
    """One step that was taken here or told by the partner. `effective` False: it was overtaken or refused."""

    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="steps")
    position = models.PositiveIntegerField()
    step = models.CharField(max_length=48)
    before = models.CharField(max_length=48)  # the state in which it was taken
    state = models.CharField(max_length=48)  # the state it led to
    at = models.DateTimeField()
    side = models.CharField(max_length=9)
    by = models.CharField(max_length=32)  # a pseudonym at home, the nation's code of the partner's or of the node's own
    role = models.CharField(max_length=32, blank=True)
    signers = models.JSONField(default=list)  # of a step for several: {by, role, at, entry} of each before the last
    answers = EncryptedJson()
    reason = EncryptedText(default=str)
    entry = models.CharField(max_length=32)
    message = models.CharField(max_length=32, blank=True)  # msg_... that told the partner, or that told us
    count = models.PositiveIntegerField(default=0)  # the how-manieth told step of its side; 0: not told
    overtaken = models.BooleanField(default=False)
    refused = models.CharField(max_length=64, blank=True)  # the code with which the partner would not follow it

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["dossier", "position"], name="one_dossier_step_a_position")
        ]
        indexes: ClassVar = [models.Index(fields=["message"], name="dossier_step_by_message")]


class DossierSignature(models.Model):
    """One person's signature under a step that more than one must sign, until the last has signed."""

    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="signatures")
    step = models.CharField(max_length=48)
    by = models.CharField(max_length=32)
    role = models.CharField(max_length=32, blank=True)
    at = models.DateTimeField()
    digest = models.CharField(max_length=64)  # of what was signed: the step, its answers and the main form
    answers = EncryptedJson()
    reason = EncryptedText(default=str)
    entry = models.CharField(max_length=32)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["dossier", "step", "by"], name="one_dossier_signature_a_person")
        ]


class DossierKey(models.Model):
    """What a dossier is about, as a blind index: found by who knows the code, and told to nobody else."""

    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="keys")
    digest = models.CharField(max_length=64)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["digest", "dossier"], name="one_dossier_key")]


class DossierDue(models.Model):
    """When a clock of a dossier runs out; with `clock` empty, when the node looks for a step of its own."""

    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="dues")
    clock = models.CharField(max_length=48, blank=True)
    limit = models.CharField(max_length=64, blank=True)
    nation = models.CharField(max_length=3, blank=True)
    at = models.DateTimeField(null=True)  # None: no rule is loaded, or the calendar does not reach so far
    provision = models.CharField(max_length=64, blank=True)
    confirmed = models.BooleanField(default=False)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["clock", "at"], name="dossier_due_by_instant")]


class DossierTakenOver(models.Model):
    """A record kept elsewhere that was taken over as a dossier: the same line again is known by its digest."""

    digest = models.CharField(max_length=64, primary_key=True)  # SHA-256 of the line in canonical JSON
    dossier = models.OneToOneField(Dossier, on_delete=models.PROTECT, related_name="taken_over")
    at = models.DateTimeField()


class CalendarFeed(models.Model):
    """A person's calendar of due dates. Whoever has its address reads it; only the digest of its secret is here."""

    digest = models.CharField(max_length=64, primary_key=True)
    person = models.CharField(max_length=32)
    language = models.CharField(max_length=2)
    made_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["person"], name="calendar_feed_by_person")]
