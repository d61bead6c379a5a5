"""What is proved of rule sets, and the overlays by which this nation alone tightens the agreement at its own node."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class RuleProof(models.Model):
    """A proof that was made here, by the digest of all that it read; one that ended without an answer is not kept."""

    digest = models.CharField(max_length=64, primary_key=True)
    proved = models.BooleanField()
    result = models.JSONField()
    made_at = models.DateTimeField()


class NationalOverlay(models.Model):
    """One accepted version of this nation's overlay, byte for byte as its authority signed it."""

    agreement = models.CharField(max_length=64)
    version = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    file = models.BinaryField()
    effective_from = models.DateTimeField()
    ends = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField()
    entry = models.CharField(max_length=32)
    proof = models.CharField(max_length=64)  # of it over the bundle that was in force then

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["agreement", "version"], name="one_overlay_a_version")]
