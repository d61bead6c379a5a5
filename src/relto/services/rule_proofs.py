"""Proofs of drafts at a node: made in a process of their own, kept by the digest of what they read, told as values.

Rules enforced here:
 1. A draft is proved against the newest bundle that this node holds: the one that it would follow on.
 2. A proof that was made is not made again; one without an answer (a time-out, a crash, an unknown) is never kept.
 3. Whoever activates demands `proved` and takes everything else for a no.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

from relto.base.canonical import Json
from relto.base.errors import NotAvailable, Refused, Unreachable
from relto.base.instants import Instant, read_instant
from relto.ports.proving import ProofQuestion
from relto.procedures.actors import Actor, Role
from relto.rules.bundle import Bundle, read_rules
from relto.rules.proving.proof import originators_rules, proof_digest
from relto.services.house import House
from relto.store.models import AgreementBundle, RuleProof

READERS = (Role.CO_CHAIR, Role.RELEASE_OFFICER, Role.REGISTRAR, Role.INSPECTOR)


@dataclass(frozen=True, slots=True)
class PieceView:
    """One piece of a rule set (relto.rules.loosenings.Piece); `originator`: whose consent it is or would need."""

    originator: str
    kind: str
    key: str
    value: Json
    reason: str = ""
    provision: str | None = None
    citation: str | None = None


@dataclass(frozen=True, slots=True)
class CaseView:
    """A counterexample: a person, a facility, a document, a date. `rules`: of the originator, which refuse it.

    `text`: what the first of these rules says, by language. `confirmed`: Cedar answered as
    told. `needed`: the fewest consents that would make it intended.
    """

    action: str
    at: Instant
    rules: tuple[str, ...]
    text: Mapping[str, str]
    confirmed: bool
    person: Mapping[str, Json]
    facility: Mapping[str, Json]
    item: Mapping[str, Json]
    releaser: str
    assurance: Mapping[str, Json]
    needed: tuple[PieceView, ...]


@dataclass(frozen=True, slots=True)
class ObligationView:
    """One thing to be proved. `kind`: forms_equal, never_errs, not_vacuous, within_originator, overlay_tightens.

    `originator`: for whose items, empty for anybody's; `result`: proved, refuted, unknown; `answers`: of each solver.
    """

    kind: str
    action: str
    originator: str
    result: str
    answers: Mapping[str, str]
    cases: tuple[CaseView, ...]


@dataclass(frozen=True, slots=True)
class ProofView:
    """The proof of one bundle. `against`: the version that it follows on, None for the first.

    `digest`: of all that the proof reads; `solvers`: their versions; `made_at`: when it was made here; `consents`: what
    the originators consented to in the bundle itself.
    """

    agreement: str
    version: int
    against: int | None
    proved: bool
    result: str
    digest: str
    solvers: Mapping[str, str]
    made_at: Instant
    obligations: tuple[ObligationView, ...]
    consents: tuple[PieceView, ...]


def prove_draft(house: House, actor: Actor, file: bytes) -> ProofView:
    """Prove a draft, signed or not, as activating it would; nothing of it is stored but the proof.

    Raises Refused("role"), MalformedInput (the file's form; what the prover does not cover; "consents.stale"),
    Unreachable("prover").
    """
    actor.require(*READERS)
    before = _newest()
    draft = read_rules(file)
    old = None if before is None else read_rules(bytes(before.file))
    proof, made_at = proved(house, draft, file, old, None if before is None else bytes(before.file))
    return _view(proof, made_at, draft, old)


def proof_of(house: House, actor: Actor, version: int) -> ProofView:
    """The proof with which this node accepted a bundle.

    Raises Refused("role"), NotAvailable("bundle"), NotAvailable("proof") for one accepted before proofs were demanded.
    """
    del house
    actor.require(*READERS)
    row = AgreementBundle.objects.filter(version=version).first()
    if row is None:
        raise NotAvailable("bundle")
    kept = RuleProof.objects.filter(digest=row.proof).first()
    if kept is None:
        raise NotAvailable("proof")
    before = AgreementBundle.objects.filter(version__lt=version).order_by("-version").first()
    old = None if before is None else read_rules(bytes(before.file))
    return _view(kept.result, kept.made_at, read_rules(bytes(row.file)), old)


def require_proof(house: House, bundle: Bundle, file: bytes) -> str:
    """The digest of the proof of a bundle that is about to be accepted.

    Raises Refused("bundle.unproved") unless it is proved, "bundle.unproved.ACTION" with the first case and the consent
    that it would need; MalformedInput as `prove_draft`.
    """
    before = _newest()
    old = None if before is None else read_rules(bytes(before.file))
    try:
        proof, _ = proved(house, bundle, file, old, None if before is None else bytes(before.file))
    except Unreachable as error:
        expected = "a proof within the prover's memory and time"
        raise Refused("bundle.unproved", field="prover", found="unknown", expected=expected) from error
    if not proof["proved"]:
        raise unproved(proof, "bundle.unproved", old or bundle)
    return str(proof["digest"])


def proved(
    house: House, draft: Bundle, file: bytes, old: Bundle | None, before: bytes | None
) -> tuple[dict[str, Any], Instant]:
    """The proof of a draft, kept or made now, and when it was made. Raises as `prove_draft`."""
    originators_rules(old, draft)  # consents that name nothing refuse the draft before anything is proved
    question = ProofQuestion(draft=file, before=before, today=seconds(house.now()))
    return kept_or_made(house, proof_digest(old, draft), question)


def kept_or_made(house: House, digest: str, question: ProofQuestion) -> tuple[dict[str, Any], Instant]:
    """The proof under this digest, kept or made now, and when it was made. Raises Unreachable("prover")."""
    kept = RuleProof.objects.filter(digest=digest).first()
    if kept is not None:
        return kept.result, kept.made_at
    found = house.prover.prove(question)
    now = house.now()
    if found["digest"] == digest and found["result"] != "unknown":

        def step() -> None:
            RuleProof.objects.get_or_create(
                digest=digest, defaults={"proved": bool(found["proved"]), "result": found, "made_at": now}
            )

        house.commit(step)
    return found, now


def unproved(proof: Mapping[str, Any], reason: str, refusing: Bundle) -> Refused:
    """The refusal of a rule set that is not proved: its first case, with every fact that the sentence names.

    `refusing`: whose rules refuse the case.
    """
    failed = [one for one in proof["obligations"] if one["result"] != "proved"]
    told = next(((one, case) for one in failed for case in one["cases"]), None)
    if told is None:
        kind = str(failed[0]["kind"]) if failed else ""
        return Refused(reason, field=kind, found=str(proof["result"]), expected="every obligation proved")
    obligation, case = told
    audience = case["item"]["audience"]
    needed = ", ".join(f"{piece['kind']} {piece['key']}" for piece in case["needed"])
    said = _text_of(case["rules"], refusing)
    return Refused(
        f"{reason}.{case['action']}",
        field=", ".join(case["rules"]),
        found=str(proof["result"]),
        expected="nothing permitted that the originators' rules refuse",
        originator=str(obligation["originator"] or ""),
        date=str(case["at"])[:10],
        nation=case["person"]["nation"],
        level=case["person"]["level"] or "-",
        facility=case["facility"]["level"] or "-",
        owner=case["item"]["owner"],
        releaser=case["releaser"],
        item=case["item"]["level"] or "-",
        audience=audience if isinstance(audience, str) else ", ".join(audience),
        **{f"text_{language}": text for language, text in said.items()},
        needed=needed,
    )


def _newest() -> AgreementBundle | None:
    return AgreementBundle.objects.order_by("-version").first()


def seconds(moment: Instant) -> int:
    """Whole seconds since 1970, as proofs count them."""
    return int((moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds())


def _text_of(rules: list[str], refusing: Bundle) -> Mapping[str, str]:
    gates = {gate.rule: gate for gate in refusing.gates.gates}
    found = gates.get(rules[0]) if rules else None
    return {} if found is None else {language: said.text for language, said in found.says.items()}


def _view(proof: Mapping[str, Any], made_at: Instant, draft: Bundle, old: Bundle | None) -> ProofView:
    return ProofView(
        agreement=draft.agreement,
        version=draft.version,
        against=None if old is None else old.version,
        proved=bool(proof["proved"]),
        result=str(proof["result"]),
        digest=str(proof["digest"]),
        solvers=cast("Mapping[str, str]", proof["solvers"]),
        made_at=made_at,
        obligations=tuple(_obligation(one, old or draft) for one in proof["obligations"]),
        consents=tuple(
            PieceView(
                one.originator,
                one.piece.kind,
                one.piece.key,
                one.piece.value,
                one.reason,
                one.provision,
                one.citation,
            )
            for one in draft.consents
        ),
    )


def _obligation(one: Mapping[str, Any], refusing: Bundle) -> ObligationView:
    originator = one["originator"] or ""
    return ObligationView(
        kind=one["kind"],
        action=one["action"],
        originator=originator,
        result=one["result"],
        answers=one["answers"],
        cases=tuple(_case(case, originator, refusing) for case in one["cases"]),
    )


def _case(case: Mapping[str, Any], originator: str, refusing: Bundle) -> CaseView:
    return CaseView(
        action=case["action"],
        at=read_instant(case["at"]),
        rules=tuple(case["rules"]),
        text=_text_of(case["rules"], refusing),
        confirmed=case["confirmed"],
        person=case["person"],
        facility=case["facility"],
        item=case["item"],
        releaser=case["releaser"],
        assurance=case["assurance"],
        needed=tuple(PieceView(originator, one["kind"], one["key"], one["value"]) for one in case["needed"]),
    )
