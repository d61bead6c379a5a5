"""The banner that a stated label comes to, so that a document can be compared with the label it is sealed under."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from relto.base.countries import read_country
from relto.base.errors import ReltoError
from relto.base.nations import read_nation
from relto.labels.audience import Audience, Everyone, Only
from relto.labels.checking.check import Asked
from relto.labels.checking.home import AMERICAN, UNITED_STATES, Home, home_of
from relto.labels.label import Label
from relto.labels.markings import banner
from relto.labels.policy import PolicySet
from relto.labels.us.faults import MarkingFaults

_SOME_DAY = datetime(2000, 1, 1, tzinfo=UTC)  # dates and originator of a label are not part of its banner
_EVERYONE = "everyone"
_HINDI = "hi"


def home_of_nation(nation: str, policies: PolicySet) -> Home:
    """Whose documents these are. Raises UnknownValue for a nation without a policy."""
    return AMERICAN if nation == UNITED_STATES else home_of(policies.by_nation(read_nation(nation, field="nation")))


def asked_of_label(label: Label, nation: str, policies: PolicySet) -> Asked:
    """What is asked of a document that is sealed under `label` in `nation`. A label no banner can say: none declared.

    Raises UnknownValue for a nation without a policy.
    """
    home = home_of_nation(nation, policies)
    try:
        return Asked(_banner_at(home, label, policies), home)
    except (ReltoError, MarkingFaults):
        return Asked(None, home)


def _banner_at(home: Home, label: Label, policies: PolicySet) -> str:
    """The banner as documents of that nation have it: in them a bare level is that nation's own."""
    if home.nation == UNITED_STATES:
        return banner(label, policies)
    if policies.of(label.policy).nation == home.nation:
        return banner(label, policies, _HINDI)
    written = banner(label, policies)
    return written if written.startswith("//") else f"//{UNITED_STATES} {written}"


def stated_label(
    nation: str,
    *,
    level: str,
    audience: str | Iterable[str],
    caveats: Iterable[str],
    owners: Iterable[str],
    policies: PolicySet,
) -> Label:
    """The label that is stated in short, without its dates. Raises MalformedInput or UnknownValue.

    Whether it may be stated is for the node to say.
    """
    policy = policies.by_nation(read_nation(nation, field="label.nation"))
    release: Audience = Everyone()
    if audience != _EVERYONE:
        release = Only(frozenset(read_country(one, field="label.audience") for one in audience))
    return Label(
        policy=policy.identity,
        owner=tuple(read_nation(one, field="label.owners") for one in owners) or (policy.nation,),
        level=policy.level(level),
        release=release,
        caveats=frozenset(caveats),
        created=_SOME_DAY,
        originator_id="urn:relto:check",
        review_by=_SOME_DAY,
    )
