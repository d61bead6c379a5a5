"""How people sign in to the portal: their sessions. No cookie, credential or address is kept here."""

from __future__ import annotations

from django.db import models

from relto.store.models.organisation import Account


class PortalSession(models.Model):
    """One sign-in of an account, as its holder sees it; the cookie that carries it is not in this table."""

    id = models.CharField(max_length=32, primary_key=True)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="sessions")
    how = models.CharField(max_length=32)  # a code of relto.procedures.authentication
    since = models.DateTimeField()
    last_used = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
