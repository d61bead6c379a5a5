"""The attributes of the shipped schema as columns over a grid: keys of people along it, keys of items down it.

It states of many pairs at once what `relto.rules.impact.cases` and `relto.rules.questions` state of one pair; a test
and every weighing compare the two. `PERSON_READS` and `ITEM_READS` say which columns of the holdings an attribute rests
on: two people who are equal in them are equal for it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from relto.base.instants import Instant
from relto.base.nations import Nation
from relto.rules.bundle import Bundle
from relto.rules.facts import LevelCode
from relto.rules.impact.cases import NOT_LISTED, seconds_of
from relto.rules.impact.expressions import Label, Number, Strings, Text, TextSet, Truth, Value, unknown
from relto.rules.impact.holdings import KINDS, STATES, Column, Holdings
from relto.rules.questions import period_seconds

THIS_PERSON, THIS_ITEM, REASON = 1, 2, 3
_VALID = {"validFrom": "valid_from", "validUntil": "valid_until", "statusAt": "status_at", "suspended": "suspended"}
_PAPER = {"release": "release", "consent": "consent", "disclosure": "authorisation", "export": "authorisation"}
_CHOSEN = {"authorisation": "kind", "consent": "by"}
_GIVER = ("owners", "releaser")

PERSON_READS: dict[str, tuple[str, ...]] = {
    "principal.nation": ("nation",), "principal.pseudonym": (), "principal.rank": ("nation", "level"),
    "principal.caveats": ("caveats",), "principal.programmes": ("programmes",),
    "principal.facility.code": ("facility",), "principal.facility.nation": ("nation",),
    "principal.facility.rank": ("nation", "facility_level"),
    "principal.facility.safeguarding": ("nation", "facility_safeguarding"),
    "principal.facility.programmes": ("facility",),
    **{f"principal.{name}": (column,) for name, column in _VALID.items()},
    **{f"principal.facility.{name}": ("facility",) for name in _VALID},
    **{f"principal.{name}": ("valid_from", "valid_until") for name in ("validFrom", "validUntil")},
    "context.releaser": ("nation",), "context.node": ("nation",),
}  # fmt: skip
ITEM_READS: dict[str, tuple[str, ...]] = {
    "resource.code": (), "resource.label": ("level",), "resource.label.rank": ("level",),
    "resource.owners": ("owners",), "resource.everyone": ("audience",), "resource.audience": ("audience",),
    "resource.caveats": ("caveats",), "resource.programme": ("programme",), "resource.exportControlled": ("export",),
    "resource.physical": ("physical",), "resource.registered": ("registered",),
    "context.owner": ("owners",), "context.releaser": _GIVER, "context.node": _GIVER,
    "context.unregisteredMaxRank": ("level",),
}  # fmt: skip
_PAPER_READS = {
    "release": (("facility", "nation"), ("papers", *_GIVER)),
    "consent": (("facility",), ("papers", "owners")),
    "disclosure": (("nation",), ("papers", *_GIVER)),
    "export": (("nation",), ("papers", *_GIVER)),
}
_SCALARS = ("now", "statusMaxAge", "channel", "channels", "agreement.parties", "agreement.from", "agreement.until")


def columns_read(path: str) -> tuple[tuple[str, ...], tuple[str, ...], bool]:
    """(columns of people, columns of items, whether the listing counts). Raises MalformedInput for an unknown path."""
    root, _, rest = path.partition(".")
    group = rest.partition(".")[0]
    if root == "context" and group in _PAPER_READS:
        return *_PAPER_READS[group], False
    if root == "context" and group == "listing":
        return (), (), True
    if path in PERSON_READS or path in ITEM_READS or (root == "context" and rest in _SCALARS):
        return PERSON_READS.get(path, ()), ITEM_READS.get(path, ()), False
    raise unknown(path)


class BundleTables:
    """What a bundle says about the words of the holdings at one instant."""

    def __init__(self, holdings: Holdings, bundle: Bundle, at: Instant, channel: str) -> None:
        """`channel`: code of the channel of a release; empty for an opening, which has none."""
        words, ranks = holdings.words, bundle.ranks
        codes = [LevelCode(*both) for both in zip(words["policies"], words["level_names"], strict=True)]
        nations = [Nation(nation) for nation in words["nations"]]
        agreed = period_seconds(bundle.period)
        self.held = np.array([[ranks.held(one, code) for code in [*codes, None]] for one in nations], dtype=np.int64)
        demanded = [ranks.demanded(code, at) for code in codes]
        shape = (len(codes), len(nations))
        self.known = np.array([[one in tags for one in nations] for tags in demanded], dtype=bool).reshape(shape)
        self.tags = np.array([[tags.get(one, 0) for one in nations] for tags in demanded], dtype=np.int64)
        self.tags = self.tags.reshape(shape)
        self.own = np.array([ranks.own(code) for code in codes], dtype=np.int64)
        self.unregistered = np.array([ranks.unregistered_max(code) for code in codes], dtype=np.int64)
        self.programmes = sorted(bundle.programmes)
        self.agreed = np.zeros((len(words["facilities"]), len(self.programmes)), dtype=bool)
        places = {code: row for row, code in enumerate(words["facilities"])}
        for column, code in enumerate(self.programmes):
            for facility, nation in bundle.programmes[code].facilities.items():
                row = places.get(facility)
                if row is not None and words["nations"][holdings["facility.nation"][row]] == nation:
                    self.agreed[row, column] = True
        self.numbers: dict[str, int] = {
            "now": seconds_of(at), "statusMaxAge": bundle.limits.seconds("assurance_status_max_age"),
            "agreement.from": agreed["from"], "agreement.until": agreed["until"],
        }  # fmt: skip
        stated = [[words["nations"][one] for one in np.flatnonzero(row)] for row in holdings.sets["audiences"]]
        admitted = [bundle.groups.admitted(codes, at) for codes in stated]
        self.admitted = np.array([[one in found for one in words["nations"]] for found in admitted], dtype=bool)
        self.admitted = self.admitted.reshape(holdings.sets["audiences"].shape)
        self.channel = channel
        self.texts: dict[str, list[str]] = {
            "channels": sorted(bundle.limits.codes("approved_channels")),
            "agreement.parties": sorted(bundle.parties),
        }

    def said_of(self, path: str) -> bytes:
        """Everything the bundle says that the attribute rests on: where it is equal, so are the attribute's values."""
        rest = path.removeprefix("context.")
        if path in ("resource.label", "resource.label.rank"):
            return self.known.tobytes() + self.tags.tobytes() + self.own.tobytes()
        if path.endswith((".rank", ".safeguarding")):
            return self.held.tobytes()
        if path == "principal.facility.programmes":
            return repr(self.programmes).encode() + self.agreed.tobytes()
        if path == "resource.audience":
            return self.admitted.tobytes()
        if path == "context.unregisteredMaxRank":
            return self.unregistered.tobytes()
        return repr((self.numbers.get(rest), self.texts.get(rest), self.channel)).encode()


class PaperRows:
    """Releases, authorisations and consents by the set of papers that they belong to."""

    def __init__(self, holdings: Holdings) -> None:
        """Puts each kind of paper in order, once."""
        self.holdings = holdings
        self._order = {
            source: np.argsort(holdings[f"{source}.papers"], kind="stable") for source in set(_PAPER.values())
        }
        self._papers = {source: holdings[f"{source}.papers"][order] for source, order in self._order.items()}

    def table(self, source: str, papers: Column, which: int) -> Column | None:
        """(set of papers, facility or nation) -> row of the paper or -1; of one kind, or of one owner's consents.

        `papers`: some sets of papers, in order. None when there is no such paper.
        """
        held, ordered = self.holdings, self._papers[source]
        start = np.searchsorted(ordered, papers[0])
        stop = np.searchsorted(ordered, papers[-1], side="right")
        rows = self._order[source][start:stop]
        if source in _CHOSEN:
            rows = rows[held[f"{source}.{_CHOSEN[source]}"][rows] == which]
        position = np.searchsorted(papers, held[f"{source}.papers"][rows])
        meant = papers[position] == held[f"{source}.papers"][rows]
        rows, position = rows[meant], position[meant]
        if not len(rows):
            return None
        column = "nation" if source == "authorisation" else "facility"
        last = len(held.words["nations" if source == "authorisation" else "facilities"])
        table = np.full((len(papers), last), -1, dtype=np.int32)
        table[position, held[f"{source}.{column}"][rows]] = rows
        return table


@dataclass(frozen=True)
class Grid:
    """The attributes of the pairs of some people (one a column) and items (one a row), as `Facts` for a rule.

    `listings`: for each column a row of the listings, or NOT_LISTED. `owner`: which of the nations is asked about.
    """

    papers: PaperRows
    tables: BundleTables
    strings: Strings
    releasing: bool
    people: Column
    items: Column
    listings: Column
    owner: int = 0
    _found: dict[str, Column] = field(default_factory=dict)

    @property
    def holdings(self) -> Holdings:
        """The holdings that the papers are of."""
        return self.papers.holdings

    def value(self, path: str) -> Value:
        """The values of an attribute. Raises MalformedInput when unknown."""
        root, _, rest = path.partition(".")
        if root == "principal":
            place, name = self._place, rest.removeprefix("facility.")
            return self._facility(place, name) if rest != name else self._person(rest)
        if root == "resource":
            return self._item(rest)
        group, _, member = rest.partition(".")
        if group in _PAPER and member:
            return self._paper(group, member)
        if group == "listing" and member:
            return self._listing(member)
        return self._case(rest)

    @cached_property
    def _place(self) -> Column:
        return self.holdings["person.facility"][self.people][None, :].astype(np.int64)

    @cached_property
    def _nation(self) -> Column:
        return np.asarray(self.holdings["facility.nation"][self._place].astype(np.int64))

    @cached_property
    def _releaser(self) -> Column:
        releaser = self._of_items("releaser")
        if self.releasing:
            return releaser
        return np.where(self._at_home, self._nation, releaser)

    @cached_property
    def _at_home(self) -> Column:
        return np.asarray(self.holdings.sets["owner_sets"][self._of_items("owners"), self._nation])

    def _of_items(self, name: str) -> Column:
        return np.asarray(self.holdings[f"item.{name}"][self.items][:, None].astype(np.int64))

    def _words(self, name: str) -> tuple[int, ...]:
        return tuple(self.strings.number(word) for word in self.holdings.words[name])

    def _text(self, name: str, rows: Column) -> Text:
        """Words of a list; row -1 is the empty string."""
        return Text(np.array([*self._words(name), 0])[rows])

    def _known(self, group: str, rows: Column, name: str) -> Value:
        column = _VALID[name]
        if column == "suspended":
            return Truth(self.holdings[f"{group}.{column}"][rows])
        values = self.holdings[f"{group}.{column}"][rows].astype(np.int64)
        if column == "status_at":
            return Number(values)
        known = self.holdings[f"{group}.valid_from"][rows] < self.holdings[f"{group}.valid_until"][rows]
        return Number(np.where(known, values, 0))

    def _facility(self, place: Column, name: str) -> Value:
        if name in _VALID:
            return self._known("facility", place, name)
        if name in ("rank", "safeguarding"):
            column = "level" if name == "rank" else name
            return Number(self.tables.held[self._nation, self.holdings[f"facility.{column}"][place]])
        if name == "code":
            return self._text("facilities", place)
        if name == "nation":
            return self._text("nations", self._nation)
        if name == "programmes":
            words = tuple(self.strings.number(word) for word in self.tables.programmes)
            return TextSet(place, self.tables.agreed, words)
        raise unknown(f"principal.facility.{name}")

    def _person(self, name: str) -> Value:
        people = self.people[None, :]
        if name in _VALID:
            return self._known("person", people, name)
        if name == "nation":
            return self._text("nations", self._nation)
        if name == "rank":
            return Number(self.tables.held[self._nation, self.holdings["person.level"][people]])
        if name == "pseudonym":
            return Text(np.array(THIS_PERSON), identity=True)
        if name in ("caveats", "programmes"):
            sets = self.holdings.sets["caveat_sets" if name == "caveats" else "programme_sets"]
            return TextSet(self.holdings[f"person.{name}"][people], sets, self._words(name))
        raise unknown(f"principal.{name}")

    def _item(self, name: str) -> Value:  # noqa: PLR0911  one answer for each attribute
        flags = {"exportControlled": "export", "physical": "physical", "registered": "registered"}
        if name in flags:
            return Truth(self._of_items(flags[name]).astype(bool))
        if name == "code":
            return Text(np.array(THIS_ITEM), identity=True)
        if name == "label":
            tables = self.tables
            return Label(self._of_items("level"), tables.tags, tables.known, self._words("nations"))
        if name == "label.rank":
            return Number(self.tables.own[self._of_items("level")])
        if name == "programme":
            return self._text("programmes", self._of_items("programme"))
        if name == "everyone":
            return Truth(self.holdings.everyone[self._of_items("audience")])
        if name == "audience":
            members = self.tables.admitted & ~self.holdings.everyone[:, None]
            return TextSet(self._of_items("audience"), members, self._words("nations"))
        if name == "owners":
            return TextSet(self._of_items("owners"), self.holdings.sets["owner_sets"], self._words("nations"))
        if name == "caveats":
            return TextSet(self._of_items("caveats"), self.holdings.sets["caveat_sets"], self._words("caveats"))
        raise unknown(f"resource.{name}")

    def _case(self, name: str) -> Value:
        if name in self.tables.numbers:
            return Number(np.array(self.tables.numbers[name], dtype=np.int64))
        if name in self.tables.texts:
            words = tuple(self.strings.number(word) for word in self.tables.texts[name])
            return TextSet(np.array(0), np.ones((1, len(words)), dtype=bool), words)
        if name == "channel":
            return Text(np.array(self.strings.number(self.tables.channel)))
        if name == "unregisteredMaxRank":
            return Number(self.tables.unregistered[self._of_items("level")])
        if name == "owner":
            return self._text("nations", np.array(self.owner))
        if name in ("releaser", "node"):
            return self._text("nations", self._nation if name == "node" and not self.releasing else self._releaser)
        raise unknown(f"context.{name}")

    def _listing(self, name: str) -> Value:
        listed = self.listings[None, :] != NOT_LISTED
        if name in ("person", "item"):
            return Text(np.where(listed, THIS_PERSON if name == "person" else THIS_ITEM, 0), identity=True)
        nothing = np.zeros(listed.shape, dtype=np.int64)
        if not listed.any():
            return Text(nothing, identity=True) if name == "reason" else Number(nothing)
        rows = np.where(listed, self.listings[None, :], 0)
        if name == "reason":
            return Text(np.where(listed & self.holdings["listing.reason"][rows], REASON, 0), identity=True)
        return self._period("listing", name, rows, listed)

    def _period(self, group: str, name: str, rows: Column, there: Column) -> Number:
        if name not in ("from", "until"):
            raise unknown(f"context.{group}.{name}")
        start = self.holdings[f"{group}.from"][rows].astype(np.int64)
        values = start if name == "from" else np.maximum(start, self.holdings[f"{group}.until"][rows])
        return Number(np.where(there, values, 0))

    def _paper(self, group: str, name: str) -> Value:  # noqa: PLR0911  one answer for each member
        source = _PAPER[group]
        rows = self._rows(group)
        there = rows >= 0
        if not there.any():
            return self._absent(group, name)
        rows = np.where(there, rows, 0)
        if name == "item":
            this = there
            if source == "authorisation":
                this = there & (self.holdings["authorisation.programme"][rows] < 0)
            return Text(np.where(this, THIS_ITEM, 0), identity=True)
        if name == "nation":
            return self._text("nations", np.where(there, self._nation, -1))
        if name == "facility" and source != "authorisation":
            return self._text("facilities", np.where(there, self._place, -1))
        if (name, source) == ("state", "release"):
            states = np.array([*(self.strings.number(state) for state in STATES), 0])
            return Text(states[np.where(there, self.holdings["release.state"][rows], -1)])
        if (name, source) == ("by", "consent"):
            return self._text("nations", np.where(there, self.holdings["consent.by"][rows].astype(np.int64), -1))
        if (name, source) == ("programme", "authorisation"):
            programme = self.holdings["authorisation.programme"][rows].astype(np.int64)
            return self._text("programmes", np.where(there, programme, -1))
        return self._period(source, name, rows, there)

    def _absent(self, group: str, name: str) -> Value:
        nothing = np.zeros((1, 1), dtype=np.int64)
        if name in ("from", "until"):
            return Number(nothing)
        known = {"item", "nation", {"release": "state", "consent": "by"}.get(group, "programme")}
        if name in known or (name == "facility" and group in ("release", "consent")):
            return Text(nothing, identity=name == "item")
        raise unknown(f"context.{group}.{name}")

    def _rows(self, group: str) -> Column:
        """For each pair the row of its paper, -1 where it has none."""
        if group not in self._found:
            self._found[group] = self._looked_up(group)
        return self._found[group]

    def _looked_up(self, group: str) -> Column:
        source = _PAPER[group]
        nothing = np.full((1, 1), -1, dtype=np.int32)
        if (source == "release") == self.releasing and source != "consent":
            return nothing
        papers, place = np.unique(self._of_items("papers")[:, 0], return_inverse=True)
        which = KINDS.index(group) if source == "authorisation" else self.owner
        table = self.papers.table(source, papers, which)
        if table is None:
            return nothing
        found = table[place.reshape(-1)[:, None], self._nation if source == "authorisation" else self._place]
        return np.where(self._at_home, -1, found) if source == "release" else np.asarray(found)
