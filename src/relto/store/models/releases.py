"""Release cases on the originator's node, arrivals on the recipient's node, and decisions on both."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from relto.store.fields import EncryptedJson, EncryptedText
from relto.store.models.items import Item, Manifest


class DecisionRecord(models.Model):
    """One decision with its reasons: replayable with the rules of its day (promise 9)."""

    id = models.CharField(max_length=32, primary_key=True)  # dec_...: the reference read aloud
    action = models.CharField(max_length=24)
    actor = models.CharField(max_length=32)  # pseudonym; a partner's for supply_share
    company = models.CharField(max_length=64, blank=True)  # the actor's company, whose security officer sees the facts
    item = models.CharField(max_length=32, blank=True)
    permitted = models.BooleanField()
    bundle_version = models.PositiveIntegerField(null=True)
    decision = EncryptedJson()  # relto.rules Decision.as_dict
    facts = EncryptedJson()  # the facts decided on, as given to the engine
    at = models.DateTimeField()
    narrowing = models.BigIntegerField(default=0)  # Narrowing.count when it was decided
    used_at = models.DateTimeField(null=True)  # when the key service served the share it allowed: once only
    entry = models.CharField(max_length=32)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["actor", "at"], name="decision_by_actor"),
            models.Index(fields=["company", "at"], name="decision_by_company"),
        ]


class ReleaseCase(models.Model):
    """A request to release an own item to a facility of another nation, and what came of it."""

    id = models.CharField(max_length=32, primary_key=True)  # rel_...
    number = models.CharField(max_length=32, unique=True)  # REL-2026-0001
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="release_cases")
    nation = models.CharField(max_length=3)
    facility = models.CharField(max_length=64)
    purpose = EncryptedText()
    mode = models.CharField(max_length=12, default="live")
    channel = models.CharField(max_length=16, default="link")
    state = models.CharField(max_length=16)  # relto.procedures.release states
    asked_by = models.CharField(max_length=32)
    asked_at = models.DateTimeField()
    company = models.CharField(max_length=64)
    decided_by = models.CharField(max_length=32, blank=True)
    decided_at = models.DateTimeField(null=True)
    reason = EncryptedText(default=str)
    decision = models.CharField(max_length=32, blank=True)
    manifest = models.ForeignKey(Manifest, on_delete=models.PROTECT, null=True, related_name="release_cases")
    message = models.CharField(max_length=32, blank=True)  # outbox message id of the release
    delivered_at = models.DateTimeField(null=True)  # technical receipt
    custody_at = models.DateTimeField(null=True)  # custody receipt
    control_number = models.CharField(max_length=32, blank=True)  # the recipient's
    home_facility = models.CharField(max_length=64, blank=True)  # of a joint item: where the own readers are
    withdrawn_by = models.CharField(max_length=32, blank=True)
    withdrawn_at = models.DateTimeField(null=True)
    withdrawal_reason = EncryptedText(default=str)
    disposition = models.CharField(max_length=16, blank=True)  # asked, destroyed, returned: after a withdrawal
    disposition_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["state", "asked_at"], name="case_by_state"),
            models.Index(fields=["company", "asked_at"], name="case_by_company"),
        ]


class ReleaseReader(models.Model):
    """A reader named in a release with the reason for her need-to-know; on the recipient's node too."""

    case = models.ForeignKey(ReleaseCase, on_delete=models.PROTECT, null=True, related_name="readers")
    arrival = models.ForeignKey("Arrival", on_delete=models.PROTECT, null=True, related_name="readers")
    side = models.CharField(max_length=16, default="recipient")  # recipient; home: the sender's, of a joint item
    pseudonym = models.CharField(max_length=32)
    reason = EncryptedText()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["pseudonym"], name="reader_by_pseudonym")]


class Arrival(models.Model):
    """A release that arrived from the partner node, waiting for or past acceptance."""

    id = models.CharField(max_length=32, primary_key=True)  # arr_...
    release = models.CharField(max_length=32)  # the sender's rel_...
    number = models.CharField(max_length=32)  # the sender's REL-...
    sender = models.CharField(max_length=3)
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="arrivals")
    manifest = models.OneToOneField(Manifest, on_delete=models.PROTECT, related_name="arrival")
    facility = models.CharField(max_length=64)
    purpose = EncryptedText()
    mode = models.CharField(max_length=12)
    channel = models.CharField(max_length=16, default="link")
    message = models.CharField(max_length=32)  # the inbox message that brought it
    state = models.CharField(max_length=16)  # relto.procedures.acceptance states
    arrived_at = models.DateTimeField()
    decided_by = models.CharField(max_length=32, blank=True)
    decided_at = models.DateTimeField(null=True)
    reason = EncryptedText(default=str)
    decision = models.CharField(max_length=32, blank=True)
    control_number = models.CharField(max_length=32, blank=True)
    home_facility = models.CharField(max_length=64, blank=True)  # of a joint item: where the sender's readers are
    co_decision = models.CharField(max_length=32, blank=True)  # of a joint item: the release decided by accepting it
    partner_manifest = models.OneToOneField(  # of a joint item: the one that serves the sender's readers
        Manifest, on_delete=models.PROTECT, null=True, related_name="joint_arrival"
    )
    withdrawn_at = models.DateTimeField(null=True)
    withdrawal_reason = EncryptedText(default=str)
    disposition = models.CharField(max_length=16, blank=True)  # asked, destroyed, returned: after a withdrawal
    disposition_at = models.DateTimeField(null=True)
    disposition_by = models.CharField(max_length=32, blank=True)
    disposition_reason = EncryptedText(default=str)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["sender", "release"], name="one_arrival_a_release")]
        indexes: ClassVar = [
            models.Index(fields=["state", "arrived_at"], name="arrival_by_state"),
            models.Index(fields=["facility", "state", "arrived_at"], name="arrival_by_facility"),
        ]
