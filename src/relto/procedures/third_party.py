"""Passing a received item on to a third party: only with the originator's written consent (GSO-13, ISA-26, promise 4).

The holder's company asks, its authority forwards, the originator's authority answers for this one item, recipient,
purpose and period. A consent can be withdrawn; a refusal ends the request, and another one may be made. An originator's
node that will not take the request at all refuses it too.
"""

from relto.procedures.actors import Role
from relto.procedures.table import Table, Transition

ASKED = "asked"
DECLINED = "declined"
FORWARDED = "forwarded"
CONSENTED = "consented"
REFUSED = "refused"
WITHDRAWN = "withdrawn"

_OFFICER = frozenset({Role.RELEASE_OFFICER})

THIRD_PARTY = Table(
    name="third_party",
    start=ASKED,
    states=(ASKED, DECLINED, FORWARDED, CONSENTED, REFUSED, WITHDRAWN),
    transitions=(
        Transition("forward", frozenset({ASKED}), FORWARDED, _OFFICER, guards=("reason_given",)),
        Transition("decline", frozenset({ASKED}), DECLINED, _OFFICER, guards=("reason_given",)),
        Transition("consent", frozenset({FORWARDED}), CONSENTED, _OFFICER, guards=("reason_given", "within_request")),
        Transition("refuse", frozenset({FORWARDED}), REFUSED, _OFFICER, guards=("reason_given",)),
        Transition("withdraw", frozenset({CONSENTED}), WITHDRAWN, _OFFICER, guards=("reason_given",), at_will=True),
        Transition("receive_consent", frozenset({FORWARDED}), CONSENTED, guards=("originator_signed",)),
        Transition("reject", frozenset({FORWARDED}), REFUSED, guards=("final_refusal",)),
        Transition("receive_refusal", frozenset({FORWARDED}), REFUSED, guards=("originator_signed",)),
        Transition(
            "receive_withdrawal", frozenset({CONSENTED}), WITHDRAWN, guards=("originator_signed",), at_will=True
        ),
    ),
)
