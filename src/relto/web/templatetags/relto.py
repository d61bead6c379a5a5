"""Words for codes, dates in two zones, the five icons, and the parts of a form, for the portal's templates."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext

from relto.adapters.words import DEFAULT_LANGUAGE, sentence
from relto.base import calendars
from relto.base.errors import ReltoError
from relto.base.instants import Instant
from relto.base.nations import Nation
from relto.labels.rule_words import in_words
from relto.services.quarantine import OWN_WITNESS, Finding
from relto.web import frame, words
from relto.web.rule_words import ACTIONS, LIMITS, TOPICS
from relto.web.surroundings import house

register = template.Library()
_DAY = "D j F Y"
_DEVANAGARI = ("\u0900", "\u097f")


@register.filter
def country(nation: str) -> Any:
    """A nation's name."""
    return frame.country(nation)


@register.simple_tag
def icon(name: str) -> SafeString:
    """One of the five icons: holds, needs, fails, gap, wait. Always beside a word."""
    return format_html(
        '<svg class="relto-icon relto-icon--{0}" aria-hidden="true" focusable="false"><use href="#i-{0}"/></svg>', name
    )


@register.simple_tag
def nation(code: str) -> SafeString:
    """A nation's chip: its code with its own pattern."""
    return format_html('<span class="relto-nation relto-nation--{}">{}</span>', code.lower(), code)


@register.simple_tag
def nation_both() -> SafeString:
    """The chip of what both nations have together."""
    return format_html('<span class="relto-nation relto-nation--both">{}</span>', gettext("both"))


@register.filter
def ident(value: object) -> SafeString:
    """An identifier that is not broken across lines."""
    return format_html('<span class="relto-id">{}</span>', value)


@register.filter
def code(value: object) -> SafeString:
    """A long identifier or digest, in monospace, that may break."""
    return format_html('<span class="relto-code">{}</span>', value)


@register.filter
def moment(at: Instant | None) -> str:
    """An instant in the own nation's clock, by city."""
    if at is None:
        return ""
    home = Nation(house().nation)
    local = at.astimezone(calendars.zone_of(home))
    return f"{date_format(local, _DAY)}, {local:%H:%M} {frame.city(home)}"


@register.filter
def day(at: Instant | None) -> str:
    """The own nation's date of an instant."""
    if at is None:
        return ""
    return date_format(at.astimezone(calendars.zone_of(Nation(house().nation))), _DAY)


@register.simple_tag
def days_waiting(since: Instant, nation_code: str) -> int:
    """Working days in a nation since an instant."""
    try:
        return calendars.working_days_between(since, house().now(), Nation(nation_code))
    except ReltoError:
        return 0


@register.filter
def said(value: str, table: str) -> str:
    """The words of a code of a table, such as gate, outcome, who, state.case, direction, kind, event, fact."""
    return words.said(table, value)


@register.simple_tag
def unless_reviewed(is_reviewed: bool) -> str | SafeString:  # noqa: FBT001  a template gives it by position
    """Beside a legal text: the tag that no native reader checked its translation; nothing beside one that was."""
    language = words.language()
    if is_reviewed or language == DEFAULT_LANGUAGE:
        return ""
    text = sentence("paper.unreviewed", language)
    return format_html(' <span class="relto-evidence relto-evidence--unconfirmed">{}</span>', text)


@register.simple_tag
def version_words(line: str, number: int) -> SafeString:
    """A version of an entry of the shared record: which nation's line, and its number."""
    text = sentence("signature.named", words.language(), nation=line, number=number)
    return format_html('<span class="relto-nowrap">{}</span>', text)


@register.filter
def with_overlay(version: int, overlay: int | None) -> str:
    """The version of a bundle, and of the national overlay on it if there was one."""
    if overlay is None:
        return str(version)
    return gettext("%(version)s, overlay %(overlay)s") % {"version": version, "overlay": overlay}


@register.filter
def topic_words(code: str) -> str:
    """A topic of the rule book, in words."""
    return str(TOPICS.get(code, code))


@register.filter
def limit_words(code: str) -> str:
    """A limit of the agreement, in words."""
    return str(LIMITS.get(code, code))


@register.filter
def action_words(code: str) -> str:
    """What was asked for, in words."""
    return str(ACTIONS.get(code, code))


@register.filter
def names(codes: Any) -> str:
    """On whom a case waits."""
    return ", ".join(words.said("waits_on", str(one)) for one in codes)


@register.simple_tag
def finding(one: Finding) -> str:
    """In a sentence: where this node and another one disagree."""
    return sentence(f"finding.{one.code}", words.language(), held=one.held, seen=one.seen, source=_source(one.source))


@register.simple_tag
def finding_of_registers(one: dict[str, Any]) -> str:
    """In a sentence: how two registers differ in one record."""
    return sentence(f"reconciliation.finding.{one['code']}", words.language(), side=str(one.get("side", "")))


@register.filter
def error_words(code: str) -> str:
    """The sentence of an error's code, such as unreachable.witness; the code itself when there is none."""
    found = sentence(code, words.language())
    return found if found != code else sentence(code.partition(".")[0], words.language())


@register.filter
def rule_words(sentence_of_rule: str) -> SafeString:
    """What a rule about markings says, in the page's language; marked as English where it has no words in it."""
    language = get_language() or "en"
    text = in_words(sentence_of_rule, language) or sentence_of_rule
    is_translated = language.startswith("en") or any(_DEVANAGARI[0] <= sign <= _DEVANAGARI[1] for sign in text)
    return format_html("{}", text) if is_translated else format_html('<span lang="en">{}</span>', text)


def _source(source: str) -> str:
    return gettext("the own witness") if source == OWN_WITNESS else str(frame.country(source))
