"""Indian markings as text: read, written in Hindi and English, and checked by relto's own rules.

Source: no public grammar was found (labels.md section 8), so the form is ours and every answer says `confirmed: false`
as long as the policy's data does: level (English, Hindi, or both with " / " between), then FGI, then REL TO.

    गुप्त / SECRET//REL TO USA, IND        (गुप्त / S//REL TO USA, IND)        //JOINT गुप्त / SECRET IND USA

1. The words are data of the policy, with their sources; `also_read` words are understood and never written.
2. A mark without a prefix is India's own, and so is `//IND SECRET`, as American documents write it. What India holds of
   another nation has that nation before the Indian level, `//USA गुप्त / SECRET`; several owners stand behind JOINT.
3. RESTRICTED is an Indian level. A control of the United States (ORCON, RELIDO, …) is no Indian one and is refused;
   only NOFORN is read, where the United States alone own it: there it says REL TO with no other nation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Final, Literal, cast

from relto.base.canonical import Json, read_object
from relto.labels.policy import ClassificationPolicy, LevelEntry
from relto.labels.us.codes import TRIGRAPHS, UNITED_STATES, is_known, is_tetragraph, ordered, release_order
from relto.labels.us.faults import Fault, MarkingFaults

Place = Literal["banner", "portion"]
MAX_TEXT: Final = 1024
_MAX_CODES = 256
_MIN_JOINT = 2
_HINDI = "hi"
_NO_AMERICAN_LEVEL = "RESTRICTED"
_AMERICAN_ONLY: Final = (UNITED_STATES,)
_NOFORN: Final[Mapping[Place, str]] = {"banner": "NOFORN", "portion": "NF"}
_MEMBERS = frozenset(
    {"kind", "policy", "classification", "owners", "fgi_countries", "concealed_fgi", "rel_to", "confirmed"}
)


@dataclass(frozen=True)
class IndianMarking:
    """What an Indian mark says. `fgi` None: none; empty: the source is concealed.

    `rel_to` empty: not stated; the United States alone, who then own it alone: NOFORN.
    """

    entry: LevelEntry
    owners: tuple[str, ...]
    fgi: tuple[str, ...] | None
    rel_to: tuple[str, ...]

    @property
    def confirmed(self) -> bool:
        """True when an authority stands behind the level's words; false for every shipped Indian word."""
        return self.entry.provenance.confirmed


def _rules() -> Mapping[str, Fault]:
    data = resources.files("relto.labels").joinpath("data", "indian_rules.json").read_bytes()
    rows = cast("list[dict[str, str]]", read_object(data, field="rules", max_bytes=MAX_TEXT * 64)["rules"])
    return {
        row["code"]: Fault(f"relto-IND-{number}", "-", row["code"], row["message"], row["fix"])
        for number, row in enumerate(rows, start=1)
    }


RULES: Final = _rules()


def parse_indian(text: str, place: Place, policy: ClassificationPolicy) -> IndianMarking:
    """The mark as a value. Raises MarkingFaults that says what is wrong with it."""
    bare = text.strip()
    if not bare or len(bare) > MAX_TEXT or not bare.isprintable():
        raise _wrong("text")
    if place == "portion":
        if not (bare.startswith("(") and bare.endswith(")")):
            raise _wrong("parentheses")
        bare = bare[1:-1]
    foreign = bare.startswith("//")
    first, *fields = bare.removeprefix("//").split("//")
    entry, owners = _read_level(first, policy, is_prefixed=foreign)
    fgi: tuple[str, ...] | None = None
    rel_to: tuple[str, ...] = ()
    if fields and (fields[0] == "FGI" or fields[0].startswith("FGI ")):
        words = fields.pop(0).split(" ")[1:]
        fgi = _codes(words) if words else ()
    if fields and fields[0].startswith("REL TO "):
        rel_to = _codes(fields.pop(0).removeprefix("REL TO ").split(", "))
        if len(rel_to) == 1:
            raise _wrong("release_owner")
    elif fields and fields[0] == _NOFORN[place] and owners == _AMERICAN_ONLY:
        rel_to = _AMERICAN_ONLY
        fields.pop(0)
    if fields:
        raise _wrong("field")
    return _checked(IndianMarking(entry, owners, None if fgi is None else ordered(fgi), release_order(rel_to)))


def render_indian(marking: IndianMarking, place: Place, policy: ClassificationPolicy, language: str = _HINDI) -> str:
    """The mark. In a language of the policy other than English: its word and the English one."""
    entry = marking.entry
    english = entry.markings["en"] if place == "banner" else entry.portion
    word = entry.markings.get(language, english)
    level = english if language == "en" or word == english else f"{word} / {english}"
    if len(marking.owners) > 1:
        level = f"//JOINT {level} {' '.join(marking.owners)}"
    elif language == "en" or marking.owners != (policy.nation,):
        level = f"//{marking.owners[0]} {level}"
    fields = [level]
    if marking.fgi is not None:
        fields.append(" ".join(["FGI", *marking.fgi]))
    if marking.rel_to == _AMERICAN_ONLY:
        fields.append(_NOFORN[place])
    elif marking.rel_to:
        fields.append(f"REL TO {', '.join(marking.rel_to)}")
    text = "//".join(fields)
    return text if place == "banner" else f"({text})"


def answer_indian(request: Mapping[str, object], policy: ClassificationPolicy) -> dict[str, Json]:
    """One line of a batch for policy IND, as `relto.labels.batch` answers for USA. Total: an object comes back."""
    try:
        operation = request.get("op", "parse")
        if operation not in {"parse", "render"}:
            raise _wrong("request")
        if operation == "render":
            marking, kind = indian_from_dict(request.get("label"), policy)
        else:
            text = request.get("text")
            if not isinstance(text, str):
                raise _wrong("request")
            kind = _place(request.get("kind"))
            marking = parse_indian(text, kind, policy)
    except MarkingFaults as wrong:
        return {"ok": False, "faults": [{**fault.as_dict()} for fault in wrong.faults]}
    return {
        "ok": True,
        "label": {
            "kind": kind,
            "policy": policy.name,
            "classification": marking.entry.level.name.replace(" ", "_"),
            "owners": [*marking.owners],
            "fgi_countries": [*(marking.fgi or ())],
            "concealed_fgi": marking.fgi == (),
            "rel_to": [*marking.rel_to],
            "confirmed": marking.confirmed,
        },
        "rendered": {
            "banner": render_indian(marking, "banner", policy),
            "portion": render_indian(marking, "portion", policy),
            "english_banner": render_indian(marking, "banner", policy, "en"),
            "english_portion": render_indian(marking, "portion", policy, "en"),
        },
    }


def _read_level(text: str, policy: ClassificationPolicy, *, is_prefixed: bool) -> tuple[LevelEntry, tuple[str, ...]]:
    own = (str(policy.nation),)
    if not is_prefixed:
        return _level(text, policy), own
    prefix, _, rest = text.partition(" ")
    if prefix in TRIGRAPHS:
        return _level(rest, policy), (prefix,)
    if prefix != "JOINT":
        raise _wrong("owner")
    words = text.removeprefix("JOINT ").split(" ")
    owners: list[str] = []
    # The level's words come first; the owners are the codes at the end, and no level ends in a word of three letters.
    while words and is_known(words[-1], strict=True):
        owners.insert(0, words.pop())
    if len(owners) < _MIN_JOINT:
        raise _wrong("owner")
    return _level(" ".join(words), policy), ordered(_codes(owners))


def _level(text: str, policy: ClassificationPolicy) -> LevelEntry:
    found = [_entry(word, policy) for word in text.split(" / ")]
    if None in found or len(found) > 2:  # noqa: PLR2004  the Hindi word and the English one
        raise _wrong("level")
    if len(set(map(id, found))) > 1:
        raise _wrong("words_differ")
    return cast("LevelEntry", found[0])


def _entry(word: str, policy: ClassificationPolicy) -> LevelEntry | None:
    for entry in policy.entries:
        further = (term for terms in entry.also_read.values() for term in terms)
        if word in {entry.portion, *entry.markings.values(), *further}:
            return entry
    return None


def _codes(words: Sequence[str]) -> tuple[str, ...]:
    known = all(is_known(word, strict=True) for word in words)
    if not known or not words or len(set(words)) != len(words) or len(words) > _MAX_CODES:
        raise _wrong("codes")
    return tuple(words)


def _checked(marking: IndianMarking) -> IndianMarking:
    """The release names nations, every owner among them and one more; a group's members are the source's affair.

    Only what the United States own alone has a mark that it is for nobody else. No owner is a foreign source, and
    what the United States own with India is never RESTRICTED (32 CFR 2001.24(a)).
    """
    if any(map(is_tetragraph, marking.rel_to)):
        raise _wrong("codes")
    if set(marking.fgi or ()) & set(marking.owners):
        raise _wrong("fgi_owner")
    if UNITED_STATES in marking.owners and marking.entry.level.name == _NO_AMERICAN_LEVEL:
        raise _wrong("joint_restricted")
    for_nobody_else = marking.rel_to == marking.owners == _AMERICAN_ONLY
    is_release = set(marking.rel_to) >= set(marking.owners) and len(marking.rel_to) > 1
    if marking.rel_to and not (is_release or for_nobody_else):
        raise _wrong("release_owner")
    return marking


def indian_from_dict(value: object, policy: ClassificationPolicy) -> tuple[IndianMarking, Place]:
    """The mark that a label object of a batch line says. Raises MarkingFaults."""
    if not isinstance(value, Mapping) or not set(value) <= _MEMBERS:
        raise _wrong("request")
    lists = {name: value.get(name, []) for name in ("owners", "fgi_countries", "rel_to")}
    word, concealed = value.get("classification"), value.get("concealed_fgi", False)
    plain = all(isinstance(v, list) and all(isinstance(i, str) for i in v) for v in lists.values())
    if not plain or not isinstance(word, str) or not isinstance(concealed, bool):
        raise _wrong("request")
    sources = tuple(lists["fgi_countries"])
    owners = _codes(lists["owners"]) if lists["owners"] else (str(policy.nation),)
    if len(owners) == 1 and is_tetragraph(owners[0]):
        raise _wrong("owner")
    if sources and concealed:
        raise _wrong("request")
    fgi = () if concealed else ordered(_codes(sources)) if sources else None
    rel_to = release_order(_codes(lists["rel_to"])) if lists["rel_to"] else ()
    entry = _level(word.replace("_", " "), policy)
    return _checked(IndianMarking(entry, ordered(owners), fgi, rel_to)), _place(value.get("kind", "banner"))


def _place(kind: object) -> Place:
    if kind == "banner":
        return "banner"
    if kind == "portion":
        return "portion"
    raise _wrong("request")


def _wrong(code: str) -> MarkingFaults:
    return MarkingFaults([RULES[code]])
