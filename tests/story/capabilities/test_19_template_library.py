"""Capability 19 (domain.md section 9): the bilateral template library, versioned.

Accept: a contract generated under v3 still validates under v3 after v4 is published, and the difference is shown.
"""

from __future__ import annotations

import copy
import io
from typing import Any

import pytest
from pypdf import PdfReader

from relto.alignment.shipped_templates import shipped_template
from relto.base.canonical import canonical_bytes, read_object
from relto.base.errors import Conflict, MalformedInput, NotAvailable, NotVerified, Refused, UnknownValue
from relto.base.nations import Nation
from relto.services.alignment.signing import sign
from relto.services.alignment.template_documents import document_paper, generate, validate
from relto.services.alignment.templates import compare, propose_template, template, templates
from relto.signing.envelope import read_envelope
from relto.signing.statements import sign_statement
from relto.store.models import LedgerEntry
from tests.support.houses import IND, USA, nationhood
from tests.support.two_houses import OTHER, TwoHouses

pytestmark = pytest.mark.django_db
VALUES = {
    "contract": "N-42",
    "contractor": "Alpha Systems",
    "reporting_office": "the national security authority",
    "disposition": "It is returned within 60 days.",
}


def content(number: int) -> dict[str, Any]:
    """The shipped draft, with one clause that says which edit it is."""
    made = copy.deepcopy(dict(shipped_template("contract_security_clauses")))
    made["clauses"][4]["text"]["en"] = made["clauses"][4]["text"]["en"].replace(
        "at once", f"within {24 - number} hours"
    )
    return made


def signed(two: TwoHouses, nation: Nation, entry: str) -> None:
    """The nation's co-chair signs the version that waits, as she reads it."""
    digest = two.do(nation, "co_chair", template, entry).proposed[-1].digest
    two.do(nation, "co_chair", sign, entry, digest=digest)
    two.deliver()


def published(two: TwoHouses, number: int, entry: str = "") -> str:
    """Version `number`, proposed by one nation and signed by both, each in turn."""
    author = (USA, IND)[number % 2]
    entry = two.do(author, "co_chair", propose_template, content(number), entry=entry)
    two.deliver()
    for nation in (author, OTHER[author]):
        signed(two, nation, entry)
    return entry


def test_a_contract_made_under_v3_validates_under_v3_after_v4_and_the_difference_is_shown(two: TwoHouses) -> None:
    entry = ""
    for number in (1, 2, 3):
        entry = published(two, number, entry)
    made = two.do(USA, "security_officer", generate, entry, VALUES)
    assert made.label == "v3"
    before = two.do(USA, "security_officer", validate, made.envelope)
    assert (before.valid, before.label, before.newest) == (True, "v3", "v3")

    published(two, 4, entry)
    for nation in (USA, IND):
        after = two.do(nation, "inspector", validate, made.envelope)
        assert (after.valid, after.label, after.newest, after.signed_by) == (True, "v3", "v4", "USA")
        assert after.template == before.template
    shown = two.do(IND, "security_officer", compare, entry, "v3", "v4")
    assert [(one.code, one.members) for one in shown.clauses if one.word == "changed"] == [("loss", ("text",))]
    words = next(one.text["en"] for one in shown.clauses if one.code == "loss")
    assert tuple("".join(run.text for run in words if run.kind == kind) for kind in ("deleted", "inserted")) == (
        "21",
        "20",
    )

    paper = two.do(IND, "registrar", document_paper, made.envelope, "both")
    pdf = PdfReader(io.BytesIO(paper.content))
    said = "".join(page.extract_text() for page in pdf.pages)
    assert "N-42" in said
    assert "within 21 hours" in said
    assert "unconfirmed draft" in said
    assert [bytes(file) for files in pdf.attachments.values() for file in files] == [made.envelope]
    newest = two.do(USA, "security_officer", generate, entry, VALUES)
    again = two.do(USA, "security_officer", generate, entry, VALUES, "v3")
    assert (newest.label, again.label) == ("v4", "v3")


def test_nothing_is_published_by_one_nation_and_companies_see_only_what_is_published(two: TwoHouses) -> None:
    entry = two.do(USA, "co_chair", propose_template, content(1))
    two.deliver()
    signed(two, USA, entry)
    for nation in (USA, IND):
        assert two.do(nation, "security_officer", templates) == []
        with pytest.raises(NotAvailable):
            two.do(nation, "security_officer", template, entry)
        assert two.do(nation, "inspector", template, entry).published == ()
        with pytest.raises(NotAvailable):
            two.do(nation, "registrar", generate, entry, VALUES)
    signed(two, IND, entry)
    draft = two.do(IND, "co_chair", propose_template, content(2), entry=entry)
    two.deliver()
    assert draft == entry
    for nation in (USA, IND):
        detail = two.do(nation, "security_officer", template, entry)
        assert ([one.label for one in detail.published], detail.proposed) == (["v1"], ())
        assert [one.label for one in two.do(nation, "co_chair", template, entry).proposed] == ["v2"]
    for who in ("engineer", "operator"):
        with pytest.raises(Refused):
            two.do(USA, who, templates)
    with pytest.raises(Refused):
        two.do(USA, "security_officer", propose_template, content(3))
    with pytest.raises(Conflict):
        two.do(USA, "co_chair", propose_template, content(3))
    with pytest.raises(Conflict):
        two.do(USA, "co_chair", propose_template, dict(shipped_template("visit_letter")), entry=entry)
    with pytest.raises(NotAvailable):
        two.do(USA, "co_chair", propose_template, content(3), entry="ale_" + "z" * 24)


def test_an_altered_document_does_not_validate_and_no_value_is_in_the_ledger(two: TwoHouses) -> None:
    entry = published(two, 1)
    made = two.do(USA, "security_officer", generate, entry, VALUES)
    with two.at(USA) as node:
        leaf = LedgerEntry.objects.get(entry=made.ledger_entry)
        assert "Alpha" not in str(leaf.__dict__)
        key = nationhood(USA).node
        body = read_object(_payload(made.envelope))
        stated = {name: value for name, value in body.items() if name not in {"type", "version"}}
        clauses: Any = copy.deepcopy(stated["clauses"])
        clauses[0]["text"]["en"] = "Everything is free."
        forged = sign_statement("template-document", 1, {**stated, "clauses": clauses}, [key])
        found = validate(node.house, node.actor("security_officer"), forged)
        assert (found.valid, [(one.code, one.where) for one in found.differences]) == (
            False,
            [("alignment.template.clause_text", "third_parties")],
        )
        with pytest.raises(MalformedInput):
            document_paper(node.house, node.actor("security_officer"), forged)
        renamed = sign_statement("template-document", 1, {**stated, "number": 2, "nation": "IND"}, [key])
        codes = {one.code for one in validate(node.house, node.actor("security_officer"), renamed).differences}
        assert codes == {"alignment.template.named", "alignment.template.signer"}
        officer = node.actor("security_officer")
        stranger = sign_statement("template-document", 1, stated, [nationhood(USA).authority])
        with pytest.raises(NotVerified):
            validate(node.house, officer, stranger)
        with pytest.raises(MalformedInput):
            validate(node.house, officer, sign_statement("template-document", 1, {"entry": entry}, [key]))
        with pytest.raises(MalformedInput):
            validate(node.house, officer, b"a contract")
        for named in ("0" * 64, "v1", "1", ""):  # by its digest alone: a label may come to mean another version
            unknown = sign_statement("template-document", 1, {**stated, "template": named}, [key])
            with pytest.raises(NotAvailable):
                validate(node.house, officer, unknown)
        weak = content(2)
        weak["clauses"][2]["evidence"], weak["clauses"][2]["provisions"] = "read", ["GAP-IND-equivalence"]
        with pytest.raises(MalformedInput):
            propose_template(node.house, node.actor("co_chair"), weak, entry=entry)
        weak["clauses"][2]["provisions"] = ["IND-404"]
        with pytest.raises(UnknownValue):
            propose_template(node.house, node.actor("co_chair"), weak, entry=entry)


def _payload(envelope: bytes) -> bytes:

    return read_envelope(canonical_bytes(read_object(envelope)), max_bytes=10**6).payload
