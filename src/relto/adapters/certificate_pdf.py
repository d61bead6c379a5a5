"""The certificate of a reconciliation as a form (PDF): for people and files. What counts is the signed machine form.

Promises: the form holds what the certificate says and nothing else, in English and Hindi side by side; both nations'
declarations, what was compared, what was not shown, every finding with who must act; the digest of the certificate and
page n/m on each page; the marking above and below. The text of a certificate never becomes markup.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from importlib import resources
from typing import Any, cast

import typst

from relto.adapters.words import legal_sentence, sentence
from relto.base.canonical import Json
from relto.base.errors import ReltoError
from relto.exchange.reconciliation_certificate import Certificate
from relto.ledger.notes import read_note
from relto.ledger.tree_head import read_checkpoint_text

_MOST_LISTED = 500
_SPOKEN = ("en", "hi")
_FORM = """
#let d = json(bytes(sys.inputs.certificate))
#set document(title: d.title.en, date: none)
#set text(font: ("Noto Sans", "Noto Sans Devanagari"), size: 9pt, lang: "en")
#set par(justify: false)
#let mark = align(center, text(weight: 700, size: 10pt, d.marking))
#set page(
  paper: "a4", margin: (x: 18mm, top: 24mm, bottom: 26mm),
  header: mark,
  footer: context [
    #text(size: 7pt)[#d.digest_words #raw(d.digest)
      #h(1fr) #counter(page).display("1 / 1", both: true)]
    #mark
  ],
)
#let both(pair, size: 9pt, weight: 400) = grid(
  columns: (1fr, 1fr), column-gutter: 8mm,
  text(size: size, weight: weight, pair.en), text(size: size, weight: weight, lang: "hi", pair.hi),
)
#let section(pair) = { v(4mm); both(pair, size: 11pt, weight: 700); v(1mm) }
#both(d.title, size: 15pt, weight: 700)
#v(2mm)
#block(width: 100%, stroke: 0.8pt, inset: 3mm, both(d.outcome, size: 12pt, weight: 700))
#v(2mm)
#table(columns: (1fr, 1fr), stroke: 0.4pt, inset: 2mm, ..d.facts.map(row => (row.at(0), row.at(1))).flatten())
#section(d.words.sides)
#grid(columns: (1fr, 1fr), column-gutter: 6mm, ..d.sides.map(side => block(
  width: 100%, stroke: 0.8pt, inset: 3mm, breakable: false)[
  #text(weight: 700, size: 12pt, side.nation)
  #for row in side.rows [
    #v(1mm)#text(size: 7pt, row.at(0))\\
    #text(size: 8pt, row.at(1))
  ]
]))
#section(d.words.findings)
#if d.findings.len() == 0 [#both(d.words.none)] else [
  #table(
    columns: (auto, 1fr, 1fr, auto), stroke: 0.4pt, inset: 1.6mm,
    table.header(..d.columns.map(one => text(weight: 700, size: 8pt, one))),
    ..d.findings.flatten().map(one => text(size: 7.5pt, one)),
  )
]
#section(d.words.compared)
#for one in d.compared [#both(one, size: 8pt)]
#section(d.words.not_shown)
#for one in d.not_shown [#both(one, size: 8pt)]
"""


def certificate_pdf(certificate: Certificate, *, marking: str) -> bytes:
    """The form. `marking`: the line above and below each page, such as that of a training node."""
    fonts = resources.files("relto.adapters").joinpath("fonts")
    with resources.as_file(fonts) as folder:
        set_form: Callable[..., bytes] = typst.compile
        return set_form(
            _FORM.encode(),
            font_paths=[str(folder)],
            ignore_system_fonts=True,
            sys_inputs={"certificate": json.dumps(_content(certificate, marking), ensure_ascii=False)},
        )


def _pair(code: str) -> dict[str, str]:
    return {language: sentence(code, language) for language in _SPOKEN}


def _side_by_side(code: str) -> str:
    return " / ".join(_pair(code).values())


def _content(certificate: Certificate, marking: str) -> dict[str, Any]:
    body = certificate.body
    bounds = cast("dict[str, Any]", body["bounds"])
    listed = certificate.findings[:_MOST_LISTED]
    facts = [
        ("programme", str(body["programme"])),
        ("asked_by", str(body["asker"])),
        ("at", str(body["at"])),
        ("run", str(body["run"])),
        ("openings_until", str(bounds["until"])),
        *(
            (f"messages {name}", f"< {one['below']} (+{one['beyond']})")
            for name, one in sorted(cast("dict[str, dict[str, int]]", bounds["messages"]).items())
        ),
    ]
    if len(listed) < len(certificate.findings):
        facts.append(("findings", str(len(certificate.findings))))
    return {
        "marking": marking,
        "title": _pair("certificate.title"),
        "outcome": {one: legal_sentence(f"reconciliation.state.{body['outcome']}", one) for one in _SPOKEN},
        "digest": certificate.digest,
        "digest_words": _side_by_side("certificate.digest"),
        "facts": [[_fact(name), value] for name, value in facts],
        "words": {
            name: _pair(f"certificate.{name}") for name in ("sides", "findings", "none", "compared", "not_shown")
        },
        "sides": [_side(nation, certificate.declared(nation)) for nation in certificate.nations],
        "columns": [_side_by_side(f"certificate.column.{name}") for name in ("where", "what", "act", "who")],
        "findings": [_finding(one) for one in listed],
        "compared": [_pair(f"reconciliation.compared.{one}") for one in cast("list[str]", body["compared"])],
        "not_shown": [_pair(f"reconciliation.not_shown.{one}") for one in cast("list[str]", body["not_shown"])],
    }


def _fact(name: str) -> str:
    code, _, rest = name.partition(" ")
    return f"{_side_by_side(f'certificate.fact.{code}')} {rest}".strip()


def _side(nation: str, declared: Mapping[str, Json]) -> dict[str, Any]:
    rows = [("declared_at", str(declared["at"])), ("records", str(declared["records"]))]
    rows += _checkpoint(str(declared["checkpoint"]))
    rows.append(("covered", _side_by_side(f"certificate.covered.{'yes' if declared['covered'] else 'no'}")))
    rows.append(("root", _broken(str(declared["root"]))))
    return {"nation": nation, "rows": [[_fact(name), value] for name, value in rows]}


def _checkpoint(note: str) -> list[tuple[str, str]]:
    """Size, root and signers of a checkpoint, as the note states them; the verifier says whether they hold."""
    try:
        read = read_note(note.encode())
        head = read_checkpoint_text(read.text)
    except ReltoError:
        return [("checkpoint", _side_by_side("certificate.no_checkpoint"))]
    signers = ", ".join(sorted({line.name for line in read.signatures}))
    return [
        ("checkpoint", f"{head.origin}: {head.size}"),
        ("tree", _broken(head.root.hex())),
        ("signers", signers),
    ]


def _finding(one: Mapping[str, Json]) -> list[str]:
    where = f"{one['kind'] or one['type']} {one['id']}" if "id" in one else f"{one['type']} {str(one['digest'])[:16]}"
    fields = f" ({', '.join(cast('list[str]', one['fields']))})" if one.get("fields") else ""
    code, act = f"reconciliation.finding.{one['code']}", f"reconciliation.act.{one['act']}"
    what = " / ".join(sentence(code, language, side=str(one.get("side", ""))) for language in _SPOKEN)
    return [where, what + fields, _side_by_side(act), ", ".join(cast("list[str]", one["who"]))]


def _broken(digest: str) -> str:
    """A digest in groups of eight, which a line can break."""
    return " ".join(digest[at : at + 8] for at in range(0, len(digest), 8))
