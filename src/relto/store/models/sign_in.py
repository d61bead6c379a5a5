"""How people sign in: their sessions, and what is bound to them. No secret and no address is kept here."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from relto.store.fields import EncryptedText
from relto.store.models.organisation import Account, Person


class PortalSession(models.Model):
    """One sign-in of an account, as its holder sees it; the cookie that carries it is not in this table."""

    id = models.CharField(max_length=32, primary_key=True)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="sessions")
    how = models.CharField(max_length=32)  # a code of relto.procedures.authentication
    since = models.DateTimeField()
    last_used = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    in_new_browser = models.BooleanField(default=False)  # in one in which she had not signed in before
    provider_subject = models.CharField(max_length=64, blank=True)  # blind index; of a sign-in at the provider
    provider_session = models.CharField(max_length=64, blank=True)  # likewise, of the provider's own session

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["provider_session"], name="session_by_providers"),
            models.Index(fields=["provider_subject"], name="session_by_subject"),
        ]


class SignInBinding(models.Model):
    """What somebody shows at sign-in, bound to her by the registrar: only a keyed digest of it is kept."""

    id = models.CharField(max_length=32, primary_key=True)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="bindings")
    kind = models.CharField(max_length=16)  # oidc, certificate
    value = models.CharField(max_length=64)
    bound_at = models.DateTimeField()
    bound_by = models.CharField(max_length=32)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["kind", "value"], condition=models.Q(ended_at=None), name="one_person_of_a_binding"
            )
        ]


class PersonalToken(models.Model):
    """A person's own token for the API; only the digest of its secret is kept."""

    id = models.CharField(max_length=32, primary_key=True)
    digest = models.CharField(max_length=64, unique=True)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="tokens")
    label = EncryptedText()
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)


class RoleChange(models.Model):
    """A role of the authority that one person asked to be given or taken, and what a second one said to it."""

    id = models.CharField(max_length=32, primary_key=True)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="role_changes")
    role = models.CharField(max_length=32)
    does = models.CharField(max_length=8)  # grant, remove
    state = models.CharField(max_length=16, default="waits")  # waits, done, declined
    asked_by = models.CharField(max_length=32)
    asked_at = models.DateTimeField()
    decided_by = models.CharField(max_length=32, blank=True)
    decided_at = models.DateTimeField(null=True)


class EmergencyRole(models.Model):
    """A role of the authority for some hours, when nobody who holds it can act: who asked and confirmed, till when."""

    id = models.CharField(max_length=32, primary_key=True)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="emergencies")
    role = models.CharField(max_length=32)
    reason = EncryptedText()
    hours = models.IntegerField()
    asked_by = models.CharField(max_length=32)
    asked_at = models.DateTimeField()
    confirmed_by = models.CharField(max_length=32, blank=True)
    until = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=32, blank=True)
    ended_at = models.DateTimeField(null=True)
