"""What goes and comes by courier: bundles with their files, and who had a medium in hand."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class CourierBundle(models.Model):
    """A courier bundle, made here (out) or read here (in). The note is the signed manifest, for ever the same bytes."""

    partner = models.CharField(max_length=3)
    direction = models.CharField(max_length=3)  # out, in
    number = models.BigIntegerField()
    digest = models.CharField(max_length=96)
    note = models.BinaryField()
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    state = models.CharField(max_length=8)  # out: made; in: held, taken
    awaited = models.BigIntegerField()
    settled = models.BigIntegerField()
    cosigned = models.BigIntegerField(default=0)
    last_message = models.BigIntegerField(default=0)  # the highest message that this direction has carried so far
    received_at = models.DateTimeField(null=True)
    taken_at = models.DateTimeField(null=True)
    run_after = models.DateTimeField(null=True)
    problem = models.CharField(max_length=128, blank=True)
    results = models.JSONField(default=dict)  # file name -> code, of what was not taken as it came
    witness_answer = models.BinaryField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["partner", "direction", "number"], name="one_courier_bundle_a_number")
        ]


class CourierFile(models.Model):
    """A file of a bundle. Small ones are held here as they travel (sealed, or public); payloads are blobs."""

    bundle = models.ForeignKey(CourierBundle, on_delete=models.PROTECT, related_name="files")
    position = models.PositiveIntegerField()
    name = models.CharField(max_length=96)
    size = models.BigIntegerField()
    sha384 = models.CharField(max_length=96)
    content = models.BinaryField(null=True)
    payload_blob = models.CharField(max_length=96, blank=True)
    payload_offset = models.BigIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["bundle", "position"], name="one_courier_file_a_position")
        ]
        indexes: ClassVar = [models.Index(fields=["name"], name="courier_file_by_name")]


class MediaEntry(models.Model):
    """One line of the register of media: what happened to a medium, who had it, under which seal. Never changed."""

    medium = models.CharField(max_length=32)
    partner = models.CharField(max_length=3)
    direction = models.CharField(max_length=3)  # out, in
    number = models.BigIntegerField()  # of the courier bundle on it
    step = models.CharField(max_length=16)
    state = models.CharField(max_length=16)
    performer = models.CharField(max_length=48)  # role/id, never a name
    seal = models.CharField(max_length=32, blank=True)
    certificate = models.CharField(max_length=32, blank=True)
    at = models.DateTimeField()
    recorded_by = models.CharField(max_length=32)
    entry = models.CharField(max_length=32)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["medium", "partner", "direction", "number"], name="media_entries")]
