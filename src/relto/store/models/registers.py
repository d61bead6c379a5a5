"""A company's control register below the item: copies and what happened to each, translations, inventories."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from relto.store.fields import EncryptedBytes, EncryptedJson, EncryptedText
from relto.store.models.items import Item
from relto.store.models.organisation import Company


class ItemCopy(models.Model):
    """A copy of an item outside the node: on paper, on a medium, a working paper. The sealed original is the item."""

    id = models.CharField(max_length=32, primary_key=True)  # cpy_...
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="copies")
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="copies")
    form = models.CharField(max_length=16)  # relto.procedures.copies.FORMS
    number = models.PositiveIntegerField(null=True)  # the copy number that stands on it
    source = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="reproductions")
    state = models.CharField(max_length=16)  # relto.procedures.copies states
    facility = models.CharField(max_length=64)
    custodian = models.CharField(max_length=32, blank=True)  # a pseudonym, or a role
    location = EncryptedText(default=str)
    witness = models.CharField(max_length=32, blank=True)  # who has to sign its destruction too
    recorded_at = models.DateTimeField()
    since = models.DateTimeField()  # in its present state and place

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["item", "number"], name="one_copy_a_number")]
        indexes: ClassVar = [models.Index(fields=["company", "state"], name="copy_by_company")]


class CopyEvent(models.Model):
    """A numbered line: one thing that happened to a copy."""

    number = models.CharField(max_length=96, primary_key=True)  # USA-C014-2026-000001: of the company
    copy = models.ForeignKey(ItemCopy, on_delete=models.PROTECT, related_name="events")
    step = models.CharField(max_length=16)
    state = models.CharField(max_length=16)  # the state it led to
    at = models.DateTimeField()
    by = models.CharField(max_length=32)
    facility = models.CharField(max_length=64, blank=True)
    custodian = models.CharField(max_length=32, blank=True)
    location = EncryptedText(default=str)
    details = EncryptedJson()  # codes: medium, reference, method, done_on, recipient, authority, consent
    reason = EncryptedText(default=str)
    entry = models.CharField(max_length=32)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["entry"], name="copy_event_by_entry")]


class Translation(models.Model):
    """An item that is a translation of another one, whose label is at least as protective."""

    derived = models.OneToOneField(Item, on_delete=models.PROTECT, primary_key=True, related_name="translation_of")
    source = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="translations")
    company = models.CharField(max_length=64)
    language = models.CharField(max_length=8)
    translator = models.CharField(max_length=32)
    at = models.DateTimeField()
    by = models.CharField(max_length=32)
    entry = models.CharField(max_length=32)


class Inventory(models.Model):
    """A count of a company's copies as of a day; its signed result once it is complete."""

    id = models.CharField(max_length=32, primary_key=True)  # inv_...
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="inventories")
    level = models.CharField(max_length=32, blank=True)  # of the own policy; "": every level
    as_of = models.DateTimeField()
    opened_by = models.CharField(max_length=32)
    opened_at = models.DateTimeField()
    signed_by = models.CharField(max_length=32, blank=True)
    signed_at = models.DateTimeField(null=True)
    statement = EncryptedBytes(null=True)
    entry = models.CharField(max_length=32)


class InventoryLine(models.Model):
    """One copy in an inventory, or something that was found and is on no register."""

    inventory = models.ForeignKey(Inventory, on_delete=models.PROTECT, related_name="lines")
    copy = models.ForeignKey(ItemCopy, on_delete=models.PROTECT, null=True, related_name="inventory_lines")
    result = models.CharField(max_length=12, blank=True)  # found, not_found, extra; "" until it was looked for
    note = EncryptedText(default=str)
    by = models.CharField(max_length=32, blank=True)
    at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["inventory", "copy"], name="one_line_a_copy")]
