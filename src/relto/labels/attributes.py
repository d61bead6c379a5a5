"""The label as OpenTDF attribute values, so that a container's key policy and its label can be compared (promise 2).

One value, one meaning, both ways: `https://relto.invalid/attr/<attribute>/value/<value>` for classification (policy and
level, `usa-secret`), owner, releasable-to (a nation code, or `everyone`), caveat, programme. They are made from the
label and its programme alone; on opening, those that the key is bound to must be exactly those that the two give. An
unstated release gives the same values as owners alone: nobody else is let in until it is decided.

Further controls are one value, the SHA-256 of their canonical form: it binds all of them, names no compartment and no
source, and whoever cannot compare it with the label itself holds no such value and is not let in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from relto.base.canonical import canonical_bytes, sha256_hex
from relto.base.errors import MalformedInput, NotVerified, ReltoError, UnknownValue
from relto.base.ids import read_code
from relto.base.nations import Nation, read_nation
from relto.labels.audience import Audience, Everyone, Nobody, Only
from relto.labels.controls import Controls
from relto.labels.controls_form import controls_as_dict
from relto.labels.label import Label

NAMESPACE = "https://relto.invalid"
EVERYONE = "everyone"
MAX_ATTRIBUTES = 512
_FQN = re.compile(r"\Ahttps://relto\.invalid/attr/([a-z-]{1,32})/value/([a-z0-9][a-z0-9-]{0,63})\Z")
_NAMES = ("classification", "owner", "releasable-to", "caveat", "programme", "controls")
_SHA256 = re.compile(r"\A[0-9a-f]{64}\Z")


@dataclass(frozen=True)
class LabelAttributes:
    """What a container's policy says. `level` is policy and level as one value, such as `usa-secret`.

    `controls`: the digest of the label's further controls, None when it has none.
    """

    owner: tuple[Nation, ...]
    level: str
    audience: Audience
    caveats: frozenset[str]
    programme: str | None
    controls: str | None = None


def label_attributes(label: Label, programme: str | None) -> list[str]:
    """The attribute value names of a label and programme code, sorted. Raises MalformedInput for a malformed code."""
    return attribute_names(
        LabelAttributes(
            owner=label.owner,
            level=_slug(f"{label.policy.name} {label.level.name}"),
            audience=label.release,
            caveats=label.caveats,
            programme=None if programme is None else read_code(programme, field="programme"),
            controls=_digest(label.controls) if label.controls else None,
        )
    )


def attribute_names(attributes: LabelAttributes) -> list[str]:
    """The sorted names that `attributes_of` reads back. Raises MalformedInput when nobody is the audience."""
    values: list[tuple[str, str]] = [("classification", attributes.level)]
    values += [("owner", nation.lower()) for nation in attributes.owner]
    if isinstance(attributes.audience, Only):
        values += [("releasable-to", nation.lower()) for nation in attributes.audience.nations]
    elif isinstance(attributes.audience, Everyone):
        values.append(("releasable-to", EVERYONE))
    else:
        raise MalformedInput("attribute.release", field="releasable-to", expected="an audience that is not empty")
    values += [("caveat", _slug(caveat)) for caveat in attributes.caveats]
    if attributes.programme is not None:
        values.append(("programme", attributes.programme.lower()))
    if attributes.controls is not None:
        values.append(("controls", attributes.controls))
    return sorted(f"{NAMESPACE}/attr/{name}/value/{value}" for name, value in values)


def attributes_of(fqns: Sequence[str], *, controls_known: bool = False) -> LabelAttributes:
    """Read attribute value names strictly: relto's own only, each once, with one level and a stated audience.

    `controls_known`: the caller compares the digest of further controls with a label; without it, one is refused,
    because no label can be made from a digest. Raises MalformedInput, TooLarge or UnknownValue.
    """
    if len(fqns) > MAX_ATTRIBUTES or len(set(fqns)) != len(fqns):
        raise MalformedInput("attribute.list", field="attributes", expected=f"at most {MAX_ATTRIBUTES}, each once")
    found: dict[str, list[str]] = {name: [] for name in _NAMES}
    for fqn in fqns:
        match = _FQN.match(fqn)
        if match is None or match[1] not in found:
            raise UnknownValue("attribute", field="attributes", expected=f"{NAMESPACE}/attr/<known>/value/<value>")
        found[match[1]].append(match[2])
    if found["controls"] and not (controls_known and all(map(_SHA256.match, found["controls"]))):
        raise UnknownValue("attribute", field="attributes", expected="no further controls")
    single = max(len(found["programme"]), len(found["controls"])) <= 1
    if len(found["classification"]) != 1 or not found["owner"] or not single:
        raise MalformedInput(
            "attribute.list", field="attributes", expected="one level, an owner, at most one programme"
        )
    return LabelAttributes(
        owner=tuple(sorted(_nations(found["owner"], "owner"))),
        level=found["classification"][0],
        audience=_audience(found["releasable-to"]),
        caveats=frozenset(caveat.replace("-", " ").upper() for caveat in found["caveat"]),
        programme=read_code(found["programme"][0].upper(), field="programme") if found["programme"] else None,
        controls=found["controls"][0] if found["controls"] else None,
    )


def compare(label: Label, programme: str | None, fqns: Sequence[str]) -> None:
    """Raises NotVerified("label_policy_mismatch") unless the names are exactly those of the label and programme."""
    try:
        stated = attribute_names(attributes_of(fqns, controls_known=True))
    except ReltoError as error:
        raise NotVerified("label_policy_mismatch", field="attributes", expected="the label's attributes") from error
    if stated != label_attributes(label, programme):
        raise NotVerified("label_policy_mismatch", field="attributes", expected="the label's attributes")


def _audience(values: list[str]) -> Audience:
    if values == [EVERYONE]:
        return Everyone()
    if not values:
        return Nobody()
    return Only(frozenset(_nations(values, "releasable-to")))


def _nations(values: Iterable[str], field: str) -> list[Nation]:
    return [read_nation(value.upper(), field=field) for value in values]


def _digest(controls: Controls) -> str:
    return sha256_hex(canonical_bytes(controls_as_dict(controls)))


def _slug(words: str) -> str:
    """Policy names, levels and caveats are capital letters, digits and single spaces, so this loses nothing."""
    return words.lower().replace(" ", "-")
