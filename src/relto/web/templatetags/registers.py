"""Words of registers and chains of custody: what a rule asks, who keeps a copy, what a line states, what is missing."""

from __future__ import annotations

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext

from relto.adapters.words import sentence
from relto.procedures.actors import Role
from relto.procedures.custody_chain import Gap
from relto.procedures.register_rules import (
    INVENTORY_MONTHS,
    RECEIPT_DAYS,
    RECORD_YEARS,
    RECORDS,
    SIGNATORIES,
    WORKING_PAPER_DAYS,
    Demand,
)
from relto.services.copy_view import CopyLine
from relto.services.destruction import MEMBER
from relto.web import words

register = template.Library()
_ROLES = frozenset(str(role) for role in Role)
_CODED = {"medium": "copy_medium", "method": "copy_method"}


@register.simple_tag
def register_value(demand: Demand) -> str:
    """What a loaded rule asks, with its unit."""
    value = demand.value or 0
    if demand.demand == RECORDS:
        asked = ", ".join(words.said("register_record", event) for event in demand.events)
        return asked or gettext("nothing, unless the originator asks")
    if demand.demand == SIGNATORIES:
        return ngettext("%(value)d person", "%(value)d persons", value) % {"value": value}
    if demand.demand == INVENTORY_MONTHS:
        return gettext("every %(value)d months") % {"value": value}
    if demand.demand == RECORD_YEARS:
        return gettext("%(value)d years") % {"value": value}
    if demand.demand in {WORKING_PAPER_DAYS, RECEIPT_DAYS}:
        return gettext("after %(value)d days") % {"value": value}
    return gettext("demanded") if value else gettext("not demanded")


@register.simple_tag
def keeper(custodian: str) -> str | SafeString:
    """Who keeps a copy: a role in words, or a pseudonym."""
    if custodian in _ROLES:
        return words.said("role", custodian)
    return format_html('<span class="relto-code">{}</span>', custodian)


@register.simple_tag
def copy_details(line: CopyLine) -> SafeString:
    """What a line states besides place and reason: medium, paper, method, day, recipient, second signatory."""
    stated = [
        (words.said(_CODED[name], value) if name in _CODED else value,)
        for name, value in sorted(line.details.items())
        if value and name != MEMBER
    ]
    return format_html_join("", '<br><span class="relto-small relto-quiet">{}</span>', stated)


@register.simple_tag
def gap_words(gap: Gap) -> str:
    """What is expected and not seen, since when, and against which limit."""
    what = words.said("custody_gap", gap.code)
    facts = {"what": what, "day": gap.day, "limit": gap.limit, "number": gap.after}
    if gap.limit is not None:
        return gettext("Not seen: %(what)s. After link %(number)s, day %(day)s of %(limit)s.") % facts
    return gettext("Not seen: %(what)s. After link %(number)s, day %(day)s; no rule loaded says until when.") % facts


@register.filter
def short_event(kind: str) -> str:
    """A word or two for the drawing; empty for what has none."""
    code = f"custody_short.{kind}"
    found = sentence(code, words.language())
    return "" if found == code else found
