"""How US markings are spelled, and which reading of the rules holds where the sources disagree (ADR 0016).

- `dod`, the default: spelled and read as DoDM 5200.01-V2; where its published test suite and IC ISM differ, the suite.
- `dod-strict`: the same spelling; the stricter IC ISM rules hold as well. This is the compatibility switch.
- `dod-lenient`: as `dod`, and UCNI may stand beside a classified level, as some software writes it.
- `ism`: spelled as the IC ISM.XML rendering rules, and their rules hold.
- `cfr`: as `dod`, and foreign portions are written `(UK-C)` as 32 CFR 2001.24(c) does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from relto.base.errors import UnknownValue

Spelling = Literal["dod", "ism", "cfr"]


@dataclass(frozen=True, slots=True)
class Profile:
    """`strict`: the stricter IC ISM rules hold too. `lenient`: UCNI is allowed beside a classified level."""

    name: str
    spelling: Spelling = "dod"
    strict: bool = False
    lenient: bool = False


DOD: Final = Profile("dod")
DOD_STRICT: Final = Profile("dod-strict", strict=True)
DOD_LENIENT: Final = Profile("dod-lenient", lenient=True)
ISM: Final = Profile("ism", spelling="ism", strict=True)
CFR: Final = Profile("cfr", spelling="cfr")
PROFILES: Final = {profile.name: profile for profile in (DOD, DOD_STRICT, DOD_LENIENT, ISM, CFR)}


def profile_named(name: object) -> Profile:
    """The profile of that name. Raises UnknownValue."""
    found = PROFILES.get(name) if isinstance(name, str) else None
    if found is None:
        raise UnknownValue("marking.profile", field="profile", expected=", ".join(PROFILES))
    return found
