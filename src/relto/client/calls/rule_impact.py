"""What a draft changes and would have changed, and what would mend a refusal: asked of the own node."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlencode

from relto.base.instants import instant_text
from relto.client.answers.reading import read_answer
from relto.client.answers.rule_impact import PeriodReplay, RuleImpact, WhatIf
from relto.client.calls.agreement import OCTETS
from relto.client.session import part
from relto.client.steps import Call, Request, get


def weigh_draft(file: bytes) -> Call[RuleImpact]:
    """Have the node weigh a draft, signed or not, on what it holds; nothing is activated."""
    request = Request("POST", "/bundles/impacts", content=file, headers=OCTETS)
    return Call(request, lambda value: read_answer(RuleImpact, value))


def replay_under_draft(file: bytes, since: datetime, until: datetime, cursor: str = "") -> Call[PeriodReplay]:
    """Have a period's decisions made again under a draft; `cursor`: of the answer before, for the rest."""
    request = Request("POST", f"/bundles/replays?{_period(since, until, cursor)}", content=file, headers=OCTETS)
    return Call(request, lambda value: read_answer(PeriodReplay, value))


def replay_period(since: datetime, until: datetime, cursor: str = "") -> Call[PeriodReplay]:
    """Have a period's decisions made again by the rules of their day; `cursor`: of the answer before, for the rest."""
    return get(f"/replays?{_period(since, until, cursor)}", PeriodReplay)


def what_if(reference: str, changes: Sequence[str] = ()) -> Call[WhatIf]:
    """What would have made a refused decision permitted; `changes`: codes of remedies to be tried as they are named."""
    query = urlencode([("change", one) for one in changes])
    return get(f"/decisions/{part(reference)}/what-if" + (f"?{query}" if query else ""), WhatIf)


def _period(since: datetime, until: datetime, cursor: str) -> str:
    asked = {"since": instant_text(since), "until": instant_text(until), "cursor": cursor}
    return urlencode({name: value for name, value in asked.items() if value})
