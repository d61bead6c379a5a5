"""One line of `relto label … --batch`, answered: an object in, an object out, never an exception.

In: `{"kind": "banner" | "portion" | "authority", "policy": "USA", "text": "…"}`, and to render a label again
`{"op": "render", "label": {…}}` with the object that parse gave (it names its policy). `profile` (dod, dod-strict,
dod-lenient, ism, cfr) may be added. Out: `{"ok": true, "label": {…}, "rendered": {…}}` or
`{"ok": false, "faults": [{"rule", "paragraph", "message", "fix"}]}`.

`rendered` of a US marking: `banner` and `short` (abbreviations), `long` (titles), `portion`; of an authority block:
`authority`, and `ism`. A legacy mark is read and never written: there each rendering is null.
Of policy IND: `banner`, `portion` (Hindi and English), `english_banner`, `english_portion`; `confirmed` in the label
says whether an authority stands behind the words.
A text has at most 8 KiB. The sentences are English; see `us.faults`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from relto.base.canonical import Json
from relto.base.errors import MalformedInput, UnknownValue
from relto.labels.indian import answer_indian
from relto.labels.shipped import shipped_policies
from relto.labels.us.authority import AuthorityBlock, parse_authority, render_authority, validate_authority
from relto.labels.us.checks import legacy_codes, validate
from relto.labels.us.faults import Fault, MarkingFaults, fault
from relto.labels.us.label_object import authority_as_dict, authority_from_dict, marking_as_dict, marking_from_dict
from relto.labels.us.profiles import DOD, ISM, Profile, profile_named
from relto.labels.us.reading import parse_banner, parse_portion
from relto.labels.us.tokens import Place
from relto.labels.us.values import Marking, as_marking
from relto.labels.us.writing import render_banner, render_portion

MAX_TEXT_BYTES: Final = 8 * 1024
INDIA: Final = "IND"
Answer = dict[str, Json]
_MEMBERS: Final = frozenset({"op", "kind", "policy", "text", "label", "profile"})
_PLACES: Final[Mapping[str, Place]] = {"banner": "banner", "portion": "portion"}


def answer(request: Mapping[str, object]) -> dict[str, Json]:
    """The answer to one request. Total: whatever is given, an object comes back."""
    try:
        return _answer(request)
    except MarkingFaults as wrong:
        return refused(wrong.faults)
    except UnknownValue:
        return refused([fault("request_profile")])
    except MalformedInput:
        return refused([fault("label_object")])


def refused(faults: tuple[Fault, ...] | list[Fault]) -> Answer:
    """The answer that says what is wrong."""
    return {"ok": False, "faults": [{**each.as_dict()} for each in faults]}


def _answer(request: object) -> Answer:
    if not isinstance(request, Mapping) or not set(request) <= _MEMBERS:
        return refused([fault("request_member")])
    label = request.get("label")
    policy = request.get("policy", _policy_of(label))
    answerer = _POLICIES.get(policy) if isinstance(policy, str) else None
    if answerer is None:
        return refused([fault("request_policy")])
    return answerer(request)


def _policy_of(label: object) -> object:
    """The policy that a label object names. One without it that has `type` is a US marking: only they have that."""
    if not isinstance(label, Mapping):
        return None
    return label.get("policy", "USA" if "type" in label else None)


def _united_states(request: Mapping[str, object]) -> Answer:
    profile = profile_named(request.get("profile", DOD.name))
    operation = request.get("op", "parse")
    if operation == "render":
        return _render(request, profile)
    if operation != "parse":
        return refused([fault("request_op")])
    text, kind = request.get("text"), request.get("kind")
    if not isinstance(text, str) or len(text) > MAX_TEXT_BYTES or len(text.encode("utf-8", "replace")) > MAX_TEXT_BYTES:
        return refused([fault("request_text")])
    if kind == "authority":
        return _of_authority(parse_authority(text))
    place = _PLACES.get(kind) if isinstance(kind, str) else None
    if place is None:
        return refused([fault("request_kind")])
    parse = parse_banner if place == "banner" else parse_portion
    return _of_marking(parse(text, profile), place, profile)


def _render(request: Mapping[str, object], profile: Profile) -> Answer:
    label = request.get("label")
    kind = request.get("kind")
    if kind is None and isinstance(label, Mapping):
        kind = label.get("kind", "banner")
    if kind == "authority":
        block = authority_from_dict(label)
        faults = validate_authority(block)
        if faults:
            raise MarkingFaults(faults)
        render_authority(block, profile)
        return _of_authority(block)
    place = _PLACES.get(kind) if isinstance(kind, str) else None
    if place is None:
        return refused([fault("request_kind")])
    parts = marking_from_dict(label)
    faults = (*validate(parts, place, profile), *(fault(code) for code in legacy_codes(parts)))
    if faults:
        raise MarkingFaults(faults)
    return _of_marking(as_marking(parts), place, profile)


def _of_marking(marking: Marking, place: Place, profile: Profile) -> Answer:
    def unless_legacy(render: Callable[[], str]) -> str | None:
        return None if legacy_codes(marking) else render()

    rendered: dict[str, Json] = {
        "banner": unless_legacy(lambda: render_banner(marking, "short", profile)),
        "short": unless_legacy(lambda: render_banner(marking, "short", profile)),
        "long": unless_legacy(lambda: render_banner(marking, "long", profile)),
        "portion": unless_legacy(lambda: render_portion(marking, profile)),
    }
    if marking.rel_as_banner:  # its list is the banner's, which is not known here
        rendered |= {"banner": None, "short": None, "long": None}
    return {"ok": True, "label": marking_as_dict(marking, place), "rendered": rendered}


def _of_authority(block: AuthorityBlock) -> Answer:
    texts: list[str | None] = [None, None]
    if block.declassify_on.legacy is None:
        texts = [render_authority(block, DOD), render_authority(block, ISM)]
    return {"ok": True, "label": authority_as_dict(block), "rendered": {"authority": texts[0], "ism": texts[1]}}


def _india(request: Mapping[str, object]) -> Answer:
    """Indian marks have one form; a profile is a question of American spelling."""
    return answer_indian(request, shipped_policies().by_name(INDIA))


_POLICIES: Final[Mapping[str, Callable[[Mapping[str, object]], Answer]]] = {"USA": _united_states, INDIA: _india}
