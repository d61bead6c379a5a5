"""A reconciliation certificate verifies offline, with the party records of both nations, and shows as a form."""

from __future__ import annotations

import base64
import json
from typing import Any

import pypdfium2
import pytest

from relto.adapters.certificate_pdf import certificate_pdf
from relto.base.canonical import Json, canonical_bytes
from relto.base.errors import MalformedInput
from relto.client.certificates import AGREED, NONE, SIGNED, verify_certificate
from relto.exchange.reconciliation_certificate import CERTIFICATE, stated_certificate
from relto.exchange.reconciliation_steps import Declaring
from relto.ledger.checkpoint import add_lines, cosign, signed_checkpoint
from relto.ledger.findings import Outcome
from relto.ledger.tree_head import Checkpoint
from relto.signing.keys import StatementKey
from relto.signing.statements import sign_statement
from tests.support import reconciling
from tests.support.reconciling import IND, NOW, USA, message, opening, run
from tests.unit.services_exchange.world import cosigner_keys, log_keys

NODES = {
    nation: StatementKey.from_seeds(f"{nation}/node", nation.encode() * 10 + b"NO", nation.encode() * 10 + b"DE")
    for nation in (USA, IND)
}
HELD = [message(number) for number in range(1, 20)]


def party(nation: str) -> bytes:
    """The members of a party record that a verifier reads."""
    name, keys = nation.lower(), log_keys(nation)
    record: dict[str, Any] = {
        "nation": nation,
        "node": NODES[nation].public.as_dict(),  # type: ignore[index]
        "ledger": {"vkeys": [keys.ed25519.verifier.vkey, keys.mldsa44.verifier.vkey]},
        "witness": {"vkeys": [key.vkey for key in cosigner_keys(f"witness-{name}.localhost/w")]},
        "cosigner": {"vkeys": [key.vkey for key in cosigner_keys(f"{name}.localhost/cosigner")]},
    }
    return canonical_bytes(record)


PARTIES = [party(USA), party(IND)]


def note(nation: str, *, agreed: bool) -> str:
    """A checkpoint of a nation's log, cosigned by everybody or by nobody."""
    keys, other = log_keys(nation), "ind" if nation == "USA" else "usa"
    at = int(NOW.timestamp())
    head = Checkpoint(f"{nation.lower()}.localhost/log", 5, b"r" * 32)
    made = signed_checkpoint(head, (keys.ed25519, keys.mldsa44), at)
    for name in ("witness-usa.localhost/w", "witness-ind.localhost/w", f"{other}.localhost/cosigner") if agreed else ():
        made = add_lines(made, cosign(made, cosigner_keys(name), at))
    return made.decode()


def certificate(
    monkeypatch: pytest.MonkeyPatch, theirs: Any = HELD, *, note_: str = "", signers: tuple[str, ...] = ("USA", "IND")
) -> bytes:
    """A certificate of a run over the real engines; `note_` is the asker's checkpoint."""
    stands = reconciling.declaring

    def declaring(*given: Any, **changes: Any) -> Declaring:
        return stands(*given, **({"note": note_} | changes))

    monkeypatch.setattr(reconciling, "declaring", declaring)
    outcome, _ = run(HELD, theirs)
    return sign_statement(CERTIFICATE, 1, outcome.body, [NODES[name] for name in signers])  # type: ignore[index]


def test_both_nodes_signed_it_so_it_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    report = verify_certificate(certificate(monkeypatch), PARTIES)
    assert (report.outcome, report.code) == (Outcome.VERIFIED, "")
    assert report.checkpoints == {"USA": NONE, "IND": NONE}
    assert report.certificate is not None
    assert report.certificate.agrees


def test_without_party_records_nothing_is_authenticated(monkeypatch: pytest.MonkeyPatch) -> None:
    assert verify_certificate(certificate(monkeypatch), []).outcome is Outcome.NOT_AUTHENTICATED


@pytest.mark.parametrize("signers", [("USA",), ("IND",)])
def test_one_signature_is_not_enough(monkeypatch: pytest.MonkeyPatch, signers: tuple[str, ...]) -> None:
    report = verify_certificate(certificate(monkeypatch, signers=signers), PARTIES)
    assert (report.outcome, report.code) == (Outcome.ALTERED, "not_verified.signature")


def test_a_certificate_that_was_altered_does_not_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    envelope = json.loads(certificate(monkeypatch, [*HELD, opening(7)]))
    body = json.loads(base64.b64decode(envelope["payload"]))
    body |= {"findings": [], "outcome": "agree"}
    envelope["payload"] = base64.b64encode(canonical_bytes(body)).decode()
    assert verify_certificate(canonical_bytes(envelope), PARTIES).outcome is Outcome.ALTERED
    for broken in (b"", b"{}", b"[" * 10_000, b"\xff"):
        assert verify_certificate(broken, PARTIES).outcome is Outcome.ALTERED


def test_findings_and_outcome_must_fit_whoever_signed(monkeypatch: pytest.MonkeyPatch) -> None:
    body = dict(stated_certificate(certificate(monkeypatch, HELD[1:])).body)
    changes: list[dict[str, Json]] = [{"outcome": "agree"}, {"findings": []}, {"outcome": "agree", "findings": []}]
    for change in changes:
        forged = sign_statement(CERTIFICATE, 1, body | change, [*NODES.values()])
        assert verify_certificate(forged, PARTIES).code == "malformed.reconciliation.certificate"


@pytest.mark.parametrize(("agreed", "stands"), [(True, AGREED), (False, SIGNED)])
def test_it_says_how_far_each_checkpoint_came(monkeypatch: pytest.MonkeyPatch, agreed: bool, stands: str) -> None:  # noqa: FBT001  a pytest parameter
    report = verify_certificate(certificate(monkeypatch, note_=note("USA", agreed=agreed)), PARTIES)
    assert report.outcome is Outcome.VERIFIED
    assert report.checkpoints["USA"] == stands


def test_a_checkpoint_that_the_log_did_not_sign_does_not_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    forged = note("USA", agreed=False).replace("\n5\n", "\n6\n", 1)
    assert verify_certificate(certificate(monkeypatch, note_=forged), PARTIES).outcome is Outcome.ALTERED


def test_a_record_that_is_no_party_record_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(MalformedInput, match=r"nation|party"):
        verify_certificate(certificate(monkeypatch), [b"{}"])


def test_the_record_of_one_nation_alone_says_which_ones_are_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    for given in (PARTIES[:1], PARTIES[:1] * 2):
        with pytest.raises(MalformedInput) as caught:
            verify_certificate(certificate(monkeypatch), given)
        assert caught.value.field == "trust"


def test_the_form_shows_what_the_certificate_says_on_each_page(monkeypatch: pytest.MonkeyPatch) -> None:
    signed = certificate(monkeypatch, [*HELD[1:], opening(7)], note_=note("USA", agreed=True))
    made = stated_certificate(signed)
    document = pypdfium2.PdfDocument(certificate_pdf(made, marking="FOR TRAINING"))
    pages = [page.get_textpage().get_text_range() for page in document]
    for number, text in enumerate(pages, start=1):
        assert text.count("FOR TRAINING") == 2
        assert f"{number} / {len(pages)}" in text
        assert made.digest[:16] in text.replace("\r\n", "")
    whole = "".join(pages)
    assert all(said in whole for said in ("MONSOON-LARK", "The two registers differ", "usa.localhost/log", "पंजियों"))
    assert "Only IND recorded this opening" in whole
    assert "Titles, file names and people" in whole
