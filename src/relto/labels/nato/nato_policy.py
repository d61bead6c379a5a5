"""What the text of ADatP-4774 appendix 2 demands of a label of the NATO policy, beyond what its SPIF can say.

The context is there, with one value, and "Releasable" beside it exactly when Releasable To is used; Releasable To
widens, so it names the context and at least one more; Administrative stands at UNCLASSIFIED only; the privacy mark is
CLEAR or none. Only together with Releasable To is flagged: the decision function ands the two, so a nation named in one
alone is refused although the marking reads as allowed (trap T4). Nothing is guessed or repaired.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from relto.labels.nato.policy_label import ConfidentialityInformation
from relto.labels.nato.selection import Fault
from relto.labels.nato.spif import CategoryKind

POLICY_OID: Final = "1.3.26.1.3.1"
_CONTEXT, _RELEASABLE_TO, _ONLY = "1.3.26.1.4.4", "1.3.26.1.4.2", "1.3.26.1.4.5"
_SENSITIVITY, _ADMINISTRATIVE = "1.3.26.1.4.1", "1.3.26.1.4.3"
_SETS: Final[dict[str, tuple[str, CategoryKind]]] = {
    "context": (_CONTEXT, "PERMISSIVE"),
    "releasable to": (_RELEASABLE_TO, "PERMISSIVE"),
    "only": (_ONLY, "PERMISSIVE"),
    "additional sensitivity": (_SENSITIVITY, "RESTRICTIVE"),
    "administrative": (_ADMINISTRATIVE, "INFORMATIVE"),
}
_RELEASABLE = "releasable"


def is_nato(information: ConfidentialityInformation) -> bool:
    """True for a label of the NATO policy."""
    return information.policy_oid in {None, POLICY_OID} and information.policy_name.casefold() == "nato"


def text_faults(information: ConfidentialityInformation) -> tuple[Fault, ...]:
    """What the text has against a NATO label; empty when nothing. Values are compared without case."""
    return tuple(_faults(information))


def _faults(information: ConfidentialityInformation) -> Iterator[Fault]:
    values: dict[str, set[str]] = {}
    for category in information.categories:
        known = _SETS.get(category.tag_name.casefold())
        if known is None or category.oid not in {None, known[0]} or category.kind != known[1]:
            yield Fault("tag_set.unknown", "Category", category.tag_name)
        else:
            values[known[0]] = {value.casefold() for value in category.values}
    contexts = values.get(_CONTEXT, set()) - {_RELEASABLE}
    releasable_to, only = values.get(_RELEASABLE_TO, set()), values.get(_ONLY, set())
    if len(contexts) != 1:
        yield Fault("nato.context", "Context")
    if (_RELEASABLE in values.get(_CONTEXT, set())) != bool(releasable_to):
        yield Fault("nato.releasable", "Context")
    if releasable_to and (not contexts <= releasable_to or len(releasable_to) == 1):
        yield Fault("nato.releasable_to", "Releasable To")
    if only and releasable_to:
        yield Fault("nato.only_with_releasable_to", "Only")
    if _ADMINISTRATIVE in values and information.classification.casefold() != "unclassified":
        yield Fault("nato.administrative", "Administrative")
    if information.privacy_mark is not None and information.privacy_mark.casefold() != "clear":
        yield Fault("nato.privacy_mark", "PrivacyMark")
