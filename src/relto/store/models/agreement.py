"""Agreement bundles, assurances between the authorities, disclosure and export authorisations."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from relto.store.fields import EncryptedBytes, EncryptedText


class AgreementBundle(models.Model):
    """One accepted version of the agreement bundle, byte for byte as signed."""

    agreement = models.CharField(max_length=64)
    version = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    file = models.BinaryField()
    effective_from = models.DateTimeField()
    expires = models.DateTimeField()
    activated_at = models.DateTimeField()
    proof = models.CharField(max_length=64, blank=True)  # digest of the RuleProof; empty before proofs were demanded

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["agreement", "version"], name="one_bundle_a_version")]


class Assurance(models.Model):
    """A signed, minimal, expiring statement of one authority to the other about a facility or a person."""

    id = models.CharField(max_length=32, primary_key=True)  # asr_...
    direction = models.CharField(max_length=8)  # given, received
    issuer = models.CharField(max_length=3)
    recipient = models.CharField(max_length=3)
    subject_kind = models.CharField(max_length=8)  # facility, person
    subject = models.CharField(max_length=64)  # facility code or pseudonym
    facility = models.CharField(max_length=64)  # the facility itself, or the person's
    level = models.CharField(max_length=32)
    safeguarding_level = models.CharField(max_length=32, blank=True)
    caveats = models.JSONField(default=list)
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField()
    status = models.CharField(max_length=16)  # valid, suspended, revoked
    status_at = models.DateTimeField()
    position = models.BigIntegerField(default=0)  # among the subject's: the later told, the higher
    statement = EncryptedBytes()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["direction", "subject", "status"], name="assurance_by_subject")]


class Authorisation(models.Model):
    """A disclosure or an export authorisation: two distinct facts, none implying the other (USR-08)."""

    id = models.CharField(max_length=32, primary_key=True)  # aut_...
    kind = models.CharField(max_length=16)  # disclosure, export
    reference = models.CharField(max_length=64)
    nation = models.CharField(max_length=3)  # recipient nation
    programme = models.CharField(max_length=64, blank=True)
    item = models.CharField(max_length=32, blank=True)  # an item id, when it covers one item only
    company = models.CharField(max_length=64, blank=True)  # whose export; empty for the authority's own disclosure
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField()
    recorded_by = models.CharField(max_length=32)
    recorded_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    withdrawal_reason = EncryptedText(default=str)
