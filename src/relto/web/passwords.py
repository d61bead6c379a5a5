"""Passwords that are refused beyond their length: of words that belong here, and chained of what everybody uses.

Rules: a password is not made of words of this place (the product, nations and cities, the framework, the words for
signing in) and does not hold the login code (ASVS 6.1.2 asks for such a list; this is it); and it is no chain of at
most three pieces of which each is one of the 19,640 common passwords that Django ships, a run of digits, or a run of
one character: so the common passwords that are long enough, and all that are made long enough by repeating or joining
them, are refused. No outside service is asked, and nothing is kept.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Final

from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError

from relto.web.words import said

WORDS: Final = (
    "relto", "bharat", "hindustan", "india", "delhi", "america", "washington", "unitedstates", "isa", "gsomia",
    "classified", "confidential", "secret", "password", "passwort", "passkey", "signin", "login", "logon", "welcome",
)  # fmt: skip
"""No password takes half of its letters or more from these."""
_MOST_PIECES: Final = 3
_SHORTEST_PIECE: Final = 4
_RUN: Final = re.compile(r"(?:\d+|(.)\1+)")
_LONGEST: Final = 128


class OwnWordsValidator:
    """Django's password validator: the words above, and the holder's own login code."""

    def validate(self, password: str, user: Any = None) -> None:
        """Raises ValidationError."""
        given = _letters(password)
        code = _letters(str(getattr(user, "username", "")))
        rest = given
        for word in sorted(WORDS, key=len, reverse=True):
            rest = rest.replace(word, "")
        if (code and code in given) or (rest != given and len(rest) <= len(given) // 2):
            raise ValidationError(said("password", "own_words"), code="password_own_words")

    def get_help_text(self) -> str:
        """What is refused."""
        return said("password", "own_words")


class ChainedValidator:
    """Django's password validator: no chain of common passwords."""

    def validate(self, password: str, user: Any = None) -> None:
        """Raises ValidationError."""
        del user
        if _pieces(password[:_LONGEST].lower().strip()) <= _MOST_PIECES:
            raise ValidationError(said("password", "chained"), code="password_too_common")

    def get_help_text(self) -> str:
        """What is refused."""
        return said("password", "chained")


def _letters(text: str) -> str:
    return re.sub(r"[^0-9a-z\u0900-\u097f]", "", text.lower())


@lru_cache(maxsize=1)
def _known_words() -> frozenset[str]:
    return frozenset(one for one in CommonPasswordValidator().passwords if len(one) >= _SHORTEST_PIECE)


def _pieces(text: str) -> int:
    """Of how few common pieces a text is made; one more than is refused when it is made of none."""
    known, longest = _known_words(), max(map(len, _known_words()))
    none = _MOST_PIECES + 1
    fewest = [0] + [none] * len(text)
    for start in range(len(text)):
        if fewest[start] >= _MOST_PIECES:
            continue
        ends = {start + size for size in range(_SHORTEST_PIECE, longest + 1) if text[start : start + size] in known}
        if run := _RUN.match(text, start):
            ends.add(run.end())
        for end in ends:
            if end <= len(text):
                fewest[end] = min(fewest[end], fewest[start] + 1)
    return fewest[-1]
