"""Public halves of the node's service keys, and leases of background work."""

from __future__ import annotations

from django.db import models


class ServiceKey(models.Model):
    """A key of the key service or token issuer; the private half never enters the database."""

    kid = models.CharField(max_length=64, primary_key=True)
    purpose = models.CharField(max_length=12)  # wrapping, token
    algorithm = models.CharField(max_length=32)  # rsa:2048, ec:secp256r1; ES256 for tokens
    public_pem = models.TextField()
    state = models.CharField(max_length=12)  # pending, active, retired, destroyed
    created_at = models.DateTimeField()


class Lease(models.Model):
    """Who runs a piece of background work now; the fencing token grows at each taking."""

    kind = models.CharField(max_length=48, primary_key=True)
    owner = models.CharField(max_length=64)
    until = models.DateTimeField()
    fencing_token = models.BigIntegerField(default=0)
