"""The industrial licence of a firm: category by edition, foreign investment and its declarations (IND-02, 03, 22-24).

Which edition of the manual was in force on which day, its categories and the shares above which an approval is needed
are parameters of the rule book; a nation without them has no such rule.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final

from relto.procedures.findings import Finding
from relto.procedures.known import Known
from relto.procedures.packs.own_book import OwnBook, due_after, rows

BOOK: Final = OwnBook("ownership")
_CHANGES: Final = frozenset({"significant_change", "negotiation"})


def check_licence(answers: Mapping[str, Any], known: Known) -> Iterator[Finding]:
    """What is wrong with the licence's category, or with foreign investment under it."""
    yield from _declared_in_time(answers, known)
    if not answers.get("licensed"):
        return
    since = known.limits.limit("licence.newer_edition", known.nation)
    if since is None:
        yield BOOK.found(known, "licence_of_other_nation", "licensed")
        return
    yield from _category(answers, known, date.fromisoformat(since.value))
    yield from _investment(answers, known)


def edition_on(day: date, newer_since: date) -> str:
    """The edition that is in force on a day, as the form names it."""
    return "edition_2025" if day >= newer_since else "edition_2014"


def _category(answers: Mapping[str, Any], known: Known, newer_since: date) -> Iterator[Finding]:
    edition, stated = answers.get("licence_edition"), answers.get("category_date")
    if edition is None:
        return
    if stated is not None and edition != edition_on(date.fromisoformat(stated), newer_since):
        yield BOOK.found(known, "edition_not_in_force", "licence_edition", date=stated)
    limit = "licence.newer_categories" if edition == "edition_2025" else "licence.older_categories"
    categories = known.limits.limit(limit, known.nation)
    category = answers.get("licence_category")
    if categories is not None and category is not None and category.upper() not in categories.value:
        yield BOOK.found(
            known,
            "category_not_of_edition",
            "licence_category",
            category=category.upper(),
            expected=", ".join(categories.value),
        )


def _investment(answers: Mapping[str, Any], known: Known) -> Iterator[Finding]:
    shares = [
        row.get("percent", 0) for _, row in rows(answers, "owners") if row.get("country") not in {None, known.nation}
    ]
    code = "investment.new_licence" if answers.get("new_licence") else "investment.existing_licence"
    limit = known.limits.limit(code, known.nation)
    if limit is not None and sum(shares) > limit.value and answers.get("government_approval") is False:
        yield BOOK.found(
            known, "investment_needs_approval", "government_approval", percent=sum(shares), limit=limit.value
        )
    if any(shares) and answers.get("home_ministry_clearance") is False:
        yield BOOK.found(known, "investment_needs_clearance", "home_ministry_clearance")


def _declared_in_time(answers: Mapping[str, Any], known: Known) -> Iterator[Finding]:
    limit = known.limits.limit("foci.change_report", known.nation)
    changed = answers.get("change_date")
    if limit is None or changed is None or answers.get("reason") not in _CHANGES:
        return
    due = due_after(date.fromisoformat(changed), limit)
    if due is not None and due < known.today(known.nation):
        yield BOOK.found(known, "change_declared_late", "change_date", date=changed, due=due.isoformat())
