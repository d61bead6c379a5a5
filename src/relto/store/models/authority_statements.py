"""What the authorities state beside the bundles: confirmed rules, new keys, how fresh the agreement is."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class AuthorityStatement(models.Model):
    """One accepted statement of an authority, byte for byte as signed. The id grows with each, and tells it apart."""

    kind = models.CharField(max_length=16)  # confirmation, rotation, freshness
    nation = models.CharField(max_length=3)
    subject = models.CharField(max_length=160, blank=True)  # confirmation: the rule's id; otherwise empty
    number = models.PositiveBigIntegerField(default=0)  # rotation: root version; freshness: highest bundle version
    digest = models.CharField(max_length=64, unique=True)
    key_id = models.CharField(max_length=32)
    stated_at = models.DateTimeField()
    accepted_at = models.DateTimeField()
    entry = models.CharField(max_length=32)
    file = models.BinaryField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["kind", "nation"], name="authority_statement_by_kind")]
