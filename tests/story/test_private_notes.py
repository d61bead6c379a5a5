"""Private notes stay at home: a negotiation with notes on everything, and every thing that leaves a node looked into.

Both co-chairs keep notes on each kind of entry. Then the link, a courier, the ledger's export, the files of the
alignment, the papers and the reports are searched for any word or id of a note, with every envelope opened, every
package unpacked and every PDF read; and so is the whole store of the partner.
"""

from __future__ import annotations

import base64
import io
import re
import zipfile
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from django.apps import apps

from relto.adapters.log_files import FolderLogFiles
from relto.alignment.shared_record import ABOUT
from relto.alignment.shipped_templates import shipped_template
from relto.base.nations import Nation
from relto.ledger.notes import KeyType, NoteKey
from relto.services.alignment import actions, exporting, meetings, reading, saying
from relto.services.alignment.annual_report import annual_report
from relto.services.alignment.law_changes import record_law_change
from relto.services.alignment.law_notices import notice
from relto.services.alignment.measures import work_measured
from relto.services.alignment.measures_file import as_csv
from relto.services.alignment.meeting_papers import meeting_calendar, meeting_paper, papers_of
from relto.services.alignment.templates import propose_template
from relto.services.courier_making import bundle_stream, make_bundle
from relto.services.courier_reading import read_bundle
from relto.services.courier_taking import Taking
from relto.services.export import export_chunks
from relto.services.message_kinds import HANDLERS, SETTLED
from relto.services.sequencing import LogKeys, sequence
from relto.store.models import AlignmentNote, AlignmentStatement, OutboxMessage
from tests.support.houses import IND, START, USA
from tests.support.negotiation import agreed_by_both, loosened, position, tabled
from tests.support.two_houses import OTHER, TwoHouses

CHAIR = "co_chair"
PAIR = ["LIM-12", "LIM-34"]
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{24,}={0,2}")
_DEEPEST = 6


@pytest.fixture
def two(db: None, tmp_path: Path) -> Iterator[TwoHouses]:
    """Both nodes, at work."""
    with TwoHouses(tmp_path) as made:
        yield made


def opened(data: bytes, depth: int = 0) -> Iterator[bytes]:
    """The bytes, and whatever they hold: what base64 says, members of a package, the text of a PDF."""
    yield data
    if depth == _DEEPEST:
        return
    if data.startswith(b"%PDF"):
        document = pypdfium2.PdfDocument(data)
        yield "".join(page.get_textpage().get_text_range() for page in document).encode()
        for number in range(document.count_attachments()):
            yield from opened(bytes(document.get_attachment(number).get_data()), depth + 1)
    elif data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            for name in package.namelist():
                yield from opened(package.read(name), depth + 1)
    else:
        for match in _BASE64.finditer(data):
            try:
                inside = base64.b64decode(match[0].replace(b"-", b"+").replace(b"_", b"/") + b"==")
            except ValueError:
                continue
            yield from opened(inside, depth + 1)


def store_of(two: TwoHouses, nation: Nation) -> Iterator[bytes]:
    """Every value of every row in a node's store, but its own notes and its ledger's entries."""
    with two.at(nation):
        for model in apps.get_app_config("store").get_models():
            if model is not AlignmentNote:
                for row in model._default_manager.values_list():
                    yield repr(row).encode()


def negotiate(two: TwoHouses, first: Nation) -> None:
    """Every kind of entry, by this nation and its partner, some agreed, some only tabled."""
    second = OTHER[first]
    asked: dict[str, Any] = {"question": "Who counts, and when?", "provisions": PAIR, "owner": str(second)}
    raised = two.do(first, CHAIR, saying.raise_divergence, **asked)
    two.do(first, CHAIR, saying.relate, provisions=PAIR, to=second, relation="intersects", reason="r", confidence="low")
    two.deliver()
    two.do(second, CHAIR, saying.raise_divergence, entry=raised, **asked)
    two.do(second, CHAIR, saying.comment, about=raised, text="see chapter 5")
    two.deliver()
    joint = tabled(two, first)
    agreed_by_both(two, first, joint)
    executable = tabled(two, second, draft=loosened())
    position(two, first, executable, "objects", "not yet")
    plan = meetings.Plan(
        host=str(first),
        place="New Delhi",
        starts=START + timedelta(days=20),
        ends=START + timedelta(days=20, hours=6),
        zone="Asia/Kolkata",
        form="in_person",
    )
    two.do(first, CHAIR, meetings.plan, plan)
    what = {"en": "Draft the joint text."}
    two.do(first, CHAIR, actions.act, about=raised, what=what, owner=str(second), role=CHAIR, due=date(2026, 12, 18))
    two.deliver()


def publish(two: TwoHouses) -> None:
    """A nation's change of law, and a joint template."""
    two.do(
        IND,
        CHAIR,
        record_law_change,
        source="Security Manual for Licensed Defence Industries",
        edition="SMLDI 2025",
        replaces="SMLDI 2014",
        published=date(2025, 7, 3),
        in_force_from=date(2025, 7, 3),
        citation="SMLDI 2025",
        evidence="secondary",
        provisions=[{"provision": "IND-02", "word": "changed", "text": "Two categories."}],
        consultation_until=(START + timedelta(days=60)).date(),
    )
    two.do(USA, CHAIR, propose_template, dict(shipped_template("contract_security_clauses")))
    two.deliver()


def keep_notes(two: TwoHouses) -> dict[Nation, list[bytes]]:
    """A note of each nation on every entry that it holds; the words and ids that must be found nowhere."""
    canaries: dict[Nation, list[bytes]] = {}
    for nation in (USA, IND):
        with two.at(nation) as node:
            entries = sorted(set(AlignmentStatement.objects.values_list("entry", flat=True)))
            for number, entry in enumerate(entries):
                text = f"canary-{nation}-{number:03d} kanarienvogel our fallback \u0939\u092e {entry}"
                saying.note(node.house, node.actor(CHAIR), entry=entry, text=text)
            held = list(AlignmentNote.objects.all())
            assert len(held) == len(entries)
            ids = [row.id.encode() for row in held]
            canaries[nation] = [f"canary-{nation}".encode(), b"kanarienvogel", "\u0939\u092e ale_".encode(), *ids]
    return canaries


def by_courier(two: TwoHouses, nation: Nation, folder: Path) -> bytes:
    """What waits for the partner goes by courier and is taken there; the bytes on the medium."""
    partner = OTHER[nation]
    with two.at(nation) as node:
        files = FolderLogFiles(folder / f"log-{nation}")
        made = make_bundle(node.house, node.actor("operator"), partner, files=files)
        _, chunks = bundle_stream(node.house, node.actor("operator"), partner, made.number)
        medium = b"".join(chunks)
    with two.at(partner) as node:
        read_bundle(node.house, node.actor("operator"), iter([medium]))
        node.clock.forward(seconds=10)
        assert Taking(node.house, f"worker-{partner}", HANDLERS, SETTLED).take_bundles()
    return medium


def log_of(two: TwoHouses, nation: Nation, folder: Path) -> bytes:
    """The ledger's export, after everything in it is sequenced."""
    with two.at(nation) as node:
        files, origin = FolderLogFiles(folder / f"log-{nation}"), node.house.ledger_origin
        keys = LogKeys(
            NoteKey.from_seed(origin, KeyType.ED25519, nation.encode() * 10 + b"N1"),
            NoteKey.from_seed(origin, KeyType.MLDSA44_COSIGNATURE, nation.encode() * 10 + b"N2"),
        )
        while sequence(node.house, keys, files, f"worker-{nation}"):
            pass
        return b"".join(export_chunks(node.house, node.actor("inspector"), files))


def papers(two: TwoHouses, nation: Nation) -> Iterator[bytes]:
    """Every paper, file and report that the node gives of the alignment, as people who may take them take them."""
    with two.at(nation) as node:
        house, chair = node.house, node.actor(CHAIR)
        for form in exporting.MEDIA_TYPES:
            yield b"".join(exporting.export_alignment(house, chair, form).chunks)
        yield as_csv(work_measured(house, chair))
        yield annual_report(house, chair, START.year, "both").content
        for row in meetings.meetings(house, chair):
            detail = meetings.meeting(house, chair, row.entry)
            yield from (meeting_paper(house, chair, row.entry, code).content for code in papers_of(detail))
            yield meeting_calendar(house, chair, row.entry).content
        laws = AlignmentStatement.objects.filter(kind="law_change").values_list("entry", flat=True)
        yield from (notice(house, chair, entry, "both").content for entry in sorted(set(laws)))


def test_no_word_of_a_private_note_is_in_anything_that_leaves_a_node(two: TwoHouses, tmp_path: Path) -> None:
    negotiate(two, USA)
    publish(two)
    notes = keep_notes(two)
    # With notes at home on both sides, the negotiation goes on: by the link, and by courier while it is down.
    negotiate(two, IND)
    for nation in (USA, IND):
        two.wires[nation].cut = True
        question = two.do(nation, CHAIR, saying.raise_divergence, question="By courier?", provisions=PAIR, owner="IND")
        two.do(nation, CHAIR, saying.note, entry=question, text=f"canary-{nation} kanarienvogel on the courier's")
    left: list[tuple[str, bytes]] = []
    for nation in (USA, IND):
        left += [("courier", by_courier(two, nation, tmp_path))]
        left += [("paper", one) for one in papers(two, nation)]
        with two.at(nation):
            left += [("message", bytes(row.envelope)) for row in OutboxMessage.objects.all()]
        left += [("answer", answer.envelope) for answer in two.wires[nation].answers]
    left += [("ledger", log_of(two, nation, tmp_path)) for nation in (USA, IND)]
    with two.at(IND) as node:
        held = reading.record(node.house, node.actor(CHAIR), kind="divergence")
        kinds = set(AlignmentStatement.objects.values_list("kind", flat=True))
    assert "By courier?" in {row.title for row in held}, "the courier's words arrived"
    assert kinds >= {"relation", "divergence", "comment", "proposal", "meeting", "action", "law_change", "template"}
    assert kinds & set(ABOUT) >= {"comment", "signature", "position"}
    searched = [(what, piece) for what, data in left for piece in opened(data)]
    assert any(b"Who counts, and when?" in piece for what, piece in searched if what == "message")
    assert any(b"Who counts, and when?" in piece for what, piece in searched if what == "paper")
    for nation, canaries in notes.items():
        assert [(what, one) for what, piece in searched for one in canaries if one in piece] == []
        store = b"\n".join(store_of(two, OTHER[nation]))
        assert [one for one in canaries if one in store] == []
