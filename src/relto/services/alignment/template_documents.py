"""Documents under published templates: made by officers from values, signed by the node, checked for ever after.

Rules enforced here:
 1. A document is made from a published version alone, by a security officer or the authority's people; its values are
    open words, and the ledger holds digests of the document and of the version, never a value.
 2. A document is valid when a node of a party signed it, every party signed the version that its digest names, and its
    values and texts are what that version gives. What was published later changes nothing of that.
 3. Nothing is kept here but the leaf: the document goes to who asked for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from relto.adapters.paper_words import Attachment
from relto.adapters.record_papers import Coded, RecordPaper, RecordSection, Words, record_paper
from relto.adapters.words import DEFAULT_LANGUAGE, tagged
from relto.alignment.template_documents import Difference, differences, read_values, texts
from relto.base.canonical import Json
from relto.base.errors import MalformedInput, NotAvailable, NotVerified
from relto.base.instants import Instant, instant_text, read_instant
from relto.base.nations import Nation
from relto.ledger.leaves import LeafEvent
from relto.procedures.actors import Actor
from relto.services import active_bundle
from relto.services.alignment.templates import TemplateVersion, template, version_of
from relto.services.as_of import accepted_versions
from relto.services.book import enter
from relto.services.dossiers.papers import PDF, PaperFile
from relto.services.house import House
from relto.signing.keys import StatementPublicKey
from relto.signing.statements import Statement, read_statement, sign_statement
from relto.store.queries.alignment_templates import USERS

DOCUMENT: Final = "template-document"
VERSION: Final = 1
LARGEST_DOCUMENT: Final = 1024 * 1024
_MEMBERS: Final = {"entry", "code", "number", "template", "nation", "at", "values", "clauses"}


@dataclass(frozen=True, slots=True)
class MadeDocument:
    """A document. `envelope`: the signed statement, which is the document; `digest`: of what was signed."""

    entry: str
    label: str
    digest: str
    envelope: bytes
    ledger_entry: str


@dataclass(frozen=True, slots=True)
class Validation:
    """What a check found. `valid`: under the version that the document names (`label`, `template` its digest).

    `newest`: the label of the version in use now, which may be another; `signed_by`: the nation whose node signed.
    """

    valid: bool
    entry: str
    code: str
    label: str
    template: str
    newest: str
    signed_by: str
    at: Instant
    digest: str
    values: Mapping[str, str]
    differences: tuple[Difference, ...]


def generate(house: House, actor: Actor, entry: str, values: Mapping[str, object], version: str = "") -> MadeDocument:
    """A document under a published version (`version` as v3; the newest without it), signed by the node.

    Raises Refused("role"), NotAvailable("alignment" or "template_version"), MalformedInput or UnknownValue by field.
    """
    actor.require(*USERS)
    detail = template(house, actor, entry)
    chosen = version_of(detail, version)
    if chosen.published_at is None:
        raise NotAvailable("template_version", field="version")
    nations = [str(one) for one in active_bundle.active(house).parties]
    read = read_values(chosen.template, values, nations)
    now = house.now()
    body: dict[str, Json] = {
        "entry": entry,
        "code": chosen.template.code,
        "number": chosen.number,
        "template": chosen.digest,
        "nation": str(house.nation),
        "at": instant_text(now),
        "values": dict(read),
        "clauses": list(texts(chosen.template, read)),
    }
    envelope = sign_statement(DOCUMENT, VERSION, body, [house.node_key])
    digest = _read(envelope, [house.node_key.public]).digest

    def step() -> str:
        return enter(
            house,
            LeafEvent.TEMPLATE_FILLED_IN,
            actor=actor.person,
            subject=entry,
            details={"number": chosen.number},
            links={"document": digest, "template": chosen.digest},
            at=now,
        )

    return MadeDocument(entry, chosen.label, digest, envelope, house.commit(step))


def validate(house: House, actor: Actor, document: bytes) -> Validation:
    """Whether a document is what the version that it names gives.

    Raises Refused("role"), MalformedInput for a file that is no such document, NotVerified when no known node signed
    it, NotAvailable("alignment" or "template_version") for a template or version that this node does not hold.
    """
    actor.require(*USERS)
    found, signed_by = _verified(house, actor, document)
    body = _checked(found.body)
    detail = template(house, actor, str(body["entry"]))
    version = version_of(detail, str(body["template"]))
    if version.published_at is None or version.digest != body["template"]:
        raise NotAvailable("template_version", field="version")
    nations = [str(one) for one in active_bundle.active(house).parties]
    values: dict[str, Any] = body["values"]
    wrong = list(differences(version.template, values, body["clauses"], nations))
    named = (version.template.code, version.number)
    if (body["code"], body["number"]) != named:
        wrong.append(Difference("alignment.template.named", "number"))
    if body["nation"] != signed_by:
        wrong.append(Difference("alignment.template.signer", "nation"))
    return Validation(
        valid=not wrong,
        entry=detail.row.entry,
        code=version.template.code,
        label=version.label,
        template=version.digest,
        newest=detail.row.newest.label if detail.row.newest else "",
        signed_by=signed_by,
        at=read_instant(body["at"], field="at"),
        digest=found.digest,
        values=dict(values),
        differences=tuple(wrong),
    )


def document_paper(house: House, actor: Actor, document: bytes, language: str = "en") -> PaperFile:
    """A valid document as PDF, with itself inside. Raises as `validate`; MalformedInput("alignment.template.invalid").

    `language`: en, hi or both.
    """
    checked = validate(house, actor, document)
    if not checked.valid:
        raise MalformedInput("alignment.template.invalid", field="document", expected="a document that is valid")
    version = version_of(template(house, actor, checked.entry), checked.template)
    name = f"{checked.code.replace('_', '-')}-{checked.digest[:12]}"
    paper = _paper(house, checked, version, document.decode("utf-8"), name)
    return PaperFile(f"{name}-{language}.pdf", PDF, record_paper(paper, language), checked.digest)


def _paper(house: House, checked: Validation, version: TemplateVersion, document: str, name: str) -> RecordPaper:
    made = version.template
    unconfirmed = made.basis == "unconfirmed_draft"
    labels = {one.code: one.label for one in made.fields}
    given: list[tuple[Words, Words]] = [(labels[code], value) for code, value in checked.values.items()]
    sections = [RecordSection(Coded("template_paper.values"), rows=given)] if given else []
    for number, (said, clause) in enumerate(zip(made.clauses, texts(made, checked.values), strict=True), start=1):
        heading = {language: f"{number}. {words}" for language, words in clause["heading"].items()}
        text = {
            language: words if language in (DEFAULT_LANGUAGE, *said.reviewed) else tagged(words, language)
            for language, words in clause["text"].items()
        }
        sections.append(RecordSection(heading, paragraphs=[text]))
    founded: list[tuple[Words, Words]] = [
        (one.heading, Coded("template_paper.rests_on", _founded(one.provisions, one.evidence))) for one in made.clauses
    ]
    sections.append(RecordSection(Coded("template_paper.founded"), rows=founded))
    sections.append(
        RecordSection(
            Coded("paper.signatures"),
            rows=[(Coded("paper.place_of_signature"), "\n\n"), (Coded("paper.name"), ""), (Coded("paper.date"), "")]
            * 2,
        )
    )
    return RecordPaper(
        number=name,
        title=made.title,
        statement=Coded("template_paper.unconfirmed" if unconfirmed else "template_paper.agreed"),
        facts=[
            (Coded("template_paper.template"), f"{made.code} {checked.label}"),
            (Coded("template_paper.version"), " ".join(checked.template[at : at + 8] for at in range(0, 64, 8))),
            (Coded("template_paper.made_by"), Coded(f"country.{checked.signed_by}")),
            (Coded("template_paper.made_at"), instant_text(checked.at)),
        ],
        sections=sections,
        dated=checked.at,
        digest=checked.digest,
        attachments=(Attachment(f"{name}.json", "application/json", document, "record_paper.attached.data"),),
        is_training=house.kind == "training",
    )


def _founded(provisions: tuple[str, ...], evidence: str) -> dict[str, str]:
    return {"provisions": ", ".join(provisions), "evidence": evidence}


def _verified(house: House, actor: Actor, document: bytes) -> tuple[Statement, str]:
    """The statement and the nation whose node signed it, by keys of any agreement that this node ever accepted."""
    for nation, keys in _node_keys(house, actor):
        try:
            return _read(document, keys), str(nation)
        except NotVerified:
            continue
    raise NotVerified("signature", field="document", expected="a document that a node of the agreement signed")


def _node_keys(house: House, actor: Actor) -> Iterator[tuple[Nation, list[StatementPublicKey]]]:
    yield house.nation, [house.node_key.public]
    yield from ((nation, list(one.node_keys)) for nation, one in active_bundle.active(house).parties.items())
    for accepted in reversed(accepted_versions(house, actor)):
        parties = active_bundle.bundle_of_version(house, accepted.version).parties
        yield from ((nation, list(one.node_keys)) for nation, one in parties.items())


def _read(document: bytes, keys: list[StatementPublicKey]) -> Statement:
    return read_statement(document, kind=DOCUMENT, versions=(VERSION,), trusted=keys, max_bytes=LARGEST_DOCUMENT)


def _checked(body: Mapping[str, Json]) -> dict[str, Any]:
    """The body in its form; what stands in its values and clauses is compared, not trusted."""
    named: dict[str, Any] = {name: value for name, value in body.items() if name not in {"type", "version"}}
    texts_only = ("entry", "code", "template", "nation", "at")
    wrong = (
        set(named) != _MEMBERS
        or not all(isinstance(named[name], str) for name in texts_only)
        or not isinstance(named["values"], dict)
        or not all(isinstance(one, str) for one in named["values"].values())
    )
    if wrong:
        raise MalformedInput("alignment.template.document", field="document", expected="a document under a template")
    return named
