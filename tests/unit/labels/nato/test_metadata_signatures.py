"""A signed binding: who may be believed, what is covered, and what happens when one byte moves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import cache

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from lxml import etree
from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureConstructionMethod, SignatureMethod
from signxml.signer import SignatureReference, XMLSigner

from relto.adapters.metadata_signatures import SigningKey, sign_binding, verify_binding
from relto.base.errors import MalformedInput, NotVerified
from relto.labels.nato.binding import BindingInformation, InlineXml, Reference, bind
from relto.labels.nato.binding_xml import read_binding, write_binding
from relto.labels.nato.references import digest_of
from tests.unit.labels.nato.nato_support import NOW, info, is_valid, label, release

LABEL = label(info("CLOSED", release("IND", "USA")))
FILES = {"pack:///word/document.xml": b"<w/>", "pack:///word/media/a.png": b"\x89PNG"}
BINDING = bind([LABEL], [Reference(uri) for uri in FILES], identifier="document")
DIGESTS = {uri: digest_of([data]) for uri, data in FILES.items()}


@cache
def _key(kind: str) -> SigningKey:
    return rsa.generate_private_key(65537, 2048) if kind == "rsa" else ec.generate_private_key(ec.SECP256R1())


@cache
def _certificate(kind: str, *, may_sign: bool = True) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"exercise {kind}")])
    usage = x509.KeyUsage(may_sign, False, not may_sign, False, False, False, False, False, False)  # noqa: FBT003  its own order
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(_key(kind).public_key())
        .serial_number(7)
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=30))
        .add_extension(usage, critical=True)
        .sign(_key(kind), hashes.SHA256())
    )


def _signed(kind: str = "ec", binding: BindingInformation = BINDING) -> bytes:
    return sign_binding(binding, DIGESTS, _key(kind), [_certificate(kind)], NOW)


def _digest(uri: str, algorithm: str) -> bytes | None:
    return digest_of([FILES[uri]], algorithm) if uri in FILES else None


def _refusal(data: bytes, digest: Callable[[str, str], bytes | None] = _digest, kind: str = "ec") -> str:
    with pytest.raises(NotVerified) as refused:
        verify_binding(data, [_certificate(kind)], NOW, digest)
    return refused.value.reason


@pytest.mark.parametrize("kind", ["rsa", "ec"])
def test_a_signed_binding_is_conformant_and_verifies(kind: str) -> None:
    data = _signed(kind)

    verified = verify_binding(data, [_certificate("rsa"), _certificate("ec")], NOW, _digest)

    assert is_valid(data, "nl-mb.xsd")
    assert verified.signer == _certificate(kind)
    assert verified.created == NOW
    assert [one.labels for one in verified.bindings] == [(LABEL,)]


def test_the_profile_s_algorithms_and_parts_are_written() -> None:
    root = etree.fromstring(_signed("rsa"))
    text = etree.tostring(root).decode()

    assert root[0].tag == "{http://www.w3.org/2000/09/xmldsig#}Signature"
    assert "xmldsig-more#rsa-sha256" in text
    assert text.count("xmldsig-more#sha384") == 3 + len(FILES)
    assert "sha1" not in text
    assert "X509Certificate" in text
    assert "KeyName" not in text
    assert ":Created>2026-12-01T00:00:00Z<" in text


def test_an_unsigned_binding_is_conformant_and_never_verified() -> None:
    assert _refusal(write_binding(BINDING)) == "binding.unsigned"


def test_a_signature_by_somebody_else_says_nothing() -> None:
    assert _refusal(_signed("rsa")) == "binding.signer"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b">CLOSED<", b">OPEN<"),
        (b"<slab:GenericValue>USA<", b"<slab:GenericValue>GBR<"),
        (b"pack:///word/media/a.png", b"pack:///word/media/b.png"),
        (b":Created>2026-12-01", b":Created>2026-11-01"),
        (b'ReviewDateTime="2036', b'ReviewDateTime="2046'),
    ],
)
def test_one_change_to_what_is_signed_breaks_it(old: bytes, new: bytes) -> None:
    data = _signed()
    assert old in data

    assert _refusal(data.replace(old, new)) in {"binding.signature", "binding.uncovered"}


def test_a_changed_or_missing_object_is_refused() -> None:
    assert _refusal(_signed(), lambda _, algorithm: digest_of([b"other"], algorithm)) == "binding.changed"
    assert _refusal(_signed(), lambda *_: None) == "binding.missing"


def test_what_is_not_covered_is_not_believed() -> None:
    data = _signed()
    container = data[data.index(b"<mb:MetadataBindingContainer>") : data.index(b"</mb:BindingInformation>")]
    added = container.replace(b'Id="document"', b'Id="added"').replace(b">CLOSED<", b">OPEN<")

    assert (
        _refusal(data.replace(b"</mb:BindingInformation>", added + b"</mb:BindingInformation>")) == "binding.uncovered"
    )


def test_the_signed_binding_cannot_be_hidden_behind_another_of_its_name() -> None:
    data = _signed()
    start, end = data.index(b"<mb:MetadataBinding "), data.index(b"</mb:MetadataBindingContainer>")
    signed = data[start:end]
    forged = signed.replace(b">CLOSED<", b">OPEN<")
    hidden = b"<x:hide xmlns:x='urn:example:x'>" + signed + b"</x:hide>"

    for unnamed in (forged, forged.replace(b' Id="document"', b"")):
        wrapped = data[:start] + unnamed + hidden + data[end:]
        with pytest.raises((NotVerified, MalformedInput)):
            verify_binding(wrapped, [_certificate("ec")], NOW, _digest)


def test_the_dates_of_the_certificate_and_of_the_signature_count() -> None:
    data = _signed()

    for moment in (NOW - timedelta(days=2), NOW + timedelta(days=31)):
        with pytest.raises(NotVerified):
            verify_binding(data, [_certificate("ec")], moment, _digest)
    with pytest.raises(NotVerified) as early:
        verify_binding(data, [_certificate("ec")], NOW - timedelta(hours=1), _digest)
    assert early.value.reason == "binding.timestamp"


def test_a_certificate_that_is_not_for_signing_does_not_sign() -> None:
    wrong = _certificate("ec", may_sign=False)
    data = sign_binding(BINDING, DIGESTS, _key("ec"), [wrong], NOW)

    with pytest.raises(NotVerified) as refused:
        verify_binding(data, [wrong], NOW, _digest)
    assert refused.value.reason == "binding.signer"


def test_a_second_signature_stands_beside_the_first() -> None:
    data = sign_binding(read_binding(_signed("ec")), DIGESTS, _key("rsa"), [_certificate("rsa")], NOW)

    assert is_valid(data, "nl-mb.xsd")
    for kind in ("ec", "rsa"):
        assert verify_binding(data, [_certificate(kind)], NOW, _digest).signer == _certificate(kind)


def test_bindings_without_a_name_get_one_and_data_inside_needs_no_manifest() -> None:
    data = sign_binding(bind([LABEL], [InlineXml("<a>text</a>")]), {}, _key("ec"), [_certificate("ec")], NOW)

    assert verify_binding(data, [_certificate("ec")], NOW, _digest).bindings[0].identifier == "binding-1"
    assert b"Manifest" not in data
    assert _refusal(data.replace(b">text<", b">other<")) == "binding.signature"


def test_a_binding_without_all_digests_is_not_signed() -> None:
    with pytest.raises(MalformedInput):
        sign_binding(BINDING, {}, _key("ec"), [_certificate("ec")], NOW)


def _by_hand(digest: DigestAlgorithm, targets: list[str]) -> bytes:
    """A signature of another writer: no manifest, no timestamp."""
    root = etree.fromstring(write_binding(BINDING))
    exclusive = CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0
    signer = XMLSigner(
        SignatureConstructionMethod.detached, SignatureMethod.ECDSA_SHA256, digest, c14n_algorithm=exclusive
    )
    references = [SignatureReference(URI=target, c14n_method=exclusive) for target in targets]
    root.insert(0, signer.sign(root, key=_key("ec"), cert=[_certificate("ec")], reference_uri=references))
    return etree.tostring(root)


def test_another_writer_s_signature_without_manifest_or_timestamp_is_refused() -> None:
    assert _refusal(_by_hand(DigestAlgorithm.SHA384, ["#document"])) == "binding.uncovered"
    assert _refusal(_by_hand(DigestAlgorithm.SHA224, ["#document"])) == "binding.signature"


def test_a_transform_that_is_not_canonicalisation_is_refused() -> None:
    exclusive = b'<ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/>'
    for algorithm in (b"http://www.w3.org/TR/1999/REC-xpath-19991116", b"http://www.w3.org/2000/09/xmldsig#base64"):
        data = _signed().replace(exclusive, b'<ds:Transform Algorithm="' + algorithm + b'"/>', 1)
        assert _refusal(data) == "binding.reference"


def test_a_reference_outside_the_document_is_refused() -> None:
    for uri in (b"", b"http://192.0.2.1/", b"#"):
        elsewhere = _signed().replace(b'<ds:Reference URI="#document">', b'<ds:Reference URI="' + uri + b'">')
        assert _refusal(elsewhere) == "binding.reference"


def test_what_is_signed_is_in_no_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG"):
        verify_binding(_signed(), [_certificate("ec")], NOW, _digest)

    assert "CLOSED" not in caplog.text
