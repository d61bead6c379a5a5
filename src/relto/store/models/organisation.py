"""Own companies, facilities, people, roles, accounts and joint programmes of this nation."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

from relto.store.fields import EncryptedText


class Company(models.Model):
    """A company of this nation; a tenant of its own nation's node."""

    code = models.CharField(max_length=64, primary_key=True)
    title = EncryptedText()
    kind = models.CharField(max_length=16)  # government, dpsu, private (GSO-03)


class Facility(models.Model):
    """A facility of an own company; clearance and safeguarding are two facts (ISA-13)."""

    code = models.CharField(max_length=64, primary_key=True)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="facilities")
    level = models.CharField(max_length=32)
    safeguarding_level = models.CharField(max_length=32, blank=True)
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField()
    suspended_at = models.DateTimeField(null=True)
    suspension_reason = EncryptedText(default=str)


class Person(models.Model):
    """A person of this nation. `id` is the pseudonym (prs_...) and the only thing that ever crosses the border."""

    id = models.CharField(max_length=32, primary_key=True)
    name = EncryptedText()
    company = models.ForeignKey(Company, on_delete=models.PROTECT, null=True, related_name="people")
    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, null=True, related_name="people")
    clearance_level = models.CharField(max_length=32, blank=True)  # empty: not cleared
    caveats = models.JSONField(default=list)
    valid_from = models.DateTimeField(null=True)
    valid_until = models.DateTimeField(null=True)
    suspended_at = models.DateTimeField(null=True)
    suspension_reason = EncryptedText(default=str)


class RoleGrant(models.Model):
    """A role somebody holds here; one of relto.procedures.roles.Role."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="role_grants")
    role = models.CharField(max_length=32)
    granted_at = models.DateTimeField()
    until = models.DateTimeField(null=True)  # of a role in an emergency; others have no end

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["person", "role"], name="one_grant_of_a_role")]


class Programme(models.Model):
    """A joint programme, under the code both nations use (the bundle's cleared-facility list names it)."""

    code = models.CharField(max_length=64, primary_key=True)
    title = EncryptedText()
    started_at = models.DateTimeField()


class Membership(models.Model):
    """A person's reasoned assignment to a programme (need-to-know, GSO-20)."""

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="memberships")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="memberships")
    reason = EncryptedText()
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["programme", "person"], name="one_membership_in_a_programme")
        ]


class Accounts(BaseUserManager["Account"]):
    """Finds accounts by their login code."""

    def get_by_natural_key(self, username: str | None) -> Account:
        """The account of a login code."""
        return self.get(username=username)


class Account(AbstractBaseUser):
    """A portal sign-in of a person; the login code carries no name."""

    username = models.CharField(max_length=64, unique=True)
    person = models.OneToOneField(Person, on_delete=models.PROTECT, related_name="account")
    language = models.CharField(max_length=8, default="en")
    is_active = models.BooleanField(default=True)
    first_password_until = models.DateTimeField(null=True)  # None: the password is her own, or there is none

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = Accounts()


class ApiClient(models.Model):
    """A client credential of a person, for `relto.client`.

    The CLI and OpenTDF clients (OAuth 2.0 client_credentials).
    """

    client_id = models.CharField(max_length=64, primary_key=True)
    secret_hash = models.CharField(max_length=128)  # SHA-256 of a 256-bit random secret, hex
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="api_clients")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
