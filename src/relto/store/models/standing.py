"""How the node itself stands: what was narrowed, compared and quarantined, and which transactions became durable."""

from __future__ import annotations

from django.db import models


class Narrowing(models.Model):
    """One row, id 1: how often rights were narrowed here (withdrawn, suspended, revoked, ended, replaced rules).

    A decision remembers the count; a share leaves only while it is still the same (0 openings after a withdrawal).
    """

    id = models.PositiveSmallIntegerField(primary_key=True)
    count = models.BigIntegerField(default=0)


class NodeStart(models.Model):
    """One start of the whole node (nobody of its processes lived before it), and what it has compared since."""

    start = models.CharField(max_length=32, primary_key=True)  # sta_..., new at each start of the whole node
    started_at = models.DateTimeField()
    compared_at = models.DateTimeField(null=True)  # with the own authority's witness
    partners = models.JSONField(default=dict)  # nation -> when it compared itself with this partner
    waiting_for = models.CharField(max_length=64, blank=True)  # the code of what stands in the way of comparing


class Quarantine(models.Model):
    """A quarantine of this node: while one is open, nothing is signed, entered or released."""

    id = models.CharField(max_length=32, primary_key=True)  # qua_...
    since = models.DateTimeField()
    findings = models.JSONField()  # [{code, ...numbers and names of logs and channels}]
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.CharField(max_length=32, blank=True)


class CommitMark(models.Model):
    """One row for each writer of a process: the number of its newest durable transaction, written inside that one.

    Who cannot tell whether a commit came through (the connection was lost, the disk was full) finds it here.
    """

    writer = models.CharField(max_length=32, primary_key=True)  # random, of one thread of one process
    number = models.BigIntegerField(default=0)
    written_at = models.DateTimeField()
