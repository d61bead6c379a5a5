"""How deep Cedar text may nest: bounded before the parser of the decision engine sees it.

The parser descends once for each bracket and ends the whole process when the stack is used up (a thousand are enough),
and it takes minutes over a `has` with two thousand members. Drafts come from people of this nation and, as proposals,
from the partner's node, so nothing of the kind is given to it. Lexed as Cedar does: texts in quotes with escapes,
comments to the end of a line.
"""

from __future__ import annotations

import re
from typing import Final

from relto.base.errors import MalformedInput

MOST_DEEP: Final = 24
"""Of brackets, and of members in one chain. The gates that ship nest four deep."""
_TOKENS: Final = re.compile(r'"(?:[^"\\]|\\.)*+"?|//[^\r\n]*+|\w++|[^\s\w]', re.DOTALL)
_OPENING, _CLOSING = frozenset("([{"), frozenset(")]}")
_TYPES: Final = {"<": 1, ">": -1}
"""They nest in a schema (Set<Set<Long>>); in policies they compare."""


def require_shallow(text: str, *, field: str, types: bool = False) -> None:
    """Raises MalformedInput("bundle.cedar_depth") for a text that nests too deep. `types`: it is a schema."""
    depth = chain = 0
    for piece in _TOKENS.findall(text):
        step = (piece in _OPENING) - (piece in _CLOSING) + (_TYPES.get(piece, 0) if types else 0)
        depth = max(0, depth + step)  # whatever closes too much is refused by the parser, and hides nothing
        if piece == ".":
            chain += 1
        elif not piece.isidentifier() and not piece.startswith("//"):
            chain = 0
        if max(depth, chain) > MOST_DEEP:
            expected = f"brackets and members nested at most {MOST_DEEP} deep"
            raise MalformedInput("bundle.cedar_depth", field=field, expected=expected)
