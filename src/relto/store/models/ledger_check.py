"""What the full re-checks of the ledger found."""

from __future__ import annotations

from django.db import models


class LedgerCheck(models.Model):
    """One finished re-check of the whole ledger. A check that found something is kept for ever."""

    finished_at = models.DateTimeField()
    size = models.BigIntegerField()  # entries of the tree that were looked at
    counts = models.JSONField(default=dict)  # code of a finding -> how often
    named = models.JSONField(default=list)  # [{code, place}], bounded
    digest = models.CharField(max_length=64, blank=True)  # of what was found; "" when nothing was
    entry = models.CharField(max_length=32, blank=True)  # of the ledger, made once for what was found
